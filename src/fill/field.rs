//! Values in cells, and the smooth surface through them.

use super::CELL;
use crate::raster::{Plane, Window};

/// One value a cell. Between the centres of cells lies a quadratic B-spline surface: it has no
/// creases, and never leaves the range of the cells around it.
#[derive(Debug, Clone, PartialEq)]
pub struct Field(pub(super) Plane<f32>);

/// Weights of the previous, own and next cell for each place a pixel can have in its cell.
fn weights() -> [[f32; 3]; CELL] {
    std::array::from_fn(|place| {
        let t = (place as f32 + 0.5) / CELL as f32 - 0.5;
        [0.5 * (0.5 - t) * (0.5 - t), 0.75 - t * t, 0.5 * (0.5 + t) * (0.5 + t)]
    })
}

impl Field {
    /// A field over existing cells.
    #[must_use]
    pub fn new(cells: Plane<f32>) -> Self {
        Self(cells)
    }

    /// The surface over a window of the scene's grid. A pixel has the same value, bit for bit,
    /// whatever the window. Beyond the edge the edge cell continues.
    #[must_use]
    pub fn render(&self, window: Window) -> Plane<f32> {
        let cells = &self.0;
        let mut out = Plane::filled(window.width, window.height, 0.0_f32);
        if window.is_empty() || cells.data.is_empty() {
            return out;
        }
        let weights = weights();
        let (last_column, last_row) = (cells.width - 1, cells.height - 1);
        // Cells of the row's neighbourhood: one more on each side, clamped to the edge.
        let first = window.x / CELL;
        let count = (window.x + window.width).div_ceil(CELL) - first + 2;
        let columns: Vec<usize> =
            (0..count).map(|i| (first + i).saturating_sub(1).min(last_column)).collect();
        let mut blended = vec![0.0_f32; count];
        for y in 0..window.height {
            let (cell, place) = ((window.y + y) / CELL, (window.y + y) % CELL);
            let rows = [cell.saturating_sub(1), cell, cell + 1].map(|row| cells.row(row.min(last_row)));
            let [above, own, below] = weights[place];
            for (value, &column) in blended.iter_mut().zip(&columns) {
                *value = above * rows[0][column] + own * rows[1][column] + below * rows[2][column];
            }
            across(&blended, window.x - first * CELL, &weights, out.row_mut(y));
        }
        out
    }
}

/// Interpolates along a row of `blended` cells, the first of which lies before the row's own;
/// `skip` is the place of the row's first pixel in its cell.
#[inline]
fn across(blended: &[f32], skip: usize, weights: &[[f32; 3]; CELL], out: &mut [f32]) {
    let mut skip = skip;
    let mut rest = out;
    for near in blended.windows(3) {
        let len = (CELL - skip).min(rest.len());
        let (now, later) = rest.split_at_mut(len);
        for (value, weight) in now.iter_mut().zip(&weights[skip..]) {
            *value = weight[0] * near[0] + weight[1] * near[1] + weight[2] * near[2];
        }
        rest = later;
        skip = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bumpy(width: usize, height: usize) -> Field {
        let data = (0..width * height).map(|i| ((i * 7919) % 101) as f32 / 101.0);
        Field(Plane::from_vec(width, height, data.collect()))
    }

    proptest! {
        #[test]
        fn a_pixel_is_the_same_in_every_window(
            x in 0_usize..90, y in 0_usize..60, width in 1_usize..60, height in 1_usize..60,
        ) {
            let field = bumpy(13, 9);
            let window = Window::new(x, y, width.min(100 - x), height.min(70 - y));
            let whole = field.render(Window::new(0, 0, 100, 70));
            prop_assert_eq!(field.render(window), whole.crop(window));
        }
    }

    #[test]
    fn the_surface_stays_within_its_cells_and_has_no_creases() {
        let field = bumpy(6, 6);
        let plane = field.render(Window::new(0, 0, 48, 48));
        let (low, high) = (field.0.data.iter().copied().fold(1.0, f32::min), 1.0);
        assert!(plane.data.iter().all(|value| (low..=high).contains(value)));
        let row = plane.row(20);
        for x in 1..47 {
            // Bilinear surfaces bend by the whole difference of slopes at a cell's centre.
            assert!((row[x + 1] - 2.0 * row[x] + row[x - 1]).abs() < 2.0 / (CELL * CELL) as f32 + 1e-4);
        }
    }

    #[test]
    fn a_scene_smaller_than_a_cell_has_one_value() {
        let field = Field(Plane::filled(1, 1, 0.3_f32));
        assert!(field.render(Window::new(0, 0, 5, 1)).data.iter().all(|value| (value - 0.3).abs() < 1e-6));
    }
}
