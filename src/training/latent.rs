//! How much a model makes of its land code: how far surfaces of the same image lie apart, and whether the code of
//! the truth gives a better one.

use serde::{Deserialize, Serialize};

use super::TrainConfig;
use super::config::Learns;
use super::step::{Family, Trainer};
use super::validate::ValidationPair;
use crate::networks::images;
use crate::networks::infer::{Codes, Encoded};
use crate::random::Stream;
use crate::raster::Plane;

/// Images of each kind that are looked at.
const IMAGES: usize = 2;
/// Codes an image gets.
const CODES: u64 = 4;
/// Seed of the codes, the same for every training and every validation, so that all can be compared.
const SEED: u64 = 0;
/// Spread, in reflectance, below which a model makes nothing of its code.
pub const LEAST_SPREAD: f64 = 0.005;

/// How far surfaces of four fixed codes lie apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct LatentUse {
    /// Images looked at.
    pub images: usize,
    /// Standard deviation between the surfaces of an image under its mask, reflectance: a mean over pixels (by
    /// m), bands and images.
    pub spread: f64,
    /// Mean absolute error under cloud with the code that the encoder finds in the truth, in parts of that with the
    /// code 0, over all images; below 1 the code carries land. None where a training of before did not look.
    #[serde(default)]
    pub coded: Option<f64>,
    /// Continuous ranked probability score of the four surfaces in parts of the absolute error of that of the code 0,
    /// under the mask of the images looked at; the less the better, and 1 for samples that say nothing. None where a
    /// training of before did not look.
    #[serde(default)]
    pub crps: Option<f64>,
}

/// The land code that an encoder finds in the clear image of a pair.
pub type LandOf<'a> = dyn Fn(&ValidationPair) -> Option<Vec<f32>> + 'a;

/// Gathers, image by image, what a network makes of its land code.
pub(super) struct Gathered {
    /// The codes whose surfaces are compared; none for a network without a land code.
    codes: Vec<Codes>,
    images: usize,
    spread: f64,
    with: f64,
    without: f64,
    probability: f64,
    wrong: f64,
}

impl Gathered {
    /// For a network with codes of `numbers` numbers, 0 for one without.
    pub(super) fn new(numbers: usize) -> Self {
        let code = |number: u64| {
            let mut stream = Stream::new(SEED, number, "validation/codes");
            Codes::One((0..numbers).map(|_| stream.normal() as f32).collect())
        };
        let codes = if numbers == 0 { Vec::new() } else { (0..CODES).map(code).collect() };
        Self { codes, images: 0, spread: 0.0, with: 0.0, without: 0.0, probability: 0.0, wrong: 0.0 }
    }

