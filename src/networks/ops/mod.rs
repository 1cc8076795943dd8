//! Tensor operations of our own where Burn's CPU backend is slow, with their gradients.
//!
//! Every function here takes and gives ordinary tensors and works on every device. On Flex (the CPU)
//! it runs the kernels of this module; elsewhere it is the composition of Burn's own operations, and
//! means the same.
//!
//! # Determinism
//! Each output value is one sum in a fixed order that depends on shapes only: results repeat bit for
//! bit, whatever the number of threads.

mod autodiff;
mod conv;
mod double;
mod flex;
mod lanes;
mod norm;
mod pieces;
mod shape;

use burn::backend::{Dispatch, DispatchDevice};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{DType, Tensor, activation, module};

pub use shape::{mean_pool, pooled, space_to_depth, upsample_linear, upsample_nearest};

use flex::Ops;

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
    let [outputs, _, rows, columns] = weight.dims();
    // With more padding than the kernel reaches, the gradient would have to crop.
    let pads = padding <= dilation * (rows.min(columns) - 1);
    if !(pads && ours(&x) && ours(&weight)) {
        let options = ConvOptions::new([1, 1], [padding; 2], [dilation; 2], 1);
        return module::conv2d(x, weight, bias, options);
    }
    // Zeros that need no gradient cost nothing beside the convolution, and spare a second operation.
    let bias = bias.unwrap_or_else(|| Tensor::zeros([outputs], &x.device()));
    Tensor::from_dispatch(Dispatch::stride1_conv2d(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        padding,
        dilation,
    ))
}

/// Per-pixel channel norm, modulation and leaky ReLU:
///
/// ```text
/// y = leaky(x / √(mean_c(x²) + ε) · (1 + γ) + β)      leaky(u) = u where u ≥ 0, else slope · u
/// ```
///
/// `x` is `[N, C, H, W]`; `modulation` holds γ and then β, `[N, 2C, h, w]` where h divides H and w
/// divides W: each of its values holds for a block of `H / h` × `W / w` pixels. Without it, γ = β = 0.
///
/// # Panics
/// When the sizes do not fit each other.
#[must_use]
pub fn norm_leaky(x: Tensor<4>, modulation: Option<Tensor<4>>, epsilon: f32, slope: f32) -> Tensor<4> {
    let [images, channels, ..] = x.dims();
    if !ours(&x) {
        let normal = x.clone() / (x.clone().square().mean_dim(1) + epsilon).sqrt();
        let moved = match modulation {
            Some(modulation) => {
                let modulation = enlarged(modulation, x.dims());
                let scale = modulation.clone().narrow(1, 0, channels);
                normal * (scale + 1.0) + modulation.narrow(1, channels, channels)
            }
            None => normal,
        };
        return activation::leaky_relu(moved, f64::from(slope));
    }
    let modulation = modulation.unwrap_or_else(|| Tensor::zeros([images, 2 * channels, 1, 1], &x.device()));
    let constants = norm::Constants { epsilon, slope };
    Tensor::from_dispatch(Dispatch::norm_leaky(x.into_dispatch(), modulation.into_dispatch(), constants))
}

/// Bilinear interpolation to twice the size, `[N, C, H, W]` → `[N, C, 2H, 2W]`, between the centres of pixels; beyond
/// the outermost centres the edge pixel continues.
#[must_use]
pub fn double_linear(x: Tensor<4>) -> Tensor<4> {
    if !ours(&x) {
        return upsample_linear(x, 2);
    }
    Tensor::from_dispatch(Dispatch::double_linear(x.into_dispatch()))
}

/// Each pixel of a map as a block of pixels, as many as an image of the given shape has.
fn enlarged(map: Tensor<4>, [_, _, height, width]: [usize; 4]) -> Tensor<4> {
    let [n, c, h, w] = map.dims();
    if [h, w] == [1, 1] {
        return map;
    }
    let blocks = map.reshape([n, c, h, 1, w, 1]).expand([n, c, h, height / h, w, width / w]);
    blocks.reshape([n, c, height, width])
}

/// Whether our kernels compute with a tensor: 32-bit floats on Flex.
fn ours<const D: usize>(tensor: &Tensor<D>) -> bool {
    let device = tensor.device().inner();
    matches!(device.as_dispatch(), DispatchDevice::Flex(_)) && tensor.dtype() == DType::F32
}
