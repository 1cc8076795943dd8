//! What the honesty tests found of a model.

use serde::{Deserialize, Serialize};

use super::config::HonestyConfig;
use super::goals::{Goal, goals};
use super::latent::{Errors, LatentUse};
use super::noise::CycleError;
use super::probe::CONTROL;
use super::reliability::{SpreadClass, by_spread};
use super::statistics::spearman;
use super::swap::{Placed, Swapped};
use crate::evaluation::bootstrap::{Interval, Unit, interval};
use crate::networks::Preset;

/// One model, on every set that has images with both cloud and clear pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Honesty {
    /// The model's name.
    pub model: String,
    /// Its preset.
    pub preset: Preset,
    /// What was found, by set.
    pub sets: Vec<SetHonesty>,
}

/// One model on one set. Every mean is over images, its interval over scenes and donors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetHonesty {
    /// The set's name.
    pub set: String,
    /// Code swap.
    pub swap: SwapReport,
    /// Noise sensitivity: a point for each strength.
    pub noise: Vec<NoisePoint>,
    /// Cloud-place probe.
    pub probe: ProbeReport,
    /// Latent use; none for a model without a land code.
    pub latent: Option<LatentReport>,
    /// The stated goals, and whether they were reached.
    pub goals: Vec<Goal>,
    /// Every image.
    pub images: Vec<ImageHonesty>,
}

/// Means of [`Placed`]: intersections over union.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SwapReport {
    /// Cloud restored with the image's own code, or without any, with its own mask.
    pub restored: Option<Interval>,
    /// The same from `x̂_B` with noise.
    pub restored_noisy: Option<Interval>,
    /// The image's real cloud by the same rule, with its mask: as well as the rule can do.
    pub own: Option<Interval>,
    /// Cloud under another image's code, with the other's mask.
    pub new: Option<Interval>,
    /// The same with the place that the code says.
    pub said: Option<Interval>,
    /// The same with the image's own mask, outside the other's.
    pub old: Option<Interval>,
    /// The same from `x̂_B` with noise.
    pub old_noisy: Option<Interval>,
    /// Cloud that s2cloudless finds in what was rendered, with the other's mask.
    pub detected: Option<Interval>,
    /// Cloud that s2cloudless finds in the other image itself, with its mask: as well as it can do.
    pub detected_real: Option<Interval>,
}

/// Cycle error under one strength of noise.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoisePoint {
    /// Standard deviation of the noise, reflectance.
    pub sigma: f64,
    /// Mean absolute error under cloud and shadow, reflectance.
    pub covered: Option<Interval>,
    /// Where m is 0. Noise that passes through unchanged adds 0.8 σ here.
    pub clear: Option<Interval>,
}

/// Areas under the curve of the probe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeReport {
    /// On `x̂_B`; 0.5 = the place cannot be seen.
    pub found: Option<Interval>,
    /// Positive control: a constant under the cloud.
    pub control: Option<Interval>,
    /// Negative control: the clear date itself.
    pub truth: Option<Interval>,
    /// Whether the positive control was reached on average; without it the probe says nothing.
    pub conclusive: bool,
}

/// Means of [`LatentUse`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatentReport {
    /// Number of samples, K.
    pub samples: usize,
    /// Standard deviation of the samples under cloud, reflectance.
    pub spread: Option<Interval>,
    /// Greatest change of any sample where m is 0, in any image.
    pub outside: f64,
    /// Rank correlation of spread and error, image by image.
    pub spearman: Option<Interval>,
    /// The same over the pixels of all images together.
    pub spearman_pooled: Option<f64>,
    /// Part of the truth in the samples' 80 % interval.
    pub coverage_80: Option<Interval>,
    /// Rank histogram: K + 1 parts, even where samples are drawn as the truth is.
    pub ranks: Vec<f64>,
    /// Pixels of all images in ten classes of equal size, from the least spread to the greatest; empty in
    /// reports of earlier versions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_spread: Vec<SpreadClass>,
    /// Mean absolute error under cloud of the exported surface, z = 0.
    pub middle: Option<Interval>,
    /// Of the best of K samples.
    pub best: Option<Interval>,
    /// Of a sample, on average.
    pub sample: Option<Interval>,
    /// Of the surface for the code that the encoder finds in the truth.
    pub encoded: Option<Interval>,
}

/// The probe's areas on one image.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct ProbeAreas {
    /// On `x̂_B`.
    pub found: Option<f64>,
    /// Where a constant was put under the cloud.
    pub control: Option<f64>,
    /// On the clear date.
    pub truth: Option<f64>,
}

