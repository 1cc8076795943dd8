//! How a scene is best cut for work that reads all of its bands.

use super::driver::open_raster;
use super::{Grid, Result, Scene, Window};

/// Height of a block: the height of the tiles that are written.
const ROWS: usize = 512;
/// Width of a block of a tiled source.
const COLUMNS: usize = 2048;
/// The tallest source tile that a block follows (the tiles of a JPEG 2000 product).
const TALLEST: usize = 1024;

/// Cuts the scene's grid into blocks, row by row, so that every stored tile or strip is decoded
/// once: blocks hold whole tiles of the source (and of the output), and span the full width where
/// the source is stored in rows. How a scene is cut never changes a result.
///
/// # Errors
/// When a file of the scene cannot be opened.
pub fn work_blocks(scene: &Scene) -> Result<Vec<Window>> {
    let mut rows = ROWS;
    let mut columns = COLUMNS;
    // Arrays in memory have no tiles to follow.
    let on_disk = scene.memory.is_none();
    for band in scene.bands.iter().filter(|_| on_disk) {
        let dataset = open_raster(&band.source.dataset)?;
        let Ok(raster) = dataset.rasterband(band.source.index) else { continue };
        let (width, height) = raster.block_size();
        let tall = height * band.ratio;
        if tall > ROWS && tall <= TALLEST {
            rows = TALLEST;
        }
        if width >= band.grid.width {
            columns = usize::MAX;
        }
    }
    Ok(cut(&scene.grid, columns.min(scene.grid.width.max(1)), rows))
}

/// Blocks of at most `columns` × `rows` over a grid.
fn cut(grid: &Grid, columns: usize, rows: usize) -> Vec<Window> {
    let along = move |strip: Window| {
        (0..strip.width.div_ceil(columns)).map(move |index| {
            let x = index * columns;
            Window::new(x, strip.y, columns.min(strip.width - x), strip.height)
        })
    };
    grid.strips(rows).flat_map(along).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_cover_every_pixel_once() {
        let grid = Grid { width: 5000, height: 1300, ..Grid::default() };
        let blocks = cut(&grid, 2048, 512);
        assert_eq!(blocks.len(), 9);
        assert_eq!(blocks.iter().map(|block| block.len()).sum::<usize>(), 5000 * 1300);
        assert_eq!(blocks[5], Window::new(4096, 512, 904, 512));
    }
}
