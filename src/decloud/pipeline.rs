//! From blocks of the source to blocks of the result, on all cores, in bounded memory.
//!
//! Worker threads (each with its own reader: GDAL's datasets cannot be shared) claim blocks in
//! order, read, composite and hand them over; the calling thread puts them back in order and
//! writes, while GDAL compresses on threads of its own. A gate keeps workers from running further
//! ahead of the writer than memory allows.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::composite::{Counts, children, composite, count, native_mask, native_part};
use super::gate::Gate;
use super::outputs::{FilePart, Outputs, spread_layer, synthetic_layer};
use super::{Result, Surface};
use crate::compute::caught;
use crate::mask::Alpha;
use crate::progress::Monitor;
use crate::raster::export::OutputFile;
use crate::raster::resample::area_mean;
use crate::raster::{Error, Plane, Samples, Scene, SceneReader, Window, work_blocks};

/// Bytes of blocks between readers and writer.
const IN_FLIGHT_BYTES: usize = 384 << 20;

/// What every worker needs.
pub(super) struct Work<'a> {
    pub scene: &'a Scene,
    pub alpha: &'a Alpha,
    /// What lies under cloud; none where there is no cloud.
    pub surface: Option<&'a dyn Surface>,
    /// The files of the export and their bands.
    pub files: &'a [OutputFile],
    /// Side of a rendered tile in pixels of the scene.
    pub tile_px: usize,
    /// Whether a band `spread` follows `synthetic`.
    pub spread: bool,
}

/// A finished block: a part for each file, and what happened to each band.
struct Block {
    parts: Vec<FilePart>,
    counts: Vec<Counts>,
}

/// Runs all blocks through the workers into the outputs; returns what happened to each band.
pub(super) fn run(work: &Work<'_>, outputs: &mut Outputs, monitor: &dyn Monitor) -> Result<Vec<Counts>> {
    let blocks = work_blocks(work.scene)?;
    monitor.stage("declouding", blocks.len() as u64);
    let threads = rayon::current_num_threads().min(blocks.len()).max(1);
    let gate = Gate::new(blocks.len(), ahead(work.scene, &blocks, threads));
    let (sender, receiver) = channel();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let sender = sender.clone();
            let (gate, blocks) = (&gate, &blocks);
            scope.spawn(move || worker(work, blocks, gate, &sender, monitor));
        }
        drop(sender);
        let written = write_in_order(work, &blocks, &gate, &receiver, outputs, monitor);
        gate.close();
        written
    })
}

/// How many blocks may be claimed and not yet written.
fn ahead(scene: &Scene, blocks: &[Window], threads: usize) -> usize {
    let pixels = blocks.iter().map(|block| block.len()).max().unwrap_or(1);
    let per_pixel: f64 =
        scene.bands.iter().map(|band| band.dtype.bytes() as f64 / (band.ratio * band.ratio) as f64).sum();
    let bytes = (pixels as f64 * per_pixel).max(1.0) as usize;
    (IN_FLIGHT_BYTES / bytes).clamp(2, threads + 2)
}

fn worker(
    work: &Work<'_>,
    blocks: &[Window],
    gate: &Gate,
    sender: &Sender<(usize, Result<Block>)>,
    monitor: &dyn Monitor,
) {
    let mut reader = SceneReader::new(work.scene);
    while let Some(index) = gate.claim() {
        // A panic must reach the writer, who waits for this block.
        let done = caught(|| work.block(&mut reader, blocks[index], monitor))
            .unwrap_or_else(|fault| Err(fault.into()));
        let failed = done.is_err();
        if sender.send((index, done)).is_err() || failed {
            break;
        }
    }
}

