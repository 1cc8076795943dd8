//! Fakes on their way to the discriminators, through the memory of earlier ones.

use burn::tensor::{Device, Tensor};

use super::batch::{tensor, values};
use crate::random::Stream;
use crate::training::memory::ReplayPool;

/// Exchanges fresh fakes and their weights `[N, …]` through a pool; what comes back lies on `device`.
pub(super) fn replayed(
    pool: &mut ReplayPool,
    (images, weights): (Tensor<4>, Tensor<4>),
    stream: &mut Stream,
    device: &Device,
) -> (Tensor<4>, Tensor<4>) {
    let (image_shape, weight_shape) = (images.dims(), weights.dims());
    let (images, weights) = (values(images), values(weights));
    let (each, weight_each) = (images.len() / image_shape[0], weights.len() / weight_shape[0]);
    let (mut out, mut out_weights) = (Vec::with_capacity(images.len()), Vec::with_capacity(weights.len()));
    for (image, weight) in images.chunks_exact(each).zip(weights.chunks_exact(weight_each)) {
        let (image, weight) = pool.exchange((image.to_vec(), weight.to_vec()), stream);
        out.extend(image);
        out_weights.extend(weight);
    }
    (tensor(out, image_shape, device), tensor(out_weights, weight_shape, device))
}
