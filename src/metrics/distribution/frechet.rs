//! The Fréchet distance between two Gaussians (Dowson and Landau 1982), the measure behind FID (Heusel et
//! al. 2017).

use super::eigen::{Square, dot, eigen};
use super::features::{Points, check};
use crate::metrics::Error;

/// Mean and covariance (divided by n − 1) of points.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moments {
    pub mean: Vec<f64>,
    pub covariance: Square,
}

/// The Fréchet distance and its two parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frechet {
    /// `|μ₁ − μ₂|²`: how far the middle has moved.
    pub mean_part: f64,
    /// `tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½)`: how much the spread differs.
    pub spread_part: f64,
}

impl Frechet {
    /// The distance: the sum of both parts, in squared units of the features.
    #[must_use]
    pub fn distance(&self) -> f64 {
        self.mean_part + self.spread_part
    }
}

/// `FD = |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½)` between two sets of points, covariances divided by n − 1.
///
/// `Σ₁Σ₂` is not symmetric, but `Σ₁^½ Σ₂ Σ₁^½` is and has the same eigenvalues, so two symmetric
/// decompositions give the trace of the root; eigenvalues that rounding made negative count as 0.
///
/// # Errors
/// [`Error::Shape`] for sets of different dimensions or with fewer than two points.
pub fn frechet(real: &Points, made: &Points) -> Result<Frechet, Error> {
    check(real, made)?;
    Ok(between(&moments(real, 0..real.len()), &moments(made, 0..made.len())))
}

/// Mean and covariance of some of the points.
pub(super) fn moments(points: &Points, chosen: impl Iterator<Item = usize> + Clone) -> Moments {
    let d = points.dimension();
    let mut mean = vec![0.0; d];
    let mut count = 0.0;
    for i in chosen.clone() {
        mean.iter_mut().zip(points.row(i)).for_each(|(sum, x)| *sum += x);
        count += 1.0;
    }
    for sum in &mut mean {
        *sum /= count;
    }
    let mut covariance = Square::zero(d);
    let mut centred = vec![0.0; d];
    for i in chosen {
        for ((to, x), mean) in centred.iter_mut().zip(points.row(i)).zip(&mean) {
            *to = x - mean;
        }
        for (row, &x) in centred.iter().enumerate() {
            let into = &mut covariance.data[row * d..][..=row];
            into.iter_mut().zip(&centred).for_each(|(sum, y)| *sum += x * y);
        }
    }
    for row in 0..d {
        for column in 0..=row {
            let value = covariance.data[row * d + column] / (count - 1.0);
            covariance.data[row * d + column] = value;
            covariance.data[column * d + row] = value;
        }
    }
    Moments { mean, covariance }
}

pub(super) fn between(a: &Moments, b: &Moments) -> Frechet {
    let mean_part = a.mean.iter().zip(&b.mean).map(|(x, y)| (x - y).powi(2)).sum();
    let root = root(&a.covariance);
    let inner = root.times_symmetric(&b.covariance).times_symmetric(&root);
    let trace_root: f64 = eigen(&inner).values.iter().map(|value| value.max(0.0).sqrt()).sum();
    Frechet { mean_part, spread_part: a.covariance.trace() + b.covariance.trace() - 2.0 * trace_root }
}

/// The symmetric root of a covariance.
fn root(covariance: &Square) -> Square {
    let found = eigen(covariance);
    let n = covariance.size;
    // Columns of V·√√Λ: with R = (V√√Λ)(V√√Λ)ᵀ the product is symmetric to the last bit.
    let mut scaled = Square::zero(n);
    for (k, value) in found.values.iter().enumerate() {
        let weight = value.max(0.0).sqrt().sqrt();
        for (i, x) in found.vectors.row(k).iter().enumerate() {
            scaled.data[i * n + k] = weight * x;
        }
    }
    let mut root = Square::zero(n);
    for i in 0..n {
        for j in 0..n {
            root.data[i * n + j] = dot(scaled.row(i), scaled.row(j));
        }
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_one_dimension_it_is_the_difference_of_means_and_of_deviations() {
        let points = |values: &[f64]| Points::new(1, values.to_vec()).expect("points");
        // Means 2 and 7, standard deviations √2 and √8.
        let found = frechet(&points(&[1.0, 3.0]), &points(&[5.0, 9.0])).expect("they fit");
        assert!((found.mean_part - 25.0).abs() < 1e-12);
        assert!((found.spread_part - (8_f64.sqrt() - 2_f64.sqrt()).powi(2)).abs() < 1e-12);
    }

    #[test]
    fn a_set_lies_at_distance_0_of_itself_even_when_flat() {
        let flat = Points::new(2, vec![0.0, 1.0, 1.0, 3.0, 2.0, 5.0]).expect("points on a line");
        assert!(frechet(&flat, &flat).expect("they fit").distance().abs() < 1e-12);
    }
}
