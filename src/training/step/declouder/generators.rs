//! The generators' and encoders' half of a step.

use burn::module::Module;
use burn::tensor::Tensor;

use super::pass::{Full, Pass};
use super::{Declouder, NOISE_A, OTHER};
use crate::networks::declouder::{Discriminator, Verdict, as_map};
use crate::networks::ops::mean_pool;
use crate::random::Stream;
use crate::training::config::Learns;
use crate::training::losses::{
    cross_entropy, distance_each, hinge_generator, l1, mode_seeking, weighted_mean,
};
use crate::training::samples::StepData;
use crate::training::step::Trainer;
use crate::training::step::batch::{Batch, Beside, normal, tensor};
use crate::training::step::report::{Losses, StepReport};

/// Bound of the mode-seeking ratio.
const DIVERSITY_LIMIT: f32 = 20.0;

/// Fakes of a full step, without gradients, for the discriminators.
pub struct Fakes {
    pub(super) cloudy: Tensor<4>,
    pub(super) cloudy_mask: Tensor<4>,
    pub(super) clear: Tensor<4>,
    pub(super) clear_mask: Tensor<4>,
    /// What the discriminators are given with the cloudy fakes: that of the clear crops they were made of.
    pub(super) cloudy_beside: Beside,
    /// The same for the clear fakes.
    pub(super) clear_beside: Beside,
}

impl Trainer<Declouder> {
    /// Moves generators and encoders; in a full step, returns the fakes it made.
    pub(super) fn make(&mut self, data: &StepData, scale: f64, report: &mut StepReport) -> Option<Fakes> {
        let mut losses = Losses::new();
        if self.config.learns == Learns::CloudCode {
            self.cloud_losses(data, &mut losses);
            self.learn(losses, scale, report);
            return None;
        }
        let supervised = Batch::new(&data.supervised, &self.device);
        let truth = Batch::truth(&data.supervised, &self.device);
        if self.config.learns == Learns::Spread {
            self.spread_losses(data.step, &supervised, &truth, &mut losses);
            self.learn(losses, scale, report);
            return None;
        }
        let whole = self.config.learns == Learns::All && !data.cloudy.is_empty();
        let full = whole.then(|| self.full(data));
        let pass = self.pass(data.step, &supervised, &truth, full.as_ref(), &mut losses);
        self.supervised_losses(&pass, &supervised, &truth, &mut losses);
        let fakes = full.map(|full| {
            let from = supervised.count;
            self.cycle_b_losses(&pass, from + full.cloudy.count, &full, &mut losses);
            self.cycle_a_losses(data, &pass, from, &full, &mut losses)
        });
        self.learn(losses, scale, report);
        fakes
    }

    /// An intermediate image with noise of a random strength an image, in which nothing can be hidden.
    pub(super) fn noisy(&self, image: Tensor<4>, step: u64, purpose: &str) -> Tensor<4> {
        let mut stream = Stream::new(self.config.seed, step, purpose);
        let [n, c, h, w] = image.dims();
        let strengths = (0..n).map(|_| stream.between(0.0, self.config.noise) as f32).collect();
        let strength: Tensor<4> = tensor(strengths, [n, 1, 1, 1], &self.device);
        let noise = normal(&mut stream, [n, c, h, w], &self.device);
        let scale = self.encoding.noise_scale(image.clone().detach(), 1.0);
        image + noise * scale * strength
    }

    /// What the truth says of the surfaces under transplanted and simulated cloud.
    fn supervised_losses(&self, pass: &Pass, batch: &Batch, truth: &Tensor<4>, losses: &mut Losses) {
        let weights = &self.config.weights;
        let made = pass.composite(0, batch.count);
        let weight = (batch.mask.clone() * (1.0 - weights.outside) + weights.outside) * batch.valid.clone();
        losses.add("supervised", weights.supervised, l1(made, truth.clone(), weight));
        let raw = pass.raw(0, batch.count);
        let outside = (batch.mask.clone().neg() + 1.0) * batch.valid.clone();
        // Against the truth, which differs from the image where the mask misses haze or shadow.
        losses.add("raw", weights.raw, l1(raw, truth.clone(), outside));
        let fill = l1(batch.context.clone(), truth.clone(), batch.mask.clone() * batch.valid.clone());
        losses.watch("fill_error", fill);
        let gate = pass.land.gate.clone().narrow(0, 0, batch.count);
        losses.watch("gate", weighted_mean(gate, batch.mask.clone()));
    }

