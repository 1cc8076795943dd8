//! What a run tells while it goes: `events.jsonl`, a line a step and a line a validation, and the same for
//! `TensorBoard`.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use super::step::StepReport;
use super::strips::Written;
use super::tensorboard::Board;
use super::validate::Validation;
use super::{Error, Result};

/// Both files, open for writing.
pub(super) struct Events {
    path: PathBuf,
    file: File,
    board: Board,
}

/// Learning rates of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rates {
    /// Of generators and encoders.
    pub generator: f64,
    /// Of discriminators, where there are any.
    pub discriminator: Option<f64>,
}

/// A validation as it is told.
pub(super) struct Told<'a> {
    /// What it found.
    pub validation: &'a Validation,
    /// Whether the model is the best so far.
    pub best: bool,
}

impl Events {
    /// Opens the files; lines from step `step` on, which a killed run left, are cut off.
    pub fn open(folder: &Path, step: u64) -> Result<Self> {
        let path = folder.join("events.jsonl");
        keep_before(folder, &path, step).map_err(|error| unwritable(&path, &error))?;
        let file = OpenOptions::new().append(true).open(&path).map_err(|error| unwritable(&path, &error))?;
        let board = Board::open(&folder.join("tensorboard"), step)?;
        Ok(Self { path, file, board })
    }

    pub fn step(&mut self, report: &StepReport, rates: Rates, seconds: f64) -> Result<()> {
        let StepReport { step, figures } = report;
        let Rates { generator, discriminator } = rates;
        let mut line = serde_json::json!({
            "step": step, "rate": generator, "seconds": seconds, "losses": figures,
        });
        if let Some(rate) = discriminator {
            line["rate_discriminator"] = rate.into();
        }
        self.line(&line)?;
        let mut scalars: Vec<_> =
            figures.iter().map(|(name, value)| (format!("{}/{name}", group(name)), *value)).collect();
        scalars.push(("rates/generator".to_owned(), generator));
        scalars.extend(discriminator.map(|rate| ("rates/discriminator".to_owned(), rate)));
        self.board.scalars(*step, &scalars)
    }

    pub fn validation(&mut self, step: u64, told: &Told<'_>, seconds: f64) -> Result<()> {
        let score = told.validation.score();
        self.line(&serde_json::json!({
            "step": step, "seconds": seconds, "validation": told.validation, "score": score, "best": told.best,
        }))?;
        self.board.scalars(step, &told.validation.figures())
    }

    /// A strip that was written, for `TensorBoard`.
    pub fn strip(&mut self, step: u64, strip: &Written) -> Result<()> {
        self.board.image(step, "samples", &strip.png, strip.size)
    }

    /// Any other line.
    pub fn line(&mut self, value: &serde_json::Value) -> Result<()> {
        // One write a line: who reads along sees at most one that is cut off.
        let line = format!("{value}\n");
        self.file.write_all(line.as_bytes()).map_err(|error| unwritable(&self.path, &error))
    }
}

/// The group of curves that a step's figure belongs to.
#[must_use]
pub fn group(name: &str) -> &'static str {
    let judged = ["_real", "_fake", "_margin"].iter().any(|end| name.ends_with(end));
    if name.starts_with("gradient_") {
        "gradients"
    } else if name.starts_with("critic_") && judged {
        "discriminators"
    } else if matches!(name, "fill_error" | "gate" | "sample_distance") {
        "figures"
    } else {
        "losses"
    }
}

/// Leaves the lines of before a step in the file, written beside it and then renamed.
fn keep_before(folder: &Path, path: &Path, step: u64) -> std::io::Result<()> {
    let partial = folder.join(format!(".events.jsonl.{}.partial", std::process::id()));
    let mut kept = File::create(&partial)?;
    if step > 0
        && let Ok(file) = File::open(path)
    {
        let lines = BufReader::new(file).lines().map_while(Result::ok);
        for line in lines.filter(|line| is_before(line, step)) {
            writeln!(kept, "{line}")?;
        }
    }
    kept.sync_all()?;
    std::fs::rename(&partial, path)
}

/// Whether a line tells of something before a step: step `n`'s losses are those of its own number, a
/// validation's number is the count of steps before it.
fn is_before(line: &str, step: u64) -> bool {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(line) else { return false };
    let limit = if value.get("validation").is_some() { step + 1 } else { step };
    value.get("step").and_then(serde_json::Value::as_u64).is_some_and(|own| own < limit)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    Error::Run { path: path.to_owned(), problem: format!("this cannot be written ({error})") }
}
