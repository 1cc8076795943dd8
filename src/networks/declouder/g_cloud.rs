//! `G_cloud`: cloud and shadow rendered over a clear image.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::networks::NetworkConfig;
use crate::networks::init::Init;
use crate::networks::layers::{Block, Conv, Dense, Down, Up, leaky};
use crate::networks::ops;

/// Where there is less opacity and shadow than one over this, the rendered change fades to
/// nothing; where there is none at all a pixel is not touched.
const SATURATION: f32 = 8.0;

/// The code of an image's clouds, `z_cloud`.
#[derive(Debug, Clone)]
pub struct CloudCode {
    /// Opacity and depth of shadow, 0 to 1, `[N, 2, H/8, W/8]`: where the cloud is.
    pub maps: Tensor<4>,
    /// What sort of cloud, `[N, Z]`.
    pub spectrum: Tensor<2>,
}

impl CloudCode {
    /// The code without its history, so that no gradient passes.
    #[must_use]
    pub fn detach(self) -> Self {
        Self { maps: self.maps.detach(), spectrum: self.spectrum.detach() }
    }

    /// The code with its maps rounded to 8 bits, in which nothing can be hidden; gradients pass as if
    /// they were not rounded.
    #[must_use]
    pub fn quantised(self) -> Self {
        let rounded = (self.maps.clone().detach() * 255.0).round() / 255.0;
        let change = rounded - self.maps.clone().detach();
        Self { maps: self.maps + change, spectrum: self.spectrum }
    }
}

/// `x̂_A = x_B + o·(c − x_B) − s·d + a·Δ`, all a pixel and band: opacity o and shadow s are the code's maps
/// made smooth, c and d are linear in the spectral code, Δ is a network's, and
/// `a = min(1, 8·max(o, s))` keeps it to where the code puts cloud.
#[derive(Module, Debug)]
pub struct GCloud {
    stem: Conv,
    down: Down,
    blocks: Vec<Block>,
    up: Up,
    decode: Block,
    head: Conv,
    colour: Dense,
    shade: Dense,
    /// Reflectance of an average thick cloud, in network range.
    white: Param<Tensor<1>>,
    /// Darkening of an average deep shadow, in network range.
    dark: Param<Tensor<1>>,
}

impl GCloud {
    /// A new network.
    pub fn new(init: &mut Init, config: &NetworkConfig) -> Self {
        let (c, z) = (config.channels(), config.z_cloud);
        let (w1, w2) = (config.width / 2, config.width);
        Self {
            stem: Conv::new(init, c + 2, w1, 3, 1.0),
            down: Down::new(init, w1, w2),
            blocks: vec![Block::new(init, w2, 1, z), Block::new(init, w2, 2, z)],
            up: Up::new(init, w2, w1, config.upsampling),
            decode: Block::new(init, w1, 1, z),
            head: Conv::new(init, w1, c, 1, 0.1),
            colour: Dense::new(init, z, c, 0.5),
            shade: Dense::new(init, z, c, 0.1),
            white: init.constant([c], 3.0),
            dark: init.constant([c], 0.7),
        }
    }

    /// `clear` `[N, C, H, W]` in network range, H and W multiples of 8.
    #[must_use]
    pub fn forward(&self, clear: Tensor<4>, code: &CloudCode) -> Tensor<4> {
        let [n, c, _, _] = clear.dims();
        let maps = ops::upsample_linear(code.maps.clone(), 8);
        let opacity = maps.clone().narrow(1, 0, 1);
        let shadow = maps.clone().narrow(1, 1, 1);
        let [_, codes] = code.spectrum.dims();
        let z = code.spectrum.clone().reshape([n, codes, 1, 1]);

        let full = leaky(self.stem.forward(Tensor::cat(vec![clear.clone(), maps], 1)));
        let mut x = self.down.forward(full.clone());
        for block in &self.blocks {
            x = block.forward(x, Some(&z));
        }
        let x = leaky(self.decode.forward(self.up.forward(x) + full, Some(&z)));
        let change = self.head.forward(x);

        let per_band = |values: Tensor<2>| values.reshape([n, c, 1, 1]);
        let white = per_band(self.colour.forward(code.spectrum.clone()) + self.white.val().unsqueeze());
        let dark = per_band(self.shade.forward(code.spectrum.clone()) + self.dark.val().unsqueeze());
        let support = (opacity.clone().max_pair(shadow.clone()) * SATURATION).clamp_max(1.0);
        clear.clone() + opacity * (white - clear) - shadow * dark + support * change
    }
}
