//! What a validation found.

use serde::{Deserialize, Serialize};

use crate::training::config::Learns;
use crate::training::distribution::Judged;
use crate::training::latent::LatentUse;

/// Means over pairs, under cloud.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Mean absolute error, reflectance.
    pub mae: f64,
    /// Peak signal-to-noise ratio, dB.
    pub psnr: f64,
}

/// The model beside the fill on images of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Images that counted.
    pub images: usize,
    /// The model.
    pub model: Scores,
    /// The multi-scale fill on the same images.
    pub fill: Scores,
}

/// A validation of the model beside the fill.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Validation {
    /// Real cloudy dates against clear ones.
    pub real: Option<Part>,
    /// Clear dates under lent cloud.
    pub lent: Option<Part>,
    /// What the model makes of its land code; none for a model without.
    pub latent: Option<LatentUse>,
    /// Whether its surfaces are distributed as the land is.
    #[serde(default)]
    pub distribution: Option<Judged>,
    /// Intersection over union of the pixels that an image's cloud code changes on another image's surface with
    /// the image's mask, a mean over images; only where the cloud's code alone learns.
    #[serde(default)]
    pub placed: Option<f64>,
}

impl Validation {
    /// What a training of these networks is judged by, the less the better: [`Validation::score`], or the use of the
    /// truth's code where only its encoder learns.
    #[must_use]
    pub fn goal(&self, learns: Learns) -> Option<f64> {
        match learns {
            Learns::All => self.score(),
            Learns::LandCode => self.latent.and_then(|latent| latent.coded),
            Learns::Spread => self.latent.and_then(|latent| latent.crps),
            Learns::CloudCode => self.placed.map(|placed| 1.0 - placed),
        }
    }

    /// What a model is chosen by, the less the better: its error under cloud in parts of the fill's, a
    /// mean over the kinds of images there are.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        let parts: Vec<f64> = [self.real, self.lent]
            .into_iter()
            .flatten()
            .map(|part| part.model.mae / part.fill.mae.max(f64::MIN_POSITIVE))
            .collect();
        (!parts.is_empty()).then(|| parts.iter().sum::<f64>() / parts.len() as f64)
    }

    /// The model beside the fill, in words.
    #[must_use]
    pub fn words(&self) -> String {
        let parts = [("real", self.real), ("lent", self.lent)];
        let mut words: Vec<String> = parts
            .iter()
            .filter_map(|(kind, part)| Some((kind, part.as_ref()?)))
            .map(|(kind, part)| {
                let (model, fill) = (part.model, part.fill);
                format!(
                    "{kind} cloud ({} images) MAE {:.4} (fill {:.4}), PSNR {:.2} dB (fill {:.2})",
                    part.images, model.mae, fill.mae, model.psnr, fill.psnr
                )
            })
            .collect();
        let coded = self.latent.and_then(|latent| latent.coded);
        words.extend(coded.map(|coded| format!("with the truth's code {coded:.3} of that error")));
        let crps = self.latent.and_then(|latent| latent.crps);
        words.extend(crps.map(|crps| format!("probability score {crps:.3} of that error")));
        words.extend(self.placed.map(|placed| format!("cloud put where its code says, IoU {placed:.3}")));
        words.join("; ")
    }

    /// Every figure under its name, as curves are called.
    #[must_use]
    pub fn figures(&self) -> Vec<(String, f64)> {
        let mut figures: Vec<(String, f64)> = Vec::new();
        for (kind, part) in [("real", self.real), ("lent", self.lent)] {
            for (method, scores) in part.iter().flat_map(|part| [("model", part.model), ("fill", part.fill)])
            {
                figures.push((format!("validation/{kind}/mae/{method}"), scores.mae));
                figures.push((format!("validation/{kind}/psnr/{method}"), scores.psnr));
            }
        }
        figures.extend(self.score().map(|score| ("validation/score".to_owned(), score)));
        figures.extend(self.latent.map(|latent| ("validation/latent_spread".to_owned(), latent.spread)));
        let coded = self.latent.and_then(|latent| latent.coded);
        figures.extend(coded.map(|coded| ("validation/latent_coded".to_owned(), coded)));
        let crps = self.latent.and_then(|latent| latent.crps);
        figures.extend(crps.map(|crps| ("validation/latent_crps".to_owned(), crps)));
        figures.extend(self.placed.map(|placed| ("validation/cloud_placed".to_owned(), placed)));
        let judged = self.distribution.iter().flat_map(Judged::figures);
        figures.extend(judged.map(|(name, value)| (format!("distribution/{name}"), value)));
        figures
    }
}
