//! What tests of a report's page and of the window's panel show: honesty, distribution and labels of made-up images
//! whose means are known.

use declouder::evaluation::HonestyConfig;
use declouder::evaluation::honesty::latent::{Errors, LatentUse};
use declouder::evaluation::honesty::noise::CycleError;
use declouder::evaluation::honesty::report::{ImageHonesty, ProbeAreas};
use declouder::evaluation::honesty::swap::{Placed, Swapped};
use declouder::evaluation::honesty::{Honesty, SetHonesty};
use declouder::evaluation::report::{DistributionReport, LabelClass, LabelReport, MethodLabels, Part};
use declouder::metrics::multilabel::{Labels, multilabel};
use declouder::networks::Preset;

/// Samples a model drew.
const SAMPLES: usize = 4;

/// An image of a scene, `shift` away from the mean of every figure.
fn image(scene: &str, coded: bool, shift: f64) -> ImageHonesty {
    let swapped = Swapped {
        other: "elsewhere".into(),
        new: Some(0.85 + shift),
        said: Some(0.9),
        old: Some(0.05 + shift / 10.0),
        old_noisy: Some(0.04),
        detected: None,
        detected_real: None,
    };
    let errors = Errors { middle: 0.03, best: 0.02, sample: 0.04, encoded: Some(0.035) };
    // A code makes the cycle smooth in noise; a message hidden in the pixels does not survive it.
    let covered = if coded { [0.05, 0.051, 0.052, 0.055, 0.06] } else { [0.01, 0.21, 0.22, 0.23, 0.24] };
    ImageHonesty {
        image: format!("{scene}_p1"),
        scene: scene.into(),
        donor: None,
        swap: Placed {
            coded,
            restored: Some(0.75 + shift),
            restored_noisy: Some(if coded { 0.74 } else { 0.11 }),
            own: Some(0.8),
            swapped: coded.then_some(swapped),
        },
        noise: covered.map(|covered| CycleError { covered: covered + shift / 100.0, clear: 0.004 }).to_vec(),
        probe: ProbeAreas { found: Some(0.93), control: Some(0.95 + shift / 10.0), truth: Some(0.47) },
        latent: coded.then(|| LatentUse {
            spread: 0.01 + shift / 100.0,
            outside: 0.0,
            spearman: Some(0.1 + shift),
            coverage_80: 0.4 + shift,
            ranks: vec![0.4, 0.1, 0.1, 0.1, 0.3],
            errors,
            pixels: (0..100).map(|i| (f64::from(i) * 1e-4, f64::from(i) * 2e-4)).collect(),
        }),
    }
}

/// A model on a set of three scenes.
pub fn honesty(model: &str, preset: Preset, set: &str) -> Honesty {
    let coded = preset.has_codes();
    let images = [("a", -0.03), ("b", 0.0), ("c", 0.03)].map(|(scene, shift)| image(scene, coded, shift));
    let config = HonestyConfig { samples: SAMPLES, ..HonestyConfig::default() };
    Honesty { model: model.into(), preset, sets: vec![SetHonesty::of(set, images.into(), &config)] }
}

/// A method that was measured, and one of too few crops.
pub fn distribution(measured: &str, short: &str) -> Vec<DistributionReport> {
    let of = |value: serde_json::Value| serde_json::from_value(value).unwrap();
    vec![
        of(serde_json::json!({
            "method": measured, "extractor": "fixed", "status": "measured",
            "crops": {"real": 120, "made": 240}, "places": {"real": 9, "made": 9},
            "dimensions": 12, "explained": 0.87, "fd": 3.21, "fd_mean_part": 1.0,
            "fd_infinity": {"fd": 2.34, "standard_error": 0.1, "points": []},
            "kid": 0.456, "precision": 0.61, "recall": 0.52, "density": 0.73, "coverage": 0.84,
            "outside": {"real": 0.1, "made": 0.2},
            "moved": [{"feature": "B04 mean", "deviations": -1.5}],
        })),
        of(serde_json::json!({
            "method": short, "extractor": "fixed", "status": "not_enough_data",
            "crops": {"real": 12, "made": 7}, "needed_crops": 80,
            "places": {"real": 3, "made": 3}, "needed_places": 8, "alike": false,
        })),
    ]
}

/// Labels of two tiles in three classes by a classifier that is not to be trusted.
pub fn labels(method: &str) -> LabelReport {
    let clear = [true, false, false, true, true, false];
    let of = |name: &str, decided: [bool; 6], jaccard: f64| {
        let scores = decided.map(f64::from);
        let labels = Labels { classes: 3, truth: &clear, scores: &scores, decided: &decided };
        MethodLabels {
            method: name.into(),
            agreement: Part { tiles: 2, same: jaccard / 2.0, jaccard, probability: 0.125 },
            scores: Some(multilabel(&labels).unwrap()),
        }
    };
    let class = |name: &str, clear| LabelClass { name: name.into(), clear, examples: 7 };
    LabelReport {
        classifier: "small.safetensors".into(),
        sha256: "ab".repeat(32),
        held_out_macro_ap: Some(0.31),
        demonstration: true,
        reasons: vec!["it was measured at 0.31 <only>".into()],
        tile_px: 120,
        tiles: 2,
        classes: vec![class("Pastures", 2), class("Arable land", 1), class("Glaciers", 0)],
        before: of("cloudy date", [false, false, false, true, false, false], 0.25),
        after: vec![of(method, [true, false, false, true, false, false], 0.75)],
    }
}
