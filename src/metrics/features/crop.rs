//! One band of one crop.

use crate::raster::{Plane, Window};

/// Reflectance of one band, clipped to \[0, 1\]; NaN where a pixel does not count.
pub(super) struct Crop {
    plane: Plane<f32>,
}

impl Crop {
    /// None where a pixel that counts is not a number.
    pub(super) fn new(plane: &Plane<f32>, valid: &Plane<bool>, window: Window) -> Option<Self> {
        let mut plane = plane.crop(window);
        for (value, &valid) in plane.data.iter_mut().zip(&valid.data) {
            if valid && value.is_nan() {
                return None;
            }
            *value = if valid { value.clamp(0.0, 1.0) } else { f32::NAN };
        }
        Some(Self { plane })
    }

    /// The values that count.
    pub(super) fn valid(&self) -> Vec<f32> {
        self.plane.data.iter().copied().filter(|value| !value.is_nan()).collect()
    }

    /// `(a − b)/(a + b)` of every pixel that counts and where the sum is above 0.
    pub(super) fn normalised_difference(&self, other: &Self) -> Vec<f32> {
        let pairs = self.plane.data.iter().zip(&other.plane.data);
        pairs.filter(|(a, b)| *a + *b > 0.0).map(|(a, b)| (a - b) / (a + b)).collect()
    }

    /// Pearson's correlation with another band; 0 where either is flat.
    pub(super) fn correlation(&self, other: &Self) -> f64 {
        let pairs: Vec<(f64, f64)> = self
            .plane
            .data
            .iter()
            .zip(&other.plane.data)
            .filter(|(a, _)| !a.is_nan())
            .map(|(&a, &b)| (f64::from(a), f64::from(b)))
            .collect();
        let n = pairs.len() as f64;
        let (x_mean, y_mean) = pairs.iter().fold((0.0, 0.0), |(x, y), (a, b)| (x + a / n, y + b / n));
        let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
        for (x, y) in pairs {
            let (x, y) = (x - x_mean, y - y_mean);
            xx += x * x;
            yy += y * y;
            xy += x * y;
        }
        // Standard deviations of a millionth are rounding of f32.
        if xx.min(yy) < 1e-12 * n { 0.0 } else { xy / (xx * yy).sqrt() }
    }

    /// Mean and root mean square of the gradient's length, in reflectance from one mean over `scale_px`
    /// pixels to the next; both 0 where no three neighbours count.
    pub(super) fn gradient(&self, scale_px: usize) -> (f64, f64) {
        let blocks = self.blocks(scale_px);
        let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
        for y in 1..blocks.height {
            for (here, pair) in blocks.row(y).iter().zip(blocks.row(y - 1).windows(2)) {
                // The corner is the pixel above, its neighbours the one to its right and the one below.
                let square = (pair[1] - pair[0]).powi(2) + (here - pair[0]).powi(2);
                if !square.is_nan() {
                    sum += square.sqrt();
                    squares += square;
                    count += 1.0;
                }
            }
        }
        if count == 0.0 { (0.0, 0.0) } else { (sum / count, (squares / count).sqrt()) }
    }

    /// Means over blocks; NaN where less than half of a block counts.
    fn blocks(&self, size: usize) -> Plane<f64> {
        let (width, height) = (self.plane.width / size, self.plane.height / size);
        let mut blocks = Plane::filled(width, height, f64::NAN);
        for y in 0..height {
            for x in 0..width {
                let (mut sum, mut count) = (0.0, 0);
                for row in y * size..(y + 1) * size {
                    for value in &self.plane.row(row)[x * size..(x + 1) * size] {
                        if !value.is_nan() {
                            sum += f64::from(*value);
                            count += 1;
                        }
                    }
                }
                if 2 * count >= size * size {
                    blocks.set(x, y, sum / count as f64);
                }
            }
        }
        blocks
    }
}
