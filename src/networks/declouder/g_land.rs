//! `G_land`: what lies under the cloud.

use burn::module::Module;
use burn::tensor::{Tensor, activation};

use crate::networks::NetworkConfig;
use crate::networks::init::Init;
use crate::networks::layers::{Block, Conv, Down, Up, leaky};

/// Where the gate begins: `sigmoid(−3)` = 0.047, so that a new network is the fill.
const GATE_BIAS: f32 = -3.0;

/// What `G_land` is given, all `[N, ·, H, W]` in network range, H and W multiples of 8.
#[derive(Debug, Clone)]
pub struct LandInput {
    /// The cloudy image, `[N, C, H, W]`.
    pub cloudy: Tensor<4>,
    /// The mask m, 0 to 1, `[N, 1, H, W]`.
    pub mask: Tensor<4>,
    /// The fill, `[N, C, H, W]`.
    pub context: Tensor<4>,
    /// Sentinel-1 VV and VH, `[N, 2, H, W]`.
    pub s1: Option<Optional>,
    /// A clear date of the same place, `[N, C, H, W]`.
    pub reference: Option<Optional>,
}

/// An input that may be missing.
#[derive(Debug, Clone)]
pub struct Optional {
    /// The bands.
    pub values: Tensor<4>,
    /// 1 where there is a value, else 0: `[N, 1, 1, 1]` for images that have it or not, `[N, 1, H, W]` for pixels.
    pub available: Tensor<4>,
}

/// A U-shaped network, three times halved. The encoder does not know the land code; every block of
/// the decoder is modulated by it, so another sample costs a decoder pass only.
///
/// Its result is `ctx + r + α·(x_A + c − ctx)` with a residual r on the fill, a correction c of thin
/// cloud, and a gate α in 0..1 that lets the corrected image through: a number each a pixel and
/// band. It starts as the fill.
#[derive(Module, Debug)]
pub struct GLand {
    stem: Conv,
    stem_s1: Option<Conv>,
    stem_reference: Option<Conv>,
    down1: Down,
    block1: Block,
    down2: Down,
    block2: Vec<Block>,
    down3: Down,
    block3: Vec<Block>,
    middle: Vec<Block>,
    up3: Up,
    decode3: Vec<Block>,
    up2: Up,
    decode2: Block,
    up1: Up,
    decode1: Block,
    residual: Conv,
    gate: Conv,
    correction: Conv,
    /// Whether the fill is looked at.
    #[module(skip)]
    sees_fill: bool,
}

/// What the encoder found: features from full size to an eighth.
#[derive(Debug, Clone)]
pub struct Features {
    levels: [Tensor<4>; 4],
    cloudy: Tensor<4>,
    context: Tensor<4>,
}

impl Features {
    /// The features of `count` images from number `from` on.
    #[must_use]
    pub fn narrow(&self, from: usize, count: usize) -> Self {
        let part = |tensor: &Tensor<4>| tensor.clone().narrow(0, from, count);
        Self {
            levels: self.levels.each_ref().map(part),
            cloudy: part(&self.cloudy),
            context: part(&self.context),
        }
    }

    /// The features of one image, as often as there are codes to be decoded in one pass.
    #[must_use]
    pub fn repeat(&self, count: usize) -> Self {
        let many = |tensor: &Tensor<4>| tensor.clone().repeat_dim(0, count);
        Self {
            levels: self.levels.each_ref().map(many),
            cloudy: many(&self.cloudy),
            context: many(&self.context),
        }
    }
}

/// What the decoder makes of features and a land code.
#[derive(Debug, Clone)]
pub struct Land {
    /// The clear surface everywhere, before it is composited, `[N, C, H, W]` in network range.
    pub surface: Tensor<4>,
    /// The gate α, `[N, C, H, W]`.
    pub gate: Tensor<4>,
}

impl GLand {
    /// A new network.
    pub fn new(init: &mut Init, config: &NetworkConfig) -> Self {
        let (c, z) = (config.channels(), config.z_land);
        let [w1, w2, w3, w4] = widths(config.width);
        let mut gate = Conv::new(init, w1, c, 1, 0.1);
        gate.bias = init.constant([c], GATE_BIAS);
        Self {
            stem: Conv::new(init, 2 * c + 1, w1, 3, 1.0),
            stem_s1: config.s1.then(|| Conv::new(init, 2, w1, 3, 0.5)),
            stem_reference: config.reference.then(|| Conv::new(init, c, w1, 3, 0.5)),
            down1: Down::new(init, w1, w2),
            block1: Block::new(init, w2, 1, 0),
            down2: Down::new(init, w2, w3),
            block2: vec![Block::new(init, w3, 1, 0)],
            down3: Down::new(init, w3, w4),
            block3: vec![Block::new(init, w4, 1, 0), Block::new(init, w4, 2, 0)],
            middle: vec![Block::new(init, w4, 2, z), Block::new(init, w4, 1, z)],
            up3: Up::new(init, w4, w3, config.upsampling),
            decode3: vec![Block::new(init, w3, 1, z), Block::new(init, w3, 1, z)],
            up2: Up::new(init, w3, w2, config.upsampling),
            decode2: Block::new(init, w2, 1, z),
            up1: Up::new(init, w2, w1, config.upsampling),
            decode1: Block::new(init, w1, 1, z),
            residual: Conv::new(init, w1, c, 1, 0.05),
            gate,
            correction: Conv::new(init, w1, c, 1, 0.05),
            sees_fill: config.context,
        }
    }

