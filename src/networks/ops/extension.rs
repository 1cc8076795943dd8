//! The operations as a Burn backend extension: Flex runs our kernels, every other backend composes
//! its own operations.

use burn::backend::ops::{ConvOptions, ModuleOps};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Cube, Flex, backend_extension};

use super::conv;

/// What a backend must offer for the operations of this module; the defaults are Burn's own.
#[backend_extension(Autodiff, Cube, Flex)]
pub trait Ops: Backend {
    /// [`super::conv2d`] on primitives.
    fn stride1_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        padding: usize,
        dilation: usize,
    ) -> FloatTensor<Self> {
        Self::conv2d(x, weight, Some(bias), options(padding, dilation))
    }

    /// Gradient of [`super::conv2d`] with respect to `x`, given that of its result.
    fn stride1_conv2d_x_grad(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        padding: usize,
        dilation: usize,
    ) -> FloatTensor<Self> {
        Self::conv2d_x_backward(x, weight, grad, options(padding, dilation))
    }

    /// Gradient of [`super::conv2d`] with respect to `weight`, given that of its result.
    fn stride1_conv2d_weight_grad(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        padding: usize,
        dilation: usize,
    ) -> FloatTensor<Self> {
        Self::conv2d_weight_backward(x, weight, grad, options(padding, dilation))
    }

    /// Gradient of [`super::conv2d`] with respect to `bias`, given that of its result.
    fn stride1_conv2d_bias_grad(
        x: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        Self::conv2d_bias_backward(x, bias, grad)
    }
}

fn options(padding: usize, dilation: usize) -> ConvOptions<2> {
    ConvOptions::new([1, 1], [padding, padding], [dilation, dilation], 1)
}

impl Ops for Cube {}

impl Ops for Flex {
    fn stride1_conv2d(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        padding: usize,
        dilation: usize,
    ) -> FloatTensor<Self> {
        match conv::Geometry::of(&x, &weight, padding, dilation) {
            Some(geometry) => conv::forward(&geometry, &x, &weight, &bias),
            None => Self::conv2d(x, weight, Some(bias), options(padding, dilation)),
        }
    }

    fn stride1_conv2d_x_grad(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        padding: usize,
        dilation: usize,
    ) -> FloatTensor<Self> {
        match conv::Geometry::of(&x, &weight, padding, dilation) {
            Some(geometry) => conv::x_gradient(&geometry, &weight, &grad),
            None => Self::conv2d_x_backward(x, weight, grad, options(padding, dilation)),
        }
    }

    fn stride1_conv2d_weight_grad(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        padding: usize,
        dilation: usize,
    ) -> FloatTensor<Self> {
        match conv::Geometry::of(&x, &weight, padding, dilation) {
            Some(geometry) => conv::weight_gradient(&geometry, &x, &grad),
            None => Self::conv2d_weight_backward(x, weight, grad, options(padding, dilation)),
        }
    }

    fn stride1_conv2d_bias_grad(
        x: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        conv::bias_gradient(&grad).unwrap_or_else(|| Self::conv2d_bias_backward(x, bias, grad))
    }
}
