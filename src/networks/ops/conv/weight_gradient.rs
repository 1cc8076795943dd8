//! The gradients of kernel and bias.

use std::cell::RefCell;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::super::lanes::{dispatch, lanes, load, sum};
use super::bands::Bands;
use super::geometry::Geometry;
use super::weights::even_parts;

/// Output channels that one pass of the kernel computes at most: with 3 taps 9 sums, as many as hide the
/// latency of a multiply-add, and as many as a compiler keeps in 16 registers beside their operands.
const BLOCK: usize = 3;

/// Vectors of pixels that pass by between two additions over lanes: what of one block of channels
/// stays in the first-level cache.
const VECTORS: usize = 128;

/// Pixels that a share of the batch has at least: each share adds up a gradient of its own.
const SHARE_PIXELS: usize = 512;

/// Shares that a batch is cut into at most.
const MOST_SHARES: usize = 8;

thread_local! {
    /// Input with its border, and packed gradient of the output, of one piece.
    static BUFFERS: RefCell<[Vec<f32>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

/// Some rows of an image.
#[derive(Debug, Clone, Copy)]
struct Segment {
    image: usize,
    first: usize,
    rows: usize,
}

/// The gradient of the kernel, `[O, C, kh, kw]`, given input and gradient of the output.
pub fn weight_gradient(geometry: &Geometry, x: &[f32], grad: &[f32]) -> Vec<f32> {
    let lanes = lanes();
    let pieces = pieces(geometry, lanes);
    let shares = (geometry.images * geometry.out_size()[0] * geometry.out_size()[1] / SHARE_PIXELS)
        .clamp(1, MOST_SHARES.min(pieces.len().max(1)));
    let columns = geometry.inputs * geometry.taps();
    let mut sums: Vec<Vec<f32>> = (0..shares)
        .into_par_iter()
        .map(|share| {
            let mut sum = vec![0.0; geometry.outputs * columns];
            let mine = share * pieces.len() / shares..(share + 1) * pieces.len() / shares;
            for piece in &pieces[mine] {
                add_piece(geometry, lanes, piece, x, grad, &mut sum);
            }
            sum
        })
        .collect();
    // In the order of the shares, whoever computed them.
    let mut total = sums.remove(0);
    for sum in sums {
        total.iter_mut().zip(sum).for_each(|(total, value)| *total += value);
    }
    total
}

/// The gradient of the bias, `[O]`, given that of the output.
pub fn bias_gradient(geometry: &Geometry, grad: &[f32]) -> Vec<f32> {
    let [height, width] = geometry.out_size();
    let planes: Vec<f32> = grad.par_chunks_exact(height * width).map(sum).collect();
    let mut total = vec![0.0; geometry.outputs];
    for image in planes.chunks_exact(geometry.outputs) {
        total.iter_mut().zip(image).for_each(|(total, value)| *total += value);
    }
    total
}

/// Cuts a batch into pieces of about [`VECTORS`] vectors.
fn pieces(geometry: &Geometry, lanes: usize) -> Vec<Vec<Segment>> {
    let [height, width] = geometry.out_size();
    let most = (VECTORS / width.div_ceil(lanes)).max(1);
    let mut pieces = Vec::new();
    if most >= height {
        let images: Vec<_> =
            (0..geometry.images).map(|image| Segment { image, first: 0, rows: height }).collect();
        pieces.extend(images.chunks(most / height).map(<[_]>::to_vec));
    } else {
        for image in 0..geometry.images {
            let mut first = 0;
            for rows in even_parts(height, most) {
                pieces.push(vec![Segment { image, first, rows }]);
                first += rows;
            }
        }
    }
    pieces
}

/// Adds what the pixels of a piece contribute to a gradient.
fn add_piece(geometry: &Geometry, lanes: usize, piece: &[Segment], x: &[f32], grad: &[f32], sum: &mut [f32]) {
    let bands = Bands::new(geometry, lanes);
    let blocks = even_parts(geometry.outputs, BLOCK);
    BUFFERS.with_borrow_mut(|[source, packed]| {
        let plane: usize = piece.iter().map(|segment| bands.plane(segment.rows)).sum();
        source.resize(source.len().max(geometry.inputs * plane), 0.0);
        let places = copy_input(&bands, piece, plane, lanes, x, source);
        pack_gradient(geometry, piece, &blocks, lanes, grad, places.len(), packed);
        let piece = Piece {
            source: &source[..geometry.inputs * plane],
            plane,
            runs: &bands.runs(),
            places: &places,
            packed: &packed[..geometry.outputs * places.len() * lanes],
        };
        match bands.run_length() {
            3 => piece.add::<1, 3>(&blocks, sum),
            _ => piece.add::<3, 1>(&blocks, sum),
        }
    });
}

/// Copies a piece's input with its border, and says where each vector of output pixels begins in it.
fn copy_input(
    bands: &Bands,
    piece: &[Segment],
    plane: usize,
    lanes: usize,
    x: &[f32],
    source: &mut [f32],
) -> Vec<usize> {
    let geometry = &bands.geometry;
    let pixels = geometry.size[0] * geometry.size[1];
    let mut begin = 0;
    let mut places = Vec::new();
    for &Segment { image, first, rows } in piece {
        let image = &x[image * geometry.inputs * pixels..][..geometry.inputs * pixels];
        for (channel, plane) in image.chunks_exact(pixels).zip(source.chunks_exact_mut(plane)) {
            bands.copy(channel, first, rows, &mut plane[begin..]);
        }
        for row in 0..rows {
            places.extend(
                (0..geometry.out_size()[1]).step_by(lanes).map(|column| begin + row * bands.pitch + column),
            );
        }
        begin += bands.plane(rows);
    }
    places
}

/// Packs a piece's gradient of the output: block of channels, vector of pixels, channel; zeros where a
/// vector leaves the image.
fn pack_gradient(
    geometry: &Geometry,
    piece: &[Segment],
    blocks: &[usize],
    lanes: usize,
    grad: &[f32],
    vectors: usize,
    packed: &mut Vec<f32>,
) {
    let [height, width] = geometry.out_size();
    packed.resize(packed.len().max(geometry.outputs * vectors * lanes), 0.0);
    let mut output = 0;
    for &block in blocks {
        let target = &mut packed[output * vectors * lanes..][..block * vectors * lanes];
        for m in 0..block {
            let mut target = target.chunks_exact_mut(lanes).skip(m).step_by(block);
            for &Segment { image, first, rows } in piece {
                let plane = &grad[(image * geometry.outputs + output + m) * height * width..];
                for row in plane[first * width..][..rows * width].chunks_exact(width) {
                    for (source, target) in row.chunks(lanes).zip(&mut target) {
                        target[..source.len()].copy_from_slice(source);
                        target[source.len()..].fill(0.0);
                    }
                }
            }
        }
        output += block;
    }
}

/// The pixels of a piece.
struct Piece<'a> {
    /// The input with its border, channel after channel.
    source: &'a [f32],
    /// Values between channels of the input.
    plane: usize,
    /// Distance of each run of taps from the first.
    runs: &'a [usize],
    /// Where each vector of output pixels begins in a channel of the input.
    places: &'a [usize],
    /// The gradient of the output, see [`pack_gradient`].
    packed: &'a [f32],
}

impl Piece<'_> {
    /// Adds the gradients of all output channels to `[O, C · kh · kw]`; the kernel's taps come in runs of
    /// `K` neighbours, of which `R` are computed at once.
    fn add<const R: usize, const K: usize>(&self, blocks: &[usize], sum: &mut [f32]) {
        let (mut packed, mut sum) = (self.packed, sum);
        let outputs: usize = blocks.iter().sum();
        let (values, columns) = (packed.len() / outputs, sum.len() / outputs);
        for &block in blocks {
            let (of_block, rest) = packed.split_at(block * values);
            let (sum_of_block, sum_rest) = sum.split_at_mut(block * columns);
            match block {
                1 => dispatch(Block::<1, R, K> { piece: self, packed: of_block, sum: sum_of_block }),
                2 => dispatch(Block::<2, R, K> { piece: self, packed: of_block, sum: sum_of_block }),
                _ => dispatch(Block::<3, R, K> { piece: self, packed: of_block, sum: sum_of_block }),
            }
            (packed, sum) = (rest, sum_rest);
        }
    }
}

