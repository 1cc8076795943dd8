//! The layers that the networks are made of. Everything is `[N, C, H, W]`.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::activation;
use burn::tensor::module::linear;

use super::config::Upsampling;
use super::init::Init;
use super::ops::{self, conv2d, norm_leaky};

/// Slope of the leaky ReLU below 0.
pub const SLOPE: f64 = 0.1;

/// Added to a mean square before its root, so that a pixel without any signal stays one.
const EPSILON: f32 = 1e-4;

/// A convolution of stride 1 that keeps the size: zero padding of `dilation · (k − 1) / 2`.
#[derive(Module, Debug)]
pub struct Conv {
    /// `[out, in, k, k]`.
    pub weight: Param<Tensor<4>>,
    /// `[out]`.
    pub bias: Param<Tensor<1>>,
    /// Distance between taps.
    #[module(skip)]
    pub dilation: usize,
}

impl Conv {
    /// A convolution of `k` × `k` from `input` to `output` channels, with He's weights times `gain`.
    pub fn new(init: &mut Init, input: usize, output: usize, k: usize, gain: f64) -> Self {
        let weight = init.he([output, input, k, k], SLOPE, gain);
        Self { weight, bias: init.constant([output], 0.0), dilation: 1 }
    }

    /// The same with its taps `dilation` pixels apart.
    #[must_use]
    pub fn dilated(mut self, dilation: usize) -> Self {
        self.dilation = dilation;
        self
    }

    /// `[N, in, H, W]` → `[N, out, H, W]`.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        convolve(x, self.weight.val(), Some(self.bias.val()), self.dilation)
    }

    /// How far, in pixels, an output pixel looks.
    #[must_use]
    pub fn reach(&self) -> usize {
        self.dilation * (self.weight.val().dims()[2] / 2)
    }
}

/// A size-keeping convolution with given weights.
#[must_use]
pub fn convolve(x: Tensor<4>, weight: Tensor<4>, bias: Option<Tensor<1>>, dilation: usize) -> Tensor<4> {
    let padding = dilation * (weight.dims()[2] / 2);
    conv2d(x, weight, bias, padding, dilation)
}

/// A fully connected layer.
#[derive(Module, Debug)]
pub struct Dense {
    /// `[in, out]`.
    pub weight: Param<Tensor<2>>,
    /// `[out]`.
    pub bias: Param<Tensor<1>>,
}

impl Dense {
    /// From `input` to `output` numbers; weights of standard deviation `gain / √input`.
    pub fn new(init: &mut Init, input: usize, output: usize, gain: f64) -> Self {
        let std = gain / (input as f64).sqrt();
        Self { weight: init.normal([input, output], std), bias: init.constant([output], 0.0) }
    }

    /// `[N, in]` → `[N, out]`.
    #[must_use]
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        linear(x, self.weight.val(), Some(self.bias.val()))
    }
}

/// Leaky ReLU with [`SLOPE`].
#[must_use]
pub fn leaky(x: Tensor<4>) -> Tensor<4> {
    activation::leaky_relu(x, SLOPE)
}

/// Scale and shift of every channel as a linear function of a code, `(1 + γ(z))·x + β(z)`.
///
/// The code is a map, `[N, Z, h, w]`: one pixel for a code that holds everywhere, or a pixel of the
/// features each, so that clouds side by side can have codes of their own.
#[derive(Module, Debug)]
pub struct Modulation {
    /// `[2·C, Z, 1, 1]`: γ, then β.
    pub weight: Param<Tensor<4>>,
    /// `[2·C]`.
    pub bias: Param<Tensor<1>>,
}

impl Modulation {
    /// Of `channels` channels by a code of `code` numbers.
    pub fn new(init: &mut Init, code: usize, channels: usize) -> Self {
        let std = 0.25 / (code as f64).sqrt();
        Self {
            weight: init.normal([2 * channels, code, 1, 1], std),
            bias: init.constant([2 * channels], 0.0),
        }
    }

