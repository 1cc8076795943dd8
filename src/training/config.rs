//! Everything that decides a training: the TOML file, the command line and the settings panel.

use serde::{Deserialize, Serialize};

pub use super::data_config::DataConfig;
use super::optimiser::OptimiserConfig;
use super::presets;
pub use super::weights::Weights;
use crate::networks::{NetworkConfig, Preset};

/// How a model is trained. The same configuration, stores and version give the same model, bit for
/// bit on Flex.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// What is trained.
    pub network: NetworkConfig,
    /// Which of its networks learn.
    pub learns: Learns,
    /// What a batch is made of.
    pub data: DataConfig,
    /// How much each loss counts.
    pub weights: Weights,
    /// Adam of generators and encoders.
    pub generator: OptimiserConfig,
    /// Adam of discriminators.
    pub discriminator: OptimiserConfig,
    /// Steps to train for.
    pub steps: u64,
    /// Steps over which the generators' rate rises from 0.
    pub warmup: u64,
    /// Part of the steps, at the end, over which both rates fall to a twentieth, each from its own
    /// start, along half a cosine.
    pub decay: f64,
    /// A full step (real clouds, both cycles, discriminators) every so many steps; those between
    /// are supervised only.
    pub full_every: u64,
    /// Steps before the adversarial losses reach the generators.
    pub adversarial_after: u64,
    /// Decay of the exponential moving average that is validated and exported.
    pub ema: f64,
    /// Largest standard deviation, in reflectance, of the noise on intermediate images.
    pub noise: f64,
    /// Whether discriminators look at composites, and their terms are weighted by the mask. Without, they look at raw
    /// surfaces, at every part alike: an ablation.
    pub judge_composites: bool,
    /// Part of the supervised images whose land code is 0, the exported surface, instead of the
    /// encoder's.
    pub zero_code: f64,
    /// Steps between validations.
    pub validate_every: u64,
    /// Steps between sample strips.
    pub sample_every: u64,
    /// Steps between checkpoints; one is also written at the end and when training is stopped.
    pub checkpoint_every: u64,
    /// Whether a step computes cheap values anew on its way back instead of keeping them: less memory, the same
    /// gradients, a little slower.
    pub checkpointing: Checkpointing,
    /// Seed of everything random.
    pub seed: u64,
}

/// Which networks learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Learns {
    /// All of them.
    #[default]
    All,
    /// `E_land` only: it learns which code of a finished generator shows the land of a clear image. The other
    /// networks stay as they are, so every surface does too; there are no full steps.
    LandCode,
    /// Only what land codes do in `G_land`'s decoder, the weights by which they modulate it: surfaces of drawn codes
    /// learn to lie as far apart as the surface is wrong (`weights.crps`). That of the code 0 stays as it is, to
    /// the bit; there are no full steps.
    Spread,
    /// `E_cloud` and `G_cloud` only: where and what a cloud is, found beside the surface that a finished generator makes
    /// of it, and rendered over that and over other ground (`weights.place`). Surfaces stay as they are, to the
    /// bit; there are no full steps.
    CloudCode,
}

impl Learns {
    /// Whether a finished generator is needed to begin with.
    #[must_use]
    pub fn needs_model(self) -> bool {
        self != Self::All
    }
}

/// Whether values between layers are kept for the backward pass, or computed anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Checkpointing {
    /// Computed anew where a step would not fit into memory otherwise.
    #[default]
    Auto,
    /// Computed anew.
    On,
    /// Kept.
    Off,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            network: NetworkConfig::default(),
            learns: Learns::default(),
            data: DataConfig::default(),
            weights: Weights::default(),
            generator: OptimiserConfig::default(),
            discriminator: OptimiserConfig { rate: 2e-4, beta1: 0.5, ..OptimiserConfig::default() },
            steps: 20_000,
            warmup: 50,
            decay: 0.5,
            full_every: 2,
            adversarial_after: 200,
            ema: 0.998,
            noise: 0.05,
            judge_composites: true,
            zero_code: 0.5,
            validate_every: 100,
            sample_every: 500,
            checkpoint_every: 200,
            checkpointing: Checkpointing::Auto,
            seed: 1,
        }
    }
}

/// A configuration that cannot be trained.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}")]
pub struct Impossible {
    /// The field at fault, with its table: `data.crop`.
    pub field: String,
    /// What was expected and found.
    pub problem: String,
}

impl TrainConfig {
    /// Reads a configuration; what it leaves out has the default of its preset. Unknown fields are refused by
    /// name.
    ///
    /// # Errors
    /// [`Impossible`] naming the field or the line.
    pub fn from_toml(text: &str) -> Result<Self, Impossible> {
        Self::from_toml_as(text, None)
    }

