//! What the probe sees of a pixel: values and their unrest around it, in every band.

use super::cycle::Planes;
use crate::raster::Plane;

/// Half sides of the squares over which unrest is taken, in pixels.
const RADII_PX: [usize; 2] = [1, 4];
/// Added to a deviation before its logarithm, reflectance: about half a step of a 12-bit sensor's digital numbers.
const FLOOR: f64 = 1e-4;

/// Features of some pixels, one row a pixel: for each band the root of the reflectance and the logarithms of the
/// deviations over 3 × 3 and 9 × 9 pixels, each with mean 0 and variance 1 over the image, then the squares of
/// these. A probe that looks at one image alone may know that image's mean; it makes scenes comparable.
#[must_use]
pub fn features(image: &Planes, pixels: &[usize]) -> Vec<Vec<f64>> {
    let mut rows = vec![Vec::with_capacity(image.len() * 2 * (1 + RADII_PX.len())); pixels.len()];
    let mut add = |values: Vec<f64>| {
        let (mean, deviation) = moments(&values);
        for (row, &pixel) in rows.iter_mut().zip(pixels) {
            let score = (values[pixel] - mean) / deviation.max(1e-9);
            row.extend([score, score * score - 1.0]);
        }
    };
    for plane in image {
        add(plane.data.iter().map(|&value| f64::from(value.max(0.0)).sqrt()).collect());
        let sums = Sums::of(plane);
        for radius in RADII_PX {
            add((0..plane.data.len()).map(|pixel| (sums.deviation(pixel, radius) + FLOOR).ln()).collect());
        }
    }
    rows
}

fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt())
}

/// Sums of values and squares over rectangles from the first pixel on (Crow 1984).
struct Sums {
    width: usize,
    height: usize,
    tables: [Vec<f64>; 2],
}

impl Sums {
    fn of(plane: &Plane<f32>) -> Self {
        let (width, height) = (plane.width, plane.height);
        let table = |power: i32| {
            let mut table = vec![0.0; (width + 1) * (height + 1)];
            for y in 0..height {
                let mut row = 0.0;
                for (x, &value) in plane.row(y).iter().enumerate() {
                    row += f64::from(value).powi(power);
                    table[(y + 1) * (width + 1) + x + 1] = table[y * (width + 1) + x + 1] + row;
                }
            }
            table
        };
        Self { width, height, tables: [table(1), table(2)] }
    }

    /// Standard deviation over the square of `2·radius + 1` pixels around a pixel, cut at the edges.
    fn deviation(&self, pixel: usize, radius: usize) -> f64 {
        let (x, y) = (pixel % self.width, pixel / self.width);
        let (left, top) = (x.saturating_sub(radius), y.saturating_sub(radius));
        let (right, bottom) = ((x + radius + 1).min(self.width), (y + radius + 1).min(self.height));
        let at = |table: &[f64], x: usize, y: usize| table[y * (self.width + 1) + x];
        let [sum, squares] = self.tables.each_ref().map(|table| {
            at(table, right, bottom) - at(table, left, bottom) - at(table, right, top) + at(table, left, top)
        });
        let count = ((right - left) * (bottom - top)) as f64;
        (squares / count - (sum / count).powi(2)).max(0.0).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_those_of_the_square_around_a_pixel() {
        let plane = Plane::from_vec(5, 4, (0..20).map(|i| ((i * 7) % 11) as f32 / 10.0).collect());
        let sums = Sums::of(&plane);
        let around = |x: usize, y: usize| -> Vec<f64> {
            let near = |a: usize, b: usize| a.abs_diff(b) <= 1;
            let inside = (0..20).filter(|i| near(i % 5, x) && near(i / 5, y));
            inside.map(|i| f64::from(plane.data[i])).collect()
        };
        for (x, y) in [(0, 0), (2, 1), (4, 3), (3, 0)] {
            let (_, expected) = moments(&around(x, y));
            assert!((sums.deviation(y * 5 + x, 1) - expected).abs() < 1e-9, "{x} {y}");
        }
    }

    #[test]
    fn features_do_not_depend_on_brightness_and_contrast_of_the_roots() {
        let plane =
            |scale: f32| Plane::from_vec(16, 16, (0..256).map(|i| scale * ((i * 13) % 31) as f32).collect());
        let (a, b) = (features(&vec![plane(0.01)], &[17, 40]), features(&vec![plane(0.02)], &[17, 40]));
        assert_eq!((a.len(), a[0].len()), (2, 6));
        for (a, b) in a.iter().flatten().zip(b.iter().flatten()) {
            assert!((a - b).abs() < 0.02, "{a} {b}");
        }
    }
}
