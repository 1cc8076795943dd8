//! What clear training pixels look like: the numbers behind the network range.

use serde::{Deserialize, Serialize};

use super::{Domain, QUANTIFICATION, Split};
use crate::bands::Band;
use crate::mask::CLEAR;

/// The network range of a band: `v = (√max(ρ, 0) − mean) / std`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BandStatistics {
    /// The band.
    pub band: Band,
    /// Mean over places of the mean of √ρ over their clear training pixels.
    pub mean: f64,
    /// Standard deviation of √ρ: the root of the mean over places of the mean square, less `mean²`.
    pub std: f64,
    /// Pixels that were measured.
    pub pixels: u64,
    /// Places that they lie in. Each counts the same, whatever its number of patches; stores are
    /// combined by weighting with this.
    pub places: u64,
}

/// Sums over one band of one place.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    pixels: u64,
    roots: f64,
    squares: f64,
}

/// Gathers the statistics while patches are written.
#[derive(Debug)]
pub(super) struct Gatherer {
    bands: Vec<Band>,
    /// √ρ of every stored number.
    roots: Vec<f64>,
    /// By place, then by band.
    places: Vec<Vec<Sums>>,
}

impl Gatherer {
    pub(super) fn new(bands: &[Band]) -> Self {
        let root = |number: u16| (f64::from(number) / f64::from(QUANTIFICATION)).sqrt();
        Self { bands: bands.to_vec(), roots: (0..=u16::MAX).map(root).collect(), places: Vec::new() }
    }

    /// Takes a patch's clear pixels in, if it is a clear one for training.
    pub(super) fn add(&mut self, place: u32, domain: Domain, split: Split, pixels: &[u16], mask: &[u8]) {
        if domain != Domain::Clear || split != Split::Train {
            return;
        }
        let place = place as usize;
        if self.places.len() <= place {
            self.places.resize_with(place + 1, || vec![Sums::default(); self.bands.len()]);
        }
        for (sums, plane) in self.places[place].iter_mut().zip(pixels.chunks_exact(mask.len())) {
            for (&number, &code) in plane.iter().zip(mask) {
                if number != 0 && code == CLEAR {
                    let root = self.roots[usize::from(number)];
                    sums.pixels += 1;
                    sums.roots += root;
                    sums.squares += root * root;
                }
            }
        }
    }

    /// The statistics of every band that was measured clear at all.
    pub(super) fn finish(&self) -> Vec<BandStatistics> {
        let one = |(index, &band): (usize, &Band)| {
            let measured: Vec<Sums> =
                self.places.iter().map(|place| place[index]).filter(|sums| sums.pixels > 0).collect();
            let mean_of = |sum: fn(&Sums) -> f64| {
                measured.iter().map(|sums| sum(sums) / sums.pixels as f64).sum::<f64>()
                    / measured.len() as f64
            };
            let (mean, square) = (mean_of(|sums| sums.roots), mean_of(|sums| sums.squares));
            (!measured.is_empty()).then(|| BandStatistics {
                band,
                mean: rounded(mean),
                std: rounded((square - mean * mean).max(0.0).sqrt()),
                pixels: measured.iter().map(|sums| sums.pixels).sum(),
                places: measured.len() as u64,
            })
        };
        self.bands.iter().enumerate().filter_map(one).collect()
    }
}

/// Nine decimals: as many as JSON brings back exactly, whatever the parser.
fn rounded(value: f64) -> f64 {
    (value * 1e9).round() / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_the_same_and_only_clear_training_pixels_count() {
        let mut gatherer = Gatherer::new(&[Band::B02]);
        // ρ = 0.04 and 0.16: roots 0.2 and 0.4.
        for _ in 0..5 {
            gatherer.add(0, Domain::Clear, Split::Train, &[400, 400], &[0, 0]);
        }
        gatherer.add(1, Domain::Clear, Split::Train, &[1600, 0], &[0, 0]);
        gatherer.add(1, Domain::Clear, Split::Train, &[9000, 9000], &[1, 255]);
        gatherer.add(2, Domain::Cloudy, Split::Train, &[9000, 9000], &[0, 0]);
        gatherer.add(3, Domain::Clear, Split::Test, &[9000, 9000], &[0, 0]);
        let [found] = gatherer.finish()[..] else { panic!("one band") };
        assert!((found.mean - 0.3).abs() < 1e-12);
        assert!((found.std - 0.1).abs() < 1e-12);
        assert_eq!((found.pixels, found.places), (11, 2));
    }

    #[test]
    fn a_band_that_was_never_measured_has_no_statistics() {
        let mut gatherer = Gatherer::new(&[Band::B02, Band::B10]);
        gatherer.add(0, Domain::Clear, Split::Train, &[400, 0], &[0]);
        let bands: Vec<_> = gatherer.finish().iter().map(|found| found.band).collect();
        assert_eq!(bands, [Band::B02]);
    }
}
