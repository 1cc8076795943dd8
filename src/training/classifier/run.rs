//! A classifier's training by the store's own splits.
//!
//! ```text
//! RUN/config.toml               the configuration
//! RUN/model.safetensors         the best classifier so far
//! RUN/checkpoint.safetensors    where to go on
//! RUN/events.jsonl              a line a step, and a line a validation
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::tensor::Device;
use serde::Serialize;

use super::checkpoint::{self, Best, Resumed};
use super::data::class_names;
use super::score::Score;
use super::thresholds::{decided, thresholds};
use super::{Batch, ClassifierTraining, Labelled, Learner, Patches};
use crate::networks::classifier::{Classifier, ClassifierInfo, file};
use crate::patches::{Prefetch, Split};
use crate::progress::Monitor;
use crate::training::events::{Events, Rates};
use crate::training::refused::Refused;
use crate::training::run::RunOptions;
use crate::training::step::StepReport;
use crate::training::{Error, Result};

/// Batches made ahead.
const AHEAD: usize = 3;

/// Listens to a training beside its [`Monitor`].
pub trait Listener: Sync {
    /// A step is done.
    fn stepped(&self, report: &StepReport) {
        let _ = report;
    }
    /// A validation is done after so many steps.
    fn validated(&self, step: u64, score: &Score) {
        let _ = (step, score);
    }
    /// A fold of a seed is done.
    fn folded(&self, seed: u64, fold: usize, score: &Score) {
        let _ = (seed, fold, score);
    }
}

/// What a training came to.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The best classifier.
    pub model: PathBuf,
    /// Steps done in all.
    pub step: u64,
    /// Whether it was stopped before its last step.
    pub stopped: bool,
    /// The best validation, by which it was chosen.
    pub best: Option<Best>,
    /// The chosen classifier on the store's test patches; none where it has none, or training goes on.
    pub test: Option<Score>,
    /// Seconds trained in all.
    pub seconds: f64,
}

/// Trains a classifier in `folder` until its last step, the time limit, or cancellation, which both leave a
/// checkpoint to go on from.
///
/// # Errors
/// A store that does not fit or lacks a split, a folder that cannot be written, a loss that is no number (the last
/// good checkpoint stays).
pub fn train(
    store: &Path,
    folder: &Path,
    config: &ClassifierTraining,
    options: &RunOptions,
    device: &Device,
    (monitor, listener): (&dyn Monitor, &dyn Listener),
) -> Result<Outcome> {
    config.check()?;
    let data = Labelled::open(store, &config.network)?;
    tell_of(&data, monitor);
    let rows = [data.rows(Split::Train)?, data.rows(Split::Validation)?];
    let encoding = data.encoding(&sampled(&rows[0]));
    let patches = Patches::new(&encoding);
    let learner = Learner::new(config.clone(), encoding, device);
    let path = folder.join("checkpoint.safetensors");
    let fingerprint = data.store().manifest().fingerprint.clone();
    let (learner, resumed) = if options.resume {
        checkpoint::load(learner, &fingerprint, &path)?
    } else {
        (learner, Resumed::default())
    };
    let events = Events::open(folder, learner.step)?;
    let batches = batches(&learner, &data, rows[0].clone(), &patches)?;
    let [_, validation] = rows;
    let refused = Refused::default();
    let run = Run {
        learner,
        resumed,
        folder,
        options,
        data,
        patches,
        validation,
        events,
        monitor,
        listener,
        refused,
    };
    run.until_done(batches)
}

/// At most some thousand rows, evenly spread: enough for means and deviations.
fn sampled(rows: &[usize]) -> Vec<usize> {
    rows.iter().copied().step_by(rows.len().div_ceil(4096)).collect()
}

/// Says what was left out of a store.
pub(super) fn tell_of(data: &Labelled, monitor: &dyn Monitor) {
    monitor.note(&format!(
        "{} labelled clear patches of {} places; left out: {} cloudy, {} without a class",
        data.examples.len(),
        data.groups.len(),
        data.cloudy,
        data.unlabelled
    ));
}

/// Batches of a learner's next steps, made ahead on a thread of their own.
pub(super) fn batches(
    learner: &Learner,
    data: &Labelled,
    rows: Vec<usize>,
    patches: &Patches,
) -> Result<Prefetch<Batch>> {
    let (config, data, patches) = (learner.config.clone(), data.clone(), patches.clone());
    let make = move |step| Batch::new(step, &config, (&data, &rows), &patches);
    Ok(Prefetch::new(AHEAD, learner.step, make)?)
}

/// Refuses to go on from a loss that is no number.
pub(super) fn sound(report: &StepReport) -> Result<()> {
    match report.diverged() {
        Some((loss, value)) => Err(Error::Diverged { step: report.step, loss, value }),
        None => Ok(()),
    }
}

struct Run<'a> {
    learner: Learner,
    resumed: Resumed,
    folder: &'a Path,
    options: &'a RunOptions,
    data: Labelled,
    patches: Patches,
    /// Rows of the validation split.
    validation: Vec<usize>,
    events: Events,
    monitor: &'a dyn Monitor,
    listener: &'a dyn Listener,
    refused: Refused,
}

