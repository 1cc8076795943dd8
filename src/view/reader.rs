//! Reading for the screen: what one worker thread does with a scene.

use crate::bands::Band;
use crate::raster::{Grid, Plane, Result, Scene, SceneReader, Window};

use super::pyramid::TileId;
use super::shade::NODATA;
use super::statistics::Statistics;

/// Side of the sample a band's statistics are taken from, in pixels.
const SAMPLE_PX: usize = 384;
/// Side and number (along each axis) of the blocks sampled where a look at the whole would read a whole
/// file.
const BLOCK: (usize, usize) = (64, 6);
/// Scene pixels up to which reading everything is quick.
const QUICK: usize = 2048 * 2048;

/// All bands at one pixel.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Column and row in the scene's grid.
    pub at: (usize, usize),
    /// One entry a band, in the scene's order.
    pub bands: Vec<ProbedBand>,
}

/// One band at one pixel.
#[derive(Debug, Clone, PartialEq)]
pub struct ProbedBand {
    /// Its name.
    pub name: String,
    /// Centre wavelength in nm, where the band is known and optical.
    pub wavelength_nm: Option<f64>,
    /// The stored value.
    pub dn: f64,
    /// Its reflectance; none where nodata.
    pub reflectance: Option<f32>,
}

/// Reflectance of one tile; [`NODATA`] where nothing was measured.
pub(super) fn tile(reader: &mut SceneReader<'_>, band: usize, id: TileId) -> Result<Plane<f32>> {
    let scene = reader.scene();
    let info = &scene.bands[band];
    let window = id.window(&scene.grid);
    let (width, height) = id.size(&scene.grid);
    let covering = window.coarser(info.ratio, info.grid.width, info.grid.height);
    if id.factor().is_multiple_of(info.ratio) && covering.width * info.ratio >= window.width {
        let plane = reader.decimated(band, covering, width, height)?;
        return Ok(coded(plane));
    }
    // Native pixels that are larger than the tile's, or do not nest in them: each shows as it is.
    let step = (id.factor() / info.ratio).max(1);
    let (across, down) = (covering.width.div_ceil(step), covering.height.div_ceil(step));
    let native = coded(reader.decimated(band, covering, across, down)?);
    let under =
        |pixel: usize, size: usize, first: usize, length: usize, cover: (usize, usize), pixels: usize| {
            let scene_px = first as f64 + (pixel as f64 + 0.5) * length as f64 / size as f64;
            let native_px = scene_px / info.ratio as f64 - cover.0 as f64;
            ((native_px * pixels as f64 / cover.1 as f64) as usize).min(pixels - 1)
        };
    let columns: Vec<_> = (0..width)
        .map(|x| under(x, width, window.x, window.width, (covering.x, covering.width), across))
        .collect();
    let mut plane = Plane::filled(width, height, NODATA);
    for y in 0..height {
        let row = native.row(under(y, height, window.y, window.height, (covering.y, covering.height), down));
        for (value, &column) in plane.row_mut(y).iter_mut().zip(&columns) {
            *value = row[column];
        }
    }
    Ok(plane)
}

/// Nodata as the shaders know it.
fn coded(mut plane: Plane<f32>) -> Plane<f32> {
    for value in &mut plane.data {
        if !value.is_finite() {
            *value = NODATA;
        }
    }
    plane
}

/// Whether coarse levels must be made by reading the whole band: the scene is large and its file has no
/// overviews worth the name.
pub(super) fn needs_coarse(reader: &mut SceneReader<'_>, band: usize) -> Result<bool> {
    let grid = &reader.scene().grid;
    Ok(grid.width * grid.height > QUICK && reader.coarsest_overview(band)? < 8)
}

/// Statistics of a band over a window of the scene.
pub(super) fn statistics(
    reader: &mut SceneReader<'_>,
    band: usize,
    window: Window,
) -> Result<Option<Statistics>> {
    let scene = reader.scene();
    let info = &scene.bands[band];
    let native = window.coarser(info.ratio, info.grid.width, info.grid.height);
    if native.is_empty() {
        return Ok(None);
    }
    if window.len() <= QUICK || reader.coarsest_overview(band)? >= 8 {
        let (width, height) = (native.width.min(SAMPLE_PX), native.height.min(SAMPLE_PX));
        return Ok(Statistics::of(reader.decimated(band, native, width, height)?.data));
    }
    let mut values = Vec::new();
    for block in blocks(native) {
        values.extend(reader.reflectance_native(band, block)?.data);
    }
    Ok(Statistics::of(values))
}

