//! One training step: [`Trainer::step`], the same for every preset around what a [`Family`] adds.

mod batch;
mod declouder;
mod paper;
mod replay;
mod report;

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::TrainConfig;
use super::config::{Checkpointing, Learns};
use super::memory::{CodeBank, ReplayPool};
use super::optimiser::Optimiser;
use super::samples::StepData;
use crate::networks::params;
use crate::networks::{Clearing, Encoding, NetworkConfig, Networks};

pub use declouder::Declouder;
pub use paper::Paper;
pub use report::StepReport;

use report::Losses;

/// What a preset adds to a training: its networks, and what they learn from a step. Everything else
/// (data, optimisers, average, checkpoints, validation, the loop) is the same for all.
pub trait Family: Sized {
    /// Generators and encoders: what a model file holds.
    type Networks: Module;
    /// Discriminators.
    type Critics: Module;
    /// What the discriminators are shown of a step, without gradients.
    type Fakes;

    /// New networks, a function of the seed.
    fn networks(config: &NetworkConfig, seed: u64, device: &Device) -> Self::Networks;

    /// The networks with those held still that are not to learn.
    fn held(networks: Self::Networks, learns: Learns) -> Self::Networks {
        let _ = learns;
        networks
    }

    /// New discriminators, a function of the seed.
    fn critics(config: &NetworkConfig, seed: u64, device: &Device) -> Self::Critics;

    /// The generators' and encoders' half of a step, at `scale` of their rate. Returns what the
    /// discriminators learn from, where they are to learn.
    fn generator_step(
        trainer: &mut Trainer<Self>,
        data: &StepData,
        scale: f64,
        report: &mut StepReport,
    ) -> Option<Self::Fakes>;

    /// The discriminators' half.
    fn critic_step(
        trainer: &mut Trainer<Self>,
        data: &StepData,
        fakes: Self::Fakes,
        scale: f64,
        report: &mut StepReport,
    );

    /// The network that takes cloud away.
    fn clearing(networks: &Self::Networks) -> Clearing<'_>;

    /// The cloud of an image, encoded from it and the clear image that was made of it, over another ground. Over
    /// that clear image itself it closes the cycle A→B→A. All `[1, C, H, W]` in network range, H and W multiples
    /// of 8.
    fn put_over(
        networks: &Self::Networks,
        cloudy: Tensor<4>,
        clear: Tensor<4>,
        ground: Tensor<4>,
    ) -> Tensor<4>;

    /// The middle of the land codes that the encoder finds in a clear image under a cloudy one, `[1, Z]`; none
    /// without land codes. Images `[1, C, H, W]` in network range, the mask m `[1, 1, H, W]`.
    fn land_code(
        networks: &Self::Networks,
        clear: Tensor<4>,
        cloudy: Tensor<4>,
        mask: Tensor<4>,
    ) -> Option<Tensor<2>>;

    /// The networks of a model file.
    fn export(networks: Self::Networks) -> Networks;
}

/// Everything that changes during training. What a checkpoint keeps is exactly this.
pub struct Trainer<F: Family> {
    /// The configuration.
    pub config: TrainConfig,
    /// The networks' range.
    pub encoding: Encoding,
    /// The networks that are trained.
    pub networks: F::Networks,
    /// Their moving average, without gradients: what is validated and exported.
    pub average: F::Networks,
    /// The discriminators.
    pub critics: F::Critics,
    /// Adam of `networks`.
    pub generator: Optimiser,
    /// Adam of `critics`.
    pub discriminator: Optimiser,
    /// Earlier fake cloudy images.
    pub fake_cloudy: ReplayPool,
    /// Earlier fake clear images.
    pub fake_clear: ReplayPool,
    /// Codes that are lent to other places; stays empty where a preset lends none.
    pub bank: CodeBank,
    /// Steps done.
    pub step: u64,
    device: Device,
}

impl<F: Family> Trainer<F> {
    /// Begins a training on a device (one without autodiff; it is added here). Checkpointing that is `auto` is
    /// off: who knows the memory has decided before ([`super::budget::decided`]).
    #[must_use]
    pub fn new(config: TrainConfig, encoding: Encoding, device: &Device) -> Self {
        let training = device.clone().autodiff();
        let training = if config.checkpointing == Checkpointing::On {
            training.gradient_checkpointing()
        } else {
            training
        };
        Self {
            average: F::networks(&config.network, config.seed, device),
            critics: F::critics(&config.network, config.seed, &training),
            networks: F::held(F::networks(&config.network, config.seed, &training), config.learns),
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
        if let Some(fakes) = F::generator_step(self, data, scale, &mut report) {
            F::critic_step(self, data, fakes, scale, &mut report);
        }
        // The average follows faster while it is young, so that it forgets the first weights.
        let young = (1.0 + data.step as f64) / (10.0 + data.step as f64);
        let decay = self.config.ema.min(young) as f32;
        self.average = params::average(self.average.clone(), &self.networks, decay);
        self.step = data.step + 1;
        report
    }

    /// Moves generators and encoders against the sum of their losses.
    fn learn(&mut self, losses: Losses, scale: f64, report: &mut StepReport) {
        if let Some(total) = losses.total() {
            let mut grads = total.backward();
            let rate = self.config.generator.rate * scale;
            let networks = self.networks.clone();
            let (networks, norm) = self.generator.step(networks, "", &mut grads, rate);
            self.networks = networks;
            report.figures.insert("gradient_generator", norm);
        }
        losses.read(report);
    }

    /// Moves the discriminators against the sum of theirs.
    fn learn_to_tell(&mut self, losses: Losses, scale: f64, report: &mut StepReport) {
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

    /// Whether discriminators have learned enough to teach.
    fn is_adversarial(&self) -> bool {
        self.step >= self.config.adversarial_after
    }
}
