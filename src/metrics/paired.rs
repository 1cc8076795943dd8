//! What a comparison of two images says.

use serde::{Deserialize, Serialize};

use super::sums::{PairedSums, Strip};
use crate::bands::Band;
use crate::raster::Plane;

/// Arrays that cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The two images, or an image and the list of its bands, do not fit.
    #[error("{what} {found}; expected {expected}")]
    Shape {
        /// Which array.
        what: &'static str,
        /// Its shape.
        found: String,
        /// The shape it must have.
        expected: String,
    },
}

/// Which pixels a measure is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    /// Every pixel that is valid in both images.
    All,
    /// Those the mask calls cloud or shadow.
    Cloud,
    /// Those the mask calls clear.
    Clear,
    /// Those under cloud or shadow, against a reference brought to the light of the image's date.
    Aligned,
}

impl Region {
    /// The regions, in the order of every table.
    pub const EVERY: [Self; 4] = [Self::All, Self::Cloud, Self::Clear, Self::Aligned];

    /// Whether it is what lies under cloud and shadow.
    #[must_use]
    pub fn is_cloud(self) -> bool {
        matches!(self, Self::Cloud | Self::Aligned)
    }

    /// The name in tables and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Cloud => "cloud",
            Self::Clear => "clear",
            Self::Aligned => "aligned",
        }
    }
}

/// One of the paired measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// See [`Measures::psnr`].
    Psnr,
    /// See [`Measures::ssim`].
    Ssim,
    /// See [`Measures::sam`].
    Sam,
    /// See [`Measures::mae`].
    Mae,
    /// See [`Measures::rmse`].
    Rmse,
    /// See [`Measures::ergas`].
    Ergas,
    /// See [`Measures::ndvi_mae`].
    NdviMae,
}

impl Measure {
    /// All of them, in the order of every table.
    pub const EVERY: [Self; 7] =
        [Self::Psnr, Self::Ssim, Self::Sam, Self::Mae, Self::Rmse, Self::Ergas, Self::NdviMae];

    /// The name shown, with its unit.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Psnr => "PSNR (dB)",
            Self::Ssim => "SSIM",
            Self::Sam => "SAM (°)",
            Self::Mae => "MAE",
            Self::Rmse => "RMSE",
            Self::Ergas => "ERGAS (%)",
            Self::NdviMae => "NDVI MAE",
        }
    }

    /// The name in options and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Psnr => "psnr",
            Self::Ssim => "ssim",
            Self::Sam => "sam",
            Self::Mae => "mae",
            Self::Rmse => "rmse",
            Self::Ergas => "ergas",
            Self::NdviMae => "ndvi_mae",
        }
    }

    /// Whether it is an error: 0 is perfect, more is worse.
    #[must_use]
    pub fn is_error(self) -> bool {
        !matches!(self, Self::Psnr | Self::Ssim)
    }

    /// Decimals that carry meaning.
    #[must_use]
    pub fn digits(self) -> usize {
        match self {
            Self::Psnr | Self::Sam => 2,
            Self::Ergas => 1,
            Self::Ssim => 3,
            Self::Mae | Self::Rmse | Self::NdviMae => 4,
        }
    }
}

/// The paired measures of one region; see the [module](super) for formulas, units and what `None`
/// means.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Measures {
    /// Peak signal-to-noise ratio, dB; `None` for equal images, whose ratio is infinite.
    pub psnr: Option<f64>,
    /// Structural similarity, −1 … 1.
    pub ssim: Option<f64>,
    /// Spectral angle, degrees.
    pub sam: Option<f64>,
    /// Mean absolute error, reflectance.
    pub mae: Option<f64>,
    /// Root of the mean squared error, reflectance.
    pub rmse: Option<f64>,
    /// Relative global error, per cent of the reference's means.
    pub ergas: Option<f64>,
    /// Mean absolute error of NDVI.
    pub ndvi_mae: Option<f64>,
    /// Whether the images are equal here (after clipping), which makes the PSNR infinite.
    #[serde(default, skip_serializing_if = "is_false")]
    pub identical: bool,
    /// How many pixels were measured; not part of the JSON.
    #[serde(skip)]
    pub pixels: u64,
}

impl Measures {
    /// One of the measures.
    #[must_use]
    pub fn get(&self, measure: Measure) -> Option<f64> {
        match measure {
            Measure::Psnr => self.psnr,
            Measure::Ssim => self.ssim,
            Measure::Sam => self.sam,
            Measure::Mae => self.mae,
            Measure::Rmse => self.rmse,
            Measure::Ergas => self.ergas,
            Measure::NdviMae => self.ndvi_mae,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// The measures of one band in one region.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct BandMeasures {
    /// Structural similarity.
    pub ssim: Option<f64>,
    /// Mean absolute error, reflectance.
    pub mae: Option<f64>,
    /// Root of the mean squared error, reflectance.
    pub rmse: Option<f64>,
    /// Mean of image − reference, reflectance: above 0 the image is too bright.
    pub bias: Option<f64>,
}

/// One image measured against a reference. In JSON the measures of all pixels stand at the top,
/// those of the regions under `cloud`, `clear` and `aligned`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Comparison {
    /// Over every valid pixel.
    #[serde(flatten)]
    pub all: Measures,
    /// Under cloud and shadow; `None` without a mask, or where it has no such pixel.
    pub cloud: Option<Measures>,
    /// Where it is clear; `None` without a mask, or where it has no such pixel.
    pub clear: Option<Measures>,
    /// Under cloud and shadow, against the reference in the light of the image's date; `None` where nobody aligned it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aligned: Option<Measures>,
}

impl Comparison {
    /// The measures of one region.
    #[must_use]
    pub fn region(&self, region: Region) -> Option<Measures> {
        match region {
            Region::All => Some(self.all),
            Region::Cloud => self.cloud,
            Region::Clear => self.clear,
            Region::Aligned => self.aligned,
        }
    }
}

/// Measures a whole image (one plane of reflectance a band, NaN where nothing was measured)
/// against a reference, and apart by the codes of a [`crate::mask::Mask`] where one is given.
///
/// Images too large for memory go through [`PairedSums`] in strips, with the same result.
///
/// # Errors
/// [`Error::Shape`] where numbers of bands or sizes differ.
pub fn paired(
    bands: &[Band],
    image: &[Plane<f32>],
    reference: &[Plane<f32>],
    codes: Option<&Plane<u8>>,
) -> Result<Comparison, Error> {
    let (width, height) = reference.first().map_or((0, 0), |plane| (plane.width, plane.height));
    let mut sums = PairedSums::new(bands, width, height);
    let strip = Strip { image: image.to_vec(), reference: reference.to_vec(), codes: codes.cloned() };
    sums.add(0..height, strip)?;
    Ok(sums.comparison())
}
