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

/// The same of samples that come one after the other and are not kept, to the last bit.
pub(crate) struct Deviation {
    first: Vec<Plane<f32>>,
    /// Sum and sum of squares of the differences from the first sample: band, then pixel.
    sums: Vec<Vec<[f32; 2]>>,
    count: f32,
}

impl Deviation {
    /// Begins with a sample.
    pub fn new(first: Vec<Plane<f32>>) -> Self {
        let sums = first.iter().map(|plane| vec![[0.0; 2]; plane.data.len()]).collect();
        Self { first, sums, count: 1.0 }
    }

    /// Takes one more sample.
    pub fn add(&mut self, sample: &[Plane<f32>]) {
        for ((first, sums), sample) in self.first.iter().zip(&mut self.sums).zip(sample) {
            for ((first, [sum, squares]), value) in first.data.iter().zip(sums).zip(&sample.data) {
                let d = value - first;
                *sum += d;
                *squares += d * d;
            }
        }
        self.count += 1.0;
    }

    /// RMS over bands of the standard deviation, a number a pixel.
    pub fn finish(self, width: usize, height: usize) -> Plane<f32> {
        let variance = |[sum, squares]: [f32; 2]| {
            ((squares - sum * sum / self.count) / (self.count - 1.0).max(1.0)).max(0.0)
        };
        let bands = self.sums.len().max(1) as f32;
        let one = |pixel| (self.sums.iter().map(|band| variance(band[pixel])).sum::<f32>() / bands).sqrt();
        Plane::from_vec(width, height, (0..width * height).map(one).collect())
    }
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
    fn samples_one_after_the_other_give_the_same_bits() {
        let mut stream = crate::random::Stream::new(3, 0, "deviation");
        let mut plane = || Plane::from_vec(3, 2, (0..6).map(|_| stream.between(0.0, 1.0) as f32).collect());
        let samples: Vec<Vec<_>> = (0..9).map(|_| (0..4).map(|_| plane()).collect()).collect();
        let mut running = Deviation::new(samples[0].clone());
        samples[1..].iter().for_each(|sample| running.add(sample));
        assert_eq!(running.finish(3, 2), deviation(&samples, 3, 2));
    }

    #[test]
    fn samples_that_agree_have_no_spread_at_all() {
        for value in [0.1_f32, 0.123_456_7, 1.3] {
            let samples: Vec<_> = (0..16).map(|_| vec![Plane::filled(1, 1, value)]).collect();
            assert_eq!(deviation(&samples, 1, 1).get(0, 0), 0.0);
        }
    }
}
