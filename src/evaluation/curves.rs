//! The course of a training, read from the lines it leaves (`events.jsonl`).
//!
//! The reader takes every number it finds under `losses` and `validation`, whatever its name, so that lines of other
//! versions are read too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Error, Result};

/// A figure step by step.
pub type Series = Vec<(u64, f64)>;

/// The course of one training.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Curves {
    /// What the training is called: its folder.
    pub name: String,
    /// Figures of steps, by name.
    pub losses: BTreeMap<String, Series>,
    /// Figures of validations, by name: `real.model.psnr`.
    pub validation: BTreeMap<String, Series>,
}

impl Curves {
    /// Reads the lines of a run: a file, or the folder that holds `events.jsonl`. A line that a killed run left half
    /// written is passed over.
    ///
    /// # Errors
    /// [`Error::Config`] for a file that cannot be read or has no line of a training.
    pub fn read(path: &Path) -> Result<Self> {
        let file = events_of(path);
        let fail = |problem: String| Error::Config { path: file.clone(), problem };
        let text =
            std::fs::read_to_string(&file).map_err(|error| fail(format!("it cannot be read ({error})")))?;
        let folder = file.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let mut curves = Self { name: folder.into_owned(), ..Self::default() };
        for line in text.lines() {
            let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
            let Some(step) = value.get("step").and_then(Value::as_u64) else { continue };
            take(&mut curves.losses, "", value.get("losses"), step);
            take(&mut curves.validation, "", value.get("validation"), step);
        }
        if curves.losses.is_empty() && curves.validation.is_empty() {
            return Err(fail(
                "it has no line of a training; expected the events.jsonl that declouder train writes".into(),
            ));
        }
        Ok(curves)
    }
}

/// The file of a run.
fn events_of(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("events.jsonl") } else { path.to_owned() }
}

/// Adds every number below a value, under its path.
fn take(series: &mut BTreeMap<String, Series>, name: &str, value: Option<&Value>, step: u64) {
    match value {
        Some(Value::Number(number)) => {
            if let Some(number) = number.as_f64() {
                series.entry(name.to_owned()).or_default().push((step, number));
            }
        }
        Some(Value::Object(fields)) => {
            for (field, value) in fields {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                take(series, &name, Some(value), step);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_found_under_its_name_and_a_torn_line_is_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let lines = r#"{"step":0,"rate":0.1,"losses":{"cycle":1.5}}
{"step":1,"losses":{"cycle":1.0,"new":2}}
{"step":2,"validation":{"real":{"images":3,"model":{"psnr":20.5}},"lent":null}}
{"step":3,"losses":{"cyc"#;
        std::fs::write(folder.path().join("events.jsonl"), lines).expect("a file");
        let curves = Curves::read(folder.path()).expect("a run");
        assert_eq!(curves.losses["cycle"], [(0, 1.5), (1, 1.0)]);
        assert_eq!(curves.losses["new"], [(1, 2.0)]);
        assert_eq!(curves.validation["real.model.psnr"], [(2, 20.5)]);
        std::fs::write(folder.path().join("events.jsonl"), "{}").expect("a file");
        assert!(Curves::read(folder.path()).expect_err("none").to_string().contains("declouder train"));
        assert!(Curves::read(&folder.path().join("none")).is_err());
    }
}
