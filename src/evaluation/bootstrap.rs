//! How far a mean over a few images can be trusted.

use serde::{Deserialize, Serialize};

use crate::random::Stream;

/// Resamples behind every interval.
pub const RESAMPLES: usize = 10_000;

/// A mean over images and its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Mean over the images.
    pub mean: f64,
    /// 2.5th percentile of the resampled means; none with fewer than two scenes.
    pub low: Option<f64>,
    /// 97.5th percentile.
    pub high: Option<f64>,
    /// How many images the mean is over.
    pub images: usize,
    /// How many scenes they come from: the units that are resampled.
    pub scenes: usize,
}

/// Mean of `(scene, value)` over all images with a percentile bootstrap over scenes (Efron 1979;
/// the cluster bootstrap of Davison and Hinkley 1997, §3.8): whole scenes are drawn with
/// replacement, for patches of one scene share its land, light and cloud. None without a value.
///
/// The draws depend on the number of scenes only, so every run gives the same interval and two
/// methods are judged by the same draws.
#[must_use]
pub fn interval(values: &[(usize, f64)]) -> Option<Interval> {
    let scenes = by_scene(values);
    let mean = |sum: f64, count: usize| sum / count as f64;
    if values.is_empty() {
        return None;
    }
    let total = values.iter().map(|(_, value)| value).sum();
    let (mut low, mut high) = (None, None);
    if scenes.len() > 1 {
        let mut random = Stream::new(0, scenes.len() as u64, "bootstrap");
        let mut means: Vec<f64> = (0..RESAMPLES)
            .map(|_| {
                let (mut sum, mut count) = (0.0, 0);
                for _ in 0..scenes.len() {
                    let scene = scenes[random.below(scenes.len() as u64) as usize];
                    sum += scene.0;
                    count += scene.1;
                }
                mean(sum, count)
            })
            .collect();
        means.sort_by(f64::total_cmp);
        low = Some(percentile(&means, 2.5));
        high = Some(percentile(&means, 97.5));
    }
    Some(Interval { mean: mean(total, values.len()), low, high, images: values.len(), scenes: scenes.len() })
}

/// Sum and number of the values of each scene, in the order scenes first occur.
fn by_scene(values: &[(usize, f64)]) -> Vec<(f64, usize)> {
    let mut names = Vec::new();
    let mut sums: Vec<(f64, usize)> = Vec::new();
    for &(scene, value) in values {
        let place = names.iter().position(|&name| name == scene).unwrap_or_else(|| {
            names.push(scene);
            sums.push((0.0, 0));
            sums.len() - 1
        });
        sums[place].0 += value;
        sums[place].1 += 1;
    }
    sums
}

/// Linear interpolation between the nearest ranks, as numpy's default.
fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let rank = percent / 100.0 * (sorted.len() - 1) as f64;
    let below = rank.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * (rank - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_of_independent_images_has_the_width_of_the_standard_error() {
        let values: Vec<_> = (0..400).map(|i| (i, f64::from(u32::try_from(i).unwrap_or(0) % 20))).collect();
        let found = interval(&values).expect("values");
        assert!((found.mean - 9.5).abs() < 1e-12);
        // Standard deviation √(399/12) of 0 … 19, so ± 1.96 · 5.766 / 20 = ± 0.565.
        let (low, high) = (found.low.expect("scenes"), found.high.expect("scenes"));
        assert!((high - low - 1.13).abs() < 0.06, "{low} … {high}");
        assert_eq!(interval(&values), Some(found));
    }

    #[test]
    fn patches_of_one_scene_count_as_one_draw() {
        let one: Vec<_> = (0..50).map(|i| (0, f64::from(i))).collect();
        assert_eq!(interval(&one).expect("values").low, None);
        let two: Vec<_> = (0..50).map(|i| (usize::from(i >= 25), if i < 25 { 0.0 } else { 1.0 })).collect();
        let found = interval(&two).expect("values");
        assert_eq!((found.low, found.high, found.scenes), (Some(0.0), Some(1.0), 2));
        assert_eq!(interval(&[]), None);
    }
}
