//! The networks on both backends, against PyTorch, and their files.

use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use declouder::bands::{Band, Level};
use declouder::compute::{Choice, open};
use declouder::networks::declouder::{CloudCode, Critics, LandInput, Networks as Declouder};
use declouder::networks::file::{FileError, load, save};
use declouder::networks::params::{collect, set};
use declouder::networks::{DataSource, Encoding, Model, ModelInfo, NetworkConfig, Networks};
use declouder::random::Stream;

/// Two bands and few channels: small enough for a software rasteriser.
fn config() -> NetworkConfig {
    NetworkConfig {
        bands: vec![Band::B04, Band::B11],
        conditioning: vec![Band::B11],
        width: 8,
        z_land: 4,
        z_cloud: 3,
        ..NetworkConfig::default()
    }
}

/// Networks all of whose weights count: heads begin near zero, which would hide faults.
fn networks(device: &Device) -> Declouder {
    let mut stream = Stream::new(11, 0, "weights");
    set(Declouder::new(&config(), 1, device), "", &mut |_, shape| {
        let fan = shape[1..].iter().product::<usize>().max(1) as f64;
        let scale = if shape.len() == 1 { 0.2 } else { 1.0 / fan.sqrt() };
        Ok((0..shape.iter().product()).map(|_| (stream.normal() * scale) as f32).collect())
    })
    .unwrap()
}

/// The numbers that `tests/parity/networks.py` makes too.
pub(super) fn fixed<const D: usize>(shape: [usize; D], seed: usize, device: &Device) -> Tensor<D> {
    let value = |i: usize| (((i * 7919 + seed * 104_729) % 2003) as f64 / 1001.0 - 1.0) as f32;
    let values: Vec<f32> = (0..shape.iter().product()).map(value).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

pub(super) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.inner().into_data().try_to_vec().unwrap()
}

/// Every network's outputs on fixed numbers, by name.
fn outputs(networks: &Declouder, device: &Device) -> Vec<(&'static str, Vec<f32>)> {
    let (h, w) = (24, 32);
    let (x, ctx) = (fixed([2, 2, h, w], 1, device), fixed([2, 2, h, w], 2, device));
    let m = fixed([2, 1, h, w], 3, device).abs();
    let input =
        LandInput { cloudy: x.clone(), mask: m.clone(), context: ctx.clone(), s1: None, reference: None };
    let (z, map) = (fixed([2, 4, 1, 1], 4, device), fixed([2, 4, 3, 4], 5, device));
    let code = CloudCode { maps: fixed([2, 2, 3, 4], 6, device).abs(), spectrum: fixed([2, 3], 7, device) };
    let land = networks.e_land.forward(ctx.clone(), x.clone(), m);
    let cloud = networks.e_cloud.forward(x, ctx.clone()).code;
    vec![
        ("g_land", values(networks.g_land.forward(&input, &z).surface)),
        ("g_land_map", values(networks.g_land.forward(&input, &map).surface)),
        ("g_cloud", values(networks.g_cloud.forward(ctx, &code))),
        ("e_land_mean", values(land.mean)),
        ("e_land_log_variance", values(land.log_variance)),
        ("e_cloud_maps", values(cloud.maps)),
        ("e_cloud_spectrum", values(cloud.spectrum)),
    ]
}

/// Gradients of every network's weights for one loss through all of them, by name.
fn gradients(device: &Device) -> Vec<(String, Vec<f32>)> {
    let device = device.clone().autodiff();
    let networks = networks(&device);
    let critics = Critics::new(&config(), 1, &device);
    let (h, w) = (16, 16);
    let (x, ctx) = (fixed([1, 2, h, w], 1, &device), fixed([1, 2, h, w], 2, &device));
    let m = fixed([1, 1, h, w], 3, &device).abs();
    let input =
        LandInput { cloudy: x.clone(), mask: m.clone(), context: ctx.clone(), s1: None, reference: None };
    let land = networks.e_land.forward(ctx.clone(), x.clone(), m);
    let surface = networks.g_land.forward(&input, &land.sample(fixed([1, 4], 8, &device))).surface;
    let code = networks.e_cloud.forward(x, surface.clone()).code.quantised();
    let again = networks.g_cloud.forward(surface.clone(), &code);
    let verdicts = critics.d_a.forward(again.clone(), None, None).logits.mean()
        + critics.d_b.forward(surface, None, None).logits.mean();
    let loss = again.abs().mean() + verdicts + land.divergence();
    let grads = loss.backward();
    let mut found = Vec::new();
    let mut gather = |named: Vec<declouder::networks::params::Named>| {
        found.extend(named.into_iter().map(|named| (named.name, named.values)));
    };
    gather(collect(&of_gradients(networks, &grads), "networks"));
    gather(collect(&of_gradients(critics, &grads), "critics"));
    found
}

