//! Code swap: is the place of a cloud in its code, or hidden in the image that is said to be clear?
//!
//! Each image `x̂_B` is put under the cloud of another image, by that one's code. An honest generator puts cloud where
//! the code says and nowhere else; one that reads the old place out of the pixels of `x̂_B` restores it whatever the
//! code. Generators without a code can only do the latter or nothing.

use serde::{Deserialize, Serialize};

use super::cycle::{Cycle, Planes};
use super::noise::noisy;
use super::place::{CHANGED, change, iou};
use super::specimen::{Part, Specimen};
#[cfg(feature = "gdal")]
use crate::mask;
use crate::mask::{CLOUD, SHADOW};
use crate::raster::Plane;
use crate::simulate::transplant::Turn;

/// Opacity or shadow in a code from which on it says "here": thinner cloud no detector would see.
const SAID: f32 = 0.04;
/// Noise on the image between, reflectance, under which cloud is restored once more.
pub const SWAP_NOISE: f64 = 0.02;
/// Probability of s2cloudless from which on a pixel counts as cloud.
#[cfg(feature = "gdal")]
const LIKELY: f32 = 0.4;
/// Places that lie apart by less than this part of the image are no test.
const LEAST_APART: f64 = 0.02;

/// A specimen and the image between the halves of its cycle.
pub struct Made {
    /// The image.
    pub specimen: Specimen,
    /// `x̂_B`.
    pub between: Planes,
}

/// Where a generator put cloud on one image. Every number is an intersection over union unless it says otherwise,
/// and none where neither set has a pixel.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Placed {
    /// Whether the generator has a code of the cloud. Without one what it restores is restored in spite of it.
    #[serde(default)]
    pub coded: bool,
    /// Cloud restored with the image's own code (or without any code), with the image's own mask.
    pub restored: Option<f64>,
    /// The same from `x̂_B` with noise of [`SWAP_NOISE`].
    pub restored_noisy: Option<f64>,
    /// What the image's own cloud is found with by the same rule (`x_A` against `x̂_B`), with its mask.
    pub own: Option<f64>,
    /// Under another image's code; none without codes or another image.
    pub swapped: Option<Swapped>,
}

/// Where a generator put cloud under another image's code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Swapped {
    /// The other image.
    pub other: String,
    /// With the other's mask.
    pub new: Option<f64>,
    /// With the place that the code itself says; none for codes that say none.
    pub said: Option<f64>,
    /// With the image's own mask, outside the other's.
    pub old: Option<f64>,
    /// The same from `x̂_B` with noise of [`SWAP_NOISE`].
    pub old_noisy: Option<f64>,
    /// Cloud that s2cloudless finds in what was rendered, with the other's mask; none for images that lack
    /// its bands.
    pub detected: Option<f64>,
    /// Cloud that it finds in the other image itself, with its mask.
    pub detected_real: Option<f64>,
}

/// Measures one image among all.
pub fn placed<C: Cycle>(cycle: &C, all: &[Made], index: usize, seed: u64) -> Placed {
    let Made { specimen, between } = &all[index];
    let stirred = noisy(between, SWAP_NOISE, seed, &specimen.name);
    let code = cycle.cloud(&specimen.cloudy, between);
    let found = |before: &Planes, code: Option<&C::Cloud>| change(before, &cycle.render(before, code));
    let own_place = |change: &Plane<f64>| with_mask(specimen, change, |_| true);
    Placed {
        coded: code.is_some(),
        restored: own_place(&found(between, code.as_ref())),
        restored_noisy: own_place(&found(&stirred, code.as_ref())),
        own: own_place(&change(between, &specimen.cloudy)),
        swapped: code.and_then(|_| {
            let (other, turn) = other(all, index)?;
            swapped(cycle, (specimen, between, &stirred), &turned(&all[other], turn))
        }),
    }
}

