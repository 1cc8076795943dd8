//! Crops as tensors.

use burn::tensor::{Device, Tensor, TensorData};

use crate::networks::declouder::{LandInput, Optional};
use crate::random::Stream;
use crate::training::samples::{Crop, CropGiven};

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
    /// What the generator is given besides.
    pub given: Beside,
    /// What the discriminators are given besides.
    pub judged: Beside,
    /// Number of crops.
    pub count: usize,
}

/// Optional inputs of crops; none where the networks have no way in for them.
#[derive(Debug, Clone, Default)]
pub(super) struct Beside {
    pub s1: Option<Optional>,
    pub reference: Option<Optional>,
}

impl Beside {
    /// Of crops, available where `available` says so.
    fn new(crops: &[Crop], available: fn(&CropGiven) -> &[f32], device: &Device) -> Self {
        let (n, s) = (crops.len(), crops[0].side);
        let optional = |field: fn(&Crop) -> &CropGiven| {
            let channels = field(&crops[0]).values.len() / (s * s);
            let gather = |part: fn(&CropGiven) -> &[f32], channels| {
                let values = crops.iter().flat_map(|crop| part(field(crop)).iter().copied()).collect();
                tensor(values, [n, channels, s, s], device)
            };
            (channels > 0).then(|| Optional {
                values: gather(|given| &given.values, channels),
                available: gather(available, 1),
            })
        };
        Self { s1: optional(|crop| &crop.s1), reference: optional(|crop| &crop.reference) }
    }

    /// Applies a change to every tensor.
    fn map(&self, change: impl Fn(&Tensor<4>) -> Tensor<4>) -> Self {
        let optional = |optional: &Optional| Optional {
            values: change(&optional.values),
            available: change(&optional.available),
        };
        Self { s1: self.s1.as_ref().map(optional), reference: self.reference.as_ref().map(optional) }
    }

    /// The first `count` images.
    pub fn first(&self, count: usize) -> Self {
        self.map(|tensor| tensor.clone().narrow(0, 0, count))
    }

    /// One batch after the other.
    pub fn cat(batches: &[&Self]) -> Self {
        let optional = |field: fn(&Self) -> &Option<Optional>| {
            let parts: Option<Vec<&Optional>> = batches.iter().map(|batch| field(batch).as_ref()).collect();
            let cat = |parts: &[&Optional], of: fn(&Optional) -> &Tensor<4>| {
                Tensor::cat(parts.iter().map(|part| of(part).clone()).collect(), 0)
            };
            parts.map(|parts| Optional {
                values: cat(&parts, |part| &part.values),
                available: cat(&parts, |part| &part.available),
            })
        };
        Self { s1: optional(|batch| &batch.s1), reference: optional(|batch| &batch.reference) }
    }

    /// Without gradients.
    pub fn inner(&self) -> Self {
        self.map(|tensor| tensor.clone().inner())
    }

    /// An image and what was given with it as one tensor, so that a replayed fake keeps its own.
    pub fn packed(&self, image: Tensor<4>) -> Tensor<4> {
        let mut parts = vec![image];
        for optional in [&self.s1, &self.reference].into_iter().flatten() {
            parts.extend([optional.values.clone(), optional.available.clone()]);
        }
        Tensor::cat(parts, 1)
    }

    /// What [`Beside::packed`] made, apart again; `self` says what there is.
    pub fn unpacked(&self, packed: &Tensor<4>, channels: usize) -> (Tensor<4>, Self) {
        let mut from = 0;
        let mut next = |count: usize| {
            from += count;
            packed.clone().narrow(1, from - count, count)
        };
        let image = next(channels);
        let mut optional =
            |optional: &Optional| Optional { values: next(optional.values.dims()[1]), available: next(1) };
        let s1 = self.s1.as_ref().map(&mut optional);
        let reference = self.reference.as_ref().map(&mut optional);
        (image, Self { s1, reference })
    }
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
            given: Beside::new(crops, |given| &given.available, device),
            judged: Beside::new(crops, |given| &given.judged, device),
            count: n,
        }
    }

    /// What `G_land` sees of the crops.
    pub fn land_input(&self) -> LandInput {
        LandInput {
            cloudy: self.image.clone(),
            mask: self.mask.clone(),
            context: self.context.clone(),
            s1: self.given.s1.clone(),
            reference: self.given.reference.clone(),
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
