//! A trained model: its networks and everything that says what they are.

use std::collections::BTreeMap;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::declouder;
use super::{Encoding, NetworkConfig};

/// What a model was trained on and how good it was, kept in its file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelInfo {
    /// Version of the program that trained it.
    pub declouder: String,
    /// Steps it was trained for.
    pub step: u64,
    /// Seed of the training.
    pub seed: u64,
    /// The whole training configuration.
    pub training: serde_json::Value,
    /// The data it saw, with their licences and attributions.
    pub data: Vec<DataSource>,
    /// Fingerprint of the patch stores.
    pub fingerprint: String,
    /// Figures by name, each with what it was measured on in its name.
    pub metrics: BTreeMap<String, f64>,
    /// What the model's own weights are licensed under.
    pub licence: String,
}

/// A set of training data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DataSource {
    /// Its name.
    pub name: String,
    /// Its licence.
    pub licence: String,
    /// Whom to name.
    pub attribution: String,
    /// Patches taken from it.
    pub patches: u64,
}

/// A model in memory, on a device.
#[derive(Debug, Clone)]
pub struct Model {
    /// What its networks are.
    pub config: NetworkConfig,
    /// How reflectance becomes the networks' range.
    pub encoding: Encoding,
    /// What it was trained on and how good it was.
    pub info: ModelInfo,
    /// Its networks.
    pub networks: Networks,
}

/// The networks of a preset.
#[derive(Debug, Clone)]
pub enum Networks {
    /// Of the preset `declouder`.
    Declouder(Box<declouder::Networks>),
}

impl Networks {
    /// New networks of a configuration, a function of the seed.
    #[must_use]
    pub fn new(config: &NetworkConfig, seed: u64, device: &Device) -> Self {
        Self::Declouder(Box::new(declouder::Networks::new(config, seed, device)))
    }
}
