//! Which model a figure belongs to, and what that model was made of.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::bands::{Band, Level};
use crate::networks::file::Loaded;
use crate::networks::{DataSource, Preset};

/// A model as its file describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelReport {
    /// Its name in the tables.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// SHA-256 of the file, in hexadecimal digits.
    pub sha256: String,
    /// Family of its networks.
    pub preset: Preset,
    /// The level it was trained on.
    pub level: Level,
    /// Its bands.
    pub bands: Vec<Band>,
    /// Steps it was trained for.
    pub step: u64,
    /// Seed of its training.
    pub seed: u64,
    /// Version of the program that trained it.
    pub declouder: String,
    /// The data it saw, with licences and attributions.
    pub data: Vec<DataSource>,
    /// Fingerprint of its patch stores.
    pub fingerprint: String,
    /// What its own weights are licensed under.
    pub licence: String,
    /// Figures that its training noted, by name.
    pub metrics: BTreeMap<String, f64>,
}

impl ModelReport {
    pub(super) fn of(name: &str, path: PathBuf, loaded: &Loaded) -> Self {
        let (config, info) = (&loaded.model.config, &loaded.model.info);
        Self {
            name: name.to_owned(),
            path,
            sha256: loaded.sha256.clone(),
            preset: config.preset,
            level: config.level,
            bands: config.bands.clone(),
            step: info.step,
            seed: info.seed,
            declouder: info.declouder.clone(),
            data: info.data.clone(),
            fingerprint: info.fingerprint.clone(),
            licence: info.licence.clone(),
            metrics: info.metrics.clone(),
        }
    }
}
