//! Bands of rows: the pieces of work of a convolution, and their input in a buffer with its border.

use super::geometry::Geometry;

/// Values of a band's buffer that stay in the second-level cache beside weights and results.
const BUFFER_VALUES: usize = 48 * 1024;

/// Pieces of work that a batch is cut into where it is large enough, so that all processors have some.
const LEAST_PIECES: usize = 8;

/// Rows below which a band would copy more border than image.
const LEAST_ROWS: usize = 4;

/// How the output images of a batch are cut into bands; depends on sizes only.
#[derive(Debug, Clone, Copy)]
pub struct Bands {
    /// Sizes of the convolution.
    pub geometry: Geometry,
    /// Output rows of a band; the last of an image may have fewer.
    pub rows: usize,
    /// Values between the rows of a buffer.
    pub pitch: usize,
}

impl Bands {
    /// Cuts a batch for vectors of `lanes` values.
    pub fn new(geometry: &Geometry, lanes: usize) -> Self {
        let [height, width] = geometry.out_size();
        let reach = geometry.reach();
        let pitch = width.next_multiple_of(lanes) + reach[1];
        let fitting = (BUFFER_VALUES / (geometry.inputs * pitch)).saturating_sub(reach[0]);
        let sharing = (height * geometry.images).div_ceil(LEAST_PIECES);
        let rows = fitting.min(sharing).clamp(LEAST_ROWS.min(height), height);
        // Even bands rather than a small last one.
        let rows = height.div_ceil(height.div_ceil(rows));
        Self { geometry: *geometry, rows, pitch }
    }

    /// Bands of one image.
    pub fn per_image(&self) -> usize {
        self.geometry.out_size()[0].div_ceil(self.rows)
    }

    /// First output row and number of rows of a band of an image.
    pub fn rows_of(&self, band: usize) -> (usize, usize) {
        let first = band * self.rows;
        (first, self.rows.min(self.geometry.out_size()[0] - first))
    }

    /// Values between the channels of a buffer for a number of output rows: an odd number of cache
    /// lines, so that neighbouring channels do not compete for the same place in the cache.
    pub fn plane(&self, rows: usize) -> usize {
        const LINE: usize = 16;
        (((rows + self.geometry.reach()[0]) * self.pitch).div_ceil(LINE) | 1) * LINE
    }

    /// Neighbouring taps that one window over the input serves: 3 for a dense kernel of 3 columns.
    pub fn run_length(&self) -> usize {
        if self.geometry.kernel[1] == 3 && self.geometry.dilation == 1 { 3 } else { 1 }
    }

    /// Distance of each run of taps of a kernel from the first, in a buffer.
    pub fn runs(&self) -> Vec<usize> {
        let [rows, columns] = self.geometry.kernel;
        let step = self.geometry.dilation;
        (0..rows)
            .flat_map(|u| (0..columns).step_by(self.run_length()).map(move |v| (u * self.pitch + v) * step))
            .collect()
    }

    /// Copies what some output rows see of a channel into a buffer's plane, with zeros around it.
    pub fn copy(&self, image: &[f32], first: usize, rows: usize, plane: &mut [f32]) {
        let [height, width] = self.geometry.size;
        let [above, left] = self.geometry.padding;
        let seen = rows + self.geometry.reach()[0];
        for (row, target) in plane.chunks_exact_mut(self.pitch).take(seen).enumerate() {
            let source = (first + row).checked_sub(above).filter(|&row| row < height);
            match source {
                Some(row) => {
                    target[..left].fill(0.0);
                    target[left..left + width].copy_from_slice(&image[row * width..][..width]);
                    target[left + width..].fill(0.0);
                }
                None => target.fill(0.0),
            }
        }
    }
}
