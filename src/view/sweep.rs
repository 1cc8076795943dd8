//! A sweep sheet on the screen: many images of one place, drawn by one shader under one stretch.
//!
//! [`SweepLook::color`] is the twin of `shaders/sweep.wgsl` on the CPU.

mod callback;
mod pipeline;

pub use callback::paint_sweep;
pub use pipeline::{SweepBuffer, SweepRenderer};

/// Most texels looked at along a pixel's side.
const MOST: usize = 4;

/// How a sheet's numbers lie in memory and how they are drawn. Images are reflectance,
/// `[cells, bands, height, width]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SweepLook {
    /// Cells in a row.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// Cells that are there.
    pub cells: usize,
    /// Width of a cell in texels.
    pub width: usize,
    /// Height of a cell in texels.
    pub height: usize,
    /// Where the first number lies.
    pub offset: usize,
    /// Numbers from one cell, band, row and column to the next.
    pub strides: [usize; 4],
    /// Places of red, green and blue among the bands.
    pub channels: [usize; 3],
    /// Reflectance drawn darkest.
    pub lo: [f32; 3],
    /// Reflectance drawn brightest.
    pub hi: [f32; 3],
    /// Brightens the middle where above 1.
    pub gamma: f32,
    /// Pixels of the screen between cells.
    pub gap_px: f32,
}

impl SweepLook {
    /// Where a position in pixels from the sheet's corner lies: the cell, and the texel in it. None in a gap,
    /// outside, and in a cell that is not there. `size_px` is the sheet's size on the screen.
    #[must_use]
    pub fn at(&self, position: [f32; 2], size_px: [f32; 2]) -> Option<(usize, [f32; 2])> {
        let grid = [self.columns, self.rows];
        let (mut place, mut texel) = ([0; 2], [0.0; 2]);
        for axis in 0..2 {
            let pitch = (size_px[axis] + self.gap_px) / grid[axis] as f32;
            let step = (position[axis] / pitch).floor().clamp(0.0, grid[axis] as f32 - 1.0);
            let (inner, side) = (position[axis] - step * pitch, pitch - self.gap_px);
            if inner < 0.0 || inner >= side {
                return None;
            }
            place[axis] = step as usize;
            texel[axis] = inner * ([self.width, self.height][axis] as f32 / side);
        }
        let cell = place[1] * self.columns + place[0];
        (cell < self.cells).then_some((cell, texel))
    }

    /// The colour of a position in pixels from the sheet's corner: red, green, blue and alpha, sRGB-encoded;
    /// alpha is 0 in gaps and where nothing was measured.
    ///
    /// # Formulas
    /// A channel is clamp((v − lo) / (hi − lo), 0, 1)^(1/gamma), v the mean of the texels under the pixel.
    ///
    /// # Panics
    /// Where `values` are fewer than the shape and strides say: a programming error.
    #[must_use]
    pub fn color(&self, values: &[f32], position: [f32; 2], size_px: [f32; 2]) -> [u8; 4] {
        let Some((cell, texel)) = self.at(position, size_px) else { return [0; 4] };
        let grid = [self.columns, self.rows];
        let shape = [self.width, self.height];
        let step = [0, 1].map(|axis| {
            let pitch = (size_px[axis] + self.gap_px) / grid[axis] as f32;
            shape[axis] as f32 / (pitch - self.gap_px)
        });
        let Some(mean) = self.mean(values, cell, texel, step) else { return [0; 4] };
        let (width, exponent) = (self.ramp(), 1.0 / self.gamma);
        let [r, g, b] = [0, 1, 2].map(|c| {
            let t = ((mean[c] - self.lo[c]) / width[c]).clamp(0.0, 1.0);
            (255.0 * t.powf(exponent)).round() as u8
        });
        [r, g, b, 255]
    }

    /// Upper less lower limits, never 0.
    fn ramp(&self) -> [f32; 3] {
        [0, 1, 2].map(|c| {
            let width = self.hi[c] - self.lo[c];
            if width.abs() < 1e-12 { 1e-12 } else { width }
        })
    }

    /// The mean of the measured texels under a pixel.
    fn mean(&self, values: &[f32], cell: usize, at: [f32; 2], step: [f32; 2]) -> Option<[f32; 3]> {
        let count = step.map(|step| ((step - 0.001).ceil() as usize).clamp(1, MOST));
        let shape = [self.width, self.height];
        let (mut sum, mut weight) = ([0.0_f32; 3], 0.0_f32);
        for j in 0..count[1] {
            for i in 0..count[0] {
                let [x, y] = [0, 1].map(|axis| {
                    let part = ([i, j][axis] as f32 + 0.5) / count[axis] as f32 - 0.5;
                    let texel = (at[axis] + part * step[axis]).floor().max(0.0) as usize;
                    texel.min(shape[axis] - 1)
                });
                let [of_cell, of_band, of_row, of_column] = self.strides;
                let own = self.channels.map(|band| {
                    values[self.offset + cell * of_cell + band * of_band + y * of_row + x * of_column]
                });
                if own.iter().all(|value| value.abs() <= 1.0e8) {
                    sum = [0, 1, 2].map(|c| sum[c] + own[c]);
                    weight += 1.0;
                }
            }
        }
        (weight > 0.0).then(|| sum.map(|sum| sum / weight))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look() -> SweepLook {
        SweepLook {
            columns: 2,
            rows: 2,
            cells: 3,
            width: 4,
            height: 2,
            offset: 0,
            strides: [8, 8, 4, 1],
            channels: [0; 3],
            lo: [0.0; 3],
            hi: [1.0; 3],
            gamma: 1.0,
            gap_px: 2.0,
        }
    }

    #[test]
    fn positions_are_found_in_cells_and_not_between_them() {
        let (look, size) = (look(), [18.0, 10.0]);
        assert_eq!(look.at([0.5, 0.5], size), Some((0, [0.25, 0.25])));
        assert_eq!(look.at([8.5, 0.5], size), None, "a gap");
        assert_eq!(look.at([10.5, 0.5], size), Some((1, [0.25, 0.25])));
        assert_eq!(look.at([0.5, 6.5], size), Some((2, [0.25, 0.25])));
        assert_eq!(look.at([10.5, 6.5], size), None, "the fourth cell is not there");
        assert_eq!(look.at([18.5, 0.5], size), None);
    }

    #[test]
    fn cells_have_one_stretch_and_what_was_not_measured_is_not_drawn() {
        let mut values = vec![0.0; 24];
        values[8..16].fill(0.5);
        values[16] = f32::NAN;
        let (look, size) = (look(), [18.0, 10.0]);
        assert_eq!(look.color(&values, [0.5, 0.5], size), [0, 0, 0, 255]);
        assert_eq!(look.color(&values, [10.5, 0.5], size), [128, 128, 128, 255]);
        assert_eq!(look.color(&values, [0.5, 6.5], size), [0; 4]);
    }
}
