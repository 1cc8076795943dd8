//! Where pixels lie: size, geotransform, coordinate reference system, windows.

use serde::{Deserialize, Serialize};

/// A rectangle of pixels: offset of its upper-left pixel and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Hash)]
pub struct Window {
    /// First column.
    pub x: usize,
    /// First row.
    pub y: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Window {
    /// A window from its offset and size.
    #[must_use]
    pub const fn new(x: usize, y: usize, width: usize, height: usize) -> Self {
        Self { x, y, width, height }
    }

    /// Number of pixels.
    #[must_use]
    pub const fn len(self) -> usize {
        self.width * self.height
    }

    /// Whether there is no pixel in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// The smallest window that covers both.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = (self.x + self.width).max(other.x + other.width);
        let bottom = (self.y + self.height).max(other.y + other.height);
        Self { x, y, width: right - x, height: bottom - y }
    }

    /// The pixels in both; empty where there are none.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        let right = (self.x + self.width).min(other.x + other.width);
        let bottom = (self.y + self.height).min(other.y + other.height);
        Self { x, y, width: right.saturating_sub(x), height: bottom.saturating_sub(y) }
    }

    /// The pixels of a grid `ratio` times coarser that cover this window, clipped to that grid's
    /// size.
    #[must_use]
    pub fn coarser(self, ratio: usize, grid_width: usize, grid_height: usize) -> Self {
        let x = self.x / ratio;
        let y = self.y / ratio;
        let right = (self.x + self.width).div_ceil(ratio).min(grid_width);
        let bottom = (self.y + self.height).div_ceil(ratio).min(grid_height);
        Self { x, y, width: right - x, height: bottom - y }
    }
}

/// Size and place of a raster.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Grid {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// GDAL's six affine coefficients, pixel corner to CRS; none where the source has none.
    pub geotransform: Option<[f64; 6]>,
    /// Coordinate reference system as WKT; empty where the source has none.
    pub crs_wkt: String,
}

impl Grid {
    /// The window that covers the whole grid.
    #[must_use]
    pub const fn window(&self) -> Window {
        Window::new(0, 0, self.width, self.height)
    }

    /// Whether rows or columns are not parallel to the CRS's axes.
    #[must_use]
    pub fn is_rotated(&self) -> bool {
        self.geotransform.is_some_and(|g| g[2] != 0.0 || g[4] != 0.0)
    }

    /// CRS coordinates of a position in pixels (the upper-left corner of pixel `(x, y)` for whole
    /// numbers); the position itself where the grid has no geotransform.
    #[must_use]
    pub fn world_from_pixel(&self, x: f64, y: f64) -> (f64, f64) {
        self.geotransform.map_or((x, y), |g| (g[0] + x * g[1] + y * g[2], g[3] + x * g[4] + y * g[5]))
    }

    /// The grid `ratio` times coarser over the same area.
    #[must_use]
    pub fn coarser(&self, ratio: usize) -> Self {
        let step = ratio as f64;
        Self {
            width: self.width.div_ceil(ratio),
            height: self.height.div_ceil(ratio),
            geotransform: self
                .geotransform
                .map(|g| [g[0], g[1] * step, g[2] * step, g[3], g[4] * step, g[5] * step]),
            crs_wkt: self.crs_wkt.clone(),
        }
    }

    /// Horizontal strips of at most `rows` rows, top to bottom.
    pub fn strips(&self, rows: usize) -> impl Iterator<Item = Window> + use<> {
        let (width, height) = (self.width, self.height);
        (0..height.div_ceil(rows)).map(move |index| {
            let y = index * rows;
            Window::new(0, y, width, rows.min(height - y))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coarser_window_covers_the_finer_one() {
        let window = Window::new(5, 7, 10, 1);
        assert_eq!(window.coarser(6, 100, 100), Window::new(0, 1, 3, 1));
        assert_eq!(window.coarser(6, 2, 100).width, 2);
    }

    #[test]
    fn windows_are_joined_and_met() {
        let (a, b) = (Window::new(2, 3, 4, 5), Window::new(5, 1, 9, 4));
        assert_eq!(a.union(b), Window::new(2, 1, 12, 7));
        assert_eq!(a.intersection(b), Window::new(5, 3, 1, 2));
        assert!(a.intersection(Window::new(6, 0, 1, 50)).is_empty());
    }

    #[test]
    fn strips_cover_every_row_once() {
        let grid = Grid { width: 4, height: 10, ..Grid::default() };
        let rows: Vec<_> = grid.strips(4).map(|w| (w.y, w.height)).collect();
        assert_eq!(rows, [(0, 4), (4, 4), (8, 2)]);
    }
}
