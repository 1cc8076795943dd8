//! A whole training: a folder that begins empty, and ends with a model.
//!
//! ```text
//! RUN/config.toml               the configuration
//! RUN/model.safetensors         the best model so far
//! RUN/checkpoint.safetensors    where to go on
//! RUN/events.jsonl              a line a step, and a line a validation
//! RUN/samples/step-….png        cloudy, fill, result, cycle, clear
//! ```

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use burn::tensor::Device;
use serde::Serialize;

use super::checkpoint::{self, Best, Resumed};
use super::dataset::Dataset;
use super::samples::{Samples, StepData};
use super::step::{StepReport, Trainer};
use super::validate::{self, Validation, ValidationPair, ValidationSet};
use super::{Error, Result, TrainConfig, budget, strips};
use crate::networks::declouder::{CloudCode, GLand};
use crate::networks::file;
use crate::networks::{DataSource, Model, ModelInfo, Networks};
use crate::patches::Prefetch;
use crate::progress::Monitor;
use crate::raster::Plane;

/// Batches made ahead.
const AHEAD: usize = 3;
/// Images of each kind shown in a strip.
const SHOWN: usize = 5;

/// How long and from where.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    /// Goes on from the folder's checkpoint.
    pub resume: bool,
    /// Stops, with a checkpoint, after so long.
    pub limit: Option<Duration>,
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
    (monitor, listener): (&dyn Monitor, &dyn Listener),
) -> Result<Outcome> {
    config.check()?;
    if let Some(available) = budget::available() {
        budget::check(config, available)?;
    }
    let dataset = Dataset::open(stores, &config.network.bands, config.network.level)?;
    let encoding = dataset.encoding(&config.network.bands)?;
    let samples = Samples::new(dataset.clone(), config.clone(), encoding.clone())?;
    let set = ValidationSet::load(&dataset, &samples, config)?;
    if set.is_empty() {
        monitor.warn(
            "the stores hold no validation pairs, so the last model is kept, not the best; prepare some with --pairs and --split validation",
        );
    }
    let trainer = Trainer::new(config.clone(), encoding, device);
    let path = folder.join("checkpoint.safetensors");
    let (trainer, resumed) = if options.resume {
        checkpoint::load(trainer, &path)?
    } else {
        (trainer, Resumed { seconds: 0.0, best: None })
    };
    let events = Events::open(folder, trainer.step)?;
    let batches = Prefetch::new(AHEAD, trainer.step, move |step| samples.step(step))?;
    let run = Run { trainer, resumed, folder, options, set, dataset, events, monitor, listener, last: None };
    run.until_done(batches)
}

struct Run<'a> {
    trainer: Trainer,
    resumed: Resumed,
    folder: &'a Path,
    options: &'a RunOptions,
    set: ValidationSet,
    dataset: Dataset,
    events: Events,
    monitor: &'a dyn Monitor,
    listener: &'a dyn Listener,
    last: Option<Validation>,
}

