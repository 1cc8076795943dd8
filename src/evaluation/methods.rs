//! The methods that are measured: each makes what lies under cloud; all are put into the cloudy
//! image by the same composite.
//!
//! A new method is one type here (or in its own file) and one line in [`METHODS`].

use super::pairs::Loaded;
use super::{Error, Result};
use crate::bands::Band;
use crate::fill::{FillContext, Prior};
use crate::mask::{Alpha, INVALID, Mask};
use crate::progress::Monitor;
use crate::raster::{Plane, fill_nodata};

/// What a method may look at: the cloudy date and its mask, never the clear date.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The cloudy date; its `clear` planes must not be read.
    pub pair: &'a Loaded,
    /// Its mask.
    pub mask: &'a Mask,
    /// How much of each pixel is replaced.
    pub alpha: &'a Alpha,
}

impl Case<'_> {
    /// 1 where a pixel is kept as it is (m = 0 and something was measured), else 0.
    fn keep(&self) -> Plane<u8> {
        let kept = |(&alpha, &code): (&u8, &u8)| u8::from(alpha == 0 && code != INVALID);
        let data = self.alpha.0.data.iter().zip(&self.mask.codes.data).map(kept).collect();
        Plane::from_vec(self.alpha.0.width, self.alpha.0.height, data)
    }
}

/// A way to know what lies under cloud.
pub trait Method: Sync {
    /// The name in options and tables.
    fn name(&self) -> &'static str;

    /// What it is, in a line, with its parameters.
    fn summary(&self) -> &'static str;

    /// Reflectance of the place without cloud, a plane a band. Only what lies under m counts.
    ///
    /// # Errors
    /// Whatever its work meets.
    fn surface(&self, case: &Case<'_>, monitor: &dyn Monitor) -> Result<Vec<Plane<f32>>>;
}

/// Every method, in the order of the tables.
static METHODS: [&dyn Method; 4] = [&Input, &Constant, &FillNodata, &MultiScaleFill];

/// The method the others are compared with, image by image.
pub const BASELINE: &str = "fill";

/// All methods.
#[must_use]
pub fn methods() -> &'static [&'static dyn Method] {
    &METHODS
}

/// The methods of these names; all of them for none.
///
/// # Errors
/// [`Error::Option`] for a name that no method has.
pub fn choose(names: &[String]) -> Result<Vec<&'static dyn Method>> {
    if names.is_empty() {
        return Ok(METHODS.to_vec());
    }
    let find = |name: &String| {
        METHODS.iter().copied().find(|method| method.name() == name).ok_or_else(|| Error::Option {
            option: "--methods",
            problem: format!(
                "there is no method \"{name}\"; expected some of {}",
                METHODS.map(Method::name).join(", ")
            ),
        })
    };
    names.iter().map(find).collect()
}

/// `comp(x, ŷ) = (1 − m)·x + m·ŷ`; where m is 0 the pixel is x itself.
#[must_use]
pub fn composite(cloudy: &Plane<f32>, surface: &Plane<f32>, alpha: &Alpha) -> Plane<f32> {
    let blend = |((&x, &y), &alpha): ((&f32, &f32), &u8)| {
        let m = f32::from(alpha) / 255.0;
        if alpha == 0 { x } else { (1.0 - m) * x + m * y }
    };
    let data = cloudy.data.iter().zip(&surface.data).zip(&alpha.0.data).map(blend).collect();
    Plane::from_vec(cloudy.width, cloudy.height, data)
}

struct Input;

impl Method for Input {
    fn name(&self) -> &'static str {
        "input"
    }

    fn summary(&self) -> &'static str {
        "the cloudy image itself"
    }

    fn surface(&self, case: &Case<'_>, _: &dyn Monitor) -> Result<Vec<Plane<f32>>> {
        Ok(case.pair.cloudy.clone())
    }
}

struct Constant;

impl Method for Constant {
    fn name(&self) -> &'static str {
        "constant"
    }

    fn summary(&self) -> &'static str {
        "the mean of the clear training pixels, a number a band"
    }

    fn surface(&self, case: &Case<'_>, _: &dyn Monitor) -> Result<Vec<Plane<f32>>> {
        let (width, height) = (case.alpha.0.width, case.alpha.0.height);
        Ok(prior(case)?.into_iter().map(|mean| Plane::filled(width, height, mean)).collect())
    }
}

struct FillNodata;

impl Method for FillNodata {
    fn name(&self) -> &'static str {
        "fillnodata"
    }

    fn summary(&self) -> &'static str {
        "GDAL's FillNodata over every pixel with m > 0: unlimited distance, no smoothing"
    }

    fn surface(&self, case: &Case<'_>, monitor: &dyn Monitor) -> Result<Vec<Plane<f32>>> {
        let keep = case.keep();
        let reach = (keep.width + keep.height) as f64;
        let prior = prior(case)?;
        let mut planes = Vec::with_capacity(prior.len());
        for (plane, mean) in case.pair.cloudy.iter().zip(prior) {
            if monitor.is_cancelled() {
                return Err(crate::raster::Error::Cancelled.into());
            }
            let filled = fill_nodata(plane, &keep, reach, 0)?;
            // Nothing is in reach only where no pixel is clear at all.
            planes.push(filled.map(|value| if value.is_nan() { mean } else { value }));
        }
        Ok(planes)
    }
}

struct MultiScaleFill;

impl Method for MultiScaleFill {
    fn name(&self) -> &'static str {
        "fill"
    }

    fn summary(&self) -> &'static str {
        "the multi-scale fill: normalised convolution of the clear pixels, coarse to fine"
    }

    fn surface(&self, case: &Case<'_>, monitor: &dyn Monitor) -> Result<Vec<Plane<f32>>> {
        let scene = &case.pair.scene;
        let context = FillContext::build(scene, case.alpha, monitor)?;
        let indices = scene.indices_of(&case.pair.bands, "the evaluation")?;
        Ok(context.render(&indices, scene.grid.window()))
    }
}

/// The mean of clear training pixels of each band of a pair.
fn prior(case: &Case<'_>) -> Result<Vec<f32>> {
    let prior = Prior::of(case.pair.scene.level);
    let mean = |&band: &Band| {
        prior.mean(Some(band)).ok_or_else(|| {
            let problem = format!("no mean of clear pixels is known for band {band}");
            Error::Option { option: "--methods", problem }
        })
    };
    case.pair.bands.iter().map(mean).collect()
}
