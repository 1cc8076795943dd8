//! Clear pixels gathered into cells.

use super::{CELL, PLAUSIBLE};
use crate::mask::Alpha;
use crate::raster::{Plane, Window};

/// What the clear pixels of one band say, a cell at a time.
#[derive(Debug, Clone)]
pub(super) struct Cells {
    /// The part of the cell that is clear and measured, 0..1.
    pub weight: Plane<f32>,
    /// Weight × mean reflectance.
    pub sum: Plane<f32>,
    /// Area (in cells) of clear pixels whose value no product could hold.
    pub implausible: f64,
}

impl Cells {
    /// Cells that nothing was gathered into yet.
    pub(super) fn empty(width: usize, height: usize) -> Self {
        let zero = Plane::filled(width, height, 0.0);
        Self { weight: zero.clone(), sum: zero, implausible: 0.0 }
    }
}

/// A stretch of native columns or rows inside one cell: `pixels` scene pixels of native pixel
/// `native` (in the block's native window) lie in cell `cell` (of the block).
#[derive(Clone, Copy)]
struct Overlap {
    native: usize,
    cell: usize,
    pixels: f32,
}

/// How native pixels of size `ratio`, the first of which is `native_start`, overlap the cells of a
/// block along one axis.
fn overlaps(block_start: usize, block_len: usize, ratio: usize, native_start: usize) -> Vec<Overlap> {
    let mut overlaps: Vec<Overlap> = Vec::new();
    for offset in 0..block_len {
        let (native, cell) = ((block_start + offset) / ratio - native_start, offset / CELL);
        match overlaps.last_mut() {
            Some(last) if last.native == native && last.cell == cell => last.pixels += 1.0,
            _ => overlaps.push(Overlap { native, cell, pixels: 1.0 }),
        }
    }
    overlaps
}

/// Cells of one band in one block from its native reflectances.
pub(super) fn gather_band(
    plane: &Plane<f32>,
    native: Window,
    ratio: usize,
    alpha: &Alpha,
    block: Window,
) -> Cells {
    let (width, height) = (block.width.div_ceil(CELL), block.height.div_ceil(CELL));
    let mut cells = Cells::empty(width, height);
    let columns = overlaps(block.x, block.width, ratio, native.x);
    let rows = overlaps(block.y, block.height, ratio, native.y);
    let area = 1.0 / (CELL * CELL) as f32;
    let mut cloudy = vec![0_u8; native.width];
    let mut known = usize::MAX;
    for row in rows {
        if row.native != known {
            native_cover(alpha, native, row.native, ratio, &mut cloudy);
            known = row.native;
        }
        let values = plane.row(row.native);
        let weights = cells.weight.row_mut(row.cell);
        let sums = cells.sum.row_mut(row.cell);
        for column in &columns {
            let value = values[column.native];
            if cloudy[column.native] == 0 && !value.is_nan() {
                let part = row.pixels * column.pixels * area;
                if PLAUSIBLE.contains(&value) {
                    weights[column.cell] += part;
                    sums[column.cell] += part * value;
                } else {
                    cells.implausible += f64::from(part);
                }
            }
        }
    }
    cells
}

/// Whether any scene pixel under each native pixel of a row is to be replaced: a native pixel is
/// clear only where m is 0 over all its children, also those outside the block.
fn native_cover(alpha: &Alpha, native: Window, row: usize, ratio: usize, cloudy: &mut [u8]) {
    let m = &alpha.0;
    cloudy.fill(0);
    let first = (native.y + row) * ratio;
    for y in first..(first + ratio).min(m.height) {
        let children = &m.row(y)[native.x * ratio..((native.x + native.width) * ratio).min(m.width)];
        for (any, children) in cloudy.iter_mut().zip(children.chunks(ratio)) {
            *any |= children.iter().fold(0, |all, &child| all | child);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clear(width: usize, height: usize) -> Alpha {
        Alpha(Plane::filled(width, height, 0))
    }

    #[test]
    fn native_pixels_count_by_the_area_they_share_with_a_cell() {
        let overlaps = overlaps(0, 24, 6, 0);
        let shares: Vec<_> = overlaps.iter().map(|o| (o.native, o.cell, o.pixels)).collect();
        assert_eq!(shares, [(0, 0, 6.0), (1, 0, 2.0), (1, 1, 4.0), (2, 1, 4.0), (2, 2, 2.0), (3, 2, 6.0)]);
    }

    #[test]
    fn a_60_m_pixel_is_clear_only_where_all_its_children_are() {
        let mut alpha = clear(24, 24);
        alpha.0.set(7, 7, 3);
        let block = Window::new(0, 0, 24, 24);
        let native = Window::new(0, 0, 4, 4);
        let cells = gather_band(&Plane::filled(4, 4, 0.2), native, 6, &alpha, block);
        // The pixel at (1, 1) covers scene pixels 6..12: 2 × 2 of them in cell (0, 0).
        assert!((cells.weight.get(0, 0) - (64.0 - 4.0) / 64.0).abs() < 1e-6);
        assert!((cells.weight.get(1, 1) - (64.0 - 16.0) / 64.0).abs() < 1e-6);
        assert_eq!(cells.weight.get(2, 2), 1.0);
        assert!((cells.sum.get(0, 0) / cells.weight.get(0, 0) - 0.2).abs() < 1e-6);
    }

    #[test]
    fn nodata_and_impossible_values_are_left_out() {
        let mut plane = Plane::filled(8, 8, 0.1_f32);
        plane.set(0, 0, f32::NAN);
        plane.set(1, 0, 3.0e8);
        let cells = gather_band(&plane, Window::new(0, 0, 8, 8), 1, &clear(8, 8), Window::new(0, 0, 8, 8));
        assert!((cells.weight.get(0, 0) - 62.0 / 64.0).abs() < 1e-6);
        assert!((cells.implausible - 1.0 / 64.0).abs() < 1e-9);
        assert!((cells.sum.get(0, 0) / cells.weight.get(0, 0) - 0.1).abs() < 1e-6);
    }
}