impl Run<'_> {
    fn until_done(mut self, mut batches: Prefetch<StepData>) -> Result<Outcome> {
        let steps = self.trainer.config.steps;
        self.monitor.stage("training", steps);
        self.monitor.advance(self.trainer.step);
        let (started, before) = (Instant::now(), self.resumed.seconds);
        let mut stopped = false;
        while self.trainer.step < steps {
            let over = self.options.limit.is_some_and(|limit| started.elapsed() >= limit);
            if over || self.monitor.is_cancelled() {
                stopped = true;
                break;
            }
            let data = batches.next()?;
            let report = self.trainer.step(&data);
            if let Some((loss, value)) = report.diverged() {
                return Err(Error::Diverged { step: report.step, loss, value });
            }
            self.resumed.seconds = before + started.elapsed().as_secs_f64();
            self.after(&report)?;
            self.monitor.advance(1);
        }
        if self.last.is_none() || !self.trainer.step.is_multiple_of(self.trainer.config.validate_every) {
            self.validate()?;
        }
        self.checkpoint();
        Ok(Outcome {
            model: self.folder.join("model.safetensors"),
            step: self.trainer.step,
            stopped,
            validation: self.last,
            best: self.resumed.best,
            seconds: self.resumed.seconds,
        })
    }

    /// What follows a step: its event, and now and then a validation, samples, a checkpoint.
    fn after(&mut self, report: &StepReport) -> Result<()> {
        let rate = self.trainer.config.generator.rate * self.trainer.config.schedule(report.step);
        self.events.step(report, rate, self.resumed.seconds)?;
        self.listener.stepped(report, rate);
        let due = |every: u64| self.trainer.step.is_multiple_of(every);
        let config = &self.trainer.config;
        let (validate, sample, keep) =
            (due(config.validate_every), due(config.sample_every), due(config.checkpoint_every));
        if validate {
            self.validate()?;
        }
        if sample {
            self.sample()?;
        }
        if keep {
            self.checkpoint();
        }
        Ok(())
    }

    /// Validates the average, and keeps it as the model where it is the best so far.
    fn validate(&mut self) -> Result<()> {
        let trainer = &self.trainer;
        let network = &trainer.average.g_land;
        let validation = validate::validate(&self.set, network, &trainer.encoding, &trainer.config);
        let (step, score) = (trainer.step, validation.score());
        self.last = Some(validation);
        if score.is_some() {
            self.events.validation(step, &validation, self.resumed.seconds)?;
            self.listener.validated(step, &validation);
        }
        let is_best = score.is_none_or(|score| self.resumed.best.is_none_or(|best| score < best.score));
        if is_best {
            file::save(&self.model(), &self.folder.join("model.safetensors"))?;
            self.resumed.best = score.map(|score| Best { step, score }).or(self.resumed.best);
        }
        Ok(())
    }

    /// The average as a model that says where it comes from.
    fn model(&self) -> Model {
        let trainer = &self.trainer;
        let mut metrics = BTreeMap::new();
        let validation = self.last.unwrap_or_default();
        for (kind, part) in [("real", validation.real), ("lent", validation.lent)] {
            for (method, scores) in part.iter().flat_map(|part| [("model", part.model), ("fill", part.fill)])
            {
                metrics.insert(format!("validation/{kind}/cloud/mae/{method}"), scores.mae);
                metrics.insert(format!("validation/{kind}/cloud/psnr/{method}"), scores.psnr);
            }
        }
        let sources = self.dataset.stores().iter().flat_map(|store| &store.manifest().sources);
        let data = sources.map(|source| DataSource {
            name: source.name.clone(),
            licence: source.licence.clone().unwrap_or_default(),
            attribution: source.attribution.clone(),
            patches: source.rows as u64,
        });
        Model {
            config: trainer.config.network.clone(),
            encoding: trainer.encoding.clone(),
            info: ModelInfo {
                declouder: env!("CARGO_PKG_VERSION").to_owned(),
                step: trainer.step,
                seed: trainer.config.seed,
                training: serde_json::to_value(&trainer.config).unwrap_or_default(),
                data: data.collect(),
                fingerprint: self.dataset.fingerprint(),
                metrics,
                licence: String::new(),
            },
            networks: Networks::Declouder(Box::new(trainer.average.clone())),
        }
    }

    /// Shows some of both kinds of validation images: cloudy, fill, result, the cloud put back, clear.
    fn sample(&self) -> Result<()> {
        let folder = self.folder.join("samples");
        std::fs::create_dir_all(&folder).map_err(|error| problem(&folder, "cannot be made", &error))?;
        let trainer = &self.trainer;
        let some = self.set.real.iter().take(SHOWN).chain(self.set.lent.iter().take(SHOWN));
        let rows: Vec<_> = some.map(|pair| shown(pair, trainer)).collect();
        let path = folder.join(format!("step-{:06}.png", trainer.step));
        strips::write(&path, &trainer.config.network.bands, &rows)
    }

    /// Keeps where training stands. A full disk does not end it: the last good checkpoint stays.
    fn checkpoint(&self) {
        let path = self.folder.join("checkpoint.safetensors");
        if let Err(error) = checkpoint::save(&self.trainer, self.resumed, &path) {
            self.monitor.warn(&format!("{error}; training goes on, the last good checkpoint is kept"));
        }
    }
}

