//! Operations that only move or average pixels, composed of Burn's own.

use burn::tensor::{Device, Tensor, TensorData};

/// Every 2 × 2 pixels become one with four times the channels: `[N, C, H, W]` → `[N, 4C, H/2, W/2]`,
/// channel `4c + 2·dy + dx` (`PyTorch`'s `pixel_unshuffle`).
#[must_use]
pub fn space_to_depth(x: Tensor<4>) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    x.reshape([n, c, h / 2, 2, w / 2, 2]).permute([0, 1, 3, 5, 2, 4]).reshape([n, 4 * c, h / 2, w / 2])
}

/// Each pixel four times: `[N, C, H, W]` → `[N, C, 2H, 2W]`.
#[must_use]
pub fn upsample_nearest(x: Tensor<4>) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    x.reshape([n, c, h, 1, w, 1]).expand([n, c, h, 2, w, 2]).reshape([n, c, 2 * h, 2 * w])
}

/// Bilinear interpolation to `factor` times the size, between the centres of pixels; beyond the
/// outermost centres the edge pixel continues. Two multiplications by fixed matrices, since the
/// backward pass of Burn's own bilinear interpolation fails on wgpu.
#[must_use]
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
#[must_use]
pub fn mean_pool(x: Tensor<4>, size: usize) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    let blocks = x.reshape([n, c, h / size, size, w / size, size]);
    blocks.mean_dim(5).mean_dim(3).reshape([n, c, h / size, w / size])
}

/// Weighted mean over an image: `x` `[N, C, H, W]`, `weight` `[N, 1, H, W]` not negative → `[N, C]`; 0
/// where no pixel has weight.
#[must_use]
pub fn pooled(x: Tensor<4>, weight: Tensor<4>) -> Tensor<2> {
    let [n, c, h, w] = x.dims();
    let weight = weight.reshape([n, 1, h * w]);
    let total = weight.clone().sum_dim(2) + 1e-4;
    let sum = (x.reshape([n, c, h * w]) * weight).sum_dim(2);
    (sum / total).reshape([n, c])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(shape: [usize; 4]) -> Tensor<4> {
        let values: Vec<f32> = (0..shape.iter().product()).map(|i: usize| i as f32).collect();
        Tensor::from_data(TensorData::new(values, shape), &Device::flex())
    }

    fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
        x.into_data().try_to_vec().expect("floats")
    }

    #[test]
    fn pixels_become_channels_in_the_order_of_pixel_unshuffle() {
        let y = space_to_depth(counted([1, 2, 2, 4]));
        assert_eq!(y.dims(), [1, 8, 1, 2]);
        assert_eq!(values(y), [0., 2., 1., 3., 4., 6., 5., 7., 8., 10., 9., 11., 12., 14., 13., 15.]);
    }

    #[test]
    fn each_pixel_comes_four_times() {
        let y = upsample_nearest(counted([1, 1, 2, 2]));
        assert_eq!(values(y), [0., 0., 1., 1., 0., 0., 1., 1., 2., 2., 3., 3., 2., 2., 3., 3.]);
    }

    #[test]
    fn interpolation_is_linear_between_centres_and_level_beyond() {
        let y = values(upsample_linear(counted([1, 1, 1, 3]), 4));
        assert_eq!(y[..12], [0., 0., 0.125, 0.375, 0.625, 0.875, 1.125, 1.375, 1.625, 1.875, 2., 2.]);
        assert_eq!(y.len(), 48);
    }

    #[test]
    fn means_are_taken_over_blocks_and_under_weights() {
        assert_eq!(values(mean_pool(counted([1, 1, 2, 4]), 2)), [2.5, 4.5]);
        let weight =
            Tensor::from_data(TensorData::new(vec![0.0_f32, 1.0, 1.0, 0.0], [1, 1, 2, 2]), &Device::flex());
        let mean = values(pooled(counted([1, 2, 2, 2]), weight.clone()));
        assert!((mean[0] - 1.5).abs() < 1e-3 && (mean[1] - 5.5).abs() < 1e-3, "{mean:?}");
        assert_eq!(values(pooled(counted([1, 2, 2, 2]), weight * 0.0)), [0.0, 0.0]);
    }
}
