//! Convolution on the CPU, directly on `[N, C, H, W]`: neither a patch matrix nor another order of
//! axes is ever written to memory.
//!
//! The image is cut into bands of rows ([`bands`]); a band's input, with its border of zeros, is copied
//! once into a buffer that stays in cache. There, the pixels that a kernel tap meets are the output's
//! pixels moved by a constant, so a tap of a vector of pixels is one unaligned load:
//!
//! - **Forward**: up to 6 output channels × 2 vectors of pixels stay in registers while all taps of all
//!   input channels pass by.
//! - **Gradient of the input**: the same with the kernel turned by 180° and its channels exchanged.
//! - **Gradient of the kernel**: up to 3 output channels × 3 taps stay in registers while the pixels
//!   pass by; the lanes are added at the end.

#![allow(
    clippy::inline_always,
    reason = "what is not inlined into the dispatched function is compiled for the oldest processor"
)]

mod bands;
mod forward;
mod geometry;
mod lanes;
mod weight_gradient;
mod weights;

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use burn::tensor::TensorData;

pub use forward::{forward, x_gradient};
pub use geometry::Geometry;
pub use weight_gradient::{bias_gradient, weight_gradient};

/// A tensor of Flex.
type Primitive = FloatTensor<Flex>;

/// A tensor of values in row-major order.
fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Primitive {
    Primitive::from_data(TensorData::new(values, shape))
}
