//! Latent use: do the surfaces that a model calls plausible say something?
//!
//! Everything is taken under cloud and shadow, of results as they are exported (composited), clipped to 0..1, over
//! at most [`MAX_PIXELS`] pixels an image, spread evenly.

use serde::{Deserialize, Serialize};

use super::cycle::{Cycle, Planes, composited};
use super::specimen::{Part, Specimen};
use super::statistics::{quantile, spearman};
use crate::networks::infer::Codes;
use crate::random::Stream;
use crate::raster::Plane;

/// Most pixels of an image that are looked at.
const MAX_PIXELS: usize = 8_000;
/// Purpose under which samples draw their codes.
const PURPOSE: &str = "honesty/latent";

/// How a model uses its land code on one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatentUse {
    /// Mean over pixels of the samples' standard deviation (n − 1; root mean square over bands), reflectance.
    pub spread: f64,
    /// Greatest difference of any sample to the image where m is 0, reflectance.
    pub outside: f64,
    /// Rank correlation of a pixel's spread with the error of the surface z = 0 there; none where either is the
    /// same everywhere.
    pub spearman: Option<f64>,
    /// Part of the values whose truth lies in the samples' 80 % interval.
    pub coverage_80: f64,
    /// Part of the values whose truth is greater than exactly 0, 1 … K of the K samples.
    pub ranks: Vec<f64>,
    /// Mean absolute errors.
    pub errors: Errors,
    /// Spread and error of every pixel looked at, for the correlation over all images; not in files.
    #[serde(skip)]
    pub pixels: Vec<(f64, f64)>,
}

/// Mean absolute errors under cloud on one image, reflectance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Errors {
    /// Of the exported surface, z = 0.
    pub middle: f64,
    /// Of the best of the samples, chosen by the truth.
    pub best: f64,
    /// Of a sample, on average.
    pub sample: f64,
    /// Of the surface for the code that the encoder finds in the truth.
    pub encoded: Option<f64>,
}

/// The land codes asked for: the middle, `samples` draws of the prior, the truth's.
pub(super) fn codes<C: Cycle>(cycle: &C, specimen: &Specimen, samples: usize, seed: u64) -> Vec<Codes> {
    let numbers = cycle.land_numbers();
    if numbers == 0 {
        return vec![Codes::Middle];
    }
    let drawn = (0..samples as u64).map(|index| {
        let mut code = vec![0.0; numbers];
        Stream::new(seed, index, PURPOSE).fill_normal(&mut code);
        Codes::One(code)
    });
    let truth = cycle.land_of_truth(specimen).map(Codes::One);
    std::iter::once(Codes::Middle).chain(drawn).chain(truth).collect()
}

/// Judges the surfaces of [`codes`].
#[must_use]
pub fn judge(
    specimen: &Specimen,
    middle: &Planes,
    samples: &[Planes],
    encoded: Option<&Planes>,
) -> LatentUse {
    let covered = specimen.pixels(Part::Covered);
    let pixels: Vec<usize> =
        covered.iter().copied().step_by(covered.len().div_ceil(MAX_PIXELS).max(1)).collect();
    let results: Vec<Planes> = samples.iter().map(|sample| composited(specimen, sample)).collect();
    let outside = largest_change(specimen, &results);
    let [middle, truth] =
        [&composited(specimen, middle), &specimen.clear].map(|image| values(image, &pixels));
    let drawn: Vec<_> = results.iter().map(|result| values(result, &pixels)).collect();
    let encoded = encoded.map(|surface| mean_error(&values(&composited(specimen, surface), &pixels), &truth));
    let of_samples: Vec<f64> = drawn.iter().map(|sample| mean_error(sample, &truth)).collect();
    let errors = Errors {
        middle: mean_error(&middle, &truth),
        best: of_samples.iter().copied().fold(f64::INFINITY, f64::min),
        sample: of_samples.iter().sum::<f64>() / of_samples.len() as f64,
        encoded,
    };
    spread(&drawn, &middle, &truth, outside, errors)
}

/// Values of pixels, by band.
fn values(image: &Planes, pixels: &[usize]) -> Vec<Vec<f64>> {
    let of = |plane: &Plane<f32>| {
        pixels.iter().map(|&pixel| f64::from(plane.data[pixel].clamp(0.0, 1.0))).collect()
    };
    image.iter().map(of).collect()
}

fn mean_error(made: &[Vec<f64>], truth: &[Vec<f64>]) -> f64 {
    let pairs = || made.iter().flatten().zip(truth.iter().flatten());
    pairs().map(|(made, truth)| (made - truth).abs()).sum::<f64>() / pairs().count().max(1) as f64
}

fn largest_change(specimen: &Specimen, results: &[Planes]) -> f64 {
    let kept: Vec<usize> = (0..specimen.alpha.data.len()).filter(|&i| specimen.alpha.data[i] == 0).collect();
    let mut largest = 0.0_f64;
    for result in results {
        for (made, seen) in result.iter().zip(&specimen.cloudy) {
            for &pixel in &kept {
                largest = largest.max(f64::from((made.data[pixel] - seen.data[pixel]).abs()));
            }
        }
    }
    largest
}

/// Spread, ranks and coverage of samples (sample, band, pixel) by the middle surface and the truth (band, pixel).
fn spread(
    drawn: &[Vec<Vec<f64>>],
    middle: &[Vec<f64>],
    truth: &[Vec<f64>],
    outside: f64,
    errors: Errors,
) -> LatentUse {
    let (bands, count) = (truth.len(), truth.first().map_or(0, Vec::len));
    let mut pixels = vec![(0.0, 0.0); count];
    let mut ranks = vec![0.0; drawn.len() + 1];
    let mut covered = 0.0;
    let mut sorted = vec![0.0; drawn.len()];
    for band in 0..bands {
        for (pixel, (variance, error)) in pixels.iter_mut().enumerate() {
            for (value, sample) in sorted.iter_mut().zip(drawn) {
                *value = sample[band][pixel];
            }
            sorted.sort_by(f64::total_cmp);
            let true_value = truth[band][pixel];
            *variance += sample_variance(&sorted) / bands as f64;
            *error += (middle[band][pixel] - true_value).abs() / bands as f64;
            place(&sorted, true_value, &mut ranks);
            let inside = quantile(&sorted, 0.1)..=quantile(&sorted, 0.9);
            covered += f64::from(u8::from(inside.contains(&true_value)));
        }
    }
    for (spread, _) in &mut pixels {
        *spread = spread.sqrt();
    }
    let all = (bands * count).max(1) as f64;
    let (spreads, wrong): (Vec<f64>, Vec<f64>) = pixels.iter().copied().unzip();
    LatentUse {
        spread: spreads.iter().sum::<f64>() / count.max(1) as f64,
        outside,
        spearman: spearman(&spreads, &wrong),
        coverage_80: covered / all,
        ranks: ranks.into_iter().map(|part| part / all).collect(),
        errors,
        pixels,
    }
}

fn sample_variance(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1).max(1) as f64
}

/// Counts the truth's rank among sorted samples; between equal samples it is shared out evenly.
fn place(sorted: &[f64], truth: f64, ranks: &mut [f64]) {
    let below = sorted.partition_point(|&value| value < truth);
    let not_above = sorted.partition_point(|&value| value <= truth);
    let share = 1.0 / (not_above - below + 1) as f64;
    for rank in &mut ranks[below..=not_above] {
        *rank += share;
    }
}
