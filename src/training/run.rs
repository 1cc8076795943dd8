//! A whole training: a folder that begins empty, and ends with a model.
//!
//! ```text
//! RUN/config.toml               the configuration
//! RUN/model.safetensors         the best model so far
//! RUN/checkpoint.safetensors    where to go on
//! RUN/origin.json               the stores it learns from
//! RUN/events.jsonl              a line a step, and a line a validation
//! RUN/tensorboard/              the same for TensorBoard
//! RUN/samples/step-….png        validation images, what is made of them, and both cycles
//! ```

use std::path::{Path, PathBuf};
use std::time::Duration;

use burn::tensor::Device;
use serde::Serialize;

use super::checkpoint::{self, Best, Resumed};
use super::config::{Checkpointing, impossible};
use super::course::Run;
use super::dataset::Dataset;
use super::events::Events;
use super::folder::RunFolder;
use super::history::{History, Validated};
use super::refused::Refused;
use super::samples::Samples;
use super::start::Start;
use super::step::{Declouder, Family, Paper, StepReport, Trainer};
use super::validate::{Validation, ValidationSet};
use super::{Claim, Error, Result, TrainConfig, budget};
use crate::metrics::distribution::Evaluated;
use crate::networks::Preset;
use crate::patches::Prefetch;
use crate::progress::Monitor;

/// Batches made ahead.
const AHEAD: usize = 3;

/// How long and from where.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Goes on from the folder's checkpoint.
    pub resume: bool,
    /// Stops, with a checkpoint, after so long.
    pub limit: Option<Duration>,
    /// A model whose weights it begins with.
    pub from: Option<PathBuf>,
}

/// What a training came to.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The best model.
    pub model: PathBuf,
    /// Steps done in all.
    pub step: u64,
    /// Whether it was stopped before its last step.
    pub stopped: bool,
    /// The last validation.
    pub validation: Option<Validation>,
    /// The best validation.
    pub best: Option<Best>,
    /// Seconds trained in all.
    pub seconds: f64,
}

/// Listens to a training beside its [`Monitor`].
pub trait Listener: Sync {
    /// A step is done; `rate` is the generators' learning rate.
    fn stepped(&self, report: &StepReport, rate: f64) {
        let _ = (report, rate);
    }
    /// A validation is done.
    fn validated(&self, step: u64, validation: &Validation) {
        let _ = (step, validation);
    }
}

/// Trains a model in `folder` until its last step, the time limit, or cancellation, which both leave a
/// checkpoint to go on from.
///
/// # Errors
/// Stores or a folder that do not fit, a loss that is no number (the last good checkpoint stays).
pub fn train(
    stores: &[PathBuf],
    folder: &Path,
    config: &TrainConfig,
    options: &RunOptions,
    device: &Device,
    heard: (&dyn Monitor, &dyn Listener),
) -> Result<Outcome> {
    config.check()?;
    if config.learns.needs_model() && options.from.is_none() && !options.resume {
        let problem = "a part of a finished model learns alone; name the model with --from, or expect all";
        return Err(impossible("learns", problem.into()).into());
    }
    match config.network.preset {
        Preset::Declouder => train_as::<Declouder>(stores, folder, config, options, device, heard),
        Preset::Paper | Preset::Cyclegan => train_as::<Paper>(stores, folder, config, options, device, heard),
    }
}

