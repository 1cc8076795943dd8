//! A scene on disk gathered into cells: streamed over it once, on all cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::CELL;
use super::cells::{Cells, gather_band};
use crate::mask::Alpha;
use crate::progress::Monitor;
use crate::raster::{Error, Result, Scene, SceneReader, Window, work_blocks};

/// Gathers all bands. The number of threads does not change the result: every cell is filled by one
/// thread, its pixels in row order.
pub(super) fn gather(scene: &Scene, alpha: &Alpha, monitor: &dyn Monitor) -> Result<Vec<Cells>> {
    let blocks = work_blocks(scene)?;
    monitor.stage("clear pixels", blocks.len() as u64);
    let (width, height) = (scene.grid.width.div_ceil(CELL), scene.grid.height.div_ceil(CELL));
    let cells = Mutex::new(vec![Cells::empty(width, height); scene.bands.len()]);
    let failure = Mutex::new(None);
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let work = || {
        let mut reader = SceneReader::new(scene);
        while !stopped.load(Ordering::Relaxed) {
            let Some(&block) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            let done = gather_block(&mut reader, alpha, block, &cells, monitor);
            monitor.advance(1);
            if let Err(error) = done {
                stopped.store(true, Ordering::Relaxed);
                failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get_or_insert(error);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..rayon::current_num_threads().min(blocks.len()) {
            scope.spawn(work);
        }
    });
    match failure.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(cells.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)),
    }
}

fn gather_block(
    reader: &mut SceneReader<'_>,
    alpha: &Alpha,
    block: Window,
    cells: &Mutex<Vec<Cells>>,
    monitor: &dyn Monitor,
) -> Result<()> {
    // Blocks begin and end at multiples of the cell, except at the scene's far edges.
    debug_assert!(block.x.is_multiple_of(CELL) && block.y.is_multiple_of(CELL));
    if !alpha_has_clear(alpha, block) {
        return Ok(());
    }
    for index in 0..reader.scene().bands.len() {
        if monitor.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let band = &reader.scene().bands[index];
        let native = block.coarser(band.ratio, band.grid.width, band.grid.height);
        if native.is_empty() {
            continue;
        }
        let ratio = band.ratio;
        let plane = reader.reflectance_native(index, native)?;
        let part = gather_band(&plane, native, ratio, alpha, block);
        let mut cells = cells.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        paste(&mut cells[index], &part, block);
    }
    Ok(())
}

fn alpha_has_clear(alpha: &Alpha, block: Window) -> bool {
    (block.y..block.y + block.height).any(|y| alpha.0.row(y)[block.x..block.x + block.width].contains(&0))
}

fn paste(cells: &mut Cells, part: &Cells, block: Window) {
    let (x, y) = (block.x / CELL, block.y / CELL);
    for row in 0..part.weight.height {
        let columns = x..x + part.weight.width;
        cells.weight.row_mut(y + row)[columns.clone()].copy_from_slice(part.weight.row(row));
        cells.sum.row_mut(y + row)[columns].copy_from_slice(part.sum.row(row));
    }
    cells.implausible += part.implausible;
}
