//! The parts whose peer is `PyTorch`: the same weights in a twin that is written to a folder and run by the Python that
//! is named.

use std::path::Path;
use std::process::Command;

use burn::module::Module;
use burn::tensor::Device;
use serde::Deserialize;

use super::parts::{BATCH, Pass, SIDE, normal};
use super::turns::Turns;
use super::{Error, Figure, Options, Result, measured, missing};
use crate::decloud::SHIPPED_MODEL;
use crate::progress::Monitor;
use crate::training::optimiser::{Optimiser, OptimiserConfig};

/// The twin, and the script that times it.
const FILES: [(&str, &str); 2] = [
    ("tests/parity/networks.py", include_str!("../../tests/parity/networks.py")),
    ("benches/networks_torch.py", include_str!("../../benches/networks_torch.py")),
];
/// Seconds that the peer measures each pass of a round.
const SECONDS: f64 = 3.0;

const PEER: &str = "PyTorch";

/// What the peer prints.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Peer {
    inference_ms: f64,
    training_ms: f64,
}

/// Inference and training.
pub(super) fn figures(options: &Options, monitor: &dyn Monitor) -> Result<[Figure; 2]> {
    let what = |part: &str| format!("shipped generator, {part}, {BATCH} images of {SIDE} x {SIDE}, CPU");
    let (inference, training) = (what("inference"), what("training step"));
    let absent = |reason: String| {
        monitor.advance(2);
        [
            missing("inference", inference.clone(), PEER, reason.clone()),
            missing("training", training.clone(), PEER, reason),
        ]
    };
    let Some(python) = &options.python else {
        return Ok(absent("name a Python with torch, numpy and safetensors by --python".into()));
    };
    let folder = written()?;
    let (mut infers, mut trains) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        if monitor.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let ours = ours()?;
        let peer = match peer(python, folder.path()) {
            Ok(peer) => peer,
            Err(reason) => return Ok(absent(reason)),
        };
        infers.push([ours.inference_ms, peer.inference_ms]);
        trains.push([ours.training_ms, peer.training_ms]);
    }
    monitor.advance(2);
    Ok([
        measured("inference", inference, PEER, Turns::new(infers)),
        measured("training", training, PEER, Turns::new(trains)),
    ])
}

/// The twin, its script and the model in a folder that goes when it is dropped.
fn written() -> Result<tempfile::TempDir> {
    let failed = |path: &Path, error: &std::io::Error| Error::File {
        path: path.to_owned(),
        problem: error.to_string(),
    };
    let folder = tempfile::tempdir().map_err(|error| failed(&std::env::temp_dir(), &error))?;
    let files = FILES.iter().map(|(name, text)| (*name, text.as_bytes()));
    for (name, bytes) in files.chain([("model.safetensors", SHIPPED_MODEL)]) {
        let path = folder.path().join(name);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, bytes)).map_err(|error| failed(&path, &error))?;
    }
    Ok(folder)
}

/// Median milliseconds of the peer, or why there are none.
fn peer(python: &Path, folder: &Path) -> std::result::Result<Peer, String> {
    let output = Command::new(python)
        .arg(folder.join("benches/networks_torch.py"))
        .arg(folder.join("model.safetensors"))
        .args([SECONDS.to_string(), rayon::current_num_threads().to_string()])
        .output()
        .map_err(|error| format!("{} does not start ({error})", python.display()))?;
    let said = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.lines().last().unwrap_or_default().to_owned()
    };
    if !output.status.success() {
        return Err(format!("{} failed: {}", python.display(), said(&output.stderr)));
    }
    let line = said(&output.stdout);
    serde_json::from_str(&line).map_err(|_| format!("{} printed no figures: {line}", python.display()))
}

/// The same of ours.
fn ours() -> Result<Peer> {
    let pass = Pass::on(&Device::flex())?;
    let inference_ms = median_ms(|| pass.infer());
    let device = Device::flex().autodiff();
    let (networks, input, code) = Pass::on(&device)?.parts();
    let mut network = networks.g_land.train();
    let mut optimiser = Optimiser::new(&OptimiserConfig::default());
    let truth = normal(input.cloudy.dims(), "truth", &device);
    let training_ms = median_ms(|| {
        let loss = (network.forward(&input, &code).surface - truth.clone()).abs().mean();
        let mut grads = loss.backward();
        (network, _) = optimiser.step(network.clone(), "g_land", &mut grads, 1e-5);
    });
    Ok(Peer { inference_ms, training_ms })
}

/// Median of at least five passes over about [`SECONDS`], as the script takes it.
fn median_ms(mut pass: impl FnMut()) -> f64 {
    pass();
    let (started, mut times) = (std::time::Instant::now(), Vec::new());
    while times.len() < 5 || started.elapsed().as_secs_f64() < SECONDS {
        let one = std::time::Instant::now();
        pass();
        times.push(one.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
