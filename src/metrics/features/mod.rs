//! What a crop of reflectance looks like, in fixed numbers: the extractor that no network was trained for.
//!
//! A crop is 64 × 64 pixels on the 10 m grid. Reflectance is clipped to \[0, 1\]; pixels that are invalid count
//! nowhere, and a crop with less than 90 % of valid pixels has no features. Every feature has a name and a
//! meaning, so a distance between sets of crops can be explained (`fd` is large *because* `B08 gradient 1` fell):
//!
//! | feature | of | what |
//! |---|---|---|
//! | `B04 mean` | each band | mean reflectance |
//! | `B04 spread` | each band | `ln(σ + 0.001)` |
//! | `B04 q05` … `q95` | each band | quantiles 5, 25, 50, 75, 95 %, interpolated linearly |
//! | `NDVI mean`, `spread`, `q10`, `q90` | NDVI (B08, B04), NDWI (B03, B08), NDMI (B8A, B11) | of `(a − b)/(a + b)` where a + b > 0 |
//! | `B04 gradient 1`, `rms gradient 1` | each band | `ln(g + 0.001)` of the mean and the root mean square of `√(∂x² + ∂y²)`, forward differences from pixel to pixel |
//! | `B04 gradient 4`, `rms gradient 4` | each band | the same between means over 4 × 4 pixels |
//! | `B04~B08` | neighbouring bands, and B04~B08, B08~B11, B02~B12 | Pearson's correlation over the crop; 0 where a band is flat |
//!
//! What measures size of variation is taken as a logarithm, since such numbers lie over decades; the
//! logarithm begins at 0.001, a tenth of a per cent of reflectance, below which there is no texture to speak of.
//! **B10 is left out**: the cirrus band shows the atmosphere and no ground. Radar has no features here.

mod crop;

use std::sync::Arc;

use crop::Crop;

use crate::bands::Band;
use crate::raster::{Plane, Window};

/// The extractor's name in reports.
pub const EXTRACTOR: &str = "spectral and gradient statistics";
/// Pixels along a crop.
pub const CROP_PX: usize = 64;
/// The least part of a crop that must be valid.
pub const MIN_VALID: f64 = 0.9;

/// Normalised differences that have features.
const INDICES: [(&str, Band, Band); 3] =
    [("NDVI", Band::B08, Band::B04), ("NDWI", Band::B03, Band::B08), ("NDMI", Band::B8A, Band::B11)];
/// Bands far apart whose correlation is looked at.
const FAR_PAIRS: [(Band, Band); 3] = [(Band::B04, Band::B08), (Band::B08, Band::B11), (Band::B02, Band::B12)];
const BAND_QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];
const INDEX_QUANTILES: [f64; 2] = [0.1, 0.9];
/// Pixels along the blocks between whose means gradients are taken.
const SCALES_PX: [usize; 2] = [1, 4];

/// Takes the features of crops of images with some bands.
#[derive(Debug, Clone)]
pub struct Extractor {
    /// The plane of each band that has features.
    planes: Vec<usize>,
    /// Index into `planes` of both bands of each normalised difference.
    indices: Vec<(usize, usize)>,
    /// Index into `planes` of both bands of each correlation.
    pairs: Vec<(usize, usize)>,
    names: Arc<[String]>,
}

