//! What colour a pixel has: the twin of `shaders/map.wgsl` on the CPU, for tests, legends and
//! exported pictures. It knows neither egui nor wgpu.

use serde::{Deserialize, Serialize};

use super::colormap::ColorMap;

/// What textures hold where there is no measurement: a shader may assume that there is no NaN.
/// Anything below −10⁸ counts as nodata, and so does anything above 10⁸ and what is not finite.
pub const NODATA: f32 = -1.0e9;

/// The largest measurement, either way.
const MEASURED: f32 = 1.0e8;

/// The least width of a stretch, so that nothing is divided by 0.
const LEAST_WIDTH: f32 = 1.0e-12;

/// The least sum of two bands whose index means something; in units of the values.
const LEAST_SUM: f32 = 1.0e-6;

/// How values become a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Three bands as red, green and blue.
    Rgb,
    /// One band through a colour map.
    Single,
    /// The normalised difference (a₀ − a₁) / (a₀ + a₁) of two bands through a colour map.
    Index,
    /// The mean over three channels of a − b through blue, white and red.
    Difference,
}

/// How a layer is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shading {
    /// How values become a colour.
    pub mode: Mode,
    /// Values drawn darkest, by channel; `Single` and `Index` use the first. May lie above `hi`: the
    /// picture is then a negative.
    pub lo: [f32; 3],
    /// Values drawn brightest, by channel. The first is the largest difference shown, either way, in
    /// mode `Difference`.
    pub hi: [f32; 3],
    /// Brightens the middle where above 1: t becomes t^(1/gamma). `Rgb` and `Single` only, since an
    /// index and a difference are read off a scale.
    pub gamma: f32,
    /// Colours of `Single` and `Index`; `Difference` always has [`ColorMap::Diverging`].
    pub map: ColorMap,
}

impl Shading {
    /// The colour map that is drawn: [`Shading::map`] but for differences.
    #[must_use]
    pub const fn drawn_map(&self) -> ColorMap {
        match self.mode {
            Mode::Difference => ColorMap::Diverging,
            _ => self.map,
        }
    }
}

/// A shading's limits made safe to compute with: finite, and never divided by 0.
pub(super) struct Ramp {
    pub lo: [f32; 3],
    pub width: [f32; 3],
    /// 1 / gamma.
    pub exponent: f32,
    /// The largest difference, above 0.
    pub reach: f32,
}

impl Ramp {
    pub(super) fn of(shading: &Shading) -> Self {
        let finite =
            |value: f32, or: f32| if value.is_finite() { value.clamp(-MEASURED, MEASURED) } else { or };
        let lo = shading.lo.map(|value| finite(value, 0.0));
        let hi = shading.hi.map(|value| finite(value, 1.0));
        let width = [0, 1, 2].map(|channel| {
            let width = hi[channel] - lo[channel];
            if width.abs() < LEAST_WIDTH { LEAST_WIDTH } else { width }
        });
        let gamma = if shading.gamma > 0.0 { shading.gamma.clamp(0.01, 100.0) } else { 1.0 };
        Self { lo, width, exponent: 1.0 / gamma, reach: hi[0].abs().max(LEAST_WIDTH) }
    }

    fn stretched(&self, value: f32, channel: usize) -> f32 {
        ((value - self.lo[channel]) / self.width[channel]).clamp(0.0, 1.0)
    }

    fn brightened(&self, value: f32, channel: usize) -> f32 {
        let t = self.stretched(value, channel);
        // As in the shader: 0 and an exponent of 1 take no detour over logarithms.
        if t <= 0.0 || self.exponent == 1.0 { t } else { t.powf(self.exponent) }
    }
}

/// False for nodata, NaN included.
fn is_measured(value: f32) -> bool {
    value.abs() <= MEASURED
}

/// The colour of one pixel: `a` the three values of the drawn layer, `b` those of the layer it is
/// compared with (`Difference` only; values a mode does not use are not looked at). Red, green, blue
/// and alpha, sRGB-encoded and unmultiplied; alpha is 0 where nothing was measured and 255 elsewhere.
///
/// # Formulas
/// A channel is clamp((v − lo) / (hi − lo), 0, 1)^(1/gamma); a difference d is drawn at
/// 0.5 + 0.5 d / hi₀ of the colour map; an index whose bands sum to less than 10⁻⁶ is nodata.
#[must_use]
pub fn shade(shading: &Shading, a: [f32; 3], b: [f32; 3]) -> [u8; 4] {
    let ramp = Ramp::of(shading);
    let whole = |values: [f32; 3]| values.into_iter().all(is_measured);
    let mapped = |t| shading.drawn_map().color(t);
    let color = match shading.mode {
        Mode::Rgb => whole(a).then(|| [0, 1, 2].map(|channel| ramp.brightened(a[channel], channel))),
        Mode::Single => is_measured(a[0]).then(|| mapped(ramp.brightened(a[0], 0))),
        Mode::Index => index(a[0], a[1]).map(|value| mapped(ramp.stretched(value, 0))),
        Mode::Difference => (whole(a) && whole(b)).then(|| {
            let mean = ((a[0] - b[0]) + (a[1] - b[1]) + (a[2] - b[2])) / 3.0;
            mapped((0.5 + 0.5 * mean / ramp.reach).clamp(0.0, 1.0))
        }),
    };
    color.map_or([0; 4], |[red, green, blue]| [byte(red), byte(green), byte(blue), 255])
}

/// The normalised difference of two measurements.
fn index(first: f32, second: f32) -> Option<f32> {
    let usable = is_measured(first) && is_measured(second) && first + second >= LEAST_SUM;
    usable.then(|| (first - second) / (first + second))
}

/// 0 to 1 as 0 to 255, rounded as a GPU writes it.
fn byte(value: f32) -> u8 {
    (value * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shading(mode: Mode) -> Shading {
        Shading { mode, lo: [0.0; 3], hi: [0.4; 3], gamma: 1.0, map: ColorMap::Gray }
    }

    #[test]
    fn each_mode_says_what_its_formula_says() {
        assert_eq!(shade(&shading(Mode::Rgb), [0.0, 0.2, 0.4], [0.0; 3]), [0, 128, 255, 255]);
        assert_eq!(shade(&shading(Mode::Single), [0.1, NODATA, NODATA], [0.0; 3]), [64, 64, 64, 255]);
        // (0.3 − 0.2) / (0.3 + 0.2) = 0.2, half of the range.
        assert_eq!(shade(&shading(Mode::Index), [0.3, 0.2, NODATA], [0.0; 3]), [128, 128, 128, 255]);
        assert_eq!(shade(&shading(Mode::Difference), [0.2; 3], [0.2; 3]), [247, 247, 247, 255]);
    }

    #[test]
    fn gamma_brightens_the_middle() {
        let bright = Shading { gamma: 2.0, ..shading(Mode::Rgb) };
        assert_eq!(shade(&bright, [0.1; 3], [0.0; 3])[0], 128);
    }

    #[test]
    fn dark_pixels_have_no_index() {
        assert_eq!(shade(&shading(Mode::Index), [0.0; 3], [0.0; 3])[3], 0);
    }
}
