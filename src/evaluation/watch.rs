//! Somebody who looks on while images are measured: a window that shows them, an album that keeps some.

use std::path::Path;

use super::Result;
use super::methods::{Case, Method};
use super::report::ImageReport;
use crate::metrics::Comparison;
use crate::progress::Monitor;
use crate::raster::Plane;

/// What a method has just made of an image, and how good that is. It is gone after the call.
#[derive(Clone, Copy)]
pub struct Made<'a> {
    /// Which set of the configuration, from 0.
    pub set: usize,
    /// What the method saw.
    pub case: Case<'a>,
    /// Whose cloud lies over the image, where that was transplanted.
    pub donor: Option<&'a str>,
    /// Where the cloudy (or the donor's) and the clear date lie.
    pub paths: (&'a Path, &'a Path),
    /// Reflectance of the clear date, a plane a band.
    pub truth: &'a [Plane<f32>],
    /// Who made it.
    pub method: &'a dyn Method,
    /// Reflectance of the surface put into the cloudy image.
    pub result: &'a [Plane<f32>],
    /// How near it is to the truth.
    pub measured: &'a Comparison,
}

/// Looks on. Every call comes on the thread that evaluates, which waits for it.
pub trait Watch {
    /// A method has made and measured an image; baselines come before models.
    ///
    /// # Errors
    /// What ends the evaluation.
    fn made(&mut self, made: &Made<'_>, monitor: &dyn Monitor) -> Result<()> {
        let _ = (made, monitor);
        Ok(())
    }

    /// All methods have been measured on an image of a set. Transplanted images come donor by donor, not in the
    /// report's order.
    fn measured(&mut self, set: usize, image: &ImageReport) {
        let _ = (set, image);
    }
}

/// Nobody looks on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {}

/// Several who look on, one after the other.
pub struct Watchers<'w>(pub Vec<&'w mut dyn Watch>);

impl Watch for Watchers<'_> {
    fn made(&mut self, made: &Made<'_>, monitor: &dyn Monitor) -> Result<()> {
        self.0.iter_mut().try_for_each(|watch| watch.made(made, monitor))
    }

    fn measured(&mut self, set: usize, image: &ImageReport) {
        self.0.iter_mut().for_each(|watch| watch.measured(set, image));
    }
}
