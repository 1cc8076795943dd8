//! The discriminators' half of a step.

use burn::tensor::Tensor;

use super::generators::Fakes;
use super::{Declouder, POOL_A, POOL_B};
use crate::networks::declouder::Discriminator;
use crate::random::Stream;
use crate::training::losses::hinge_discriminator;
use crate::training::samples::StepData;
use crate::training::step::Trainer;
use crate::training::step::batch::{Batch, Beside};
use crate::training::step::replay::replayed;
use crate::training::step::report::{Losses, StepReport, Told, told};

const CLOUDY: Told = told!("critic_a");
const CLEAR: Told = told!("critic_b");

impl Trainer<Declouder> {
    /// Moves both discriminators: real images of the step against fakes of this one and earlier ones.
    pub(super) fn tell(&mut self, data: &StepData, fakes: Fakes, scale: f64, report: &mut StepReport) {
        let stream = |purpose| Stream::new(self.config.seed, data.step, purpose);
        let (mut draws_a, mut draws_b) = (stream(POOL_A), stream(POOL_B));
        let device = &self.device;
        // A fake is shown with what its own image was given, now and when it is replayed.
        let [of_cloudy, of_clear] = [fakes.cloudy_beside, fakes.clear_beside];
        let cloudy = (of_cloudy.packed(fakes.cloudy), fakes.cloudy_mask);
        let cloudy = replayed(&mut self.fake_cloudy, cloudy, &mut draws_a, device);
        let clear = (of_clear.packed(fakes.clear), fakes.clear_mask);
        let clear = replayed(&mut self.fake_clear, clear, &mut draws_b, device);
        let real_cloudy = Batch::new(&data.cloudy, device);
        let real_clear = Batch::new(&data.clear, device);

        self.critics = self.critics.clone().refined();
        let mut losses = Losses::new();
        let weights = |real: &Batch, fake: &Tensor<4>| [self.looked_at(&real.mask), self.looked_at(fake)];
        let cells = weights(&real_cloudy, &cloudy.1);
        judge(&self.critics.d_a, &real_cloudy, (cloudy.0, cells), &CLOUDY, &mut losses);
        let cells = weights(&real_clear, &clear.1);
        judge(&self.critics.d_b, &real_clear, (clear.0, cells), &CLEAR, &mut losses);
        self.learn_to_tell(losses, scale, report);
    }
}

/// Adds a discriminator's loss, weighted at the resolution of its logits, real ones first.
fn judge(
    critic: &Discriminator,
    real: &Batch,
    (fake, [real_weight, fake_weight]): (Tensor<4>, [Tensor<4>; 2]),
    names: &Told,
    losses: &mut Losses,
) {
    let (fake, fake_beside) = real.judged.unpacked(&fake, real.image.dims()[1]);
    let look = |image: Tensor<4>, beside: &Beside| {
        critic.forward(image, beside.s1.as_ref(), beside.reference.as_ref()).logits
    };
    let real = look(real.image.clone(), &real.judged);
    let fake = look(fake, &fake_beside);
    losses.watch_verdicts(names, (&real, &real_weight), (&fake, &fake_weight), 0.0);
    losses.add(names.loss, 1.0, hinge_discriminator(real, real_weight, fake, fake_weight));
}
