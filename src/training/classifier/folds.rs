//! Cross-validation by places, for stores of few patches.
//!
//! Places are dealt into folds, anew for every seed. For each fold a network learns from all other folds but one,
//! takes its thresholds from that one, and is measured on the fold it has never seen. All patches' predictions of a
//! seed are then measured together. At the end one classifier learns from all patches; its figures are those of
//! the cross-validation, its thresholds come from the cross-validation's predictions.
//!
//! `RUN/folds.jsonl` keeps a line a fold, from which `--resume` goes on.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::run::{self, Listener, exported};
use super::score::Score;
use super::statement::{self, Summary};
use super::thresholds::{decided, thresholds};
use super::{ClassifierTraining, Labelled, Learner, Patches};
use crate::networks::classifier::file;
use crate::progress::Monitor;
use crate::random::Stream;
use crate::training::run::RunOptions;
use crate::training::{Error, Result};

/// How many trainings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folds {
    /// Parts into which the places are dealt, at least 3.
    pub folds: usize,
    /// Times that all of it is repeated with other parts and other first weights.
    pub seeds: u64,
}

/// What a fold's network said of the patches it had never seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fold {
    /// Seed of the parts and of the training.
    pub seed: u64,
    /// Which part.
    pub fold: usize,
    /// Its rows in the store.
    pub rows: Vec<usize>,
    /// `[rows · classes]`.
    pub probabilities: Vec<f32>,
    /// `[rows · classes]`, by the thresholds of another fold.
    pub decisions: Vec<bool>,
    /// `[classes]`: what is best said of every patch, by the training patches' prevalence alone.
    pub constant: Vec<bool>,
}

/// What a cross-validation came to.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The classifier of all patches; none where it was stopped before.
    pub model: Option<PathBuf>,
    /// Whether it was stopped.
    pub stopped: bool,
    /// Trainings done.
    pub trainings: usize,
    /// Figures over all seeds; none where it was stopped before the last.
    pub summary: Option<Summary>,
    /// What the figures show and what they cannot, in words.
    pub statement: String,
}

/// Cross-validates a configuration in `folder`, then trains on all patches.
///
/// # Errors
/// As [`run::train`]; fewer places than folds.
pub fn cross_validate(
    store: &Path,
    folder: &Path,
    config: &ClassifierTraining,
    (folds, options): (Folds, &RunOptions),
    device: &Device,
    (monitor, listener): (&dyn Monitor, &dyn Listener),
) -> Result<Outcome> {
    config.check()?;
    let data = Labelled::open(store, &config.network)?;
    run::tell_of(&data, monitor);
    check(&data, folds)?;
    let watch = Watch { started: Instant::now(), options, monitor };
    let head = head(&data.store().manifest().fingerprint, folds.folds, config);
    let mut kept = Kept::open(&folder.join("folds.jsonl"), &head, options.resume)?;
    monitor.stage("folds", (folds.folds as u64 * folds.seeds + 1) * config.steps);
    for seed in 0..folds.seeds {
        let parts = dealt(&data, folds.folds, config.seed + seed);
        for fold in 0..folds.folds {
            if kept.has(config.seed + seed, fold) {
                monitor.advance(config.steps);
                continue;
            }
            let own = ClassifierTraining { seed: config.seed + seed, ..config.clone() };
            let Some(done) = one(&own, &data, &parts, fold, device, &watch)? else {
                return Ok(unfinished(&kept));
            };
            listener.folded(done.seed, fold, &score(&data, &[&done]));
            kept.push(done)?;
        }
    }
    let summary = statement::summary(&data, &kept.folds);
    let words = statement::words(&data, folds, &summary);
    let learner = Learner::new(config.clone(), data.encoding(&all_rows(&data)), device);
    let Some(learner) = fitted(learner, &data, &all_rows(&data), &watch)? else {
        return Ok(Outcome { summary: Some(summary), statement: words, ..unfinished(&kept) });
    };
    let classes = config.network.labels.classes();
    let (probabilities, truth) = pooled(&data, &kept.folds);
    let limits = thresholds(&probabilities, &truth, classes);
    let measured = format!(
        "{} folds of places, {} seeds: learned from {} folds, thresholds from one, measured on the one that was left; this classifier then learned from all patches, its thresholds are from the folds' predictions",
        folds.folds,
        folds.seeds,
        folds.folds - 2
    );
    let classifier = exported(&learner, &data, limits, summary.figures(), &measured);
    let model = folder.join("model.safetensors");
    file::save(&classifier, &model)?;
    Ok(Outcome {
        model: Some(model),
        stopped: false,
        trainings: kept.folds.len() + 1,
        summary: Some(summary),
        statement: words,
    })
}