/// One image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageHonesty {
    /// Its name.
    pub image: String,
    /// The scene it was cut from.
    pub scene: String,
    /// Whose cloud lies over it, where that was transplanted.
    pub donor: Option<String>,
    /// Code swap.
    pub swap: Placed,
    /// Cycle errors, one for each strength of noise.
    pub noise: Vec<CycleError>,
    /// Cloud-place probe.
    pub probe: ProbeAreas,
    /// Latent use.
    pub latent: Option<LatentUse>,
}

impl SetHonesty {
    /// Means and goals of a set.
    #[must_use]
    pub fn of(set: &str, images: Vec<ImageHonesty>, config: &HonestyConfig) -> Self {
        let swap = SwapReport::of(&images);
        let point = |(index, &sigma): (usize, &f64)| NoisePoint {
            sigma,
            covered: mean(&images, |image| Some(image.noise.get(index)?.covered)),
            clear: mean(&images, |image| Some(image.noise.get(index)?.clear)),
        };
        let noise = config.sigmas.iter().enumerate().map(point).collect();
        let probe = ProbeReport::of(&images);
        let latent = LatentReport::of(&images, config.samples);
        let coded = images.iter().any(|image| image.swap.coded);
        let goals = goals((coded, &swap), &probe, latent.as_ref());
        Self { set: set.to_owned(), swap, noise, probe, latent, goals, images }
    }
}

/// The mean of what the images have.
fn mean(images: &[ImageHonesty], value: impl Fn(&ImageHonesty) -> Option<f64>) -> Option<Interval> {
    let first = |same: &dyn Fn(&ImageHonesty) -> bool| images.iter().position(same).unwrap_or(0);
    let unit = |image: &ImageHonesty| Unit {
        scene: first(&|other| other.scene == image.scene),
        donor: image.donor.as_ref().map(|_| first(&|other| other.donor == image.donor)),
    };
    let values: Vec<_> = images.iter().filter_map(|image| Some((unit(image), value(image)?))).collect();
    interval(&values)
}

impl SwapReport {
    fn of(images: &[ImageHonesty]) -> Self {
        let placed = |pick: fn(&Placed) -> Option<f64>| mean(images, |image| pick(&image.swap));
        let swapped = |pick: fn(&Swapped) -> Option<f64>| {
            mean(images, |image| image.swap.swapped.as_ref().and_then(pick))
        };
        Self {
            restored: placed(|placed| placed.restored),
            restored_noisy: placed(|placed| placed.restored_noisy),
            own: placed(|placed| placed.own),
            new: swapped(|swapped| swapped.new),
            said: swapped(|swapped| swapped.said),
            old: swapped(|swapped| swapped.old),
            old_noisy: swapped(|swapped| swapped.old_noisy),
            detected: swapped(|swapped| swapped.detected),
            detected_real: swapped(|swapped| swapped.detected_real),
        }
    }
}

impl ProbeReport {
    fn of(images: &[ImageHonesty]) -> Self {
        let control = mean(images, |image| image.probe.control);
        Self {
            found: mean(images, |image| image.probe.found),
            conclusive: control.is_some_and(|control| control.mean >= CONTROL),
            control,
            truth: mean(images, |image| image.probe.truth),
        }
    }
}

impl LatentReport {
    fn of(images: &[ImageHonesty], samples: usize) -> Option<Self> {
        let uses: Vec<&LatentUse> = images.iter().filter_map(|image| image.latent.as_ref()).collect();
        let bins = uses.first()?.ranks.len();
        let of =
            |pick: fn(&LatentUse) -> Option<f64>| mean(images, |image| image.latent.as_ref().and_then(pick));
        let error = |pick: fn(&Errors) -> Option<f64>| {
            mean(images, |image| image.latent.as_ref().and_then(|used| pick(&used.errors)))
        };
        let (spreads, errors): (Vec<f64>, Vec<f64>) =
            uses.iter().flat_map(|used| used.pixels.iter().copied()).unzip();
        let by_spread = by_spread(uses.iter().flat_map(|used| used.pixels.iter().copied()).collect());
        let bin = |bin: usize| uses.iter().map(|used| used.ranks[bin]).sum::<f64>() / uses.len() as f64;
        Some(Self {
            samples,
            spread: of(|used| Some(used.spread)),
            outside: uses.iter().map(|used| used.outside).fold(0.0, f64::max),
            spearman: of(|used| used.spearman),
            spearman_pooled: spearman(&spreads, &errors),
            coverage_80: of(|used| Some(used.coverage_80)),
            ranks: (0..bins).map(bin).collect(),
            by_spread,
            middle: error(|errors| Some(errors.middle)),
            best: error(|errors| Some(errors.best)),
            sample: error(|errors| Some(errors.sample)),
            encoded: error(|errors| errors.encoded),
        })
    }
}
