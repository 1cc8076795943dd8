//! How much a model makes of its land code: how far surfaces of the same image lie apart, and whether the code of
//! the truth gives a better one.

use serde::{Deserialize, Serialize};

use super::TrainConfig;
use super::step::{Family, Trainer};
use super::validate::{ValidationPair, ValidationSet};
use crate::networks::infer::{self, Codes};
use crate::networks::{Clearing, Encoding};
use crate::random::Stream;
use crate::raster::Plane;

/// Images of each kind that are looked at.
const IMAGES: usize = 2;
/// Codes an image gets.
const CODES: usize = 4;
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
}

/// The land code that an encoder finds in the clear image of a pair.
pub type LandOf<'a> = dyn Fn(&ValidationPair) -> Option<Vec<f32>> + 'a;

/// Measures a network on some images of a validation set; none for a network without a land code.
#[must_use]
pub fn latent_use(
    set: &ValidationSet,
    network: Clearing<'_>,
    encoding: &Encoding,
    config: &TrainConfig,
    land_of: &LandOf<'_>,
) -> Option<LatentUse> {
    let numbers = config.network.land_code();
    let pairs: Vec<_> = set.real.iter().take(IMAGES).chain(set.lent.iter().take(IMAGES)).collect();
    if numbers == 0 || pairs.is_empty() {
        return None;
    }
    let codes: Vec<Vec<f32>> = (0..CODES)
        .map(|number| {
            let mut stream = Stream::new(SEED, number as u64, "validation/codes");
            (0..numbers).map(|_| stream.normal() as f32).collect()
        })
        .collect();
    let one = |pair: &&ValidationPair| {
        let encoded = infer::encode(network, encoding, &pair.image(), numbers, &network.device());
        let surfaces: Vec<_> = codes.iter().map(|code| encoded.surface(&Codes::One(code.clone()))).collect();
        spread(&surfaces, &pair.alpha.0)
    };
    let sum: f64 = pairs.iter().map(one).sum();
    let coded = coded(set, network, encoding, config, land_of);
    Some(LatentUse { images: pairs.len(), spread: sum / pairs.len() as f64, coded })
}

/// The error with the code of the truth in parts of the error with the code 0, a ratio of means over images.
fn coded(
    set: &ValidationSet,
    network: Clearing<'_>,
    encoding: &Encoding,
    config: &TrainConfig,
    land_of: &LandOf<'_>,
) -> Option<f64> {
    let (mut with, mut without) = (0.0, 0.0);
    for pair in set.real.iter().chain(&set.lent) {
        let numbers = config.network.land_code();
        let encoded = infer::encode(network, encoding, &pair.image(), numbers, &network.device());
        let error = |codes: &Codes| Some(pair.score(config, &encoded.surface(codes))?.mae);
        if let Some((coded, middle)) = error(&Codes::One(land_of(pair)?)).zip(error(&Codes::Middle)) {
            with += coded;
            without += middle;
        }
    }
    (without > 0.0).then(|| with / without)
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

/// The land code that the average's encoder finds in the clear image of a pair.
pub(super) fn land_of<F: Family>(trainer: &Trainer<F>, pair: &ValidationPair) -> Option<Vec<f32>> {
    let device = trainer.device().clone().without_autodiff();
    let image = |planes: &[Plane<f32>]| {
        infer::planes(planes, &device, |band, value| trainer.encoding.encode(band, value))
    };
    let mask = pair.alpha.0.map(|m| f32::from(m) / 255.0);
    let mask = infer::planes(std::slice::from_ref(&mask), &device, |_, value| value);
    let code = F::land_code(&trainer.average, image(&pair.clear), image(&pair.cloudy), mask)?;
    code.into_data().try_to_vec().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

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
