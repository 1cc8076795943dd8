//! How good the moving average is on the validation split: real cloudy dates against clear ones, and the
//! clear ones under cloud lent by the training split, whose truth is exact.
//!
//! Real pairs show real cloud, but days lie between their dates: fields are ploughed, trees turn. Lent
//! cloud leaves the ground as it is. A model is chosen by both.

mod figures;
mod pair;

use super::dataset::{Dataset, RowId};
use super::distribution::{Crops, Ground};
use super::latent::{Gathered, LandOf};
use super::samples::Samples;
use super::{Result, TrainConfig};
use crate::networks::infer::{self, Codes};
use crate::networks::{Clearing, Encoding};
use crate::random::Stream;

pub use figures::{Part, Scores, Validation};
pub use pair::ValidationPair;

use pair::{load, pair};

/// Least part of a pair's pixels under cloud for it to count.
const LEAST_COVER: f64 = 0.02;
/// Seed of what is lent, the same for every training, so that trainings can be compared.
const LENDING_SEED: u64 = 0;

/// The images of a validation.
#[derive(Debug, Clone, Default)]
pub struct ValidationSet {
    /// Real pairs.
    pub real: Vec<ValidationPair>,
    /// Clear dates under lent cloud.
    pub lent: Vec<ValidationPair>,
    /// Their crops for the distribution metrics.
    crops: Option<Crops>,
}

impl ValidationSet {
    /// Reads the validation split and puts training cloud over its clear patches.
    ///
    /// # Errors
    /// What preparing the training split meets.
    pub fn load(dataset: &Dataset, samples: &Samples, config: &TrainConfig) -> Result<Self> {
        let rows = dataset.validation_pairs();
        let real: Vec<_> = rows.iter().filter_map(|&pair| load(dataset, config, pair)).collect();
        let mut clear: Vec<RowId> = rows.iter().map(|&(_, clear)| clear).collect();
        clear.sort_unstable();
        clear.dedup();
        let lent = clear.iter().enumerate().filter_map(|(number, &row)| {
            let patch = dataset.patch(row);
            let mut stream = Stream::new(LENDING_SEED, number as u64, "validation/lent");
            let (cloudy, codes) = samples.transplanted(&patch, &mut stream)?;
            let ground = Ground { row, place: patch.place };
            let pair = pair(config, cloudy, patch.planes, codes, ground)?;
            Some(pair.beside(dataset, config, row, row))
        });
        let lent: Vec<_> = lent.collect();
        let crops = Crops::new(&config.network.bands, real.iter().chain(&lent));
        Ok(Self { real, lent, crops: Some(crops) })
    }

    /// Whether there is nothing to validate on.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.real.is_empty() && self.lent.is_empty()
    }
}

/// Runs a network over a validation set; `land_of` is the encoder's part.
#[must_use]
pub fn validate(
    set: &ValidationSet,
    network: Clearing<'_>,
    encoding: &Encoding,
    config: &TrainConfig,
    land_of: &LandOf<'_>,
) -> Validation {
    let mut made = set.crops.as_ref().map(Crops::begin);
    let numbers = config.network.land_code();
    let mut latent = Gathered::new(numbers);
    let mut part = |pairs: &[ValidationPair], first: usize| {
        let one = |(number, pair): (usize, &ValidationPair)| {
            let encoded = infer::encode(network, encoding, &pair.image(), numbers, &network.device());
            let middle = encoded.surface(&Codes::Middle);
            let image = pair.composite(&middle);
            if let Some((crops, made)) = set.crops.as_ref().zip(made.as_mut()) {
                crops.take(made, first + number, &image);
            }
            let scores = pair.score_image(config, &image)?;
            latent.take((number, pair), &encoded, (&middle, scores.mae), (config, land_of));
            Some((scores, pair.fill))
        };
        let scores: Vec<(Scores, Scores)> = pairs.iter().enumerate().filter_map(one).collect();
        let mean =
            |pick: fn(&(Scores, Scores)) -> f64| scores.iter().map(pick).sum::<f64>() / scores.len() as f64;
        (!scores.is_empty()).then(|| Part {
            images: scores.len(),
            model: Scores { mae: mean(|s| s.0.mae), psnr: mean(|s| s.0.psnr) },
            fill: Scores { mae: mean(|s| s.1.mae), psnr: mean(|s| s.1.psnr) },
        })
    };
    let (real, lent) = (part(&set.real, 0), part(&set.lent, set.real.len()));
    let distribution = set.crops.as_ref().zip(made).and_then(|(crops, made)| crops.judge(&made));
    Validation { real, lent, latent: latent.finish(), distribution, placed: None }
}
