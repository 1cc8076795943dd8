//! `G_land` on the CPU: an image through it, and a training step. `benches/networks.sh` runs this and
//! `networks_torch.py` in turns, on the same weights and shapes.
//!
//! ```text
//! cargo bench --bench networks -- MODEL.safetensors [SECONDS]
//! ```
//!
//! writes a new model of the default configuration to MODEL where there is none, and prints one JSON
//! line: milliseconds of the median pass.

use std::path::Path;
use std::time::Instant;

use burn::tensor::{Device, Tensor, TensorData};
use declouder::networks::declouder::{LandInput, Networks as Declouder};
use declouder::networks::file::{load, save};
use declouder::networks::{Encoding, Model, ModelInfo, NetworkConfig, Networks};
use declouder::random::Stream;
use declouder::training::optimiser::{Optimiser, OptimiserConfig};

/// Images in a batch.
const BATCH: usize = 4;
/// Their side.
const SIDE: usize = 128;

fn normal(shape: [usize; 4], purpose: &str, device: &Device) -> Tensor<4> {
    let mut values = vec![0.0; shape.iter().product()];
    Stream::new(1, 0, purpose).fill_normal(&mut values);
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn input(device: &Device) -> LandInput {
    LandInput {
        cloudy: normal([BATCH, 13, SIDE, SIDE], "cloudy", device),
        mask: normal([BATCH, 1, SIDE, SIDE], "mask", device).clamp(0.0, 1.0),
        context: normal([BATCH, 13, SIDE, SIDE], "context", device),
        s1: None,
        reference: None,
    }
}

/// Median milliseconds of what `pass` does, over about `seconds`.
fn median_ms(seconds: f64, mut pass: impl FnMut()) -> f64 {
    pass();
    let (started, mut times) = (Instant::now(), Vec::new());
    while times.len() < 5 || started.elapsed().as_secs_f64() < seconds {
        let one = Instant::now();
        pass();
        times.push(one.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let Some(path) = arguments.first().map(Path::new) else {
        eprintln!("usage: cargo bench --bench networks -- MODEL.safetensors [SECONDS]");
        std::process::exit(2);
    };
    let seconds = arguments.get(1).and_then(|text| text.parse().ok()).unwrap_or(10.0);
    let device = Device::flex();
    if !path.exists() {
        let config = NetworkConfig::default();
        let encoding = Encoding { mean: vec![0.3; 13], std: vec![0.1; 13] };
        let networks = Networks::new(&config, 1, &device);
        save(&Model { config, encoding, info: ModelInfo::default(), networks }, path)
            .expect("a writable path");
    }
    let Networks::Declouder(networks) = load(path, &device).expect("a model").model.networks else {
        eprintln!("{} is no model of the preset declouder", path.display());
        std::process::exit(2);
    };
    let (plain, z) = (input(&device), normal([BATCH, 16, 1, 1], "z", &device));
    let inference = median_ms(seconds, || {
        let surface = networks.g_land.forward(&plain, &z).surface;
        std::hint::black_box(surface.into_data());
    });
    println!("{{\"inference_ms\": {inference:.1}, \"training_ms\": {:.1}}}", training(&networks, seconds));
}

/// Forward, L1, backward and Adam.
fn training(networks: &Declouder, seconds: f64) -> f64 {
    use burn::module::Module;
    let device = Device::flex().autodiff();
    let mut network = networks.g_land.clone().train();
    let mut optimiser = Optimiser::new(&OptimiserConfig::default());
    let (input, z) = (input(&device), normal([BATCH, 16, 1, 1], "z", &device));
    let truth = normal([BATCH, 13, SIDE, SIDE], "truth", &device);
    median_ms(seconds, || {
        let loss = (network.forward(&input, &z).surface - truth.clone()).abs().mean();
        let mut grads = loss.backward();
        (network, _) = optimiser.step(network.clone(), "g_land", &mut grads, 1e-5);
    })
}
