//! Any raster of the same CRS, nearest neighbour, onto the scene's grid.

use rayon::prelude::*;

use super::Result;
use crate::progress::Monitor;
use crate::raster::{Error, Grid, Plane, Window};

/// Rows of the scene handled between two looks at the monitor.
const STRIP_ROWS: usize = 512;

/// Positions of the scene's pixels in another raster: an affine map from pixel to pixel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placement {
    x: [f64; 3],
    y: [f64; 3],
    width: usize,
    height: usize,
}

impl Placement {
    /// Pixel by pixel, or stretched so that both rasters cover the same area.
    pub(super) fn stretched(scene: &Grid, other: &Grid) -> Self {
        let across = other.width as f64 / scene.width as f64;
        let down = other.height as f64 / scene.height as f64;
        Self { x: [0.0, across, 0.0], y: [0.0, 0.0, down], width: other.width, height: other.height }
    }

    /// By the geotransforms of both; none where one lacks it or it cannot be inverted.
    pub(super) fn georeferenced(scene: &Grid, other: &Grid) -> Option<Self> {
        let (s, o) = (scene.geotransform?, other.geotransform?);
        let determinant = o[1] * o[5] - o[2] * o[4];
        if determinant == 0.0 || !determinant.is_finite() {
            return None;
        }
        let invert =
            |wx: f64, wy: f64| ((wx * o[5] - wy * o[2]) / determinant, (wy * o[1] - wx * o[4]) / determinant);
        let origin = invert(s[0] - o[0], s[3] - o[3]);
        let (per_x, per_y) = (invert(s[1], s[4]), invert(s[2], s[5]));
        Some(Self {
            x: [origin.0, per_x.0, per_y.0],
            y: [origin.1, per_x.1, per_y.1],
            width: other.width,
            height: other.height,
        })
    }

    /// Whether the other raster reaches any part of the scene.
    pub(super) fn reaches(&self, scene: &Grid) -> bool {
        let spans = |c: [f64; 3], size: usize| {
            let (width, height) = (scene.width as f64, scene.height as f64);
            let ends = [(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)];
            let ends = ends.map(|(x, y)| c[0] + c[1] * x + c[2] * y);
            let low = ends.into_iter().fold(f64::INFINITY, f64::min);
            let high = ends.into_iter().fold(f64::NEG_INFINITY, f64::max);
            low < size as f64 && high > 0.0
        };
        spans(self.x, self.width) && spans(self.y, self.height)
    }

    /// The other raster's pixel under the centre of the scene's pixel.
    #[inline]
    fn source(&self, x: usize, y: usize) -> Option<(usize, usize)> {
        let (x, y) = (x as f64 + 0.5, y as f64 + 0.5);
        // A centre exactly between two pixels must not hang on the last bit of a product.
        let place = |c: [f64; 3]| (c[0] + c[1] * x + c[2] * y + 1e-6).floor();
        let (u, v) = (place(self.x), place(self.y));
        let inside = u >= 0.0 && v >= 0.0 && u < self.width as f64 && v < self.height as f64;
        inside.then_some((u as usize, v as usize))
    }

    /// The rows of the other raster that a strip of the scene needs.
    fn rows(&self, strip: Window) -> Option<(usize, usize)> {
        let corners = [
            (strip.x, strip.y),
            (strip.x + strip.width, strip.y),
            (strip.x, strip.y + strip.height),
            (strip.x + strip.width, strip.y + strip.height),
        ];
        let rows = corners.map(|(x, y)| self.y[0] + self.y[1] * x as f64 + self.y[2] * y as f64);
        let low = rows.iter().copied().fold(f64::INFINITY, f64::min).floor().max(0.0);
        let high =
            (rows.iter().copied().fold(f64::NEG_INFINITY, f64::max).ceil() + 1.0).min(self.height as f64);
        (low < high).then_some((low as usize, high as usize))
    }
}

/// Fills `codes` (on the scene's grid) with what `read` gives for the windows of the other raster;
/// pixels outside it keep their value. Returns how many pixels it covered.
pub(super) fn paint(
    codes: &mut Plane<u8>,
    placement: &Placement,
    monitor: &dyn Monitor,
    mut read: impl FnMut(Window) -> Result<Vec<u8>>,
) -> Result<usize> {
    let grid = Grid { width: codes.width, height: codes.height, ..Grid::default() };
    let mut covered = 0;
    for strip in grid.strips(STRIP_ROWS) {
        if monitor.is_cancelled() {
            return Err(Error::Cancelled.into());
        }
        if let Some((first, last)) = placement.rows(strip) {
            let values = read(Window::new(0, first, placement.width, last - first))?;
            let rows = &mut codes.data[strip.y * grid.width..(strip.y + strip.height) * grid.width];
            covered += rows
                .par_chunks_mut(grid.width)
                .enumerate()
                .map(|(row, out)| {
                    let mut hits = 0;
                    for (x, code) in out.iter_mut().enumerate() {
                        let source = placement.source(x, strip.y + row);
                        if let Some((u, v)) = source.filter(|&(_, v)| v >= first && v < last) {
                            *code = values[(v - first) * placement.width + u];
                            hits += 1;
                        }
                    }
                    hits
                })
                .sum::<usize>();
        }
        monitor.advance(strip.len() as u64);
    }
    Ok(covered)
}