    /// Takes the `number`-th image of its kind, with its surface of the code 0 and that one's error; `land_of` finds
    /// the truth's code.
    pub(super) fn take(
        &mut self,
        (number, pair): (usize, &ValidationPair),
        encoded: &Encoded<'_>,
        (middle, error): (&[Plane<f32>], f64),
        (config, land_of): (&TrainConfig, &LandOf<'_>),
    ) {
        if self.codes.is_empty() {
            return;
        }
        if number < IMAGES || config.learns == Learns::Spread {
            let surfaces: Vec<_> = self.codes.iter().map(|code| encoded.surface(code)).collect();
            self.spread += spread(&surfaces, &pair.alpha.0);
            self.images += 1;
            self.probability += probability(&surfaces, &pair.clear, &pair.alpha.0);
            self.wrong += probability(&[middle.to_vec()], &pair.clear, &pair.alpha.0);
        }
        let Some(land) = land_of(pair) else { return };
        if let Some(scores) = pair.score(config, &encoded.surface(&Codes::One(land))) {
            self.with += scores.mae;
            self.without += error;
        }
    }

    /// What came of it; none for a network without a land code, or without images.
    pub(super) fn finish(self) -> Option<LatentUse> {
        let coded = (self.without > 0.0).then(|| self.with / self.without);
        let spread = self.spread / self.images as f64;
        let crps = (self.wrong > 0.0).then(|| self.probability / self.wrong);
        (self.images > 0).then_some(LatentUse { images: self.images, spread, coded, crps })
    }
}

/// Mean over bands and pixels, by m, of the standard deviation (n − 1) between surfaces.
fn spread(surfaces: &[Vec<Plane<f32>>], alpha: &Plane<u8>) -> f64 {
    let (mut sum, mut weight) = (0.0, 0.0);
    let count = surfaces.len() as f64;
    for band in 0..surfaces.first().map_or(0, Vec::len) {
        for (pixel, &m) in alpha.data.iter().enumerate().filter(|(_, m)| **m > 0) {
            let values = surfaces.iter().map(|surface| f64::from(surface[band].data[pixel]));
            let mean = values.clone().sum::<f64>() / count;
            let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
            sum += f64::from(m) * variance.sqrt();
            weight += f64::from(m);
        }
    }
    if weight > 0.0 { sum / weight } else { 0.0 }
}

/// Mean over bands and pixels, by m, of the continuous ranked probability score
/// ([`crps`](super::losses::crps)) of surfaces against the truth, reflectance.
fn probability(surfaces: &[Vec<Plane<f32>>], truth: &[Plane<f32>], alpha: &Plane<u8>) -> f64 {
    let (mut sum, mut weight) = (0.0, 0.0);
    let count = surfaces.len();
    let pairs = (count * (count - 1)).max(1) as f64;
    for (band, truth) in truth.iter().enumerate() {
        for (pixel, &m) in alpha.data.iter().enumerate().filter(|(_, m)| **m > 0) {
            let mut values: Vec<f64> =
                surfaces.iter().map(|surface| f64::from(surface[band].data[pixel])).collect();
            values.sort_by(f64::total_cmp);
            let truth = f64::from(truth.data[pixel]);
            let wrong = values.iter().map(|value| (value - truth).abs()).sum::<f64>() / count as f64;
            // Sorted, the i-th is the greater of i pairs and the smaller of the rest.
            let apart =
                values.iter().enumerate().map(|(i, value)| value * (2.0 * i as f64 - (count - 1) as f64));
            let score = wrong - apart.sum::<f64>() / pairs;
            if score.is_finite() {
                sum += f64::from(m) * score;
                weight += f64::from(m);
            }
        }
    }
    if weight > 0.0 { sum / weight } else { 0.0 }
}

/// The land code that the average's encoder finds in the clear image of a pair.
pub(super) fn land_of<F: Family>(trainer: &Trainer<F>, pair: &ValidationPair) -> Option<Vec<f32>> {
    let device = trainer.device().clone().without_autodiff();
    let image = |planes: &[Plane<f32>]| {
        images::planes(planes, &device, |band, value| trainer.encoding.encode(band, value))
    };
    let mask = pair.alpha.0.map(|m| f32::from(m) / 255.0);
    let mask = images::planes(std::slice::from_ref(&mask), &device, |_, value| value);
    let code = F::land_code(&trainer.average, image(&pair.clear), image(&pair.cloudy), mask)?;
    code.into_data().try_to_vec().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_probability_score_is_that_of_the_losses() {
        let surface = |under: f32| vec![Plane::from_vec(2, 1, vec![under, 0.9])];
        let (truth, alpha) = (surface(2.0), Plane::from_vec(2, 1, vec![255, 0]));
        let score = |values: &[f32]| {
            let surfaces: Vec<_> = values.iter().map(|&value| surface(value)).collect();
            probability(&surfaces, &truth, &alpha)
        };
        assert!((score(&[1.25]) - 0.75).abs() < 1e-9);
        assert!((score(&[4.0, 0.0, 1.0]) - (5.0 / 3.0 - 0.5 * (1.0 + 4.0 + 3.0) / 3.0)).abs() < 1e-6);
    }

    #[test]
    fn the_spread_is_that_under_the_mask() {
        let surface = |under: f32, outside: f32| vec![Plane::from_vec(2, 1, vec![under, outside])];
        let surfaces = [surface(0.1, 0.9), surface(0.2, 0.0), surface(0.3, 0.5)];
        let alpha = Plane::from_vec(2, 1, vec![255, 0]);
        assert!((spread(&surfaces, &alpha) - 0.1).abs() < 1e-7);
        let half = Plane::from_vec(2, 1, vec![255, 51]);
        let outside = 0.450_925;
        assert!((spread(&surfaces, &half) - (0.1 + 0.2 * outside) / 1.2).abs() < 1e-5);
        assert_eq!(spread(&surfaces, &Plane::from_vec(2, 1, vec![0, 0])), 0.0);
    }
}