    /// `(1 + γ(z))·x + β(z)` of `x` `[N, C, H, W]` by a code that holds everywhere, `z` `[N, Z, 1, 1]`.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>, z: Tensor<4>) -> Tensor<4> {
        let channels = x.dims()[1];
        let both = self.map(z);
        let (scale, shift) = (both.clone().narrow(1, 0, channels), both.narrow(1, channels, channels));
        x * (scale + 1.0) + shift
    }

    /// γ and then β of a code: `z` `[N, Z, h, w]` → `[N, 2·C, h, w]`, for features whose size `h` and `w`
    /// divide.
    #[must_use]
    pub fn map(&self, z: Tensor<4>) -> Tensor<4> {
        convolve(z, self.weight.val(), Some(self.bias.val()), 1)
    }
}

/// A residual block: norm, modulation where there is a code, leaky ReLU, 3 × 3 convolution, added
/// to its input.
#[derive(Module, Debug)]
pub struct Block {
    /// The convolution.
    pub conv: Conv,
    /// The code's way in.
    pub modulation: Option<Modulation>,
}

impl Block {
    /// Of `channels` channels; `code` numbers modulate it unless 0.
    pub fn new(init: &mut Init, channels: usize, dilation: usize, code: usize) -> Self {
        let modulation = (code > 0).then(|| Modulation::new(init, code, channels));
        // Residual branches start small, so that a deep stack starts as the identity.
        Self { conv: Conv::new(init, channels, channels, 3, 0.5).dilated(dilation), modulation }
    }

    /// `x` `[N, C, H, W]`, `z` as [`Modulation::map`] takes it.
    ///
    /// # Panics
    /// Where the block is modulated and no code is given: a mistake in a network, not in data.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>, z: Option<&Tensor<4>>) -> Tensor<4> {
        let modulation = self.modulation.as_ref().map(|modulation| {
            let Some(z) = z else { unreachable!("a modulated block was given no code") };
            modulation.map(z.clone())
        });
        // Per-pixel norm looks at no other pixel, so cutting an image into tiles cannot show.
        x.clone() + self.conv.forward(norm_leaky(x, modulation, EPSILON, SLOPE as f32))
    }
}

/// Half the size, twice the width at least: every 2 × 2 pixels become channels, then 1 × 1.
#[derive(Module, Debug)]
pub struct Down {
    /// The 1 × 1 convolution.
    pub conv: Conv,
}

impl Down {
    /// From `input` channels at a size to `output` at half of it.
    pub fn new(init: &mut Init, input: usize, output: usize) -> Self {
        Self { conv: Conv::new(init, 4 * input, output, 1, 1.0) }
    }

    /// `[N, in, H, W]` → `[N, out, H/2, W/2]`; H and W even.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.conv.forward(ops::space_to_depth(x))
    }
}

/// Twice the size: 1 × 1 convolution, then interpolation.
#[derive(Module, Debug)]
pub struct Up {
    /// The 1 × 1 convolution.
    pub conv: Conv,
    /// Whether pixels are interpolated, or repeated.
    #[module(skip)]
    linear: bool,
}

impl Up {
    /// From `input` channels at a size to `output` at twice of it.
    pub fn new(init: &mut Init, input: usize, output: usize, upsampling: Upsampling) -> Self {
        let linear = upsampling == Upsampling::Linear;
        Self { conv: Conv::new(init, input, output, 1, 1.0), linear }
    }

    /// How far, in pixels of its input, an output pixel looks beyond its parent.
    #[must_use]
    pub fn reach(&self) -> usize {
        usize::from(self.linear)
    }

    /// `[N, in, H, W]` → `[N, out, 2H, 2W]`.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.conv.forward(x);
        if self.linear { ops::double_linear(x) } else { ops::upsample_nearest(x) }
    }
}

/// What every encoder begins with: three times halved, a block at each size.
#[derive(Module, Debug)]
pub struct Trunk {
    down: Vec<Down>,
    blocks: Vec<Block>,
}

impl Trunk {
    /// From `input` channels at a size to `2 · width` at an eighth of it.
    pub fn new(init: &mut Init, input: usize, width: usize) -> Self {
        let widths = [input, width, width * 3 / 2, width * 2];
        let (down, blocks) = widths
            .windows(2)
            .map(|pair| (Down::new(init, pair[0], pair[1]), Block::new(init, pair[1], 1, 0)))
            .unzip();
        Self { down, blocks }
    }

    /// `[N, in, H, W]` → `[N, 2 · width, H/8, W/8]`; H and W multiples of 8.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let steps = self.down.iter().zip(&self.blocks);
        leaky(steps.fold(x, |x, (down, block)| block.forward(down.forward(x), None)))
    }
}
