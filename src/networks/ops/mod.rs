//! Tensor operations that the networks share.

use burn::tensor::{Device, Tensor, TensorData};
use burn::tensor::ops::ConvOptions;

/// Convolution of stride 1 with zero padding: `x` `[N, C, H, W]`, `weight` `[O, C, k, k]`, `bias` `[O]`.
pub fn conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    padding: usize,
    dilation: usize,
) -> Tensor<4> {
    let options = ConvOptions::new([1, 1], [padding, padding], [dilation, dilation], 1);
    burn::tensor::module::conv2d(x, weight, bias, options)
}

/// Every 2 × 2 pixels become one with four times the channels: `[N, C, H, W]` → `[N, 4C, H/2, W/2]`,
/// channel `4c + 2·dy + dx` (`PyTorch`'s `pixel_unshuffle`).
pub fn space_to_depth(x: Tensor<4>) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    x.reshape([n, c, h / 2, 2, w / 2, 2]).permute([0, 1, 3, 5, 2, 4]).reshape([n, 4 * c, h / 2, w / 2])
}

/// Each pixel four times: `[N, C, H, W]` → `[N, C, 2H, 2W]`.
pub fn upsample_nearest(x: Tensor<4>) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    x.reshape([n, c, h, 1, w, 1]).expand([n, c, h, 2, w, 2]).reshape([n, c, 2 * h, 2 * w])
}

/// Bilinear interpolation to `factor` times the size, between the centres of pixels; beyond the
/// outermost centres the edge pixel continues. Two multiplications by fixed matrices, since the
/// backward pass of Burn's own bilinear interpolation fails on wgpu.
pub fn upsample_linear(x: Tensor<4>, factor: usize) -> Tensor<4> {
    let [_, _, h, w] = x.dims();
    let device = x.device();
    let rows = interpolation(h, factor, &device).unsqueeze::<4>();
    let columns = interpolation(w, factor, &device).transpose().unsqueeze::<4>();
    rows.matmul(x).matmul(columns)
}

/// `[factor·n, n]`: each row the weights of the pixels that one finer pixel lies between.
fn interpolation(n: usize, factor: usize, device: &Device) -> Tensor<2> {
    let mut weights = vec![0.0_f32; factor * n * n];
    for (fine, row) in weights.chunks_exact_mut(n).enumerate() {
        let place = ((fine as f32 + 0.5) / factor as f32 - 0.5).clamp(0.0, (n - 1) as f32);
        let low = place as usize;
        let high = (low + 1).min(n - 1);
        row[low] += 1.0 - place.fract();
        row[high] += place.fract();
    }
    Tensor::from_data(TensorData::new(weights, [factor * n, n]), device)
}

/// Mean over blocks of `size` × `size`: `[N, C, H, W]` → `[N, C, H/size, W/size]`.
pub fn mean_pool(x: Tensor<4>, size: usize) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    let blocks = x.reshape([n, c, h / size, size, w / size, size]);
    blocks.mean_dim(5).mean_dim(3).reshape([n, c, h / size, w / size])
}

/// Weighted mean over an image: `x` `[N, C, H, W]`, `weight` `[N, 1, H, W]` not negative → `[N, C]`; 0
/// where no pixel has weight.
pub fn pooled(x: Tensor<4>, weight: Tensor<4>) -> Tensor<2> {
    let [n, c, h, w] = x.dims();
    let weight = weight.reshape([n, 1, h * w]);
    let total = weight.clone().sum_dim(2) + 1e-4;
    let sum = (x.reshape([n, c, h * w]) * weight).sum_dim(2);
    (sum / total).reshape([n, c])
}
