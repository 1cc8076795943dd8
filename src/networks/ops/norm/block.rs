//! A block of rows in a buffer of whole vectors.

use std::cell::RefCell;

use pulp::Simd;

use super::super::lanes::sum;
use super::Sizes;

/// The buffer's planes are a multiple of every processor's vectors.
const WHOLE: usize = 16;

thread_local! {
    /// A block's values; kept, since fresh memory costs more than the pass over it.
    static BUFFER: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Some rows of an image.
#[derive(Debug, Clone, Copy)]
pub struct Rows {
    /// The image.
    pub image: usize,
    /// First row.
    pub first: usize,
    /// Number of rows.
    pub count: usize,
}

impl Rows {
    /// The blocks of a piece, see [`Sizes::pieces`].
    pub fn of_piece(sizes: &Sizes, piece: usize) -> impl Iterator<Item = Self> {
        let (image, begin) = (piece / sizes.pieces(), piece % sizes.pieces() * sizes.piece_rows());
        let (end, step) = ((begin + sizes.piece_rows()).min(sizes.size[0]), sizes.block_rows());
        (begin..end).step_by(step).map(move |first| Self { image, first, count: step.min(end - first) })
    }

    /// Values of a channel that are in the block, and those that its plane in a buffer has.
    pub fn values(&self, sizes: &Sizes) -> (usize, usize) {
        let values = self.count * sizes.size[1];
        (values, values.next_multiple_of(WHOLE))
    }

    /// Copies the block's rows of every channel of a tensor like x into planes; zeros fill them up.
    pub fn gather(&self, sizes: &Sizes, tensor: &[f32], planes: &mut [f32]) {
        let (values, plane) = self.values(sizes);
        let pixels = sizes.pixels();
        let image = &tensor[self.image * sizes.channels * pixels..][..sizes.channels * pixels];
        for (channel, target) in image.chunks_exact(pixels).zip(planes.chunks_exact_mut(plane)) {
            target[..values].copy_from_slice(&channel[self.first * sizes.size[1]..][..values]);
            target[values..].fill(0.0);
        }
    }

    /// Spreads channel `channel` of the modulation `[2C, h, w]` of the block's image over a plane.
    pub fn spread(&self, sizes: &Sizes, modulation: &[f32], channel: usize, plane: &mut [f32]) {
        let ([rows, columns], [row_factor, factor]) = (sizes.map, sizes.factor());
        let map = &modulation[(self.image * 2 * sizes.channels + channel) * rows * columns..];
        if [rows, columns] == [1, 1] {
            plane.fill(map[0]);
            return;
        }
        for (row, target) in (self.first..).zip(plane.chunks_exact_mut(sizes.size[1]).take(self.count)) {
            let source = &map[row / row_factor * columns..][..columns];
            if factor == 1 {
                target.copy_from_slice(source);
            } else {
                target.chunks_exact_mut(factor).zip(source).for_each(|(target, &value)| target.fill(value));
            }
        }
    }

    /// Adds a plane to a piece's rows of one channel of the modulation's gradient: the reverse of
    /// [`Rows::spread`]. `begin` is the piece's first row of x.
    pub fn collect(&self, sizes: &Sizes, plane: &[f32], begin: usize, gradient: &mut [f32]) {
        let ([_, columns], [row_factor, factor]) = (sizes.map, sizes.factor());
        if sizes.map == [1, 1] {
            gradient[0] += sum(&plane[..self.values(sizes).0]);
            return;
        }
        for (row, source) in (self.first..).zip(plane.chunks_exact(sizes.size[1]).take(self.count)) {
            let target = &mut gradient[(row - begin) / row_factor * columns..][..columns];
            for (target, source) in target.iter_mut().zip(source.chunks_exact(factor)) {
                *target += source.iter().sum::<f32>();
            }
        }
    }
}

/// Runs something with a buffer of so many values.
pub fn with_buffer(values: usize, run: impl FnOnce(&mut [f32])) {
    BUFFER.with_borrow_mut(|buffer| {
        buffer.resize(buffer.len().max(values), 0.0);
        run(&mut buffer[..values]);
    });
}

/// One over the root mean square of each pixel of planes of x: `(mean_c x² + ε)^−½`.
#[inline(always)]
pub fn inverse_roots<S: Simd>(simd: S, planes: &[f32], epsilon: f32, roots: &mut [f32]) {
    let channels = planes.len() / roots.len();
    let (x, _) = S::as_simd_f32s(planes);
    let (roots, _) = S::as_mut_simd_f32s(roots);
    let vectors = roots.len();
    let [share, epsilon, one] = [1.0 / channels as f32, epsilon, 1.0].map(|value| simd.splat_f32s(value));
    for at in 0..vectors {
        let mut sum = simd.splat_f32s(0.0);
        for channel in 0..channels {
            let x = x[channel * vectors + at];
            sum = simd.mul_add_e_f32s(x, x, sum);
        }
        roots[at] = simd.div_f32s(one, simd.sqrt_f32s(simd.mul_add_e_f32s(sum, share, epsilon)));
    }
}
