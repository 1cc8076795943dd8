//! What was measured on real clouds: `assets/simulate/clouds.json`, made by
//! `tests/parity/measure_clouds.py` and explained in `docs/simulate.md`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::bands::{Band, L1C, Level};

/// Bands of the measurements: those of an L1C product.
const BANDS: usize = L1C.len();

/// The measurements, parsed once. The file is part of the program; a test proves that it parses.
pub(super) static MEASURED: LazyLock<Measured> = LazyLock::new(|| {
    let text = include_str!("../../assets/simulate/clouds.json");
    match serde_json::from_str(text) {
        Ok(measured) => measured,
        Err(error) => unreachable!("the measurements built into the program are damaged: {error}"),
    }
});

/// The file's content, as far as the generator needs it. Arrays by band follow [`L1C`].
#[derive(Debug, Deserialize)]
pub(super) struct Measured {
    pub model: Model,
    pub clusters: Vec<Cluster>,
    /// Least reflectance of clear land and water: what the air alone gives (L1C).
    pub air: [f32; BANDS],
    pub excess: Excess,
}

/// Constants of `x' = t·x + (1 − e − t)·x̄ + e·c`.
#[derive(Debug, Deserialize)]
pub(super) struct Model {
    /// Excess of one optical depth in the visible: `e = βτ / (1 + βτ)`.
    pub beta: f32,
    /// Image-forming extinction by band, 1 at 560 nm: `t = exp(−kτ)`.
    pub k: [f32; BANDS],
    /// β by band over the visible one, water clouds.
    pub beta_low: [f32; BANDS],
    /// The same, ice clouds.
    pub beta_ice: [f32; BANDS],
    /// Reflectance in deep shadow over that in the sun, air taken off.
    pub shadow: [f32; BANDS],
}

/// A kind of thick cloud: a normal distribution of log-reflectance, its covariance kept as axes.
#[derive(Debug, Deserialize)]
pub(super) struct Cluster {
    pub name: String,
    pub weight: f64,
    pub log_mean: [f32; BANDS],
    pub log_axes: [[f32; BANDS]; 3],
}

/// Quantiles (evenly spaced in probability) of the visible excess inside cloud.
#[derive(Debug, Deserialize)]
pub(super) struct Excess {
    pub thick: Quantiles,
    pub thin: Quantiles,
}

#[derive(Debug, Deserialize)]
pub(super) struct Quantiles {
    /// Those of a shallow, a middling and a deep scene: the 15th, 50th and 85th percentile of scenes.
    quantiles: [Vec<f32>; 3],
}

impl Quantiles {
    /// The quantiles of a scene that lies at `depth` (0 shallow, 0.5 middling, 1 deep) among scenes.
    pub(super) fn at(&self, depth: f32) -> Vec<f32> {
        let [shallow, middling, deep] = &self.quantiles;
        let position = 2.0 * depth.clamp(0.0, 1.0);
        let (low, high, weight) =
            if position < 1.0 { (shallow, middling, position) } else { (middling, deep, position - 1.0) };
        low.iter().zip(high).map(|(a, b)| a + weight * (b - a)).collect()
    }
}

impl Cluster {
    /// Whether it is high ice cloud, which the cirrus band sees.
    pub(super) fn is_ice(&self) -> bool {
        self.name.ends_with("ice")
    }
}

/// Where a band stands in the measurements; none for radar.
pub(super) fn index_of(band: Band) -> Option<usize> {
    L1C.iter().position(|&known| known == band)
}

/// What the air alone gives in a band: the least reflectance of clear land and water. 0 for L2A, which has none
/// above it, and for radar; an unknown level counts as L1C.
#[must_use]
pub fn air_light(band: Band, level: Option<Level>) -> f32 {
    match index_of(band) {
        Some(index) if level != Some(Level::L2A) => MEASURED.air[index],
        _ => 0.0,
    }
}

/// Reflectance of thick cloud in a band: the mean over the measured kinds, each as often as it was met.
/// None for radar.
#[must_use]
pub fn thick_cloud(band: Band) -> Option<f32> {
    let index = index_of(band)?;
    let clusters = &MEASURED.clusters;
    let total: f64 = clusters.iter().map(|cluster| cluster.weight).sum();
    let sum: f64 =
        clusters.iter().map(|cluster| cluster.weight * f64::from(cluster.log_mean[index].exp())).sum();
    Some((sum / total) as f32)
}

/// The excess in the visible of water cloud whose excess in `band` is `excess`, by the measured ratio of
/// the bands (`docs/simulate.md`): `odds = odds_b / β_b`. What is not in 0..1 is taken to its end. None for
/// radar.
#[must_use]
pub fn visible_excess(band: Band, excess: f32) -> Option<f32> {
    let beta = MEASURED.model.beta_low[index_of(band)?];
    let excess = excess.clamp(0.0, 1.0);
    if excess == 1.0 {
        return Some(1.0);
    }
    let odds = excess / (1.0 - excess) / beta;
    Some(odds / (1.0 + odds))
}

/// Linear interpolation in a table over 0..=1.
pub(super) fn lookup(table: &[f32], u: f32) -> f32 {
    let Some(last) = table.len().checked_sub(1) else { return 0.0 };
    let position = u.clamp(0.0, 1.0) * last as f32;
    let low = (position as usize).min(last);
    let high = (low + 1).min(last);
    let weight = position - low as f32;
    table[low] + weight * (table[high] - table[low])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_measurements_parse_and_are_physical() {
        let measured = &*MEASURED;
        assert!(
            measured.clusters.iter().any(Cluster::is_ice) && measured.clusters.iter().any(|c| !c.is_ice())
        );
        let tables = [&measured.excess.thick, &measured.excess.thin];
        for quantiles in
            tables.into_iter().flat_map(|table| [0.0, 0.3, 0.5, 1.0].map(|depth| table.at(depth)))
        {
            assert!(quantiles.windows(2).all(|pair| pair[0] <= pair[1]));
            assert!(quantiles.first().is_some_and(|&first| first > 0.0));
            assert!(quantiles.last().is_some_and(|&last| last <= 1.0));
        }
        // Long waves pass more, and shadows are deeper in them.
        assert!(measured.model.k.windows(2).all(|pair| pair[0] > pair[1]));
        assert!(measured.model.shadow.windows(2).all(|pair| pair[0] >= pair[1]));
    }

    #[test]
    fn a_table_is_read_between_its_entries() {
        assert_eq!(lookup(&[1.0, 3.0], 0.5), 2.0);
        assert_eq!(lookup(&[1.0, 3.0], 2.0), 3.0);
        assert_eq!(lookup(&[], 0.5), 0.0);
    }
}
