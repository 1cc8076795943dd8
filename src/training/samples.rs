//! What one training step sees, made on the CPU: a function of configuration, stores, seed and step.

mod beside;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::dataset::{Dataset, Drawer, Patch, RowId};
use super::{Result, TrainConfig};
use crate::bands::Level;
use crate::fill::fill_planes;
use crate::mask::{self, Alpha, CLEAR, CLOUD, INVALID, Mask, SHADOW};
use crate::networks::Encoding;
use crate::networks::optional::Given;
use crate::patches::{Augment, Domain};
use crate::random::Stream;
use crate::raster::{Plane, Window};
use crate::simulate::transplant::Donor;
use crate::simulate::{self, Clouds, Ground, Kind, Site};

pub use beside::CropGiven;
use beside::Extras;

/// Draws of a patch or crop before one with too little cloud is taken.
const DRAWS: usize = 6;
/// Least part of a crop that must be covered.
const LEAST_COVER: f32 = 0.08;
/// Donors that are kept prepared; each takes a few megabytes.
const DONORS: usize = 160;

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
    /// 1 where a pixel was measured, `[S, S]`.
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

/// What a step sees.
#[derive(Debug, Clone, PartialEq)]
pub struct StepData {
    /// The step.
    pub step: u64,
    /// Clear patches under transplanted or simulated cloud.
    pub supervised: Vec<Crop>,
    /// Real cloudy patches; none in a supervised step.
    pub cloudy: Vec<Crop>,
    /// Clear patches of other places, as many masks borrowed from cloudy ones; none in a
    /// supervised step.
    pub clear: Vec<Crop>,
}

/// Makes the data of steps.
pub struct Samples {
    dataset: Dataset,
    config: TrainConfig,
    encoding: Encoding,
    clear: Drawer,
    cloudy: Drawer,
    donors: Mutex<HashMap<RowId, Option<Arc<Donor>>>>,
}

/// An image under cloud at the size of a patch, before it is cropped.
struct Whole {
    place: u64,
    measured: Vec<f32>,
    image: Vec<Plane<f32>>,
    truth: Option<Vec<Plane<f32>>>,
    /// What the mask says.
    codes: Plane<u8>,
    alpha: Alpha,
    /// Whether the fill replaces the cloud-penetrating bands under the mask.
    blind: bool,
    extras: Extras,
}

impl Samples {
    /// Over the training split of stores.
    ///
    /// # Errors
    /// Where a domain has no patch, or patches are smaller than the crop.
    pub fn new(dataset: Dataset, config: TrainConfig, encoding: Encoding) -> Result<Self> {
        let (side, crop) = (dataset.side(), config.data.crop);
        if side < crop {
            return Err(super::Error::Stores {
                problem: format!("patches have {side} pixels, but data.crop is {crop}; make it smaller"),
            });
        }
        let (clear, cloudy) = (dataset.drawer(Domain::Clear)?, dataset.drawer(Domain::Cloudy)?);
        Ok(Self { dataset, config, encoding, clear, cloudy, donors: Mutex::default() })
    }

    /// The data of a step.
    #[must_use]
    pub fn step(&self, step: u64) -> StepData {
        let seed = self.config.seed;
        let stream = |purpose: &str| Stream::new(seed, step, purpose);
        let data = &self.config.data;
        let mut draws = stream("data/supervised");
        let mut supervised: Vec<Crop> = (0..data.supervised).map(|_| self.supervised(&mut draws)).collect();
        self.drop_beside(&mut supervised, &mut stream("data/drop/supervised"));
        if !step.is_multiple_of(self.config.full_every) {
            return StepData { step, supervised, cloudy: Vec::new(), clear: Vec::new() };
        }
        let mut draws = stream("data/cloudy");
        let mut cloudy: Vec<Crop> = (0..data.cloudy).map(|_| self.real(&mut draws)).collect();
        let taken: Vec<u64> = cloudy.iter().map(|crop| crop.place).collect();
        let mut draws = stream("data/clear");
        let mut clear: Vec<Crop> = (0..data.clear)
            .map(|index| {
                let mut crop = self.bare(&taken, &mut draws);
                // The mask is borrowed: where a discriminator looks at this real clear image.
                crop.mask.clone_from(&cloudy[index % cloudy.len()].mask);
                crop
            })
            .collect();
        // The same draws for both sides: what is given must not tell real from made.
        self.drop_beside(&mut cloudy, &mut stream("data/drop/full"));
        self.drop_beside(&mut clear, &mut stream("data/drop/full"));
        beside::match_sides(&mut cloudy, &mut clear);
        StepData { step, supervised, cloudy, clear }
    }

