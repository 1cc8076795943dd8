//! What a step teaches where only the spread of surfaces learns.

use burn::tensor::Tensor;

use super::{Declouder, SPREAD};
use crate::networks::declouder::{Features, as_map};
use crate::networks::ops::mean_pool;
use crate::random::Stream;
use crate::training::losses::{crps, l1};
use crate::training::step::Trainer;
use crate::training::step::batch::{Batch, normal};
use crate::training::step::report::Losses;

/// Codes drawn a crop.
const SAMPLES: usize = 4;
/// Side in pixels of the cells whose means are scored beside the pixels.
const CELL: usize = 8;

impl Trainer<Declouder> {
    /// Surfaces of drawn codes against the truth under the mask. Pixels by themselves would be content with samples that
    /// differ by grain; the means of cells ask for surfaces that are brighter or greener as a whole.
    pub(super) fn spread_losses(&self, step: u64, batch: &Batch, truth: &Tensor<4>, losses: &mut Losses) {
        let features = self.networks.g_land.encode(&batch.land_input());
        let samples = self.drawn(step, &features, batch.count);
        let weight = batch.mask.clone() * batch.valid.clone();
        let pixels = crps(&samples, truth, &weight);
        let share = mean_pool(weight.clone(), CELL);
        let cells = |x: &Tensor<4>| mean_pool(x.clone() * weight.clone(), CELL) / (share.clone() + 1e-4);
        let coarse: Vec<_> = samples.iter().map(cells).collect();
        let areas = crps(&coarse, &cells(truth), &share);
        losses.watch("crps_pixels", pixels.clone());
        losses.watch("crps_areas", areas.clone());
        losses.add("crps", self.config.weights.crps, (pixels + areas) * 0.5);
        if let [one, other, ..] = &samples[..] {
            losses.watch("sample_distance", l1(one.clone(), other.clone(), weight.clone()));
        }
        losses.watch("fill_error", l1(batch.context.clone(), truth.clone(), weight));
    }

    /// Surfaces of [`SAMPLES`] codes from the prior, one a crop each.
    fn drawn(&self, step: u64, features: &Features, count: usize) -> Vec<Tensor<4>> {
        let mut stream = Stream::new(self.config.seed, step, SPREAD);
        let code = |_| as_map(normal(&mut stream, [count, self.config.network.z_land], &self.device));
        let codes: Vec<_> = (0..SAMPLES).map(code).collect();
        codes.iter().map(|z| self.networks.g_land.decode(features, z).surface).collect()
    }
}
