//! What a step teaches where only the cloud's code and what it renders learn.

use burn::tensor::Tensor;

use super::{Declouder, NOISE_A};
use crate::networks::declouder::as_map;
use crate::networks::ops::upsample_linear;
use crate::training::losses::{cross_entropy, l1};
use crate::training::samples::StepData;
use crate::training::step::Trainer;
use crate::training::step::batch::Batch;
use crate::training::step::report::Losses;

/// Change in reflectance, root mean square over bands, from which on a pixel counts as put under cloud: that of the
/// honesty tests.
const CHANGED: f32 = crate::evaluation::honesty::place::CHANGED as f32;
/// Change over which a pixel goes from clear to cloud, in the logistic function that stands in for the step.
const SOFT: f32 = 0.005;
/// A pixel is masked where m is at least this, and clear where it is nothing; the feather between does not count.
const WHOLE: f32 = 0.999;

impl Trainer<Declouder> {
    /// The cloud of real and made cloudy crops: put back over the surface that the finished generator makes of
    /// the crop, and put over another crop's ground.
    pub(super) fn cloud_losses(&self, data: &StepData, losses: &mut Losses) {
        let crops: Vec<_> = data.supervised.iter().chain(&data.cloudy).cloned().collect();
        let batch = Batch::new(&crops, &self.device);
        let clear = self.cleared(&batch);
        let weights = &self.config.weights;
        let encoded = self.networks.e_cloud.forward(batch.image.clone(), clear.clone());
        let everywhere = batch.maps.clone().ones_like();
        losses.add("mask", weights.mask, cross_entropy(encoded.logits, batch.maps.clone(), everywhere));
        let code = encoded.code.quantised();

        let again = self.networks.g_cloud.forward(self.noisy(clear.clone(), data.step, NOISE_A), &code);
        losses.add("cycle_a", weights.cycle_a, l1(again.clone(), batch.image.clone(), batch.valid.clone()));

        let ground = rolled(&clear);
        let lent = self.networks.g_cloud.forward(ground.clone(), &code);
        let (covered, bare) = Self::covered(&batch);
        let place = |before: &Tensor<4>, after: &Tensor<4>| {
            let logits = (self.change(before, after) - CHANGED) / SOFT;
            let of = |part: &Tensor<4>| cross_entropy(logits.clone(), covered.clone(), part.clone());
            of(&covered) + of(&bare)
        };
        let places = place(&clear, &again) + place(&ground, &lent);
        losses.add("place", weights.place, places * 0.25);
        // Where nothing shines through, the cloud looks the same over any ground.
        let opacity = upsample_linear(code.maps.clone().detach().narrow(1, 0, 1), 8);
        let thick = opacity.square().square() * batch.valid.clone();
        losses.add("elsewhere", weights.cycle_a, l1(lent.clone(), batch.image.clone(), thick));

        let found = self.networks.e_cloud.forward(lent, ground).code;
        let maps = (found.maps - code.maps.detach()).abs().mean();
        let spectrum = (found.spectrum - code.spectrum.detach()).abs().mean();
        losses.add("recover_cloud", weights.recover_cloud, maps + spectrum * 0.1);
    }

    /// The exported surface of each crop, composited; no gradient passes.
    fn cleared(&self, batch: &Batch) -> Tensor<4> {
        let features = self.networks.g_land.encode(&batch.land_input());
        let numbers = self.config.network.z_land;
        let zero = as_map(Tensor::zeros([batch.count, numbers], &self.device));
        let surface = self.networks.g_land.decode(&features, &zero).surface;
        let mask = batch.mask.clone();
        (batch.image.clone() * (mask.clone().neg() + 1.0) + surface * mask).detach()
    }

    /// Pixels that the mask covers and such that it leaves alone, `[N, 1, S, S]`; the feather between is neither.
    fn covered(batch: &Batch) -> (Tensor<4>, Tensor<4>) {
        let valid = batch.valid.clone().narrow(1, 0, 1);
        let covered = batch.mask.clone().greater_equal_elem(WHOLE).float();
        let bare = batch.mask.clone().lower_equal_elem(0.0).float();
        (covered * valid.clone(), bare * valid)
    }

    /// How much each pixel changed: root mean square over bands, reflectance, `[N, 1, S, S]`.
    fn change(&self, before: &Tensor<4>, after: &Tensor<4>) -> Tensor<4> {
        let reflectance = |image: &Tensor<4>| self.encoding.decode_tensor(image.clone());
        // A root has no slope at nothing.
        ((reflectance(after) - reflectance(before)).square().mean_dim(1) + 1e-8).sqrt()
    }
}

/// Every crop in the place of the one before.
fn rolled(images: &Tensor<4>) -> Tensor<4> {
    let [n, ..] = images.dims();
    let first = images.clone().narrow(0, 0, 1);
    if n == 1 {
        return first;
    }
    Tensor::cat(vec![images.clone().narrow(0, 1, n - 1), first], 0)
}
