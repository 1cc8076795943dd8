//! Light through the layers: from a rendered field to the pixels of one band.

use super::clouds::{Cell, CloudField, depth};
use super::measured::{MEASURED, air_light, index_of};
use crate::bands::Band;
use crate::raster::resample::{area_mean, support, upsample};
use crate::raster::{Plane, Window};

/// Side, in pixels of the reference grid, of the blocks whose mean stands for the blurred ground
/// x̄: about the height of low cloud, over which the light that it scatters is spread.
pub const GROUND_PX: usize = 30;

/// The blurred ground of one band: means over blocks of about [`GROUND_PX`].
#[derive(Debug, Clone)]
pub struct Ground {
    block: usize,
    means: Plane<f32>,
}

impl Ground {
    /// Blocks of a band that is `ratio` times coarser than the reference grid and has `width` ×
    /// `height` pixels; nothing measured yet.
    #[must_use]
    pub fn empty(width: usize, height: usize, ratio: usize) -> Self {
        let block = Self::block(ratio);
        let means = Plane::filled(width.div_ceil(block), height.div_ceil(block), f32::NAN);
        Self { block, means }
    }

    /// The blurred ground of a whole band (NaN where nodata).
    #[must_use]
    pub fn of(band: &Plane<f32>, ratio: usize) -> Self {
        Self { block: Self::block(ratio), means: area_mean(band, Self::block(ratio)) }
    }

    /// Side of a block in pixels of the band.
    #[must_use]
    pub fn block(ratio: usize) -> usize {
        (GROUND_PX / ratio).max(1)
    }

    /// Takes in full-width rows of the band; `y` is a multiple of [`Ground::block`].
    pub fn take(&mut self, y: usize, rows: &Plane<f32>) {
        let means = area_mean(rows, self.block);
        let first = y / self.block;
        for row in 0..means.height.min(self.means.height.saturating_sub(first)) {
            self.means.row_mut(first + row).copy_from_slice(means.row(row));
        }
    }

    /// x̄ in a window of the band.
    #[must_use]
    pub fn window(&self, window: Window) -> Plane<f32> {
        let around = support(window, self.block, self.means.width, self.means.height);
        upsample(&self.means.crop(around), around, window, self.block)
    }
}

/// A pixel after cloud and shadow: `a·x − b·max(x − air, 0) + d·x̄ + c`.
#[derive(Debug, Clone, Copy)]
struct Light {
    a: f32,
    b: f32,
    d: f32,
    c: f32,
}

/// A pixel that nothing touches.
const UNTOUCHED: Light = Light { a: 1.0, b: 0.0, d: 0.0, c: 0.0 };

impl CloudField<'_> {
    /// Puts the clouds over one band: `pixels` are its reflectances (NaN where nodata, which stays)
    /// in the part of its own grid that the field's window covers, `ratio` reference pixels each;
    /// `ground` is [`Ground::window`] of the same part. The field's window begins at a multiple of
    /// `ratio`.
    ///
    /// Returns which pixels were touched; all others keep their value, bit for bit. Bands that are not
    /// optical are left as they are.
    #[must_use]
    pub fn apply(&self, band: Band, ratio: usize, pixels: &mut Plane<f32>, ground: &Plane<f32>) -> Vec<bool> {
        let mut touched = vec![false; pixels.data.len()];
        let air = air_light(band, self.clouds.site.level);
        let Some(band) = index_of(band) else { return touched };
        for y in 0..pixels.height {
            for x in 0..pixels.width {
                let i = y * pixels.width + x;
                let value = pixels.data[i];
                if value.is_nan() {
                    continue;
                }
                let Some(light) = self.light_over(band, x, y, ratio) else { continue };
                let mean = if ground.data[i].is_nan() { value } else { ground.data[i] };
                pixels.data[i] =
                    light.a * value - light.b * (value - air).max(0.0) + light.d * mean + light.c;
                touched[i] = true;
            }
        }
        touched
    }

    /// Mean light over the reference pixels under a band's pixel; none where none is touched.
    fn light_over(&self, band: usize, x: usize, y: usize, ratio: usize) -> Option<Light> {
        if ratio == 1 {
            return self.light(band, y * self.window.width + x);
        }
        let mut sum = Light { a: 0.0, b: 0.0, d: 0.0, c: 0.0 };
        let (mut count, mut any) = (0.0_f32, false);
        for fine_y in y * ratio..((y + 1) * ratio).min(self.window.height) {
            for fine_x in x * ratio..((x + 1) * ratio).min(self.window.width) {
                let light = self.light(band, fine_y * self.window.width + fine_x);
                any |= light.is_some();
                let Light { a, b, d, c } = light.unwrap_or(UNTOUCHED);
                sum = Light { a: sum.a + a, b: sum.b + b, d: sum.d + d, c: sum.c + c };
                count += 1.0;
            }
        }
        any.then(|| Light { a: sum.a / count, b: sum.b / count, d: sum.d / count, c: sum.c / count })
    }

    /// Light at one reference pixel.
    fn light(&self, band: usize, i: usize) -> Option<Light> {
        let shadow = self.shadow.data[i];
        let mut over =
            self.cells.iter().enumerate().filter(|(_, cells)| cells.data[i].excess > 0.0).peekable();
        if shadow == 0.0 && over.peek().is_none() {
            return None;
        }
        let (mut through, mut blurred, mut own) = (1.0, 0.0, 0.0);
        for (index, cells) in over {
            let (t, e, light) = self.layer_light(index, band, &cells.data[i]);
            // What lies below, y = through·x + blurred·x̄ + own, comes up as t·y + spread·ȳ.
            let spread = 1.0 - e - t;
            blurred = t * blurred + spread * (blurred + through);
            own = (t + spread) * own + light;
            through *= t;
        }
        let dark = shadow * (1.0 - MEASURED.model.shadow[band]);
        Some(Light { a: through, b: through * dark, d: blurred, c: own })
    }

    /// Image-forming transmittance, excess, and the layer's own light `e·c` in a band.
    fn layer_light(&self, layer: usize, band: usize, cell: &Cell) -> (f32, f32, f32) {
        let layer = &self.clouds.layers[layer];
        let odds = layer.beta_ratio(band) * cell.excess / (1.0 - cell.excess);
        let e = odds / (1.0 + odds);
        let t = (-MEASURED.model.k[band] * depth(cell.excess)).exp().min(1.0 - e);
        (t, e, e * layer.reflectance(band, cell.axes) * cell.shade)
    }
}
