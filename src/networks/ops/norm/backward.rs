//! The backward pass.
//!
//! With `r = (mean_c x² + ε)^−½`, `n = x · r`, `u = n · (1 + scale) + shift` and the gradient `g` of
//! `leaky(u)`: `g_u = g` or, where u < 0, `slope · g`; `g_shift = g_u`; `g_scale = g_u · n`;
//! `g_n = g_u · (1 + scale)`; and since r depends on all channels of a pixel,
//! `g_x = r · (g_n − n · mean_c(g_n · n))`.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::super::lanes::dispatch;
use super::super::pieces::pieces;
use super::block::{Rows, with_buffer};
use super::forward::Roots;
use super::{Constants, Sizes};

/// The gradients of x and of the modulation, in their shapes, given that of the result.
pub fn backward(
    sizes: &Sizes,
    constants: Constants,
    x: &[f32],
    modulation: &[f32],
    grad: &[f32],
) -> [Vec<f32>; 2] {
    let mut x_grad = vec![0.0; x.len()];
    let mut modulation_grad = vec![0.0; modulation.len()];
    let [map_rows, map_columns] = sizes.map;
    let rows = sizes.piece_rows();
    let of_x = pieces(&mut x_grad, sizes.channels, sizes.pixels(), rows * sizes.size[1]);
    let map_piece = rows / sizes.factor()[0] * map_columns;
    let of_map = pieces(&mut modulation_grad, 2 * sizes.channels, map_rows * map_columns, map_piece);
    of_x.into_par_iter().zip(of_map).enumerate().for_each(|(piece, (mut x_grad, mut modulation_grad))| {
        let begin = piece % sizes.pieces() * rows;
        for rows in Rows::of_piece(sizes, piece) {
            let block = Block { sizes, constants, rows, begin, modulation };
            block.run(x, grad, &mut x_grad, &mut modulation_grad);
        }
    });
    [x_grad, modulation_grad]
}

/// One block of a piece that begins at a row.
struct Block<'a> {
    sizes: &'a Sizes,
    constants: Constants,
    rows: Rows,
    begin: usize,
    modulation: &'a [f32],
}

impl Block<'_> {
    /// Writes the piece's gradient of x, and adds to its gradient of the modulation: rows of each channel.
    fn run(&self, x: &[f32], grad: &[f32], x_grad: &mut [&mut [f32]], modulation_grad: &mut [&mut [f32]]) {
        let Self { sizes, rows, .. } = *self;
        let (values, plane) = rows.values(sizes);
        let place = (rows.first - self.begin) * sizes.size[1];
        with_buffer((2 * sizes.channels + 2) * plane, |buffer| {
            let (x_planes, rest) = buffer.split_at_mut(sizes.channels * plane);
            let (grad_planes, rest) = rest.split_at_mut(sizes.channels * plane);
            let (roots, total) = rest.split_at_mut(plane);
            rows.gather(sizes, x, x_planes);
            rows.gather(sizes, grad, grad_planes);
            dispatch(Roots { x: x_planes, epsilon: self.constants.epsilon, inverse: roots });
            self.channels(x_planes, grad_planes, roots, total, modulation_grad);
            let channels = x_planes.chunks_exact(plane).zip(grad_planes.chunks_exact_mut(plane));
            for ((x, grad), out) in channels.zip(x_grad) {
                dispatch(Finish { x, grad, roots, total, share: 1.0 / sizes.channels as f32 });
                out[place..place + values].copy_from_slice(&grad[..values]);
            }
        });
    }

    /// Turns the gradient of the result into that of the norm, of which it leaves `Σ_c g_n · n`.
    fn channels(
        &self,
        x: &[f32],
        grad: &mut [f32],
        roots: &[f32],
        total: &mut [f32],
        modulation_grad: &mut [&mut [f32]],
    ) {
        let Self { sizes, rows, begin, modulation, .. } = *self;
        let plane = roots.len();
        let mut maps = vec![0.0; 2 * plane];
        let (scale, shift) = maps.split_at_mut(plane);
        let (scale_grad, shift_grad) = modulation_grad.split_at_mut(sizes.channels);
        total.fill(0.0);
        for (channel, (x, grad)) in x.chunks_exact(plane).zip(grad.chunks_exact_mut(plane)).enumerate() {
            rows.spread(sizes, modulation, channel, scale);
            rows.spread(sizes, modulation, sizes.channels + channel, shift);
            dispatch(Channel { x, grad, roots, scale, shift, total, slope: self.constants.slope });
            rows.collect(sizes, scale, begin, scale_grad[channel]);
            rows.collect(sizes, shift, begin, shift_grad[channel]);
        }
    }
}

/// One channel of a block: a plane each.
struct Channel<'a> {
    x: &'a [f32],
    /// The gradient of the result, which becomes `g_n`.
    grad: &'a mut [f32],
    roots: &'a [f32],
    /// The scale, which becomes its gradient.
    scale: &'a mut [f32],
    /// The shift, which becomes its gradient.
    shift: &'a mut [f32],
    /// `Σ g_n · n` over the channels so far.
    total: &'a mut [f32],
    slope: f32,
}

impl WithSimd for Channel<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let [x, roots] = [self.x, self.roots].map(|plane| S::as_simd_f32s(plane).0);
        let [grad, scale, shift, total] =
            [self.grad, self.scale, self.shift, self.total].map(|plane| S::as_mut_simd_f32s(plane).0);
        let [zero, slope] = [0.0, self.slope].map(|value| simd.splat_f32s(value));
        for at in 0..x.len() {
            let normal = simd.mul_f32s(x[at], roots[at]);
            // As the forward pass computes it, so that both agree on which side of 0 it lies.
            let moved = simd.mul_add_e_f32s(normal, scale[at], simd.add_f32s(normal, shift[at]));
            let negative = simd.less_than_f32s(moved, zero);
            let moved_grad = simd.select_f32s(negative, simd.mul_f32s(grad[at], slope), grad[at]);
            let normal_grad = simd.mul_add_e_f32s(moved_grad, scale[at], moved_grad);
            scale[at] = simd.mul_f32s(moved_grad, normal);
            shift[at] = moved_grad;
            total[at] = simd.mul_add_e_f32s(normal_grad, normal, total[at]);
            grad[at] = normal_grad;
        }
    }
}

/// The last step of one channel: a plane each.
struct Finish<'a> {
    x: &'a [f32],
    /// `g_n`, which becomes the gradient of x.
    grad: &'a mut [f32],
    roots: &'a [f32],
    /// `Σ g_n · n` over all channels.
    total: &'a [f32],
    /// One over the number of channels.
    share: f32,
}

impl WithSimd for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let [x, roots, total] = [self.x, self.roots, self.total].map(|plane| S::as_simd_f32s(plane).0);
        let grad = S::as_mut_simd_f32s(self.grad).0;
        let share = simd.splat_f32s(-self.share);
        for at in 0..x.len() {
            let normal = simd.mul_f32s(x[at], roots[at]);
            let mean = simd.mul_f32s(total[at], share);
            grad[at] = simd.mul_f32s(roots[at], simd.mul_add_e_f32s(normal, mean, grad[at]));
        }
    }
}
