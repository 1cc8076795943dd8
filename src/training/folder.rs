//! A run's folder: what lies where, and what it was made of.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Error, Result, TrainConfig};
use crate::networks::DataSource;

/// A run's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder(pub PathBuf);

/// What a run was started with beside its configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The patch stores, absolute.
    pub stores: Vec<PathBuf>,
    /// What the stores hold, so that another one in the same place is noticed; empty where that is not known.
    #[serde(default)]
    pub fingerprint: String,
    /// The program's version.
    pub declouder: String,
    /// The model whose weights it began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Parent>,
}

/// A model that was trained further: what the new one owes to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parent {
    /// SHA-256 of its file, hex.
    pub sha256: String,
    /// Its steps.
    pub step: u64,
    /// How it was trained, with its own parent within.
    pub training: serde_json::Value,
    /// What it was trained on: as much the new model's data as the run's own.
    pub data: Vec<DataSource>,
}

impl RunFolder {
    /// The configuration as TOML.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// Where to go on.
    #[must_use]
    pub fn checkpoint(&self) -> PathBuf {
        self.0.join("checkpoint.safetensors")
    }

    /// The best model so far.
    #[must_use]
    pub fn model(&self) -> PathBuf {
        self.0.join("model.safetensors")
    }

    /// A line a step, and a line a validation.
    #[must_use]
    pub fn events(&self) -> PathBuf {
        self.0.join("events.jsonl")
    }

    /// Whether a training was here that a new one would replace.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.checkpoint().exists() || self.model().exists()
    }

    /// Sees that the folder can be used: it is made, and has a checkpoint where a run is to go on. What lies in it stays.
    ///
    /// # Errors
    /// [`Error::Run`] where there is nothing to go on from, or it cannot be written.
    pub fn prepare(&self, resume: bool) -> Result<()> {
        if resume && !self.checkpoint().is_file() {
            let problem = "there is no checkpoint to go on from in this folder; start a new training";
            return Err(Error::Run { path: self.0.clone(), problem: problem.into() });
        }
        std::fs::create_dir_all(&self.0).map_err(|error| self.unwritable(&error))
    }

    /// Begins a new run, or goes on: `config` becomes its configuration, and a checkpoint that is not gone on from is
    /// removed. Only where nothing can hinder the run any more, so that a wrong option costs no former run.
    pub(super) fn begin(&self, config: &TrainConfig, resume: bool) -> Result<()> {
        self.prepare(resume)?;
        if !resume {
            let _ = std::fs::remove_file(self.checkpoint());
            let _ = std::fs::remove_dir_all(self.0.join("samples"));
        }
        let text = toml::to_string(config).map_err(|error| self.unwritable(&std::io::Error::other(error)))?;
        std::fs::write(self.config_file(), text).map_err(|error| self.unwritable(&error))
    }

    fn unwritable(&self, error: &std::io::Error) -> Error {
        let problem = format!("the run's folder cannot be written ({error})");
        Error::Run { path: self.0.clone(), problem }
    }

    /// The configuration; none where there is no readable one.
    #[must_use]
    pub fn config(&self) -> Option<TrainConfig> {
        let text = std::fs::read_to_string(self.config_file()).ok()?;
        TrainConfig::from_toml(&text).ok()
    }

    /// What it was started with; nothing where that is not known.
    #[must_use]
    pub fn origin(&self) -> Origin {
        let text = std::fs::read_to_string(self.0.join("origin.json")).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Notes the stores of a run, and the model it begins with; one that goes on keeps its own.
    ///
    /// # Errors
    /// [`Error::Run`] where it cannot be written.
    pub(super) fn note_origin(
        &self,
        stores: &[PathBuf],
        fingerprint: String,
        from: Option<Parent>,
    ) -> Result<()> {
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let origin = Origin {
            stores: stores.iter().map(absolute).collect(),
            fingerprint,
            declouder: env!("CARGO_PKG_VERSION").to_owned(),
            from,
        };
        let path = self.0.join("origin.json");
        let text = serde_json::to_string_pretty(&origin).unwrap_or_default();
        std::fs::write(&path, text)
            .map_err(|error| Error::Run { path, problem: format!("this cannot be written ({error})") })
    }

    /// The sample strips with their steps, in order.
    #[must_use]
    pub fn samples(&self) -> Vec<(u64, PathBuf)> {
        let Ok(entries) = std::fs::read_dir(self.0.join("samples")) else { return Vec::new() };
        let mut strips: Vec<_> = entries.flatten().filter_map(|entry| numbered(&entry.path())).collect();
        strips.sort_unstable();
        strips
    }
}

fn numbered(path: &Path) -> Option<(u64, PathBuf)> {
    let name = path.file_name()?.to_str()?;
    let step = name.strip_prefix("step-")?.strip_suffix(".png")?.parse().ok()?;
    Some((step, path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_tells_what_it_was_made_of() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = RunFolder(home.path().join("run"));
        assert_eq!((folder.config(), folder.origin(), folder.samples().len()), (None, Origin::default(), 0));
        let config = TrainConfig { steps: 7, ..TrainConfig::default() };
        let error = folder.prepare(true).expect_err("nothing to go on from");
        assert!(error.to_string().contains("no checkpoint"), "{error}");
        folder.prepare(false).expect("made");
        assert_eq!(folder.config(), None, "not begun");
        folder.begin(&config, false).expect("written");
        folder.note_origin(&[PathBuf::from("/data/store")], "1f".into(), None).expect("written");
        assert_eq!(folder.config(), Some(config));
        assert_eq!(folder.origin().stores, [PathBuf::from("/data/store")]);
        std::fs::create_dir(folder.0.join("samples")).expect("made");
        for name in ["step-000020.png", "step-000003.png", "other.png", "step-9.partial"] {
            std::fs::write(folder.0.join("samples").join(name), "").expect("written");
        }
        let steps: Vec<u64> = folder.samples().into_iter().map(|(step, _)| step).collect();
        assert_eq!(steps, [3, 20]);
    }
}
