//! `D_A` and `D_B`: is this a real cloudy image, a real clear one?

use burn::module::Module;
use burn::tensor::Tensor;

use super::g_land::Optional;
use crate::networks::NetworkConfig;
use crate::networks::init::Init;
use crate::networks::layers::leaky;
use crate::networks::ops;
use crate::networks::spectral::SpectralConv;

/// What a discriminator says.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// How real each patch looks, `[N, 1, H/8, W/8]`, unbounded.
    pub logits: Tensor<4>,
    /// What it looked at, from half size to an eighth, for the comparison of features.
    pub features: Vec<Tensor<4>>,
}

/// A patch discriminator with spectral normalisation on every layer (Miyato et al. 2018). It sees an
/// image, and radar or a reference date where given; never the mask, never the context.
#[derive(Module, Debug)]
pub struct Discriminator {
    half: SpectralConv,
    half_s1: Option<SpectralConv>,
    half_reference: Option<SpectralConv>,
    quarter: SpectralConv,
    eighth: SpectralConv,
    deep: SpectralConv,
    head: SpectralConv,
}

impl Discriminator {
    /// A new network.
    pub fn new(init: &mut Init, config: &NetworkConfig) -> Self {
        let (c, w) = (config.channels(), config.width);
        Self {
            half: SpectralConv::new(init, 4 * c, w, 3),
            half_s1: config.s1.then(|| SpectralConv::new(init, 8, w, 1)),
            half_reference: config.reference.then(|| SpectralConv::new(init, 4 * c, w, 1)),
            quarter: SpectralConv::new(init, 4 * w, 2 * w, 3),
            eighth: SpectralConv::new(init, 8 * w, 3 * w, 1),
            deep: SpectralConv::new(init, 3 * w, 3 * w, 3),
            head: SpectralConv::new(init, 3 * w, 1, 1),
        }
    }

    /// `image` `[N, C, H, W]` in network range, H and W multiples of 8.
    #[must_use]
    pub fn forward(&self, image: Tensor<4>, s1: Option<&Optional>, reference: Option<&Optional>) -> Verdict {
        let mut x = self.half.forward(ops::space_to_depth(image));
        for (layer, optional) in [(&self.half_s1, s1), (&self.half_reference, reference)] {
            if let (Some(layer), Some(optional)) = (layer, optional) {
                let seen = layer.forward(ops::space_to_depth(optional.values.clone()));
                x = x + seen * halved(optional.available.clone());
            }
        }
        let half = leaky(x);
        let quarter = leaky(self.quarter.forward(ops::space_to_depth(half.clone())));
        let eighth = leaky(self.eighth.forward(ops::space_to_depth(quarter.clone())));
        let deep = leaky(self.deep.forward(eighth));
        Verdict { logits: self.head.forward(deep.clone()), features: vec![half, quarter, deep] }
    }

    /// One more round of every layer's power iteration; to be called once a training step.
    #[must_use]
    pub fn refined(self) -> Self {
        Self {
            half: self.half.refined(),
            half_s1: self.half_s1.map(SpectralConv::refined),
            half_reference: self.half_reference.map(SpectralConv::refined),
            quarter: self.quarter.refined(),
            eighth: self.eighth.refined(),
            deep: self.deep.refined(),
            head: self.head.refined(),
        }
    }
}

/// Availability at half size; one number an image stays one.
fn halved(available: Tensor<4>) -> Tensor<4> {
    if available.dims()[2] == 1 { available } else { ops::mean_pool(available, 2) }
}
