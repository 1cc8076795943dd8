//! What a model is: its preset, bands, sizes and optional inputs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bands::{Band, Level};

/// Which family of networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// The fill as context, a gate for thin cloud, the cloud's place in a map of its own.
    #[default]
    Declouder,
    /// Augmented `CycleGAN` with two latent vectors, as close to the paper as its sources allow.
    Paper,
    /// The same without latents.
    Cyclegan,
}

impl Preset {
    /// Every preset, the default first.
    pub const ALL: [Self; 3] = [Self::Declouder, Self::Paper, Self::Cyclegan];

    /// Its name in options and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Declouder => "declouder",
            Self::Paper => "paper",
            Self::Cyclegan => "cyclegan",
        }
    }

    /// Whether its networks look at a bounded neighbourhood only, so that a scene may be tiled.
    #[must_use]
    pub fn is_tileable(self) -> bool {
        self.patch_limit().is_none()
    }

    /// Largest side, in pixels, of an image that its networks see whole, where they cannot be tiled.
    ///
    /// They normalise over the whole image. Trained on crops of 64 to 256 pixels, they meet other statistics the
    /// larger an image is; twice that is as far as they are trusted.
    #[must_use]
    pub fn patch_limit(self) -> Option<usize> {
        match self {
            Self::Declouder => None,
            Self::Paper | Self::Cyclegan => Some(512),
        }
    }

    /// Whether it has latent codes.
    #[must_use]
    pub fn has_codes(self) -> bool {
        self != Self::Cyclegan
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Preset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|preset| preset.name() == text).ok_or_else(|| {
            format!("\"{text}\" is no preset; expected {}", Self::ALL.map(Self::name).join(", "))
        })
    }
}

/// Everything that decides the shapes of a model's networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NetworkConfig {
    /// Family of networks.
    pub preset: Preset,
    /// Bands in the order of the channels.
    pub bands: Vec<Band>,
    /// Processing level of the bands.
    pub level: Level,
    /// The bands whose long waves pass thin cloud; the ablation takes exactly these away.
    pub conditioning: Vec<Band>,
    /// Channels at full resolution; deeper features have multiples of it.
    pub width: usize,
    /// Numbers of the land code `z_land`.
    pub z_land: usize,
    /// Numbers of the cloud's spectral code (`declouder`), or of `z_cloud` as a vector (`paper`).
    pub z_cloud: usize,
    /// Whether Sentinel-1 VV and VH may be given.
    pub s1: bool,
    /// Whether the bands of a clear reference date may be given.
    pub reference: bool,
    /// Whether `G_land` is given the fill, and makes a residual on it. Without, it makes one on the mean of the
    /// clear training pixels: an ablation.
    pub context: bool,
    /// Whether a cloud's place is in its code, a number each cell of 8 × 8 pixels. Without, the code says how much
    /// there is in the whole image: an ablation.
    pub spatial_code: bool,
    /// How the decoder of `G_land` comes to twice the size. Files from before there was a choice mean `nearest`.
    #[serde(default = "Upsampling::of_old_files")]
    pub upsampling: Upsampling,
}

/// How features come to twice the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Upsampling {
    /// Each pixel four times: cheapest, but cells of 8 × 8 pixels show where the ground is smooth.
    Nearest,
    /// Bilinear interpolation.
    Linear,
}

impl Upsampling {
    fn of_old_files() -> Self {
        Self::Nearest
    }
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self {
            preset: Preset::Declouder,
            bands: crate::bands::L1C.to_vec(),
            level: Level::L1C,
            conditioning: vec![Band::B8A, Band::B09, Band::B11, Band::B12],
            width: 32,
            z_land: 16,
            z_cloud: 8,
            s1: false,
            reference: false,
            context: true,
            spatial_code: true,
            upsampling: Upsampling::Linear,
        }
    }
}

/// A configuration that no network can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("network.{field}: {problem}")]
pub struct ImpossibleNetwork {
    /// The field at fault.
    pub field: &'static str,
    /// What was expected and found.
    pub problem: String,
}

impl NetworkConfig {
    /// The configuration of a preset where nobody says otherwise: both codes of `paper` have 16 numbers.
    #[must_use]
    pub fn of(preset: Preset) -> Self {
        let z_cloud = if preset == Preset::Declouder { 8 } else { 16 };
        Self { preset, z_cloud, ..Self::default() }
    }

