//! `E_land` and `E_cloud`: what an image's codes are.

use burn::module::Module;
use burn::tensor::{Tensor, activation};

use super::g_cloud::CloudCode;
use crate::networks::NetworkConfig;
use crate::networks::init::Init;
use crate::networks::layers::{Conv, Dense, Trunk};
use crate::networks::ops;

/// Largest magnitude of a log-variance: beyond it `exp` leaves what f32 can add to a mean.
const LOG_VARIANCE: f32 = 8.0;

/// A normal distribution of land codes.
#[derive(Debug, Clone)]
pub struct LandCode {
    /// Means, `[N, Z]`.
    pub mean: Tensor<2>,
    /// Logarithms of the variances, `[N, Z]`.
    pub log_variance: Tensor<2>,
}

impl LandCode {
    /// The code for standard normal numbers of the same shape: `μ + σ·ε`, as a map of one pixel.
    #[must_use]
    pub fn sample(&self, noise: Tensor<2>) -> Tensor<4> {
        as_map(self.mean.clone() + (self.log_variance.clone() * 0.5).exp() * noise)
    }

    /// Kullback-Leibler divergence from the standard normal, a mean over images and numbers.
    #[must_use]
    pub fn divergence(&self) -> Tensor<1> {
        let variance = self.log_variance.clone().exp();
        ((self.mean.clone().square() + variance - 1.0 - self.log_variance.clone()) * 0.5).mean()
    }
}

/// `[N, Z]` → `[N, Z, 1, 1]`.
#[must_use]
pub fn as_map(code: Tensor<2>) -> Tensor<4> {
    let [n, z] = code.dims();
    code.reshape([n, z, 1, 1])
}

/// The land code of a clear image that lies under a cloudy one, pooled over what the mask covers.
#[derive(Module, Debug)]
pub struct ELand {
    trunk: Trunk,
    head: Dense,
}

impl ELand {
    /// A new network.
    pub fn new(init: &mut Init, config: &NetworkConfig) -> Self {
        let trunk = Trunk::new(init, 2 * config.channels() + 1, config.width);
        Self { trunk, head: Dense::new(init, 2 * config.width, 2 * config.z_land, 0.5) }
    }

    /// `clear`, `cloudy` `[N, C, H, W]` in network range, `mask` m `[N, 1, H, W]`; H and W multiples of 8.
    /// Under an empty mask the code is that of no land at all, the same for every image.
    #[must_use]
    pub fn forward(&self, clear: Tensor<4>, cloudy: Tensor<4>, mask: Tensor<4>) -> LandCode {
        let features = self.trunk.forward(Tensor::cat(vec![clear, cloudy, mask.clone()], 1));
        let both = self.head.forward(ops::pooled(features, ops::mean_pool(mask, 8)));
        let z = both.dims()[1] / 2;
        let log_variance = both.clone().narrow(1, z, z).clamp(-LOG_VARIANCE, LOG_VARIANCE);
        LandCode { mean: both.narrow(1, 0, z), log_variance }
    }
}

/// How far the sigmoid is stretched beyond 0 and 1 before it is cut, so that a map can say "none at
/// all" and "nothing but" (Louizos, Welling, Kingma 2018).
const STRETCH: f32 = 0.1;

/// What [`ECloud`] finds.
#[derive(Debug, Clone)]
pub struct CloudEncoding {
    /// The code.
    pub code: CloudCode,
    /// Opacity and shadow before the sigmoid, `[N, 2, H/8, W/8]`, for the supervision by masks.
    pub logits: Tensor<4>,
}

/// The cloud code of a cloudy image that lies over a clear one.
#[derive(Module, Debug)]
pub struct ECloud {
    trunk: Trunk,
    maps: Conv,
    spectrum: Dense,
    /// Whether the maps say where there is cloud, or only how much.
    #[module(skip)]
    spatial: bool,
}

impl ECloud {
    /// A new network.
    pub fn new(init: &mut Init, config: &NetworkConfig) -> Self {
        let trunk = Trunk::new(init, 2 * config.channels(), config.width);
        Self {
            trunk,
            maps: Conv::new(init, 2 * config.width, 2, 3, 0.5),
            spectrum: Dense::new(init, 2 * config.width, config.z_cloud, 1.0),
            spatial: config.spatial_code,
        }
    }

    /// `cloudy`, `clear` `[N, C, H, W]` in network range, H and W multiples of 8.
    #[must_use]
    pub fn forward(&self, cloudy: Tensor<4>, clear: Tensor<4>) -> CloudEncoding {
        let features = self.trunk.forward(Tensor::cat(vec![cloudy, clear], 1));
        let logits = self.maps.forward(features.clone());
        let stretched = activation::sigmoid(logits.clone()) * (1.0 + 2.0 * STRETCH) - STRETCH;
        let maps = stretched.clamp(0.0, 1.0);
        let maps = if self.spatial { maps } else { maps.ones_like() * maps.mean_dim(2).mean_dim(3) };
        let weight = maps.clone().detach().sum_dim(1);
        let spectrum = activation::tanh(self.spectrum.forward(ops::pooled(features, weight)));
        CloudEncoding { code: CloudCode { maps, spectrum }, logits }
    }
}
