//! What a classifier is: its network, bands, classes and sizes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bands::{Band, L2A, Level};
use crate::networks::ImpossibleNetwork;

/// Which network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Architecture {
    /// A residual network over any number of bands, made for strong regularisation.
    #[default]
    RegularizedResnet,
    /// The small network over all bands of `BigEarthNet`'s authors (Sumbul et al. 2019).
    SCnnAll,
}

impl Architecture {
    /// Every network, the default first.
    pub const ALL: [Self; 2] = [Self::RegularizedResnet, Self::SCnnAll];

    /// Its name in options and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RegularizedResnet => "regularized-resnet",
            Self::SCnnAll => "s-cnn-all",
        }
    }
}

impl fmt::Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Architecture {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|network| network.name() == text).ok_or_else(|| {
            format!("\"{text}\" is no network; expected {}", Self::ALL.map(Self::name).join(" or "))
        })
    }
}

/// Which classes of land cover: `BigEarthNet`'s first or second nomenclature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Nomenclature {
    /// The 19 classes of 2020.
    #[default]
    Of19,
    /// The 43 classes of CORINE Land Cover 2018, level 3.
    Of43,
}

impl Nomenclature {
    /// Number of classes.
    #[must_use]
    pub fn classes(self) -> usize {
        match self {
            Self::Of19 => 19,
            Self::Of43 => 43,
        }
    }
}

impl TryFrom<u8> for Nomenclature {
    type Error = String;

    fn try_from(classes: u8) -> Result<Self, Self::Error> {
        match classes {
            19 => Ok(Self::Of19),
            43 => Ok(Self::Of43),
            _ => Err(format!("there is no nomenclature of {classes} classes; expected 19 or 43")),
        }
    }
}

impl From<Nomenclature> for u8 {
    fn from(nomenclature: Nomenclature) -> Self {
        nomenclature.classes() as Self
    }
}

impl fmt::Display for Nomenclature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} classes", self.classes())
    }
}

impl FromStr for Nomenclature {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse::<u8>().map_err(|_| format!("\"{text}\" is no number; expected 19 or 43"))?;
        Self::try_from(number)
    }
}

/// Everything that decides the shapes of a classifier's network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassifierConfig {
    /// Which network.
    pub network: Architecture,
    /// The classes it tells apart.
    pub labels: Nomenclature,
    /// Bands in the order of the channels.
    pub bands: Vec<Band>,
    /// Processing level of the bands.
    pub level: Level,
    /// Side of the patches it is made for, in pixels of 10 m; a multiple of 8.
    pub patch_px: usize,
    /// Channels of the residual network at half of the patch's size; twice and four times as many below.
    pub width: usize,
    /// Residual blocks at each of its three sizes.
    pub blocks: usize,
    /// Features of the small network's fully connected layer, which its authors do not state.
    pub hidden: usize,
}

impl Default for ClassifierConfig {
    fn default() -> Self {
        Self {
            network: Architecture::default(),
            labels: Nomenclature::default(),
            bands: L2A.to_vec(),
            level: Level::L2A,
            patch_px: 120,
            width: 32,
            blocks: 2,
            hidden: 128,
        }
    }
}

impl ClassifierConfig {
    /// Checks that a network of this configuration can be made, and is of a sane size.
    ///
    /// # Errors
    /// [`ImpossibleNetwork`] naming the field.
    pub fn check(&self) -> Result<(), ImpossibleNetwork> {
        let fail = |field, problem: String| Err(ImpossibleNetwork { field, problem });
        if self.bands.is_empty() {
            return fail("bands", "none; expected 1 to 13".into());
        }
        if let Some(band) = self.bands.iter().find(|band| !self.level.bands().contains(band)) {
            return fail("bands", format!("{band} does not exist at level {}", self.level));
        }
        let twice = |index: &usize| self.bands[..*index].contains(&self.bands[*index]);
        if let Some(index) = (1..self.bands.len()).find(twice) {
            return fail("bands", format!("{} is named twice", self.bands[index]));
        }
        if !(16..=512).contains(&self.patch_px) || !self.patch_px.is_multiple_of(8) {
            let problem = format!("{} pixels; expected a multiple of 8 from 16 to 512", self.patch_px);
            return fail("patch_px", problem);
        }
        if !(8..=256).contains(&self.width) || !self.width.is_multiple_of(8) {
            return fail("width", format!("{} channels; expected a multiple of 8 from 8 to 256", self.width));
        }
        let sizes = [("blocks", self.blocks, 16), ("hidden", self.hidden, 4096)];
        match sizes.into_iter().find(|(_, size, most)| !(1..=*most).contains(size)) {
            Some((field, size, most)) => fail(field, format!("{size}; expected 1 to {most}")),
            None => Ok(()),
        }
    }

    /// Residual blocks of the whole network, which drop path leaves out at random; 0 in one without.
    #[must_use]
    pub fn droppable(&self) -> usize {
        match self.network {
            Architecture::RegularizedResnet => super::resnet::SIZES * self.blocks,
            Architecture::SCnnAll => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_fields_are_named() {
        let good = ClassifierConfig::default();
        assert_eq!(good.check(), Ok(()));
        let cases = [
            (ClassifierConfig { bands: vec![], ..good.clone() }, "bands"),
            (ClassifierConfig { bands: vec![Band::B10], ..good.clone() }, "bands"),
            (ClassifierConfig { bands: vec![Band::B02; 2], ..good.clone() }, "bands"),
            (ClassifierConfig { patch_px: 100, ..good.clone() }, "patch_px"),
            (ClassifierConfig { width: 12, ..good.clone() }, "width"),
            (ClassifierConfig { blocks: 0, ..good.clone() }, "blocks"),
            (ClassifierConfig { hidden: 1 << 20, ..good.clone() }, "hidden"),
        ];
        for (config, field) in cases {
            assert_eq!(config.check().expect_err("impossible").field, field);
        }
    }

    #[test]
    fn networks_and_nomenclatures_are_known_by_their_names() {
        for network in Architecture::ALL {
            assert_eq!(network.name().parse(), Ok(network));
        }
        assert_eq!("43".parse(), Ok(Nomenclature::Of43));
        assert!("20".parse::<Nomenclature>().expect_err("unknown").contains("19 or 43"));
        assert!("vgg16".parse::<Architecture>().expect_err("unknown").contains("s-cnn-all"));
        let config = ClassifierConfig { labels: Nomenclature::Of43, ..ClassifierConfig::default() };
        let text = toml::to_string(&config).expect("written");
        assert!(text.contains("labels = 43"), "{text}");
        assert_eq!(toml::from_str::<ClassifierConfig>(&text).expect("read"), config);
    }
}
