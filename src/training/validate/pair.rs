//! A pair that is validated on.

use super::figures::Scores;
use super::{LEAST_COVER, LENDING_SEED};
use crate::fill::fill_planes;
use crate::mask::{self, Alpha, Mask};
use crate::metrics::{Measures, paired};
use crate::networks::infer::{self, Codes, Image};
use crate::networks::optional::Beside;
use crate::networks::{Clearing, Encoding};
use crate::random::Stream;
use crate::raster::Plane;
use crate::training::TrainConfig;
use crate::training::dataset::{Dataset, RowId};
use crate::training::distribution::Ground;

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
    pub(in crate::training) fill: Scores,
    /// Whose ground it is.
    pub(in crate::training) ground: Ground,
}

pub(super) fn load(dataset: &Dataset, config: &TrainConfig, rows: (RowId, RowId)) -> Option<ValidationPair> {
    let (cloudy, clear) = (dataset.patch(rows.0), dataset.patch(rows.1));
    let ground = Ground { row: rows.1, place: clear.place };
    let pair = pair(config, cloudy.planes, clear.planes, cloudy.codes, ground)?;
    Some(pair.beside(dataset, config, rows.0, rows.1))
}

/// A pair with its mask and fill; none where it has too little cloud to count.
pub(super) fn pair(
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
    pub(in crate::training) fn image(&self) -> Image<'_> {
        let beside = Beside { s1: self.s1.as_deref(), reference: self.reference.as_deref() };
        Image { cloudy: &self.cloudy, context: &self.context, alpha: &self.alpha.0, beside }
    }

    /// The same with what the network sees besides of row `seen`, whose truth is row `truth`.
    pub(super) fn beside(self, dataset: &Dataset, config: &TrainConfig, seen: RowId, truth: RowId) -> Self {
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

    pub(in crate::training) fn score(&self, config: &TrainConfig, surface: &[Plane<f32>]) -> Option<Scores> {
        self.score_image(config, &self.composite(surface))
    }

    /// How near an image is to the truth, under cloud.
    pub(super) fn score_image(&self, config: &TrainConfig, image: &[Plane<f32>]) -> Option<Scores> {
        let measured = paired(&config.network.bands, image, &self.clear, Some(&self.codes)).ok()?;
        let Measures { mae, psnr, .. } = *measured.cloud.as_ref()?;
        Some(Scores { mae: mae?, psnr: psnr? })
    }
}