/// Small windows spread evenly over a large one.
fn blocks(window: Window) -> impl Iterator<Item = Window> {
    let (side, along) = BLOCK;
    let place =
        move |index: usize, length: usize| (2 * index + 1) * length.saturating_sub(side) / (2 * along);
    (0..along * along).map(move |index| {
        let (x, y) = (place(index % along, window.width), place(index / along, window.height));
        Window::new(window.x + x, window.y + y, side.min(window.width), side.min(window.height))
    })
}

/// All bands at a pixel of the scene.
pub(super) fn probe(reader: &mut SceneReader<'_>, at: (usize, usize)) -> Result<Probe> {
    let scene: &Scene = reader.scene();
    let mut bands = Vec::with_capacity(scene.bands.len());
    for (index, band) in scene.bands.iter().enumerate() {
        let x = (at.0 / band.ratio).min(band.grid.width - 1);
        let y = (at.1 / band.ratio).min(band.grid.height - 1);
        let samples = reader.samples(index, Window::new(x, y, 1, 1))?;
        let reflectance = samples.reflectance(&band.radiometry, &band.nodata)[0];
        bands.push(ProbedBand {
            name: band.name.clone(),
            wavelength_nm: band.band.filter(|known| known.is_optical()).map(Band::wavelength_nm),
            dn: samples.get(0),
            reflectance: reflectance.is_finite().then_some(reflectance),
        });
    }
    Ok(Probe { at, bands })
}

/// Means of `rows` full rows of a band over cells of `cell` × `cell` scene pixels, nodata left out.
pub(super) fn cell_rows(
    reader: &mut SceneReader<'_>,
    band: usize,
    rows: Window,
    cell: usize,
) -> Result<Plane<f32>> {
    let info = &reader.scene().bands[band];
    let ratio = info.ratio;
    let native = rows.coarser(ratio, info.grid.width, info.grid.height);
    let plane = reader.reflectance_native(band, native)?;
    let (width, height) = (rows.width.div_ceil(cell), rows.height.div_ceil(cell));
    let part = |index: usize, first: usize, cover: usize, length: usize| {
        let from = ((first + index * cell) / ratio).saturating_sub(cover).min(length - 1);
        let to = (first + (index + 1) * cell).div_ceil(ratio).saturating_sub(cover).clamp(from + 1, length);
        from..to
    };
    let mut means = Plane::filled(width, height, NODATA);
    for y in 0..height {
        for x in 0..width {
            let (mut sum, mut count) = (0.0_f32, 0_u32);
            for row in part(y, rows.y, native.y, native.height) {
                for &value in &plane.row(row)[part(x, rows.x, native.x, native.width)] {
                    if value.is_finite() {
                        sum += value;
                        count += 1;
                    }
                }
            }
            if count > 0 {
                means.set(x, y, sum / count as f32);
            }
        }
    }
    Ok(means)
}

/// A tile cut from means over cells of `cell` scene pixels, of which `rows_done` rows are there.
/// The flag says whether all of the tile is.
pub(super) fn tile_from_cells(
    cells: &Plane<f32>,
    rows_done: usize,
    cell: usize,
    grid: &Grid,
    id: TileId,
) -> (Plane<f32>, bool) {
    let window = id.window(grid);
    let (width, height) = id.size(grid);
    let step = id.factor() / cell;
    let mut plane = Plane::filled(width, height, NODATA);
    for y in 0..height {
        let row = window.y / cell + y * step + step / 2;
        if row.min(cells.height - 1) >= rows_done {
            continue;
        }
        let row = cells.row(row.min(cells.height - 1));
        for (x, value) in plane.row_mut(y).iter_mut().enumerate() {
            *value = row[(window.x / cell + x * step + step / 2).min(cells.width - 1)];
        }
    }
    let last = (window.y + window.height).div_ceil(cell);
    (plane, rows_done >= last)
}
