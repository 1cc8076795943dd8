//! How a band's values are spread, and the limits between which they are shown.

use serde::{Deserialize, Serialize};

/// Bars of a histogram.
pub const BINS: usize = 128;
/// Reflectance that little ground reaches and most cloud exceeds.
const GROUND: f32 = 0.35;
/// Share of darker values below which a scene is taken for bright ground (snow, sand) or all cloud.
const LEAST_GROUND: f32 = 0.1;
/// Share of the values that a histogram leaves out at each end: one hot pixel must not squeeze it.
const TAIL: f64 = 0.001;

/// Reflectances of a band, sampled over a scene or a part of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// Least and greatest value.
    pub range: [f32; 2],
    /// Mean.
    pub mean: f32,
    /// Standard deviation.
    pub std: f32,
    /// Values in rising order, thinned.
    quantiles: Vec<f32>,
    /// Limits of the histogram.
    pub limits: [f32; 2],
    /// Values in each of its equal steps.
    pub histogram: Vec<u32>,
}

impl Statistics {
    /// Of sampled reflectances; what is not finite is left out. `None` where nothing is left.
    #[must_use]
    pub fn of(mut values: Vec<f32>) -> Option<Self> {
        values.retain(|value| value.is_finite());
        values.sort_unstable_by(f32::total_cmp);
        let (first, last) = (*values.first()?, *values.last()?);
        let count = values.len() as f64;
        let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
        let variance = values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / count;
        let at = |share: f64| values[(share * (count - 1.0)).round() as usize];
        let (low, high) = (at(TAIL), at(1.0 - TAIL));
        let room = ((high - low) * 0.05).max(1e-4);
        let limits = [low - room, high + room];
        let mut histogram = vec![0; BINS];
        for &value in &values {
            let step = (value - limits[0]) / (limits[1] - limits[0]) * BINS as f32;
            if (0.0..BINS as f32).contains(&step) {
                histogram[step as usize] += 1;
            }
        }
        let quantiles = (0..=1000).map(|thousandth| at(f64::from(thousandth) / 1000.0)).collect();
        let (mean, std) = (mean as f32, variance.sqrt() as f32);
        Some(Self { range: [first, last], mean, std, quantiles, limits, histogram })
    }

    /// The value below which `share` (0..1) of all values lie.
    #[must_use]
    pub fn quantile(&self, share: f32) -> f32 {
        let place = (share.clamp(0.0, 1.0) * (self.quantiles.len() - 1) as f32).round() as usize;
        self.quantiles[place]
    }
}

impl Statistics {
    /// The 2nd and the 98th percentile of the values below [`GROUND`].
    fn ground(&self) -> [f32; 2] {
        let last = (self.quantiles.len() - 1) as f32;
        let share = self.quantiles.partition_point(|&value| value < GROUND) as f32 / last;
        let share = if share < LEAST_GROUND { 1.0 } else { share.min(1.0) };
        [self.quantile(0.02 * share), self.quantile(0.98 * share)]
    }
}

/// How the limits of the display are found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stretch {
    /// From the least to the greatest value.
    MinMax,
    /// From the 2nd to the 98th percentile of what is darker than bright cloud ([`GROUND`]), so that
    /// cloud does not leave the ground in the dark; of everything where little is darker.
    Ground,
    /// From the 2nd to the 98th percentile.
    Percent,
    /// The mean ± `k` standard deviations.
    Sigma(f32),
    /// As the analyst set them, per channel.
    Manual,
}

impl Stretch {
    /// The limits for values spread like these; `None` for [`Stretch::Manual`]. They are never equal.
    #[must_use]
    pub fn limits(self, statistics: &Statistics) -> Option<[f32; 2]> {
        let [low, high] = match self {
            Self::MinMax => statistics.range,
            Self::Ground => statistics.ground(),
            Self::Percent => [statistics.quantile(0.02), statistics.quantile(0.98)],
            Self::Sigma(k) => [statistics.mean - k * statistics.std, statistics.mean + k * statistics.std],
            Self::Manual => return None,
        };
        Some([low, high.max(low + 1e-4)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_known_values() {
        let values: Vec<f32> = (0..=1000).map(|value| value as f32 / 1000.0).chain([f32::NAN]).collect();
        let statistics = Statistics::of(values).expect("values");
        assert_eq!(Stretch::MinMax.limits(&statistics), Some([0.0, 1.0]));
        let [low, high] = Stretch::Percent.limits(&statistics).expect("limits");
        assert!((low - 0.02).abs() < 1e-3 && (high - 0.98).abs() < 1e-3);
        let [low, high] = Stretch::Sigma(1.0).limits(&statistics).expect("limits");
        assert!((f64::from(high - low) - 2.0 / 12_f64.sqrt()).abs() < 2e-3, "a uniform distribution's σ");
        assert_eq!(Stretch::Manual.limits(&statistics), None);
        assert!(statistics.histogram.iter().sum::<u32>() >= 998);
    }

    #[test]
    fn cloud_does_not_leave_the_ground_in_the_dark() {
        let ground = (0..600).map(|value| 0.05 + 0.1 * value as f32 / 600.0);
        let cloud = (0..400).map(|value| 0.5 + 0.4 * value as f32 / 400.0);
        let statistics = Statistics::of(ground.chain(cloud).collect()).expect("values");
        let [_, high] = Stretch::Ground.limits(&statistics).expect("limits");
        assert!((high - 0.148).abs() < 0.003, "{high}");
        let snow =
            Statistics::of((0..100).map(|value| 0.6 + 0.003 * value as f32).collect()).expect("values");
        assert_eq!(Stretch::Ground.limits(&snow), Stretch::Percent.limits(&snow));
    }

    #[test]
    fn one_value_and_none() {
        let flat = Statistics::of(vec![0.3; 10]).expect("a value");
        let [low, high] = Stretch::Percent.limits(&flat).expect("limits");
        assert!(high > low);
        assert!(Statistics::of(vec![f32::NAN]).is_none());
    }
}
