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
#![allow(
    clippy::needless_range_loop,
    reason = "chains of iterators over small arrays do not stay in registers at opt-level 1"
)]

mod bands;
mod forward;
mod geometry;
mod weight_gradient;
mod weights;

pub use forward::{forward, x_gradient};
pub use geometry::Geometry;
pub use weight_gradient::{bias_gradient, weight_gradient};
