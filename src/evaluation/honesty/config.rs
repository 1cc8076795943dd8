//! How much the honesty tests look at.

use serde::{Deserialize, Serialize};

use crate::evaluation::{Error, Result};

/// Parameters of the honesty tests (`[honesty]` in an evaluation's file).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HonestyConfig {
    /// Images of each set that are looked at, spread evenly over it; at least 1. Each costs about as much as
    /// `samples` passes of the decoder.
    pub images: usize,
    /// Samples of the land code, K; at least 2.
    pub samples: usize,
    /// Seed of codes and noise.
    pub seed: u64,
    /// Strengths of the noise on the image between, reflectance, from 0 to 1.
    pub sigmas: Vec<f64>,
}

impl Default for HonestyConfig {
    fn default() -> Self {
        Self { images: 10, samples: 16, seed: 1, sigmas: vec![0.0, 0.005, 0.01, 0.02, 0.05] }
    }
}

impl HonestyConfig {
    /// Checks what does not depend on files.
    ///
    /// # Errors
    /// [`Error::Option`] naming the field.
    pub(in crate::evaluation) fn check(&self) -> Result<()> {
        let fail = |option: &'static str, problem: String| Err(Error::Option { option, problem });
        if self.images == 0 {
            return fail("honesty.images", "0 images leave nothing to look at; expected at least 1".into());
        }
        if !(2..=256).contains(&self.samples) {
            return fail("honesty.samples", format!("{} samples; expected 2 to 256", self.samples));
        }
        match self.sigmas.iter().find(|sigma| !(0.0..=1.0).contains(*sigma)) {
            Some(sigma) => fail("honesty.sigmas", format!("{sigma}; expected reflectances from 0 to 1")),
            None => Ok(()),
        }
    }

    /// Every how manieth of `count` images is looked at.
    pub(in crate::evaluation) fn step(&self, count: usize) -> usize {
        count.div_ceil(self.images).max(1)
    }
}
