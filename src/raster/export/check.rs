//! Reading a finished file back, as far as is needed to know that it is whole.

use std::path::Path;

use super::ffi::{Band, Dataset, Outcome};

/// Checks that every tile of every band and overview lies inside the file, and that the last tile
/// of each decompresses. A disk that was full at any moment, even one that had room again before
/// the end, leaves a tile without a place or a place past the end.
pub(super) fn check_whole(path: &Path, bands: usize, overviews: usize) -> Outcome<()> {
    let bytes = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    let dataset = Dataset::open_tiff(path)?;
    for index in 0..bands {
        let finest = dataset.band(index)?;
        if finest.overview_count() < overviews {
            return Err(format!("band {} lost its overviews", index + 1));
        }
        check_tiles(&finest, index, bytes)?;
        for level in 0..overviews {
            check_tiles(&finest.overview(level)?, index, bytes)?;
        }
    }
    dataset.close()
}

fn check_tiles(band: &Band<'_>, index: usize, bytes: u64) -> Outcome<()> {
    let (width, height) = band.size();
    let (tile_width, tile_height) = band.block_size()?;
    let (columns, rows) = (width.div_ceil(tile_width), height.div_ceil(tile_height));
    for row in 0..rows {
        for column in 0..columns {
            let inside = band.tile_extent(column, row).is_some_and(|(offset, size)| {
                offset > 0 && size > 0 && offset.checked_add(size).is_some_and(|end| end <= bytes)
            });
            if !inside {
                return Err(format!(
                    "tile ({column}, {row}) of band {} is not in the file; was the disk full?",
                    index + 1
                ));
            }
        }
    }
    band.read_tile(columns.saturating_sub(1), rows.saturating_sub(1))
}
