//! Synthetic cloud and shadow over clear pixels, with the truth kept.
//!
//! Spectra, opacities, the loss of contrast and the depth of shadows were measured on real clouds
//! (`assets/simulate/clouds.json`; `docs/simulate.md` tells how). The composition is
//!
//! ```text
//! x' = t·x + (1 − e − t)·x̄ + e·c      t = exp(−kτ),  e = βτ / (1 + βτ)
//! ```
//!
//! with the ground x, its local mean x̄, the thick cloud's reflectance c and the optical depth τ.
//! `t` is what still forms an image, `e` the cloud's own light; the light between is the ground's,
//! blurred. The two differ by nearly an order: a cloud that brightens the ground by a tenth already
//! hides most of its detail. Where there is neither cloud nor shadow (mask code 0) a pixel is not
//! touched at all.
//!
//! Everything is a function of seed and position: [`Clouds::render`] of a window is the crop of the
//! whole. [`Clouds`] and [`CloudField`] need no file; [`scene`] runs them over a scene on disk.
//! [`transplant`] puts the real cloud of one image over another instead.

mod clouds;
mod compose;
mod layer;
mod measured;
mod noise;
#[cfg(feature = "gdal")]
pub mod scene;
pub mod transplant;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::bands::Level;
use crate::raster::{Grid, Sun};

pub use clouds::{CloudField, Clouds, LayerInfo};
pub use compose::{GROUND_PX, Ground};
pub use measured::{air_light, thick_cloud, visible_excess};

/// The least shadow that counts: below it a pixel is not touched and has mask code 0. In parts of
/// the deepest shadow.
pub const SHADOW_FLOOR: f32 = 0.05;
/// The least visible excess inside cloud (mask code 1): where the measured distribution begins.
pub const EXCESS_FLOOR: f32 = 0.003;

/// What sort of cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Cumulus or a cloud sheet: opaque cores, shadows beside them.
    Thick,
    /// Cirrus or haze: the ground shows through.
    Thin,
    /// A thick layer with a thin one above it.
    #[default]
    Mixed,
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "thick" => Ok(Self::Thick),
            "thin" => Ok(Self::Thin),
            "mixed" => Ok(Self::Mixed),
            _ => Err(format!("\"{text}\" is no kind of cloud; expected thick, thin or mixed")),
        }
    }
}

/// What to simulate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Thick, thin or mixed.
    pub kind: Kind,
    /// Part of the valid pixels under cloud (mask code 1), 0 to 1.
    pub cover: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { kind: Kind::default(), cover: 0.4 }
    }
}

/// The shape and height a layer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Variety {
    /// Separate puffs with sharp edges.
    Cumulus,
    /// A wide sheet with holes.
    Sheet,
    /// Streaks of ice, high up.
    Cirrus,
    /// Thin water cloud without shape.
    Haze,
}

impl Variety {
    fn purpose(self) -> &'static str {
        match self {
            Self::Cumulus => "simulate/cumulus",
            Self::Sheet => "simulate/sheet",
            Self::Cirrus => "simulate/cirrus",
            Self::Haze => "simulate/haze",
        }
    }

    fn is_ice(self) -> bool {
        self == Self::Cirrus
    }

    fn is_thin(self) -> bool {
        matches!(self, Self::Cirrus | Self::Haze)
    }

    /// Range of heights above ground in metres. Cumulus: 660 and 1330 m were measured from the
    /// shadows of two dates; the others are textbook ranges.
    fn heights_m(self) -> (f64, f64) {
        match self {
            Self::Cumulus => (600.0, 2_000.0),
            Self::Sheet => (800.0, 4_000.0),
            Self::Cirrus => (6_000.0, 12_000.0),
            Self::Haze => (1_500.0, 5_000.0),
        }
    }
}

/// Where the clouds are to stand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    /// Columns of the reference grid.
    pub width: usize,
    /// Rows of it.
    pub height: usize,
    /// Side of a pixel in metres.
    pub pixel_m: f64,
    /// Where the sun stands; drawn from the seed where that is not known.
    pub sun: Option<Sun>,
    /// Level of the pixels: an L2A ground has no air above it. Unknown counts as L1C.
    pub level: Option<Level>,
}

impl Site {
    /// The site of a grid. Degrees are turned into metres; a grid without a place has 10 m pixels.
    #[must_use]
    pub fn of(grid: &Grid, sun: Option<Sun>, level: Option<Level>) -> Self {
        let step = grid.geotransform.map_or(10.0, |g| g[1].hypot(g[4]).abs());
        let degrees = grid.crs_wkt.starts_with("GEOGCRS") || grid.crs_wkt.starts_with("GEOGCS");
        let pixel_m = match (grid.geotransform.is_some() && !grid.crs_wkt.is_empty(), degrees) {
            (true, true) => step * 111_320.0,
            (true, false) => step,
            (false, _) => 10.0,
        };
        let pixel_m = if pixel_m.is_finite() && pixel_m > 0.0 { pixel_m } else { 10.0 };
        Self { width: grid.width, height: grid.height, pixel_m, sun, level }
    }

    /// Places spread evenly over the site, about half a million at most, by which cover is set: every
    /// pixel of a small site.
    #[must_use]
    pub fn sample_places(&self) -> Vec<(usize, usize)> {
        let step = ((self.width * self.height) as f64 / 500_000.0).sqrt().ceil().max(1.0) as usize;
        (step / 2..self.height)
            .step_by(step)
            .flat_map(|y| (step / 2..self.width).step_by(step).map(move |x| (x, y)))
            .collect()
    }
}

/// What cannot be simulated.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// Cover outside 0 to 1.
    #[error("a cover of {0} was asked for; expected a part from 0 to 1")]
    Cover(f64),
    /// There is nothing to put cloud over.
    #[error("no pixel is valid: everything is nodata")]
    NoPixels,
}
