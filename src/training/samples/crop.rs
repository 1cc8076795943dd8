//! A part of a patch as the networks see it.

use super::beside::Extras;
use super::{CropGiven, DRAWS, LEAST_COVER, Samples};
use crate::bands::Level;
use crate::fill::fill_planes;
use crate::mask::{Alpha, CLOUD, INVALID, SHADOW};
use crate::networks::Encoding;
use crate::networks::optional::Given;
use crate::patches::Augment;
use crate::random::Stream;
use crate::raster::Plane;
use crate::training::TrainConfig;

/// A crop in network range. Planes are flat, `side` × `side`.
#[derive(Debug, Clone, PartialEq)]
pub struct Crop {
    /// Side in pixels.
    pub side: usize,
    /// The number of its place.
    pub place: u64,
    /// The image, `[C, S, S]`.
    pub image: Vec<f32>,
    /// The mask m, `[S, S]`, 0 to 1.
    pub mask: Vec<f32>,
    /// The fill, `[C, S, S]`.
    pub context: Vec<f32>,
    /// Cloud, then shadow, as parts of cells of 8 × 8 pixels, `[2, S/8, S/8]`.
    pub maps: Vec<f32>,
    /// 1 where a pixel was measured and, of a supervised crop, its truth is known, `[S, S]`.
    pub valid: Vec<f32>,
    /// 1 for a band that was measured, `[C]`.
    pub bands: Vec<f32>,
    /// The ground without cloud, `[C, S, S]`, where it is known.
    pub truth: Vec<f32>,
    /// Sentinel-1; empty where the network has no way in for it.
    pub s1: CropGiven,
    /// Another date of the same ground; empty where the network has no way in for it.
    pub reference: CropGiven,
}

/// An image under cloud at the size of a patch, before it is cropped.
pub(super) struct Whole {
    pub(super) place: u64,
    pub(super) measured: Vec<f32>,
    pub(super) image: Vec<Plane<f32>>,
    pub(super) truth: Option<Vec<Plane<f32>>>,
    /// What the mask says.
    pub(super) codes: Plane<u8>,
    pub(super) alpha: Alpha,
    /// Whether the fill replaces the cloud-penetrating bands under the mask.
    pub(super) blind: bool,
    /// Where the truth is not known though there is one.
    pub(super) unknown: Plane<bool>,
    pub(super) extras: Extras,
}

impl Whole {
    /// The part of a crop that lies under the mask and whose truth is known.
    fn cover(&self, augment: Augment) -> f32 {
        let (alpha, unknown) = (applied(augment, &self.alpha.0), applied(augment, &self.unknown));
        let known = alpha.iter().zip(&unknown).filter(|(_, unknown)| !**unknown);
        known.map(|(&m, _)| f32::from(m)).sum::<f32>() / (255.0 * alpha.len().max(1) as f32)
    }
}

impl Samples {
    /// A random part of an image, flipped and turned, with a context from the whole of it.
    pub(super) fn crop(&self, whole: &Whole, stream: &mut Stream) -> Crop {
        let (patch, side) = (whole.codes.width, self.config.data.crop);
        let mut augment = Augment::draw(patch, side, stream);
        for _ in 0..DRAWS {
            if whole.cover(augment) >= LEAST_COVER {
                break;
            }
            augment = Augment::draw(patch, side, stream);
        }
        let context = self.fill(&whole.image, &whole.alpha);
        let image =
            if whole.blind { self.without_conditioning(whole, &context) } else { whole.image.clone() };
        let encoded = |planes: &[Plane<f32>]| {
            let mut values = Vec::with_capacity(planes.len() * side * side);
            for (band, plane) in planes.iter().enumerate() {
                let cut = applied(augment, plane);
                values.extend(cut.iter().map(|&value| self.encoding.encode(band, value)));
            }
            values
        };
        let codes = applied(augment, &whole.codes);
        let given = |given: Option<Given>| {
            given.map_or_else(CropGiven::default, |given| CropGiven::cut(&given, augment))
        };
        let Extras { s1, reference } = &whole.extras;
        let reference = reference.as_deref().map(|planes| Given::reference(planes, &self.encoding));
        let unknown = applied(augment, &whole.unknown);
        let valid = codes
            .iter()
            .zip(&unknown)
            .map(|(&code, &unknown)| f32::from(u8::from(code != INVALID && !unknown)));
        Crop {
            side,
            place: whole.place,
            image: encoded(&image),
            mask: applied(augment, &whole.alpha.0).iter().map(|&m| f32::from(m) / 255.0).collect(),
            context: encoded(&context),
            maps: [CLOUD, SHADOW].iter().flat_map(|&code| shares(&codes, side, code)).collect(),
            valid: valid.collect(),
            bands: whole.measured.clone(),
            truth: whole.truth.as_deref().map(encoded).unwrap_or_default(),
            s1: given(s1.as_deref().map(Given::s1)),
            reference: given(reference),
        }
    }

    /// An image whose cloud-penetrating bands are the fill's under the mask.
    fn without_conditioning(&self, whole: &Whole, context: &[Plane<f32>]) -> Vec<Plane<f32>> {
        let mut image = whole.image.clone();
        for ((band, plane), fill) in self.config.network.bands.iter().zip(&mut image).zip(context) {
            if !self.config.network.conditioning.contains(band) {
                continue;
            }
            for ((value, &fill), &m) in plane.data.iter_mut().zip(&fill.data).zip(&whole.alpha.0.data) {
                if m > 0 && !value.is_nan() {
                    let m = f32::from(m) / 255.0;
                    *value = (1.0 - m) * *value + m * fill;
                }
            }
        }
        image
    }
}

/// The fill of a crop's own pixels under a mask, in network range: `[C, S, S]`.
#[must_use]
pub fn context_under(encoding: &Encoding, config: &TrainConfig, crop: &Crop, alpha: &Alpha) -> Vec<f32> {
    let pixels = crop.side * crop.side;
    let planes: Vec<_> =
        crop.image
            .chunks_exact(pixels)
            .enumerate()
            .map(|(band, values)| {
                let data = values.iter().zip(&crop.valid).map(|(&value, &valid)| {
                    if valid == 0.0 { f32::NAN } else { encoding.decode(band, value) }
                });
                Plane::from_vec(crop.side, crop.side, data.collect())
            })
            .collect();
    let level: Level = config.network.level;
    let filled = fill_planes(&planes, &config.network.bands, Some(level), alpha);
    let encode = |(band, plane): (usize, &Plane<f32>)| {
        plane.data.iter().map(|&value| encoding.encode(band, value)).collect::<Vec<_>>()
    };
    filled.iter().enumerate().flat_map(encode).collect()
}

impl Crop {
    /// The part of the crop under the mask.
    #[must_use]
    pub fn cover(&self) -> f32 {
        self.mask.iter().sum::<f32>() / self.mask.len().max(1) as f32
    }
}

pub(super) fn applied<T: Copy>(augment: Augment, plane: &Plane<T>) -> Vec<T> {
    let mut out = Vec::new();
    augment.apply(&plane.data, &mut out);
    out
}

/// The part of each cell of 8 × 8 pixels that has a code.
fn shares(codes: &[u8], side: usize, code: u8) -> Vec<f32> {
    let cells = side / 8;
    let mut shares = vec![0.0; cells * cells];
    for (i, &found) in codes.iter().enumerate() {
        if found == code {
            shares[i / side / 8 * cells + i % side / 8] += 1.0 / 64.0;
        }
    }
    shares
}
