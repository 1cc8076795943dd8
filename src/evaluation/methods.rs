//! What is measured: a [`Method`] makes what lies under cloud; all are put into the cloudy image by the
//! same composite.
//!
//! A new baseline is one type in `baselines.rs` and one line in its list; a model joins the table by
//! implementing [`Method`] wherever it lives.

use burn::tensor::Device;

use super::provenance::ModelReport;
use super::{Error, Result, baselines};
use crate::bands::{Band, Level};
use crate::mask::{Alpha, INVALID, Mask};
use crate::networks::Model;
use crate::progress::Monitor;
use crate::raster::{Plane, Scene};

/// What a method may look at: the cloudy date and its mask, and what is given besides; never the clear date.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The image's name.
    pub name: &'a str,
    /// The bands, in the order of the planes.
    pub bands: &'a [Band],
    /// Processing level, where known.
    pub level: Option<Level>,
    /// Reflectance of the cloudy date on its 10 m grid, a plane a band; NaN where nothing was measured.
    pub cloudy: &'a [Plane<f32>],
    /// The cloudy date on disk with its bands at native sizes; none for images made in memory.
    pub scene: Option<&'a Scene>,
    /// Sentinel-1 VV and VH in dB on the same grid, where they are given; NaN where nothing was measured.
    pub s1: Option<&'a [Plane<f32>]>,
    /// Reflectance of the same bands on another, clear date, where it is given.
    pub reference: Option<&'a [Plane<f32>]>,
    /// Its mask.
    pub mask: &'a Mask,
    /// How much of each pixel is replaced.
    pub alpha: &'a Alpha,
}

impl Case<'_> {
    /// 1 where a pixel is kept as it is (m = 0 and something was measured), else 0.
    pub(super) fn keep(&self) -> Plane<u8> {
        let kept = |(&alpha, &code): (&u8, &u8)| u8::from(alpha == 0 && code != INVALID);
        let data = self.alpha.0.data.iter().zip(&self.mask.codes.data).map(kept).collect();
        Plane::from_vec(self.alpha.0.width, self.alpha.0.height, data)
    }
}

/// A way to know what lies under cloud.
pub trait Method {
    /// The name in options and tables.
    fn name(&self) -> &str;

    /// What it is, in a line, with its parameters.
    fn summary(&self) -> &str;

    /// Reflectance of the place without cloud, a plane for each of the case's bands and of their size.
    /// Only what lies under m counts. Where several surfaces are plausible, the one that is exported.
    ///
    /// # Errors
    /// Whatever its work meets; [`Error::Method`] for what this module cannot know.
    fn surface(&self, case: &Case<'_>, monitor: &dyn Monitor) -> Result<Vec<Plane<f32>>>;

    /// Another plausible surface: sample `index` under `seed`. None for a method that knows only one.
    ///
    /// # Errors
    /// As [`Method::surface`].
    fn sample(
        &self,
        case: &Case<'_>,
        seed: u64,
        index: u64,
        monitor: &dyn Monitor,
    ) -> Option<Result<Vec<Plane<f32>>>> {
        let _ = (case, seed, index, monitor);
        None
    }

    /// The trained model behind it, on its device; none for what learned nothing.
    fn model(&self) -> Option<(&Model, &Device)> {
        None
    }

    /// The case's own cloud put back over a result: the cycle A→B→A. None for a method that knows no cloud, and
    /// where it cannot look at such an image.
    ///
    /// # Errors
    /// As [`Method::surface`].
    fn put_back(
        &self,
        case: &Case<'_>,
        result: &[Plane<f32>],
        monitor: &dyn Monitor,
    ) -> Option<Result<Vec<Plane<f32>>>> {
        let _ = (case, result, monitor);
        None
    }

    /// What its figures are to be traced back to; none for what was not learned.
    fn provenance(&self) -> Option<ModelReport> {
        None
    }
}

/// The method the others are compared with, image by image.
pub const BASELINE: &str = "fill";

/// Names of all baselines, in the order of the tables.
pub(super) fn baseline_names() -> Vec<&'static str> {
    baselines::all().into_iter().map(Method::name).collect()
}

/// The baselines of these names (all of them for none), then the models.
///
/// # Errors
/// [`Error::Option`] for a name that no baseline has, and for two methods of one name.
pub fn choose<'a>(names: &[String], models: &[&'a dyn Method]) -> Result<Vec<&'a dyn Method>> {
    let known = baselines::all();
    let fail = |option: &'static str, problem: String| Err(Error::Option { option, problem });
    if let Some(name) = names.iter().find(|name| !known.iter().any(|method| method.name() == *name)) {
        let all: Vec<_> = known.iter().map(|method| method.name()).collect();
        return fail(
            "--methods",
            format!("there is no method \"{name}\"; expected some of {}", all.join(", ")),
        );
    }
    let wanted = |method: &&'a dyn Method| names.is_empty() || names.iter().any(|name| name == method.name());
    let chosen: Vec<_> = known.into_iter().filter(wanted).chain(models.iter().copied()).collect();
    for (index, method) in chosen.iter().enumerate() {
        if chosen[..index].iter().any(|other| other.name() == method.name()) {
            return fail(
                "MODEL",
                format!("two methods are called \"{}\"; each model needs a name of its own", method.name()),
            );
        }
    }
    Ok(chosen)
}

/// `comp(x, ŷ) = (1 − m)·x + m·ŷ`; where m is 0, or nothing else is put there, the pixel is x itself, to the bit.
#[must_use]
pub fn composite(cloudy: &Plane<f32>, surface: &Plane<f32>, alpha: &Alpha) -> Plane<f32> {
    let blend = |((&x, &y), &alpha): ((&f32, &f32), &u8)| {
        let m = f32::from(alpha) / 255.0;
        if alpha == 0 || x.to_bits() == y.to_bits() { x } else { (1.0 - m) * x + m * y }
    };
    let data = cloudy.data.iter().zip(&surface.data).zip(&alpha.0.data).map(blend).collect();
    Plane::from_vec(cloudy.width, cloudy.height, data)
}
