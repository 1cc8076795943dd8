//! Whether a model's surfaces are distributed as the land is, measured on the validation split.
//!
//! The real crops are those of the clear images, each once; the made ones are the same places as the model fills
//! them, once for every cloud. A crop counts where half of its pixels are under cloud and 90 % are measured on both
//! sides. With fewer crops or places than the metrics need there is no number, only the reason.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::dataset::RowId;
use super::validate::ValidationPair;
use crate::bands::Band;
use crate::mask::{CLEAR, INVALID};
use crate::metrics::distribution::{Distribution, Evaluated, Features, distribution};
use crate::metrics::features::{Extractor, finite, windows};
use crate::raster::{Plane, Window};

/// The least part of a crop under cloud or shadow.
const LEAST_COVER: f64 = 0.5;
/// Seed of the subsets of FD∞; fixed, so that trainings can be compared.
const SEED: u64 = 0;

/// What the metrics say, or why they say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Judged {
    /// There were crops enough.
    Measured {
        /// Real crops.
        crops: usize,
        /// Directions of the projection.
        dimensions: usize,
        /// Fréchet distance.
        fd: f64,
        /// The same led to infinitely many crops.
        fd_infinity: f64,
        /// Kernel distance, unbiased.
        kid: f64,
        /// Precision, 0..1.
        precision: f64,
        /// Recall, 0..1.
        recall: f64,
        /// Density.
        density: f64,
        /// Coverage, 0..1.
        coverage: f64,
    },
    /// There were not.
    NotEnoughData {
        /// Real crops there are.
        crops: usize,
        /// Crops there must be.
        needed_crops: usize,
        /// Places they show.
        places: usize,
        /// Places there must be.
        needed_places: usize,
    },
}

impl Judged {
    /// What the rules of collapse and of the best checkpoint look at.
    #[must_use]
    pub fn evaluated(&self, step: u64) -> Option<Evaluated> {
        match *self {
            Self::Measured { crops, fd, fd_infinity, coverage, .. } => {
                Some(Evaluated { step, fd, fd_infinity, coverage, crops })
            }
            Self::NotEnoughData { .. } => None,
        }
    }

    /// Why there are no numbers, in words.
    #[must_use]
    pub fn shortage(&self) -> Option<String> {
        match *self {
            Self::Measured { .. } => None,
            Self::NotEnoughData { crops, needed_crops, places, needed_places } => Some(format!(
                "Distribution metrics: not enough data, {crops} crops of {places} places under cloud; needed are {needed_crops} of {needed_places}."
            )),
        }
    }

    /// Every number under its name; none where there was not enough data.
    #[must_use]
    pub fn figures(&self) -> Vec<(&'static str, f64)> {
        match *self {
            Self::Measured { fd, fd_infinity, kid, precision, recall, density, coverage, .. } => vec![
                ("fd", fd),
                ("fd_infinity", fd_infinity),
                ("kid", kid),
                ("precision", precision),
                ("recall", recall),
                ("density", density),
                ("coverage", coverage),
            ],
            Self::NotEnoughData { .. } => Vec::new(),
        }
    }
}

impl From<&Distribution> for Judged {
    fn from(found: &Distribution) -> Self {
        match found {
            Distribution::Measured(found) => Self::Measured {
                crops: found.crops.real,
                dimensions: found.dimensions,
                fd: found.fd,
                fd_infinity: found.fd_infinity.fd,
                kid: found.kid,
                precision: found.neighbours.precision,
                recall: found.neighbours.recall,
                density: found.neighbours.density,
                coverage: found.neighbours.coverage,
            },
            Distribution::NotEnoughData(shortage) => Self::NotEnoughData {
                crops: shortage.crops.real,
                needed_crops: shortage.needed_crops,
                places: shortage.places.real,
                needed_places: shortage.needed_places,
            },
        }
    }
}

/// Where the ground of a validation image is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ground {
    /// The clear row.
    pub row: RowId,
    /// The number of its place.
    pub place: u64,
}

/// The crops of a validation set, with the features of the truth.
#[derive(Debug, Clone)]
pub(super) struct Crops {
    extractor: Extractor,
    real: Features,
    /// For each image the crops that count, and which of its pixels do.
    of_image: Vec<Option<ImageCrops>>,
}

#[derive(Debug, Clone)]
struct ImageCrops {
    place: u32,
    windows: Vec<Window>,
    valid: Plane<bool>,
}

