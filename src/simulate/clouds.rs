//! The clouds of one scene, and a window of them.

use rayon::prelude::*;
use serde::Serialize;

use super::layer::{Draft, Layer};
use super::measured::MEASURED;
use super::{Config, Error, Kind, SHADOW_FLOOR, Site, Variety};
use crate::mask;
use crate::random::Stream;
use crate::raster::{Plane, Sun, Window};

/// Lower suns than this would throw shadows of tens of kilometres; metadata that says so is taken
/// as this.
const MAX_ZENITH_DEG: f64 = 75.0;

/// The clouds of one scene: layers from the lowest to the highest, and the sun.
#[derive(Debug, Clone)]
pub struct Clouds {
    pub(super) layers: Vec<Layer>,
    pub(super) site: Site,
    sun: Sun,
}

/// What a layer is, for the report.
#[derive(Debug, Clone, Serialize)]
pub struct LayerInfo {
    /// Its shape.
    pub variety: Variety,
    /// The measured cluster of spectra it was drawn from.
    pub spectrum: &'static str,
    /// Mean height above ground in metres.
    pub height_m: f64,
}

/// One layer at one pixel.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Cell {
    /// Visible excess, 0 where there is no cloud.
    pub excess: f32,
    /// Brightness of the cloud's surface by its slope towards the sun; 1 is level.
    pub shade: f32,
    /// Place on the cluster's axes.
    pub axes: [f32; 3],
}

/// A window of the clouds of a scene on its reference grid.
#[derive(Debug, Clone)]
pub struct CloudField<'c> {
    pub(super) clouds: &'c Clouds,
    /// What was rendered.
    pub window: Window,
    /// One plane a layer, from the lowest to the highest.
    pub(super) cells: Vec<Plane<Cell>>,
    /// Depth of shadow on the ground in parts of the deepest, 0 below [`SHADOW_FLOOR`].
    pub shadow: Plane<f32>,
}

impl Clouds {
    /// Draws the clouds of a site. `places` are the valid ones of [`Site::sample_places`]: the
    /// cover is set over them.
    ///
    /// # Errors
    /// [`Error::Cover`], or [`Error::NoPixels`] where `places` is empty.
    pub fn new(config: Config, seed: u64, site: Site, places: &[(usize, usize)]) -> Result<Self, Error> {
        if !(0.0..=1.0).contains(&config.cover) {
            return Err(Error::Cover(config.cover));
        }
        if places.is_empty() {
            return Err(Error::NoPixels);
        }
        let mut stream = Stream::new(seed, 0, "simulate/scene");
        let drawn = Sun { zenith_deg: stream.between(25.0, 60.0), azimuth_deg: stream.between(100.0, 170.0) };
        let thick = if stream.chance(0.65) { Variety::Cumulus } else { Variety::Sheet };
        let thin = if stream.chance(0.6) { Variety::Cirrus } else { Variety::Haze };
        let share = stream.between(0.35, 0.65);
        let wanted = match config.kind {
            Kind::Thick => vec![(thick, 1.0)],
            Kind::Thin => vec![(thin, 1.0)],
            Kind::Mixed => vec![(thick, share), (thin, 1.0)],
        };
        let layers = settle(&wanted, config.cover, seed, &site, places);
        let mut sun = site.sun.unwrap_or(drawn);
        sun.zenith_deg = sun.zenith_deg.clamp(0.0, MAX_ZENITH_DEG);
        Ok(Self { layers, site, sun })
    }

    /// Clouds over a site all of whose pixels are valid, such as a training patch.
    ///
    /// # Errors
    /// As [`Clouds::new`].
    pub fn over(config: Config, seed: u64, site: Site) -> Result<Self, Error> {
        Self::new(config, seed, site, &site.sample_places())
    }

    /// The sun that the shadows follow.
    #[must_use]
    pub fn sun(&self) -> Sun {
        self.sun
    }

