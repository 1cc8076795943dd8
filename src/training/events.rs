//! `events.jsonl`: a line a step, and a line a validation.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use super::step::StepReport;
use super::validate::Validation;
use super::{Error, Result};

/// The file, open for writing.
pub(super) struct Events {
    path: PathBuf,
    file: File,
}

impl Events {
    /// Opens the file; lines from step `step` on, which a killed run left, are cut off.
    pub fn open(folder: &Path, step: u64) -> Result<Self> {
        let path = folder.join("events.jsonl");
        let kept: Vec<String> = match File::open(&path) {
            Ok(file) if step > 0 => BufReader::new(file)
                .lines()
                .map_while(Result::ok)
                .filter(|line| is_before(line, step))
                .collect(),
            _ => Vec::new(),
        };
        let mut file = File::create(&path).map_err(|error| unwritable(&path, &error))?;
        for line in kept {
            writeln!(file, "{line}").map_err(|error| unwritable(&path, &error))?;
        }
        Ok(Self { path, file })
    }

    pub fn step(&mut self, report: &StepReport, rate: f64, seconds: f64) -> Result<()> {
        let StepReport { step, figures } = report;
        self.line(&serde_json::json!({ "step": step, "rate": rate, "seconds": seconds, "losses": figures }))
    }

    pub fn validation(&mut self, step: u64, validation: &Validation, seconds: f64) -> Result<()> {
        self.line(&serde_json::json!({ "step": step, "seconds": seconds, "validation": validation }))
    }

    /// Any other line.
    pub fn line(&mut self, value: &serde_json::Value) -> Result<()> {
        writeln!(self.file, "{value}").map_err(|error| unwritable(&self.path, &error))
    }
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
