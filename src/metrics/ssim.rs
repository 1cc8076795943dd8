//! Structural similarity (Wang, Bovik, Sheikh, Simoncelli, *Image quality assessment: from error
//! visibility to structural similarity*, IEEE TIP 13(4), 2004) of one band.
//!
//! The numbers are scikit-image's: `structural_similarity(x, y, data_range=1,
//! gaussian_weights=True, sigma=1.5, use_sample_covariance=False)`, K₁ = 0.01, K₂ = 0.03. Its
//! Gaussian is cut at 3.5 σ, hence 11 × 11 pixels, and its mean leaves out the rim of 5 pixels
//! whose windows reach over the edge. So windows here lie wholly inside the image and no rule for
//! continuing it is needed.

use crate::raster::Plane;

/// Pixels from a window's centre to its edge: `⌊3.5 · 1.5 + 0.5⌋`.
pub const RADIUS: usize = 5;
/// Pixels along a window.
pub const WINDOW: usize = 2 * RADIUS + 1;

const SIGMA: f64 = 1.5;
const C1: f64 = 0.01 * 0.01;
const C2: f64 = 0.03 * 0.03;

/// Weighted sums of x, y, x², y², xy.
const MOMENTS: usize = 5;

/// The normalised weights of a window along one axis.
#[must_use]
pub fn gaussian() -> [f64; WINDOW] {
    let mut weights = [0.0; WINDOW];
    for (index, weight) in weights.iter_mut().enumerate() {
        let distance = index as f64 - RADIUS as f64;
        *weight = (-0.5 * (distance / SIGMA).powi(2)).exp();
    }
    let total: f64 = weights.iter().sum();
    weights.map(|weight| weight / total)
}

/// Rows of the map, one after another; keeps its buffers between rows.
pub(super) struct MapRows {
    weights: [f64; WINDOW],
    columns: [Vec<f64>; MOMENTS],
    row: Vec<f64>,
}

impl MapRows {
    /// For images `width` columns wide.
    pub(super) fn new(width: usize) -> Self {
        Self {
            weights: gaussian(),
            columns: std::array::from_fn(|_| vec![0.0; width]),
            row: vec![0.0; (width + 1).saturating_sub(WINDOW)],
        }
    }

    /// The map's row whose windows begin at row `top`: `width − 10` values, the first for the
    /// window centred on column 5. NaN where a window holds a NaN.
    pub(super) fn row(&mut self, x: &Plane<f32>, y: &Plane<f32>, top: usize) -> &[f64] {
        self.sum_columns(x, y, top);
        for start in 0..self.row.len() {
            let moments: [f64; MOMENTS] = std::array::from_fn(|moment| {
                let window = &self.columns[moment][start..start + WINDOW];
                window.iter().zip(&self.weights).map(|(value, weight)| value * weight).sum()
            });
            self.row[start] = similarity(moments);
        }
        &self.row
    }

    fn sum_columns(&mut self, x: &Plane<f32>, y: &Plane<f32>, top: usize) {
        for column in &mut self.columns {
            column.fill(0.0);
        }
        let [sx, sy, sxx, syy, sxy] = &mut self.columns;
        for (offset, &weight) in self.weights.iter().enumerate() {
            let rows = x.row(top + offset).iter().zip(y.row(top + offset));
            let sums =
                sx.iter_mut().zip(sy.iter_mut()).zip(sxx.iter_mut()).zip(syy.iter_mut()).zip(&mut *sxy);
            for ((&x, &y), ((((sx, sy), sxx), syy), sxy)) in rows.zip(sums) {
                let (x, y) = (f64::from(x), f64::from(y));
                let (wx, wy) = (weight * x, weight * y);
                *sx += wx;
                *sy += wy;
                *sxx += wx * x;
                *syy += wy * y;
                *sxy += wx * y;
            }
        }
    }
}

/// Wang et al., equation 13.
#[inline]
fn similarity([mx, my, mxx, myy, mxy]: [f64; MOMENTS]) -> f64 {
    let (vx, vy, vxy) = (mxx - mx * mx, myy - my * my, mxy - mx * my);
    ((2.0 * mx * my + C1) * (2.0 * vxy + C2)) / ((mx * mx + my * my + C1) * (vx + vy + C2))
}

/// The map of similarities of two planes of one size, values in 0..1: value `(i, j)` belongs to
/// the window centred on pixel `(i + 5, j + 5)`. NaN where a window holds a NaN; `None` where the
/// sizes differ or no window fits.
#[must_use]
pub fn map(x: &Plane<f32>, y: &Plane<f32>) -> Option<Plane<f64>> {
    let (width, height) = (x.width, x.height);
    if (width, height) != (y.width, y.height) || width < WINDOW || height < WINDOW {
        return None;
    }
    let (map_width, map_height) = (width - 2 * RADIUS, height - 2 * RADIUS);
    let mut rows = MapRows::new(width);
    let mut data = Vec::with_capacity(map_width * map_height);
    for top in 0..map_height {
        data.extend_from_slice(rows.row(x, y, top));
    }
    Some(Plane::from_vec(map_width, map_height, data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_scikit_images() {
        let weights = gaussian();
        assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert!((weights[RADIUS] - 0.266_011_7).abs() < 1e-6);
    }

    #[test]
    fn equal_planes_are_similar_everywhere_and_a_window_must_fit() {
        let data = (0..13 * 12).map(|i| (i % 7) as f32 / 7.0).collect();
        let plane = Plane::from_vec(13, 12, data);
        let map = map(&plane, &plane).expect("a window fits");
        assert_eq!((map.width, map.height), (3, 2));
        assert!(map.data.iter().all(|value| (value - 1.0).abs() < 1e-12));
        let narrow = Plane::filled(10, 40, 0.5);
        assert!(super::map(&narrow, &narrow).is_none());
    }

    #[test]
    fn a_hole_takes_only_the_windows_that_touch_it() {
        let mut plane = Plane::filled(30, 30, 0.5);
        plane.set(0, 29, f32::NAN);
        let map = map(&plane, &Plane::filled(30, 30, 0.4)).expect("a window fits");
        assert!(map.get(0, 19).is_nan());
        assert_eq!(map.data.iter().filter(|value| value.is_nan()).count(), 1);
    }
}
