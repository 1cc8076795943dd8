//! Everything that decides a classifier's training: the TOML file and the command line.

use serde::{Deserialize, Serialize};

use crate::networks::classifier::{Architecture, ClassifierConfig};
use crate::training::config::Impossible;
use crate::training::optimiser::OptimiserConfig;

/// How a classifier is trained. The same configuration, store and version give the same classifier, bit for
/// bit on Flex.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassifierTraining {
    /// Steps to train for.
    pub steps: u64,
    /// Steps over which the rate rises from 0; afterwards it falls to a fiftieth along half a cosine.
    pub warmup: u64,
    /// Patches of a step, drawn uniformly.
    pub batch: usize,
    /// Labels become `y·(1 − s) + s/2`.
    pub label_smoothing: f64,
    /// Chance that the last residual block is left out for a patch; earlier ones less, in proportion to their
    /// depth.
    pub drop_path: f64,
    /// Part of every weight (not of biases) that is taken away a step, times the rate (Loshchilov and Hutter
    /// 2019).
    pub weight_decay: f64,
    /// α of the Beta distribution by which two patches and their labels are mixed (Zhang et al. 2018), 0 to 1; 0
    /// mixes none.
    pub mixup: f64,
    /// Whether patches are flipped and turned.
    pub turns: bool,
    /// Decay of the moving average of the weights that is validated and kept.
    pub ema: f64,
    /// Steps between validations.
    pub validate_every: u64,
    /// Steps between checkpoints; one is also written at the end and when training is stopped.
    pub checkpoint_every: u64,
    /// Seed of everything random.
    pub seed: u64,
    /// Adam.
    pub optimiser: OptimiserConfig,
    /// What is trained.
    pub network: ClassifierConfig,
}

impl Default for ClassifierTraining {
    fn default() -> Self {
        Self {
            steps: 20_000,
            warmup: 100,
            batch: 32,
            label_smoothing: 0.05,
            drop_path: 0.1,
            weight_decay: 0.05,
            mixup: 0.2,
            turns: true,
            ema: 0.998,
            validate_every: 500,
            checkpoint_every: 500,
            seed: 1,
            optimiser: OptimiserConfig { rate: 1e-3, beta2: 0.999, clip: 1.0, ..OptimiserConfig::default() },
            network: ClassifierConfig::default(),
        }
    }
}

impl ClassifierTraining {
    /// The configuration of a network where nobody says otherwise: `s-cnn-all` as its authors trained it, without
    /// any of the regularisation that the other is named after.
    #[must_use]
    pub fn of(network: Architecture) -> Self {
        let new =
            Self { network: ClassifierConfig { network, ..ClassifierConfig::default() }, ..Self::default() };
        match network {
            Architecture::RegularizedResnet => new,
            Architecture::SCnnAll => Self {
                label_smoothing: 0.0,
                drop_path: 0.0,
                weight_decay: 0.0,
                mixup: 0.0,
                turns: false,
                ..new
            },
        }
    }

    /// Reads a configuration; what it leaves out has the default of its network, which `network` overrules.
    ///
    /// # Errors
    /// [`Impossible`] naming the field or the line.
    pub fn from_toml(text: &str, network: Option<Architecture>) -> Result<Self, Impossible> {
        let wrong = |error: toml::de::Error| Impossible {
            field: "the file".into(),
            problem: error.to_string().trim_end().to_owned(),
        };
        let own: Self = toml::from_str(text).map_err(wrong)?;
        let chosen = network.unwrap_or(own.network.network);
        // The network's own defaults, with the file's fields over them.
        let mut table = toml::Table::try_from(Self::of(chosen))
            .map_err(|error| Impossible { field: "the file".into(), problem: error.to_string() })?;
        overlay(&mut table, toml::from_str(text).map_err(wrong)?);
        let mut config: Self = table.try_into().map_err(wrong)?;
        config.network.network = chosen;
        config.check()?;
        Ok(config)
    }