fn write_in_order(
    work: &Work<'_>,
    blocks: &[Window],
    gate: &Gate,
    receiver: &Receiver<(usize, Result<Block>)>,
    outputs: &mut Outputs,
    monitor: &dyn Monitor,
) -> Result<Vec<Counts>> {
    let mut counts = vec![Counts::default(); work.scene.bands.len()];
    let mut waiting = BTreeMap::new();
    for (index, &block) in blocks.iter().enumerate() {
        while !waiting.contains_key(&index) {
            // The channel ends early only where a worker stopped without a word: it was cancelled.
            let (arrived, done) = receiver.recv().map_err(|_| Error::Cancelled)?;
            waiting.insert(arrived, done?);
        }
        if monitor.is_cancelled() {
            return Err(Error::Cancelled.into());
        }
        if let Some(done) = waiting.remove(&index) {
            for (total, part) in counts.iter_mut().zip(done.counts) {
                total.add(part);
            }
            outputs.take(block, done.parts)?;
        }
        gate.release();
        monitor.advance(1);
    }
    Ok(counts)
}

impl Work<'_> {
    /// Reads a block, replaces what is under cloud, and counts.
    fn block(&self, reader: &mut SceneReader<'_>, block: Window, monitor: &dyn Monitor) -> Result<Block> {
        let mut bands: Vec<Samples> = Vec::with_capacity(self.scene.bands.len());
        for (index, band) in self.scene.bands.iter().enumerate() {
            if monitor.is_cancelled() {
                return Err(Error::Cancelled.into());
            }
            let native = native_part(block, band.ratio, band.grid.width, band.grid.height);
            bands.push(if native.is_empty() {
                Samples::zeros(band.dtype, 0)
            } else {
                reader.samples(index, native)?
            });
        }
        let masks: BTreeMap<usize, Plane<f32>> = self
            .files
            .iter()
            .map(|file| {
                let native = native_part(block, file.ratio, file.grid.width, file.grid.height);
                (file.ratio, native_mask(&self.alpha.0, native, file.ratio))
            })
            .collect();
        let mut spreads: BTreeMap<usize, Plane<f32>> = if self.spread {
            masks.iter().map(|(&ratio, mask)| (ratio, mask.map(|_| 0.0))).collect()
        } else {
            BTreeMap::new()
        };
        if let Some(surface) = self.surface {
            for tile in tiles(block, self.tile_px) {
                if monitor.is_cancelled() {
                    return Err(Error::Cancelled.into());
                }
                self.tile(surface, block, tile, &masks, &mut bands, &mut spreads)?;
            }
        }
        Ok(self.finished(block, bands, &masks, &spreads))
    }

    /// Renders one tile, if the mask touches it, and composites it into the block's bands.
    fn tile(
        &self,
        surface: &dyn Surface,
        block: Window,
        tile: Window,
        masks: &BTreeMap<usize, Plane<f32>>,
        bands: &mut [Samples],
        spreads: &mut BTreeMap<usize, Plane<f32>>,
    ) -> Result<()> {
        let (width, height) = (self.scene.grid.width, self.scene.grid.height);
        let places: BTreeMap<usize, Place> = self
            .files
            .iter()
            .map(|file| (file.ratio, Place::of(file, block, tile, width, height)))
            .filter(|(ratio, place)| place.is_touched(&masks[ratio]))
            .collect();
        let Some(window) = places.values().map(|place| place.scene).reduce(Window::union) else {
            return Ok(());
        };
        let wanted: Vec<usize> = (0..bands.len())
            .filter(|&band| {
                let band = &self.scene.bands[band];
                // Radar sees through cloud, and classes have no middle: they are copied.
                places.contains_key(&band.ratio) && band.is_reflectance()
            })
            .collect();
        let rendered = surface.render(&wanted, window)?;
        for (&index, plane) in wanted.iter().zip(&rendered) {
            let band = &self.scene.bands[index];
            let place = &places[&band.ratio];
            let made = place.native_values(plane, window, band.ratio);
            let mask = masks[&band.ratio].crop(place.in_block);
            composite(&mut bands[index], place.stride, place.in_block, &mask, &made, band);
        }
        if self.spread
            && let Some(plane) = surface.spread(window)?
        {
            for (ratio, place) in &places {
                let values = place.native_values(&plane, window, *ratio);
                if let Some(spread) = spreads.get_mut(ratio) {
                    for y in 0..values.height {
                        let row = &mut spread.row_mut(place.in_block.y + y)[place.in_block.x..];
                        row[..values.width].copy_from_slice(values.row(y));
                    }
                }
            }
        }
        Ok(())
    }

    /// Sorts the bands into their files, with the layers that say what was made.
    fn finished(
        &self,
        block: Window,
        mut bands: Vec<Samples>,
        masks: &BTreeMap<usize, Plane<f32>>,
        spreads: &BTreeMap<usize, Plane<f32>>,
    ) -> Block {
        let mut counts = vec![Counts::default(); bands.len()];
        let nothing = Plane::filled(0, 0, 0.0);
        let parts = self.files.iter().map(|file| {
            let mask = &masks[&file.ratio];
            let mut measured = vec![false; mask.data.len()];
            let mut layers = Vec::with_capacity(file.bands.len() + 2);
            for &index in &file.bands {
                let band = &self.scene.bands[index];
                let mask = band.is_reflectance().then_some(mask);
                counts[index] = count(&bands[index], mask, band, &mut measured);
                layers.push(std::mem::replace(&mut bands[index], Samples::U8(Vec::new())));
            }
            let first = file.bands.first().map(|&band| &self.scene.bands[band]);
            let dtype = first.map_or(crate::raster::Dtype::U16, |band| band.dtype);
            let scale = first.map_or(1.0, |band| band.radiometry.scale);
            layers.push(synthetic_layer(mask, &measured, dtype));
            if self.spread {
                let spread = spreads.get(&file.ratio).unwrap_or(&nothing);
                layers.push(spread_layer(mask, spread, scale, dtype));
            }
            FilePart { native: native_part(block, file.ratio, file.grid.width, file.grid.height), layers }
        });
        let parts = parts.collect();
        Block { parts, counts }
    }
}

