//! The discriminators' half of a step.

use burn::tensor::Tensor;

use super::batch::{Batch, tensor, values};
use super::generators::Fakes;
use super::report::{Losses, StepReport};
use super::{POOL_A, POOL_B, Trainer};
use crate::networks::declouder::Discriminator;
use crate::networks::ops::mean_pool;
use crate::random::Stream;
use crate::training::losses::{hinge_discriminator, weighted_mean};
use crate::training::memory::ReplayPool;
use crate::training::samples::StepData;

/// Names of a discriminator's figures.
struct Names {
    loss: &'static str,
    real: &'static str,
    fake: &'static str,
}

const CLOUDY: Names = Names { loss: "critic_a", real: "critic_a_real", fake: "critic_a_fake" };
const CLEAR: Names = Names { loss: "critic_b", real: "critic_b_real", fake: "critic_b_fake" };

impl Trainer {
    /// Moves both discriminators: real images of the step against fakes of this one and earlier ones.
    pub(super) fn critic_step(&mut self, data: &StepData, fakes: Fakes, scale: f64, report: &mut StepReport) {
        let stream = |purpose| Stream::new(self.config.seed, data.step, purpose);
        let (mut draws_a, mut draws_b) = (stream(POOL_A), stream(POOL_B));
        let cloudy = replayed(&mut self.fake_cloudy, fakes.cloudy, fakes.cloudy_mask, &mut draws_a);
        let clear = replayed(&mut self.fake_clear, fakes.clear, fakes.clear_mask, &mut draws_b);
        let real_cloudy = Batch::new(&data.cloudy, &self.device);
        let real_clear = Batch::new(&data.clear, &self.device);

        self.critics = self.critics.clone().refined();
        let mut losses = Losses::new();
        judge(
            &self.critics.d_a,
            &real_cloudy,
            (self.placed(cloudy.0), self.placed(cloudy.1)),
            &CLOUDY,
            &mut losses,
        );
        judge(
            &self.critics.d_b,
            &real_clear,
            (self.placed(clear.0), self.placed(clear.1)),
            &CLEAR,
            &mut losses,
        );
        if let Some(total) = losses.total() {
            let mut grads = total.backward();
            let rate = self.config.discriminator.rate * scale;
            let critics = self.critics.clone();
            let (critics, norm) = self.discriminator.step(critics, "", &mut grads, rate);
            self.critics = critics;
            report.figures.insert("gradient_discriminator", norm);
        }
        losses.read(report);
    }

    /// Numbers on the training device.
    fn placed(&self, (values, shape): (Vec<f32>, [usize; 4])) -> Tensor<4> {
        tensor(values, shape, &self.device)
    }
}

/// Numbers and their shape.
type Flat = (Vec<f32>, [usize; 4]);

/// Exchanges fresh fakes through a pool.
fn replayed(pool: &mut ReplayPool, images: Tensor<4>, masks: Tensor<4>, stream: &mut Stream) -> (Flat, Flat) {
    let (image_shape, mask_shape) = (images.dims(), masks.dims());
    let (images, masks) = (values(images), values(masks));
    let (each, mask_each) = (images.len() / image_shape[0], masks.len() / mask_shape[0]);
    let (mut out, mut out_masks) = (Vec::with_capacity(images.len()), Vec::with_capacity(masks.len()));
    for (image, mask) in images.chunks_exact(each).zip(masks.chunks_exact(mask_each)) {
        let (image, mask) = pool.exchange((image.to_vec(), mask.to_vec()), stream);
        out.extend(image);
        out_masks.extend(mask);
    }
    ((out, image_shape), (out_masks, mask_shape))
}

/// Adds a discriminator's loss, weighted by the masks at the resolution of its logits.
fn judge(
    critic: &Discriminator,
    real: &Batch,
    (fake, fake_mask): (Tensor<4>, Tensor<4>),
    names: &Names,
    losses: &mut Losses,
) {
    let real_weight = mean_pool(real.mask.clone(), 8);
    let fake_weight = mean_pool(fake_mask, 8);
    let real = critic.forward(real.image.clone(), None, None).logits;
    let fake = critic.forward(fake, None, None).logits;
    losses.watch(names.real, weighted_mean(real.clone(), real_weight.clone()));
    losses.watch(names.fake, weighted_mean(fake.clone(), fake_weight.clone()));
    losses.add(names.loss, 1.0, hinge_discriminator(real, real_weight, fake, fake_weight));
}
