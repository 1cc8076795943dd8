//! Crops under cloud, as made and as they truly are, gathered over the images of a set.
//!
//! The real set is the clear truth: each crop of each clear image once, however many clouds were laid over it.
//! The made set of a method is what it made of these crops, once for every cloud. A crop is in when half of its
//! pixels are under cloud or shadow by the mask and 90 % are valid in both images.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rayon::prelude::*;

use super::Result;
use super::image::Image;
use super::report::DistributionReport;
use crate::bands::Band;
use crate::mask::{CLEAR, INVALID};
use crate::metrics::distribution::{Features, distribution};
use crate::metrics::features::{EXTRACTOR, Extractor, finite, windows};
use crate::random::Stream;
use crate::raster::{Plane, Window, place_of};

/// The least part of a crop under cloud or shadow.
const MIN_CLOUD: f64 = 0.5;
/// Most crops of a set that are kept, drawn evenly from all: bounds memory (about 10 MB a method) and the time
/// that grows with their square.
const MAX_CROPS: usize = 4096;
/// Seed of everything drawn here; fixed, so that two reports can be compared.
const SEED: u64 = 0;

/// A crop of the truth: the clear image's path and its corner.
type TruthKey = (PathBuf, usize, usize);
/// A crop under one cloud: a random number first, by which the crops that are kept are drawn.
type CropKey = (u64, (usize, usize), (usize, usize));

struct UnderCloud {
    truth: TruthKey,
    /// What each method made of it; none where it is not a number.
    made: Vec<Option<Vec<f64>>>,
}

/// Gathers features over the images of a set.
pub(super) struct Crops {
    bands: Vec<Band>,
    extractor: Option<Extractor>,
    methods: usize,
    truth: BTreeMap<TruthKey, (u32, Vec<f64>)>,
    places: BTreeMap<String, u32>,
    under_cloud: BTreeMap<CropKey, UnderCloud>,
}

/// The crops of one image that take part.
pub(super) struct ImageCrops {
    chosen: Vec<(CropKey, Window)>,
    valid: Plane<bool>,
}

impl Crops {
    /// For a set that this many methods run on.
    pub(super) fn new(methods: usize) -> Self {
        Self {
            bands: Vec::new(),
            extractor: None,
            methods,
            truth: BTreeMap::new(),
            places: BTreeMap::new(),
            under_cloud: BTreeMap::new(),
        }
    }

    /// Chooses the crops of an image and takes the truth's features. An image of other bands than the first
    /// has none, for its features would be others.
    pub(super) fn begin(&mut self, image: &Image) -> ImageCrops {
        if self.extractor.is_none() {
            self.bands.clone_from(&image.bands);
        }
        let extractor = self.extractor.get_or_insert_with(|| Extractor::new(&image.bands));
        let mut valid = finite(&image.cloudy);
        let clear = finite(&image.clear);
        for ((valid, clear), code) in valid.data.iter_mut().zip(&clear.data).zip(&image.mask.codes.data) {
            *valid &= *clear && *code != INVALID;
        }
        let mut crops = ImageCrops { chosen: Vec::new(), valid };
        if self.bands != image.bands || extractor.names().is_empty() {
            return crops;
        }
        let limit = self.under_cloud.last_key_value().map(|(key, _)| *key);
        let full = self.under_cloud.len() >= MAX_CROPS;
        let place = image.paths.1.clone();
        crops.chosen = windows(clear.width, clear.height)
            .filter(|&window| cloud(&image.mask.codes, window) >= MIN_CLOUD)
            .map(|window| (crop_key(image, window), window))
            .filter(|(key, _)| !full || limit.is_none_or(|limit| *key < limit))
            .collect();
        let features =
            |&(_, window): &(CropKey, Window)| extractor.features(&image.clear, &crops.valid, window);
        let found: Vec<_> = crops.chosen.par_iter().map(features).collect();
        let next = self.places.len() as u32;
        let number = *self.places.entry(place_of(&place)).or_insert(next);
        let mut kept = Vec::new();
        for ((key, window), features) in crops.chosen.drain(..).zip(found) {
            let Some(features) = features else { continue };
            let truth = (place.clone(), window.x, window.y);
            self.truth.entry(truth.clone()).or_insert((number, features));
            self.under_cloud.insert(key, UnderCloud { truth, made: vec![None; self.methods] });
            kept.push((key, window));
        }
        crops.chosen = kept;
        crops
    }

    /// Takes the features of what a method, by its number, made of an image.
    pub(super) fn add(&mut self, crops: &ImageCrops, method: usize, made: &[Plane<f32>]) {
        let Some(extractor) = &self.extractor else { return };
        let features = |&(_, window): &(CropKey, Window)| extractor.features(made, &crops.valid, window);
        let found: Vec<_> = crops.chosen.par_iter().map(features).collect();
        for ((key, _), features) in crops.chosen.iter().zip(found) {
            if let Some(crop) = self.under_cloud.get_mut(key) {
                crop.made[method] = features;
            }
        }
    }

    /// Lets go of crops above the limit, and of the truth that none of the others needs. To be called after
    /// the last method of an image.
    pub(super) fn end(&mut self) {
        if self.under_cloud.len() <= MAX_CROPS {
            return;
        }
        while self.under_cloud.len() > MAX_CROPS {
            self.under_cloud.pop_last();
        }
        let used: BTreeSet<_> = self.under_cloud.values().map(|crop| crop.truth.clone()).collect();
        self.truth.retain(|key, _| used.contains(key));
    }

    /// What each method's crops are to the truth, in the order of the names.
    ///
    /// # Errors
    /// None that an image could cause: features that do not fit are a fault of the program.
    pub(super) fn report(&self, methods: &[&str]) -> Result<Vec<DistributionReport>> {
        let Some(extractor) = &self.extractor else { return Ok(Vec::new()) };
        let mut real = Features::new(extractor.names().clone());
        for (place, features) in self.truth.values() {
            real.push(*place, features)?;
        }
        let one = |(number, name): (usize, &&str)| {
            let mut made = Features::new(extractor.names().clone());
            for crop in self.under_cloud.values() {
                if let (Some(features), Some((place, _))) = (&crop.made[number], self.truth.get(&crop.truth))
                {
                    made.push(*place, features)?;
                }
            }
            Ok(DistributionReport {
                method: (*name).to_owned(),
                extractor: EXTRACTOR.to_owned(),
                result: distribution(&real, &made, SEED)?,
            })
        };
        methods.iter().enumerate().map(one).collect()
    }
}

/// The part of a crop's pixels under cloud or shadow.
fn cloud(codes: &Plane<u8>, window: Window) -> f64 {
    let rows =
        (window.y..window.y + window.height).flat_map(|y| &codes.row(y)[window.x..window.x + window.width]);
    rows.filter(|&&code| code != CLEAR && code != INVALID).count() as f64 / window.len() as f64
}

/// The same crop under the same cloud has the same key in every run and for every method.
fn crop_key(image: &Image, window: Window) -> CropKey {
    let donor = image.lent.as_ref().map_or("", |lent| lent.donor.as_str());
    let purpose = format!("metrics/crops/{}/{donor}/{}/{}", image.name, window.x, window.y);
    (Stream::new(SEED, image.order.1 as u64, &purpose).next_u64(), image.order, (window.x, window.y))
}
