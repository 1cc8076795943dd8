//! Twice the size by bilinear interpolation, and back: one pass over memory each.
//!
//! Pixels are areas: a finer pixel's centre lies a quarter of a coarser pixel from its parent's, so it is
//! three quarters of that and one quarter of the nearest neighbour, along each axis. Beyond the outermost
//! centres the edge pixel continues (`PyTorch`'s `interpolate(scale_factor=2, mode="bilinear")`).

use rayon::prelude::*;

/// Planes `height` × `width`, one behind the other, at twice the size.
pub fn forward(x: &[f32], [height, width]: [usize; 2]) -> Vec<f32> {
    let mut out = vec![0.0; 4 * x.len()];
    let planes = out.par_chunks_exact_mut(4 * height * width).zip(x.par_chunks_exact(height * width));
    planes.for_each_init(
        || vec![0.0; width],
        |row, (out, plane)| {
            for (index, out) in out.chunks_exact_mut(2 * width).enumerate() {
                let (own, other) = (index / 2, neighbour(index, height));
                let (own, other) = (&plane[own * width..][..width], &plane[other * width..][..width]);
                for ((mixed, &own), &other) in row.iter_mut().zip(own).zip(other) {
                    *mixed = 0.75 * own + 0.25 * other;
                }
                stretch(row, out);
            }
        },
    );
    out
}

/// The coarser row or column that a finer one leans on beside its parent.
fn neighbour(fine: usize, coarse: usize) -> usize {
    let parent = fine / 2;
    if fine.is_multiple_of(2) { parent.saturating_sub(1) } else { (parent + 1).min(coarse - 1) }
}

/// A row at twice its length.
fn stretch(row: &[f32], out: &mut [f32]) {
    let last = row.len() - 1;
    for (column, out) in out.chunks_exact_mut(2).enumerate() {
        let here = 0.75 * row[column];
        out[0] = here + 0.25 * row[column.saturating_sub(1)];
        out[1] = here + 0.25 * row[(column + 1).min(last)];
    }
}

/// The gradient of x from that of the result, planes `2 · height` × `2 · width`: the transpose of [`forward`].
pub fn backward(gradient: &[f32], [height, width]: [usize; 2]) -> Vec<f32> {
    let mut out = vec![0.0; gradient.len() / 4];
    let planes = out.par_chunks_exact_mut(height * width);
    planes.zip(gradient.par_chunks_exact(4 * height * width)).for_each_init(
        || vec![0.0; 2 * width],
        |row, (out, plane)| {
            for (index, out) in out.chunks_exact_mut(width).enumerate() {
                let [before, first, second, after] =
                    leaning(index, height).map(|fine| &plane[fine * 2 * width..][..2 * width]);
                for (column, sum) in row.iter_mut().enumerate() {
                    *sum = 0.75 * (first[column] + second[column]) + 0.25 * (before[column] + after[column]);
                }
                for (column, out) in out.iter_mut().enumerate() {
                    let [before, first, second, after] = leaning(column, width).map(|fine| row[fine]);
                    *out = 0.75 * (first + second) + 0.25 * (before + after);
                }
            }
        },
    );
    out
}

/// The four finer rows or columns that a coarser one is part of. At an edge the outermost leans on it twice.
fn leaning(coarse: usize, size: usize) -> [usize; 4] {
    let first = 2 * coarse;
    [first.saturating_sub(1), first, first + 1, (first + 2).min(2 * size - 1)]
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};

    use super::*;
    use crate::networks::ops::upsample_linear;
    use crate::random::Stream;

    fn drawn(values: usize, purpose: &str) -> Vec<f32> {
        let mut out = vec![0.0; values];
        Stream::new(3, 0, purpose).fill_normal(&mut out);
        out
    }

    #[test]
    fn a_doubled_plane_is_that_of_the_interpolation_by_matrices() {
        for [height, width] in [[1, 1], [1, 5], [4, 1], [3, 2], [7, 9]] {
            let x = drawn(6 * height * width, "double/x");
            let tensor = TensorData::new(x.clone(), [2, 3, height, width]);
            let expected = upsample_linear(Tensor::from_data(tensor, &Device::flex()), 2);
            let expected: Vec<f32> = expected.into_data().try_to_vec().expect("floats");
            let found = forward(&x, [height, width]);
            assert_eq!(found.len(), expected.len());
            assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{height} x {width}");
        }
    }

    #[test]
    fn the_gradient_is_the_transpose() {
        for size in [[1, 1], [1, 5], [4, 1], [3, 2], [7, 9]] {
            let x = drawn(2 * size[0] * size[1], "double/x");
            let y = drawn(8 * size[0] * size[1], "double/y");
            let dot = |a: &[f32], b: &[f32]| -> f64 {
                a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
            };
            let (there, back) = (dot(&forward(&x, size), &y), dot(&x, &backward(&y, size)));
            assert!((there - back).abs() < 1e-4 * (1.0 + there.abs()), "{size:?}: {there} {back}");
        }
    }
}