fn unfinished(kept: &Kept) -> Outcome {
    let statement = "not finished: no figure is stated before all folds are done".into();
    Outcome { model: None, stopped: true, trainings: kept.folds.len(), summary: None, statement }
}

fn check(data: &Labelled, folds: Folds) -> Result<()> {
    let problem = if folds.folds < 3 {
        format!(
            "--folds {}: expected at least 3, one to learn from, one for thresholds, one to measure",
            folds.folds
        )
    } else if folds.seeds == 0 {
        "--seeds 0: expected at least 1".into()
    } else if folds.folds > data.groups.len() {
        format!(
            "--folds {}: the store has labelled patches of {} places only, and a place is in one fold",
            folds.folds,
            data.groups.len()
        )
    } else {
        return Ok(());
    };
    Err(Error::Stores { problem })
}

fn all_rows(data: &Labelled) -> Vec<usize> {
    data.examples.iter().map(|example| example.row).collect()
}

/// When to stop.
struct Watch<'a> {
    started: Instant,
    options: &'a RunOptions,
    monitor: &'a dyn Monitor,
}

impl Watch<'_> {
    fn is_over(&self) -> bool {
        let late = self.options.limit.is_some_and(|limit| self.started.elapsed() >= limit);
        late || self.monitor.is_cancelled()
    }
}

/// The fold of each place: in random order, the places with most patches first, each into the fold that has the
/// fewest so far.
fn dealt(data: &Labelled, folds: usize, seed: u64) -> Vec<usize> {
    let mut sizes = vec![0_usize; data.groups.len()];
    data.examples.iter().for_each(|example| sizes[example.group] += 1);
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    Stream::new(seed, 0, "classifier/folds").shuffle(&mut order);
    order.sort_by_key(|&group| std::cmp::Reverse(sizes[group]));
    let mut filled = vec![0; folds];
    let mut parts = vec![0; sizes.len()];
    for group in order {
        let fold = (0..folds).min_by_key(|&fold| filled[fold]).unwrap_or(0);
        parts[group] = fold;
        filled[fold] += sizes[group];
    }
    parts
}

/// One training and its measurement; none where it was stopped.
fn one(
    config: &ClassifierTraining,
    data: &Labelled,
    parts: &[usize],
    fold: usize,
    device: &Device,
    watch: &Watch<'_>,
) -> Result<Option<Fold>> {
    let folds = parts.iter().max().map_or(1, |most| most + 1);
    let choosing = (fold + 1) % folds;
    let rows = |wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
        let own = data.examples.iter().filter(|example| wanted(parts[example.group]));
        own.map(|example| example.row).collect()
    };
    let learned = rows(&|part| part != fold && part != choosing);
    let (chosen, measured) = (rows(&|part| part == choosing), rows(&|part| part == fold));
    let encoding = data.encoding(&learned);
    let patches = Patches::new(&encoding);
    let learner = Learner::new(config.clone(), encoding, device);
    let Some(learner) = fitted(learner, data, &learned, watch)? else { return Ok(None) };
    let classes = config.network.labels.classes();
    let limits = thresholds(&learner.probabilities(data, &chosen, &patches), &data.truth(&chosen), classes);
    let probabilities = learner.probabilities(data, &measured, &patches);
    Ok(Some(Fold {
        seed: config.seed,
        fold,
        decisions: decided(&probabilities, &limits),
        constant: statement::constant(&data.truth(&learned), classes),
        probabilities,
        rows: measured,
    }))
}

