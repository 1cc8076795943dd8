//! Stored numbers (DN) to reflectance and back: `ρ = (DN + OFFSET) / QUANTIFICATION_VALUE`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Dtype, Nodata};

/// Linear relation of a band: `ρ = DN · scale + offset`, with `offset` in reflectance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Radiometry {
    /// Reflectance of one DN (0.0001 for Sentinel-2).
    pub scale: f64,
    /// Reflectance of DN 0 (−0.1 from processing baseline 04.00, else 0).
    pub offset: f64,
    /// Where the relation comes from.
    pub source: RadiometrySource,
}

/// Where a radiometry comes from, for the log and the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RadiometrySource {
    /// The product's metadata (`QUANTIFICATION_VALUE`, `RADIO_ADD_OFFSET`, `BOA_ADD_OFFSET`).
    Product,
    /// The file's band scale and offset tags.
    Tags,
    /// The analyst, with `--radiometry`.
    Option,
    /// Assumed: DN / 10000 for integers, reflectance for floats.
    Default,
}

impl Radiometry {
    /// `ρ = (DN + offset_dn) / quantification`.
    #[must_use]
    pub fn from_quantification(quantification: f64, offset_dn: f64, source: RadiometrySource) -> Self {
        Self { scale: 1.0 / quantification, offset: offset_dn / quantification, source }
    }

    /// What is assumed of a file that states nothing.
    #[must_use]
    pub fn assumed(dtype: Dtype) -> Self {
        let quantification = if dtype.is_integer() { 10_000.0 } else { 1.0 };
        Self::from_quantification(quantification, 0.0, RadiometrySource::Default)
    }

    /// The stored number nearest to a reflectance, within the type's range and never nodata.
    ///
    /// Generated pixels are clamped to ≥ 1 in integer types (0 is nodata there) and moved off a
    /// declared nodata value by one step.
    #[must_use]
    pub fn dn(&self, reflectance: f64, dtype: Dtype, nodata: &Nodata) -> f64 {
        let raw = (reflectance - self.offset) / self.scale;
        let (low, high) = dtype.range();
        if !dtype.is_integer() {
            let value = if dtype == Dtype::F32 { f64::from(raw as f32) } else { raw };
            return if nodata.matches(value) { value + f64::from(f32::EPSILON) } else { value };
        }
        let low = if nodata.zero { 1.0 } else { low };
        let value = raw.round().clamp(low, high);
        match nodata.declared {
            Some(declared) if declared == value && value < high => value + 1.0,
            Some(declared) if declared == value => value - 1.0,
            _ => value,
        }
    }
}

impl fmt::Display for Radiometry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quantification = 1.0 / self.scale;
        let offset_dn = (self.offset * quantification).round();
        if (self.scale - 1.0).abs() < 1e-12 && self.offset == 0.0 {
            f.write_str("stored as reflectance")
        } else if offset_dn == 0.0 {
            write!(f, "reflectance = DN / {quantification:.0}")
        } else {
            let sign = if offset_dn < 0.0 { '−' } else { '+' };
            write!(f, "reflectance = (DN {sign} {:.0}) / {quantification:.0}", offset_dn.abs())
        }
    }
}

/// The `--radiometry` option: `10000`, `10000,-1000` or `reflectance`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct RadiometryOption {
    quantification: f64,
    offset_dn: f64,
}

impl RadiometryOption {
    /// The relation it stands for.
    #[must_use]
    pub fn radiometry(self) -> Radiometry {
        Radiometry::from_quantification(self.quantification, self.offset_dn, RadiometrySource::Option)
    }
}

impl FromStr for RadiometryOption {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim().eq_ignore_ascii_case("reflectance") {
            return Ok(Self { quantification: 1.0, offset_dn: 0.0 });
        }
        let (quantification, offset) = text.split_once(',').unwrap_or((text, "0"));
        match (quantification.trim().parse::<f64>(), offset.trim().parse::<f64>()) {
            (Ok(quantification), Ok(offset_dn))
                if quantification.is_finite() && quantification > 0.0 && offset_dn.is_finite() =>
            {
                Ok(Self { quantification, offset_dn })
            }
            _ => Err(format!("\"{text}\" is not a radiometry; expected 10000, 10000,-1000 or reflectance")),
        }
    }
}

impl TryFrom<String> for RadiometryOption {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RadiometryOption> for String {
    fn from(option: RadiometryOption) -> Self {
        option.to_string()
    }
}

impl fmt::Display for RadiometryOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if (self.quantification - 1.0).abs() < f64::EPSILON && self.offset_dn == 0.0 {
            f.write_str("reflectance")
        } else if self.offset_dn == 0.0 {
            write!(f, "{}", self.quantification)
        } else {
            write!(f, "{},{}", self.quantification, self.offset_dn)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_of_baseline_04_is_applied_before_the_division() {
        let radiometry: RadiometryOption = "10000,-1000".parse().expect("valid");
        let radiometry = radiometry.radiometry();
        assert!((2500.0 * radiometry.scale + radiometry.offset - 0.15).abs() < 1e-12);
        let nodata = Nodata { declared: None, zero: true };
        assert_eq!(radiometry.dn(0.15, Dtype::U16, &nodata), 2500.0);
    }

    #[test]
    fn generated_pixels_never_take_the_nodata_value() {
        let radiometry = Radiometry::assumed(Dtype::U16);
        let nodata = Nodata { declared: Some(65535.0), zero: true };
        assert_eq!(radiometry.dn(-0.3, Dtype::U16, &nodata), 1.0);
        assert_eq!(radiometry.dn(9.0, Dtype::U16, &nodata), 65534.0);
    }

    #[test]
    fn a_bad_radiometry_says_what_is_expected() {
        for bad in ["", "0", "-1", "x", "10000,y", "nan"] {
            let message = bad.parse::<RadiometryOption>().expect_err(bad);
            assert!(message.contains("10000,-1000"), "{message}");
        }
    }
}
