//! One step of a classifier's training.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData, activation};

use super::decay::shrunk;
use super::{Batch, ClassifierTraining, Labelled, Patches};
use crate::networks::classifier::Network;
use crate::networks::{Encoding, params};
use crate::training::optimiser::Optimiser;
use crate::training::step::StepReport;

/// Everything that changes during training. What a checkpoint keeps is exactly this.
pub struct Learner {
    /// The configuration.
    pub config: ClassifierTraining,
    /// The network's range.
    pub encoding: Encoding,
    /// The network that is trained.
    pub network: Network,
    /// Its moving average, without gradients: what is validated and kept.
    pub average: Network,
    /// Adam.
    pub optimiser: Optimiser,
    /// Steps done.
    pub step: u64,
    device: Device,
}

impl Learner {
    /// Begins a training on a device (one without autodiff; it is added here).
    #[must_use]
    pub fn new(config: ClassifierTraining, encoding: Encoding, device: &Device) -> Self {
        let training = device.clone().autodiff();
        Self {
            network: Network::new(&config.network, config.seed, &training),
            average: Network::new(&config.network, config.seed, device),
            optimiser: Optimiser::new(&config.optimiser),
            step: 0,
            device: training,
            encoding,
            config,
        }
    }

    /// Where it computes, without autodiff.
    #[must_use]
    pub fn device(&self) -> Device {
        self.device.clone().without_autodiff()
    }

    /// Does one step and says how it went.
    pub fn step(&mut self, batch: &Batch) -> StepReport {
        let config = &self.config.network;
        let (bands, side, classes) = (config.bands.len(), config.patch_px, config.labels.classes());
        let count = batch.targets.len() / classes;
        let images = TensorData::new(batch.images.clone(), [count, bands, side, side]);
        let targets = TensorData::new(batch.targets.clone(), [count, classes]);
        let keep = (!batch.keep.is_empty()).then(|| {
            let data = TensorData::new(batch.keep.clone(), [count, config.droppable()]);
            Tensor::<2>::from_data(data, &self.device)
        });
        let logits = self.network.forward(Tensor::from_data(images, &self.device), keep.as_ref());
        let loss = cross_entropy(logits, Tensor::from_data(targets, &self.device));
        let value = loss.clone().inner().into_scalar::<f32>();
        let mut grads = loss.backward();
        let rate = self.config.optimiser.rate * self.config.schedule(batch.step);
        let network = shrunk(self.network.clone(), 1.0 - rate * self.config.weight_decay);
        let (network, norm) = self.optimiser.step(network, "", &mut grads, rate);
        self.network = network;
        // The average follows faster while it is young, so that it forgets the first weights.
        let young = (1.0 + batch.step as f64) / (10.0 + batch.step as f64);
        let decay = self.config.ema.min(young) as f32;
        self.average = params::average(self.average.clone(), &self.network, decay);
        self.step = batch.step + 1;
        let figures = BTreeMap::from([("cross_entropy", f64::from(value)), ("gradient", norm)]);
        StepReport { step: batch.step, figures }
    }

    /// The average's probabilities for some rows, `[rows · classes]`. Patches are read in small parts.
    #[must_use]
    pub fn probabilities(&self, data: &Labelled, rows: &[usize], patches: &Patches) -> Vec<f32> {
        let (config, device) = (&self.config.network, self.device());
        let parts = rows.chunks(64);
        parts
            .flat_map(|rows| self.average.probabilities(&patches.still(data, rows), config, &device))
            .collect()
    }
}

/// Mean over patches and classes of the cross entropy of logits `x` and targets `y` in 0..1:
/// `max(x, 0) − x·y + ln(1 + exp(−|x|))`.
fn cross_entropy(logits: Tensor<2>, targets: Tensor<2>) -> Tensor<1> {
    let tail = logits.clone().abs().neg().exp().log1p();
    (activation::relu(logits.clone()) - logits * targets + tail).mean()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cross_entropy_is_its_definition_and_large_logits_do_no_harm() {
        let device = Device::flex();
        let (logits, targets) = ([0.7_f32, -1.3, 90.0, -90.0], [1.0_f32, 0.25, 0.0, 1.0]);
        let tensor =
            |values: [f32; 4]| Tensor::<2>::from_data(TensorData::new(values.to_vec(), [1, 4]), &device);
        let found = cross_entropy(tensor(logits), tensor(targets)).into_scalar::<f32>();
        let one = |x: f64, y: f64| {
            let p = 1.0 / (1.0 + (-x).exp());
            -(y * p.ln() + (1.0 - y) * (1.0 - p).ln())
        };
        let expected = (one(0.7, 1.0) + one(-1.3, 0.25) + 90.0 + 90.0) / 4.0;
        assert!((f64::from(found) - expected).abs() < 1e-4, "{found} {expected}");
    }
}
