//! Principal directions: where in the space of codes the generator answers most.
//!
//! With `J` the change of the surface for a step of one of the prior's deviations along each number of the
//! code (central differences, weighted by m, in reflectance), the mean of `JᵀJ` over many patches is a
//! symmetric matrix. Its eigenvectors are the directions, and the square root of an eigenvalue is the RMS
//! change, over bands and masked pixels, for a step of one deviation (for the derivative instead of
//! finite steps: Ramesh, Choi, `LeCun` 2018; Härkönen et al. 2020 find directions in features).

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::effects::{Effect, effect};
use super::{Error, Result, Subject, along, eigen, prior};
use crate::networks::file::Loaded;
use crate::progress::Monitor;
use crate::raster::{self, Plane};

/// Directions whose effect on the ground is measured.
const MEASURED: usize = 8;

/// One direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Direction {
    /// A unit vector in the space of codes.
    pub vector: Vec<f32>,
    /// RMS change of reflectance under the mask for a step of one deviation.
    pub response: f64,
    /// What a step of one deviation does to the ground, as a mean over patches; measured for the first
    /// eight directions.
    #[serde(default)]
    pub effect: Option<Effect>,
    /// What it does to the probability of each class of [`Directions::land_cover`], likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<f64>>,
}

/// The classifier whose probabilities directions move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Classes {
    /// Its file's name.
    pub classifier: String,
    /// SHA-256 of its file.
    pub classifier_sha256: String,
    /// Why its probabilities show how the program works rather than what is on the ground; none where they are to
    /// be trusted.
    pub demonstration: Vec<String>,
    /// Names of its classes.
    pub names: Vec<String>,
}

/// The directions of a model, kept in a file beside it that carries its digest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directions {
    /// SHA-256 of the model's file.
    pub model_sha256: String,
    /// Patches they were found over.
    pub patches: usize,
    /// Where the patches came from.
    pub source: String,
    /// What [`Direction::classes`] are about; none where they were not measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub land_cover: Option<Classes>,
    /// The directions, the one with the largest response first.
    pub directions: Vec<Direction>,
}

/// Finds the directions of a model over patches with cloud. Even patches are looked at around the
/// prior's middle, odd ones around a sample of it.
///
/// # Errors
/// [`Error::Option`] for a model without a land code, or without a masked patch; cancellation.
pub fn principal(
    loaded: &Loaded,
    patches: &[Subject],
    source: String,
    device: &Device,
    monitor: &dyn Monitor,
) -> Result<Directions> {
    let numbers = loaded.model.config.land_code();
    let usable = usable(patches);
    if numbers == 0 || usable.is_empty() {
        let problem = if numbers == 0 {
            "a model of the preset cyclegan has no latent code, so there are no directions".to_owned()
        } else {
            "principal directions need an image with cloud; there is none under the mask".to_owned()
        };
        return Err(Error::Option { option: "--principal", problem });
    }
    monitor.stage("directions", 2 * usable.len() as u64);
    let mut sum = vec![0.0; numbers * numbers];
    for (index, patch) in usable.iter().enumerate() {
        let response = responses(loaded, patch, &base(index, numbers), device);
        sum.iter_mut().zip(response).for_each(|(sum, value)| *sum += value / usable.len() as f64);
        step(monitor)?;
    }
    let mut directions: Vec<_> = eigen::symmetric(&sum, numbers)
        .into_iter()
        .map(|(value, vector)| Direction {
            vector: vector.iter().map(|&value| value as f32).collect(),
            response: value.max(0.0).sqrt(),
            effect: None,
            classes: None,
        })
        .collect();
    measure(loaded, &usable, &mut directions, device, monitor)?;
    let model_sha256 = loaded.sha256.clone();
    Ok(Directions { model_sha256, patches: usable.len(), source, land_cover: None, directions })
}

/// The patches that have something to make.
pub(super) fn usable(patches: &[Subject]) -> Vec<&Subject> {
    patches.iter().filter(|patch| patch.mask().data.iter().any(|&m| m > 0)).collect()
}

pub(super) fn step(monitor: &dyn Monitor) -> Result<()> {
    monitor.advance(1);
    if monitor.is_cancelled() { Err(raster::Error::Cancelled.into()) } else { Ok(()) }
}

/// The code around which a patch is looked at.
fn base(index: usize, numbers: usize) -> Vec<f32> {
    if index.is_multiple_of(2) { vec![0.0; numbers] } else { prior(0, index as u64, numbers) }
}

