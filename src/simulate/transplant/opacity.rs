//! How opaque a donor's cloud is at a pixel, and what light it sends.
//!
//! The ground under it is not known, only its smooth estimate g. Where cloud is thin the measured
//! pixel still holds t·(x − g) of the ground's own detail, which must not travel to another place. So
//! the excess is told from the visible bands alone, weighted by how even the ground is in each; the
//! other bands follow by the measured ratios of β; and of what the model leaves unexplained in a band,
//! `x_A − (1 − e)·g − e·c`, the part that the ground's detail may be, 2·t·σ, is taken away. Thick cloud
//! lets no detail through (t = 0), so there every band is exactly what was measured.

use super::super::clouds::depth;
use super::spectrum::{Thick, median};
use super::{Optics, VISIBLE, places};
use crate::bands::Band;
use crate::raster::Plane;

/// Visible excess that counts as opaque: its depth is finite.
const MOST: f32 = 0.99;
/// The least difference of brightness between cloud and ground by which an excess is told: over snow
/// a cloud cannot be told by its brightness.
const LEAST_CONTRAST: f32 = 0.05;
/// The part of a band's remainder that may be the ground's detail, in standard deviations.
const GHOST: f32 = 2.0;
/// Fewer clear pixels than these do not tell how uneven the ground is.
const MIN_CLEAR: usize = 256;
/// Then its detail is taken for this part of its brightness.
const UNEVEN: f32 = 0.25;

/// One band of the cloud at one pixel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opaque {
    /// How far the pixel has moved from the ground's brightness to the cloud's, 0..1.
    pub e: f32,
    /// What still forms an image of the ground, 0..=1 − e.
    pub t: f32,
    /// The cloud's own light, reflectance ≥ 0.
    pub light: f32,
}

/// Standard deviation of the ground's detail about its estimate, a number a band, from the pixels of
/// `clear`.
pub(super) fn detail(
    cloudy: &[Plane<f32>],
    ground: &[Plane<f32>],
    optics: &[Option<Optics>],
    clear: &[usize],
) -> Vec<f32> {
    let one = |((x, g), optics): ((&Plane<f32>, &Plane<f32>), &Option<Optics>)| {
        let apart = clear.iter().map(|&i| (x.data[i] - g.data[i]).abs()).filter(|apart| !apart.is_nan());
        if clear.len() >= MIN_CLEAR {
            return 1.4826 * median(apart);
        }
        let air = optics.map_or(0.0, |optics| optics.air);
        UNEVEN * (median(g.data.iter().copied()) - air).max(0.0)
    };
    cloudy.iter().zip(ground).zip(optics).map(one).collect()
}

/// Excess of the cloud in the visible, 0..[`MOST`]: the weighted least squares of `x_A − g`
/// against `c − g`; 0 where a visible band was not measured.
pub(super) fn visible_excess(
    bands: &[Band],
    cloudy: &[Plane<f32>],
    ground: &[Plane<f32>],
    thick: &Thick,
    detail: &[f32],
) -> Plane<f32> {
    let visible = places(bands, &VISIBLE);
    let (width, height) = (cloudy[0].width, cloudy[0].height);
    let one = |i: usize| {
        let (mut over, mut under) = (0.0, 0.0);
        for &b in &visible {
            let contrast = (thick.reflectance[b] - ground[b].data[i]).max(LEAST_CONTRAST);
            let weight = contrast / (detail[b] * detail[b]).max(4e-6);
            over += weight * (cloudy[b].data[i] - ground[b].data[i]);
            under += weight * contrast;
        }
        let excess = over / under;
        if excess.is_nan() { 0.0 } else { excess.clamp(0.0, MOST) }
    };
    Plane::from_vec(width, height, (0..width * height).map(one).collect())
}

impl Optics {
    /// Excess in this band of a cloud with the given one in the visible: `odds_b = β_b · odds`.
    pub(super) fn excess(&self, visible: f32) -> f32 {
        let odds = self.beta * visible / (1.0 - visible);
        odds / (1.0 + odds)
    }

    /// This band of a cloud with visible excess `visible` that was seen as `x` over ground `g`; `c` is
    /// the band's thick cloud, `sigma` the ground's detail.
    pub(super) fn cloud(&self, visible: f32, x: f32, g: f32, c: f32, sigma: f32) -> Opaque {
        let e = self.excess(visible);
        let t = (-self.k * depth(visible)).exp().min(1.0 - e);
        let rest = x - (1.0 - e) * g - e * c;
        let ghost = GHOST * t * sigma;
        let kept = rest.signum() * (rest.abs() - ghost).max(0.0);
        Opaque { e, t, light: (e * c + kept).max(0.0) }
    }
}
