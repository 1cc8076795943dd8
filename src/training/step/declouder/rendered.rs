//! Cloud of other places, rendered over clear crops.

use burn::tensor::Tensor;

use super::{Declouder, LEND};
use crate::mask::{self, Alpha, CLEAR, CLOUD, Mask};
use crate::networks::declouder::CloudCode;
use crate::networks::ops::upsample_linear;
use crate::random::Stream;
use crate::raster::Plane;
use crate::training::memory::BankedCode;
use crate::training::samples::{Crop, StepData, context_under};
use crate::training::step::Trainer;
use crate::training::step::batch::{Batch, tensor, values};

/// A rendered cloud thinner than this is not masked: no detector would see it.
const SEEN: f32 = 0.04;

/// Clear crops under cloud that `G_cloud` rendered from lent codes.
pub(super) struct Rendered {
    pub(super) cloudy: Tensor<4>,
    pub(super) code: CloudCode,
    pub(super) mask: Tensor<4>,
    pub(super) context: Tensor<4>,
}

impl Trainer<Declouder> {
    /// Clear crops under cloud from other places.
    pub(super) fn rendered(&mut self, data: &StepData, clear: &Batch) -> Rendered {
        let mut stream = Stream::new(self.config.seed, data.step, LEND);
        let codes: Vec<_> = data.clear.iter().map(|crop| self.lent(crop, data, &mut stream)).collect();
        let (n, side) = (codes.len(), codes[0].side);
        let maps = codes.iter().flat_map(|code| code.maps.iter().copied()).collect();
        let spectra = codes.iter().flat_map(|code| code.spectrum.iter().copied()).collect();
        let code = CloudCode {
            maps: tensor(maps, [n, 2, side, side], &self.device),
            spectrum: tensor(spectra, [n, self.config.network.z_cloud], &self.device),
        };
        let cloudy = self.networks.g_cloud.forward(clear.image.clone(), &code);
        let (mask, context) = self.under(data, &code);
        Rendered { cloudy, code, mask, context }
    }

    /// A code from the bank; while the bank has none of another place, the mask of a cloudy crop of
    /// this step with an average spectrum.
    fn lent(&self, crop: &Crop, data: &StepData, stream: &mut Stream) -> BankedCode {
        if let Some(code) = self.bank.lend(&[crop.place], stream) {
            return code;
        }
        let cloudy = &data.cloudy[stream.below(data.cloudy.len() as u64) as usize];
        let maps = cloudy.maps.iter().map(|&share| 0.6 * share).collect();
        let spectrum = vec![0.0; self.config.network.z_cloud];
        BankedCode { place: cloudy.place, maps, side: cloudy.side / 8, spectrum }.turned(stream.below(8))
    }

    /// Mask and context of clear crops under rendered cloud, from the maps of its own code.
    fn under(&self, data: &StepData, code: &CloudCode) -> (Tensor<4>, Tensor<4>) {
        let device = &self.device;
        let (n, side) = (data.clear.len(), data.clear[0].side);
        let fine = values(upsample_linear(code.maps.clone(), 8));
        let (mut masks, mut contexts) = (Vec::new(), Vec::new());
        for (crop, maps) in data.clear.iter().zip(fine.chunks_exact(2 * side * side)) {
            let (opacity, shadow) = maps.split_at(side * side);
            let codes = opacity.iter().zip(shadow).map(|(o, s)| if o.max(*s) > SEEN { CLOUD } else { CLEAR });
            let codes = Plane::from_vec(side, side, codes.collect());
            let mask = Mask { codes, source: String::new() };
            let alpha: Alpha = mask::alpha(&mask, 1, self.config.data.feather);
            masks.extend(alpha.0.data.iter().map(|&m| f32::from(m) / 255.0));
            contexts.extend(context_under(&self.encoding, &self.config, crop, &alpha));
        }
        let channels = self.config.network.channels();
        (tensor(masks, [n, 1, side, side], device), tensor(contexts, [n, channels, side, side], device))
    }

    /// Keeps the codes of this step's cloudy crops, to be lent later.
    pub(super) fn keep(&mut self, data: &StepData, code: &CloudCode) {
        let maps = values(code.maps.clone());
        let spectra = values(code.spectrum.clone());
        let (each, numbers) = (maps.len() / data.cloudy.len(), self.config.network.z_cloud);
        let codes = maps.chunks_exact(each).zip(spectra.chunks_exact(numbers));
        for (crop, (maps, spectrum)) in data.cloudy.iter().zip(codes) {
            self.bank.keep(BankedCode {
                place: crop.place,
                maps: maps.to_vec(),
                side: crop.side / 8,
                spectrum: spectrum.to_vec(),
            });
        }
    }
}
