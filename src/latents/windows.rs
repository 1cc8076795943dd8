//! Where a scene's cloud is worth looking at.

use crate::mask::Alpha;
use crate::raster::{Plane, Window};

/// Cells of this many pixels are counted at once.
const CELL: usize = 8;

/// Up to `count` windows of `side` × `side` pixels (less in smaller scenes) that do not overlap, the most
/// masked first; those without any mask are left out.
#[must_use]
pub fn clouded(alpha: &Alpha, side: usize, count: usize) -> Vec<Window> {
    let m = &alpha.0;
    let (width, height) = (side.min(m.width), side.min(m.height));
    let sums = sums(m);
    let mut found: Vec<(u64, Window)> = Vec::new();
    for y in (0..=m.height - height).step_by((height / 2).max(CELL)) {
        for x in (0..=m.width - width).step_by((width / 2).max(CELL)) {
            let at = |x: usize, y: usize| sums[y * (m.width + 1) + x];
            let sum = at(x + width, y + height) + at(x, y) - at(x + width, y) - at(x, y + height);
            if sum > 0 {
                found.push((sum, Window::new(x, y, width, height)));
            }
        }
    }
    found.sort_by_key(|&(sum, window)| (std::cmp::Reverse(sum), window.y, window.x));
    let mut chosen: Vec<Window> = Vec::new();
    for (_, window) in found {
        if chosen.len() < count && chosen.iter().all(|other| other.intersection(window).is_empty()) {
            chosen.push(window);
        }
    }
    chosen
}

/// Sums over all pixels above and to the left of each corner.
fn sums(m: &Plane<u8>) -> Vec<u64> {
    let columns = m.width + 1;
    let mut sums = vec![0; columns * (m.height + 1)];
    for y in 0..m.height {
        let mut row = 0;
        for (x, &value) in m.row(y).iter().enumerate() {
            row += u64::from(value);
            sums[(y + 1) * columns + x + 1] = sums[y * columns + x + 1] + row;
        }
    }
    sums
}

/// Side of a sheet's cells, and of the part over which a code is fitted, in pixels.
pub const CELL_PX: usize = 128;

/// The part of a window of at most [`CELL_PX`] a side with most cloud by the window's mask, in 255ths; its first
/// corner where there is none.
#[must_use]
pub fn most_clouded(mask: Plane<u8>, window: Window) -> Window {
    let corner = Window::new(window.x, window.y, window.width.min(CELL_PX), window.height.min(CELL_PX));
    let inside = |cell: &Window| Window { x: cell.x + window.x, y: cell.y + window.y, ..*cell };
    clouded(&Alpha(mask), CELL_PX, 1).first().map_or(corner, inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_masked_windows_come_first_and_do_not_overlap() {
        let mut m = Plane::filled(200, 100, 0);
        (20..40).for_each(|y| m.row_mut(y)[150..190].fill(255));
        m.set(3, 3, 90);
        let found = clouded(&Alpha(m), 64, 5);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].x >= 96 && found[1].x == 0, "{found:?}");
        assert!(found[0].intersection(found[1]).is_empty());
        assert!(clouded(&Alpha(Plane::filled(20, 10, 0)), 64, 5).is_empty());
        assert_eq!(clouded(&Alpha(Plane::filled(20, 10, 1)), 64, 5), [Window::new(0, 0, 20, 10)]);
    }
}
