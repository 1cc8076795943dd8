//! One scene measured against another, in strips: memory does not grow with the scene's height.

use serde::{Deserialize, Serialize};

use super::{Error, Result};
use crate::bands::Band;
use crate::mask::Mask;
use crate::metrics::{BandMeasures, Comparison, PairedSums, Region, Strip};
use crate::progress::Monitor;
use crate::raster::{self, Plane, Scene, SceneReader, Window, grid_difference};

/// Samples (pixels times bands) of one image held at a time.
const STRIP_SAMPLES: usize = 8 << 20;

/// What a comparison of two scenes says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// The measures.
    pub comparison: Comparison,
    /// The bands both have, which were compared.
    pub bands: Vec<Band>,
    /// The measures of each of them, over all pixels.
    pub by_band: Vec<BandMeasures>,
}

/// The Sentinel-2 bands that two scenes have in common, in the project's order. Bands nobody
/// knows, such as `synthetic` and `spread` of an export, and radar are never among them.
///
/// # Errors
/// [`Error::NoCommonBand`] where there is none.
pub fn common_bands(image: &Scene, reference: &Scene) -> Result<Vec<Band>> {
    let mut bands = optical_bands(image);
    bands.retain(|&band| reference.index_of(band).is_some());
    if bands.is_empty() {
        return Err(Error::NoCommonBand {
            image: image.path.clone(),
            image_bands: image.band_list(),
            reference: reference.path.clone(),
            reference_bands: reference.band_list(),
        });
    }
    Ok(bands)
}

/// The Sentinel-2 bands of a scene, in the project's order.
pub(super) fn optical_bands(scene: &Scene) -> Vec<Band> {
    let mut bands: Vec<_> =
        scene.bands.iter().filter_map(|band| band.band).filter(|band| band.is_optical()).collect();
    bands.sort_unstable();
    bands
}

/// Checks that two scenes have their pixels in the same places: the same size and, where both
/// have one, the same CRS and geotransform.
///
/// # Errors
/// [`Error::Grids`] with what differs.
pub fn check_grids(image: &Scene, reference: &Scene) -> Result<()> {
    let Some(problem) = grid_difference(&image.grid, &reference.grid) else { return Ok(()) };
    Err(Error::Grids { problem, image: image.path.clone(), reference: reference.path.clone() })
}

/// Measures `image` against `reference` on the bands both have, on the reference grid of both
/// (coarser bands interpolated), and apart by a mask on that grid where one is given.
///
/// # Errors
/// Scenes that do not fit together, have nothing in common or cannot be read; cancelled work.
pub fn compare(
    image: &Scene,
    reference: &Scene,
    mask: Option<&Mask>,
    monitor: &dyn Monitor,
) -> Result<Compared> {
    let bands = common_bands(image, reference)?;
    check_grids(image, reference)?;
    let grid = &image.grid;
    let mut sums = PairedSums::new(&bands, grid.width, grid.height);
    let mut readers = (SceneReader::new(image), SceneReader::new(reference));
    let rows = (STRIP_SAMPLES / (grid.width * bands.len())).clamp(16, 1024);
    monitor.stage("comparing", grid.height as u64);
    for strip in grid.strips(rows) {
        let range = strip.y..strip.y + strip.height;
        let support = sums.support(&range);
        let part = Strip {
            image: read(&mut readers.0, &bands, support, monitor)?,
            reference: read(&mut readers.1, &bands, support, monitor)?,
            codes: mask.map(|mask| mask.codes.crop(support)),
        };
        sums.add(range, part)?;
        monitor.advance(strip.height as u64);
    }
    let comparison = sums.comparison();
    if comparison.all.pixels == 0 {
        return Err(Error::NothingValid { image: image.path.clone(), reference: reference.path.clone() });
    }
    Ok(Compared { comparison, bands, by_band: sums.band_measures(Region::All) })
}

/// Reflectance of several bands in a window of the scene's grid.
pub(super) fn read(
    reader: &mut SceneReader<'_>,
    bands: &[Band],
    window: Window,
    monitor: &dyn Monitor,
) -> Result<Vec<Plane<f32>>> {
    let indices = reader.scene().indices_of(bands, "the comparison")?;
    let mut planes = Vec::with_capacity(bands.len());
    for index in indices {
        if monitor.is_cancelled() {
            return Err(raster::Error::Cancelled.into());
        }
        planes.push(reader.reflectance(index, window)?);
    }
    Ok(planes)
}
