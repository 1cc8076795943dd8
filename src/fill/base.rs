//! What a band is where nothing near is clear.

use super::cells::Cells;
use super::{PRIOR_CELLS, Prior};
use crate::bands::{Band, Level};
use crate::raster::Plane;

/// A band's clear pixels summed over the scene, in cells.
pub(super) struct Total {
    /// Area of clear pixels with a plausible value.
    pub weight: f64,
    /// Area × reflectance.
    pub sum: f64,
    /// Area of clear pixels whose value no product could hold.
    pub implausible: f64,
}

impl Total {
    /// The sums of a band's cells.
    pub(super) fn of(cells: &Cells) -> Self {
        let total = |plane: &Plane<f32>| plane.data.iter().map(|&value| f64::from(value)).sum();
        Self { weight: total(&cells.weight), sum: total(&cells.sum), implausible: cells.implausible }
    }
}

/// The first guess of each band: its clear mean, shrunk towards the prior. A band without a prior has
/// its own mean alone, and without a clear pixel too the mean of the other bands' priors.
pub(super) fn bases(bands: &[Option<Band>], level: Option<Level>, totals: &[Total]) -> Vec<f32> {
    let prior = Prior::of(level);
    let priors: Vec<Option<f32>> = bands.iter().map(|&band| prior.mean(band)).collect();
    let known: Vec<f32> = priors.iter().copied().flatten().collect();
    let fallback = if known.is_empty() {
        prior.mean(Some(Band::B04)).unwrap_or(0.1)
    } else {
        known.iter().sum::<f32>() / known.len() as f32
    };
    let base = |(total, prior): (&Total, Option<f32>)| match prior {
        Some(prior) => ((total.sum + PRIOR_CELLS * f64::from(prior)) / (total.weight + PRIOR_CELLS)) as f32,
        None if total.weight > 0.0 => (total.sum / total.weight) as f32,
        None => fallback,
    };
    totals.iter().zip(priors).map(base).collect()
}
