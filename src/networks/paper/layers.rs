//! Layers of the residual `CycleGAN` generator: convolutions under instance normalisation.

use burn::module::{Module, Param};
use burn::tensor::ops::PadMode;
use burn::tensor::{Tensor, activation};

use crate::networks::init::Init;
use crate::networks::layers::{Modulation, SLOPE};
use crate::networks::ops::conv2d;

/// Added to a variance before its root, as PyTorch's `InstanceNorm2d` does.
const EPSILON: f32 = 1e-5;

/// Instance normalisation (Ulyanov, Vedaldi, Lempitsky 2016) without scale and shift: every channel of every
/// image has mean 0 and variance 1 over its pixels afterwards. `[N, C, H, W]`.
///
/// Each pixel depends on all others, so an image that is cut into tiles would show it.
#[must_use]
pub fn instance_norm(x: Tensor<4>) -> Tensor<4> {
    let centred = x.clone() - spatial_mean(x);
    let variance = spatial_mean(centred.clone().square());
    centred / (variance + EPSILON).sqrt()
}

/// Mean over the pixels of each channel: `[N, C, H, W]` → `[N, C, 1, 1]`. Rows first, then their means:
/// some adapters add up no more than 2¹⁸ numbers at once.
#[must_use]
pub fn spatial_mean(x: Tensor<4>) -> Tensor<4> {
    x.mean_dim(3).mean_dim(2)
}

/// The image with a mirrored border that a kernel of `k` × `k` pixels eats up again.
#[must_use]
pub fn reflected(x: Tensor<4>, k: usize) -> Tensor<4> {
    let border = k / 2;
    if border == 0 { x } else { x.pad((border, border, border, border), PadMode::Reflect) }
}

/// A convolution over a mirrored border, then instance norm: conditional where there is a code.
///
/// It has no bias, which the norm would take away. The conditional scale is `1 + γ(z)`: that of the authors'
/// code is cut at 0 and lacks the 1, so that a channel can die and a new network is far from a plain one.
#[derive(Module, Debug)]
pub struct Normed {
    /// `[out, in, k, k]`.
    pub weight: Param<Tensor<4>>,
    /// The code's way in.
    pub modulation: Option<Modulation>,
}

impl Normed {
    /// A convolution of `k` × `k` from `input` to `output` channels; `code` numbers modulate it unless 0.
    pub fn new(init: &mut Init, input: usize, output: usize, k: usize, code: usize) -> Self {
        let weight = init.he([output, input, k, k], SLOPE, 1.0);
        Self { weight, modulation: (code > 0).then(|| Modulation::new(init, code, output)) }
    }

    /// `x` `[N, in, H, W]`, `z` `[N, Z, 1, 1]` → `[N, out, H, W]`; H and W above `k / 2`.
    ///
    /// # Panics
    /// Where the layer is modulated and no code is given: a mistake in a network, not in data.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>, z: Option<&Tensor<4>>) -> Tensor<4> {
        let weight = self.weight.val();
        let k = weight.dims()[2];
        let normal = instance_norm(conv2d(reflected(x, k), weight, None, 0, 1));
        match (&self.modulation, z) {
            (None, _) => normal,
            (Some(modulation), Some(z)) => modulation.forward(normal, z.clone()),
            (Some(_), None) => unreachable!("a modulated layer was given no code"),
        }
    }
}

/// A residual block: two convolutions of 3 × 3 with their norms, a `ReLU` between them, added to its input.
#[derive(Module, Debug)]
pub struct Residual {
    /// The first.
    pub first: Normed,
    /// The second.
    pub second: Normed,
}

impl Residual {
    /// Of `channels` channels; `code` numbers modulate it unless 0.
    pub fn new(init: &mut Init, channels: usize, code: usize) -> Self {
        Self {
            first: Normed::new(init, channels, channels, 3, code),
            second: Normed::new(init, channels, channels, 3, code),
        }
    }

    /// `x` `[N, C, H, W]`, `z` as [`Normed::forward`] takes it.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>, z: Option<&Tensor<4>>) -> Tensor<4> {
        let middle = activation::relu(self.first.forward(x.clone(), z));
        x + self.second.forward(middle, z)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    fn tensor(values: &[f32], shape: [usize; 4], device: &Device) -> Tensor<4> {
        Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
    }

    fn values(x: Tensor<4>) -> Vec<f32> {
        x.inner().into_data().try_to_vec().expect("floats")
    }

    #[test]
    fn instance_norm_is_what_a_hand_computes() {
        // Two channels of 2 × 2: 1, 3, 5, 7 has mean 4 and variance 5; a constant stays 0.
        let x = tensor(&[1.0, 3.0, 5.0, 7.0, 2.0, 2.0, 2.0, 2.0], [1, 2, 2, 2], &Device::flex());
        let root = (5.0_f32 + EPSILON).sqrt();
        let expected = [-3.0 / root, -1.0 / root, 1.0 / root, 3.0 / root, 0.0, 0.0, 0.0, 0.0];
        for (found, expected) in values(instance_norm(x)).into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}");
        }
    }

    #[test]
    fn each_image_is_normalised_by_itself() {
        let device = Device::flex();
        let one = [0.3, -1.0, 2.0, 0.5, 0.1, 0.9];
        let other = one.map(|value| 100.0 * value + 7.0);
        let both: Vec<f32> = one.into_iter().chain(other).collect();
        let normal = values(instance_norm(tensor(&both, [2, 1, 2, 3], &device)));
        let alone = values(instance_norm(tensor(&one, [1, 1, 2, 3], &device)));
        assert_eq!(normal[..6], alone);
        // Brightness and contrast are gone, which is why such a network invents them.
        for (a, b) in normal[..6].iter().zip(&normal[6..]) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }

    #[test]
    fn a_code_scales_by_one_plus_gamma_and_shifts_by_beta() {
        let device = Device::flex();
        let mut layer = Normed::new(&mut Init::new(2, "normed", &device), 1, 1, 1, 1);
        layer.weight = layer.weight.map(|weight| weight.ones_like());
        let gamma_beta = tensor(&[0.5, -2.0], [2, 1, 1, 1], &device);
        let modulation = layer.modulation.take().expect("a code");
        layer.modulation =
            Some(Modulation { weight: modulation.weight.map(|_| gamma_beta), bias: modulation.bias });
        let x = tensor(&[1.0, 3.0, 5.0, 7.0], [1, 1, 2, 2], &device);
        let plain = values(instance_norm(x.clone()));
        for code in [0.0_f32, 1.0, -3.0] {
            let z = tensor(&[code], [1, 1, 1, 1], &device);
            for (found, plain) in values(layer.forward(x.clone(), Some(&z))).into_iter().zip(&plain) {
                let expected = (1.0 + 0.5 * code) * plain - 2.0 * code;
                assert!((found - expected).abs() < 1e-5, "{found} {expected}");
            }
        }
    }

    #[test]
    fn borders_are_mirrored_and_their_gradients_come_back() {
        let device = Device::flex().autodiff();
        let x = tensor(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], [1, 1, 3, 3], &device).require_grad();
        let y = reflected(x.clone(), 3);
        assert_eq!(values(y.clone())[..10], [5., 4., 5., 6., 5., 2., 1., 2., 3., 2.]);
        let grads = y.sum().backward();
        let grad: Vec<f32> = x.grad(&grads).expect("tracked").into_data().try_to_vec().expect("floats");
        // How often each pixel stands in the 5 × 5 image.
        assert_eq!(grad, [1., 3., 1., 3., 9., 3., 1., 3., 1.]);
    }
}