/// `M` output channels of a piece, `R` runs of `K` taps at a time. Each block is a function of its own
/// after compilation, so that its sums get all registers.
struct Block<'a, const M: usize, const R: usize, const K: usize> {
    piece: &'a Piece<'a>,
    /// Gradient of the output: vector of pixels, output channel.
    packed: &'a [f32],
    /// Gradient of the kernel: output channel, input channel, tap.
    sum: &'a mut [f32],
}

impl<const M: usize, const R: usize, const K: usize> WithSimd for Block<'_, M, R, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let runs = self.sum.len() / (M * K);
        let mut run = 0;
        while run + R <= runs {
            self.columns::<S, R>(simd, run);
            run += R;
        }
        for run in run..runs {
            self.columns::<S, 1>(simd, run);
        }
    }
}

impl<const M: usize, const R: usize, const K: usize> Block<'_, M, R, K> {
    /// `C` runs of taps from `run` on; runs are numbered over input channels.
    #[inline(always)]
    fn columns<S: Simd, const C: usize>(&mut self, simd: S, run: usize) {
        let Piece { source, plane, runs, places, .. } = *self.piece;
        let mut inputs: [&[f32]; C] = [&[]; C];
        for c in 0..C {
            let (channel, run) = ((run + c) / runs.len(), (run + c) % runs.len());
            inputs[c] = &source[channel * plane..][..plane][runs[run]..];
        }
        let mut sums = [[[simd.splat_f32s(0.0); K]; C]; M];
        let grads = S::as_simd_f32s(self.packed).0.as_chunks::<M>().0;
        for (&place, grads) in places.iter().zip(grads) {
            let mut x = [[simd.splat_f32s(0.0); K]; C];
            for c in 0..C {
                let window = &inputs[c][place..][..S::F32_LANES + K - 1];
                for k in 0..K {
                    x[c][k] = load::<S>(window, k);
                }
            }
            for m in 0..M {
                for c in 0..C {
                    for k in 0..K {
                        sums[m][c][k] = simd.mul_add_e_f32s(grads[m], x[c][k], sums[m][c][k]);
                    }
                }
            }
        }
        let columns = self.sum.len() / M;
        for (sums, out) in sums.iter().zip(self.sum.chunks_exact_mut(columns)) {
            for (&sum, out) in sums.as_flattened().iter().zip(&mut out[run * K..]) {
                *out += simd.reduce_sum_f32s(sum);
            }
        }
    }
}