    /// What the layers are, from the lowest to the highest.
    #[must_use]
    pub fn layers(&self) -> Vec<LayerInfo> {
        self.layers
            .iter()
            .map(|layer| LayerInfo {
                variety: layer.variety(),
                spectrum: layer.cluster(),
                height_m: layer.height_m().round(),
            })
            .collect()
    }

    /// The clouds in a window of the reference grid.
    #[must_use]
    pub fn render(&self, window: Window) -> CloudField<'_> {
        let cells: Vec<_> = self.layers.iter().map(|layer| self.cells(layer, window)).collect();
        let mut shadow = Plane::filled(window.width, window.height, 0.0);
        if window.width > 0 {
            shadow.data.par_chunks_mut(window.width).enumerate().for_each(|(row, values)| {
                for (column, value) in values.iter_mut().enumerate() {
                    let own = cells.iter().map(|cells| cells.get(column, row).excess);
                    *value = self.shadow_at(window.x + column, window.y + row, own);
                }
            });
        }
        CloudField { clouds: self, window, cells, shadow }
    }

    /// Unit vector towards the sun in pixels: x to the east, y to the south.
    fn towards_sun(&self) -> (f64, f64) {
        let azimuth = self.sun.azimuth_deg.to_radians();
        (azimuth.sin(), -azimuth.cos())
    }

    fn place(&self, x: f64, y: f64) -> (f64, f64) {
        ((x + 0.5) * self.site.pixel_m, (y + 0.5) * self.site.pixel_m)
    }

    fn cells(&self, layer: &Layer, window: Window) -> Plane<Cell> {
        let mut cells = Plane::filled(window.width, window.height, Cell::default());
        if window.is_empty() {
            return cells;
        }
        // One more pixel on each side, for the slope.
        let wide = window.width + 2;
        let mut excess = vec![0.0_f32; wide * (window.height + 2)];
        excess.par_chunks_mut(wide).enumerate().for_each(|(row, values)| {
            for (column, value) in values.iter_mut().enumerate() {
                let x = (window.x + column) as f64 - 1.0;
                let (x_m, y_m) = self.place(x, (window.y + row) as f64 - 1.0);
                *value = layer.excess(x_m, y_m);
            }
        });
        let (sun_x, sun_y) = self.towards_sun();
        let slant = (self.sun.zenith_deg.to_radians().tan() as f32).min(2.0);
        let gain = if layer.variety().is_thin() { 0.0 } else { 0.12 * slant };
        let (sun_x, sun_y) = (sun_x as f32, sun_y as f32);
        cells.data.par_chunks_mut(window.width).enumerate().for_each(|(row, values)| {
            for (column, cell) in values.iter_mut().enumerate() {
                let at = |dx: usize, dy: usize| excess[(row + dy) * wide + column + dx];
                let here = at(1, 1);
                if here > 0.0 {
                    let rise = (at(2, 1) - at(0, 1)) * sun_x + (at(1, 2) - at(1, 0)) * sun_y;
                    let (x_m, y_m) = self.place((window.x + column) as f64, (window.y + row) as f64);
                    // Thicker cloud stands higher: where it rises away from the sun it faces it.
                    let shade = 1.0 - gain * (rise * 8.0).tanh();
                    *cell = Cell { excess: here, shade, axes: layer.axes(x_m, y_m) };
                }
            }
        });
        cells
    }

    /// Depth of shadow at a pixel: each layer is looked up where the ray to the sun meets it. `own` is
    /// the excess of each layer above the pixel itself: what was measured under cloud has lost that
    /// much sunlight already, so only what the ray loses beyond it counts.
    fn shadow_at(&self, x: usize, y: usize, own: impl Iterator<Item = f32>) -> f32 {
        let (x_m, y_m) = self.place(x as f64, y as f64);
        let (sun_x, sun_y) = self.towards_sun();
        let slant = self.sun.zenith_deg.to_radians().tan();
        let lost: f32 = self
            .layers
            .iter()
            .zip(own)
            .map(|(layer, own)| {
                let reach = layer.height_near_m(x_m, y_m) * slant;
                let met = layer.excess(x_m + reach * sun_x, y_m + reach * sun_y);
                (depth(met) - depth(own)).max(0.0)
            })
            .sum();
        let shadow = 1.0 - (-lost).exp();
        if shadow < SHADOW_FLOOR { 0.0 } else { shadow }
    }
}

