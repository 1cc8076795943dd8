//! What the batches of a training are made of.

use serde::{Deserialize, Serialize};

use super::config::{Impossible, impossible, in_range};

/// What a batch is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// Real cloudy patches of a full step.
    pub cloudy: usize,
    /// Clear patches of a full step, which get rendered cloud.
    pub clear: usize,
    /// Clear patches under transplanted or simulated cloud, the truth known, of every step; none in `paper` and
    /// `cyclegan`, which learn from unpaired images.
    pub supervised: usize,
    /// Clear patches that must come through as they are.
    pub identity: usize,
    /// Side of a training crop in pixels, a multiple of 8.
    pub crop: usize,
    /// Part of the supervised patches whose cloud is transplanted from a real cloudy patch; the others'
    /// is simulated.
    pub transplanted: f64,
    /// Part of the supervised patches that are cloudy ones: their own clear pixels are the truth, what lies within 8
    /// pixels of their own cloud is not learned from. For few places, and for scenes that are never clear.
    pub partly_clear: f64,
    /// Part of the supervised patches that lie under haze or cirrus too which no mask tells, as detectors miss it:
    /// the fill of their clear pixels is hazy, the truth is not.
    pub haze: f64,
    /// Mean reflectance in the cirrus band, B10, above which a clear patch is not drawn as one: its masks miss cirrus. High
    /// snow reaches 0.008.
    pub cirrus: f64,
    /// Strength of the random change of a clear patch's spectrum: about the standard deviation of the logarithm
    /// of its bands' gains.
    pub jitter: f64,
    /// Part of the supervised patches whose cloud-penetrating bands (B8A, B09, B11, B12) the fill replaces
    /// under the mask: the network learns to do without them, and what they are worth can be measured.
    pub drop_conditioning: f64,
    /// Part of the patches whose Sentinel-1 is left out, where `network.s1` is on: the network learns to do
    /// without.
    pub drop_s1: f64,
    /// The same for the reference date, where `network.reference` is on.
    pub drop_reference: f64,
    /// Feathering of the mask in pixels.
    pub feather: u32,
    /// Largest dilation of a supervised mask in pixels, drawn from 0 up.
    pub dilate: u32,
    /// Replayed fakes that the discriminators see.
    pub pool: usize,
    /// Cloud codes that are lent.
    pub bank: usize,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            cloudy: 4,
            clear: 4,
            supervised: 8,
            identity: 1,
            crop: 64,
            transplanted: 0.6,
            partly_clear: 0.0,
            haze: 0.0,
            cirrus: 0.01,
            jitter: 0.2,
            drop_conditioning: 0.15,
            drop_s1: 0.5,
            drop_reference: 0.5,
            feather: crate::mask::DEFAULT_FEATHER_PX,
            dilate: 2,
            pool: 64,
            bank: 128,
        }
    }
}

impl DataConfig {
    /// Checks what can be checked without data.
    ///
    /// # Errors
    /// [`Impossible`] naming the field.
    pub(super) fn check(&self) -> Result<(), Impossible> {
        if !(32..=1024).contains(&self.crop) || !self.crop.is_multiple_of(8) {
            let problem = format!("{} pixels; expected a multiple of 8 from 32 to 1024", self.crop);
            return Err(impossible("data.crop", problem));
        }
        let counts = [
            ("data.cloudy", self.cloudy),
            ("data.clear", self.clear),
            ("data.pool", self.pool),
            ("data.bank", self.bank),
        ];
        if let Some((field, count)) = counts.iter().find(|(_, count)| !(1..=4096).contains(count)) {
            return Err(impossible(field, format!("{count}; expected 1 to 4096")));
        }
        if self.supervised > 4096 {
            return Err(impossible("data.supervised", format!("{}; expected at most 4096", self.supervised)));
        }
        if self.identity > self.clear {
            let problem = format!("{} of {} clear patches; expected no more", self.identity, self.clear);
            return Err(impossible("data.identity", problem));
        }
        if self.feather > 64 || self.dilate > 64 {
            return Err(impossible("data.feather", "feather and dilate are 64 pixels at most".into()));
        }
        in_range("data.jitter", self.jitter, 0.0, 1.0)?;
        in_range("data.partly_clear", self.partly_clear, 0.0, 1.0)?;
        in_range("data.haze", self.haze, 0.0, 1.0)?;
        in_range("data.cirrus", self.cirrus, 0.0, 1.0)?;
        in_range("data.drop_s1", self.drop_s1, 0.0, 1.0)?;
        in_range("data.drop_reference", self.drop_reference, 0.0, 1.0)?;
        in_range("data.drop_conditioning", self.drop_conditioning, 0.0, 1.0)?;
        in_range("data.transplanted", self.transplanted, 0.0, 1.0)
    }
}
