//! Logistic regression, small and the same on every machine.

/// Steps of the descent.
const STEPS: i32 = 150;
/// Rate of Adam (Kingma and Ba 2015) with its usual decays.
const RATE: f64 = 0.05;
const DECAYS: (f64, f64) = (0.9, 0.999);
/// Weight of the squared length of the weights.
const RIDGE: f64 = 1e-3;

/// A linear classifier: the last weight is the bias.
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic(Vec<f64>);

impl Logistic {
    /// Fits rows of features and what they are by full-batch descent of the cross entropy. Both classes count the
    /// same, however many rows they have.
    #[must_use]
    pub fn fit(rows: &[(&[f64], bool)]) -> Self {
        let numbers = rows.first().map_or(0, |(row, _)| row.len());
        let positives = rows.iter().filter(|(_, positive)| *positive).count().max(1) as f64;
        let negatives = (rows.len() as f64 - positives).max(1.0);
        let mut model = Self(vec![0.0; numbers + 1]);
        let mut moments = vec![(0.0, 0.0); numbers + 1];
        for step in 1..=STEPS {
            let mut gradient: Vec<f64> = model.0.iter().map(|weight| RIDGE * weight).collect();
            gradient[numbers] = 0.0;
            for &(row, positive) in rows {
                let count = if positive { positives } else { negatives };
                let missed = (sigmoid(model.score(row)) - f64::from(u8::from(positive))) / (2.0 * count);
                for (slope, value) in gradient.iter_mut().zip(row.iter().chain([&1.0])) {
                    *slope += missed * value;
                }
            }
            for ((weight, moment), slope) in model.0.iter_mut().zip(&mut moments).zip(gradient) {
                moment.0 = DECAYS.0 * moment.0 + (1.0 - DECAYS.0) * slope;
                moment.1 = DECAYS.1 * moment.1 + (1.0 - DECAYS.1) * slope * slope;
                let (first, second) =
                    (moment.0 / (1.0 - DECAYS.0.powi(step)), moment.1 / (1.0 - DECAYS.1.powi(step)));
                *weight -= RATE * first / (second.sqrt() + 1e-8);
            }
        }
        model
    }

    /// The log of the odds that a row is positive.
    #[must_use]
    pub fn score(&self, row: &[f64]) -> f64 {
        self.0.iter().zip(row.iter().chain([&1.0])).map(|(weight, value)| weight * value).sum()
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn the_weights_of_a_known_law_are_found() {
        // Two normal classes of unit variance, apart by 2 along the first number: the best score is 2·x.
        let mut stream = Stream::new(3, 0, "logistic");
        let rows: Vec<(Vec<f64>, bool)> = (0..6000)
            .map(|i| {
                let positive = i % 3 == 0;
                let centre = if positive { 1.0 } else { -1.0 };
                (vec![centre + stream.normal(), stream.normal()], positive)
            })
            .collect();
        let rows: Vec<_> = rows.iter().map(|(row, positive)| (row.as_slice(), *positive)).collect();
        let model = Logistic::fit(&rows);
        assert!((model.0[0] - 2.0).abs() < 0.15, "{:?}", model.0);
        assert!(model.0[1].abs() < 0.1 && model.0[2].abs() < 0.15, "{:?}", model.0);
        assert_eq!(model, Logistic::fit(&rows));
    }
}
