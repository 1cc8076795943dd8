//! One training step of the preset `declouder`: [`Trainer::step`].

mod batch;
mod critics;
mod generators;
mod report;

use burn::tensor::Device;

use super::TrainConfig;
use super::memory::{CodeBank, ReplayPool};
use super::optimiser::Optimiser;
use super::samples::StepData;
use crate::networks::Encoding;
use crate::networks::declouder::{Critics, Networks};
use crate::networks::params;

pub use report::StepReport;

/// Purposes under which a step draws numbers.
const PRIOR: &str = "latent/prior";
const POSTERIOR: &str = "latent/posterior";
const ZERO: &str = "latent/zero";
const OTHER: &str = "latent/other";
const NOISE_A: &str = "noise/a";
const NOISE_B: &str = "noise/b";
const LEND: &str = "bank/lend";
const POOL_A: &str = "pool/a";
const POOL_B: &str = "pool/b";

/// Everything that changes during training. What a checkpoint keeps is exactly this.
pub struct Trainer {
    /// The configuration.
    pub config: TrainConfig,
    /// The networks' range.
    pub encoding: Encoding,
    /// The networks that are trained.
    pub networks: Networks,
    /// Their moving average, without gradients: what is validated and exported.
    pub average: Networks,
    /// The discriminators.
    pub critics: Critics,
    /// Adam of `networks`.
    pub generator: Optimiser,
    /// Adam of `critics`.
    pub discriminator: Optimiser,
    /// Earlier fake cloudy images.
    pub fake_cloudy: ReplayPool,
    /// Earlier fake clear images.
    pub fake_clear: ReplayPool,
    /// Codes that are lent to other places.
    pub bank: CodeBank,
    /// Steps done.
    pub step: u64,
    device: Device,
}

impl Trainer {
    /// Begins a training on a device (one without autodiff; it is added here).
    #[must_use]
    pub fn new(config: TrainConfig, encoding: Encoding, device: &Device) -> Self {
        let training = device.clone().autodiff();
        let networks = Networks::new(&config.network, config.seed, &training);
        Self {
            average: Networks::new(&config.network, config.seed, device),
            critics: Critics::new(&config.network, config.seed, &training),
            networks,
            generator: Optimiser::new(&config.generator),
            discriminator: Optimiser::new(&config.discriminator),
            fake_cloudy: ReplayPool::new(config.data.pool),
            fake_clear: ReplayPool::new(config.data.pool),
            bank: CodeBank::new(config.data.bank),
            step: 0,
            encoding,
            config,
            device: training,
        }
    }

    /// Where it computes, with autodiff.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Does one step and says how it went. The networks are moved even when a loss is no number: the
    /// caller looks at the report and goes back to a checkpoint.
    pub fn step(&mut self, data: &StepData) -> StepReport {
        let mut report = StepReport::new(data.step);
        let scale = self.config.schedule(data.step);
        let fakes = self.generator_step(data, scale, &mut report);
        if let Some(fakes) = fakes {
            self.critic_step(data, fakes, scale, &mut report);
        }
        // The average follows faster while it is young, so that it forgets the first weights.
        let young = (1.0 + data.step as f64) / (10.0 + data.step as f64);
        let decay = self.config.ema.min(young) as f32;
        self.average = params::average(self.average.clone(), &self.networks, decay);
        self.step = data.step + 1;
        report
    }
}