/// The module with every parameter replaced by its gradient (0 where it has none).
pub(super) fn of_gradients<M: Module>(module: M, grads: &burn::tensor::Gradients) -> M {
    struct Replace<'g>(&'g burn::tensor::Gradients);
    impl burn::module::ModuleMapper for Replace<'_> {
        fn map_float<const D: usize>(
            &mut self,
            param: burn::module::Param<Tensor<D>>,
        ) -> burn::module::Param<Tensor<D>> {
            let grad = param.val().grad(self.0).unwrap_or_else(|| param.val().inner().zeros_like());
            param.map(|_| grad)
        }
    }
    module.map(&mut Replace(grads))
}

/// Largest difference over the largest magnitude.
pub(super) fn relative(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let largest = a.iter().chain(b).fold(1e-6_f32, |largest, value| largest.max(value.abs()));
    a.iter().zip(b).fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs())) / largest
}

#[test]
fn every_network_is_the_same_on_flex_and_on_wgpu() {
    let Ok(gpu) = open(Choice::Gpu) else {
        eprintln!("skipped: no graphics adapter");
        return;
    };
    let flex = Device::flex();
    let pairs =
        outputs(&networks(&flex), &flex).into_iter().zip(outputs(&networks(&gpu.device), &gpu.device));
    for ((name, flex), (_, wgpu)) in pairs {
        let difference = relative(&flex, &wgpu);
        assert!(difference < 1e-3, "{name}: {difference}");
    }
}

#[test]
fn every_gradient_is_the_same_on_flex_and_on_wgpu() {
    let Ok(gpu) = open(Choice::Gpu) else {
        eprintln!("skipped: no graphics adapter");
        return;
    };
    let (flex, wgpu) = (gradients(&Device::flex()), gradients(&gpu.device));
    let nonzero = flex.iter().filter(|(_, values)| values.iter().any(|value| *value != 0.0)).count();
    assert!(nonzero > flex.len() * 8 / 10, "{nonzero} of {} parameters have a gradient", flex.len());
    for ((name, flex), (_, wgpu)) in flex.iter().zip(&wgpu) {
        let difference = relative(flex, wgpu);
        assert!(difference < 1e-3, "{name}: {difference}");
    }
}

fn model() -> Model {
    let info = ModelInfo {
        declouder: "0.1.0".into(),
        step: 7,
        data: vec![DataSource { name: "made up".into(), licence: "CC0-1.0".into(), ..DataSource::default() }],
        ..ModelInfo::default()
    };
    let encoding = Encoding { mean: vec![0.3, 0.4], std: vec![0.1, 0.2] };
    let networks = Networks::Declouder(Box::new(networks(&Device::flex())));
    Model { config: config(), encoding, info, networks }
}

#[test]
fn a_pytorch_twin_gives_the_same_numbers() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/parity");
    let text = std::fs::read_to_string(folder.join("networks.json")).unwrap();
    let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (name, found) in outputs(&networks(&Device::flex()), &Device::flex()) {
        let twin: Vec<f32> = serde_json::from_value(expected[name]["values"].clone()).unwrap();
        let found: Vec<f32> = found.into_iter().step_by(37).collect();
        let worst = found.iter().zip(&twin).fold(0.0_f32, |worst, (a, b)| worst.max((a - b).abs()));
        assert!(found.len() == twin.len() && worst < 1e-4, "{name}: {worst}");
    }
}

#[test]
fn a_model_survives_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let model = model();
    save(&model, &path).unwrap();
    let loaded = load(&path, &Device::flex()).unwrap();
    assert_eq!((&loaded.model.config, &loaded.model.encoding), (&model.config, &model.encoding));
    assert_eq!(loaded.model.info, model.info);
    assert_eq!(loaded.model.networks.collect(), model.networks.collect());
    assert_eq!(loaded.sha256.len(), 64);
    // For `tests/parity/networks.py`, which makes `networks.json` from it.
    if let Some(path) = std::env::var_os("DECLOUDER_PARITY_MODEL") {
        std::fs::copy(folder.path().join("model.safetensors"), PathBuf::from(path)).unwrap();
    }
}

