//! How far a mean over a few images can be trusted.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};

use crate::random::Stream;

/// Resamples behind every interval.
pub const RESAMPLES: usize = 10_000;

/// A mean over images (or a ratio of means) and its 95 % interval.
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
    /// How many donors lent them their clouds, where cloud was transplanted: resampled too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub donors: Option<usize>,
}

/// What an image shares with others, so that it is no draw of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unit {
    /// The scene it was cut from: land and light.
    pub scene: usize,
    /// The donor of its cloud, where that was transplanted.
    pub donor: Option<usize>,
}

/// Mean over all images with a percentile bootstrap over scenes (Efron 1979; the cluster bootstrap of
/// Davison and Hinkley 1997, §3.8): whole scenes are drawn with replacement, for patches of one scene
/// share its land, light and cloud. Under transplanted cloud donors are drawn too, independently: an
/// image counts as often as its scene times as often as its donor (Owen 2007, *The pigeonhole
/// bootstrap*). None without a value.
///
/// The draws depend on the numbers of scenes and donors only, so every run gives the same interval and
/// two methods are judged by the same draws.
#[must_use]
pub fn interval(values: &[(Unit, f64)]) -> Option<Interval> {
    let terms: Vec<_> = values.iter().map(|&(unit, value)| (unit, [value, 1.0])).collect();
    bootstrap(&terms, &|[sum, count]| sum / count)
}

/// By how many per cent the mean of the first value lies above that of the second (below 0 where it is
/// less), with the same bootstrap. None without a value or where the second mean is 0.
#[must_use]
pub fn change(values: &[(Unit, f64, f64)]) -> Option<Interval> {
    let terms: Vec<_> = values.iter().map(|&(unit, value, of)| (unit, [value, of])).collect();
    bootstrap(&terms, &|[value, of]| 100.0 * (value / of - 1.0)).filter(|change| change.mean.is_finite())
}

/// Bootstraps a statistic of two sums over images.
fn bootstrap(terms: &[(Unit, [f64; 2])], statistic: &dyn Fn([f64; 2]) -> f64) -> Option<Interval> {
    if terms.is_empty() {
        return None;
    }
    let total = terms.iter().fold([0.0; 2], |sums, (_, term)| plus(sums, *term, 1.0));
    let table = Table::of(terms);
    let (mut low, mut high) = (None, None);
    if table.scenes > 1 {
        let mut found = table.resample(statistic);
        found.sort_by(f64::total_cmp);
        low = Some(percentile(&found, 2.5));
        high = Some(percentile(&found, 97.5));
    }
    Some(Interval {
        mean: statistic(total),
        low,
        high,
        images: terms.len(),
        scenes: table.scenes,
        donors: table.lent.then_some(table.donors),
    })
}

fn plus(a: [f64; 2], b: [f64; 2], times: f64) -> [f64; 2] {
    [a[0] + times * b[0], a[1] + times * b[1]]
}

/// Sums of the images of each scene and donor.
struct Table {
    scenes: usize,
    donors: usize,
    /// Whether clouds were lent, so that donors are drawn too.
    lent: bool,
    /// Scene, donor and sums, in the order they first occur.
    cells: Vec<(usize, usize, [f64; 2])>,
}

impl Table {
    fn of(terms: &[(Unit, [f64; 2])]) -> Self {
        let (mut scenes, mut donors) = (Vec::new(), Vec::new());
        let mut cells: Vec<(usize, usize, [f64; 2])> = Vec::new();
        for &(unit, term) in terms {
            let (scene, donor) = (place(&mut scenes, unit.scene), place(&mut donors, unit.donor));
            match cells.iter_mut().find(|cell| (cell.0, cell.1) == (scene, donor)) {
                Some(cell) => cell.2 = plus(cell.2, term, 1.0),
                None => cells.push((scene, donor, term)),
            }
        }
        let lent = donors.iter().any(Option::is_some);
        Self { scenes: scenes.len(), donors: donors.len(), lent, cells }
    }

    fn resample(&self, statistic: &dyn Fn([f64; 2]) -> f64) -> Vec<f64> {
        let key = (self.scenes, if self.lent { self.donors } else { 0 });
        DRAWS.with_borrow_mut(|kept| {
            if kept.as_ref().is_none_or(|draws| draws.key != key) {
                *kept = None;
            }
            let draws = kept.get_or_insert_with(|| Draws::new(key));
            self.resample_by(draws, statistic)
        })
    }

    fn resample_by(&self, draws: &mut Draws, statistic: &dyn Fn([f64; 2]) -> f64) -> Vec<f64> {
        let mut found = Vec::with_capacity(RESAMPLES);
        for number in 0.. {
            if found.len() == RESAMPLES {
                break;
            }
            let (scenes, donors) = draws.get(number);
            let (mut sums, mut some) = ([0.0; 2], false);
            for &(scene, donor, term) in &self.cells {
                let times = scenes[scene] * if self.lent { donors[donor] } else { 1.0 };
                some |= times > 0.0;
                sums = plus(sums, term, times);
            }
            // Scenes and donors that never met have no image; such a draw says nothing.
            if some {
                found.push(statistic(sums));
            }
        }
        found
    }
}

