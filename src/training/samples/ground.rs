//! Clear ground to be put under cloud.

use super::beside::Extras;
use super::{DRAWS, Samples};
use crate::bands::Band;
use crate::random::Stream;
use crate::raster::Plane;
use crate::simulate::air_light;
use crate::training::dataset::Patch;

impl Samples {
    /// A clear patch of another place than those taken, without cirrus where one is found in a few draws: masks miss
    /// it, but a truth that has it teaches to leave it.
    pub(super) fn clear_patch(&self, taken: &[u64], stream: &mut Stream) -> Patch {
        let mut draw = || self.dataset.patch(self.dataset.draw(&self.clear, taken, stream));
        let mut patch = draw();
        for _ in 1..DRAWS {
            if !self.has_cirrus(&patch, &patch.codes.map(|_| false)) {
                break;
            }
            patch = draw();
        }
        patch
    }

    /// Whether the cirrus band is brighter than a clear patch's may be, over the pixels that are known. A patch without
    /// the band has none.
    pub(super) fn has_cirrus(&self, patch: &Patch, unknown: &Plane<bool>) -> bool {
        let Some(band) = self.config.network.bands.iter().position(|&band| band == Band::B10) else {
            return false;
        };
        let values = patch.planes[band].data.iter().zip(&unknown.data);
        let values = values.filter(|(value, unknown)| !value.is_nan() && !**unknown).map(|(value, _)| value);
        let (sum, count) =
            values.fold((0.0, 0_u32), |(sum, count), &value| (sum + f64::from(value), count + 1));
        count > 0 && sum / f64::from(count) > self.config.data.cirrus
    }

    /// A clear patch whose spectrum is changed at random, so that the few places of a training set become
    /// many and none is learned by heart: one gain for all bands, one that rises or falls with the wavelength,
    /// and one of each band's own, all log-normal. The light of the air stays what it is: by it haze is told from
    /// bright land.
    pub(super) fn jittered(&self, mut patch: Patch, extras: &mut Extras, stream: &mut Stream) -> Patch {
        let strength = self.config.data.jitter;
        let (common, slope) = (stream.normal(), stream.normal());
        let last = patch.planes.len().saturating_sub(1).max(1) as f64;
        for (band, plane) in patch.planes.iter_mut().enumerate() {
            let place = 2.0 * band as f64 / last - 1.0;
            let own = stream.normal();
            let gain = (strength * (0.8 * common + 0.5 * slope * place + 0.35 * own)).exp() as f32;
            let network = &self.config.network;
            let air = air_light(network.bands[band], Some(network.level));
            // Darker than the air alone, as deep shadow is, stays so.
            let change = |value: &mut f32| *value += (gain - 1.0) * (*value - air).max(0.0);
            plane.data.iter_mut().for_each(change);
            // Its other date is one of the same changed ground.
            if let Some(reference) = &mut extras.reference {
                reference[band].data.iter_mut().for_each(change);
            }
        }
        patch
    }
}
