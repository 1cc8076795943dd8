//! The grid that detectors work on, and reading bands onto it in strips.
//!
//! Up to [`FULL_PIXELS`] a detector works on the scene's own grid; larger scenes are reduced by a
//! whole factor, deterministically, so that a whole granule is masked in tens of seconds and a
//! detector may keep a few planes of its own grid in memory.

use rayon::prelude::*;

use super::Result;
use crate::progress::Monitor;
use crate::raster::resample::area_mean;
use crate::raster::{Error, Plane, Scene, SceneReader, Window};

/// Scenes of at most this many pixels are worked on at full resolution.
pub(super) const FULL_PIXELS: usize = 8 << 20;
/// Pixels of the working grid in one strip, so that all bands of a strip fit in tens of megabytes.
const STRIP_PIXELS: usize = 1 << 19;

/// A grid `factor` times coarser than the scene's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WorkGrid {
    /// Pixels of the scene along one working pixel.
    pub factor: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl WorkGrid {
    /// The finest grid of at most [`FULL_PIXELS`].
    pub(super) fn of(scene: &Scene) -> Self {
        let (width, height) = (scene.grid.width, scene.grid.height);
        let mut factor = 1;
        while width.div_ceil(factor) * height.div_ceil(factor) > FULL_PIXELS {
            factor += 1;
        }
        Self { factor, width: width.div_ceil(factor), height: height.div_ceil(factor) }
    }

    /// A length in pixels of the scene as pixels of this grid, at least 1 unless it is 0.
    pub(super) fn pixels(self, scene_px: usize) -> usize {
        (scene_px + self.factor / 2) / self.factor.max(1)
    }

    /// Words for [`super::Mask::source`], empty at full resolution.
    pub(super) fn note(self) -> String {
        if self.factor == 1 { String::new() } else { format!(", found on a grid {} × coarser", self.factor) }
    }

    fn strips(self) -> Vec<Window> {
        // What is read for a row are `factor` rows of the scene, as much wider.
        let read = self.width.max(1) * self.factor * self.factor;
        let rows = (STRIP_PIXELS / read).max(if self.factor == 1 { 16 } else { 1 });
        (0..self.height.div_ceil(rows))
            .map(|index| {
                let y = index * rows;
                Window::new(0, y, self.width, rows.min(self.height - y))
            })
            .collect()
    }

    /// Reads bands strip by strip, several strips at once, and hands each to `work`: one plane of
    /// reflectance a band (NaN where nodata) and the strip's validity. Results come in order.
    ///
    /// # Errors
    /// What reading meets, or cancellation.
    pub(super) fn strips_of<T: Send>(
        self,
        scene: &Scene,
        bands: &[usize],
        monitor: &dyn Monitor,
        work: impl Fn(&[Plane<f32>], &[bool]) -> T + Sync,
    ) -> Result<Vec<T>> {
        self.strips()
            .into_par_iter()
            .map_init(
                || SceneReader::new(scene),
                |reader, strip| {
                    let mut planes = Vec::with_capacity(bands.len());
                    for &band in bands {
                        if monitor.is_cancelled() {
                            return Err(Error::Cancelled.into());
                        }
                        planes.push(self.read(reader, band, strip)?);
                    }
                    let valid = validity(scene, bands, &planes, strip.len());
                    let result = work(&planes, &valid);
                    monitor.advance(strip.len() as u64);
                    Ok(result)
                },
            )
            .collect()
    }

    /// One band in a strip of this grid: area mean where the band is finer and nests, bilinear at
    /// pixel centres elsewhere.
    pub(super) fn read(self, reader: &mut SceneReader<'_>, band: usize, strip: Window) -> Result<Plane<f32>> {
        let info = &reader.scene().bands[band];
        let (ratio, width, height) = (info.ratio, info.grid.width, info.grid.height);
        if self.factor.is_multiple_of(ratio) {
            let step = self.factor / ratio;
            let window = fine_window(strip, step, width, height);
            return Ok(area_mean(&reader.reflectance_native(band, window)?, step));
        }
        let per_pixel = self.factor as f64 / ratio as f64;
        let columns = taps(strip.x, strip.width, per_pixel, width);
        let rows = taps(strip.y, strip.height, per_pixel, height);
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else {
            return Ok(Plane::filled(strip.width, strip.height, f32::NAN));
        };
        let window = Window::new(0, first.0, width, last.1 + 1 - first.0);
        Ok(bilinear(&reader.reflectance_native(band, window)?, &columns, &rows, first.0))
    }
}

/// The pixels of a grid `step` times finer under a strip.
fn fine_window(strip: Window, step: usize, width: usize, height: usize) -> Window {
    let (x, y) = (strip.x * step, strip.y * step);
    let right = ((strip.x + strip.width) * step).min(width);
    let bottom = ((strip.y + strip.height) * step).min(height);
    Window::new(x, y, right - x, bottom - y)
}

/// Two neighbours along an axis and the weight of the second.
type Tap = (usize, usize, f32);

fn taps(start: usize, len: usize, per_pixel: f64, size: usize) -> Vec<Tap> {
    (start..start + len)
        .map(|index| {
            let position = (index as f64 + 0.5) * per_pixel - 0.5;
            let floor = position.floor();
            let clamp = |value: f64| (value.max(0.0) as usize).min(size.saturating_sub(1));
            (clamp(floor), clamp(floor + 1.0), (position - floor) as f32)
        })
        .collect()
}

/// Bilinear samples; NaN takes no part.
fn bilinear(source: &Plane<f32>, columns: &[Tap], rows: &[Tap], first_row: usize) -> Plane<f32> {
    let mut data = Vec::with_capacity(columns.len() * rows.len());
    for &(above, below, down) in rows {
        let (above, below) = (source.row(above - first_row), source.row(below - first_row));
        for &(left, right, across) in columns {
            let corners = [
                (above[left], (1.0 - down) * (1.0 - across)),
                (above[right], (1.0 - down) * across),
                (below[left], down * (1.0 - across)),
                (below[right], down * across),
            ];
            let (mut sum, mut total) = (0.0, 0.0);
            for (value, weight) in corners {
                if !value.is_nan() && weight > 0.0 {
                    sum += value * weight;
                    total += weight;
                }
            }
            data.push(if total > 0.0 { sum / total } else { f32::NAN });
        }
    }
    Plane::from_vec(columns.len(), rows.len(), data)
}

/// A pixel is valid where any of the finest bands read was measured.
fn validity(scene: &Scene, bands: &[usize], planes: &[Plane<f32>], len: usize) -> Vec<bool> {
    let finest = bands.iter().map(|&band| scene.bands[band].ratio).min().unwrap_or(1);
    let mut valid = vec![false; len];
    for (&band, plane) in bands.iter().zip(planes) {
        if scene.bands[band].ratio == finest {
            for (valid, value) in valid.iter_mut().zip(&plane.data) {
                *valid |= !value.is_nan();
            }
        }
    }
    valid
}

/// Each working pixel's code on all its pixels of the scene.
pub(super) fn enlarge(codes: &Plane<u8>, work: WorkGrid, scene: &Scene) -> Plane<u8> {
    if work.factor == 1 {
        return codes.clone();
    }
    let (width, height) = (scene.grid.width, scene.grid.height);
    let mut out = Plane::filled(width, height, 0);
    out.data.par_chunks_mut(width.max(1)).enumerate().for_each(|(y, out)| {
        let row = codes.row(y / work.factor);
        for (pixels, &code) in out.chunks_mut(work.factor).zip(row) {
            pixels.fill(code);
        }
    });
    out
}
