//! Tensor operations of our own where Burn's CPU backend is slow, with their gradients.
//!
//! Every function here takes and gives ordinary tensors and works on every device. On Flex (the CPU)
//! it runs the kernels of this module; elsewhere it is the composition of Burn's own operations that
//! its documentation states, and means the same.
//!
//! # Determinism
//! Each output value is one sum in a fixed order that depends on shapes only: results repeat bit for
//! bit, whatever the number of threads.

mod autodiff;
mod conv;
mod extension;

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use extension::Ops;

/// Convolves images with a kernel: stride 1, zero padding.
///
/// `x` is `[N, C, H, W]`, `weight` `[O, C, kh, kw]`, `bias` `[O]`; the result is `[N, O, H', W']` with
/// `H' = H + 2 · padding − dilation · (kh − 1)`, `W'` likewise:
///
/// ```text
/// y[n, o, i, j] = bias[o] + Σ_{c,u,v} weight[o, c, u, v] · x[n, c, i + u · dilation − padding, j + v · dilation − padding]
/// ```
///
/// Same values and gradients as `burn::tensor::module::conv2d` up to the order of summation.
///
/// # Panics
/// When the shapes do not fit each other, or the dilated kernel is larger than the padded image.
#[must_use]
pub fn conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    padding: usize,
    dilation: usize,
) -> Tensor<4> {
    // Zeros that need no gradient cost nothing beside the convolution, and spare a second operation.
    let bias = bias.unwrap_or_else(|| Tensor::zeros([weight.dims()[0]], &x.device()));
    Tensor::from_dispatch(Dispatch::stride1_conv2d(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        padding,
        dilation,
    ))
}