impl CloudField<'_> {
    /// Mask codes of the window: [`mask::CLOUD`] where any layer has cloud, else [`mask::SHADOW`]
    /// where the shadow is at least [`SHADOW_FLOOR`] deep, else [`mask::CLEAR`].
    #[must_use]
    pub fn codes(&self) -> Plane<u8> {
        let code = |i: usize| {
            if self.cells.iter().any(|cells| cells.data[i].excess > 0.0) {
                mask::CLOUD
            } else if self.shadow.data[i] > 0.0 {
                mask::SHADOW
            } else {
                mask::CLEAR
            }
        };
        Plane::from_vec(self.window.width, self.window.height, (0..self.window.len()).map(code).collect())
    }

    /// Takes cloud and shadow away from some pixels (row by row indices into the window), such as those
    /// where nothing was measured.
    pub fn clear(&mut self, pixels: &[usize]) {
        for &i in pixels {
            self.shadow.data[i] = 0.0;
            for cells in &mut self.cells {
                cells.data[i] = Cell::default();
            }
        }
    }

    /// Thins the clouds until the most opaque pixel has a visible excess of `peak` (0..1), and takes their shadows
    /// away: haze, as detectors miss it. Clouds that are thinner already stay as they are.
    pub fn thin_to(&mut self, peak: f32) {
        let most = self.opacity().data.into_iter().fold(0.0, f32::max);
        let factor = (peak / most.max(f32::MIN_POSITIVE)).min(1.0);
        for cells in &mut self.cells {
            cells.data.iter_mut().for_each(|cell| cell.excess *= factor);
        }
        self.shadow.data.fill(0.0);
    }

    /// Visible excess of all layers together: the part of a pixel's brightness that is cloud.
    #[must_use]
    pub fn opacity(&self) -> Plane<f32> {
        let through = |i: usize| self.cells.iter().map(|cells| 1.0 - cells.data[i].excess).product::<f32>();
        let data = (0..self.window.len()).map(|i| 1.0 - through(i)).collect();
        Plane::from_vec(self.window.width, self.window.height, data)
    }
}

/// Optical depth of a visible excess: `e = βτ / (1 + βτ)` turned round.
#[inline]
pub(super) fn depth(excess: f32) -> f32 {
    excess / (1.0 - excess) / MEASURED.model.beta
}

/// Chooses each layer's threshold so that the layers together cover `cover` of the places. A layer's
/// share is that of the cover which it and those below it make up.
fn settle(
    wanted: &[(Variety, f64)],
    cover: f64,
    seed: u64,
    site: &Site,
    places: &[(usize, usize)],
) -> Vec<Layer> {
    let mut layers = Vec::new();
    let mut covered = vec![false; places.len()];
    for &(variety, share) in wanted {
        let draft = Draft::new(seed, variety, site);
        let at = |&(x, y): &(usize, usize)| {
            draft.noise((x as f64 + 0.5) * site.pixel_m, (y as f64 + 0.5) * site.pixel_m)
        };
        let noise: Vec<f32> = places.par_iter().map(at).collect();
        let already = covered.iter().filter(|&&yes| yes).count();
        let target = (cover * share * places.len() as f64).round() as usize;
        let Some(missing) = target.checked_sub(already).filter(|&missing| missing > 0) else { continue };
        let mut free: Vec<f32> =
            noise.iter().zip(&covered).filter(|(_, yes)| !**yes).map(|(&value, _)| value).collect();
        let rank = free.len() - missing.min(free.len());
        let (_, &mut threshold, _) = free.select_nth_unstable_by(rank, f32::total_cmp);
        let above = noise.iter().copied().filter(|&value| value >= threshold).collect();
        for (yes, &value) in covered.iter_mut().zip(&noise) {
            *yes |= value >= threshold;
        }
        layers.extend(draft.covering(above));
    }
    layers
}
