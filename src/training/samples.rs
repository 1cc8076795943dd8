//! What one training step sees, made on the CPU: a function of configuration, stores, seed and step.

mod beside;
mod clouds;
mod crop;
mod ground;
mod partly;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::dataset::{Dataset, Drawer, Patch, RowId};
use super::{Result, TrainConfig};
use crate::fill::fill_planes;
use crate::mask::{self, Alpha, CLEAR, INVALID, Mask, SHADOW};
use crate::networks::Encoding;
use crate::patches::Domain;
use crate::random::Stream;
use crate::raster::Plane;
use crate::simulate::transplant::Donor;

pub use beside::CropGiven;
use crop::Whole;
pub use crop::{Crop, context_under};

/// Draws of a patch or crop before one with too little cloud is taken.
const DRAWS: usize = 6;
/// Least part of a crop that must be covered.
const LEAST_COVER: f32 = 0.08;
/// Donors that are kept prepared; each takes a few megabytes.
const DONORS: usize = 160;

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

impl Samples {
    /// Over the training split of stores.
    ///
    /// # Errors
    /// Where a domain has no patch, or patches are smaller than the crop.
    pub fn new(dataset: Dataset, config: TrainConfig, encoding: Encoding) -> Result<Self> {
        let crop = config.data.crop;
        for store in dataset.stores() {
            let side = store.shape().1;
            if side < crop {
                let name = store.folder().display();
                return Err(super::Error::Stores {
                    problem: format!(
                        "{name} has patches of {side} pixels, but data.crop is {crop}; make it smaller"
                    ),
                });
            }
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
            let unknown = patch.codes.map(|_| false);
            let Patch { place, planes, codes, measured, .. } = patch;
            let whole = Whole {
                place,
                measured,
                image: planes,
                truth: None,
                codes,
                alpha,
                blind: false,
                unknown,
                extras,
            };
            let found = self.crop(&whole, stream);
            let enough = found.cover() >= LEAST_COVER;
            crop = Some(found);
            if enough {
                break;
            }
        }
        crop.unwrap_or_else(|| unreachable!("at least one draw is made"))
    }

    /// A clear crop of another place than those taken, with nothing masked.
    fn bare(&self, taken: &[u64], stream: &mut Stream) -> Crop {
        let patch = self.clear_patch(taken, stream);
        let mut extras = self.extras(&patch, stream);
        let Patch { place, planes, measured, codes, .. } = self.jittered(patch, &mut extras, stream);
        let nothing = codes.map(|code| if code == INVALID { INVALID } else { CLEAR });
        let alpha = self.alpha(&nothing, 0);
        let unknown = nothing.map(|_| false);
        let whole = Whole {
            place,
            measured,
            image: planes,
            truth: None,
            codes: nothing,
            alpha,
            blind: false,
            unknown,
            extras,
        };
        self.crop(&whole, stream)
    }

    /// A clear crop under cloud, the truth known.
    fn supervised(&self, stream: &mut Stream) -> Crop {
        let mut ground = self.ground(stream);
        let mut extras = self.extras(&ground.patch, stream);
        ground.patch = self.jittered(ground.patch, &mut extras, stream);
        let patch = &ground.patch;
        let (mut image, mut codes) = if stream.chance(self.config.data.transplanted) {
            self.transplanted(patch, stream)
        } else {
            None
        }
        .unwrap_or_else(|| self.simulated(patch, stream));
        ground.keep_own(&mut image, &mut codes);
        if stream.chance(self.config.data.haze) {
            self.hazed(&mut image, stream);
        }
        // Detectors see cloud better than shadow; half the masks leave shadow out, as theirs do.
        let with_shadow = stream.chance(0.5);
        let seen = codes.map(|code| if code == SHADOW && !with_shadow { CLEAR } else { code });
        let dilate = stream.below(u64::from(self.config.data.dilate) + 1) as u32;
        let alpha = self.alpha(&seen, dilate);
        let whole = Whole {
            place: ground.patch.place,
            measured: ground.patch.measured,
            image,
            truth: Some(ground.patch.planes),
            codes: seen,
            alpha,
            blind: stream.chance(self.config.data.drop_conditioning),
            unknown: ground.unknown,
            extras,
        };
        self.crop(&whole, stream)
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
}