    /// A real cloudy crop.
    fn real(&self, stream: &mut Stream) -> Crop {
        let mut crop = None;
        for _ in 0..DRAWS {
            let patch = self.dataset.patch(self.dataset.draw(&self.cloudy, &[], stream));
            let extras = self.extras(&patch, stream);
            let alpha = self.alpha(&patch.codes, 0);
            let Patch { place, planes, codes, measured, .. } = patch;
            let whole =
                Whole { place, measured, image: planes, truth: None, codes, alpha, blind: false, extras };
            let found = self.crop(&whole, stream);
            let enough = found.cover() >= LEAST_COVER;
            crop = Some(found);
            if enough {
                break;
            }
        }
        crop.unwrap_or_else(|| unreachable!("at least one draw is made"))
    }

    /// A clear patch whose spectrum is changed at random, so that the few places of a training set become
    /// many and none is learned by heart: one gain for all bands, one that rises or falls with the wavelength,
    /// and one of each band's own, all log-normal.
    fn jittered(&self, mut patch: Patch, extras: &mut Extras, stream: &mut Stream) -> Patch {
        let strength = self.config.data.jitter;
        let (common, slope) = (stream.normal(), stream.normal());
        let last = patch.planes.len().saturating_sub(1).max(1) as f64;
        for (band, plane) in patch.planes.iter_mut().enumerate() {
            let place = 2.0 * band as f64 / last - 1.0;
            let own = stream.normal();
            let gain = (strength * (0.8 * common + 0.5 * slope * place + 0.35 * own)).exp() as f32;
            plane.data.iter_mut().for_each(|value| *value *= gain);
            // Its other date is one of the same changed ground.
            if let Some(reference) = &mut extras.reference {
                reference[band].data.iter_mut().for_each(|value| *value *= gain);
            }
        }
        patch
    }

    /// A clear crop of another place than those taken, with nothing masked.
    fn bare(&self, taken: &[u64], stream: &mut Stream) -> Crop {
        let patch = self.dataset.patch(self.dataset.draw(&self.clear, taken, stream));
        let mut extras = self.extras(&patch, stream);
        let Patch { place, planes, measured, codes, .. } = self.jittered(patch, &mut extras, stream);
        let nothing = codes.map(|code| if code == INVALID { INVALID } else { CLEAR });
        let alpha = self.alpha(&nothing, 0);
        let whole = Whole {
            place,
            measured,
            image: planes,
            truth: None,
            codes: nothing,
            alpha,
            blind: false,
            extras,
        };
        self.crop(&whole, stream)
    }

    /// A clear crop under cloud, the truth known.
    fn supervised(&self, stream: &mut Stream) -> Crop {
        let patch = self.dataset.patch(self.dataset.draw(&self.clear, &[], stream));
        let mut extras = self.extras(&patch, stream);
        let patch = self.jittered(patch, &mut extras, stream);
        let (image, codes) = if stream.chance(self.config.data.transplanted) {
            self.transplanted(&patch, stream)
        } else {
            None
        }
        .unwrap_or_else(|| self.simulated(&patch, stream));
        // Detectors see cloud better than shadow; half the masks leave shadow out, as theirs do.
        let with_shadow = stream.chance(0.5);
        let seen = codes.map(|code| if code == SHADOW && !with_shadow { CLEAR } else { code });
        let dilate = stream.below(u64::from(self.config.data.dilate) + 1) as u32;
        let alpha = self.alpha(&seen, dilate);
        let whole = Whole {
            place: patch.place,
            measured: patch.measured,
            image,
            truth: Some(patch.planes),
            codes: seen,
            alpha,
            blind: stream.chance(self.config.data.drop_conditioning),
            extras,
        };
        self.crop(&whole, stream)
    }

    /// Real cloud of another place's training patch over a clear one, with its codes; none where no donor was
    /// found.
    pub fn transplanted(&self, patch: &Patch, stream: &mut Stream) -> Option<(Vec<Plane<f32>>, Plane<u8>)> {
        let id = self.dataset.draw(&self.cloudy, &[patch.place], stream);
        let donor = self.donor(id)?;
        let placing = donor.draw(stream, (self.dataset.side(), self.dataset.side()));
        let under = donor.over(&patch.planes, placing.turn, placing.shift);
        Some((under.planes, under.codes))
    }

