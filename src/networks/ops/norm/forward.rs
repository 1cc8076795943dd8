//! The forward pass.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::super::lanes::dispatch;
use super::super::pieces::pieces;
use super::block::{Rows, inverse_roots, with_buffer};
use super::{Constants, Sizes};

/// The result, in the shape of x.
pub fn forward(sizes: &Sizes, constants: Constants, x: &[f32], modulation: &[f32]) -> Vec<f32> {
    let mut out = vec![0.0; x.len()];
    let rows = sizes.piece_rows() * sizes.size[1];
    let work = pieces(&mut out, sizes.channels, sizes.pixels(), rows).into_par_iter().enumerate();
    work.for_each(|(piece, mut out)| {
        let mut done = 0;
        for rows in Rows::of_piece(sizes, piece) {
            let (values, plane) = rows.values(sizes);
            with_buffer((sizes.channels + 3) * plane, |buffer| {
                let (x_planes, rest) = buffer.split_at_mut(sizes.channels * plane);
                rows.gather(sizes, x, x_planes);
                let (roots, maps) = rest.split_at_mut(plane);
                dispatch(Roots { x: x_planes, epsilon: constants.epsilon, inverse: roots });
                for (channel, x) in x_planes.chunks_exact_mut(plane).enumerate() {
                    let (scale, shift) = maps.split_at_mut(plane);
                    rows.spread(sizes, modulation, channel, scale);
                    rows.spread(sizes, modulation, sizes.channels + channel, shift);
                    dispatch(Channel { x, roots, scale, shift, slope: constants.slope });
                    out[channel][done..done + values].copy_from_slice(&x[..values]);
                }
            });
            done += values;
        }
    });
    out
}

/// [`inverse_roots`] of a block.
pub struct Roots<'a> {
    /// Planes of x.
    pub x: &'a [f32],
    /// Added to the mean square.
    pub epsilon: f32,
    /// One plane.
    pub inverse: &'a mut [f32],
}

impl WithSimd for Roots<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        inverse_roots(simd, self.x, self.epsilon, self.inverse);
    }
}

/// One channel of a block: a plane each.
struct Channel<'a> {
    /// x, which becomes the result.
    x: &'a mut [f32],
    roots: &'a [f32],
    scale: &'a [f32],
    shift: &'a [f32],
    slope: f32,
}

impl WithSimd for Channel<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let x = S::as_mut_simd_f32s(self.x).0;
        let [roots, scale, shift] =
            [self.roots, self.scale, self.shift].map(|plane| S::as_simd_f32s(plane).0);
        let [zero, slope] = [0.0, self.slope].map(|value| simd.splat_f32s(value));
        for at in 0..x.len() {
            let normal = simd.mul_f32s(x[at], roots[at]);
            // normal · (1 + scale) + shift
            let moved = simd.mul_add_e_f32s(normal, scale[at], simd.add_f32s(normal, shift[at]));
            let negative = simd.less_than_f32s(moved, zero);
            x[at] = simd.select_f32s(negative, simd.mul_f32s(moved, slope), moved);
        }
    }
}
