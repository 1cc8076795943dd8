//! A trained model: its networks and everything that says what they are.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::declouder::{self, GLand};
use super::paper::{self, Generator};
use super::params::{self, Misfit, Named};
use super::{Encoding, NetworkConfig, Preset};

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
    /// Of the presets `paper` and `cyclegan`.
    Paper(Box<paper::Networks>),
}

/// The network of a preset that takes cloud away: all that declouding and evaluation need to know of it.
#[derive(Debug, Clone, Copy)]
pub enum Clearing<'m> {
    /// Image, mask and fill, in two halves.
    Land(&'m GLand),
    /// The image alone.
    Image(&'m Generator),
}

impl Networks {
    /// New networks of a configuration, a function of the seed.
    #[must_use]
    pub fn new(config: &NetworkConfig, seed: u64, device: &Device) -> Self {
        match config.preset {
            Preset::Declouder => Self::Declouder(Box::new(declouder::Networks::new(config, seed, device))),
            Preset::Paper | Preset::Cyclegan => {
                Self::Paper(Box::new(paper::Networks::new(config, seed, device)))
            }
        }
    }

    /// The network that takes cloud away.
    #[must_use]
    pub fn clearing(&self) -> Clearing<'_> {
        match self {
            Self::Declouder(networks) => Clearing::Land(&networks.g_land),
            Self::Paper(networks) => Clearing::Image(&networks.g_ab),
        }
    }

    /// Every parameter under its plain name (`g_land.stem.weight`).
    #[must_use]
    pub fn collect(&self) -> Vec<Named> {
        match self {
            Self::Declouder(networks) => params::collect(networks.as_ref(), ""),
            Self::Paper(networks) => params::collect(networks.as_ref(), ""),
        }
    }

    /// Sets every parameter to what `source` has under its name and shape.
    ///
    /// # Errors
    /// As [`params::set`].
    pub fn set(self, source: &mut params::Source<'_>) -> Result<Self, Misfit> {
        Ok(match self {
            Self::Declouder(networks) => Self::Declouder(Box::new(params::set(*networks, "", source)?)),
            Self::Paper(networks) => Self::Paper(Box::new(params::set(*networks, "", source)?)),
        })
    }
}

impl Clearing<'_> {
    /// Where its parameters are.
    #[must_use]
    pub fn device(&self) -> Device {
        let devices = match self {
            Self::Land(network) => network.devices(),
            Self::Image(network) => network.devices(),
        };
        devices.into_iter().next().unwrap_or_default()
    }

    /// How far, in pixels, a pixel of the result looks; none where it looks at the whole image.
    #[must_use]
    pub fn receptive_radius(&self) -> Option<usize> {
        match self {
            Self::Land(network) => Some(network.receptive_radius()),
            Self::Image(_) => None,
        }
    }
}

/// An image that a model would have to see whole is too large for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a model of the preset {preset} normalises over the whole image and cannot be tiled: it takes patches of up to {limit} × {limit} pixels, this is {width} × {height}; cut the scene into patches, or use a model of the preset declouder"
)]
pub struct TooLarge {
    /// The model's preset.
    pub preset: Preset,
    /// Largest side it takes.
    pub limit: usize,
    /// Width of the image in pixels.
    pub width: usize,
    /// Height of the image in pixels.
    pub height: usize,
}

/// Side of the pixels that models learn from, metres.
const PIXEL_M: f64 = 10.0;

impl Model {
    /// Whether an image of this size, in pixels, can go through.
    ///
    /// # Errors
    /// [`TooLarge`] for a preset that cannot be tiled.
    pub fn check_size(&self, width: usize, height: usize) -> Result<(), TooLarge> {
        let preset = self.config.preset;
        match preset.patch_limit() {
            Some(limit) if width.max(height) > limit => Err(TooLarge { preset, limit, width, height }),
            _ => Ok(()),
        }
    }

    /// What is to be said of pixels of another size than models learn from: what they know of a cloud's size, and of
    /// fields and roads, is in pixels. Nothing where the size is not known.
    #[must_use]
    pub fn pixel_warning(pixel_m: Option<f64>) -> Option<String> {
        let pixel_m = pixel_m.filter(|pixel_m| !(PIXEL_M / 1.5..=PIXEL_M * 1.5).contains(pixel_m))?;
        Some(format!(
            "the scene's pixels are of {pixel_m:.0} m, the model learned from pixels of {PIXEL_M:.0} m; what it made is not to be trusted"
        ))
    }
}
