//! Crops as tensors.

use burn::tensor::{Device, Tensor, TensorData};

use crate::random::Stream;
use crate::training::samples::Crop;

/// Crops of one kind on a device, `[N, ·, S, S]`.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    pub image: Tensor<4>,
    pub mask: Tensor<4>,
    pub context: Tensor<4>,
    /// Cloud and shadow in cells, `[N, 2, S/8, S/8]`.
    pub maps: Tensor<4>,
    /// 1 where a pixel was measured in a band, `[N, C, S, S]`.
    pub valid: Tensor<4>,
    /// Number of crops.
    pub count: usize,
}

impl Batch {
    /// Of at least one crop.
    pub fn new(crops: &[Crop], device: &Device) -> Self {
        let (n, s) = (crops.len(), crops[0].side);
        let c = crops[0].bands.len();
        let gather = |field: fn(&Crop) -> &[f32], channels: usize, side: usize| {
            let values: Vec<f32> = crops.iter().flat_map(|crop| field(crop).iter().copied()).collect();
            tensor(values, [n, channels, side, side], device)
        };
        let bands = tensor(crops.iter().flat_map(|crop| crop.bands.clone()).collect(), [n, c, 1, 1], device);
        Self {
            image: gather(|crop| &crop.image, c, s),
            mask: gather(|crop| &crop.mask, 1, s),
            context: gather(|crop| &crop.context, c, s),
            maps: gather(|crop| &crop.maps, 2, s / 8),
            valid: gather(|crop| &crop.valid, 1, s) * bands,
            count: n,
        }
    }

    /// The ground of supervised crops, `[N, C, S, S]`.
    pub fn truth(crops: &[Crop], device: &Device) -> Tensor<4> {
        let (n, s, c) = (crops.len(), crops[0].side, crops[0].bands.len());
        let values = crops.iter().flat_map(|crop| crop.truth.iter().copied()).collect();
        tensor(values, [n, c, s, s], device)
    }
}

/// A tensor of numbers that nothing is learned from.
pub(super) fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// Standard normal numbers.
pub(super) fn normal<const D: usize>(stream: &mut Stream, shape: [usize; D], device: &Device) -> Tensor<D> {
    let mut values = vec![0.0; shape.iter().product()];
    stream.fill_normal(&mut values);
    tensor(values, shape, device)
}

/// The numbers of a tensor.
pub(super) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.inner().into_data().try_to_vec().unwrap_or_default()
}