impl Crops {
    /// The crops of images, which are asked for by their number later.
    pub fn new<'a>(bands: &[Band], images: impl Iterator<Item = &'a ValidationPair>) -> Self {
        let extractor = Extractor::new(bands);
        let mut crops =
            Self { real: Features::new(extractor.names().clone()), extractor, of_image: Vec::new() };
        let (mut places, mut seen) = (BTreeMap::new(), BTreeSet::new());
        for pair in images {
            let next = places.len() as u32;
            let place = *places.entry(pair.ground.place).or_insert(next);
            crops.add(pair, place, &mut seen);
        }
        crops
    }

    fn add(&mut self, pair: &ValidationPair, place: u32, seen: &mut BTreeSet<(RowId, usize, usize)>) {
        if self.extractor.names().is_empty() {
            return self.of_image.push(None);
        }
        let mut valid = finite(&pair.cloudy);
        let clear = finite(&pair.clear);
        for ((valid, clear), code) in valid.data.iter_mut().zip(&clear.data).zip(&pair.codes.data) {
            *valid &= *clear && *code != INVALID;
        }
        let mut chosen = Vec::new();
        for window in
            windows(valid.width, valid.height).filter(|&window| cover(&pair.codes, window) >= LEAST_COVER)
        {
            let Some(row) = self.extractor.features(&pair.clear, &valid, window) else { continue };
            let is_new = seen.insert((pair.ground.row, window.x, window.y));
            if !is_new || self.real.push(place, &row).is_ok() {
                chosen.push(window);
            }
        }
        self.of_image.push(Some(ImageCrops { place, windows: chosen, valid }));
    }

    /// An empty set of made crops.
    pub fn begin(&self) -> Features {
        Features::new(self.extractor.names().clone())
    }

    /// Adds what a model made of an image, by its number.
    pub fn take(&self, made: &mut Features, image: usize, result: &[Plane<f32>]) {
        let Some(Some(crops)) = self.of_image.get(image) else { return };
        for &window in &crops.windows {
            if let Some(row) = self.extractor.features(result, &crops.valid, window) {
                // A row of the extractor's own length fits; what is no number is left out.
                let _ = made.push(crops.place, &row);
            }
        }
    }

    /// The made crops against the real ones.
    pub fn judge(&self, made: &Features) -> Option<Judged> {
        distribution(&self.real, made, SEED).ok().map(|found| Judged::from(&found))
    }
}

/// The part of a crop's pixels under cloud or shadow.
fn cover(codes: &Plane<u8>, window: Window) -> f64 {
    let rows =
        (window.y..window.y + window.height).flat_map(|y| &codes.row(y)[window.x..window.x + window.width]);
    rows.filter(|&&code| code != CLEAR && code != INVALID).count() as f64 / window.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bands::Level;
    use crate::fill::fill_planes;
    use crate::mask::{self, CLOUD, Mask};
    use crate::random::Stream;

    const BANDS: [Band; 2] = [Band::B04, Band::B08];

    /// A textured ground of its own for every place, half of it under cloud.
    fn pair(place: u64) -> ValidationPair {
        let side = 256;
        let clear: Vec<_> = (0..BANDS.len() as u64)
            .map(|band| {
                let mut stream = Stream::new(7, 10 * place + band, "test/ground");
                let base = stream.between(0.05, 0.3);
                let roughness = stream.between(0.005, 0.05);
                let data = (0..side * side).map(|_| (base + roughness * stream.normal()).max(0.0) as f32);
                Plane::from_vec(side, side, data.collect())
            })
            .collect();
        let codes = Plane::from_vec(
            side,
            side,
            (0..side * side).map(|i| if i % side < 192 { CLOUD } else { CLEAR }).collect(),
        );
        let alpha = mask::alpha(&Mask { codes: codes.clone(), source: String::new() }, 0, 0);
        let cloudy: Vec<_> = clear.iter().map(|plane| plane.map(|value| value + 0.3)).collect();
        let context = fill_planes(&cloudy, &BANDS, Some(Level::L1C), &alpha);
        let ground = Ground { row: RowId { store: 0, row: place as usize }, place };
        let fill = super::super::validate::Scores::default();
        ValidationPair { cloudy, clear, codes, alpha, context, s1: None, reference: None, fill, ground }
    }

    fn judged(
        crops: &Crops,
        pairs: &[ValidationPair],
        made: impl Fn(&ValidationPair) -> Vec<Plane<f32>>,
    ) -> Judged {
        let mut features = crops.begin();
        for (number, pair) in pairs.iter().enumerate() {
            crops.take(&mut features, number, &made(pair));
        }
        crops.judge(&features).expect("the same features")
    }

    #[test]
    fn the_truth_covers_itself_and_a_flat_surface_covers_little() {
        let pairs: Vec<_> = (0..10).map(pair).collect();
        let crops = Crops::new(&BANDS, pairs.iter());
        let truth = judged(&crops, &pairs, |pair| pair.clear.clone());
        let flat = judged(&crops, &pairs, |pair| pair.composite(&pair.context));
        let (truth, flat) = (truth.evaluated(1).expect("enough"), flat.evaluated(1).expect("enough"));
        // Twelve crops of 64 pixels are under the cloud of each of ten places.
        assert_eq!((truth.crops, flat.crops), (120, 120));
        assert!(truth.fd.abs() < 1e-6 && truth.coverage > 0.99, "{truth:?}");
        assert!(flat.coverage < 0.3 && flat.fd > 1.0, "{flat:?}");
    }

    #[test]
    fn too_few_places_give_a_reason_and_no_number() {
        let pairs: Vec<_> = (0..3).map(pair).collect();
        let found = judged(&Crops::new(&BANDS, pairs.iter()), &pairs, |pair| pair.clear.clone());
        let Judged::NotEnoughData { places: 3, needed_places: 8, .. } = found else { panic!("{found:?}") };
        assert!(found.figures().is_empty() && found.evaluated(1).is_none());
    }

    #[test]
    fn a_ground_under_two_clouds_is_real_once_and_made_twice() {
        let mut pairs: Vec<_> = (0..10).map(pair).collect();
        pairs.push(pair(0));
        let crops = Crops::new(&BANDS, pairs.iter());
        assert_eq!(crops.real.len(), 120);
        let mut made = crops.begin();
        for (number, pair) in pairs.iter().enumerate() {
            crops.take(&mut made, number, &pair.clear);
        }
        assert_eq!(made.len(), 132);
    }
}