/// `JᵀJ` of one patch, a mean over bands and masked pixels.
fn responses(loaded: &Loaded, patch: &Subject, base: &[f32], device: &Device) -> Vec<f64> {
    let numbers = base.len();
    let held = patch.held(&loaded.model, device);
    let unit = |number: usize| (0..numbers).map(|i| f32::from(u8::from(i == number))).collect::<Vec<_>>();
    let codes: Vec<_> = (0..numbers)
        .flat_map(|number| [along(base, &unit(number), 1.0), along(base, &unit(number), -1.0)])
        .collect();
    let images = held.images(&codes);
    // The image's m is in the composites already: their difference is m times the surfaces'.
    let changes: Vec<Vec<f32>> =
        images.chunks_exact(2).map(|pair| half_difference(&pair[0], &pair[1])).collect();
    let covered = patch.mask().data.iter().filter(|&&m| m > 0).count();
    let count = (covered * patch.bands.len()).max(1) as f64;
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    (0..numbers * numbers).map(|i| dot(&changes[i / numbers], &changes[i % numbers]) / count).collect()
}

fn half_difference(a: &[Plane<f32>], b: &[Plane<f32>]) -> Vec<f32> {
    a.iter().zip(b).flat_map(|(a, b)| a.data.iter().zip(&b.data).map(|(a, b)| 0.5 * (a - b))).collect()
}

/// A step back and a step forth along each of the first directions, one after the other, around the code of a patch.
pub(super) fn both_ways(directions: &[Direction], patch: usize) -> Vec<Vec<f32>> {
    let first = &directions[..directions.len().min(MEASURED)];
    let base = base(patch, first.first().map_or(0, |direction| direction.vector.len()));
    let steps = |direction: &Direction| [-1.0, 1.0].map(|step| along(&base, &direction.vector, step));
    first.iter().flat_map(steps).collect()
}

/// Measures what the first directions do to the ground.
fn measure(
    loaded: &Loaded,
    patches: &[&Subject],
    directions: &mut [Direction],
    device: &Device,
    monitor: &dyn Monitor,
) -> Result<()> {
    let first = directions.len().min(MEASURED);
    let mut sums = vec![Effect::default(); first];
    for (index, patch) in patches.iter().enumerate() {
        let images = patch.held(&loaded.model, device).images(&both_ways(directions, index));
        let share = 0.5 / patches.len() as f64;
        for (sum, pair) in sums.iter_mut().zip(images.chunks_exact(2)) {
            let found = effect(&pair[0], &pair[1], &patch.bands, &patch.mask());
            sum.ndvi += share * found.ndvi;
            sum.ndwi += share * found.ndwi;
            sum.brightness += share * found.brightness;
        }
        step(monitor)?;
    }
    directions.iter_mut().zip(sums).for_each(|(direction, sum)| direction.effect = Some(sum));
    Ok(())
}

impl Directions {
    /// Where the directions of a model's file are kept: beside it, `NAME.directions.json`.
    #[must_use]
    pub fn path_of(model: &Path) -> PathBuf {
        model.with_extension("directions.json")
    }

    /// The directions in a text, where they are of this model and fit its code; none otherwise.
    #[must_use]
    pub fn parse(text: &str, loaded: &Loaded) -> Option<Self> {
        let found: Self = serde_json::from_str(text).ok()?;
        let numbers = loaded.model.config.land_code();
        let named = found.land_cover.as_ref().map_or(0, |classes| classes.names.len());
        let fits = |direction: &Direction| {
            let classes = direction.classes.as_ref().is_none_or(|classes| classes.len() == named);
            direction.vector.len() == numbers
                && direction.vector.iter().all(|value| value.is_finite())
                && classes
        };
        (found.model_sha256 == loaded.sha256 && found.directions.iter().all(fits)).then_some(found)
    }

    /// The directions kept with a model: beside its file, or with the shipped one where `model` is none.
    #[must_use]
    pub fn kept(model: Option<&Path>, loaded: &Loaded) -> Option<Self> {
        let beside = model.and_then(|path| std::fs::read_to_string(Self::path_of(path)).ok());
        beside.and_then(|text| Self::parse(&text, loaded)).or_else(|| Self::parse(SHIPPED, loaded))
    }
}

/// The directions of the shipped model.
const SHIPPED: &str = include_str!("../../assets/models/l1c.directions.json");
