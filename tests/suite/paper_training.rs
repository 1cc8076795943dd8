//! Training of the presets `paper` and `cyclegan` on made-up stores.

use declouder::networks::{NetworkConfig, Preset};
use declouder::training::config::{DataConfig, TrainConfig};
use declouder::training::run::RunOptions;
use declouder::training::{Error, budget};

use super::training::{assert_reports_and_exports, assert_resumes_bit_for_bit, config, losses, run, store};

/// A tiny training of a preset.
fn tiny(preset: Preset, steps: u64) -> TrainConfig {
    let TrainConfig { network, data, validate_every, sample_every, checkpoint_every, .. } = config(steps);
    TrainConfig {
        network: NetworkConfig { preset, ..network },
        data: DataConfig { supervised: 0, identity: 0, ..data },
        steps,
        validate_every,
        sample_every,
        checkpoint_every,
        ..TrainConfig::of(preset)
    }
}

#[test]
fn a_run_of_paper_that_was_stopped_goes_on_as_if_it_had_not_been() {
    assert_resumes_bit_for_bit(&tiny(Preset::Paper, 8));
}

#[test]
fn a_run_of_cyclegan_that_was_stopped_goes_on_as_if_it_had_not_been() {
    assert_resumes_bit_for_bit(&tiny(Preset::Cyclegan, 8));
}

#[test]
fn paper_reports_latent_losses_and_cyclegan_has_none() {
    let paper = assert_reports_and_exports(&tiny(Preset::Paper, 4));
    assert!(paper.get("critic_z_a").is_some() && paper.get("critic_z_b_fake").is_some(), "{paper}");
    let cyclegan = assert_reports_and_exports(&tiny(Preset::Cyclegan, 4));
    let names: Vec<_> = cyclegan.as_object().unwrap().keys().collect();
    assert!(!names.iter().any(|name| name.contains("_z") || name.contains("recover")), "{names:?}");
}

#[test]
fn what_goes_there_and_back_comes_closer_with_training() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    for preset in [Preset::Paper, Preset::Cyclegan] {
        let mut config = tiny(preset, 40);
        // Without discriminators, which pull fakes about and with them the way back.
        config.adversarial_after = 1000;
        config.generator.rate = 2e-3;
        config.validate_every = 40;
        let out = folder.path().join(preset.name());
        run(&store, &out, &config, &RunOptions::default()).unwrap();
        let events = losses(&out);
        let steps: Vec<_> = events.iter().filter(|line| line.get("losses").is_some()).collect();
        let mean = |lines: &[&serde_json::Value]| {
            let both = |line: &&serde_json::Value| {
                ["cycle_a", "cycle_b"].map(|name| line["losses"][name].as_f64().unwrap()).iter().sum::<f64>()
            };
            lines.iter().map(both).sum::<f64>() / lines.len() as f64
        };
        let (early, late) = (mean(&steps[..8]), mean(&steps[32..]));
        assert!(late < 0.8 * early, "{preset}: {early} then {late}");
    }
}

#[test]
fn a_loss_of_paper_that_is_no_number_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let out = folder.path().join("run");
    run(&store, &out, &tiny(Preset::Paper, 2), &RunOptions::default()).unwrap();
    let path = out.join("checkpoint.safetensors");
    let (mut tensors, texts) = declouder::networks::file::load_tensors(&path).unwrap();
    let bias = tensors.iter_mut().find(|named| named.name == "networks.g_ab.head.bias").unwrap();
    bias.values[0] = f32::NAN;
    declouder::networks::file::save_tensors(&tensors, texts.into_iter().collect(), &path).unwrap();
    let resume = RunOptions { resume: true, ..RunOptions::default() };
    let error = run(&store, &out, &tiny(Preset::Paper, 9), &resume).expect_err("it cannot go on");
    assert!(matches!(error, Error::Diverged { step: 2, .. }), "{error}");
}

#[test]
fn a_checkpoint_of_another_preset_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let out = folder.path().join("run");
    run(&store, &out, &tiny(Preset::Cyclegan, 1), &RunOptions::default()).unwrap();
    let resume = RunOptions { resume: true, ..RunOptions::default() };
    let error = run(&store, &out, &tiny(Preset::Paper, 3), &resume).expect_err("refused");
    assert!(error.to_string().contains("network.preset"), "{error}");
}

#[test]
fn the_shipped_configurations_are_of_their_presets_and_fit_a_small_machine() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/training");
    let read = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        TrainConfig::from_toml(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let declouder = read("train.toml");
    for preset in [Preset::Paper, Preset::Cyclegan] {
        let config = read(&format!("{preset}.toml"));
        assert_eq!(config.network.preset, preset);
        assert_eq!(config.data.crop, declouder.data.crop, "crops as large as those of the preset declouder");
        assert_eq!(
            (config.data.cloudy, config.data.clear),
            (1, 1),
            "an image of each kind, as its authors do"
        );
        assert!(budget::check(&config, 4 << 30).is_ok());
    }
}
