//! Every field of [`TrainConfig`](super::TrainConfig) with its range and what it is for: one table for the settings
//! panel and for help.

/// What a field holds, with the values that are possible.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A whole number from the first to the second.
    Count(i64, i64),
    /// A number from the first to the second.
    Number(f64, f64),
    /// Yes or no.
    Switch,
    /// A list of bands.
    Bands,
    /// One of these.
    Choice(&'static [&'static str]),
}

/// A field of the configuration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// Its place in the TOML file: `data.crop`.
    pub path: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it is for, in a sentence.
    pub about: &'static str,
}

impl Field {
    /// Its table, empty for the file's own, and its name in it.
    #[must_use]
    pub fn split(&self) -> (&'static str, &'static str) {
        self.path.split_once('.').unwrap_or(("", self.path))
    }
}

/// The tables with their titles, in the order they are shown.
pub const TABLES: [(&str, &str); 6] = [
    ("", "Course"),
    ("data", "Batches"),
    ("weights", "Weights of losses"),
    ("generator", "Optimiser of generators and encoders"),
    ("discriminator", "Optimiser of discriminators"),
    ("network", "Network"),
];

const fn count(path: &'static str, low: i64, high: i64, about: &'static str) -> Field {
    Field { path, kind: Kind::Count(low, high), about }
}

const fn number(path: &'static str, low: f64, high: f64, about: &'static str) -> Field {
    Field { path, kind: Kind::Number(low, high), about }
}

const fn weight(path: &'static str, about: &'static str) -> Field {
    number(path, 0.0, 1e3, about)
}

const MANY: i64 = 1_000_000_000;

/// Every field.
pub const FIELDS: [Field; 68] = [
    count("steps", 1, MANY, "Steps to train for"),
    Field {
        path: "learns",
        kind: Kind::Choice(&["all", "land_code", "spread", "cloud_code"]),
        about: "All networks, or only the encoder of land codes, what codes do to surfaces, or the cloud's code; the rest held",
    },
    count("warmup", 0, MANY, "Steps over which the learning rate rises from 0"),
    number("decay", 0.0, 1.0, "Last part of the steps over which both rates fall to a twentieth"),
    count(
        "full_every",
        1,
        MANY,
        "A full step (real clouds, cycles, discriminators) every so many; others are supervised",
    ),
    count("adversarial_after", 0, MANY, "Steps before the discriminators' verdicts reach the generators"),
    number("ema", 0.0, 0.999_999, "Decay of the moving average that is validated and exported"),
    number(
        "noise",
        0.0,
        1.0,
        "Most noise (standard deviation, reflectance) on intermediate images, so that nothing hides there",
    ),
    Field {
        path: "judge_composites",
        kind: Kind::Switch,
        about: "Discriminators see composites, weighted by the mask; off (an ablation), raw surfaces everywhere",
    },
    number("zero_code", 0.0, 1.0, "Part of the supervised images whose land code is 0, the exported surface"),
    count("validate_every", 1, MANY, "Steps between validations"),
    count("sample_every", 1, MANY, "Steps between sample strips"),
    count(
        "checkpoint_every",
        1,
        MANY,
        "Steps between checkpoints; one is also kept at the end and at a stop",
    ),
    Field {
        path: "checkpointing",
        kind: Kind::Choice(&["auto", "on", "off"]),
        about: "Compute values between layers anew in the backward pass: less memory, more time",
    },
    count("seed", 0, i64::MAX, "Seed of everything random"),
    count("data.cloudy", 1, 4096, "Real cloudy patches of a full step"),
    count("data.clear", 1, 4096, "Clear patches of a full step, which get rendered cloud"),
    count(
        "data.supervised",
        0,
        4096,
        "Clear patches under transplanted or simulated cloud, truth known, of every step",
    ),
    count("data.identity", 0, 4096, "Clear patches that must come through unchanged; at most data.clear"),
    count("data.crop", 32, 1024, "Side of a training crop in pixels, a multiple of 8"),
    number(
        "data.transplanted",
        0.0,
        1.0,
        "Part of the supervised patches with real cloud of another place; others are simulated",
    ),
    number(
        "data.partly_clear",
        0.0,
        1.0,
        "Part of the supervised patches that are cloudy ones, of which only clear pixels count",
    ),
    number("data.haze", 0.0, 1.0, "Part of the supervised patches also under thin haze that no mask tells"),
    number(
        "data.cirrus",
        0.0,
        1.0,
        "Mean reflectance in B10 above which a clear patch is left out: it has cirrus",
    ),
    number("data.jitter", 0.0, 1.0, "Strength of the random change of a clear patch's spectrum"),
    number(
        "data.drop_conditioning",
        0.0,
        1.0,
        "Part of the supervised patches without their cloud-penetrating bands",
    ),
    number("data.drop_s1", 0.0, 1.0, "Part of the patches from which Sentinel-1 is kept"),
    number("data.drop_reference", 0.0, 1.0, "Part of the patches from which the reference date is kept"),
    count("data.feather", 0, 64, "Feathering of the mask in pixels"),
    count("data.dilate", 0, 64, "Largest dilation of a supervised mask in pixels"),
    count("data.pool", 1, 4096, "Earlier fakes that the discriminators see again"),
    count("data.bank", 1, 4096, "Cloud codes that are kept to be lent to other places"),
    weight("weights.supervised", "L1 under transplanted or simulated cloud"),
    weight("weights.outside", "How much a pixel outside the mask counts, against 1 under it"),
    weight("weights.adversarial_b", "Made clear images must pass for real ones"),
    weight("weights.adversarial_a", "Rendered clouds must pass for real ones"),
    weight("weights.cycle_a", "Cloudy to clear to cloudy: L1 outside the mask"),
    weight("weights.features", "Cloudy to clear to cloudy: the discriminator's features under the mask"),
    weight("weights.cycle_b", "Clear to cloudy to clear: L1"),
    weight("weights.divergence", "Kullback-Leibler divergence of land codes from the normal distribution"),
    weight("weights.adversarial_z", "Codes found must pass for drawn ones (preset paper)"),
    weight("weights.recover_land", "The land code is found again in the surface it made"),
    weight("weights.recover_cloud", "The cloud code is found again in the cloud it rendered"),
    weight("weights.mask", "The cloud encoder's maps against the masks"),
    weight("weights.diversity", "Two land codes must give two surfaces"),
    weight("weights.identity", "A clear image comes through unchanged"),
    weight("weights.raw", "The network's raw output outside the mask"),
    weight("weights.crps", "Surfaces of drawn codes lie as far apart as they are wrong (learns = spread)"),
    weight("weights.place", "A cloud code changes what was masked and nothing else (learns = cloud_code)"),
    number("generator.rate", 0.0, 1.0, "Learning rate"),
    number("generator.beta1", 0.0, 0.9999, "Decay of the mean of gradients"),
    number("generator.beta2", 0.0, 0.999_99, "Decay of the mean of their squares"),
    number("generator.clip", 1e-6, 1e9, "Largest norm of all gradients together"),
    number("discriminator.rate", 0.0, 1.0, "Learning rate"),
    number("discriminator.beta1", 0.0, 0.9999, "Decay of the mean of gradients"),
    number("discriminator.beta2", 0.0, 0.999_99, "Decay of the mean of their squares"),
    number("discriminator.clip", 1e-6, 1e9, "Largest norm of all gradients together"),
    Field {
        path: "network.level",
        kind: Kind::Choice(&["L1C", "L2A"]),
        about: "Processing level of scenes it is for; the two are never mixed",
    },
    Field { path: "network.bands", kind: Kind::Bands, about: "Bands in the order of the channels" },
    Field {
        path: "network.conditioning",
        kind: Kind::Bands,
        about: "Bands whose long waves pass thin cloud; part of the training does without them",
    },
    count(
        "network.width",
        8,
        512,
        "Channels at full resolution, a multiple of 8; time and memory grow with it",
    ),
    count("network.z_land", 1, 256, "Numbers of the land code"),
    count("network.z_cloud", 1, 256, "Numbers of the cloud's spectral code"),
    Field {
        path: "network.upsampling",
        kind: Kind::Choice(&["linear", "nearest"]),
        about: "How the decoder enlarges features: nearest is faster, but cells of 8 pixels show",
    },
    Field {
        path: "network.context",
        kind: Kind::Switch,
        about: "The network is given the fill and makes a residual on it; off is an ablation",
    },
    Field {
        path: "network.spatial_code",
        kind: Kind::Switch,
        about: "A cloud's code holds its place, a number each 8 x 8 pixels; off is an ablation",
    },
    Field { path: "network.s1", kind: Kind::Switch, about: "Sentinel-1 VV and VH may be given" },
    Field {
        path: "network.reference",
        kind: Kind::Switch,
        about: "A clear date of the same place may be given; the store must have other dates",
    },
];

