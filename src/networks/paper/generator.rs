//! `G_AB` and `G_BA`: the residual generator of `CycleGAN`, between two sorts of images.

use burn::module::Module;
use burn::tensor::{Tensor, activation};

use super::layers::{Normed, Residual, reflected};
use crate::networks::init::Init;
use crate::networks::layers::Conv;
use crate::networks::ops;

/// Residual blocks in the middle, as `CycleGAN` has for images of 128 × 128.
const BLOCKS: usize = 6;
/// Side of the first and the last kernel.
const WIDE: usize = 7;

/// The residual generator of `CycleGAN` (Zhu et al. 2017), every norm of it conditional on a code where
/// there is one (Augmented `CycleGAN`: Almahairi et al. 2018).
///
/// It sees the image and nothing else: no mask, no fill, no way for a pixel past the norms. So it may paint
/// what is not there and move what is; it is here to be compared with.
///
/// Where it leaves the source: halving is a 2 × 2 convolution of stride 2 instead of 3 × 3, doubling repeats
/// pixels before a 3 × 3 convolution instead of transposing one, and the result is linear instead of tanh, since
/// bright cloud exceeds any range.
#[derive(Module, Debug)]
pub struct Generator {
    stem: Normed,
    down: Vec<Normed>,
    blocks: Vec<Residual>,
    up: Vec<Normed>,
    head: Conv,
}

impl Generator {
    /// For images of `channels` bands, `width` features at full size; `code` numbers steer it unless 0.
    pub fn new(init: &mut Init, channels: usize, width: usize, code: usize) -> Self {
        let w = width;
        Self {
            stem: Normed::new(init, channels, w, WIDE, code),
            down: vec![Normed::new(init, 4 * w, 2 * w, 1, code), Normed::new(init, 8 * w, 4 * w, 1, code)],
            blocks: (0..BLOCKS).map(|_| Residual::new(init, 4 * w, code)).collect(),
            up: vec![Normed::new(init, 4 * w, 2 * w, 3, code), Normed::new(init, 2 * w, w, 3, code)],
            head: Conv::new(init, w, channels, WIDE, 0.2),
        }
    }

    /// `image` `[N, C, H, W]` in network range, H and W multiples of 8, `z` `[N, Z, 1, 1]` where the network has a
    /// code → an image of the same size and range.
    #[must_use]
    pub fn forward(&self, image: Tensor<4>, z: Option<&Tensor<4>>) -> Tensor<4> {
        let mut x = activation::relu(self.stem.forward(image, z));
        for layer in &self.down {
            x = activation::relu(layer.forward(ops::space_to_depth(x), z));
        }
        for block in &self.blocks {
            x = block.forward(x, z);
        }
        for layer in &self.up {
            x = activation::relu(layer.forward(ops::upsample_nearest(x), z));
        }
        let (weight, bias) = (self.head.weight.val(), self.head.bias.val());
        ops::conv2d(reflected(x, WIDE), weight, Some(bias), 0, 1)
    }
}