    /// Checks what can be checked without data.
    ///
    /// # Errors
    /// [`Impossible`] naming the field.
    pub fn check(&self) -> Result<(), Impossible> {
        let fail = |field: &str, problem: String| Err(Impossible { field: field.to_owned(), problem });
        if let Err(error) = self.network.check() {
            return fail(&format!("network.{}", error.field), error.problem);
        }
        let ranges = [
            ("label_smoothing", self.label_smoothing, 0.0, 0.5),
            ("drop_path", self.drop_path, 0.0, 0.9),
            ("weight_decay", self.weight_decay, 0.0, 10.0),
            ("mixup", self.mixup, 0.0, 1.0),
            ("ema", self.ema, 0.0, 0.999_999),
            ("optimiser.rate", self.optimiser.rate, 0.0, 1.0),
            ("optimiser.beta1", f64::from(self.optimiser.beta1), 0.0, 0.9999),
            ("optimiser.beta2", f64::from(self.optimiser.beta2), 0.0, 0.99999),
            ("optimiser.clip", self.optimiser.clip, 1e-6, 1e9),
        ];
        for (field, value, low, high) in ranges {
            if !(low..=high).contains(&value) {
                return fail(field, format!("{value}; expected {low} to {high}"));
            }
        }
        if !(1..=4096).contains(&self.batch) {
            return fail("batch", format!("{} patches; expected 1 to 4096", self.batch));
        }
        let counts = [
            ("steps", self.steps),
            ("validate_every", self.validate_every),
            ("checkpoint_every", self.checkpoint_every),
        ];
        match counts.iter().find(|(_, count)| *count == 0) {
            Some((field, _)) => fail(field, "0; expected at least 1".into()),
            None => Ok(()),
        }
    }

    /// The factor on the learning rate at a step.
    #[must_use]
    pub fn schedule(&self, step: u64) -> f64 {
        let rise = ((step + 1) as f64 / self.warmup.max(1) as f64).min(1.0);
        let part = (step as f64 / self.steps as f64).min(1.0);
        rise * (0.02 + 0.98 * 0.5 * (1.0 + (std::f64::consts::PI * part).cos()))
    }
}

/// Puts a table's fields over another's, table by table.
fn overlay(under: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(toml::Value::Table(under)), toml::Value::Table(over)) => overlay(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_overrules_the_defaults_of_its_network() {
        let config = ClassifierTraining::from_toml("mixup = 0.5\n[network]\nnetwork = \"s-cnn-all\"", None);
        let config = config.expect("read");
        assert_eq!((config.mixup, config.drop_path), (0.5, 0.0));
        let text = toml::to_string(&config).expect("written");
        assert_eq!(ClassifierTraining::from_toml(&text, None), Ok(config));
        let other = ClassifierTraining::from_toml("mixup = 0.5", Some(Architecture::SCnnAll)).expect("read");
        assert_eq!((other.network.network, other.weight_decay), (Architecture::SCnnAll, 0.0));
        let error = ClassifierTraining::from_toml("dropout = 0.5", None).expect_err("unknown");
        assert!(error.problem.contains("dropout"), "{error}");
    }

    #[test]
    fn impossible_fields_are_named() {
        let cases = [
            ("steps = 0", "steps"),
            ("mixup = 2.0", "mixup"),
            ("label_smoothing = 0.7", "label_smoothing"),
            ("drop_path = 1.0", "drop_path"),
            ("batch = 0", "batch"),
            ("[optimiser]\nrate = nan", "optimiser.rate"),
            ("[network]\nwidth = 7", "network.width"),
        ];
        for (text, field) in cases {
            assert_eq!(ClassifierTraining::from_toml(text, None).expect_err("impossible").field, field);
        }
    }

    #[test]
    fn the_rate_rises_and_falls() {
        let config = ClassifierTraining { steps: 1000, warmup: 10, ..ClassifierTraining::default() };
        assert!((config.schedule(0) - 0.1).abs() < 1e-9);
        assert!((config.schedule(500) - 0.51).abs() < 1e-9);
        assert!((config.schedule(1000) - 0.02).abs() < 1e-9);
    }
}
