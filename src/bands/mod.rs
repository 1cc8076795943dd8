//! The Sentinel-2 and Sentinel-1 band catalogue: name, centre wavelength, native resolution, role.
//!
//! Wavelengths are Sentinel-2A's central wavelengths (Sentinel-2 Products Specification Document,
//! the same values a product's `Spectral_Information_List` states).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A spectral band of Sentinel-2 (`B01` … `B12`) or a polarisation of Sentinel-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Band {
    /// Coastal aerosol.
    B01,
    /// Blue.
    B02,
    /// Green.
    B03,
    /// Red.
    B04,
    /// Red edge 1.
    B05,
    /// Red edge 2.
    B06,
    /// Red edge 3.
    B07,
    /// Near infrared, wide.
    B08,
    /// Near infrared, narrow.
    B8A,
    /// Water vapour.
    B09,
    /// Cirrus (L1C only).
    B10,
    /// Short-wave infrared 1.
    B11,
    /// Short-wave infrared 2.
    B12,
    /// Sentinel-1 co-polarised backscatter, dB.
    VV,
    /// Sentinel-1 cross-polarised backscatter, dB.
    VH,
}

/// One row of the catalogue.
struct Entry {
    band: Band,
    name: &'static str,
    wavelength_nm: f64,
    resolution_m: u32,
    role: &'static str,
}

const fn entry(
    band: Band,
    name: &'static str,
    wavelength_nm: f64,
    resolution_m: u32,
    role: &'static str,
) -> Entry {
    Entry { band, name, wavelength_nm, resolution_m, role }
}

const CATALOGUE: [Entry; 15] = [
    entry(Band::B01, "B01", 442.7, 60, "coastal aerosol"),
    entry(Band::B02, "B02", 492.4, 10, "blue"),
    entry(Band::B03, "B03", 559.8, 10, "green"),
    entry(Band::B04, "B04", 664.6, 10, "red"),
    entry(Band::B05, "B05", 704.1, 20, "red edge 1"),
    entry(Band::B06, "B06", 740.5, 20, "red edge 2"),
    entry(Band::B07, "B07", 782.8, 20, "red edge 3"),
    entry(Band::B08, "B08", 832.8, 10, "near infrared"),
    entry(Band::B8A, "B8A", 864.7, 20, "near infrared, narrow"),
    entry(Band::B09, "B09", 945.1, 60, "water vapour"),
    entry(Band::B10, "B10", 1373.5, 60, "cirrus"),
    entry(Band::B11, "B11", 1613.7, 20, "short-wave infrared 1"),
    entry(Band::B12, "B12", 2202.4, 20, "short-wave infrared 2"),
    entry(Band::VV, "VV", 0.0, 10, "radar, co-polarised"),
    entry(Band::VH, "VH", 0.0, 10, "radar, cross-polarised"),
];

/// The 13 bands of an L1C product in the project's order.
pub const L1C: [Band; 13] = [
    Band::B01,
    Band::B02,
    Band::B03,
    Band::B04,
    Band::B05,
    Band::B06,
    Band::B07,
    Band::B08,
    Band::B8A,
    Band::B09,
    Band::B10,
    Band::B11,
    Band::B12,
];

/// The 12 bands of an L2A product (no cirrus band) in the project's order.
pub const L2A: [Band; 12] = [
    Band::B01,
    Band::B02,
    Band::B03,
    Band::B04,
    Band::B05,
    Band::B06,
    Band::B07,
    Band::B08,
    Band::B8A,
    Band::B09,
    Band::B11,
    Band::B12,
];

impl Band {
    fn entry(self) -> &'static Entry {
        // The catalogue is in the enum's own order; a test proves it.
        &CATALOGUE[self as usize]
    }

    /// The two-digit name used everywhere in the product: `B02`, `B8A`, `VV`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Centre wavelength in nanometres; 0 for radar.
    #[must_use]
    pub fn wavelength_nm(self) -> f64 {
        self.entry().wavelength_nm
    }

    /// Native resolution in metres: 10, 20 or 60.
    #[must_use]
    pub fn resolution_m(self) -> u32 {
        self.entry().resolution_m
    }

    /// What the band is for, in a few words.
    #[must_use]
    pub fn role(self) -> &'static str {
        self.entry().role
    }

    /// Whether this is a reflectance band of Sentinel-2.
    #[must_use]
    pub fn is_optical(self) -> bool {
        !matches!(self, Self::VV | Self::VH)
    }

    /// The first band name found in a text such as a band description or a file name:
    /// `B2`, `b02`, `T33UUP_20170613_B8A_20m`, `B04, central wavelength 665 nm`.
    ///
    /// A name counts only where no letter or digit touches it.
    #[must_use]
    pub fn find_in(text: &str) -> Option<Self> {
        text.split(|c: char| !c.is_ascii_alphanumeric()).find_map(|word| word.parse().ok())
    }
}

/// A text that names no band.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a Sentinel band; expected one of B01 … B12, B8A, VV, VH")]
pub struct UnknownBand(pub String);

impl FromStr for Band {
    type Err = UnknownBand;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let upper = text.trim().to_ascii_uppercase();
        let padded = match upper.strip_prefix('B') {
            Some(digit) if digit.len() == 1 && digit.as_bytes()[0].is_ascii_digit() => {
                format!("B0{digit}")
            }
            Some("08A") => "B8A".to_owned(),
            _ => upper,
        };
        CATALOGUE
            .iter()
            .find(|entry| entry.name == padded)
            .map(|entry| entry.band)
            .ok_or_else(|| UnknownBand(text.to_owned()))
    }
}

impl TryFrom<String> for Band {
    type Error = UnknownBand;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Band> for String {
    fn from(band: Band) -> Self {
        band.name().to_owned()
    }
}

impl fmt::Display for Band {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Processing level of a Sentinel-2 product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Level {
    /// Top-of-atmosphere reflectance.
    L1C,
    /// Bottom-of-atmosphere (surface) reflectance.
    L2A,
}

impl Level {
    /// The bands a product of this level has.
    #[must_use]
    pub fn bands(self) -> &'static [Band] {
        match self {
            Self::L1C => &L1C,
            Self::L2A => &L2A,
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::L1C => "L1C",
            Self::L2A => "L2A",
        })
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().to_ascii_uppercase().as_str() {
            "L1C" | "1C" | "LEVEL-1C" => Ok(Self::L1C),
            "L2A" | "2A" | "LEVEL-2A" => Ok(Self::L2A),
            _ => Err(format!("\"{text}\" is not a processing level; expected L1C or L2A")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_stands_in_the_order_of_the_enum() {
        for (index, entry) in CATALOGUE.iter().enumerate() {
            assert_eq!(entry.band as usize, index);
            assert_eq!(entry.name.parse::<Band>(), Ok(entry.band));
        }
    }

    #[test]
    fn names_are_found_in_descriptions_and_file_names() {
        assert_eq!(Band::find_in("T33SVB_20181229T095411_B8A_20m"), Some(Band::B8A));
        assert_eq!(Band::find_in("B4, central wavelength 665 nm"), Some(Band::B04));
        assert_eq!(Band::find_in("s2_b02.tif"), Some(Band::B02));
        assert_eq!(Band::find_in("AB04 B13 cloud"), None);
    }
}
