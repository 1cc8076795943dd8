//! The fill of one scene.

use rayon::prelude::*;

use super::Field;
use super::base::{Total, bases};
use super::gather::gather;
use super::smooth::estimate;
use crate::mask::Alpha;
use crate::progress::Monitor;
use crate::raster::{Error, Plane, Result, Scene, SceneBand, Window};

/// The fill of every band of a scene, ready to be rendered anywhere.
#[derive(Debug, Clone)]
pub struct FillContext {
    fields: Vec<Field>,
    clear_fraction: f64,
}

impl FillContext {
    /// Reads the scene once, on all cores, and computes its fill; `alpha` lies on the scene's grid.
    /// It keeps one `f32` a band and cell of 8 × 8 pixels: 98 MB for 10 980 × 10 980 × 13.
    ///
    /// # Errors
    /// What reading meets, [`Error::Cancelled`], and [`Error::Option`] where most clear pixels of a
    /// band are no reflectances, so that `--radiometry` must be wrong.
    pub fn build(scene: &Scene, alpha: &Alpha, monitor: &dyn Monitor) -> Result<Self> {
        if (alpha.0.width, alpha.0.height) != (scene.grid.width, scene.grid.height) {
            return Err(Error::GridMismatch {
                path: scene.path.clone(),
                problem: format!(
                    "the mask has {} × {} pixels, the scene {} × {}",
                    alpha.0.width, alpha.0.height, scene.grid.width, scene.grid.height
                ),
            });
        }
        let cells = gather(scene, alpha, monitor)?;
        let totals: Vec<Total> = cells.iter().map(Total::of).collect();
        for (band, total) in scene.bands.iter().zip(&totals) {
            check(band, total)?;
        }
        let bands: Vec<_> = scene.bands.iter().map(|band| band.band).collect();
        let bases = bases(&bands, scene.level, &totals);
        monitor.stage("fill", cells.len() as u64);
        let fields = cells
            .into_par_iter()
            .zip(bases)
            .map(|(cells, base)| {
                if monitor.is_cancelled() {
                    return Err(Error::Cancelled);
                }
                let field = Field::new(estimate(&cells.weight, &cells.sum, base));
                monitor.advance(1);
                Ok(field)
            })
            .collect::<Result<Vec<_>>>()?;
        let clear = totals.iter().map(|total| total.weight).fold(0.0, f64::max);
        let all = scene.grid.window().len() as f64 / (super::CELL * super::CELL) as f64;
        Ok(Self { fields, clear_fraction: clear / all })
    }

    /// The part of the scene that is clear in the band that is clear most, 0..1. At 0 the fill is
    /// nothing but the training mean.
    #[must_use]
    pub fn clear_fraction(&self) -> f64 {
        self.clear_fraction
    }

    /// The fill of some bands (indices into the scene's) over a window of the scene's grid, in
    /// reflectance: one plane a band, never NaN, the same whatever the window.
    #[must_use]
    pub fn render(&self, bands: &[usize], window: Window) -> Vec<Plane<f32>> {
        bands.iter().map(|&band| self.fields[band].render(window)).collect()
    }
}

/// Refuses a band most of whose clear pixels are no reflectances.
fn check(band: &SceneBand, total: &Total) -> Result<()> {
    let optical = band.is_reflectance();
    if optical && total.implausible > total.weight {
        return Err(Error::Option {
            option: "--radiometry",
            problem: format!(
                "read as \"{}\", most pixels of band {} have reflectances outside {} to {}; say how stored numbers relate to reflectance, for example --radiometry 10000",
                band.radiometry,
                band.name,
                super::PLAUSIBLE.start(),
                super::PLAUSIBLE.end()
            ),
        });
    }
    Ok(())
}
