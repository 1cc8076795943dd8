//! The networks of the presets `paper` and `cyclegan`: shapes, codes, norms, files, and their PyTorch twins.

use std::path::Path;

use burn::tensor::{Device, Tensor};
use declouder::bands::Band;
use declouder::compute::{Choice, open};
use declouder::networks::file::{load, save};
use declouder::networks::paper::{Critics, Networks as Paper};
use declouder::networks::params::{collect, set};
use declouder::networks::{Encoding, Model, ModelInfo, NetworkConfig, Networks, Preset};
use declouder::random::Stream;

use super::networks::{fixed, of_gradients, relative, values};

const PRESETS: [Preset; 2] = [Preset::Paper, Preset::Cyclegan];

fn config(preset: Preset) -> NetworkConfig {
    NetworkConfig {
        bands: vec![Band::B04, Band::B11],
        conditioning: vec![],
        width: 8,
        ..NetworkConfig::of(preset)
    }
}

/// Networks all of whose weights count.
fn networks(preset: Preset, device: &Device) -> Paper {
    let mut stream = Stream::new(12, 0, "weights");
    set(Paper::new(&config(preset), 1, device), "", &mut |_, shape| {
        let fan = shape[1..].iter().product::<usize>().max(1) as f64;
        let scale = if shape.len() == 1 { 0.2 } else { 1.0 / fan.sqrt() };
        Ok((0..shape.iter().product()).map(|_| (stream.normal() * scale) as f32).collect())
    })
    .unwrap()
}

/// A code where the preset has one.
fn code(preset: Preset, seed: usize, device: &Device) -> Option<Tensor<4>> {
    preset.has_codes().then(|| fixed([2, 16, 1, 1], seed, device))
}

/// Every network's outputs on fixed numbers, by name.
fn outputs(preset: Preset, device: &Device) -> Vec<(&'static str, Vec<f32>)> {
    let networks = networks(preset, device);
    let (x, y) = (fixed([2, 2, 24, 32], 1, device), fixed([2, 2, 24, 32], 2, device));
    let clear = networks.g_ab.forward(x.clone(), code(preset, 3, device).as_ref());
    let cloudy = networks.g_ba.forward(y.clone(), code(preset, 4, device).as_ref());
    assert_eq!((clear.dims(), cloudy.dims()), ([2, 2, 24, 32], [2, 2, 24, 32]));
    let mut found = vec![("g_ab", values(clear)), ("g_ba", values(cloudy))];
    if let (Some(e_a), Some(e_b)) = (&networks.e_a, &networks.e_b) {
        let (cloud, land) = (e_a.forward(x.clone(), y.clone()), e_b.forward(y, x));
        assert_eq!((cloud.dims(), land.dims()), ([2, 16], [2, 16]));
        found.extend([("e_a", values(cloud)), ("e_b", values(land))]);
    }
    found
}

#[test]
fn a_pytorch_twin_gives_the_same_numbers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity");
    for preset in PRESETS {
        let text = std::fs::read_to_string(folder.join(format!("{preset}.json"))).unwrap();
        let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
        let found = outputs(preset, &Device::flex());
        assert_eq!(found.len(), expected.as_object().unwrap().len());
        for (name, found) in found {
            let twin: Vec<f32> = serde_json::from_value(expected[name]["values"].clone()).unwrap();
            let found: Vec<f32> = found.into_iter().step_by(37).collect();
            let worst = found.iter().zip(&twin).fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
            assert!(found.len() == twin.len() && worst < 1e-4, "{preset} {name}: {worst}");
        }
    }
}

#[test]
fn every_network_and_gradient_is_the_same_on_flex_and_on_wgpu() {
    let Ok(gpu) = open(Choice::Gpu) else {
        eprintln!("skipped: no graphics adapter");
        return;
    };
    let flex = Device::flex();
    for preset in PRESETS {
        for ((name, flex), (_, wgpu)) in outputs(preset, &flex).iter().zip(outputs(preset, &gpu.device)) {
            let difference = relative(flex, &wgpu);
            assert!(difference < 1e-3, "{preset} {name}: {difference}");
        }
    }
    let gradients = |device: &Device| {
        let device = device.clone().autodiff();
        let networks = networks(Preset::Paper, &device);
        let (x, z) = (fixed([1, 2, 16, 16], 1, &device), fixed([1, 16, 1, 1], 3, &device));
        let grads = networks.g_ab.forward(x, Some(&z)).square().mean().backward();
        collect(&of_gradients(networks.g_ab, &grads), "g_ab")
    };
    let (flex, wgpu) = (gradients(&flex), gradients(&gpu.device));
    assert!(flex.iter().all(|named| named.values.iter().any(|value| *value != 0.0)), "every weight learns");
    for (flex, wgpu) in flex.iter().zip(&wgpu) {
        let difference = relative(&flex.values, &wgpu.values);
        assert!(difference < 1e-3, "{}: {difference}", flex.name);
    }
}

