//! How far samples differ: what may be trusted, pixel by pixel.

use rayon::prelude::*;

use super::effects::{Bands3, ndvi};
use crate::bands::Band;
use crate::raster::Plane;

/// What K samples of one image say together.
#[derive(Debug, Clone, PartialEq)]
pub struct Trust {
    /// Mean of the samples, a plane a band.
    pub mean: Vec<Plane<f32>>,
    /// Standard deviation over samples (with n − 1), a plane a band.
    pub bands: Vec<Plane<f32>>,
    /// RMS over bands of the standard deviation: the numbers of an export's band `spread`, before they become
    /// DN and are weighted by m.
    pub spread: Plane<f32>,
    /// Standard deviation of NDVI over samples; none without red and near infrared.
    pub ndvi: Option<Plane<f32>>,
    /// The two samples that differ most, in RMS over bands and masked pixels.
    pub most_different: (usize, usize),
}

impl Trust {
    /// Mean of the spread over masked pixels, in reflectance; 0 where there is none.
    #[must_use]
    pub fn mean_spread(&self, mask: &Plane<u8>) -> f64 {
        mean_under(&self.spread, mask)
    }

    /// Mean of NDVI's standard deviation over masked pixels.
    #[must_use]
    pub fn mean_ndvi(&self, mask: &Plane<u8>) -> Option<f64> {
        self.ndvi.as_ref().map(|plane| mean_under(plane, mask))
    }
}

/// Mean of a plane's finite values over masked pixels; 0 where there is none.
#[must_use]
pub fn mean_under(plane: &Plane<f32>, mask: &Plane<u8>) -> f64 {
    let own = plane.data.iter().zip(&mask.data).filter(|(value, m)| **m > 0 && value.is_finite());
    let (sum, count) =
        own.fold((0.0, 0.0), |(sum, count), (value, _)| (sum + f64::from(*value), count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}

/// Compares samples (a plane a band each) under a mask m.
///
/// # Panics
/// With no sample: a programming error.
#[must_use]
pub fn trust(samples: &[Vec<Plane<f32>>], bands: &[Band], mask: &Plane<u8>) -> Trust {
    let count = samples.len() as f32;
    let sides = |plane: &Plane<f32>| (plane.width, plane.height);
    let (width, height) = sides(&samples[0][0]);
    let numbers = 0..samples[0].len();
    let mean: Vec<_> = numbers
        .clone()
        .map(|band| {
            pixelwise(width, height, |i| samples.iter().map(|s| s[band].data[i]).sum::<f32>() / count)
        })
        .collect();
    let of_bands = numbers
        .map(|band| pixelwise(width, height, |i| std(samples.iter().map(|s| s[band].data[i]))))
        .collect();
    let ndvi = Bands3::of(bands).map(|at| {
        let value = |sample: &Vec<Plane<f32>>, i: usize| ndvi(sample[at.red].data[i], sample[at.nir].data[i]);
        pixelwise(width, height, |i| std(samples.iter().map(|sample| value(sample, i))))
    });
    Trust {
        mean,
        bands: of_bands,
        spread: deviation(samples, width, height),
        ndvi,
        most_different: most_different(samples, mask),
    }
}

fn pixelwise(width: usize, height: usize, one: impl Fn(usize) -> f32 + Sync + Send) -> Plane<f32> {
    Plane::from_vec(width, height, (0..width * height).into_par_iter().map(one).collect())
}

/// Standard deviation with n − 1.
fn std(values: impl Iterator<Item = f32> + Clone) -> f32 {
    crate::decloud::variance(values).sqrt()
}

/// RMS over bands of the standard deviation over samples (with n − 1), a number a pixel.
#[must_use]
pub fn deviation(samples: &[Vec<Plane<f32>>], width: usize, height: usize) -> Plane<f32> {
    crate::decloud::deviation(samples, width, height)
}

/// The pair of samples with the largest mean squared difference under the mask.
fn most_different(samples: &[Vec<Plane<f32>>], mask: &Plane<u8>) -> (usize, usize) {
    let distance = |a: &[Plane<f32>], b: &[Plane<f32>]| {
        let under = |(a, b): (&Plane<f32>, &Plane<f32>)| {
            let pixels = a.data.iter().zip(&b.data).zip(&mask.data).filter(|(_, m)| **m > 0);
            pixels.map(|((&a, &b), _)| f64::from(a - b).powi(2)).filter(|d| d.is_finite()).sum::<f64>()
        };
        a.iter().zip(b).map(under).sum::<f64>()
    };
    let pairs = (0..samples.len()).flat_map(|a| (a + 1..samples.len()).map(move |b| (a, b)));
    pairs
        .map(|(a, b)| ((a, b), distance(&samples[a], &samples[b])))
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
        .map_or((0, 0), |(pair, _)| pair)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plane(value: f32) -> Plane<f32> {
        Plane::filled(2, 1, value)
    }

    #[test]
    fn mean_deviations_and_the_most_different_pair_are_found() {
        let bands = [Band::B04, Band::B08];
        let sample = |red: f32, nir: f32| vec![plane(red), plane(nir)];
        let samples = [sample(0.1, 0.3), sample(0.2, 0.3), sample(0.3, 0.3)];
        let mask = Plane::filled(2, 1, 255);
        let found = trust(&samples, &bands, &mask);
        assert!((found.mean[0].get(0, 0) - 0.2).abs() < 1e-6);
        assert!((found.bands[0].get(1, 0) - 0.1).abs() < 1e-6);
        assert_eq!(found.bands[1].get(0, 0), 0.0);
        assert!((found.spread.get(0, 0) - 0.1 / 2.0_f32.sqrt()).abs() < 1e-6);
        assert!((found.mean_spread(&mask) - 0.1 / 2.0_f64.sqrt()).abs() < 1e-6);
        assert_eq!(found.mean_spread(&Plane::filled(2, 1, 0)), 0.0);
        // NDVI 0.5, 0.2, 0: mean 7/30.
        let expected = std([0.5, 0.2, 0.0].into_iter());
        assert!((found.ndvi.expect("red and near infrared").get(0, 0) - expected).abs() < 1e-6);
        assert_eq!(found.most_different, (0, 2));
    }

    #[test]
    fn without_red_there_is_no_ndvi() {
        let mask = Plane::filled(2, 1, 255);
        assert_eq!(trust(&[vec![plane(0.1)], vec![plane(0.2)]], &[Band::B11], &mask).ndvi, None);
    }
}
