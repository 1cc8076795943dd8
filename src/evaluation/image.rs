//! One image to be measured, in memory.

use std::path::PathBuf;

use super::methods::Case;
use super::report::Lent;
use crate::bands::{Band, Level};
use crate::mask::{Alpha, Mask};
use crate::raster::{Plane, Scene};

/// A cloudy image, its mask, and the truth.
#[derive(Debug, Clone)]
pub(super) struct Image {
    /// Its name, without an extension.
    pub name: String,
    /// The scene it was cut from.
    pub scene: String,
    /// Whose cloud lies over it, where that was transplanted.
    pub lent: Option<Lent>,
    /// The bands of the planes.
    pub bands: Vec<Band>,
    /// Processing level, where known.
    pub level: Option<Level>,
    /// The cloudy date on disk; none where it was made in memory.
    pub on_disk: Option<Scene>,
    /// Reflectance of the cloudy date, a plane a band; NaN where nothing was measured.
    pub cloudy: Vec<Plane<f32>>,
    /// Reflectance of the clear date: the truth.
    pub clear: Vec<Plane<f32>>,
    /// VV and VH in dB, where they are given.
    pub s1: Option<Vec<Plane<f32>>>,
    /// Another date in the bands of the planes, where it is given.
    pub reference: Option<Vec<Plane<f32>>>,
    /// The mask by which cloud and clear are told apart.
    pub mask: Mask,
    /// The mask m: how much of each pixel is replaced.
    pub alpha: Alpha,
    /// Mean visible excess of its cloud, where that can be told.
    pub excess: Option<f64>,
    /// Paths of both dates, for messages.
    pub paths: (PathBuf, PathBuf),
    /// Its place in the report.
    pub order: (usize, usize),
}

impl Image {
    /// What a method may look at.
    pub(super) fn case(&self) -> Case<'_> {
        Case {
            name: &self.name,
            bands: &self.bands,
            level: self.level,
            cloudy: &self.cloudy,
            scene: self.on_disk.as_ref(),
            s1: self.s1.as_deref(),
            reference: self.reference.as_deref(),
            mask: &self.mask,
            alpha: &self.alpha,
        }
    }
}
