//! How a step went.

use std::collections::BTreeMap;

use burn::tensor::Tensor;

use crate::training::losses::weighted_mean;

/// Losses by name and other figures of one step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// The step.
    pub step: u64,
    /// Every figure under its name: losses unweighted, gradient norms, what discriminators think.
    pub figures: BTreeMap<&'static str, f64>,
}

/// Names of what a discriminator's half of a step says of it.
pub(super) struct Told {
    /// Its loss.
    pub loss: &'static str,
    /// Mean logit of real patches.
    pub real: &'static str,
    /// Mean logit of fakes.
    pub fake: &'static str,
    /// Share of real patches that it takes for real.
    pub right_real: &'static str,
    /// Share of fakes that it takes for fakes.
    pub right_fake: &'static str,
    /// How far the two means lie on their right sides of the threshold, on average; negative where it is fooled.
    pub margin: &'static str,
}

/// The names of a discriminator.
macro_rules! told {
    ($name:literal) => {
        Told {
            loss: $name,
            real: concat!($name, "_real"),
            fake: concat!($name, "_fake"),
            right_real: concat!($name, "_right_real"),
            right_fake: concat!($name, "_right_fake"),
            margin: concat!($name, "_margin"),
        }
    };
}
pub(super) use told;

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

    /// Adds what a discriminator thinks of real and fake patches, each with its weights; `threshold` is the logit
    /// that parts them.
    pub(super) fn watch_verdicts(
        &mut self,
        names: &Told,
        (real, real_weight): (&Tensor<4>, &Tensor<4>),
        (fake, fake_weight): (&Tensor<4>, &Tensor<4>),
        threshold: f32,
    ) {
        let (real, fake) = (real.clone().detach(), fake.clone().detach());
        let of_real = |x: Tensor<4>| weighted_mean(x, real_weight.clone().detach());
        let of_fake = |x: Tensor<4>| weighted_mean(x, fake_weight.clone().detach());
        let right_real = of_real(real.clone().greater_elem(threshold).float());
        let right_fake = of_fake(fake.clone().lower_elem(threshold).float());
        let (real, fake) = (of_real(real), of_fake(fake));
        self.watch(names.margin, (real.clone() - fake.clone()) * 0.5);
        self.watch(names.right_real, right_real);
        self.watch(names.right_fake, right_fake);
        self.watch(names.real, real);
        self.watch(names.fake, fake);
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

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    #[test]
    fn verdicts_are_counted_by_weight_and_the_margin_tells_who_is_ahead() {
        let device = Device::flex().autodiff();
        let tensor = |values: &[f32]| {
            Tensor::<4>::from_data(TensorData::new(values.to_vec(), [1, 1, 1, values.len()]), &device)
        };
        let mut losses = Losses::new();
        let (real, real_weight) = (tensor(&[2.0, -1.0, 9.0]), tensor(&[3.0, 1.0, 0.0]));
        let (fake, fake_weight) = (tensor(&[-1.0, 0.5]), tensor(&[1.0, 1.0]));
        losses.watch_verdicts(&told!("d"), (&real, &real_weight), (&fake, &fake_weight), 0.0);
        let mut report = StepReport::new(0);
        losses.read(&mut report);
        let figure = |name: &str| report.figures[name];
        assert!((figure("d_right_real") - 0.75).abs() < 1e-3);
        assert!((figure("d_right_fake") - 0.5).abs() < 1e-3);
        assert!((figure("d_real") - 1.25).abs() < 1e-3 && (figure("d_fake") + 0.25).abs() < 1e-3);
        assert!((figure("d_margin") - 0.75).abs() < 1e-3);
    }
}