    /// Checks that networks of this configuration can be made, and are of a sane size.
    ///
    /// # Errors
    /// [`ImpossibleNetwork`] naming the field.
    pub fn check(&self) -> Result<(), ImpossibleNetwork> {
        let fail = |field, problem: String| Err(ImpossibleNetwork { field, problem });
        if self.bands.is_empty() || self.bands.len() > 32 {
            return fail("bands", format!("{} bands; expected 1 to 32", self.bands.len()));
        }
        if let Some(band) = self.bands.iter().find(|band| !band.is_optical()) {
            return fail("bands", format!("{band} is no reflectance band; radar is switched on by `s1`"));
        }
        if let Some(band) = self.bands.iter().find(|band| !self.level.bands().contains(band)) {
            return fail("bands", format!("{band} does not exist at level {}", self.level));
        }
        let twice = |band: &&Band| self.bands.iter().filter(|other| other == band).count() > 1;
        if let Some(band) = self.bands.iter().find(twice) {
            return fail("bands", format!("{band} is named twice"));
        }
        if let Some(band) = self.conditioning.iter().find(|band| !self.bands.contains(band)) {
            return fail("conditioning", format!("{band} is not among the model's bands"));
        }
        if !(8..=512).contains(&self.width) || !self.width.is_multiple_of(8) {
            return fail("width", format!("{} channels; expected a multiple of 8 from 8 to 512", self.width));
        }
        for (field, size) in [("z_land", self.z_land), ("z_cloud", self.z_cloud)] {
            if !(1..=256).contains(&size) {
                return fail(field, format!("{size} numbers; expected 1 to 256"));
            }
        }
        let left_out = [("context", !self.context), ("spatial_code", !self.spatial_code)];
        if let Some((field, _)) =
            left_out.into_iter().find(|(_, out)| *out && self.preset != Preset::Declouder)
        {
            return fail(field, format!("{} has none that could be left out; expected true", self.preset));
        }
        let seen = [("s1", self.s1), ("reference", self.reference)];
        match seen.into_iter().find(|(_, given)| *given && self.preset != Preset::Declouder) {
            Some((field, _)) => {
                fail(field, format!("{} sees the cloudy image only; expected false", self.preset))
            }
            None => Ok(()),
        }
    }

    /// Numbers of the land code, by which a clear surface is chosen; 0 in a preset without latents.
    #[must_use]
    pub fn land_code(&self) -> usize {
        if self.preset.has_codes() { self.z_land } else { 0 }
    }

    /// Numbers of the cloud code as a vector; 0 in a preset without latents.
    #[must_use]
    pub fn cloud_code(&self) -> usize {
        if self.preset.has_codes() { self.z_cloud } else { 0 }
    }

    /// Number of optical channels.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.bands.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_fields_are_named() {
        let good = NetworkConfig::default();
        assert_eq!(good.check(), Ok(()));
        let cases = [
            (NetworkConfig { s1: true, ..NetworkConfig::of(Preset::Paper) }, "s1"),
            (NetworkConfig { reference: true, ..NetworkConfig::of(Preset::Cyclegan) }, "reference"),
            (NetworkConfig { context: false, ..NetworkConfig::of(Preset::Paper) }, "context"),
            (NetworkConfig { spatial_code: false, ..NetworkConfig::of(Preset::Cyclegan) }, "spatial_code"),
            (NetworkConfig { bands: vec![], ..good.clone() }, "bands"),
            (NetworkConfig { bands: vec![Band::VV], conditioning: vec![], ..good.clone() }, "bands"),
            (NetworkConfig { level: Level::L2A, ..good.clone() }, "bands"),
            (NetworkConfig { bands: vec![Band::B02; 2], conditioning: vec![], ..good.clone() }, "bands"),
            (NetworkConfig { bands: vec![Band::B02], ..good.clone() }, "conditioning"),
            (NetworkConfig { width: 12, ..good.clone() }, "width"),
            (NetworkConfig { width: 1 << 20, ..good.clone() }, "width"),
            (NetworkConfig { z_land: 0, ..good.clone() }, "z_land"),
            (NetworkConfig { z_cloud: 1000, ..good.clone() }, "z_cloud"),
        ];
        for (config, field) in cases {
            assert_eq!(config.check().expect_err("impossible").field, field);
        }
    }

    #[test]
    fn presets_are_known_by_their_names() {
        for preset in Preset::ALL {
            assert_eq!(preset.name().parse(), Ok(preset));
            assert_eq!(NetworkConfig::of(preset).check(), Ok(()));
        }
        assert_eq!(NetworkConfig::of(Preset::Declouder), NetworkConfig::default());
        assert!("gan".parse::<Preset>().is_err());
    }
}
