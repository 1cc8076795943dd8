//! `E_A`, `E_B` and the discriminator of their codes.

use burn::module::Module;
use burn::tensor::Tensor;

use super::layers::spatial_mean;
use crate::networks::init::Init;
use crate::networks::layers::{Dense, Trunk, leaky};
use crate::networks::spectral::SpectralConv;

/// Features of the discriminator of codes.
const HIDDEN: usize = 64;

/// The code of an image beside its counterpart: one vector, the same for equal images (no noise).
///
/// Means over the whole image, so that it takes any size (the authors' takes 64 × 64 only).
#[derive(Module, Debug)]
pub struct Encoder {
    trunk: Trunk,
    head: Dense,
}

impl Encoder {
    /// For images of `channels` bands; `code` numbers come out.
    pub fn new(init: &mut Init, channels: usize, width: usize, code: usize) -> Self {
        Self { trunk: Trunk::new(init, 2 * channels, width), head: Dense::new(init, 2 * width, code, 1.0) }
    }

    /// `own`, `other` `[N, C, H, W]` in network range, H and W multiples of 8: the image whose code is wanted
    /// and its counterpart of the other sort → `[N, Z]`.
    #[must_use]
    pub fn forward(&self, own: Tensor<4>, other: Tensor<4>) -> Tensor<2> {
        let features = spatial_mean(self.trunk.forward(Tensor::cat(vec![own, other], 1)));
        let [n, c, _, _] = features.dims();
        self.head.forward(features.reshape([n, c]))
    }
}

/// `D_z`: was this code drawn from the prior, or did an encoder make it? Spectral norm on every layer.
///
/// It keeps deterministic codes where the prior draws, as the divergence does for distributions.
#[derive(Module, Debug)]
pub struct CodeCritic {
    first: SpectralConv,
    second: SpectralConv,
    head: SpectralConv,
}

impl CodeCritic {
    /// Of codes of `code` numbers.
    pub fn new(init: &mut Init, code: usize) -> Self {
        Self {
            first: SpectralConv::new(init, code, HIDDEN, 1),
            second: SpectralConv::new(init, HIDDEN, HIDDEN, 1),
            head: SpectralConv::new(init, HIDDEN, 1, 1),
        }
    }

    /// `[N, Z]` → logits `[N, 1, 1, 1]`, unbounded.
    #[must_use]
    pub fn forward(&self, code: Tensor<2>) -> Tensor<4> {
        let [n, z] = code.dims();
        let x = leaky(self.first.forward(code.reshape([n, z, 1, 1])));
        self.head.forward(leaky(self.second.forward(x)))
    }

    /// One more round of every layer's power iteration; to be called once a training step.
    #[must_use]
    pub fn refined(self) -> Self {
        Self { first: self.first.refined(), second: self.second.refined(), head: self.head.refined() }
    }
}