impl Extractor {
    /// For images whose planes are of these bands, in this order.
    #[must_use]
    pub fn new(bands: &[Band]) -> Self {
        let used: Vec<(usize, Band)> = bands
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, band)| band.is_optical() && *band != Band::B10)
            .collect();
        let place = |wanted: Band| used.iter().position(|&(_, band)| band == wanted);
        let known: Vec<_> =
            INDICES.iter().filter_map(|&(name, a, b)| Some((name, (place(a)?, place(b)?)))).collect();
        let mut pairs: Vec<_> = (1..used.len()).map(|i| (i - 1, i)).collect();
        let far = FAR_PAIRS.iter().filter_map(|&(a, b)| place(a).zip(place(b)));
        pairs.extend(far.filter(|(a, b)| b - a > 1).collect::<Vec<_>>());
        let mut names = Vec::new();
        for (_, band) in &used {
            names.extend([format!("{band} mean"), format!("{band} spread")]);
            names.extend(BAND_QUANTILES.iter().map(|q| format!("{band} q{:02.0}", 100.0 * q)));
            for scale in SCALES_PX {
                names.extend([format!("{band} gradient {scale}"), format!("{band} rms gradient {scale}")]);
            }
        }
        for (name, _) in &known {
            names.extend([format!("{name} mean"), format!("{name} spread")]);
            names.extend(INDEX_QUANTILES.iter().map(|q| format!("{name} q{:02.0}", 100.0 * q)));
        }
        names.extend(pairs.iter().map(|&(a, b)| format!("{}~{}", used[a].1, used[b].1)));
        Self {
            planes: used.iter().map(|&(plane, _)| plane).collect(),
            indices: known.into_iter().map(|(_, pair)| pair).collect(),
            pairs,
            names: names.into(),
        }
    }

    /// The names of the features, in their order.
    #[must_use]
    pub fn names(&self) -> &Arc<[String]> {
        &self.names
    }

    /// The features of the crop in `window`, which must lie inside the planes: reflectance, a plane a band.
    /// `valid` says which pixels count. None where too few do, or where one that counts is not a number.
    #[must_use]
    pub fn features(&self, planes: &[Plane<f32>], valid: &Plane<bool>, window: Window) -> Option<Vec<f64>> {
        let valid = valid.crop(window);
        let count = valid.data.iter().filter(|&&valid| valid).count();
        if (count as f64) < MIN_VALID * window.len() as f64 || count == 0 {
            return None;
        }
        let crops: Option<Vec<Crop>> =
            self.planes.iter().map(|&plane| Crop::new(&planes[plane], &valid, window)).collect();
        let crops = crops?;
        let mut features = Vec::with_capacity(self.names.len());
        for crop in &crops {
            let values = crop.valid();
            summary(&values, &BAND_QUANTILES, &mut features);
            for scale in SCALES_PX {
                let (mean, rms) = crop.gradient(scale);
                features.extend([log(mean), log(rms)]);
            }
        }
        for &(a, b) in &self.indices {
            let values = crops[a].normalised_difference(&crops[b]);
            summary(&values, &INDEX_QUANTILES, &mut features);
        }
        features.extend(self.pairs.iter().map(|&(a, b)| crops[a].correlation(&crops[b])));
        Some(features)
    }
}

/// Crops side by side from the upper left corner; what is left over at the right and below is in none.
pub fn windows(width: usize, height: usize) -> impl Iterator<Item = Window> {
    let columns = width / CROP_PX;
    (0..columns * (height / CROP_PX))
        .map(move |i| Window::new(i % columns * CROP_PX, i / columns * CROP_PX, CROP_PX, CROP_PX))
}

/// Which pixels are a number in every band.
#[must_use]
pub fn finite(planes: &[Plane<f32>]) -> Plane<bool> {
    let (width, height) = planes.first().map_or((0, 0), |plane| (plane.width, plane.height));
    let mut valid = Plane::filled(width, height, true);
    for plane in planes {
        valid.data.iter_mut().zip(&plane.data).for_each(|(valid, value)| *valid &= value.is_finite());
    }
    valid
}

/// Mean, logarithm of the standard deviation, and quantiles; all 0 for no value.
fn summary(values: &[f32], quantiles: &[f64], into: &mut Vec<f64>) {
    if values.is_empty() {
        into.extend(std::iter::repeat_n(0.0, 2 + quantiles.len()));
        return;
    }
    let n = values.len() as f64;
    let mean = values.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
    let variance = values.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n;
    into.extend([mean, log(variance.sqrt())]);
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    into.extend(quantiles.iter().map(|&q| {
        let at = q * (n - 1.0);
        let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
        f64::from(below) + at.fract() * (f64::from(above) - f64::from(below))
    }));
}

fn log(variation: f64) -> f64 {
    (variation + 1e-3).ln()
}

#[cfg(test)]
mod tests;
