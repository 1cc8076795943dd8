//! What the ground reflects on average: the fill's first guess.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::bands::{Band, Level};

/// Mean and spread of clear training pixels at one processing level, from the shared data; made by
/// `tests/parity/measure_prior.py`.
#[derive(Debug, Clone, Deserialize)]
pub struct Prior {
    /// The level it was measured at.
    pub level: Level,
    /// How many scenes, each counting the same.
    pub scenes: usize,
    /// Names and licences of the sets.
    pub sources: Vec<String>,
    mean: BTreeMap<Band, f32>,
    std: BTreeMap<Band, f32>,
}

impl Prior {
    /// The prior of a level; that of L1C where the level is unknown (a first guess that clear
    /// pixels soon outweigh).
    #[must_use]
    pub fn of(level: Option<Level>) -> &'static Self {
        static L1C: OnceLock<Prior> = OnceLock::new();
        static L2A: OnceLock<Prior> = OnceLock::new();
        match level {
            Some(Level::L2A) => L2A.get_or_init(|| parsed(include_str!("../../assets/prior/l2a.json"))),
            _ => L1C.get_or_init(|| parsed(include_str!("../../assets/prior/l1c.json"))),
        }
    }

    /// Mean reflectance of a band: its own, or that of the band nearest in wavelength where the
    /// level lacks it (B10 at L2A). `None` for radar and for bands that are not known: there only
    /// the scene itself can tell.
    #[must_use]
    pub fn mean(&self, band: Option<Band>) -> Option<f32> {
        Self::nearest(&self.mean, band)
    }

    /// Standard deviation of a pixel's reflectance, chosen as [`Prior::mean`].
    #[must_use]
    pub fn std(&self, band: Option<Band>) -> Option<f32> {
        Self::nearest(&self.std, band)
    }

    fn nearest(values: &BTreeMap<Band, f32>, band: Option<Band>) -> Option<f32> {
        let band = band.filter(|known| known.is_optical())?;
        let distance = |other: &Band| (other.wavelength_nm() - band.wavelength_nm()).abs();
        values.iter().min_by(|(a, _), (b, _)| distance(a).total_cmp(&distance(b))).map(|(_, &value)| value)
    }
}

/// The file is part of the program; the test below reads both.
fn parsed(text: &str) -> Prior {
    serde_json::from_str(text).unwrap_or_else(|error| unreachable!("a shipped prior is damaged: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_band_of_a_level_has_a_prior() {
        for level in [Level::L1C, Level::L2A] {
            let prior = Prior::of(Some(level));
            assert_eq!(prior.level, level);
            for &band in level.bands() {
                let (mean, std) = (prior.mean[&band], prior.std[&band]);
                assert!(mean > 0.0 && mean < 0.5 && std > 0.0 && std < 0.5, "{level} {band}: {mean} ± {std}");
                assert_eq!(prior.mean(Some(band)), Some(mean));
            }
        }
    }

    #[test]
    fn a_band_the_level_lacks_borrows_from_its_neighbour_and_radar_has_none() {
        let prior = Prior::of(Some(Level::L2A));
        assert_eq!(prior.mean(Some(Band::B10)), prior.mean(Some(Band::B11)));
        assert_eq!(prior.mean(Some(Band::VV)), None);
        assert_eq!(prior.std(None), None);
    }
}
