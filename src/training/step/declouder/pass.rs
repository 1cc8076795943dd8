//! One pass of `G_land` over all crops of a step.

use burn::tensor::Tensor;

use super::rendered::Rendered;
use super::{Declouder, NOISE_B, POSTERIOR, PRIOR, ZERO};
use crate::networks::declouder::{Features, Land, LandInput, as_map};
use crate::random::Stream;
use crate::training::samples::StepData;
use crate::training::step::Trainer;
use crate::training::step::batch::{Batch, Beside, normal, tensor};
use crate::training::step::report::Losses;

/// The parts of a full step: real cloudy crops, clear crops, and the clear ones under lent cloud.
pub(super) struct Full {
    pub(super) cloudy: Batch,
    pub(super) clear: Batch,
    pub(super) rendered: Rendered,
}

/// One pass of `G_land` over all crops of a step, in the order supervised, cloudy, rendered, identity.
pub(super) struct Pass {
    pub(super) features: Features,
    pub(super) land: Land,
    /// The images as they are composited (without noise).
    images: Tensor<4>,
    masks: Tensor<4>,
    pub(super) z: Tensor<4>,
}

impl Pass {
    /// Raw surfaces of crops `from..from + count`.
    pub(super) fn raw(&self, from: usize, count: usize) -> Tensor<4> {
        self.land.surface.clone().narrow(0, from, count)
    }

    /// Crops `from..from + count`, composited: `(1 − m)·x + m·ŷ`.
    pub(super) fn composite(&self, from: usize, count: usize) -> Tensor<4> {
        let part = |tensor: &Tensor<4>| tensor.clone().narrow(0, from, count);
        let mask = part(&self.masks);
        part(&self.images) * (mask.clone().neg() + 1.0) + part(&self.land.surface) * mask
    }
}

/// What `G_land` is given, kind of crop by kind of crop.
#[derive(Default)]
struct Parts {
    images: Vec<Tensor<4>>,
    seen: Vec<Tensor<4>>,
    masks: Vec<Tensor<4>>,
    contexts: Vec<Tensor<4>>,
    given: Vec<Beside>,
}

impl Parts {
    /// Images, as they are composited and as the network sees them, with the mask, the fill and what lies beside them
    /// of a batch.
    fn add(&mut self, images: &Tensor<4>, seen: &Tensor<4>, batch: &Batch) {
        self.images.push(images.clone());
        self.seen.push(seen.clone());
        self.masks.push(batch.mask.clone());
        self.contexts.push(batch.context.clone());
        self.given.push(batch.given.clone());
    }

    /// The first `count` images of a batch with nothing masked.
    fn add_bare(&mut self, batch: &Batch, count: usize) {
        let some = |tensor: &Tensor<4>| tensor.clone().narrow(0, 0, count);
        self.images.push(some(&batch.image));
        self.seen.push(some(&batch.image));
        self.masks.push(some(&batch.mask).zeros_like());
        self.contexts.push(some(&batch.context));
        self.given.push(batch.given.first(count));
    }

    /// All of it as one input, and the images as they are composited.
    fn joined(self) -> (LandInput, Tensor<4>) {
        let given = Beside::cat(&self.given.iter().collect::<Vec<_>>());
        let input = LandInput {
            cloudy: Tensor::cat(self.seen, 0),
            mask: Tensor::cat(self.masks, 0),
            context: Tensor::cat(self.contexts, 0),
            s1: given.s1,
            reference: given.reference,
        };
        (input, Tensor::cat(self.images, 0))
    }
}

impl Trainer<Declouder> {
    /// Real cloudy and clear crops, and cloud from other places rendered over the clear ones.
    pub(super) fn full(&mut self, data: &StepData) -> Full {
        let cloudy = Batch::new(&data.cloudy, &self.device);
        let clear = Batch::new(&data.clear, &self.device);
        let rendered = self.rendered(data, &clear);
        Full { cloudy, clear, rendered }
    }

    /// Runs `G_land` once over every crop of the step.
    pub(super) fn pass(
        &self,
        step: u64,
        supervised: &Batch,
        truth: &Tensor<4>,
        full: Option<&Full>,
        losses: &mut Losses,
    ) -> Pass {
        let mut parts = Parts::default();
        parts.add(&supervised.image, &supervised.image, supervised);
        // What lies under a truth's own cloud must not speak of the ground.
        let known = supervised.mask.clone() * supervised.valid.clone().max_dim(1);
        let mut known = (vec![truth.clone()], vec![supervised.image.clone()], vec![known]);
        if let Some(Full { cloudy, clear, rendered }) = full {
            parts.add(&cloudy.image, &cloudy.image, cloudy);
            let under =
                Batch { mask: rendered.mask.clone(), context: rendered.context.clone(), ..clear.clone() };
            parts.add(&rendered.cloudy, &self.noisy(rendered.cloudy.clone(), step, NOISE_B), &under);
            known.0.push(clear.image.clone());
            known.1.push(rendered.cloudy.clone());
            known.2.push(rendered.mask.clone());
            if self.config.data.identity > 0 {
                parts.add_bare(clear, self.config.data.identity);
            }
        }
        let z = self.codes(step, known, full.map_or(0, |full| full.cloudy.count), losses);
        let (input, images) = parts.joined();
        let masks = input.mask.clone();
        let extra = input.cloudy.dims()[0] - z.dims()[0];
        let z = if extra > 0 {
            let zero = Tensor::zeros([extra, self.config.network.z_land, 1, 1], &self.device);
            Tensor::cat(vec![z, zero], 0)
        } else {
            z
        };
        let features = self.networks.g_land.encode(&input);
        let land = self.networks.g_land.decode(&features, &z);
        Pass { features, land, images, masks, z }
    }

    /// Land codes in the order of the pass: encoded or 0 where the truth is known, from the prior for
    /// real cloud.
    fn codes(
        &self,
        step: u64,
        (clear, cloudy, masks): (Vec<Tensor<4>>, Vec<Tensor<4>>, Vec<Tensor<4>>),
        prior: usize,
        losses: &mut Losses,
    ) -> Tensor<4> {
        let (seed, numbers) = (self.config.seed, self.config.network.z_land);
        let supervised = clear[0].dims()[0];
        let code = self.networks.e_land.forward(
            Tensor::cat(clear, 0),
            Tensor::cat(cloudy, 0),
            Tensor::cat(masks, 0),
        );
        losses.add("divergence", self.config.weights.divergence, code.divergence());
        let [count, _] = code.mean.dims();
        let noise = normal(&mut Stream::new(seed, step, POSTERIOR), [count, numbers], &self.device);
        let mut coin = Stream::new(seed, step, ZERO);
        let keep = (0..count).map(|_| f32::from(u8::from(!coin.chance(self.config.zero_code)))).collect();
        let keep: Tensor<4> = tensor(keep, [count, 1, 1, 1], &self.device);
        let encoded = code.sample(noise) * keep;
        if prior == 0 {
            return encoded;
        }
        let drawn = as_map(normal(&mut Stream::new(seed, step, PRIOR), [prior, numbers], &self.device));
        let rendered = encoded.clone().narrow(0, supervised, count - supervised);
        Tensor::cat(vec![encoded.narrow(0, 0, supervised), drawn, rendered], 0)
    }
}