/// [`train`] with the networks and steps of a family.
fn train_as<F: Family>(
    stores: &[PathBuf],
    folder: &Path,
    config: &TrainConfig,
    options: &RunOptions,
    device: &Device,
    (monitor, listener): (&dyn Monitor, &dyn Listener),
) -> Result<Outcome> {
    let claim = Claim::of(folder)?;
    let dataset = Dataset::open(stores, &config.network.bands, config.network.level)?;
    check_beside(&dataset, config)?;
    if options.resume {
        check_origin(&RunFolder(folder.to_owned()), &dataset)?;
    }
    let start = options.from.as_ref().map(|path| Start::open(path, config, device)).transpose()?;
    let path = folder.join("checkpoint.safetensors");
    if options.resume {
        checkpoint::check_config(&path, config)?;
    }
    let encoding = match &start {
        _ if options.resume => checkpoint::encoding(&path)?,
        Some(start) => Some(start.encoding()),
        None => None,
    };
    let encoding = encoding.map_or_else(|| dataset.encoding(&config.network.bands), Ok)?;
    let samples = Samples::new(dataset.clone(), config.clone(), encoding.clone())?;
    // After the stores, which say what a crop can be at all.
    if let Some(available) = budget::available() {
        budget::check(config, available)?;
    }
    let set = ValidationSet::load(&dataset, &samples, config)?;
    if set.is_empty() {
        monitor.warn(
            "the stores hold no validation pairs, so the last model is kept, not the best; prepare some with --pairs and --split validation",
        );
    }
    let decided = budget::decided(config, budget::available());
    if decided.checkpointing == Checkpointing::On {
        monitor.note("gradient checkpointing: values between layers are computed anew, to save memory");
    }
    let trainer = Trainer::<F>::new(decided, encoding, device);
    let fresh = Resumed { seconds: 0.0, best: None };
    let (trainer, resumed) = match &start {
        _ if options.resume => checkpoint::load(trainer, &path)?,
        Some(start) => (start.give(trainer)?, fresh),
        None => (trainer, fresh),
    };
    check_steps(trainer.step, config.steps)?;
    let run_folder = RunFolder(folder.to_owned());
    run_folder.begin(config, options.resume)?;
    let from = if options.resume { run_folder.origin().from } else { start.as_ref().map(Start::parent) };
    run_folder.note_origin(stores, dataset.fingerprint(), from.clone())?;
    let events = Events::open(folder, trainer.step)?;
    let batches = Prefetch::new(AHEAD, trainer.step, move |step| samples.step(step))?;
    let judged = judged(folder)?;
    let run = Run {
        claim,
        trainer,
        resumed,
        folder,
        options,
        set,
        dataset,
        events,
        monitor,
        listener,
        last: None,
        judged,
        from,
        refused: Refused::default(),
    };
    run.until_done(batches)
}

/// Refuses to go on to a step that lies behind.
fn check_steps(done: u64, wanted: u64) -> Result<()> {
    if done <= wanted {
        return Ok(());
    }
    let problem = format!("{wanted}, but the run has done {done} steps already; expected at least as many");
    Err(impossible("steps", problem).into())
}

/// Refuses to go on with other data: the model would name these as all that it learned from.
fn check_origin(folder: &RunFolder, dataset: &Dataset) -> Result<()> {
    let origin = folder.origin();
    if origin.fingerprint.is_empty() || origin.fingerprint == dataset.fingerprint() {
        return Ok(());
    }
    let stores: Vec<_> = origin.stores.iter().map(|store| store.display().to_string()).collect();
    let problem = format!(
        "--resume: the run learned from {}, and these stores hold something else; name its own, or train its model further in a new folder (--from)",
        stores.join(", ")
    );
    Err(Error::Stores { problem })
}

/// What the distribution metrics said in the part of a run that is gone on with.
fn judged(folder: &Path) -> Result<Vec<Evaluated>> {
    let unread = |error: std::io::Error| Error::Run {
        path: folder.join("events.jsonl"),
        problem: format!("this cannot be read ({error})"),
    };
    let history = History::read(folder).map_err(unread)?;
    let of = |at: &Validated| at.validation.distribution?.evaluated(at.step);
    Ok(history.validations().iter().filter_map(of).collect())
}

/// Refuses a network with a way in for what no training patch has: it would learn nothing.
fn check_beside(dataset: &Dataset, config: &TrainConfig) -> Result<()> {
    let network = &config.network;
    let problem = if network.s1 && !dataset.has_training_row(|data, row| data.s1(row).is_some()) {
        "network.s1 is on, but no training patch has Sentinel-1; prepare a source with --s1, or leave it off"
    } else if network.reference && !dataset.has_training_row(Dataset::has_reference) {
        "network.reference is on, but no training patch has another date; prepare a source with --references or --pairs, or leave it off"
    } else {
        return Ok(());
    };
    Err(Error::Stores { problem: problem.to_owned() })
}