    /// Whether it has a way in for Sentinel-1.
    #[must_use]
    pub fn takes_s1(&self) -> bool {
        self.stem_s1.is_some()
    }

    /// Whether it has a way in for a reference date.
    #[must_use]
    pub fn takes_reference(&self) -> bool {
        self.stem_reference.is_some()
    }

    /// Runs the part that does not depend on the land code.
    ///
    /// An optional input is used only where the network has a way in for it.
    #[must_use]
    pub fn encode(&self, input: &LandInput) -> Features {
        // 0 is the mean of the clear training pixels.
        let context = if self.sees_fill { input.context.clone() } else { input.context.zeros_like() };
        let all = vec![input.cloudy.clone(), input.mask.clone(), context.clone()];
        let mut x = self.stem.forward(Tensor::cat(all, 1));
        let ways = [(&self.stem_s1, &input.s1), (&self.stem_reference, &input.reference)];
        for (stem, optional) in ways {
            if let (Some(stem), Some(optional)) = (stem, optional) {
                x = x + stem.forward(optional.values.clone()) * optional.available.clone();
            }
        }
        let full = leaky(x);
        let half = self.block1.forward(self.down1.forward(full.clone()), None);
        let quarter = run(&self.block2, self.down2.forward(half.clone()), None);
        let eighth = run(&self.block3, self.down3.forward(quarter.clone()), None);
        Features { levels: [full, half, quarter, eighth], cloudy: input.cloudy.clone(), context }
    }

    /// The surface for a land code: `z` `[N, Z, 1, 1]`, or `[N, Z, H/8, W/8]` where clouds side by side have
    /// codes of their own.
    #[must_use]
    pub fn decode(&self, features: &Features, z: &Tensor<4>) -> Land {
        let [full, half, quarter, eighth] = features.levels.clone();
        let x = run(&self.middle, eighth, Some(z));
        let x = run(&self.decode3, self.up3.forward(x) + quarter, Some(z));
        let x = self.decode2.forward(self.up2.forward(x) + half, Some(z));
        let x = leaky(self.decode1.forward(self.up1.forward(x) + full, Some(z)));
        let gate = activation::sigmoid(self.gate.forward(x.clone()));
        let seen = features.cloudy.clone() + self.correction.forward(x.clone()) - features.context.clone();
        let surface = features.context.clone() + self.residual.forward(x) + gate.clone() * seen;
        Land { surface, gate }
    }

    /// [`GLand::encode`], then [`GLand::decode`].
    #[must_use]
    pub fn forward(&self, input: &LandInput, z: &Tensor<4>) -> Land {
        self.decode(&self.encode(input), z)
    }

    /// With everything held still but the weights by which codes modulate the decoder. Biases are held too, so what
    /// the code 0 makes stays as it is.
    #[must_use]
    pub fn codes_learn(mut self) -> Self {
        let decoder = self.middle.iter_mut().chain(&mut self.decode3);
        let modulations = decoder.chain([&mut self.decode2, &mut self.decode1]);
        let learning: Vec<_> =
            modulations.map(|block| block.modulation.as_ref().map(|codes| codes.weight.clone())).collect();
        let mut held = self.no_grad();
        let decoder = held.middle.iter_mut().chain(&mut held.decode3);
        let modulations = decoder.chain([&mut held.decode2, &mut held.decode1]);
        for (block, weight) in modulations.zip(learning) {
            if let Some((codes, weight)) = block.modulation.as_mut().zip(weight) {
                codes.weight = weight;
            }
        }
        held
    }

    /// How far, in pixels, an output pixel looks: the least apron of a tile, rounded up to a multiple of 8.
    #[must_use]
    pub fn receptive_radius(&self) -> usize {
        let sum = |blocks: &[Block]| blocks.iter().map(|block| block.conv.reach()).sum::<usize>();
        let eighth = sum(&self.block3) + sum(&self.middle);
        let quarter = sum(&self.block2) + sum(&self.decode3);
        let half = self.block1.conv.reach() + self.decode2.conv.reach();
        let full = self.stem.reach() + self.decode1.conv.reach();
        // Halving and doubling move a pixel by less than the coarser pixel's side.
        let doubling = 8 * self.up3.reach() + 4 * self.up2.reach() + 2 * self.up1.reach();
        let radius = 8 * eighth + 4 * quarter + 2 * half + full + doubling + 8;
        radius.next_multiple_of(8)
    }
}

/// Channels at full, half, quarter and eighth size.
fn widths(width: usize) -> [usize; 4] {
    [width, width * 3 / 2, width * 2, width * 3]
}

fn run(blocks: &[Block], x: Tensor<4>, z: Option<&Tensor<4>>) -> Tensor<4> {
    blocks.iter().fold(x, |x, block| block.forward(x, z))
}
