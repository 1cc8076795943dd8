//! What a training crop has besides its image: Sentinel-1 and another date of the same ground, where the
//! store holds them, and dropped at random so that the network learns to do without.

use super::crop::applied;
use super::{Crop, Samples};
use crate::networks::optional::Given;
use crate::patches::Augment;
use crate::random::Stream;
use crate::raster::Plane;
use crate::training::dataset::Patch;

/// The optional inputs of a patch; none where the network has no way in for them.
#[derive(Debug, Clone, Default)]
pub(super) struct Extras {
    /// VV and VH in dB.
    pub s1: Option<Vec<Plane<f32>>>,
    /// Reflectance on another date.
    pub reference: Option<Vec<Plane<f32>>>,
}

/// An optional input of a crop in network range.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CropGiven {
    /// The bands, `[·, S, S]`; 0 where they are not available.
    pub values: Vec<f32>,
    /// 1 where they are available, `[S, S]`.
    pub available: Vec<f32>,
    /// The same for the discriminators: available to the crops that it is compared with too, `[S, S]`.
    pub judged: Vec<f32>,
}

impl CropGiven {
    /// A crop of an input, in register with the crop's other arrays.
    pub(super) fn cut(given: &Given, augment: Augment) -> Self {
        let values = given.values.iter().flat_map(|plane| applied(augment, plane)).collect();
        let available = applied(augment, &given.available);
        Self { values, judged: available.clone(), available }
    }

    /// Makes it unavailable everywhere.
    fn drop_all(&mut self) {
        for values in [&mut self.values, &mut self.available, &mut self.judged] {
            values.fill(0.0);
        }
    }
}

impl Samples {
    /// What lies beside a patch and the network has a way in for: NaN everywhere where the store has none.
    pub(super) fn extras(&self, patch: &Patch, stream: &mut Stream) -> Extras {
        let network = &self.config.network;
        let (width, height) = (patch.codes.width, patch.codes.height);
        let unknown = |bands: usize| vec![Plane::filled(width, height, f32::NAN); bands];
        let s1 = network.s1.then(|| self.dataset.s1(patch.id).unwrap_or_else(|| unknown(2)));
        let reference = network.reference.then(|| {
            let found = self.dataset.reference(patch.id, &[], stream);
            found.unwrap_or_else(|| unknown(network.channels()))
        });
        Extras { s1, reference }
    }

    /// Drops optional inputs of crops at random. Two lists with equal streams are dropped alike, crop by crop.
    pub(super) fn drop_beside(&self, crops: &mut [Crop], stream: &mut Stream) {
        let data = &self.config.data;
        for crop in crops {
            for (given, chance) in [(&mut crop.s1, data.drop_s1), (&mut crop.reference, data.drop_reference)]
            {
                // Drawn whether it is there or not, so that one input does not decide about the other.
                if stream.chance(chance) {
                    given.drop_all();
                }
            }
        }
    }
}

/// Lets discriminators see an optional input of a cloudy crop and of the clear crops it is compared with only
/// where all of them have it: else where it is missing would tell real from made.
pub(super) fn match_sides(cloudy: &mut [Crop], clear: &mut [Crop]) {
    let groups = cloudy.len().min(clear.len());
    let fields: [fn(&mut Crop) -> &mut CropGiven; 2] = [|crop| &mut crop.s1, |crop| &mut crop.reference];
    for field in fields {
        for group in 0..groups {
            let cloudy = cloudy.iter_mut().skip(group).step_by(groups);
            let clear = clear.iter_mut().skip(group).step_by(groups);
            let mut members: Vec<&mut CropGiven> = cloudy.chain(clear).map(field).collect();
            let everywhere = |i: usize| members.iter().map(|given| given.available[i]).fold(1.0, f32::min);
            let common: Vec<f32> = (0..members[0].available.len()).map(everywhere).collect();
            for given in &mut members {
                given.judged.clone_from(&common);
            }
        }
    }
}