impl Run<'_> {
    fn until_done(mut self, mut batches: Prefetch<Batch>) -> Result<Outcome> {
        let steps = self.learner.config.steps;
        self.monitor.stage("training", steps);
        self.monitor.advance(self.learner.step);
        let (started, before) = (Instant::now(), self.resumed.seconds);
        let mut stopped = false;
        while self.learner.step < steps {
            let over = self.options.limit.is_some_and(|limit| started.elapsed() >= limit);
            if over || self.monitor.is_cancelled() {
                stopped = true;
                break;
            }
            let report = self.learner.step(&batches.next()?);
            sound(&report)?;
            self.resumed.seconds = before + started.elapsed().as_secs_f64();
            self.after(&report)?;
            self.monitor.advance(1);
        }
        self.checkpoint();
        let model = self.folder.join("model.safetensors");
        if !stopped && !model.is_file() {
            self.validate()?;
        }
        let test = if stopped || self.monitor.is_cancelled() { None } else { self.test(&model)? };
        let (step, best, seconds) = (self.learner.step, self.resumed.best, self.resumed.seconds);
        Ok(Outcome { model, step, stopped, best, test, seconds })
    }

    /// What follows a step: its event, and now and then a validation and a checkpoint.
    fn after(&mut self, report: &StepReport) -> Result<()> {
        let config = &self.learner.config;
        let rate = config.optimiser.rate * config.schedule(report.step);
        let due = |every: u64| self.learner.step.is_multiple_of(every) || self.learner.step == config.steps;
        let (validate, keep) = (due(config.validate_every), due(config.checkpoint_every));
        let rates = Rates { generator: rate, discriminator: None };
        self.events.step(report, rates, self.resumed.seconds)?;
        self.listener.stepped(report);
        if validate {
            self.validate()?;
        }
        if keep {
            self.checkpoint();
        }
        Ok(())
    }

    /// Validates the average, and keeps it with its thresholds where it is the best so far.
    fn validate(&mut self) -> Result<()> {
        let classes = self.learner.config.network.labels.classes();
        let probabilities = self.learner.probabilities(&self.data, &self.validation, &self.patches);
        let truth = self.data.truth(&self.validation);
        let limits = thresholds(&probabilities, &truth, classes);
        let score = Score::of(&probabilities, &decided(&probabilities, &limits), &truth, classes);
        let step = self.learner.step;
        self.events.line(&serde_json::json!({
            "step": step, "seconds": self.resumed.seconds, "validation": score
        }))?;
        self.listener.validated(step, &score);
        if self.resumed.best.is_none_or(|best| score.macro_ap > best.macro_ap) {
            self.resumed.best = Some(Best { step, macro_ap: score.macro_ap });
            let figures = named("validation", &score);
            let measured = "thresholds and step chosen on the store's validation patches";
            let classifier = exported(&self.learner, &self.data, limits, figures, measured);
            file::save(&classifier, &self.folder.join("model.safetensors"))?;
        }
        Ok(())
    }

    /// Measures the chosen classifier on the test patches, once, and writes the figures into its file.
    fn test(&self, path: &Path) -> Result<Option<Score>> {
        let Ok(rows) = self.data.rows(Split::Test) else {
            self.monitor.warn(
                "the store has no labelled test patches, so nothing is known of other places; its labels will be marked \"demonstration\"",
            );
            return Ok(None);
        };
        self.monitor.stage("testing", rows.len() as u64);
        let mut classifier = file::load(path, &self.learner.device())?.classifier;
        let config = &classifier.config;
        let patches = Patches::new(&classifier.encoding);
        let mut probabilities = Vec::new();
        for rows in rows.chunks(64) {
            if self.monitor.is_cancelled() {
                return Ok(None);
            }
            let still = patches.still(&self.data, rows);
            probabilities.extend(classifier.network.probabilities(&still, config, &self.learner.device()));
            self.monitor.advance(rows.len() as u64);
        }
        let said = decided(&probabilities, &classifier.thresholds);
        let score = Score::of(&probabilities, &said, &self.data.truth(&rows), config.labels.classes());
        classifier.info.metrics.extend(named("held_out", &score));
        classifier.info.measured += ", held-out figures on its test patches";
        file::save(&classifier, path)?;
        Ok(Some(score))
    }

    /// Keeps where training stands. A full disk does not end it: the last good checkpoint stays.
    fn checkpoint(&self) {
        let path = self.folder.join("checkpoint.safetensors");
        let fingerprint = &self.data.store().manifest().fingerprint;
        let saved = checkpoint::save(&self.learner, self.resumed, fingerprint, &path);
        self.refused.tell(saved, &path, self.monitor);
    }
}

/// A score's figures under the name of what they were measured on.
pub(super) fn named(on: &str, score: &Score) -> BTreeMap<String, f64> {
    let figures = [
        ("macro_ap", score.macro_ap),
        ("prevalence_macro_ap", score.prevalence),
        ("micro_f1", score.micro_f1),
        ("micro_f2", score.micro_f2),
        ("classes", score.classes as f64),
        ("patches", score.patches as f64),
    ];
    figures.into_iter().map(|(name, value)| (format!("{on}/{name}"), value)).collect()
}

/// The average as a classifier that says where it comes from.
pub(super) fn exported(
    learner: &Learner,
    data: &Labelled,
    thresholds: Vec<f32>,
    metrics: BTreeMap<String, f64>,
    measured: &str,
) -> Classifier {
    let config = &learner.config;
    let classes = config.network.labels.classes();
    let mut examples = vec![0_u64; classes];
    for example in &data.examples {
        let flags = data.labels(example.row);
        examples.iter_mut().zip(flags).for_each(|(count, &flag)| *count += u64::from(flag));
    }
    Classifier {
        config: config.network.clone(),
        encoding: learner.encoding.clone(),
        classes: class_names(config.network.labels),
        thresholds,
        info: ClassifierInfo {
            declouder: env!("CARGO_PKG_VERSION").to_owned(),
            step: learner.step,
            seed: config.seed,
            training: serde_json::to_value(config).unwrap_or_default(),
            data: data.sources(),
            fingerprint: data.store().manifest().fingerprint.clone(),
            metrics,
            measured: measured.to_owned(),
            examples,
        },
        network: learner.average.clone(),
    }
}