thread_local! {
    /// The draws that were last needed: every measure of a group of images asks for the same ones, and drawing costs
    /// more than adding up.
    static DRAWS: RefCell<Option<Draws>> = const { RefCell::new(None) };
}

/// Counts of all draws that are kept, 32 MB; where there would be more, each draw is made anew.
const KEPT: usize = 1 << 22;

/// How often each scene, and each donor, comes up in one draw after the other.
struct Draws {
    /// Numbers of scenes and of donors; 0 where donors are not drawn.
    key: (usize, usize),
    random: Stream,
    /// Scenes' counts, then donors', draw by draw.
    counts: Vec<f64>,
}

impl Draws {
    fn new(key: (usize, usize)) -> Self {
        Self { key, random: Stream::new(0, key.0 as u64, "bootstrap"), counts: Vec::new() }
    }

    /// The counts of a draw; they are asked for in order, from 0 on.
    fn get(&mut self, number: usize) -> (&[f64], &[f64]) {
        let (scenes, donors) = self.key;
        let mut start = number * (scenes + donors);
        if RESAMPLES * (scenes + donors) > KEPT {
            if number == 0 {
                *self = Self::new(self.key);
            }
            self.counts.clear();
            start = 0;
        }
        if self.counts.len() <= start {
            self.counts.extend(drawn(&mut self.random, scenes));
            self.counts.extend(drawn(&mut self.random, donors));
        }
        self.counts[start..start + scenes + donors].split_at(scenes)
    }
}

/// Where a key stands among those seen, in the order they first occur.
fn place<T: PartialEq>(keys: &mut Vec<T>, key: T) -> usize {
    keys.iter().position(|known| *known == key).unwrap_or_else(|| {
        keys.push(key);
        keys.len() - 1
    })
}

/// How often each of `n` things comes up in `n` draws with replacement.
fn drawn(random: &mut Stream, n: usize) -> Vec<f64> {
    let mut counts = vec![0.0; n];
    for _ in 0..n {
        counts[random.below(n as u64) as usize] += 1.0;
    }
    counts
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

    fn of_scene(scene: usize) -> Unit {
        Unit { scene, donor: None }
    }

    #[test]
    fn an_interval_of_independent_images_has_the_width_of_the_standard_error() {
        let values: Vec<_> =
            (0..400).map(|i| (of_scene(i), f64::from(u32::try_from(i).unwrap_or(0) % 20))).collect();
        let found = interval(&values).expect("values");
        assert!((found.mean - 9.5).abs() < 1e-12);
        // Standard deviation √(399/12) of 0 … 19, so ± 1.96 · 5.766 / 20 = ± 0.565.
        let (low, high) = (found.low.expect("scenes"), found.high.expect("scenes"));
        assert!((high - low - 1.13).abs() < 0.06, "{low} … {high}");
        assert_eq!(interval(&values), Some(found));
    }

    #[test]
    fn patches_of_one_scene_count_as_one_draw() {
        let one: Vec<_> = (0..50).map(|i| (of_scene(0), f64::from(i))).collect();
        assert_eq!(interval(&one).expect("values").low, None);
        let value = |i: usize| (of_scene(usize::from(i >= 25)), if i < 25 { 0.0 } else { 1.0 });
        let two: Vec<_> = (0..50).map(value).collect();
        let found = interval(&two).expect("values");
        assert_eq!((found.low, found.high, found.scenes), (Some(0.0), Some(1.0), 2));
        assert_eq!(interval(&[]), None);
    }

    #[test]
    fn a_donor_that_decides_widens_the_interval_of_the_images_it_lent_to() {
        // 20 scenes under each of 4 donors; the value is the donor's alone.
        let lent = |i: usize| (Unit { scene: i / 4, donor: Some(i % 4) }, (i % 4) as f64);
        let values: Vec<_> = (0..80).map(lent).collect();
        let with = interval(&values).expect("values");
        let without: Vec<_> = values.iter().map(|(unit, value)| (of_scene(unit.scene), *value)).collect();
        let without = interval(&without).expect("values");
        assert_eq!((with.donors, without.donors), (Some(4), None));
        // Every scene has the same mean, so scenes alone would call it certain.
        assert!(without.high.expect("scenes") - without.low.expect("scenes") < 1e-9);
        let width = with.high.expect("scenes") - with.low.expect("scenes");
        // 1.96 · 2 · 1.118 / √4 = 2.19.
        assert!((width - 2.2).abs() < 0.4, "{width}");
    }

    #[test]
    fn a_change_is_that_of_the_means_in_per_cent() {
        let values = [(of_scene(0), 0.9, 1.0), (of_scene(1), 1.8, 2.0)];
        let found = change(&values).expect("values");
        assert!((found.mean + 10.0).abs() < 1e-9);
        assert!((found.low.expect("scenes") + 10.0).abs() < 1e-9);
        assert_eq!(change(&[(of_scene(0), 1.0, 0.0)]), None);
        assert_eq!(change(&[]), None);
    }
}
