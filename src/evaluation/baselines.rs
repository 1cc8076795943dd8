//! What can be had without learning anything.

use super::methods::{Case, Method};
use super::{Error, Result};
use crate::bands::Band;
use crate::fill::{Prior, fill_planes};
use crate::progress::Monitor;
use crate::raster::Plane;

/// Every baseline, in the order of the tables.
pub(super) fn all() -> Vec<&'static dyn Method> {
    vec![
        &Input,
        &Constant,
        #[cfg(feature = "gdal")]
        &FillNodata,
        &MultiScaleFill,
    ]
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
        Ok(case.cloudy.to_vec())
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

#[cfg(feature = "gdal")]
struct FillNodata;

#[cfg(feature = "gdal")]
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
        for (plane, mean) in case.cloudy.iter().zip(prior) {
            if monitor.is_cancelled() {
                return Err(crate::raster::Error::Cancelled.into());
            }
            let filled = crate::raster::fill_nodata(plane, &keep, reach, 0)?;
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
        #[cfg(feature = "gdal")]
        if let Some(scene) = case.scene {
            let context = crate::fill::FillContext::build(scene, case.alpha, monitor)?;
            let indices = scene.indices_of(case.bands, "the evaluation")?;
            return Ok(context.render(&indices, scene.grid.window()));
        }
        let _ = monitor;
        Ok(fill_planes(case.cloudy, case.bands, case.level, case.alpha))
    }
}

/// The mean of clear training pixels of each band of a pair.
fn prior(case: &Case<'_>) -> Result<Vec<f32>> {
    let prior = Prior::of(case.level);
    let mean = |&band: &Band| {
        prior.mean(Some(band)).ok_or_else(|| {
            let problem = format!("no mean of clear pixels is known for band {band}");
            Error::Option { option: "--methods", problem }
        })
    };
    case.bands.iter().map(mean).collect()
}
