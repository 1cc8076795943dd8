//! A land code that an analyst adopted (`--latent Z.json`).

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Error, Result};
use crate::networks::file::Loaded;
use crate::networks::infer::Codes;

/// Land codes lie within a few of the prior's deviations; farther out a network was never trained.
const LARGEST: f32 = 6.0;

/// The file's content.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latent {
    /// Numbers of the land code; none for the prior's middle.
    #[serde(default)]
    pub z_land: Vec<f32>,
    /// SHA-256 of the model it was found with, where known.
    #[serde(default)]
    pub model_sha256: Option<String>,
}

impl Latent {
    /// Reads a code and checks it against a model.
    ///
    /// # Errors
    /// [`Error::Option`] where the file cannot be read, or is a code of another model.
    pub fn read(path: &Path, loaded: &Loaded) -> Result<Self> {
        let fail = |problem: String| Error::Option {
            option: "--latent",
            problem: format!("{problem}: {}", path.display()),
        };
        let text =
            std::fs::read_to_string(path).map_err(|error| fail(format!("it cannot be read ({error})")))?;
        let latent: Self = serde_json::from_str(&text)
            .map_err(|error| fail(format!("expected {{\"z_land\": [numbers]}} ({error})")))?;
        let expected = loaded.model.config.z_land;
        if latent.z_land.len() != expected {
            let found = latent.z_land.len();
            return Err(fail(format!("z_land has {found} numbers; the model's code has {expected}")));
        }
        if let Some(number) = latent.z_land.iter().find(|number| number.is_nan() || number.abs() > LARGEST) {
            return Err(fail(format!("z_land holds {number}; expected −{LARGEST} to {LARGEST}")));
        }
        match &latent.model_sha256 {
            Some(sha256) if *sha256 != loaded.sha256 => {
                Err(fail(format!("the code was found with another model ({sha256})")))
            }
            _ => Ok(latent),
        }
    }

    /// The code over an image.
    #[must_use]
    pub fn codes(&self) -> Codes {
        if self.z_land.is_empty() { Codes::Middle } else { Codes::One(self.z_land.clone()) }
    }

    /// The code's numbers, 0 where none was adopted.
    #[must_use]
    pub fn numbers(&self, count: usize) -> Vec<f32> {
        if self.z_land.is_empty() { vec![0.0; count] } else { self.z_land.clone() }
    }
}
