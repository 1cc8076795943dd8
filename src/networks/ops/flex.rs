//! The operations as a Burn backend extension of Flex, the CPU backend.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Flex, TensorMetadata, backend_extension};
use burn::tensor::TensorData;

use super::{conv, double, norm};

/// A tensor of Flex.
pub type Primitive = FloatTensor<Flex>;

/// The operations that have kernels of their own, on primitives of 32-bit floats.
#[backend_extension(Autodiff, Flex)]
pub trait Ops: Backend {
    /// [`super::conv2d`], with no more padding than the kernel reaches.
    fn stride1_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        padding: usize,
        dilation: usize,
    ) -> FloatTensor<Self>;

    /// [`super::norm_leaky`].
    fn norm_leaky(
        x: FloatTensor<Self>,
        modulation: FloatTensor<Self>,
        constants: norm::Constants,
    ) -> FloatTensor<Self>;

    /// [`super::double_linear`].
    fn double_linear(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl Ops for Flex {
    fn stride1_conv2d(
        x: Primitive,
        weight: Primitive,
        bias: Primitive,
        padding: usize,
        dilation: usize,
    ) -> Primitive {
        let geometry = conv::Geometry::new(dims(&x), dims(&weight), padding, dilation);
        let [x, weight, bias] = [x, weight, bias].map(|tensor| tensor.to_contiguous());
        let y = conv::forward(&geometry, x.storage(), weight.storage(), bias.storage());
        let [height, width] = geometry.out_size();
        primitive(y, [geometry.images, geometry.outputs, height, width])
    }

    fn norm_leaky(x: Primitive, modulation: Primitive, constants: norm::Constants) -> Primitive {
        let sizes = norm::Sizes::new(dims(&x), dims(&modulation));
        let [x, modulation] = [x, modulation].map(|tensor| tensor.to_contiguous());
        primitive(norm::forward(&sizes, constants, x.storage(), modulation.storage()), dims(&x))
    }

    fn double_linear(x: Primitive) -> Primitive {
        let [images, channels, height, width] = dims(&x);
        let y = double::forward(x.to_contiguous().storage(), [height, width]);
        primitive(y, [images, channels, 2 * height, 2 * width])
    }
}

/// The sizes of a tensor of 4 axes.
pub fn dims(tensor: &Primitive) -> [usize; 4] {
    tensor.shape().dims()
}

/// A tensor out of values in row-major order.
pub fn primitive<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Primitive {
    Primitive::from_data(TensorData::new(values, shape))
}
