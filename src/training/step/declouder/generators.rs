//! The generators' and encoders' half of a step.

use burn::module::Module;
use burn::tensor::Tensor;

use super::{Declouder, LEND, NOISE_A, NOISE_B, OTHER, POSTERIOR, PRIOR, ZERO};
use crate::mask::{self, Alpha, CLEAR, CLOUD, Mask};
use crate::networks::declouder::{CloudCode, Discriminator, Features, Land, LandInput, Verdict, as_map};
use crate::networks::ops::{mean_pool, upsample_linear};
use crate::random::Stream;
use crate::raster::Plane;
use crate::training::config::Learns;
use crate::training::losses::{
    cross_entropy, distance_each, hinge_generator, l1, mode_seeking, weighted_mean,
};
use crate::training::memory::BankedCode;
use crate::training::samples::{Crop, StepData, context_under};
use crate::training::step::Trainer;
use crate::training::step::batch::{Batch, Beside, normal, tensor, values};
use crate::training::step::report::{Losses, StepReport};

/// A rendered cloud thinner than this is not masked: no detector would see it.
const SEEN: f32 = 0.04;
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

/// Clear crops under cloud that `G_cloud` rendered from lent codes.
struct Rendered {
    cloudy: Tensor<4>,
    code: CloudCode,
    mask: Tensor<4>,
    context: Tensor<4>,
}

/// The parts of a full step: real cloudy crops, clear crops, and the clear ones under lent cloud.
struct Full {
    cloudy: Batch,
    clear: Batch,
    rendered: Rendered,
}

/// One pass of `G_land` over all crops of a step, in the order supervised, cloudy, rendered, identity.
struct Pass {
    features: Features,
    land: Land,
    /// The images as they are composited (without noise).
    images: Tensor<4>,
    masks: Tensor<4>,
    z: Tensor<4>,
}

impl Pass {
    /// Raw surfaces of crops `from..from + count`.
    fn raw(&self, from: usize, count: usize) -> Tensor<4> {
        self.land.surface.clone().narrow(0, from, count)
    }

    /// Crops `from..from + count`, composited: `(1 − m)·x + m·ŷ`.
    fn composite(&self, from: usize, count: usize) -> Tensor<4> {
        let part = |tensor: &Tensor<4>| tensor.clone().narrow(0, from, count);
        let mask = part(&self.masks);
        part(&self.images) * (mask.clone().neg() + 1.0) + part(&self.land.surface) * mask
    }
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

    /// Real cloudy and clear crops, and cloud from other places rendered over the clear ones.
    fn full(&mut self, data: &StepData) -> Full {
        let cloudy = Batch::new(&data.cloudy, &self.device);
        let clear = Batch::new(&data.clear, &self.device);
        let rendered = self.rendered(data, &clear);
        Full { cloudy, clear, rendered }
    }

    fn rendered(&mut self, data: &StepData, clear: &Batch) -> Rendered {
        let mut stream = Stream::new(self.config.seed, data.step, LEND);
        let codes: Vec<_> = data.clear.iter().map(|crop| self.lent(crop, data, &mut stream)).collect();
        let (n, side) = (codes.len(), codes[0].side);
        let maps = codes.iter().flat_map(|code| code.maps.iter().copied()).collect();
        let spectra = codes.iter().flat_map(|code| code.spectrum.iter().copied()).collect();
        let code = CloudCode {
            maps: tensor(maps, [n, 2, side, side], &self.device),
            spectrum: tensor(spectra, [n, self.config.network.z_cloud], &self.device),
        };
        let cloudy = self.networks.g_cloud.forward(clear.image.clone(), &code);
        let (mask, context) = self.under(data, &code);
        Rendered { cloudy, code, mask, context }
    }

    /// A code from the bank; while the bank has none of another place, the mask of a cloudy crop of
    /// this step with an average spectrum.
    fn lent(&self, crop: &Crop, data: &StepData, stream: &mut Stream) -> BankedCode {
        if let Some(code) = self.bank.lend(&[crop.place], stream) {
            return code;
        }
        let cloudy = &data.cloudy[stream.below(data.cloudy.len() as u64) as usize];
        let maps = cloudy.maps.iter().map(|&share| 0.6 * share).collect();
        let spectrum = vec![0.0; self.config.network.z_cloud];
        BankedCode { place: cloudy.place, maps, side: cloudy.side / 8, spectrum }.turned(stream.below(8))
    }

