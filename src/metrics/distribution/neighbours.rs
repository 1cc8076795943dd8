//! Precision, recall, density and coverage by nearest neighbours.
//!
//! A set is the union of balls around its points, each as wide as the distance to the point's k-th nearest
//! neighbour in the set (the point itself not counted). Precision and recall: Kynkäänniemi, Karras, Laine,
//! Lehtinen, Aila, *Improved Precision and Recall Metric for Assessing Generative Models*, `NeurIPS` 2019;
//! density and coverage: Naeem, Oh, Uh, Choi, Yoo, *Reliable Fidelity and Diversity Metrics for Generative
//! Models*, ICML 2020. A point on the rim of a ball is outside, as in the authors' `prdc`.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::features::{Points, check};
use crate::metrics::Error;

/// The neighbour whose distance is a ball's radius.
pub const NEIGHBOUR: usize = 5;

/// How far the made crops lie among the real ones, and the real among the made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Neighbours {
    /// The part of made crops inside a real ball, 0..1: are they plausible?
    pub precision: f64,
    /// The part of real crops inside a made ball, 0..1; one stray made crop far out has a ball that covers
    /// much, hence coverage.
    pub recall: f64,
    /// Real balls around a made crop, divided by k and averaged: as precision, but not misled by single
    /// outlying real crops. 1 where the distributions are equal; more where made crops crowd in dense places.
    pub density: f64,
    /// The part of real crops whose ball holds a made crop, 0..1: how much of the real variety is made.
    /// Two sets of equal numbers from one distribution reach `1 − 2⁻ᵏ` (0.97) on average.
    pub coverage: f64,
}

/// The four measures for balls that reach to the `k`-th neighbour.
///
/// # Errors
/// [`Error::Shape`] for sets of different dimensions, or where one has no more than `k` points.
pub fn neighbours(real: &Points, made: &Points, k: usize) -> Result<Neighbours, Error> {
    check(real, made)?;
    let fewest = real.len().min(made.len());
    if k == 0 || fewest <= k {
        let expected = format!("more than k = {k}, which must be above 0");
        return Err(Error::Shape { what: "points of the smaller set:", found: fewest.to_string(), expected });
    }
    let (real_radii, made_radii) = (radii(real, k), radii(made, k));
    let inside = |j: usize| {
        let held = real.rows().zip(&real_radii).filter(|&(x, &radius)| squared(x, made.row(j)) < radius);
        held.count()
    };
    let holders: Vec<usize> = (0..made.len()).into_par_iter().map(inside).collect();
    let reached = |i: usize| {
        let (mut recalled, mut nearest) = (false, f64::INFINITY);
        for (y, &radius) in made.rows().zip(&made_radii) {
            let distance = squared(real.row(i), y);
            recalled |= distance < radius;
            nearest = nearest.min(distance);
        }
        (recalled, nearest < real_radii[i])
    };
    let reached: Vec<(bool, bool)> = (0..real.len()).into_par_iter().map(reached).collect();
    let (m, n) = (real.len() as f64, made.len() as f64);
    Ok(Neighbours {
        precision: holders.iter().filter(|&&balls| balls > 0).count() as f64 / n,
        recall: reached.iter().filter(|(recalled, _)| *recalled).count() as f64 / m,
        density: holders.iter().sum::<usize>() as f64 / (k as f64 * n),
        coverage: reached.iter().filter(|(_, covered)| *covered).count() as f64 / m,
    })
}

/// The squared distance of each point to its `k`-th nearest neighbour.
fn radii(points: &Points, k: usize) -> Vec<f64> {
    let radius = |i: usize| {
        let others = points.rows().enumerate().filter(|&(j, _)| j != i);
        let mut distances: Vec<f64> = others.map(|(_, y)| squared(points.row(i), y)).collect();
        *distances.select_nth_unstable_by(k - 1, f64::total_cmp).1
    };
    (0..points.len()).into_par_iter().map(radius).collect()
}

fn squared(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| (a - b) * (a - b)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(values: &[f64]) -> Points {
        Points::new(1, values.to_vec()).expect("points")
    }

    #[test]
    fn balls_on_a_line_can_be_counted_by_hand() {
        // Real radii to the nearest neighbour: 1, 1, 7; made: 0.5, 0.5, 90.25.
        let found = neighbours(&line(&[0.0, 1.0, 8.0]), &line(&[0.25, 0.75, 91.0]), 1).expect("they fit");
        // 0.25 and 0.75 lie in the balls of 0 and 1, and in none of 8's (7.25 and 7.75 away); 91 lies in none.
        assert!((found.precision - 2.0 / 3.0).abs() < 1e-15);
        assert!((found.density - 4.0 / 3.0).abs() < 1e-15);
        // 8 is held only by the stray made crop's ball (91 − 8 = 83 < 90.25), which recall counts and coverage does not.
        assert_eq!(found.recall, 1.0);
        assert!((found.coverage - 2.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn a_copy_covers_all_and_one_repeated_crop_next_to_nothing() {
        let real = line(&(0..20).map(|i| f64::from(i * i)).collect::<Vec<_>>());
        let same = neighbours(&real, &real, 5).expect("they fit");
        assert_eq!((same.precision, same.recall, same.coverage), (1.0, 1.0, 1.0));
        let one = neighbours(&real, &line(&[0.0; 20]), 5).expect("they fit");
        assert_eq!((one.precision, one.recall), (1.0, 0.0));
        assert!(one.coverage < 0.35, "{}", one.coverage);
    }

    #[test]
    fn no_more_points_than_neighbours_are_refused() {
        let error = neighbours(&line(&[0.0; 5]), &line(&[0.0; 9]), 5).expect_err("5 points").to_string();
        assert!(error.contains("k = 5"), "{error}");
    }
}