fn swapped<C: Cycle>(
    cycle: &C,
    (specimen, between, stirred): (&Specimen, &Planes, &Planes),
    other: &Made,
) -> Option<Swapped> {
    let code = cycle.cloud(&other.specimen.cloudy, &other.between)?;
    let rendered = cycle.render(between, Some(&code));
    let found = change(between, &rendered);
    let found_noisy = change(stirred, &cycle.render(stirred, Some(&code)));
    // Under the other's cloud nothing can be told of the old place.
    let outside = |pixel: usize| other.specimen.part(pixel) == Some(Part::Clear);
    let said = cycle.cover(&code, specimen.size());
    Some(Swapped {
        other: other.specimen.name.clone(),
        new: with_mask(&other.specimen, &found, |_| true),
        said: said.and_then(|said| {
            iou((0..found.data.len()).map(|i| Some((found.data[i] > CHANGED, said.data[i] > SAID))))
        }),
        old: with_mask(specimen, &found, outside),
        old_noisy: with_mask(specimen, &found_noisy, outside),
        detected: by_s2cloudless(&other.specimen, &rendered),
        detected_real: by_s2cloudless(&other.specimen, &other.specimen.cloudy),
    })
}

/// Agreement of what changed with a specimen's mask, over the pixels that count; the feather never does.
fn with_mask(specimen: &Specimen, change: &Plane<f64>, counts: impl Fn(usize) -> bool) -> Option<f64> {
    iou((0..change.data.len()).map(|pixel| {
        let part = specimen.part(pixel).filter(|_| counts(pixel))?;
        Some((change.data[pixel] > CHANGED, part == Part::Covered))
    }))
}

/// Agreement of the cloud that s2cloudless finds in an image with a specimen's mask.
fn by_s2cloudless(specimen: &Specimen, image: &Planes) -> Option<f64> {
    #[cfg(feature = "gdal")]
    {
        let likely = mask::cloud_probability(&specimen.bands, specimen.level, image)?;
        iou((0..likely.len()).map(|pixel| {
            let part = specimen.part(pixel)?;
            Some((likely[pixel] > LIKELY, part == Part::Covered))
        }))
    }
    #[cfg(not(feature = "gdal"))]
    {
        let _ = (specimen, image);
        None
    }
}

/// The image of another scene (and donor), and how it is turned, whose cloud lies farthest apart from this
/// one's: the lesser of what each covers alone is largest.
fn other(all: &[Made], index: usize) -> Option<(usize, Turn)> {
    let own = &all[index].specimen;
    let least = LEAST_APART * own.codes.data.len() as f64;
    let fits = |other: &Specimen| {
        other.scene != own.scene
            && (own.donor.is_none() || other.donor != own.donor)
            && other.size() == own.size()
            && other.size().0 == other.size().1
    };
    let mut best: Option<(usize, (usize, Turn))> = None;
    for (number, candidate) in all.iter().enumerate().filter(|(_, made)| fits(&made.specimen)) {
        for turn in turns() {
            let apart = apart(&own.codes, &turn.of(&candidate.specimen.codes));
            if best.is_none_or(|(most, _)| apart > most) {
                best = Some((apart, (number, turn)));
            }
        }
    }
    best.filter(|(apart, _)| *apart as f64 >= least).map(|(_, found)| found)
}

fn turns() -> impl Iterator<Item = Turn> {
    [false, true].into_iter().flat_map(|mirrored| (0..4).map(move |quarters| Turn { mirrored, quarters }))
}

/// The lesser of what each of two masks covers alone, in pixels.
fn apart(own: &Plane<u8>, other: &Plane<u8>) -> usize {
    let (mut only_own, mut only_other) = (0, 0);
    for (own, other) in own.data.iter().zip(&other.data) {
        let [own, other] = [own, other].map(|code| matches!(*code, CLOUD | SHADOW));
        only_own += usize::from(own && !other);
        only_other += usize::from(other && !own);
    }
    only_own.min(only_other)
}

fn turned(made: &Made, turn: Turn) -> Made {
    let planes = |planes: &Planes| -> Planes { planes.iter().map(|plane| turn.of(plane)).collect() };
    let specimen = &made.specimen;
    Made {
        specimen: Specimen {
            cloudy: planes(&specimen.cloudy),
            clear: planes(&specimen.clear),
            context: planes(&specimen.context),
            codes: turn.of(&specimen.codes),
            alpha: turn.of(&specimen.alpha),
            ..specimen.clone()
        },
        between: planes(&made.between),
    }
}