    /// A donor, prepared once: a function of its row, so keeping it changes nothing.
    fn donor(&self, id: RowId) -> Option<Arc<Donor>> {
        if let Some(known) = self.donors.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return known.clone();
        }
        let patch = self.dataset.patch(id);
        let ground = self.fill(&patch.planes, &self.alpha(&patch.codes, 0));
        let bands = &self.config.network.bands;
        let donor = Donor::new(bands, &patch.planes, &ground, &patch.codes).map(Arc::new);
        let mut donors = self.donors.lock().unwrap_or_else(PoisonError::into_inner);
        if donors.len() >= DONORS {
            donors.clear();
        }
        donors.insert(id, donor.clone());
        donor
    }

    /// Simulated cloud over a clear patch. The mask leaves out what a detector would not see.
    fn simulated(&self, patch: &Patch, stream: &mut Stream) -> (Vec<Plane<f32>>, Plane<u8>) {
        let side = self.dataset.side();
        let kind = [Kind::Thick, Kind::Thin, Kind::Mixed][stream.below(3) as usize];
        let config = simulate::Config { kind, cover: stream.between(0.15, 0.95) };
        let level = Some(self.config.network.level);
        let site = Site { width: side, height: side, pixel_m: 10.0, sun: None, level };
        let seed = stream.next_u64();
        let least = stream.between(0.0, 0.06) as f32;
        let mut image = patch.planes.clone();
        // A cover between 0 and 1 over a patch of pixels always can be drawn.
        let Ok(clouds) = Clouds::over(config, seed, site) else { return (image, patch.codes.clone()) };
        let field = clouds.render(Window::new(0, 0, side, side));
        for (plane, &band) in image.iter_mut().zip(&self.config.network.bands) {
            let ground = Ground::of(plane, 1).window(field.window);
            let _ = field.apply(band, 1, plane, &ground);
        }
        let opacity = field.opacity();
        let mut codes = field.codes();
        for ((code, &opacity), &known) in codes.data.iter_mut().zip(&opacity.data).zip(&patch.codes.data) {
            if known == INVALID {
                *code = INVALID;
            } else if *code == CLOUD && opacity < least {
                *code = CLEAR;
            }
        }
        (image, codes)
    }

    /// The mask m of codes.
    fn alpha(&self, codes: &Plane<u8>, dilate: u32) -> Alpha {
        let mask = Mask { codes: codes.clone(), source: String::new() };
        mask::alpha(&mask, dilate, self.config.data.feather)
    }

    fn fill(&self, planes: &[Plane<f32>], alpha: &Alpha) -> Vec<Plane<f32>> {
        let network = &self.config.network;
        fill_planes(planes, &network.bands, Some(network.level), alpha)
    }

    /// A random part of an image, flipped and turned, with a context from the whole of it.
    fn crop(&self, whole: &Whole, stream: &mut Stream) -> Crop {
        let (patch, side) = (self.dataset.side(), self.config.data.crop);
        let mut augment = Augment::draw(patch, side, stream);
        for _ in 0..DRAWS {
            if cover(&applied(augment, &whole.alpha.0)) >= LEAST_COVER {
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
        let valid = codes.iter().map(|&code| f32::from(u8::from(code != INVALID))).collect();
        Crop {
            side,
            place: whole.place,
            image: encoded(&image),
            mask: applied(augment, &whole.alpha.0).iter().map(|&m| f32::from(m) / 255.0).collect(),
            context: encoded(&context),
            maps: [CLOUD, SHADOW].iter().flat_map(|&code| shares(&codes, side, code)).collect(),
            valid,
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

    /// The context of a clear crop under a mask that was rendered during a step: from the crop's own
    /// clear pixels.
    #[must_use]
    pub fn context_under(&self, crop: &Crop, alpha: &Alpha) -> Vec<f32> {
        context_under(&self.encoding, &self.config, crop, alpha)
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

fn cover(alpha: &[u8]) -> f32 {
    alpha.iter().map(|&m| f32::from(m)).sum::<f32>() / (255.0 * alpha.len().max(1) as f32)
}

fn applied<T: Copy>(augment: Augment, plane: &Plane<T>) -> Vec<T> {
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