/// Where a tile lies in one native grid.
struct Place {
    /// The tile's native pixels, counted from the block's first.
    in_block: Window,
    /// Columns of the block's native window.
    stride: usize,
    /// The scene pixels under them.
    scene: Window,
}

impl Place {
    fn of(file: &OutputFile, block: Window, tile: Window, width: usize, height: usize) -> Self {
        let whole = native_part(block, file.ratio, file.grid.width, file.grid.height);
        let part = native_part(tile, file.ratio, file.grid.width, file.grid.height);
        Self {
            in_block: Window { x: part.x - whole.x, y: part.y - whole.y, ..part },
            stride: whole.width,
            scene: children(part, file.ratio, width, height),
        }
    }

    fn is_touched(&self, mask: &Plane<f32>) -> bool {
        let Window { x, y, width, height } = self.in_block;
        !self.in_block.is_empty()
            && (y..y + height).any(|row| mask.row(row)[x..x + width].iter().any(|&m| m > 0.0))
    }

    /// Area means over this place's native pixels of a plane rendered over `window`.
    fn native_values(&self, plane: &Plane<f32>, window: Window, ratio: usize) -> Plane<f32> {
        let inside = Window { x: self.scene.x - window.x, y: self.scene.y - window.y, ..self.scene };
        area_mean(&plane.crop(inside), ratio)
    }
}

/// Cuts a block into tiles of at most `side` × `side`.
fn tiles(block: Window, side: usize) -> impl Iterator<Item = Window> {
    let rows = (0..block.height).step_by(side);
    rows.flat_map(move |y| {
        (0..block.width).step_by(side).map(move |x| {
            let (width, height) = (side.min(block.width - x), side.min(block.height - y));
            Window::new(block.x + x, block.y + y, width, height)
        })
    })
}
