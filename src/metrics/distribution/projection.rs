//! Principal components: from many correlated features to a few directions in which real crops differ.

use super::eigen::{Eigen, Square, dot, eigen};
use super::features::{Features, Points};
use crate::metrics::Error;

/// The least scale of a feature as a part of the largest: what hardly varies is not blown up by division.
const SCALE_FLOOR: f64 = 1e-3;
/// Eigenvalues below this part of the largest are rounding, not directions.
const RANK_FLOOR: f64 = 1e-10;

/// A principal component analysis, fitted on the **real** crops: each feature less its mean and over its
/// standard deviation, then the eigenvectors of the covariance of these, not whitened.
///
/// Made crops only pass through it. So it asks whether they show the variety that real crops have; what
/// they do in directions in which no real crop varies is seen by [`Projection::outside`] alone.
#[derive(Debug, Clone)]
pub struct Projection {
    mean: Vec<f64>,
    scale: Vec<f64>,
    components: Eigen,
    rank: usize,
}

impl Projection {
    /// Fits on real crops.
    ///
    /// # Errors
    /// [`Error::Shape`] with fewer than two crops.
    pub fn fit(real: &Features) -> Result<Self, Error> {
        if real.len() < 2 {
            let found = real.len().to_string();
            return Err(Error::Shape { what: "real crops:", found, expected: "at least 2".into() });
        }
        let (mean, deviation) = spread(real);
        let most = deviation.iter().fold(0.0_f64, |most, &x| most.max(x));
        let scale: Vec<f64> =
            deviation.iter().map(|&x| if most > 0.0 { x.max(SCALE_FLOOR * most) } else { 1.0 }).collect();
        let width = mean.len();
        let mut covariance = Square::zero(width);
        let mut row = vec![0.0; width];
        for crop in real.rows() {
            standardise(crop, &mean, &scale, &mut row);
            for (i, &x) in row.iter().enumerate().filter(|&(_, &x)| x != 0.0) {
                let into = &mut covariance.data[i * width..(i + 1) * width];
                into.iter_mut().zip(&row).for_each(|(sum, y)| *sum += x * y);
            }
        }
        let n = real.len() as f64 - 1.0;
        covariance.data.iter_mut().for_each(|sum| *sum /= n);
        let components = eigen(&covariance);
        let largest = components.values.first().copied().unwrap_or(0.0);
        let rank = components.values.iter().filter(|&&value| value > RANK_FLOOR * largest).count();
        Ok(Self { mean, scale, rank: rank.min(real.len() - 1), components })
    }

    /// Directions in which the real crops differ at all.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// The part of the real crops' variance that the first `d` directions hold, 0..1.
    #[must_use]
    pub fn explained(&self, d: usize) -> f64 {
        let total: f64 = self.components.values.iter().map(|value| value.max(0.0)).sum();
        self.components.values.iter().take(d).sum::<f64>() / total
    }

    /// Standard deviations of the real crops along the first `d` directions.
    #[must_use]
    pub fn deviations(&self, d: usize) -> Vec<f64> {
        self.components.values.iter().take(d).map(|value| value.max(0.0).sqrt()).collect()
    }

    /// The coordinates of crops along the first `d` directions.
    ///
    /// # Errors
    /// [`Error::Shape`] where the features are others or there are fewer than `d` directions, or `d` is 0.
    pub fn project(&self, crops: &Features, d: usize) -> Result<Points, Error> {
        self.check(crops)?;
        if d > self.mean.len() {
            let found = format!("{} features", self.mean.len());
            return Err(Error::Shape { what: "crops have", found, expected: format!("at least {d}") });
        }
        let mut values = Vec::with_capacity(crops.len() * d);
        let mut row = vec![0.0; self.mean.len()];
        for crop in crops.rows() {
            standardise(crop, &self.mean, &self.scale, &mut row);
            values.extend((0..d).map(|k| dot(self.components.vectors.row(k), &row)));
        }
        Points::new(d, values)
    }

    /// Mean squared distance of crops from the space of the first `d` directions, in squared standard
    /// deviations summed over the features: far more for made crops than for real ones means that they
    /// differ in ways which the projection hides.
    ///
    /// # Errors
    /// As [`Projection::project`].
    pub fn outside(&self, crops: &Features, d: usize) -> Result<f64, Error> {
        let inside = self.project(crops, d)?;
        let mut row = vec![0.0; self.mean.len()];
        let mut sum = 0.0;
        for (crop, point) in crops.rows().zip(inside.rows()) {
            standardise(crop, &self.mean, &self.scale, &mut row);
            sum += dot(&row, &row) - dot(point, point);
        }
        Ok(sum.max(0.0) / crops.len().max(1) as f64)
    }

    /// How far the mean of crops lies from the real mean, feature by feature, in the features' scales.
    ///
    /// # Errors
    /// As [`Projection::project`].
    pub fn shift(&self, crops: &Features) -> Result<Vec<f64>, Error> {
        self.check(crops)?;
        let (mean, _) = spread(crops);
        let mut row = vec![0.0; self.mean.len()];
        standardise(&mean, &self.mean, &self.scale, &mut row);
        Ok(row)
    }

    fn check(&self, crops: &Features) -> Result<(), Error> {
        if crops.names().len() == self.mean.len() {
            return Ok(());
        }
        let found = format!("{} features", crops.names().len());
        Err(Error::Shape { what: "crops have", found, expected: format!("{}", self.mean.len()) })
    }
}

fn standardise(crop: &[f64], mean: &[f64], scale: &[f64], into: &mut [f64]) {
    for (((to, x), mean), scale) in into.iter_mut().zip(crop).zip(mean).zip(scale) {
        *to = (x - mean) / scale;
    }
}

/// Mean and standard deviation (over n − 1) of every feature.
fn spread(crops: &Features) -> (Vec<f64>, Vec<f64>) {
    let n = crops.len() as f64;
    let mut mean = vec![0.0; crops.names().len()];
    for crop in crops.rows() {
        mean.iter_mut().zip(crop).for_each(|(sum, x)| *sum += x);
    }
    for sum in &mut mean {
        *sum /= n;
    }
    let mut squares = vec![0.0; mean.len()];
    for crop in crops.rows() {
        for ((sum, x), mean) in squares.iter_mut().zip(crop).zip(&mean) {
            *sum += (x - mean) * (x - mean);
        }
    }
    let deviation = squares.into_iter().map(|sum: f64| (sum / (n - 1.0).max(1.0)).sqrt()).collect();
    (mean, deviation)
}
