//! The forward kernel, which is the kernel of the input's gradient too.

use std::cell::RefCell;

use pulp::{Simd, WithSimd, bytemuck};
use rayon::prelude::*;

use super::super::lanes::{dispatch, lanes, load};
use super::super::pieces::pieces;
use super::bands::Bands;
use super::geometry::Geometry;
use super::weights::Weights;

thread_local! {
    /// A band's input with its border; kept, since fresh memory costs as much as the convolution of a
    /// small image.
    static BUFFER: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// The convolution of `x` with a kernel `[O, C, kh, kw]`, plus a bias `[O]`: `[N, O, H', W']`.
pub fn forward(geometry: &Geometry, x: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    convolve(geometry, x, &Weights::forward(geometry, weight), Some(bias))
}

/// The gradient of the input, given the gradient of the output.
pub fn x_gradient(geometry: &Geometry, weight: &[f32], grad: &[f32]) -> Vec<f32> {
    let geometry = geometry.turned();
    convolve(&geometry, grad, &Weights::turned(&geometry, weight), None)
}

fn convolve(geometry: &Geometry, x: &[f32], weights: &Weights, bias: Option<&[f32]>) -> Vec<f32> {
    let [height, width] = geometry.out_size();
    let bands = Bands::new(geometry, lanes());
    let runs = bands.runs();
    let mut out = vec![0.0; geometry.images * geometry.outputs * height * width];
    let image = geometry.inputs * geometry.size[0] * geometry.size[1];
    pieces(&mut out, geometry.outputs, height * width, bands.rows * width)
        .into_par_iter()
        .enumerate()
        .for_each(|(piece, mut out)| {
            let (first, rows) = bands.rows_of(piece % bands.per_image());
            let x = &x[piece / bands.per_image() * image..][..image];
            BUFFER.with_borrow_mut(|buffer| {
                let plane = bands.plane(rows);
                buffer.resize(buffer.len().max(geometry.inputs * plane), 0.0);
                let channels = x.chunks_exact(image / geometry.inputs);
                for (channel, plane) in channels.zip(buffer.chunks_exact_mut(plane)) {
                    bands.copy(channel, first, rows, plane);
                }
                let source = &buffer[..geometry.inputs * plane];
                let band = Band { source, plane, pitch: bands.pitch, runs: &runs, size: [rows, width] };
                match bands.run_length() {
                    3 => band.convolve::<3>(weights, bias, &mut out),
                    _ => band.convolve::<1>(weights, bias, &mut out),
                }
            });
        });
    out
}

/// One band of an image.
struct Band<'a> {
    /// The input with its border, channel after channel.
    source: &'a [f32],
    /// Values between channels of the input.
    plane: usize,
    /// Values between rows of the input.
    pitch: usize,
    /// Distance of each run of taps from the first.
    runs: &'a [usize],
    /// Output rows and columns.
    size: [usize; 2],
}

impl Band<'_> {
    /// Computes all output channels; the kernel's taps come in runs of `K` neighbours.
    fn convolve<const K: usize>(&self, weights: &Weights, bias: Option<&[f32]>, out: &mut [&mut [f32]]) {
        for (outputs, weights) in weights.blocks() {
            let bias = bias.map(|bias| &bias[outputs.clone()]);
            let out = &mut out[outputs];
            match out.len() {
                1 => dispatch(Block::<1, 4, K> { band: self, weights, bias, out }),
                2 => dispatch(Block::<2, 4, K> { band: self, weights, bias, out }),
                3 => dispatch(Block::<3, 3, K> { band: self, weights, bias, out }),
                4 => dispatch(Block::<4, 2, K> { band: self, weights, bias, out }),
                5 => dispatch(Block::<5, 2, K> { band: self, weights, bias, out }),
                _ => dispatch(Block::<6, 2, K> { band: self, weights, bias, out }),
            }
        }
    }
}

/// `M` output channels of a band, `N` vectors of pixels at a time. Each block is a function of its own
/// after compilation, so that its sums get all registers.
struct Block<'a, 'out, const M: usize, const N: usize, const K: usize> {
    band: &'a Band<'a>,
    /// Input channel, tap, output channel.
    weights: &'a [f32],
    bias: Option<&'a [f32]>,
    /// The rows of each output channel.
    out: &'a mut [&'out mut [f32]],
}

impl<const M: usize, const N: usize, const K: usize> WithSimd for Block<'_, '_, M, N, K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let [rows, width] = self.band.size;
        let vectors = width.div_ceil(S::F32_LANES);
        let place = |at: usize| [at / vectors, at % vectors * S::F32_LANES];
        let total = rows * vectors;
        let mut at = 0;
        while at + N <= total {
            self.tile::<S, N>(simd, std::array::from_fn(|n| place(at + n)));
            at += N;
        }
        for at in at..total {
            self.tile::<S, 1>(simd, [place(at)]);
        }
    }
}

impl<const M: usize, const N: usize, const K: usize> Block<'_, '_, M, N, K> {
    /// `T` vectors of pixels at `[row, column]`.
    #[inline(always)]
    fn tile<S: Simd, const T: usize>(&mut self, simd: S, places: [[usize; 2]; T]) {
        let band = self.band;
        let mut offsets = [0; T];
        let mut sums = [[simd.splat_f32s(0.0); T]; M];
        for t in 0..T {
            offsets[t] = places[t][0] * band.pitch + places[t][1];
            for m in 0..M {
                sums[m][t] = simd.splat_f32s(self.bias.map_or(0.0, |bias| bias[m]));
            }
        }
        let channels = band.source.chunks_exact(band.plane);
        let weights = self.weights.as_chunks::<M>().0.as_chunks::<K>().0.chunks_exact(band.runs.len());
        for (channel, weights) in channels.zip(weights) {
            for (&run, weights) in band.runs.iter().zip(weights) {
                let mut windows: [&[f32]; T] = [&[]; T];
                for t in 0..T {
                    windows[t] = &channel[offsets[t] + run..][..S::F32_LANES + K - 1];
                }
                for k in 0..K {
                    let mut x = [simd.splat_f32s(0.0); T];
                    for t in 0..T {
                        x[t] = load::<S>(windows[t], k);
                    }
                    for m in 0..M {
                        let weight = simd.splat_f32s(weights[k][m]);
                        for t in 0..T {
                            sums[m][t] = simd.mul_add_e_f32s(weight, x[t], sums[m][t]);
                        }
                    }
                }
            }
        }
        self.store::<S, T>(places, sums);
    }

    /// Writes what of a tile lies inside the image.
    #[inline(always)]
    fn store<S: Simd, const T: usize>(&mut self, places: [[usize; 2]; T], sums: [[S::f32s; T]; M]) {
        let width = self.band.size[1];
        for (out, sums) in self.out.iter_mut().zip(sums) {
            for ([row, column], sums) in places.into_iter().zip(sums) {
                let inside = S::F32_LANES.min(width - column);
                let target = &mut out[row * width + column..][..inside];
                match S::as_mut_simd_f32s(target) {
                    ([whole], _) => *whole = sums,
                    (_, part) => part.copy_from_slice(&bytemuck::cast_slice(&[sums])[..inside]),
                }
            }
        }
    }
}
