//! The Fréchet distance of infinitely many crops (Chong and Forsyth, *Effectively unbiased FID and Inception
//! Score and where to find them*, CVPR 2020).
//!
//! With few crops the distance is too large, by an amount that falls as 1/N, and that differs from generator
//! to generator. So it is measured on subsets of at least 15 sizes N and a line in 1/N is led to 1/N = 0.
//! Chong and Forsyth know the real distribution from far more images than the made one and thin only the
//! made; here there are as few real crops as made ones, so both are thinned to N, and the bias of both goes.

use serde::{Deserialize, Serialize};

use super::features::{Points, check};
use super::frechet::{between, moments};
use crate::metrics::Error;
use crate::random::Stream;

/// Sizes of subsets the line is led through.
pub const SIZES: usize = 15;
/// Draws of each size, whose mean is one point of the line.
const DRAWS: u64 = 8;
/// The smallest subset, in points a dimension: below it the distance leaves the line.
const SMALLEST: usize = 5;
/// The smallest subset as a part of the whole, where that is more.
const SMALLEST_PART: usize = 10;

/// FD∞ and what it was led from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Extrapolation {
    /// The line at 1/N = 0. For equal distributions it lies around 0, on either side.
    pub fd: f64,
    /// Standard error of that by the scatter of the points around the line. The subsets overlap and all come
    /// from the same crops, so it says nothing of other crops.
    pub standard_error: f64,
    /// The points: crops in each subset, and the mean distance over the draws.
    pub points: Vec<(usize, f64)>,
}

/// FD∞: the Fréchet distance over subsets of N real and N made points, N from the larger of 5·d and a tenth of
/// the smaller set up to all of it, eight draws each without replacement, and the least-squares line in 1/N.
///
/// # Errors
/// [`Error::Shape`] for sets of different dimensions, or too few points for 15 sizes.
pub fn extrapolate(real: &Points, made: &Points, seed: u64) -> Result<Extrapolation, Error> {
    check(real, made)?;
    let most = real.len().min(made.len());
    let least = (SMALLEST * real.dimension()).max(most / SMALLEST_PART).max(2);
    if most < least + SIZES - 1 {
        let expected = format!("at least {}", least + SIZES - 1);
        return Err(Error::Shape { what: "points of the smaller set:", found: most.to_string(), expected });
    }
    let size = |step: usize| least + (most - least) * step / (SIZES - 1);
    let points: Vec<_> = (0..SIZES).map(size).map(|n| (n, mean_distance(real, made, n, seed))).collect();
    let (fd, standard_error) = intercept(&points);
    Ok(Extrapolation { fd, standard_error, points })
}

/// The mean distance over the draws of one size.
fn mean_distance(real: &Points, made: &Points, size: usize, seed: u64) -> f64 {
    let draw = |points: &Points, which: &str, turn: u64| {
        let purpose = format!("metrics/fd/{which}/{size}");
        let mut order: Vec<usize> = (0..points.len()).collect();
        Stream::new(seed, turn, &purpose).shuffle(&mut order);
        order.truncate(size);
        // In order, so that a subset that is the whole gives the whole's very sums.
        order.sort_unstable();
        moments(points, order.into_iter())
    };
    let whole = size == real.len() && size == made.len();
    let draws = if whole { 1 } else { DRAWS };
    let one = |turn| between(&draw(real, "real", turn), &draw(made, "made", turn)).distance();
    (0..draws).map(one).sum::<f64>() / draws as f64
}

/// The least-squares line through (1/N, FD): its value at 0, and the standard error of that.
fn intercept(points: &[(usize, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let xs: Vec<f64> = points.iter().map(|&(size, _)| 1.0 / size as f64).collect();
    let x_mean = xs.iter().sum::<f64>() / n;
    let y_mean = points.iter().map(|&(_, y)| y).sum::<f64>() / n;
    let sxx: f64 = xs.iter().map(|x| (x - x_mean).powi(2)).sum();
    let sxy: f64 = xs.iter().zip(points).map(|(x, &(_, y))| (x - x_mean) * (y - y_mean)).sum();
    let slope = sxy / sxx;
    let at_zero = y_mean - slope * x_mean;
    let squares: f64 = xs.iter().zip(points).map(|(x, &(_, y))| (y - at_zero - slope * x).powi(2)).sum();
    let variance = squares / (n - 2.0);
    (at_zero, (variance * (1.0 / n + x_mean * x_mean / sxx)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::distribution::frechet::frechet;

    fn gaussian(n: usize, d: usize, shift: f64, purpose: &str) -> Points {
        let mut stream = Stream::new(3, 0, purpose);
        Points::new(d, (0..n * d).map(|_| stream.normal() + shift).collect()).expect("points")
    }

    #[test]
    fn a_line_in_the_inverse_of_n_is_led_to_its_end() {
        let points: Vec<_> = (10..25).map(|n| (n, 3.0 + 40.0 / n as f64)).collect();
        let (fd, error) = intercept(&points);
        assert!((fd - 3.0).abs() < 1e-12 && error < 1e-12);
    }

    #[test]
    fn most_of_the_bias_of_few_crops_is_gone() {
        for shift in [0.0, 0.5] {
            let (real, made) = (gaussian(160, 8, 0.0, "test/fd/a"), gaussian(160, 8, shift, "test/fd/b"));
            let truth = 8.0 * shift * shift;
            let plain = frechet(&real, &made).expect("they fit").distance();
            let found = extrapolate(&real, &made, 0).expect("there is enough");
            assert!((found.fd - truth).abs() < 0.5 * (plain - truth), "{} {plain} {truth}", found.fd);
            assert_eq!(found.points.len(), SIZES);
            assert!((found.points[SIZES - 1].1 - plain).abs() < 1e-12, "the last point is the whole");
            assert_eq!(extrapolate(&real, &made, 0).expect("again"), found);
            assert_ne!(extrapolate(&real, &made, 1).expect("other subsets").fd, found.fd);
        }
    }

    #[test]
    fn too_few_points_are_refused() {
        let points = gaussian(50, 8, 0.0, "test/fd/few");
        let error = extrapolate(&points, &points, 0).expect_err("50 < 54").to_string();
        assert!(error.contains("50") && error.contains("54"), "{error}");
    }
}
