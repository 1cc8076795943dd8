//! Whether the spread of samples can be believed: how often their intervals hold the truth, and whether errors are
//! larger where they differ more.

use serde::{Deserialize, Serialize};

use super::report::LatentReport;

/// Classes of spread.
const CLASSES: usize = 10;
/// What an 80 % interval says of itself.
const LEVEL: f64 = 0.8;

/// Pixels of about the same spread.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpreadClass {
    /// Their mean standard deviation over samples, reflectance.
    pub spread: f64,
    /// Their mean absolute error of z = 0, reflectance.
    pub error: f64,
}

/// Spread and error of pixels in classes of equal size, in the order of spread; none without a pixel.
pub(super) fn by_spread(mut pixels: Vec<(f64, f64)>) -> Vec<SpreadClass> {
    pixels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let classes = CLASSES.min(pixels.len());
    let class = |index: usize| {
        let part = &pixels[index * pixels.len() / classes..(index + 1) * pixels.len() / classes];
        let mean = |pick: fn(&(f64, f64)) -> f64| part.iter().map(pick).sum::<f64>() / part.len() as f64;
        SpreadClass { spread: mean(|pixel| pixel.0), error: mean(|pixel| pixel.1) }
    };
    (0..classes).map(class).collect()
}

/// How often central intervals of K samples hold the truth, by its rank histogram of K + 1 parts: pairs of what
/// they say (0..1, rising) and what was found.
///
/// Of K samples in order, the interval from the j-th to the j-th from the end holds a further draw of the same
/// distribution with probability (K + 1 − 2j) / (K + 1), and holds the truth where its rank lies between j and K − j.
/// So the histogram says the coverage at every such level exactly, without interpolation.
#[must_use]
pub fn interval_coverage(ranks: &[f64]) -> Vec<(f64, f64)> {
    let parts = ranks.len();
    let level = |j: usize| {
        let inside = &ranks[j..parts - j];
        (inside.len() as f64 / parts as f64, inside.iter().sum::<f64>())
    };
    (1..parts.div_ceil(2)).rev().map(level).collect()
}

/// What the coverage of the 80 % interval allows to be said, in a sentence.
#[must_use]
pub fn calibration_words(latent: &LatentReport) -> String {
    let Some(found) = &latent.coverage_80 else {
        return "Nothing can be said: no value under cloud was looked at.".to_owned();
    };
    let percent = |part: f64| format!("{:.0} %", 100.0 * part);
    let share = percent(found.mean);
    match found.low.zip(found.high) {
        None => format!(
            "The truth lies in the 80 % interval in {share} of values, but all images come from one scene: a figure, not a finding."
        ),
        Some((low, high)) => {
            let words = if high < LEVEL {
                "the samples are too sure of themselves, so their spread is no measure of how wrong the result is"
            } else if low > LEVEL {
                "the samples are more spread than they need be"
            } else {
                "from calibrated samples they cannot be told by these data"
            };
            let (low, high) = (percent(low), percent(high));
            format!("The truth lies in the 80 % interval in {share} of values [{low}, {high}]: {words}.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_even_histogram_covers_what_its_intervals_say() {
        let even = interval_coverage(&[0.2; 5]);
        assert_eq!(even.len(), 2, "of four samples: the inner pair and the outer");
        for (said, found) in &even {
            assert!((said - found).abs() < 1e-12, "{even:?}");
        }
        assert!((even[0].0 - 0.2).abs() < 1e-12 && (even[1].0 - 0.6).abs() < 1e-12);
        // All truths outside: overconfident.
        let outside = interval_coverage(&[0.5, 0.0, 0.0, 0.5]);
        assert_eq!(outside, [(0.5, 0.0)]);
        assert!(interval_coverage(&[]).is_empty() && interval_coverage(&[1.0]).is_empty());
    }

    #[test]
    fn classes_of_spread_are_of_equal_size_and_in_order() {
        let pixels: Vec<_> = (0..100).rev().map(|i| (f64::from(i), f64::from(2 * i))).collect();
        let found = by_spread(pixels);
        assert_eq!(found.len(), 10);
        assert_eq!((found[0].spread, found[0].error), (4.5, 9.0));
        assert_eq!((found[9].spread, found[9].error), (94.5, 189.0));
        assert_eq!(by_spread(vec![(1.0, 2.0)]), [SpreadClass { spread: 1.0, error: 2.0 }]);
        assert!(by_spread(Vec::new()).is_empty());
    }
}