/// A learner after all its steps; none where it was stopped.
fn fitted(
    mut learner: Learner,
    data: &Labelled,
    rows: &[usize],
    watch: &Watch<'_>,
) -> Result<Option<Learner>> {
    let patches = Patches::new(&learner.encoding);
    let mut batches = run::batches(&learner, data, rows.to_vec(), &patches)?;
    while learner.step < learner.config.steps {
        if watch.is_over() {
            return Ok(None);
        }
        let report = learner.step(&batches.next()?);
        run::sound(&report)?;
        watch.monitor.advance(1);
    }
    Ok(Some(learner))
}

/// The figures of some folds' predictions together.
pub(super) fn score(data: &Labelled, folds: &[&Fold]) -> Score {
    let truth: Vec<u8> = folds.iter().flat_map(|fold| data.truth(&fold.rows)).collect();
    let probabilities: Vec<f32> = folds.iter().flat_map(|fold| fold.probabilities.iter().copied()).collect();
    let decisions: Vec<bool> = folds.iter().flat_map(|fold| fold.decisions.iter().copied()).collect();
    let classes = folds.first().map_or(1, |fold| fold.constant.len());
    Score::of(&probabilities, &decisions, &truth, classes)
}

/// All predictions of all seeds, and their labels.
fn pooled(data: &Labelled, folds: &[Fold]) -> (Vec<f32>, Vec<u8>) {
    let probabilities = folds.iter().flat_map(|fold| fold.probabilities.iter().copied()).collect();
    (probabilities, folds.iter().flat_map(|fold| data.truth(&fold.rows)).collect())
}

/// Folds that are done, and the file that remembers them.
struct Kept {
    path: PathBuf,
    file: File,
    folds: Vec<Fold>,
}

impl Kept {
    /// Begins a file, or goes on with one of the same head; a last line that was not finished is dropped. What was
    /// there stays until all of it that counts is written again.
    fn open(path: &Path, head: &str, resume: bool) -> Result<Self> {
        let mut folds = Vec::new();
        if let (true, Ok(file)) = (resume, File::open(path)) {
            let mut lines = BufReader::new(file).lines().map_while(Result::ok);
            if lines.next().is_some_and(|line| line != head) {
                let problem = "these folds are of another store, version, number of folds or configuration; \
                               ask for the same, or leave --resume out";
                return Err(Error::Run { path: path.to_owned(), problem: problem.into() });
            }
            folds.extend(lines.map_while(|line| serde_json::from_str(&line).ok()));
        }
        let unwritable = |error: std::io::Error| unwritable(path, &error);
        let partial = path.with_extension("partial");
        let file = File::create(&partial).map_err(unwritable)?;
        let mut new = Self { path: path.to_owned(), file, folds: Vec::new() };
        writeln!(new.file, "{head}").map_err(unwritable)?;
        folds.into_iter().try_for_each(|fold| new.push(fold))?;
        new.file.sync_all().and_then(|()| std::fs::rename(&partial, path)).map_err(unwritable)?;
        Ok(new)
    }

    fn has(&self, seed: u64, fold: usize) -> bool {
        self.folds.iter().any(|done| (done.seed, done.fold) == (seed, fold))
    }

    fn push(&mut self, fold: Fold) -> Result<()> {
        let line = serde_json::to_string(&fold).map_err(|error| unwritable(&self.path, &error.into()))?;
        writeln!(self.file, "{line}").map_err(|error| unwritable(&self.path, &error))?;
        self.folds.push(fold);
        Ok(())
    }
}

/// The first line: what the folds belong to. Another number of folds deals other rows, another configuration trains
/// another classifier.
fn head(fingerprint: &str, folds: usize, config: &ClassifierTraining) -> String {
    let version = env!("CARGO_PKG_VERSION");
    serde_json::json!({ "declouder": version, "store": fingerprint, "folds": folds, "config": config })
        .to_string()
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::Run { path: path.to_owned(), problem: format!("this cannot be written ({error})") }
}
