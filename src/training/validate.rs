//! How good the moving average is on the validation split: real cloudy dates against clear ones, and the
//! clear ones under cloud lent by the training split, whose truth is exact.
//!
//! Real pairs show real cloud, but days lie between their dates: fields are ploughed, trees turn. Lent
//! cloud leaves the ground as it is. A model is chosen by both.

use serde::{Deserialize, Serialize};

use super::config::Learns;
use super::dataset::{Dataset, RowId};
use super::distribution::{Crops, Ground, Judged};
use super::latent::{Gathered, LandOf, LatentUse};
use super::samples::Samples;
use super::{Result, TrainConfig};
use crate::fill::fill_planes;
use crate::mask::{self, Alpha, Mask};
use crate::metrics::{Measures, paired};
use crate::networks::infer::{self, Codes, Image};
use crate::networks::optional::Beside;
use crate::networks::{Clearing, Encoding};
use crate::random::Stream;
use crate::raster::Plane;

/// Least part of a pair's pixels under cloud for it to count.
const LEAST_COVER: f64 = 0.02;
/// Seed of what is lent, the same for every training, so that trainings can be compared.
const LENDING_SEED: u64 = 0;

/// A pair in memory, with everything that does not change during training.
#[derive(Debug, Clone)]
pub struct ValidationPair {
    /// The cloudy date, reflectance.
    pub cloudy: Vec<Plane<f32>>,
    /// The clear date.
    pub clear: Vec<Plane<f32>>,
    /// The mask's codes.
    pub codes: Plane<u8>,
    /// The mask m.
    pub alpha: Alpha,
    /// The fill.
    pub context: Vec<Plane<f32>>,
    /// VV and VH in dB, where the network has a way in for them and the store holds them.
    pub s1: Option<Vec<Plane<f32>>>,
    /// A third date of the ground, never the one it is measured against, likewise.
    pub reference: Option<Vec<Plane<f32>>>,
    /// What the fill alone reaches.
    pub(super) fill: Scores,
    /// Whose ground it is.
    pub(super) ground: Ground,
}

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
}

impl Validation {
    /// What a training of these networks is judged by, the less the better: [`Validation::score`], or the use of the
    /// truth's code where only its encoder learns.
    #[must_use]
    pub fn goal(&self, learns: Learns) -> Option<f64> {
        match learns {
            Learns::All => self.score(),
            Learns::LandCode => self.latent.and_then(|latent| latent.coded),
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
        let judged = self.distribution.iter().flat_map(Judged::figures);
        figures.extend(judged.map(|(name, value)| (format!("distribution/{name}"), value)));
        figures
    }
}

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

fn load(dataset: &Dataset, config: &TrainConfig, rows: (RowId, RowId)) -> Option<ValidationPair> {
    let (cloudy, clear) = (dataset.patch(rows.0), dataset.patch(rows.1));
    let ground = Ground { row: rows.1, place: clear.place };
    let pair = pair(config, cloudy.planes, clear.planes, cloudy.codes, ground)?;
    Some(pair.beside(dataset, config, rows.0, rows.1))
}

/// A pair with its mask and fill; none where it has too little cloud to count.
fn pair(
    config: &TrainConfig,
    cloudy: Vec<Plane<f32>>,
    clear: Vec<Plane<f32>>,
    codes: Plane<u8>,
    ground: Ground,
) -> Option<ValidationPair> {
    let mask = Mask { codes: codes.clone(), source: String::new() };
    let cover = mask.cover();
    if cover.cloud + cover.shadow < LEAST_COVER {
        return None;
    }
    let alpha = mask::alpha(&mask, 0, config.data.feather);
    let network = &config.network;
    let context = fill_planes(&cloudy, &network.bands, Some(network.level), &alpha);
    let fill = Scores::default();
    let (s1, reference) = (None, None);
    let mut pair = ValidationPair { cloudy, clear, codes, alpha, context, s1, reference, fill, ground };
    pair.fill = pair.score(config, &pair.context)?;
    Some(pair)
}

impl ValidationPair {
    /// What the network sees.
    pub(super) fn image(&self) -> Image<'_> {
        let beside = Beside { s1: self.s1.as_deref(), reference: self.reference.as_deref() };
        Image { cloudy: &self.cloudy, context: &self.context, alpha: &self.alpha.0, beside }
    }

    /// The same with what the network sees besides of row `seen`, whose truth is row `truth`.
    fn beside(self, dataset: &Dataset, config: &TrainConfig, seen: RowId, truth: RowId) -> Self {
        let network = &config.network;
        let mut stream = Stream::new(LENDING_SEED, seen.row as u64, "validation/reference");
        let reference = || dataset.reference(seen, &[truth], &mut stream);
        Self {
            s1: network.s1.then(|| dataset.s1(seen)).flatten(),
            reference: network.reference.then(reference).flatten(),
            ..self
        }
    }

    /// What a model makes of the pair with the land code 0.
    #[must_use]
    pub fn surface(
        &self,
        network: Clearing<'_>,
        encoding: &Encoding,
        config: &TrainConfig,
    ) -> Vec<Plane<f32>> {
        let image = self.image();
        let numbers = config.network.land_code();
        infer::encode(network, encoding, &image, numbers, &network.device()).surface(&Codes::Middle)
    }

    /// The surface put into the cloudy image: `(1 − m)·x + m·ŷ`.
    #[must_use]
    pub fn composite(&self, surface: &[Plane<f32>]) -> Vec<Plane<f32>> {
        let blend = |(x, y): (&Plane<f32>, &Plane<f32>)| {
            let pixel = |((&x, &y), &alpha): ((&f32, &f32), &u8)| {
                let m = f32::from(alpha) / 255.0;
                if alpha == 0 { x } else { (1.0 - m) * x + m * y }
            };
            let data = x.data.iter().zip(&y.data).zip(&self.alpha.0.data).map(pixel).collect();
            Plane::from_vec(x.width, x.height, data)
        };
        self.cloudy.iter().zip(surface).map(blend).collect()
    }

    pub(super) fn score(&self, config: &TrainConfig, surface: &[Plane<f32>]) -> Option<Scores> {
        self.score_image(config, &self.composite(surface))
    }

    /// How near an image is to the truth, under cloud.
    fn score_image(&self, config: &TrainConfig, image: &[Plane<f32>]) -> Option<Scores> {
        let measured = paired(&config.network.bands, image, &self.clear, Some(&self.codes)).ok()?;
        let Measures { mae, psnr, .. } = *measured.cloud.as_ref()?;
        Some(Scores { mae: mae?, psnr: psnr? })
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
            let image = pair.composite(&encoded.surface(&Codes::Middle));
            if let Some((crops, made)) = set.crops.as_ref().zip(made.as_mut()) {
                crops.take(made, first + number, &image);
            }
            let scores = pair.score_image(config, &image)?;
            latent.take((number, pair), &encoded, scores.mae, (config, land_of));
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
    Validation { real, lent, latent: latent.finish(), distribution }
}
