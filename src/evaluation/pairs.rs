//! A pair of scenes in memory.

use super::compare::{check_grids, common_bands, read};
use super::{Error, Result};
use crate::bands::Band;
use crate::progress::Monitor;
use crate::raster::{self, Pair, Plane, Scene, SceneOptions, SceneReader};

/// Most samples (pixels times bands) of a scene that is evaluated: about 1.5 GiB with the clear
/// date and what a method makes.
pub const MAX_SAMPLES: usize = 1 << 27;

/// A pair in memory, on the bands both have.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The cloudy scene, for masking.
    pub scene: Scene,
    /// The bands of the planes.
    pub bands: Vec<Band>,
    /// Reflectance of the cloudy date, a plane a band; NaN where nothing was measured.
    pub cloudy: Vec<Plane<f32>>,
    /// Reflectance of the clear date.
    pub clear: Vec<Plane<f32>>,
}

/// Reads both scenes of a pair.
///
/// # Errors
/// Scenes that cannot be read, do not fit together, or are too large; cancelled work.
pub fn load(pair: &Pair, options: &SceneOptions, monitor: &dyn Monitor) -> Result<Loaded> {
    let cloudy = raster::open(&pair.cloudy, options)?;
    let clear = raster::open(&pair.clear, options)?;
    check_grids(&cloudy, &clear)?;
    let bands = common_bands(&cloudy, &clear)?;
    if let (Some(a), Some(b)) = (cloudy.level, clear.level)
        && a != b
    {
        monitor.warn(&format!("the cloudy date of {} is {a}, the clear one {b}", pair.name));
    }
    let window = cloudy.grid.window();
    let samples = window.len().saturating_mul(bands.len());
    if samples > MAX_SAMPLES {
        return Err(Error::TooLarge { path: pair.cloudy.clone(), samples, limit: MAX_SAMPLES });
    }
    let planes = |scene: &Scene| read(&mut SceneReader::new(scene), &bands, window, monitor);
    let (cloudy_planes, clear_planes) = (planes(&cloudy)?, planes(&clear)?);
    Ok(Loaded { scene: cloudy, bands, cloudy: cloudy_planes, clear: clear_planes })
}