/// The images of a pair's row in a strip.
fn shown(pair: &ValidationPair, trainer: &Trainer) -> Vec<Vec<Plane<f32>>> {
    let network: &GLand = &trainer.average.g_land;
    let result = pair.composite(&pair.surface(network, &trainer.encoding, &trainer.config));
    let again = put_back(pair, &result, trainer);
    vec![pair.cloudy.clone(), pair.composite(&pair.context), result, again, pair.clear.clone()]
}

/// The pair's own cloud, encoded and rendered over the result: the cycle A→B→A.
fn put_back(pair: &ValidationPair, result: &[Plane<f32>], trainer: &Trainer) -> Vec<Plane<f32>> {
    let (width, height) = (pair.alpha.0.width, pair.alpha.0.height);
    if !width.is_multiple_of(8) || !height.is_multiple_of(8) {
        return result.to_vec();
    }
    let device = trainer.device().clone().without_autodiff();
    let tensor = |planes: &[Plane<f32>]| {
        let encode = |(band, plane): (usize, &Plane<f32>)| {
            plane.data.iter().map(|&value| trainer.encoding.encode(band, value)).collect::<Vec<_>>()
        };
        let values: Vec<f32> = planes.iter().enumerate().flat_map(encode).collect();
        let data = burn::tensor::TensorData::new(values, [1, planes.len(), height, width]);
        burn::tensor::Tensor::<4>::from_data(data, &device)
    };
    let (cloudy, clear) = (tensor(&pair.cloudy), tensor(result));
    let code: CloudCode = trainer.average.e_cloud.forward(cloudy, clear.clone()).code.quantised();
    let again = trainer.average.g_cloud.forward(clear, &code);
    let values: Vec<f32> = again.into_data().try_to_vec().unwrap_or_default();
    let decode = |(band, values): (usize, &[f32])| {
        let data = values.iter().map(|&value| trainer.encoding.decode(band, value)).collect();
        Plane::from_vec(width, height, data)
    };
    values.chunks_exact(width * height).enumerate().map(decode).collect()
}

fn problem(path: &Path, what: &str, error: &std::io::Error) -> Error {
    Error::Run { path: path.to_owned(), problem: format!("this {what} ({error})") }
}

/// `events.jsonl`: a line a step, and a line a validation.
struct Events {
    path: PathBuf,
    file: File,
}

impl Events {
    /// Opens the file; lines from step `step` on, which a killed run left, are cut off.
    fn open(folder: &Path, step: u64) -> Result<Self> {
        let path = folder.join("events.jsonl");
        let kept: Vec<String> = match File::open(&path) {
            Ok(file) if step > 0 => BufReader::new(file)
                .lines()
                .map_while(Result::ok)
                .filter(|line| is_before(line, step))
                .collect(),
            _ => Vec::new(),
        };
        let mut file = File::create(&path).map_err(|error| problem(&path, "cannot be written", &error))?;
        for line in kept {
            writeln!(file, "{line}").map_err(|error| problem(&path, "cannot be written", &error))?;
        }
        Ok(Self { path, file })
    }

    fn step(&mut self, report: &StepReport, rate: f64, seconds: f64) -> Result<()> {
        let StepReport { step, figures } = report;
        self.line(&serde_json::json!({ "step": step, "rate": rate, "seconds": seconds, "losses": figures }))
    }

    fn validation(&mut self, step: u64, validation: &Validation, seconds: f64) -> Result<()> {
        self.line(&serde_json::json!({ "step": step, "seconds": seconds, "validation": validation }))
    }

    fn line(&mut self, value: &serde_json::Value) -> Result<()> {
        writeln!(self.file, "{value}").map_err(|error| problem(&self.path, "cannot be written", &error))
    }
}

/// Whether a line tells of something before a step: step `n`'s losses are those of its own number, a
/// validation's number is the count of steps before it.
fn is_before(line: &str, step: u64) -> bool {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(line) else { return false };
    let limit = if value.get("validation").is_some() { step + 1 } else { step };
    value.get("step").and_then(serde_json::Value::as_u64).is_some_and(|own| own < limit)
}
