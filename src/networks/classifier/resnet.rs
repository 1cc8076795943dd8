//! `regularized-resnet`: residual blocks at three sizes, then the mean over the patch.

use burn::module::Module;
use burn::tensor::Tensor;

use super::ClassifierConfig;
use crate::networks::init::Init;
use crate::networks::layers::{Conv, Dense, Down, SLOPE, leaky};
use crate::networks::ops::norm_leaky;

/// Sizes that have blocks: a half, a quarter and an eighth of the patch's.
pub(super) const SIZES: usize = 3;

/// Added to a mean square before its root.
const EPSILON: f32 = 1e-4;

/// A residual network of pre-activated blocks (He et al. 2016, *Identity Mappings*), whose norm is over the
/// channels of a pixel: a prediction depends on no other patch of its batch.
#[derive(Module, Debug)]
pub struct RegularizedResnet {
    down: Vec<Down>,
    /// Blocks of the first size, then of the second, then of the third.
    blocks: Vec<Conv>,
    head: Dense,
}

impl RegularizedResnet {
    /// A new network, a function of `init`'s seed.
    pub fn new(init: &mut Init, config: &ClassifierConfig) -> Self {
        let widths = [config.bands.len(), config.width, 2 * config.width, 4 * config.width];
        let down = widths.windows(2).map(|pair| Down::new(init, pair[0], pair[1])).collect();
        let block = |width: usize, init: &mut Init| Conv::new(init, width, width, 3, 0.5);
        let all = widths[1..].iter().flat_map(|&width| std::iter::repeat_n(width, config.blocks));
        let blocks = all.map(|width| block(width, init)).collect();
        Self { down, blocks, head: Dense::new(init, 4 * config.width, config.labels.classes(), 1.0) }
    }

    /// Logits `[N, classes]` of patches `[N, C, S, S]` in network range, S a multiple of 8.
    ///
    /// `keep` `[N, blocks]` is what each block's branch is multiplied with, a patch at a time: drop path
    /// (Huang et al. 2016), 0 or one over the chance to be kept; without it every branch counts once.
    #[must_use]
    pub fn forward(&self, patches: Tensor<4>, keep: Option<&Tensor<2>>) -> Tensor<2> {
        let each = self.blocks.len() / SIZES;
        let mut x = patches;
        for (size, down) in self.down.iter().enumerate() {
            x = down.forward(x);
            for index in size * each..(size + 1) * each {
                let branch = self.blocks[index].forward(norm_leaky(x.clone(), None, EPSILON, SLOPE as f32));
                x = x + kept(branch, keep, index);
            }
        }
        let x = leaky(x).mean_dim(3).mean_dim(2);
        let [images, channels, ..] = x.dims();
        self.head.forward(x.reshape([images, channels]))
    }
}

/// A branch times its column of `keep`.
fn kept(branch: Tensor<4>, keep: Option<&Tensor<2>>, block: usize) -> Tensor<4> {
    let Some(keep) = keep else { return branch };
    let images = branch.dims()[0];
    branch * keep.clone().narrow(1, block, 1).reshape([images, 1, 1, 1])
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    fn network() -> (RegularizedResnet, Tensor<4>) {
        let device = Device::flex();
        let config = ClassifierConfig { width: 8, patch_px: 16, ..ClassifierConfig::default() };
        let network = RegularizedResnet::new(&mut Init::new(1, "test", &device), &config);
        let values: Vec<f32> = (0..2 * 12 * 256).map(|i| ((i * 37 % 101) as f32) / 50.0 - 1.0).collect();
        (network, Tensor::from_data(TensorData::new(values, [2, 12, 16, 16]), &device))
    }

    fn values(x: Tensor<2>) -> Vec<f32> {
        x.into_data().try_to_vec().expect("floats")
    }

    #[test]
    fn dropped_branches_of_one_patch_do_not_touch_the_other() {
        let (network, x) = network();
        let whole = values(network.forward(x.clone(), None));
        let keep = |rows: [f32; 2]| {
            let values: Vec<f32> = rows.iter().flat_map(|&row| [row; 6]).collect();
            Tensor::<2>::from_data(TensorData::new(values, [2, 6]), &Device::flex())
        };
        assert_eq!(values(network.forward(x.clone(), Some(&keep([1.0, 1.0])))), whole);
        let dropped = values(network.forward(x, Some(&keep([1.0, 0.0]))));
        assert_eq!(dropped[..19], whole[..19]);
        assert_ne!(dropped[19..], whole[19..]);
    }

    #[test]
    fn a_patch_is_judged_by_itself() {
        let (network, x) = network();
        let whole = values(network.forward(x.clone(), None));
        let alone = values(network.forward(x.narrow(0, 1, 1), None));
        for (a, b) in alone.iter().zip(&whole[19..]) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }
}