/// The field that is set elsewhere: the preset by a choice of its own.
pub const ELSEWHERE: [&str; 1] = ["network.preset"];

/// The field at a place of the file.
#[must_use]
pub fn field(path: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.path == path)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::training::TrainConfig;

    #[test]
    fn every_field_of_the_configuration_is_in_the_table_once() {
        let table = toml::Table::try_from(TrainConfig::default()).expect("a table");
        let mut there = BTreeSet::new();
        for (key, value) in &table {
            match value {
                toml::Value::Table(inner) => there.extend(inner.keys().map(|name| format!("{key}.{name}"))),
                _ => {
                    there.insert(key.clone());
                }
            }
        }
        let listed: BTreeSet<String> =
            FIELDS.iter().map(|field| field.path).chain(ELSEWHERE).map(str::to_owned).collect();
        assert_eq!(listed, there);
        assert_eq!(listed.len(), FIELDS.len() + ELSEWHERE.len(), "none comes twice");
        assert!(FIELDS.iter().all(|field| TABLES.iter().any(|(table, _)| *table == field.split().0)));
    }

    #[test]
    fn what_lies_beyond_a_range_is_refused_by_the_fields_name() {
        let mut checked = 0;
        for field in &FIELDS {
            let beyond = match field.kind {
                Kind::Count(_, high) if high < MANY => (high + 8).to_string(),
                Kind::Count(1, _) => "0".to_owned(),
                Kind::Number(_, high) => format!("{:?}", 2.0 * high + 1e-3),
                _ => continue,
            };
            let (table, name) = field.split();
            let head = if table.is_empty() { String::new() } else { format!("[{table}]\n") };
            let error = TrainConfig::from_toml(&format!("{head}{name} = {beyond}")).expect_err(field.path);
            // Feathering and dilation are refused together.
            let named = error.field == field.path
                || (error.field, field.path) == ("data.feather".into(), "data.dilate");
            assert!(named, "{} = {beyond}", field.path);
            checked += 1;
        }
        assert!(checked > 40, "{checked}");
    }
}
