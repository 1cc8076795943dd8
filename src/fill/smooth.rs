//! Normalised convolution on cells, coarse to fine.

use super::CELL;
use super::LEVELS;
use crate::raster::Plane;

/// Where a Gaussian is cut off, in standard deviations.
const TRUNCATE: f64 = 4.0;

/// The estimate in every cell from clear weights (0..1, the part of a cell that is clear) and
/// weighted sums (weight × mean reflectance), starting from `base` everywhere.
pub(super) fn estimate(weight: &Plane<f32>, sum: &Plane<f32>, base: f32) -> Plane<f32> {
    let mut estimate = Plane::filled(weight.width, weight.height, base);
    let mut scratch = Plane::filled(weight.width, weight.height, 0.0_f32);
    for (sigma_px, lambda) in LEVELS {
        let kernel = kernel(sigma_px / CELL as f64);
        let near = blurred(weight, &kernel, &mut scratch);
        let blurred_sum = blurred(sum, &kernel, &mut scratch);
        for ((value, &total), &weight) in estimate.data.iter_mut().zip(&blurred_sum.data).zip(&near.data) {
            *value = (total + lambda * *value) / (weight + lambda);
        }
    }
    estimate
}

/// One half of a Gaussian from its centre, the whole of which sums to 1.
fn kernel(sigma: f64) -> Vec<f32> {
    let radius = (TRUNCATE * sigma).round().max(1.0) as usize;
    let half: Vec<f64> = (0..=radius).map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp()).collect();
    let total = half[0] + 2.0 * half[1..].iter().sum::<f64>();
    half.iter().map(|value| (value / total) as f32).collect()
}

/// Separable convolution with nothing (weight 0) beyond the edges.
fn blurred(plane: &Plane<f32>, kernel: &[f32], scratch: &mut Plane<f32>) -> Plane<f32> {
    blur_columns(plane, kernel, scratch);
    let mut out = Plane::filled(plane.width, plane.height, 0.0_f32);
    for y in 0..plane.height {
        blur_row(scratch.row(y), kernel, out.row_mut(y));
    }
    out
}

/// Along columns, a whole row at a time.
fn blur_columns(plane: &Plane<f32>, kernel: &[f32], out: &mut Plane<f32>) {
    for y in 0..plane.height {
        let row = out.row_mut(y);
        for (value, &centre) in row.iter_mut().zip(plane.row(y)) {
            *value = centre * kernel[0];
        }
        for (distance, &factor) in kernel.iter().enumerate().skip(1) {
            if distance <= y {
                add_scaled(row, plane.row(y - distance), factor);
            }
            if y + distance < plane.height {
                add_scaled(row, plane.row(y + distance), factor);
            }
        }
    }
}

/// Along one row, a whole shifted row at a time.
fn blur_row(row: &[f32], kernel: &[f32], out: &mut [f32]) {
    let width = row.len();
    for (value, &centre) in out.iter_mut().zip(row) {
        *value = centre * kernel[0];
    }
    for (distance, &factor) in kernel.iter().enumerate().skip(1).take_while(|&(distance, _)| distance < width)
    {
        add_scaled(&mut out[distance..], &row[..width - distance], factor);
        add_scaled(&mut out[..width - distance], &row[distance..], factor);
    }
}

#[inline]
fn add_scaled(out: &mut [f32], values: &[f32], factor: f32) {
    for (out, &value) in out.iter_mut().zip(values) {
        *out += value * factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_scene_stays_constant_under_its_clouds() {
        let mut weight = Plane::filled(40, 30, 1.0_f32);
        for y in 10..20 {
            weight.row_mut(y)[5..25].fill(0.0);
        }
        let sum = weight.map(|weight| weight * 0.25);
        let field = estimate(&weight, &sum, 0.25);
        assert!(field.data.iter().all(|value| (value - 0.25).abs() < 1e-5));
    }

    #[test]
    fn without_any_clear_pixel_the_base_remains() {
        let nothing = Plane::filled(3, 2, 0.0_f32);
        assert_eq!(estimate(&nothing, &nothing, 0.13).data, [0.13; 6]);
    }

    #[test]
    fn near_clear_pixels_their_value_outweighs_the_base() {
        let mut weight = Plane::filled(60, 60, 0.0_f32);
        for y in 0..60 {
            weight.row_mut(y)[..30].fill(1.0);
        }
        let sum = weight.map(|weight| weight * 0.4);
        let field = estimate(&weight, &sum, 0.1);
        let row = field.row(30);
        assert!(row[10] > 0.38 && row[32] > 0.35, "{} {}", row[10], row[32]);
        assert!(row[59] < row[32], "confidence falls with distance");
    }

    #[test]
    fn gaussians_sum_to_one() {
        for (sigma, _) in LEVELS {
            let kernel = kernel(sigma / CELL as f64);
            let total = kernel[0] + 2.0 * kernel[1..].iter().sum::<f32>();
            assert!((total - 1.0).abs() < 1e-5);
        }
    }
}