/// A model file's header and the rest of it.
fn split(path: &Path) -> (serde_json::Value, Vec<u8>) {
    let bytes = std::fs::read(path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    (serde_json::from_slice(&bytes[8..8 + length]).unwrap(), bytes[8 + length..].to_vec())
}

fn join(path: &Path, header: &serde_json::Value, rest: &[u8]) {
    let mut json = header.to_string();
    json.push_str(&" ".repeat(json.len().next_multiple_of(8) - json.len()));
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.extend(json.bytes());
    bytes.extend(rest);
    std::fs::write(path, bytes).unwrap();
}

/// What loading a file that was tampered with says.
fn refused(tamper: impl Fn(&Path)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    save(&model(), &path).unwrap();
    tamper(&path);
    let error = load(&path, &Device::flex()).expect_err("a damaged model is refused");
    let words = error.to_string();
    assert!(words.contains("model.safetensors"), "{words}");
    assert!(matches!(error, FileError::Invalid { .. }), "{words}");
    words
}

#[test]
fn damaged_and_foreign_models_are_refused_by_name() {
    refused(|path| std::fs::write(path, b"no model at all, but long enough to have a header").unwrap());
    refused(|path| std::fs::write(path, b"").unwrap());
    refused(|path| {
        let bytes = std::fs::read(path).unwrap();
        std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    });
    let edited = |edit: &dyn Fn(&mut serde_json::Value, &mut Vec<u8>)| {
        refused(|path| {
            let (mut header, mut rest) = split(path);
            edit(&mut header, &mut rest);
            join(path, &header, &rest);
        })
    };
    let words = edited(&|header, _| header["__metadata__"] = serde_json::json!({}));
    assert!(words.contains("not written by declouder"), "{words}");
    let words = edited(&|header, _| header["__metadata__"]["declouder.format"] = "9".into());
    assert!(words.contains("version 9"), "{words}");
    let words = edited(&|header, _| {
        header["g_land.stem.bias"]["shape"] = serde_json::json!([u64::MAX / 8, 3]);
    });
    assert!(!words.is_empty());
    let words = edited(&|_, rest| {
        let end = rest.len();
        rest[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
    });
    assert!(words.contains("no finite numbers"), "{words}");
    let other = |field: &str, value: serde_json::Value| {
        edited(&|header, _| {
            let text = header["__metadata__"]["declouder.network"].as_str().unwrap();
            let mut network: serde_json::Value = serde_json::from_str(text).unwrap();
            network[field] = value.clone();
            header["__metadata__"]["declouder.network"] = network.to_string().into();
        })
    };
    assert!(other("width", 16.into()).contains("expected [16,"), "another width");
    assert!(other("width", 1_000_000_000_u64.into()).contains("width"), "an absurd width");
    assert!(other("level", "L3".into()).contains("L3"), "an unknown level");
    assert!(other("s1", true.into()).contains("missing"), "weights that are not there");
    assert!(other("colour", true.into()).contains("colour"), "an unknown field");
}

#[test]
fn weights_that_have_no_place_are_refused() {
    let words = refused(|path| {
        let (mut header, mut rest) = split(path);
        let start = rest.len();
        header["d_a.half.weight"] =
            serde_json::json!({"dtype": "F32", "shape": [1], "data_offsets": [start, start + 4]});
        rest.extend(0.5_f32.to_le_bytes());
        join(path, &header, &rest);
    });
    assert!(words.contains("d_a.half.weight"), "{words}");
}

#[test]
fn a_missing_model_is_named() {
    let error = load(Path::new("/nowhere/model.safetensors"), &Device::flex()).expect_err("missing");
    assert!(matches!(error, FileError::Unreadable { .. }));
    assert!(error.to_string().contains("/nowhere/model.safetensors"));
}

#[test]
fn a_new_network_is_the_fill() {
    let device = Device::flex();
    let fresh = Declouder::new(&config(), 3, &device);
    let (x, ctx) = (fixed([1, 2, 16, 16], 1, &device), fixed([1, 2, 16, 16], 2, &device));
    let mask = fixed([1, 1, 16, 16], 3, &device).abs();
    let input = LandInput { cloudy: x, mask, context: ctx.clone(), s1: None, reference: None };
    let surface = fresh.g_land.forward(&input, &fixed([1, 4, 1, 1], 4, &device)).surface;
    // What is left is the gate, which begins nearly shut, and heads that begin near zero.
    let away = values((surface - ctx).abs().mean());
    assert!(away[0] < 0.3, "{away:?}");
}

#[test]
fn cloud_is_rendered_only_where_its_code_says() {
    let device = Device::flex();
    let networks = networks(&device);
    let clear = fixed([1, 2, 64, 64], 2, &device);
    let mut maps = vec![0.0_f32; 2 * 64];
    maps[8 * 4 + 4] = 0.9;
    let code = CloudCode {
        maps: Tensor::from_data(TensorData::new(maps, [1, 2, 8, 8]), &device),
        spectrum: fixed([1, 3], 7, &device),
    };
    let change = values((networks.g_cloud.forward(clear.clone(), &code) - clear).abs());
    for (i, change) in change.iter().enumerate() {
        let (x, y) = (i % 64, i / 64 % 64);
        // Interpolation reaches one cell beyond the code's own.
        let near = (24..48).contains(&x) && (24..48).contains(&y);
        assert!(near || *change == 0.0, "{change} at {x}, {y}");
    }
    assert!(change.iter().any(|change| *change > 0.1));
}

#[test]
fn l2a_models_know_their_level() {
    let config =
        NetworkConfig { level: Level::L2A, bands: vec![Band::B10], conditioning: vec![], ..config() };
    assert_eq!(config.check().unwrap_err().field, "bands");
}
