//! What a mask file holds, looked at before somebody says what it means.

use std::collections::BTreeMap;
use std::path::Path;

use super::file::{check_place, choose_band};
use super::values::{MOST_CLASSES, Values, is_ours, is_weights};
use super::{CLEAR, CLOUD, Classes, Cover, Error, FileOptions, INVALID, Result};
use crate::raster::{self, Scene, SceneOptions, SceneReader};

/// Rows read at once.
const ROWS: usize = 512;
/// Different values that are counted one by one; of a file with more a sample is looked at.
const MOST_COUNTED: usize = 4096;
/// Values of such a sample.
const SAMPLE: usize = 1 << 16;
/// Words in the names of bands that are likely to be the mask, the likeliest first.
const NAMES: [&str; 6] = ["mask", "scl", "class", "cloud", "synthetic", "m"];

/// A band of a mask file: its values, and what they most likely mean.
#[derive(Debug, Clone)]
pub struct Survey {
    file: Scene,
    /// The band that was looked at, from 1.
    pub band: usize,
    /// Values with the number of pixels that have them, in order; a sample where there are too many. NaN is last.
    seen: Vec<(f64, usize)>,
}

/// Looks at a band of a mask file for a scene, from 1; at the likeliest where none is named. It reads every pixel.
///
/// # Errors
/// A file that is no raster, cannot be laid over the scene or lies elsewhere, or has no such band.
pub fn survey(path: &Path, scene: &Scene, band: Option<usize>) -> Result<Survey> {
    let file = raster::open(path, &SceneOptions::default()).map_err(|error| match error {
        raster::Error::NotAScene { .. } => {
            Error::damaged(path, "this is no raster; expected a mask as a GeoTIFF or another raster file")
        }
        other => other.into(),
    })?;
    check_place(scene, &file)?;
    let band = band.unwrap_or_else(|| likeliest(&file));
    let index = choose_band(&file, &FileOptions { band: Some(band), ..FileOptions::default() })?;
    let mut counted = Counted::new(file.bands[index].grid.width * file.bands[index].grid.height);
    let mut reader = SceneReader::new(&file);
    for strip in file.bands[index].grid.strips(ROWS) {
        let samples = reader.samples(index, strip)?;
        for at in 0..samples.len() {
            counted.note(samples.get(at));
        }
    }
    let seen = counted.seen();
    Ok(Survey { file, band, seen })
}

fn likeliest(file: &Scene) -> usize {
    let named = |word: &str| {
        file.bands.iter().position(|band| {
            let name = band.name.to_lowercase();
            name == word || (word.len() > 1 && name.contains(word))
        })
    };
    NAMES.into_iter().find_map(named).unwrap_or(0) + 1
}

impl Survey {
    /// Names of the file's bands, in its order.
    #[must_use]
    pub fn bands(&self) -> Vec<&str> {
        self.file.bands.iter().map(|band| band.name.as_str()).collect()
    }

    /// The different values, where they are few enough for classes, each with its share of all pixels, 0..1.
    #[must_use]
    pub fn classes(&self) -> Option<Vec<(i64, f64)>> {
        let total: usize = self.seen.iter().map(|(_, count)| count).sum();
        let share = |count: usize| count as f64 / total.max(1) as f64;
        let measured: Vec<_> = self.measured().copied().collect();
        let few = measured.len() <= MOST_CLASSES as usize;
        let whole =
            |(value, count): (f64, usize)| (value.fract() == 0.0).then(|| (value as i64, share(count)));
        few.then(|| measured.into_iter().map(whole).collect()).flatten()
    }

    /// The least and the greatest value; none where nothing was measured.
    #[must_use]
    pub fn range(&self) -> Option<(f64, f64)> {
        Some((self.measured().next()?.0, self.measured().last()?.0))
    }

    /// What the values most likely mean, and whether they can hardly mean anything else.
    #[must_use]
    pub fn guess(&self) -> (Classes, bool) {
        let info = &self.file.bands[self.band - 1];
        let Some((least, greatest)) = self.range() else { return (Classes::Codes, true) };
        let is_soft = !info.dtype.is_integer() && least >= 0.0 && greatest <= 1.0;
        if is_ours(&self.file) || is_weights(&info.name) || is_soft {
            return (Classes::Codes, true);
        }
        let Some(classes) = self.classes() else { return (Classes::From(middle(greatest)), false) };
        let all = |known: fn(i64) -> bool| classes.iter().all(|(value, _)| known(*value));
        // 255 beside 0 alone is another program's cloud.
        let has_ones = classes.iter().any(|(value, _)| [1, 2].contains(value)) || greatest == 0.0;
        if has_ones && all(|value| [0, 1, 2, 255].contains(&value)) {
            (Classes::Codes, true)
        } else if all(|value| (0..=11).contains(&value)) && greatest >= 5.0 {
            (Classes::Scl, false)
        } else {
            let code = |value: i64| {
                if value == 255 && !has_ones { Some(CLOUD) } else { Classes::Codes.code(value as f64, false) }
            };
            let pairs = classes.iter().filter_map(|(value, _)| Some((*value, code(*value)?)));
            (Classes::Pairs(pairs.filter(|(_, code)| *code != CLEAR).collect()), false)
        }
    }

