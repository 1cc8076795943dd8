//! Where the scene measured anything at all.

use super::{INVALID, Result};
use crate::progress::Monitor;
use crate::raster::{Error, Plane, Scene, SceneReader};

/// Rows read at a time.
const STRIP_ROWS: usize = 512;

/// Marks as [`INVALID`] every pixel where all bands of the scene's own (finest) resolution are
/// nodata. A further band is read only where those before it left a doubt, so a scene without
/// nodata costs one band.
pub(super) fn apply(codes: &mut Plane<u8>, scene: &Scene, monitor: &dyn Monitor) -> Result<()> {
    let mut reader = SceneReader::new(scene);
    monitor.stage("nodata", scene.grid.window().len() as u64);
    let finest: Vec<usize> = (0..scene.bands.len()).filter(|&index| scene.bands[index].ratio == 1).collect();
    for strip in scene.grid.strips(STRIP_ROWS) {
        let mut empty = vec![true; strip.len()];
        for &band in &finest {
            if monitor.is_cancelled() {
                return Err(Error::Cancelled.into());
            }
            let values = reader.reflectance_native(band, strip)?;
            let mut doubt = false;
            for (empty, value) in empty.iter_mut().zip(&values.data) {
                *empty &= value.is_nan();
                doubt |= *empty;
            }
            if !doubt {
                break;
            }
        }
        let start = strip.y * codes.width;
        for (code, empty) in codes.data[start..start + strip.len()].iter_mut().zip(empty) {
            if empty {
                *code = INVALID;
            }
        }
        monitor.advance(strip.len() as u64);
    }
    Ok(())
}
