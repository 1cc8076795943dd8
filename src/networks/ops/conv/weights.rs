//! Kernels in the order in which they are read.

use std::ops::Range;

use super::geometry::Geometry;

/// Output channels that one pass of the forward kernel computes at most.
pub const BLOCK: usize = 6;

/// A kernel cut into blocks of output channels, each in the order input channel, tap, output channel.
#[derive(Debug)]
pub struct Weights {
    values: Vec<f32>,
    /// Output channels of each block.
    blocks: Vec<usize>,
    /// Input channels times taps.
    depth: usize,
}

impl Weights {
    /// Packs `[O, C, kh, kw]` as it stands.
    pub fn forward(geometry: &Geometry, weight: &[f32]) -> Self {
        let taps = geometry.taps();
        Self::pack(geometry, |output, input, tap| weight[(output * geometry.inputs + input) * taps + tap])
    }

    /// Packs the kernel of the input's gradient out of the forward kernel: turned by 180°, its input
    /// and output channels exchanged. `geometry` is that of the gradient.
    pub fn turned(geometry: &Geometry, weight: &[f32]) -> Self {
        let taps = geometry.taps();
        Self::pack(geometry, |output, input, tap| {
            weight[(input * geometry.outputs + output) * taps + taps - 1 - tap]
        })
    }

    fn pack(geometry: &Geometry, weight: impl Fn(usize, usize, usize) -> f32) -> Self {
        let depth = geometry.inputs * geometry.taps();
        let blocks = even_parts(geometry.outputs, BLOCK);
        let mut values = Vec::with_capacity(geometry.outputs * depth);
        let mut first = 0;
        for &block in &blocks {
            for input in 0..geometry.inputs {
                for tap in 0..geometry.taps() {
                    values.extend((first..first + block).map(|output| weight(output, input, tap)));
                }
            }
            first += block;
        }
        Self { values, blocks, depth }
    }

    /// The blocks: output channels and values.
    pub fn blocks(&self) -> impl Iterator<Item = (Range<usize>, &[f32])> {
        let mut first = 0;
        self.blocks.iter().map(move |&block| {
            let outputs = first..first + block;
            first += block;
            (outputs.clone(), &self.values[outputs.start * self.depth..outputs.end * self.depth])
        })
    }
}

/// Cuts a number into parts as even as possible, none above `most`.
pub fn even_parts(total: usize, most: usize) -> Vec<usize> {
    let parts = total.div_ceil(most);
    (0..parts).map(|part| (part + 1) * total / parts - part * total / parts).collect()
}
