//! What each preset's training is where nobody says otherwise, and what it has no use for.

use super::config::{Impossible, Learns, TrainConfig, Weights, impossible};
use super::optimiser::OptimiserConfig;
use crate::networks::{NetworkConfig, Preset};

impl TrainConfig {
    /// The configuration of a preset.
    ///
    /// That of `paper` and `cyclegan` follows the authors' code: Adam 2e-4 (0.5, 0.999), discriminators at a
    /// fifth of it, gradients clipped at 500, every step a full one, real images only.
    #[must_use]
    pub fn of(preset: Preset) -> Self {
        let default = Self { network: NetworkConfig::of(preset), ..Self::default() };
        if preset == Preset::Declouder {
            return default;
        }
        let adam = OptimiserConfig { rate: 2e-4, beta1: 0.5, beta2: 0.999, clip: 500.0 };
        let mut config = Self {
            weights: Weights::of(preset),
            generator: adam,
            discriminator: OptimiserConfig { rate: adam.rate / 5.0, ..adam },
            warmup: 0,
            full_every: 1,
            adversarial_after: 0,
            noise: 0.0,
            zero_code: 0.0,
            ..default
        };
        config.data.supervised = 0;
        config.data.identity = 0;
        config
    }
}

/// Reads a configuration over the defaults of its preset, or of the one that is given.
///
/// # Errors
/// [`Impossible`] naming the field or the line.
pub(super) fn read(text: &str, preset: Option<Preset>) -> Result<TrainConfig, Impossible> {
    let wrong = |error: String| impossible("the configuration", error.trim_end().to_owned());
    // First as it stands, so that a mistake is named with its line.
    let plain: TrainConfig = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let preset = preset.unwrap_or(plain.network.preset);
    let own: toml::Table = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let mut whole =
        toml::Table::try_from(TrainConfig::of(preset)).map_err(|error| wrong(error.to_string()))?;
    overlay(&mut whole, own);
    let mut config: TrainConfig =
        whole.try_into().map_err(|error: toml::de::Error| wrong(error.to_string()))?;
    config.network.preset = preset;
    Ok(config)
}

/// A configuration's text with changes, each `table.field=value` with a value of TOML; a word need not stand in
/// quotes.
///
/// # Errors
/// [`Impossible`] naming the change, or the line of the text.
pub fn changed(text: &str, changes: &[String]) -> Result<String, Impossible> {
    let wrong =
        |error: toml::de::Error| impossible("the configuration", error.to_string().trim_end().to_owned());
    let mut whole: toml::Table = toml::from_str(text).map_err(wrong)?;
    for change in changes {
        let refuse =
            || impossible(change, "no change of a field; expected FIELD=VALUE, such as data.haze=0.5".into());
        let (field, value) = change.split_once('=').ok_or_else(refuse)?;
        let own = toml::from_str(&format!("{field} = {value}"))
            .or_else(|_| toml::from_str(&format!("{field} = \"{}\"", value.trim())));
        overlay(&mut whole, own.map_err(|_| refuse())?);
    }
    toml::to_string(&whole).map_err(|error| impossible("the configuration", error.to_string()))
}

/// Puts what one table says over another, table by table.
fn overlay(whole: &mut toml::Table, own: toml::Table) {
    for (key, value) in own {
        match (whole.get_mut(&key), value) {
            (Some(toml::Value::Table(whole)), toml::Value::Table(own)) => overlay(whole, own),
            (_, value) => {
                whole.insert(key, value);
            }
        }
    }
}

