//! A trained classifier: its network and everything that says what its numbers mean.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData, activation};
use serde::{Deserialize, Serialize};

use super::{Architecture, ClassifierConfig, RegularizedResnet, SCnnAll};
use crate::networks::init::Init;
use crate::networks::params::{self, Misfit, Named};
use crate::networks::{DataSource, Encoding};

/// Patches that go through at once.
const BATCH: usize = 16;

/// What a classifier was trained on and how good it was, kept in its file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClassifierInfo {
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
    /// Fingerprint of the patch store.
    pub fingerprint: String,
    /// Figures by name. [`ClassifierInfo::HELD_OUT`] is the one that label checks are trusted by.
    pub metrics: BTreeMap<String, f64>,
    /// How the figures were measured, in words.
    pub measured: String,
    /// Patches in the training data that show each class, in their order.
    pub examples: Vec<u64>,
}

impl ClassifierInfo {
    /// The macro average precision on patches, of places it never learned from, that nothing was chosen by.
    pub const HELD_OUT: &'static str = "held_out/macro_ap";

    /// The figure of that name, where it was measured.
    #[must_use]
    pub fn held_out(&self) -> Option<f64> {
        self.metrics.get(Self::HELD_OUT).copied()
    }
}

/// The network of a classifier.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one, and a Box is no module")]
pub enum Network {
    /// Of [`Architecture::RegularizedResnet`].
    Resnet(RegularizedResnet),
    /// Of [`Architecture::SCnnAll`].
    SCnn(SCnnAll),
}

impl Network {
    /// A new network, a function of the seed.
    #[must_use]
    pub fn new(config: &ClassifierConfig, seed: u64, device: &Device) -> Self {
        let mut init = Init::new(seed, config.network.name(), device);
        match config.network {
            Architecture::RegularizedResnet => Self::Resnet(RegularizedResnet::new(&mut init, config)),
            Architecture::SCnnAll => Self::SCnn(SCnnAll::new(&mut init, config)),
        }
    }

    /// Logits `[N, classes]` of patches `[N, C, S, S]` in network range; `keep` as
    /// [`RegularizedResnet::forward`] takes it.
    #[must_use]
    pub fn forward(&self, patches: Tensor<4>, keep: Option<&Tensor<2>>) -> Tensor<2> {
        match self {
            Self::Resnet(network) => network.forward(patches, keep),
            Self::SCnn(network) => network.forward(patches),
        }
    }

    /// Every parameter under its plain name (`head.weight`).
    #[must_use]
    pub fn collect(&self) -> Vec<Named> {
        match self {
            Self::Resnet(network) => params::collect(network, ""),
            Self::SCnn(network) => params::collect(network, ""),
        }
    }

    /// Sets every parameter to what `source` has under its name and shape.
    ///
    /// # Errors
    /// As [`params::set`].
    pub fn set(self, source: &mut params::Source<'_>) -> Result<Self, Misfit> {
        Ok(match self {
            Self::Resnet(network) => Self::Resnet(params::set(network, "", source)?),
            Self::SCnn(network) => Self::SCnn(params::set(network, "", source)?),
        })
    }

    /// Probabilities of the classes, `[patches · classes]`, for patches in network range one after the other.
    /// Runs in small batches, so that any number fits into memory.
    ///
    /// # Panics
    /// Where the numbers are no whole patches: a mistake in the caller.
    #[must_use]
    pub fn probabilities(&self, patches: &[f32], config: &ClassifierConfig, device: &Device) -> Vec<f32> {
        let (bands, side) = (config.bands.len(), config.patch_px);
        let each = bands * side * side;
        assert!(patches.len().is_multiple_of(each), "{} numbers are no patches of {each}", patches.len());
        let mut found = Vec::with_capacity(patches.len() / each * config.labels.classes());
        for batch in patches.chunks(BATCH * each) {
            let data = TensorData::new(batch.to_vec(), [batch.len() / each, bands, side, side]);
            let logits = self.forward(Tensor::from_data(data, device), None);
            let values: Vec<f32> = activation::sigmoid(logits).into_data().try_to_vec().unwrap_or_default();
            found.extend(values);
        }
        found
    }
}

/// A classifier in memory, on a device.
#[derive(Debug, Clone)]
pub struct Classifier {
    /// What its network is.
    pub config: ClassifierConfig,
    /// How reflectance becomes the network's range.
    pub encoding: Encoding,
    /// Names of its classes, in order.
    pub classes: Vec<String>,
    /// The probability from which a class is said to be there, a number a class, within 0..1.
    pub thresholds: Vec<f32>,
    /// What it was trained on and how good it was.
    pub info: ClassifierInfo,
    /// Its network.
    pub network: Network,
}
