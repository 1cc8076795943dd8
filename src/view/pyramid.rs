//! Scenes cut into square tiles at halving resolutions.

use crate::raster::{Grid, Window};

/// Side of a tile in pixels of its level.
pub const TILE_PX: usize = 256;

/// One tile of a pyramid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    /// 0 is native; each further level is twice as coarse.
    pub level: u8,
    /// Column of tiles.
    pub x: u32,
    /// Row of tiles.
    pub y: u32,
}

impl TileId {
    /// Scene pixels along one of its pixels.
    #[must_use]
    pub fn factor(self) -> usize {
        1 << self.level
    }

    /// The scene pixels it covers, inside the grid.
    #[must_use]
    pub fn window(self, grid: &Grid) -> Window {
        let side = TILE_PX * self.factor();
        let (x, y) = ((self.x as usize * side).min(grid.width), (self.y as usize * side).min(grid.height));
        Window::new(x, y, side.min(grid.width - x), side.min(grid.height - y))
    }

    /// Columns and rows of its pixels: fewer at the right and lower edge.
    #[must_use]
    pub fn size(self, grid: &Grid) -> (usize, usize) {
        let window = self.window(grid);
        (window.width.div_ceil(self.factor()), window.height.div_ceil(self.factor()))
    }

    /// The tile of the next coarser level that covers it.
    #[must_use]
    pub fn parent(self) -> Self {
        Self { level: self.level + 1, x: self.x / 2, y: self.y / 2 }
    }

    /// The part of `ancestor`'s texture, in its pixels (u0, v0, u1, v1), that shows this tile.
    #[must_use]
    pub fn within(self, ancestor: Self, grid: &Grid) -> [f32; 4] {
        let (own, other) = (self.window(grid), ancestor.window(grid));
        let scale = 1.0 / ancestor.factor() as f32;
        let (x, y) = ((own.x - other.x) as f32, (own.y - other.y) as f32);
        [x * scale, y * scale, (x + own.width as f32) * scale, (y + own.height as f32) * scale]
    }
}

/// The coarsest level of a grid: the first at which one tile holds it all.
#[must_use]
pub fn coarsest(grid: &Grid) -> u8 {
    let side = grid.width.max(grid.height).max(1);
    let tiles = side.div_ceil(TILE_PX);
    tiles.next_power_of_two().trailing_zeros() as u8
}

/// The tiles of a level that a window of the scene touches, those nearest its middle first.
#[must_use]
pub fn tiles(window: Window, level: u8) -> Vec<TileId> {
    if window.is_empty() {
        return Vec::new();
    }
    let side = TILE_PX << level;
    let columns = window.x / side..=(window.x + window.width - 1) / side;
    let rows = window.y / side..=(window.y + window.height - 1) / side;
    let mut tiles: Vec<_> =
        rows.flat_map(|y| columns.clone().map(move |x| TileId { level, x: x as u32, y: y as u32 })).collect();
    let middle = [window.x + window.width / 2, window.y + window.height / 2];
    let far = |tile: &TileId| {
        let center = |index: u32| index as usize * side + side / 2;
        center(tile.x).abs_diff(middle[0]).pow(2) + center(tile.y).abs_diff(middle[1]).pow(2)
    };
    tiles.sort_by_key(far);
    tiles
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grid(width: usize, height: usize) -> Grid {
        Grid { width, height, ..Grid::default() }
    }

    #[test]
    fn the_coarsest_level_is_one_tile() {
        assert_eq!([coarsest(&grid(1, 1)), coarsest(&grid(256, 3)), coarsest(&grid(257, 3))], [0, 0, 1]);
        let granule = grid(10_980, 10_980);
        let level = coarsest(&granule);
        assert_eq!(tiles(granule.window(), level).len(), 1);
        assert!(tiles(granule.window(), level - 1).len() > 1);
    }

    proptest! {
        #[test]
        fn tiles_cover_a_window_without_overlap(
            width in 1_usize..3000, height in 1_usize..3000, level in 0_u8..4, x in 0_usize..1000, y in 0_usize..1000,
        ) {
            let grid = grid(width, height);
            let window = Window::new(x.min(width - 1), y.min(height - 1), (width / 2).max(1), (height / 2).max(1));
            let window = Window::new(
                window.x, window.y, window.width.min(width - window.x), window.height.min(height - window.y),
            );
            let found = tiles(window, level);
            let inside = |tile: &TileId| {
                let own = tile.window(&grid);
                let right = (own.x + own.width).min(window.x + window.width);
                let bottom = (own.y + own.height).min(window.y + window.height);
                right.saturating_sub(own.x.max(window.x)) * bottom.saturating_sub(own.y.max(window.y))
            };
            prop_assert_eq!(found.iter().map(inside).sum::<usize>(), window.len());
        }

        #[test]
        fn an_ancestor_shows_the_same_place(x in 0_u32..40, y in 0_u32..40, up in 1_u8..4) {
            let grid = grid(10_980, 10_980);
            let tile = TileId { level: 0, x, y };
            let mut ancestor = tile;
            for _ in 0..up {
                ancestor = ancestor.parent();
            }
            let [u0, v0, u1, v1] = tile.within(ancestor, &grid);
            let (own, size) = (tile.window(&grid), ancestor.size(&grid));
            prop_assert!(u0 >= 0.0 && v0 >= 0.0 && u1 <= size.0 as f32 && v1 <= size.1 as f32);
            let across = own.width as f32 / ancestor.factor() as f32;
            prop_assert!((u1 - u0 - across).abs() < 1e-3);
        }
    }
}