#[test]
fn a_code_steers_paper_everywhere_and_cyclegan_has_none() {
    let device = Device::flex();
    let x = fixed([2, 2, 16, 16], 1, &device);
    let paper = networks(Preset::Paper, &device);
    let surface = |seed| values(paper.g_ab.forward(x.clone(), code(Preset::Paper, seed, &device).as_ref()));
    let changed = surface(3).iter().zip(surface(4)).filter(|(a, b)| (*a - b).abs() > 1e-3).count();
    assert!(changed > 900, "{changed} of 1024 values");
    assert_eq!(surface(3), surface(3));

    let names = |preset| {
        let named = collect(&networks(preset, &device), "");
        named.into_iter().map(|named| named.name).collect::<Vec<_>>()
    };
    let modulated = |name: &&String| name.contains("modulation");
    // Stem, two halvings, twelve convolutions in blocks and two doublings, in two generators.
    assert_eq!(names(Preset::Paper).iter().filter(modulated).count(), 2 * 2 * (1 + 2 + 12 + 2));
    let names = names(Preset::Cyclegan);
    assert_eq!(names.iter().filter(modulated).count(), 0);
    assert!(names.iter().all(|name| name.starts_with("g_")), "{names:?}");
}

#[test]
fn discriminators_do_not_change_when_their_weights_grow() {
    let device = Device::flex();
    let config = config(Preset::Paper);
    let new = || Critics::new(&config, 5, &device);
    let mut named = collect(&new(), "").into_iter();
    let larger = set(new(), "", &mut |name, _| {
        let factor = if name.ends_with("weight") { 7.0 } else { 1.0 };
        Ok(named.next().unwrap().values.into_iter().map(|value| factor * value).collect())
    })
    .unwrap();
    let looks = |critics: &Critics| {
        let image = fixed([2, 2, 24, 32], 1, &device);
        let logits = critics.d_a.forward(image.clone(), None, None).logits;
        assert_eq!(logits.dims(), [2, 1, 3, 4]);
        let code = critics.d_z_a.as_ref().unwrap().forward(fixed([2, 16], 4, &device));
        assert_eq!(code.dims(), [2, 1, 1, 1]);
        [values(logits), values(critics.d_b.forward(image, None, None).logits), values(code)].concat()
    };
    for (a, b) in looks(&new()).into_iter().zip(looks(&larger)) {
        assert!((a - b).abs() < 1e-4, "{a} {b}");
    }
    assert!(Critics::new(&self::config(Preset::Cyclegan), 5, &device).d_z_b.is_none());
}

fn model(preset: Preset) -> Model {
    Model {
        config: config(preset),
        encoding: Encoding { mean: vec![0.3, 0.4], std: vec![0.1, 0.2] },
        info: ModelInfo::default(),
        networks: Networks::Paper(Box::new(networks(preset, &Device::flex()))),
    }
}

#[test]
fn models_survive_their_files_and_know_their_preset() {
    let folder = tempfile::tempdir().unwrap();
    for preset in PRESETS {
        let path = folder.path().join("model.safetensors");
        let model = model(preset);
        save(&model, &path).unwrap();
        let loaded = load(&path, &Device::flex()).unwrap().model;
        assert_eq!(loaded.config, model.config);
        assert!(matches!(loaded.networks, Networks::Paper(_)));
        assert_eq!(loaded.networks.collect(), model.networks.collect());
        // For `tests/parity/networks.py`, which makes `paper.json` and `cyclegan.json` from them.
        if let Some(out) = std::env::var_os("DECLOUDER_PARITY_FOLDER") {
            std::fs::copy(&path, Path::new(&out).join(format!("{preset}.safetensors"))).unwrap();
        }
    }
}

#[test]
fn weights_of_another_preset_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    for (weights, claimed, expected) in [
        (Preset::Cyclegan, Preset::Paper, "missing"),
        (Preset::Paper, Preset::Cyclegan, "no place for"),
        (Preset::Paper, Preset::Declouder, "missing"),
    ] {
        let model = model(weights);
        save(&Model { config: NetworkConfig { preset: claimed, ..model.config.clone() }, ..model }, &path)
            .unwrap();
        let error = load(&path, &Device::flex()).expect_err("refused").to_string();
        assert!(error.contains(expected) && error.contains("model.safetensors"), "{error}");
    }
}

#[test]
fn only_presets_that_cannot_be_tiled_have_a_largest_image() {
    let paper = model(Preset::Paper);
    assert_eq!(paper.check_size(512, 512), Ok(()));
    let error = paper.check_size(512, 513).unwrap_err().to_string();
    assert!(
        error.contains("preset paper") && error.contains("512 × 513") && error.contains("cut"),
        "{error}"
    );
    assert_eq!(paper.networks.clearing().receptive_radius(), None);
}
