//! Cloud and shadow masks: from the product, from an algorithm, from the user.

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