    /// Cycle B→A→B: the truth under rendered cloud is known. Identity: a clear image stays itself.
    fn cycle_b_losses(&self, pass: &Pass, from: usize, full: &Full, losses: &mut Losses) {
        let weights = &self.config.weights;
        let Full { clear, rendered, .. } = full;
        let made = pass.composite(from, clear.count);
        let weight =
            (rendered.mask.clone() * (1.0 - weights.outside) + weights.outside) * clear.valid.clone();
        losses.add("cycle_b", weights.cycle_b, l1(made, clear.image.clone(), weight));
        let identity = self.config.data.identity;
        if identity > 0 {
            let raw = pass.land.surface.clone().narrow(0, from + clear.count, identity);
            let some = |tensor: &Tensor<4>| tensor.clone().narrow(0, 0, identity);
            losses.add("identity", weights.identity, l1(raw, some(&clear.image), some(&clear.valid)));
        }
        let recovered = self.networks.e_cloud.forward(rendered.cloudy.clone(), clear.image.clone());
        let maps = (recovered.code.maps - rendered.code.maps.clone()).abs().mean();
        let spectrum = (recovered.code.spectrum - rendered.code.spectrum.clone()).abs().mean();
        losses.add("recover_cloud", weights.recover_cloud, maps + spectrum * 0.1);
        if self.is_adversarial() {
            let critic = self.critics.d_a.clone().no_grad();
            let verdict = look(&critic, rendered.cloudy.clone(), &clear.judged);
            let loss = hinge_generator(verdict.logits, self.looked_at(&rendered.mask));
            losses.add("adversarial_a", weights.adversarial_a, loss);
        }
    }

    /// Cycle A→B→A over real cloud, and everything that only its surfaces can teach.
    fn cycle_a_losses(
        &mut self,
        data: &StepData,
        pass: &Pass,
        from: usize,
        full: &Full,
        losses: &mut Losses,
    ) -> Fakes {
        let weights = self.config.weights.clone();
        let batch = &full.cloudy;
        let clear = pass.composite(from, batch.count);
        let encoded = self.networks.e_cloud.forward(batch.image.clone(), clear.clone());
        let everywhere = batch.maps.clone().ones_like();
        losses.add("mask", weights.mask, cross_entropy(encoded.logits, batch.maps.clone(), everywhere));
        let code = encoded.code.quantised();
        self.keep(data, &code);
        let again = self.networks.g_cloud.forward(self.noisy(clear.clone(), data.step, NOISE_A), &code);
        let outside = (batch.mask.clone().neg() + 1.0) * batch.valid.clone();
        losses.add("cycle_a", weights.cycle_a, l1(again.clone(), batch.image.clone(), outside));
        let critic = self.critics.d_a.clone().no_grad();
        let real = look(&critic, batch.image.clone(), &batch.judged);
        let made = look(&critic, again, &batch.judged);
        let close = real.features.into_iter().zip(made.features).map(|(real, made)| {
            let size = batch.mask.dims()[2] / real.dims()[2];
            l1(made, real.detach(), mean_pool(batch.mask.clone(), size))
        });
        if let Some(sum) = close.reduce(|sum, loss| sum + loss) {
            losses.add("features", weights.features, sum);
        }

        self.code_losses(data.step, pass, from, batch, losses);
        let judged = if self.config.judge_composites { clear } else { pass.raw(from, batch.count) };
        if self.is_adversarial() {
            let critic = self.critics.d_b.clone().no_grad();
            let verdict = look(&critic, judged.clone(), &batch.judged);
            let loss = hinge_generator(verdict.logits, self.looked_at(&batch.mask));
            losses.add("adversarial_b", weights.adversarial_b, loss);
        }
        Fakes {
            cloudy: full.rendered.cloudy.clone().inner(),
            cloudy_mask: full.rendered.mask.clone().inner(),
            clear: judged.inner(),
            clear_mask: batch.mask.clone().inner(),
            cloudy_beside: full.clear.judged.inner(),
            clear_beside: batch.judged.inner(),
        }
    }

    /// How much each logit of a discriminator counts, from the mask of its images.
    pub(super) fn looked_at(&self, mask: &Tensor<4>) -> Tensor<4> {
        let cells = mean_pool(mask.clone(), 8);
        if self.config.judge_composites { cells } else { cells.ones_like() }
    }

    /// The land code must be found again in the surface it made, and another code must make another
    /// surface.
    fn code_losses(&self, step: u64, pass: &Pass, from: usize, batch: &Batch, losses: &mut Losses) {
        let weights = &self.config.weights;
        let z = pass.z.clone().narrow(0, from, batch.count);
        let [count, numbers, _, _] = z.dims();
        let surface = pass.composite(from, batch.count);
        // The encoder is held still: else it would learn to read what the generator whispers.
        let encoder = self.networks.e_land.clone().no_grad();
        let found = encoder.forward(surface.clone(), batch.image.clone(), batch.mask.clone());
        let missed = (found.mean - z.clone().reshape([count, numbers])).abs().mean();
        losses.add("recover_land", weights.recover_land, missed);
        if weights.diversity > 0.0 {
            let mut stream = Stream::new(self.config.seed, step, OTHER);
            let other = as_map(normal(&mut stream, [count, numbers], &self.device));
            let land = self.networks.g_land.decode(&pass.features.narrow(from, count), &other);
            let mask = batch.mask.clone();
            let another = batch.image.clone() * (mask.clone().neg() + 1.0) + land.surface * mask.clone();
            let apart = distance_each(surface, another, mask);
            let codes = (z - other).abs().reshape([count, numbers]).mean_dim(1).reshape([count]);
            losses.watch("sample_distance", apart.clone().mean());
            losses.add("diversity", weights.diversity, mode_seeking(apart, codes, DIVERSITY_LIMIT));
        }
    }
}

/// What a discriminator says of images and what was given with them.
fn look(critic: &Discriminator, images: Tensor<4>, beside: &Beside) -> Verdict {
    critic.forward(images, beside.s1.as_ref(), beside.reference.as_ref())
}