    /// The same for another preset than the text's own, where one is given.
    ///
    /// # Errors
    /// As [`TrainConfig::from_toml`].
    pub fn from_toml_as(text: &str, preset: Option<Preset>) -> Result<Self, Impossible> {
        let config = presets::read(text, preset)?;
        config.check()?;
        Ok(config)
    }

    /// Checks what can be checked without data.
    ///
    /// # Errors
    /// [`Impossible`] naming the field.
    pub fn check(&self) -> Result<(), Impossible> {
        self.network
            .check()
            .map_err(|error| impossible(&format!("network.{}", error.field), error.problem))?;
        self.data.check()?;
        presets::check(self)?;
        for (field, value) in self.weights.named() {
            in_range(&format!("weights.{field}"), value, 0.0, 1e3)?;
        }
        for (table, optimiser) in [("generator", &self.generator), ("discriminator", &self.discriminator)] {
            in_range(&format!("{table}.rate"), optimiser.rate, 0.0, 1.0)?;
            in_range(&format!("{table}.beta1"), f64::from(optimiser.beta1), 0.0, 0.9999)?;
            in_range(&format!("{table}.beta2"), f64::from(optimiser.beta2), 0.0, 0.99999)?;
            in_range(&format!("{table}.clip"), optimiser.clip, 1e-6, 1e9)?;
        }
        in_range("decay", self.decay, 0.0, 1.0)?;
        in_range("ema", self.ema, 0.0, 0.999_999)?;
        in_range("noise", self.noise, 0.0, 1.0)?;
        in_range("zero_code", self.zero_code, 0.0, 1.0)?;
        let counts = [
            ("steps", self.steps),
            ("full_every", self.full_every),
            ("validate_every", self.validate_every),
            ("sample_every", self.sample_every),
            ("checkpoint_every", self.checkpoint_every),
        ];
        match counts.iter().find(|(_, count)| *count == 0) {
            Some((field, _)) => Err(impossible(field, "0; expected at least 1".into())),
            None => Ok(()),
        }
    }

    /// The factor on both learning rates at a step.
    #[must_use]
    pub fn schedule(&self, step: u64) -> f64 {
        let rise = ((step + 1) as f64 / self.warmup.max(1) as f64).min(1.0);
        let start = self.steps as f64 * (1.0 - self.decay);
        let past = (step as f64 - start) / (self.steps as f64 - start).max(1.0);
        let fall = if past <= 0.0 {
            1.0
        } else {
            0.05 + 0.95 * 0.5 * (1.0 + (std::f64::consts::PI * past.min(1.0)).cos())
        };
        rise * fall
    }
}

pub(super) fn impossible(field: &str, problem: String) -> Impossible {
    Impossible { field: field.to_owned(), problem }
}

pub(super) fn in_range(field: &str, value: f64, low: f64, high: f64) -> Result<(), Impossible> {
    if (low..=high).contains(&value) {
        return Ok(());
    }
    Err(impossible(field, format!("{value}; expected {low} to {high}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_survives_toml_and_unknown_fields_are_named() {
        let config = TrainConfig { seed: 7, ..TrainConfig::default() };
        let text = toml::to_string(&config).expect("written");
        assert_eq!(TrainConfig::from_toml(&text), Ok(config));
        let error = TrainConfig::from_toml("[weights]\nadversarial = 1.0").expect_err("unknown");
        assert!(error.problem.contains("adversarial"), "{error}");
    }

    #[test]
    fn impossible_fields_are_named() {
        let cases = [
            ("steps = 0", "steps"),
            ("ema = 1.5", "ema"),
            ("noise = -0.1", "noise"),
            ("[data]\ncrop = 60", "data.crop"),
            ("[data]\nsupervised = 0", "data.supervised"),
            ("[data]\nidentity = 9", "data.identity"),
            ("[data]\ntransplanted = 2.0", "data.transplanted"),
            ("[data]\nhaze = 1.1", "data.haze"),
            ("[data]\ndrop_s1 = -0.1", "data.drop_s1"),
            ("[data]\ndrop_reference = 1.5", "data.drop_reference"),
            ("[weights]\nraw = -1.0", "weights.raw"),
            ("[generator]\nrate = nan", "generator.rate"),
            ("[network]\nwidth = 7", "network.width"),
        ];
        for (text, field) in cases {
            assert_eq!(TrainConfig::from_toml(text).expect_err("impossible").field, field);
        }
    }

    #[test]
    fn rates_rise_stay_and_fall() {
        let config = TrainConfig { steps: 1000, warmup: 10, decay: 0.5, ..TrainConfig::default() };
        assert!((config.schedule(0) - 0.1).abs() < 1e-12);
        assert!((config.schedule(100) - 1.0).abs() < 1e-12);
        assert!((config.schedule(750) - 0.525).abs() < 1e-9);
        assert!((config.schedule(1000) - 0.05).abs() < 1e-9);
        assert!((config.schedule(5000) - 0.05).abs() < 1e-9);
    }
}
