//! What a step along a direction does to the ground, in terms that an analyst knows.

use serde::{Deserialize, Serialize};

use crate::bands::Band;
use crate::raster::Plane;

/// Sums of reflectance below this are too dark for a ratio to mean anything.
const DARK: f32 = 1e-3;

/// Mean changes of the ground under the mask.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Effect {
    /// Change of NDVI, `(B08 − B04) / (B08 + B04)`.
    pub ndvi: f64,
    /// Change of NDWI, `(B03 − B08) / (B03 + B08)` (`McFeeters` 1996).
    pub ndwi: f64,
    /// Change of brightness: the mean of B02, B03 and B04, in reflectance.
    pub brightness: f64,
}

/// Where the bands of the indices stand among others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bands3 {
    pub blue: usize,
    pub green: usize,
    pub red: usize,
    pub nir: usize,
}

impl Bands3 {
    /// None where one of B02, B03 and B04 is missing, or both B08 and B8A are. Without blue or green, red
    /// stands for them in the brightness.
    pub fn of(bands: &[Band]) -> Option<Self> {
        let place = |band| bands.iter().position(|&known| known == band);
        let red = place(Band::B04)?;
        Some(Self {
            blue: place(Band::B02).unwrap_or(red),
            green: place(Band::B03).unwrap_or(red),
            red,
            nir: place(Band::B08).or(place(Band::B8A))?,
        })
    }
}

pub(super) fn ndvi(red: f32, nir: f32) -> f32 {
    let sum = nir + red;
    if sum > DARK { (nir - red) / sum } else { 0.0 }
}

/// How the ground under a mask m changes from one surface to another (a plane a band), as means weighted by m;
/// zero where nothing is masked or the bands are missing.
#[must_use]
pub fn effect(from: &[Plane<f32>], to: &[Plane<f32>], bands: &[Band], mask: &Plane<u8>) -> Effect {
    let Some(at) = Bands3::of(bands) else { return Effect::default() };
    let (mut sums, mut weight) = ([0.0_f64; 3], 0.0_f64);
    for (i, &m) in mask.data.iter().enumerate().filter(|(_, m)| **m > 0) {
        let measures = |image: &[Plane<f32>]| {
            let value = |band: usize| image[band].data[i];
            [
                ndvi(value(at.red), value(at.nir)),
                ndvi(value(at.nir), value(at.green)),
                (value(at.blue) + value(at.green) + value(at.red)) / 3.0,
            ]
        };
        let (a, b) = (measures(from), measures(to));
        if a.iter().chain(&b).all(|value| value.is_finite()) {
            let m = f64::from(m) / 255.0;
            weight += m;
            for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
                *sum += m * f64::from(b - a);
            }
        }
    }
    let [ndvi, ndwi, brightness] = sums.map(|sum| if weight > 0.0 { sum / weight } else { 0.0 });
    Effect { ndvi, ndwi, brightness }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effect_is_a_mean_under_the_mask() {
        let bands = [Band::B02, Band::B03, Band::B04, Band::B08];
        let image = |values: [f32; 4]| values.map(|value| Plane::filled(2, 1, value)).to_vec();
        let (from, mut to) = (image([0.1, 0.1, 0.1, 0.1]), image([0.1, 0.1, 0.1, 0.3]));
        to[0].set(1, 0, 9.0);
        let mask = Plane::from_vec(2, 1, vec![255, 0]);
        let found = effect(&from, &to, &bands, &mask);
        assert!((found.ndvi - 0.5).abs() < 1e-6 && (found.ndwi + 0.5).abs() < 1e-6, "{found:?}");
        assert!(found.brightness.abs() < 1e-9, "{found:?}");
        assert_eq!(effect(&from, &to, &bands, &Plane::filled(2, 1, 0)), Effect::default());
        assert_eq!(effect(&from, &to, &[Band::B11; 4], &mask), Effect::default());
    }
}