    /// How much of the file each class would cover if its values meant this; none where some value would make no
    /// sense.
    #[must_use]
    pub fn cover(&self, classes: &Classes) -> Option<Cover> {
        let options = FileOptions { classes: classes.clone(), band: Some(self.band) };
        let mut values = Values::of(&self.file, self.band - 1, &options);
        let mut counts = [0; 256];
        for &(value, count) in &self.seen {
            counts[usize::from(values.code(value)?)] += count;
        }
        if values.too_many().is_some() {
            return None;
        }
        if values.are_black_and_white() {
            counts[usize::from(CLOUD)] += std::mem::take(&mut counts[usize::from(INVALID)]);
        }
        Some(Cover::of_counts(&counts))
    }

    /// Values that say something.
    fn measured(&self) -> impl Iterator<Item = &(f64, usize)> {
        let nodata = self.file.bands[self.band - 1].nodata.declared.filter(|value| *value != 0.0);
        self.seen.iter().filter(move |(value, _)| value.is_finite() && Some(*value) != nodata)
    }
}

/// The middle of a scale, by the greatest value that was seen on it.
fn middle(greatest: f64) -> f64 {
    [1.0, 100.0, 255.0, 1000.0, 10_000.0]
        .into_iter()
        .find(|top| greatest <= *top)
        .map_or(greatest / 2.0, |top| if top == 255.0 { 128.0 } else { top / 2.0 })
}

/// Counts values, of which a file may have few or millions.
struct Counted {
    /// Whole numbers from 0 to 255, as most masks have.
    bytes: [usize; 256],
    /// Others, by their bits in the order of numbers.
    others: BTreeMap<u64, usize>,
    nan: usize,
    /// Every so-manyth value.
    sample: Vec<f64>,
    every: usize,
    number: usize,
}

impl Counted {
    fn new(pixels: usize) -> Self {
        Self {
            bytes: [0; 256],
            others: BTreeMap::new(),
            nan: 0,
            sample: Vec::new(),
            every: pixels / SAMPLE + 1,
            number: 0,
        }
    }

    fn note(&mut self, value: f64) {
        if self.number.is_multiple_of(self.every) {
            self.sample.push(value);
        }
        self.number += 1;
        if value.is_nan() {
            self.nan += 1;
        } else if (0.0..256.0).contains(&value) && value.fract() == 0.0 {
            self.bytes[value as usize] += 1;
        } else if self.others.len() <= MOST_COUNTED {
            *self.others.entry(ordered(value)).or_default() += 1;
        }
    }

    fn seen(self) -> Vec<(f64, usize)> {
        let mut seen: Vec<_> = if self.others.len() > MOST_COUNTED {
            self.sample.into_iter().map(|value| (value, 1)).collect()
        } else {
            let bytes = (0..256_u32).zip(self.bytes).map(|(value, count)| (f64::from(value), count));
            let others = self.others.into_iter().map(|(bits, count)| (number(bits), count));
            bytes.chain(others).chain([(f64::NAN, self.nan)]).filter(|(_, count)| *count > 0).collect()
        };
        seen.sort_by(|a, b| a.0.total_cmp(&b.0));
        seen
    }
}

/// The bits of a number so that they are in the order of numbers (IEEE 754's total order).
fn ordered(value: f64) -> u64 {
    let bits = value.to_bits();
    if value.is_sign_negative() { !bits } else { bits | 1 << 63 }
}

/// The number of such bits.
fn number(bits: u64) -> f64 {
    f64::from_bits(if bits >> 63 == 1 { bits & !(1 << 63) } else { !bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_in_order_whatever_they_are() {
        let mut counted = Counted::new(8);
        for value in [3.0, -2.5, 3.0, f64::NAN, 1e9, 0.25, 255.0, 0.0] {
            counted.note(value);
        }
        let seen = counted.seen();
        let finite: Vec<_> = seen.iter().filter(|(value, _)| !value.is_nan()).copied().collect();
        assert_eq!(finite, [(-2.5, 1), (0.0, 1), (0.25, 1), (3.0, 2), (255.0, 1), (1e9, 1)]);
        assert!(seen.last().is_some_and(|(value, count)| value.is_nan() && *count == 1));
    }

    #[test]
    fn of_very_many_values_a_sample_stands_for_all() {
        let pixels = 10 * SAMPLE;
        let mut counted = Counted::new(pixels);
        for at in 0..pixels {
            counted.note(at as f64 / pixels as f64 * 90.0 + 0.001);
        }
        let seen = counted.seen();
        assert!(seen.len() <= SAMPLE && seen.len() > SAMPLE / 2);
        let above = seen.iter().filter(|(value, _)| *value >= 45.0).count() as f64 / seen.len() as f64;
        assert!((above - 0.5).abs() < 0.01, "{above}");
    }

    #[test]
    fn scales_are_cut_in_their_middle() {
        assert_eq!([1.0, 97.0, 254.0, 9000.0, 65_535.0].map(middle), [0.5, 50.0, 128.0, 5000.0, 32_767.5]);
    }
}