/// Refuses what a preset has no use for: a number that changes nothing would be taken for one that does.
///
/// # Errors
/// [`Impossible`] naming the field.
pub(super) fn check(config: &TrainConfig) -> Result<(), Impossible> {
    let preset = config.network.preset;
    let used = Weights::of(preset).named();
    for ((field, value), (_, used)) in config.weights.named().into_iter().zip(used) {
        if value != 0.0 && used == 0.0 {
            let problem = format!("{value}; {preset} has no such loss, expected 0");
            return Err(impossible(&format!("weights.{field}"), problem));
        }
    }
    let data = &config.data;
    if preset != Preset::Declouder && config.learns != Learns::All {
        let problem = format!("{preset} has nothing that learns alone, expected all");
        return Err(impossible("learns", problem));
    }
    if preset != Preset::Declouder && !config.judge_composites {
        let problem =
            format!("false; the discriminators of {preset} look at everything as it is, expected true");
        return Err(impossible("judge_composites", problem));
    }
    if preset == Preset::Declouder {
        return match data.supervised {
            0 => Err(impossible("data.supervised", "0; expected 1 to 4096".into())),
            _ => Ok(()),
        };
    }
    let fixed = [
        ("data.supervised", data.supervised as f64, 0.0),
        ("data.identity", data.identity as f64, 0.0),
        ("full_every", config.full_every as f64, 1.0),
        ("noise", config.noise, 0.0),
        ("zero_code", config.zero_code, 0.0),
    ];
    match fixed.into_iter().find(|(_, value, expected)| value != expected) {
        Some((field, value, expected)) => {
            let problem = format!(
                "{value}; {preset} learns from unpaired images as they are, in every step: expected {expected}"
            );
            Err(impossible(field, problem))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_leaves_out_has_the_default_of_its_preset() {
        for preset in Preset::ALL {
            let text =
                format!("steps = 7\n[network]\npreset = \"{preset}\"\nwidth = 16\n[data]\ncloudy = 3\n");
            let config = TrainConfig::from_toml(&text).expect("good");
            let mut expected = TrainConfig { steps: 7, ..TrainConfig::of(preset) };
            expected.network.width = 16;
            expected.data.cloudy = 3;
            assert_eq!(config, expected);
            let text = toml::to_string(&config).expect("written");
            assert_eq!(TrainConfig::from_toml(&text), Ok(config));
        }
        let paper = TrainConfig::of(Preset::Paper);
        assert_eq!((paper.network.z_land, paper.network.z_cloud), (16, 16));
        assert!((paper.discriminator.rate - 4e-5).abs() < 1e-12);
        let other = TrainConfig::from_toml_as("steps = 7", Some(Preset::Cyclegan)).expect("good");
        assert_eq!(other, TrainConfig { steps: 7, ..TrainConfig::of(Preset::Cyclegan) });
    }

    #[test]
    fn changes_are_laid_over_a_text() {
        let changes = ["data.haze=0.5", "steps = 9", "network.upsampling=nearest"].map(str::to_owned);
        let text = changed("steps = 7\n[data]\ncloudy = 3\n", &changes).expect("good");
        let config = TrainConfig::from_toml(&text).expect("good");
        let found = (config.steps, config.data.cloudy, config.data.haze, config.network.upsampling);
        assert_eq!(found, (9, 3, 0.5, crate::networks::Upsampling::Nearest));
        for bad in ["data.haze", "=3", "data.=1"] {
            assert_eq!(changed("", &[bad.to_owned()]).expect_err("refused").field, bad);
        }
        let text = changed("", &["data.fog=1".to_owned()]).expect("a text");
        assert!(TrainConfig::from_toml(&text).expect_err("refused").problem.contains("fog"));
    }

    #[test]
    fn what_a_preset_has_no_use_for_is_refused() {
        let cases = [
            ("preset = \"paper\"\n[weights]\nsupervised = 1.0", "weights.supervised"),
            ("preset = \"cyclegan\"\n[weights]\nrecover_land = 0.025", "weights.recover_land"),
            ("preset = \"declouder\"\n[weights]\nadversarial_z = 1.0", "weights.adversarial_z"),
            ("preset = \"paper\"\n[data]\nsupervised = 8", "data.supervised"),
            ("preset = \"declouder\"\n[data]\nsupervised = 0", "data.supervised"),
            ("preset = \"cyclegan\"\ns1 = true", "network.s1"),
            ("preset = \"paper\"\ncontext = false", "network.context"),
        ];
        for (text, field) in cases {
            let text = format!("[network]\n{text}");
            assert_eq!(TrainConfig::from_toml(&text).expect_err("refused").field, field);
        }
        let error =
            TrainConfig::from_toml("noise = 0.05\n[network]\npreset = \"paper\"").expect_err("refused");
        assert_eq!(error.field, "noise");
        let text = "learns = \"land_code\"\n[network]\npreset = \"cyclegan\"";
        assert_eq!(TrainConfig::from_toml(text).expect_err("refused").field, "learns");
    }
}
