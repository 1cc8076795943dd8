//! How far samples of one surface lie apart.

use crate::raster::Plane;

/// RMS over bands of the standard deviation over samples (with n − 1), a number a pixel.
///
/// Sums run over differences from the first sample: where all samples agree the deviation is 0, exactly.
pub(crate) fn deviation(samples: &[Vec<Plane<f32>>], width: usize, height: usize) -> Plane<f32> {
    let bands = samples.first().map_or(0, Vec::len);
    let one = |i: usize| {
        let square = |band: usize| variance(samples.iter().map(|sample| sample[band].data[i]));
        ((0..bands).map(square).sum::<f32>() / bands.max(1) as f32).sqrt()
    };
    Plane::from_vec(width, height, (0..width * height).map(one).collect())
}

/// Variance with n − 1; 0 for fewer than two values.
pub(crate) fn variance(values: impl Iterator<Item = f32> + Clone) -> f32 {
    let first = values.clone().next().unwrap_or_default();
    let (count, sum, squares) = values.fold((0.0_f32, 0.0, 0.0), |(count, sum, squares), value| {
        let d = value - first;
        (count + 1.0, sum + d, squares + d * d)
    });
    ((squares - sum * sum / count.max(1.0)) / (count - 1.0).max(1.0)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_the_rms_of_deviations_over_bands() {
        let plane = |value: f32| Plane::filled(2, 1, value);
        let samples = [vec![plane(0.1), plane(0.5)], vec![plane(0.3), plane(0.5)]];
        let spread = deviation(&samples, 2, 1);
        // Deviations √0.02 and 0.
        assert!((spread.get(0, 0) - (0.02_f32 / 2.0).sqrt()).abs() < 1e-6);
    }

    #[test]
    fn samples_that_agree_have_no_spread_at_all() {
        for value in [0.1_f32, 0.123_456_7, 1.3] {
            let samples: Vec<_> = (0..16).map(|_| vec![Plane::filled(1, 1, value)]).collect();
            assert_eq!(deviation(&samples, 1, 1).get(0, 0), 0.0);
        }
    }
}