    /// Mask and context of clear crops under rendered cloud, from the maps of its own code.
    fn under(&self, data: &StepData, code: &CloudCode) -> (Tensor<4>, Tensor<4>) {
        let device = &self.device;
        let (n, side) = (data.clear.len(), data.clear[0].side);
        let fine = values(upsample_linear(code.maps.clone(), 8));
        let (mut masks, mut contexts) = (Vec::new(), Vec::new());
        for (crop, maps) in data.clear.iter().zip(fine.chunks_exact(2 * side * side)) {
            let (opacity, shadow) = maps.split_at(side * side);
            let codes = opacity.iter().zip(shadow).map(|(o, s)| if o.max(*s) > SEEN { CLOUD } else { CLEAR });
            let codes = Plane::from_vec(side, side, codes.collect());
            let mask = Mask { codes, source: String::new() };
            let alpha: Alpha = mask::alpha(&mask, 1, self.config.data.feather);
            masks.extend(alpha.0.data.iter().map(|&m| f32::from(m) / 255.0));
            contexts.extend(context_under(&self.encoding, &self.config, crop, &alpha));
        }
        let channels = self.config.network.channels();
        (tensor(masks, [n, 1, side, side], device), tensor(contexts, [n, channels, side, side], device))
    }

    /// Runs `G_land` once over every crop of the step.
    fn pass(
        &self,
        step: u64,
        supervised: &Batch,
        truth: &Tensor<4>,
        full: Option<&Full>,
        losses: &mut Losses,
    ) -> Pass {
        let mut images = vec![supervised.image.clone()];
        let mut seen = vec![supervised.image.clone()];
        let mut masks = vec![supervised.mask.clone()];
        let mut contexts = vec![supervised.context.clone()];
        let mut given = vec![supervised.given.clone()];
        let mut known = (vec![truth.clone()], vec![supervised.image.clone()], vec![supervised.mask.clone()]);
        if let Some(full) = full {
            let Full { cloudy, clear, rendered } = full;
            let noisy = self.noisy(rendered.cloudy.clone(), step, NOISE_B);
            let identity = self.config.data.identity;
            images.extend([cloudy.image.clone(), rendered.cloudy.clone()]);
            seen.extend([cloudy.image.clone(), noisy]);
            masks.extend([cloudy.mask.clone(), rendered.mask.clone()]);
            contexts.extend([cloudy.context.clone(), rendered.context.clone()]);
            given.extend([cloudy.given.clone(), clear.given.clone()]);
            known.0.push(clear.image.clone());
            known.1.push(rendered.cloudy.clone());
            known.2.push(rendered.mask.clone());
            if identity > 0 {
                let some = |tensor: &Tensor<4>| tensor.clone().narrow(0, 0, identity);
                images.push(some(&clear.image));
                seen.push(some(&clear.image));
                masks.push(some(&clear.mask).zeros_like());
                contexts.push(some(&clear.context));
                given.push(clear.given.first(identity));
            }
        }
        let given = Beside::cat(&given.iter().collect::<Vec<_>>());
        let z = self.codes(step, known, full.map_or(0, |full| full.cloudy.count), losses);
        let input = LandInput {
            cloudy: Tensor::cat(seen, 0),
            mask: Tensor::cat(masks.clone(), 0),
            context: Tensor::cat(contexts, 0),
            s1: given.s1,
            reference: given.reference,
        };
        let extra = input.cloudy.dims()[0] - z.dims()[0];
        let z = if extra > 0 {
            let zero = Tensor::zeros([extra, self.config.network.z_land, 1, 1], &self.device);
            Tensor::cat(vec![z, zero], 0)
        } else {
            z
        };
        let features = self.networks.g_land.encode(&input);
        let land = self.networks.g_land.decode(&features, &z);
        Pass { features, land, images: Tensor::cat(images, 0), masks: Tensor::cat(masks, 0), z }
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

    /// Keeps the codes of this step's cloudy crops, to be lent later.
    fn keep(&mut self, data: &StepData, code: &CloudCode) {
        let maps = values(code.maps.clone());
        let spectra = values(code.spectrum.clone());
        let (each, numbers) = (maps.len() / data.cloudy.len(), self.config.network.z_cloud);
        let codes = maps.chunks_exact(each).zip(spectra.chunks_exact(numbers));
        for (crop, (maps, spectrum)) in data.cloudy.iter().zip(codes) {
            self.bank.keep(BankedCode {
                place: crop.place,
                maps: maps.to_vec(),
                side: crop.side / 8,
                spectrum: spectrum.to_vec(),
            });
        }
    }
}

/// What a discriminator says of images and what was given with them.
fn look(critic: &Discriminator, images: Tensor<4>, beside: &Beside) -> Verdict {
    critic.forward(images, beside.s1.as_ref(), beside.reference.as_ref())
}
