//! How a step went.

use std::collections::BTreeMap;

use burn::tensor::Tensor;

/// Losses by name and other figures of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// The step.
    pub step: u64,
    /// Every figure under its name: losses unweighted, gradient norms, what discriminators think.
    pub figures: BTreeMap<&'static str, f64>,
}

/// Losses on the device, read back together.
pub(super) struct Losses {
    named: Vec<(&'static str, f64, Tensor<1>)>,
}

impl StepReport {
    pub(super) fn new(step: u64) -> Self {
        Self { step, figures: BTreeMap::new() }
    }

    /// The first figure that is no finite number.
    #[must_use]
    pub fn diverged(&self) -> Option<(&'static str, f64)> {
        self.figures.iter().find(|(_, value)| !value.is_finite()).map(|(name, value)| (*name, *value))
    }
}

impl Losses {
    pub(super) fn new() -> Self {
        Self { named: Vec::new() }
    }

    /// Adds a loss with its weight.
    pub(super) fn add(&mut self, name: &'static str, weight: f64, loss: Tensor<1>) {
        self.named.push((name, weight, loss));
    }

    /// Adds a figure that nothing is learned from.
    pub(super) fn watch(&mut self, name: &'static str, figure: Tensor<1>) {
        self.named.push((name, 0.0, figure.detach()));
    }

    /// The weighted sum of all losses that have a weight.
    pub(super) fn total(&self) -> Option<Tensor<1>> {
        let weighted = self.named.iter().filter(|(_, weight, _)| *weight > 0.0);
        weighted.map(|(_, weight, loss)| loss.clone() * *weight).reduce(|sum, loss| sum + loss)
    }

    /// Reads all values in one go.
    pub(super) fn read(self, report: &mut StepReport) {
        let values = self.named.iter().map(|(_, _, loss)| loss.clone().inner()).collect();
        let values = Tensor::cat(values, 0).into_data().try_to_vec::<f32>().unwrap_or_default();
        for ((name, _, _), value) in self.named.iter().zip(values) {
            report.figures.insert(name, f64::from(value));
        }
    }
}
