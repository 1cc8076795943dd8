//! A plane of bytes that many may hold while one paints on it.

use std::sync::Arc;

use crate::raster::{Plane, Window};

/// Rows of a strip. What is painted on while others hold it is copied strip by strip: few rows make a dab cheap, and a
/// whole granule still has only some hundred strips.
const ROWS: usize = 32;

/// One byte a pixel, in strips of rows. A clone shares them, so that it costs the window's thread nothing to hand a
/// mask to a job; painting copies only the strips that it touches and that somebody else still holds.
#[derive(Debug, Clone)]
pub struct Strips {
    width: usize,
    height: usize,
    parts: Vec<Arc<Plane<u8>>>,
}

impl Strips {
    /// Cuts a plane up. It copies every pixel, so this is work for another thread than the window's.
    #[must_use]
    pub fn of(plane: &Plane<u8>) -> Self {
        let strips = plane.data.chunks(ROWS * plane.width.max(1)).map(|rows| {
            Arc::new(Plane::from_vec(plane.width, rows.len() / plane.width.max(1), rows.to_vec()))
        });
        Self { width: plane.width, height: plane.height, parts: strips.collect() }
    }

    /// Columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// The value at column `x`, row `y`.
    #[must_use]
    pub fn get(&self, x: usize, y: usize) -> u8 {
        self.row(y)[x]
    }

    /// Row `y`.
    #[must_use]
    pub fn row(&self, y: usize) -> &[u8] {
        self.parts[y / ROWS].row(y % ROWS)
    }

    /// Row `y`, to be changed; those who hold a clone keep what they have.
    pub fn row_mut(&mut self, y: usize) -> &mut [u8] {
        Arc::make_mut(&mut self.parts[y / ROWS]).row_mut(y % ROWS)
    }

    /// A copy of the part inside `window`, which must lie inside the plane.
    #[must_use]
    pub fn crop(&self, window: Window) -> Plane<u8> {
        let rows = window.y..window.y + window.height;
        let data = rows.flat_map(|y| &self.row(y)[window.x..window.x + window.width]);
        Plane::from_vec(window.width, window.height, data.copied().collect())
    }

    /// Bytes of strips that it does not share with another of the same size.
    #[must_use]
    pub fn bytes_apart(&self, other: &Self) -> usize {
        let pairs = self.parts.iter().zip(&other.parts);
        pairs.filter(|(own, other)| !Arc::ptr_eq(own, other)).map(|(own, _)| own.data.len()).sum()
    }

    /// All of it as one plane. It copies every pixel, so this is work for another thread than the window's.
    #[must_use]
    pub fn whole(&self) -> Plane<u8> {
        let data: Vec<_> = self.parts.iter().map(|strip| strip.data.as_slice()).collect();
        Plane::from_vec(self.width, self.height, data.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_hold_what_the_plane_held() {
        for (width, height) in [(5, 3), (7, 32), (4, 33), (3, 100), (0, 0), (0, 4)] {
            let data = (0..width * height).map(|i| (i % 251) as u8).collect();
            let plane = Plane::from_vec(width, height, data);
            let strips = Strips::of(&plane);
            assert_eq!((strips.width(), strips.height()), (width, height));
            assert_eq!(strips.whole(), plane);
            if height > 2 && width > 1 {
                let window = Window::new(1, 1, width - 1, height - 2);
                assert_eq!(strips.crop(window), plane.crop(window));
            }
        }
    }

    #[test]
    fn who_holds_a_clone_does_not_see_what_is_painted_after_and_untouched_strips_are_shared() {
        let mut strips = Strips::of(&Plane::filled(6, 4 * ROWS, 1_u8));
        let held = strips.clone();
        strips.row_mut(ROWS + 2)[3] = 9;
        assert_eq!((strips.get(3, ROWS + 2), held.get(3, ROWS + 2)), (9, 1));
        let shared = strips.parts.iter().zip(&held.parts).filter(|(a, b)| Arc::ptr_eq(a, b)).count();
        assert_eq!(shared, 3, "only the strip that was painted on was copied");
    }
}
