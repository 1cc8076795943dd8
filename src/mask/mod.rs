//! Cloud and shadow masks: from the product, from an algorithm, from the user.
//!
//! [`detect`] classifies a scene as a [`MaskConfig`] says, [`from_file`] takes a mask that somebody
//! else made, [`alpha`] dilates and feathers. `docs/masks.md` describes the methods and how well
//! they agree with references.

mod agreement;
mod alpha;
mod classes;
mod config;
mod error;
mod grow;

#[cfg(feature = "gdal")]
mod background;
#[cfg(feature = "gdal")]
mod file;
#[cfg(feature = "gdal")]
mod gml;
#[cfg(feature = "gdal")]
mod method;
#[cfg(feature = "gdal")]
mod nearest;
#[cfg(feature = "gdal")]
mod observe;
#[cfg(all(feature = "gdal", feature = "onnx"))]
mod onnx;
#[cfg(all(feature = "gdal", feature = "onnx"))]
mod onnx_spec;
#[cfg(feature = "gdal")]
mod product;
#[cfg(feature = "gdal")]
mod s2cloudless;
#[cfg(feature = "gdal")]
mod shadow;
#[cfg(feature = "gdal")]
mod smooth;
#[cfg(feature = "gdal")]
mod survey;
#[cfg(feature = "gdal")]
mod threshold;
#[cfg(feature = "gdal")]
mod trees;
#[cfg(feature = "gdal")]
mod validity;
#[cfg(feature = "gdal")]
mod values;
#[cfg(feature = "gdal")]
mod work;
#[cfg(feature = "gdal")]
mod write;

use serde::{Deserialize, Serialize};

pub use agreement::{Agreement, ClassAgreement, agreement};
pub use alpha::{MAX_RADIUS_PX, alpha};
pub use classes::{Classes, code_of_scl};
pub use config::{DEFAULT_DILATE_PX, DEFAULT_FEATHER_PX, MaskConfig, ONNX};
pub use error::{Error, Result};
pub use grow::dilated;

#[cfg(feature = "gdal")]
pub use file::{FileOptions, from_file};
#[cfg(feature = "gdal")]
pub use method::{Method, detect, methods};
#[cfg(feature = "gdal")]
pub use s2cloudless::cloud_probability;
#[cfg(feature = "gdal")]
pub use survey::{Survey, survey};
#[cfg(feature = "gdal")]
pub use write::{to_file, weights_to_file};

use crate::raster::Plane;

/// The sky is clear here.
pub const CLEAR: u8 = 0;
/// Cloud covers this pixel.
pub const CLOUD: u8 = 1;
/// A cloud's shadow falls here.
pub const SHADOW: u8 = 2;
/// Nothing was measured here.
pub const INVALID: u8 = 255;

/// A classified scene on its reference grid: [`CLEAR`], [`CLOUD`], [`SHADOW`] or [`INVALID`].
#[derive(Debug, Clone, PartialEq)]
pub struct Mask {
    /// One class a pixel.
    pub codes: Plane<u8>,
    /// How it was made, for the report: method, parameters, file.
    pub source: String,
}

/// How much of each pixel is to be replaced, in 255ths: the mask m of the model, 255 on the
/// dilated cloud and shadow, falling outward to 0, and 0 where nothing was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Alpha(pub Plane<u8>);

/// How much of a scene each class covers. Cloud, shadow and clear are fractions of the valid
/// pixels, invalid of all pixels; 0 where there are none.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cover {
    /// Fraction under cloud.
    pub cloud: f64,
    /// Fraction in shadow.
    pub shadow: f64,
    /// Fraction that is clear.
    pub clear: f64,
    /// Fraction of all pixels without a measurement.
    pub invalid: f64,
}

impl Mask {
    /// How much of the scene each class covers.
    #[must_use]
    pub fn cover(&self) -> Cover {
        Cover::of(&self.codes)
    }
}

/// How many pixels have each code.
#[must_use]
pub fn counts(codes: &Plane<u8>) -> [usize; 256] {
    let mut counts = [0; 256];
    for &code in &codes.data {
        counts[usize::from(code)] += 1;
    }
    counts
}

impl Cover {
    /// How much each class of a mask's codes covers.
    #[must_use]
    pub fn of(codes: &Plane<u8>) -> Self {
        Self::of_counts(&counts(codes))
    }

    /// The same from the number of pixels of each code.
    #[must_use]
    pub fn of_counts(counts: &[usize; 256]) -> Self {
        let total = counts.iter().sum();
        let invalid = counts[usize::from(INVALID)];
        let part = |count: usize, of: usize| if of == 0 { 0.0 } else { count as f64 / of as f64 };
        let valid = total - invalid;
        let (cloud, shadow) = (counts[usize::from(CLOUD)], counts[usize::from(SHADOW)]);
        Self {
            cloud: part(cloud, valid),
            shadow: part(shadow, valid),
            clear: part(valid - cloud - shadow, valid),
            invalid: part(invalid, total),
        }
    }
}
