//! What one step sees: a function of data, configuration and step.

use super::{ClassifierTraining, Labelled, Patches};
use crate::patches::Augment;
use crate::random::Stream;

/// A batch on the host.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The step it is for.
    pub step: u64,
    /// Patches in network range, `[N, C, S, S]`.
    pub images: Vec<f32>,
    /// What each patch should be told to be, `[N, classes]`, within 0..1.
    pub targets: Vec<f32>,
    /// Factors of the residual branches, `[N, blocks]`; empty where nothing is dropped.
    pub keep: Vec<f32>,
}

impl Batch {
    /// The batch of a step, drawn with replacement from `rows`.
    ///
    /// # Panics
    /// Where there are no rows: a mistake in the caller.
    #[must_use]
    pub fn new(
        step: u64,
        config: &ClassifierTraining,
        (data, rows): (&Labelled, &[usize]),
        patches: &Patches,
    ) -> Self {
        let (bands, side) = data.store().shape();
        let each = bands * side * side;
        let mut stream = Stream::new(config.seed, step, "classifier/batch");
        let mut images = Vec::with_capacity(config.batch * each);
        let mut targets = Vec::with_capacity(config.batch * config.network.labels.classes());
        for _ in 0..config.batch {
            let (row, turn) = drawn(rows, side, config.turns, &mut stream);
            patches.push(data, row, turn, &mut images);
            targets.extend(data.labels(row).iter().map(|&flag| f32::from(flag)));
        }
        if config.mixup > 0.0 {
            for index in 0..config.batch {
                let (row, turn) = drawn(rows, side, config.turns, &mut stream);
                let part = beta(config.mixup, &mut stream) as f32;
                let mut other = Vec::with_capacity(each);
                patches.push(data, row, turn, &mut other);
                mix(&mut images[index * each..][..each], other.iter().copied(), part);
                let classes = config.network.labels.classes();
                let labels = data.labels(row).iter().map(|&flag| f32::from(flag));
                mix(&mut targets[index * classes..][..classes], labels, part);
            }
        }
        let smoothing = config.label_smoothing as f32;
        for target in &mut targets {
            *target = *target * (1.0 - smoothing) + 0.5 * smoothing;
        }
        Self { step, images, targets, keep: kept(config, &mut stream) }
    }
}

/// A random row, and how it is turned.
fn drawn(rows: &[usize], side: usize, turns: bool, stream: &mut Stream) -> (usize, Augment) {
    let row = rows[stream.below(rows.len() as u64) as usize];
    let turn = if turns { Augment::draw(side, side, stream) } else { Augment::centre(side, side) };
    (row, turn)
}

/// `part` of what is there, and the rest of the other.
fn mix(values: &mut [f32], other: impl Iterator<Item = f32>, part: f32) {
    for (value, other) in values.iter_mut().zip(other) {
        *value = part * *value + (1.0 - part) * other;
    }
}

/// A number of the distribution Beta(α, α), α in 0..=1 (Jöhnk 1964).
fn beta(alpha: f64, stream: &mut Stream) -> f64 {
    loop {
        let (x, y) = (stream.uniform().powf(alpha.recip()), stream.uniform().powf(alpha.recip()));
        if x + y > 0.0 && x + y <= 1.0 {
            return x / (x + y);
        }
    }
}

/// Drop path: for each patch and block 0, or one over its chance to be kept.
fn kept(config: &ClassifierTraining, stream: &mut Stream) -> Vec<f32> {
    let blocks = config.network.droppable();
    if config.drop_path == 0.0 {
        return Vec::new();
    }
    let mut keep = Vec::with_capacity(config.batch * blocks);
    for _ in 0..config.batch {
        for block in 1..=blocks {
            let chance = 1.0 - config.drop_path * block as f64 / blocks as f64;
            keep.push(if stream.chance(chance) { chance.recip() as f32 } else { 0.0 });
        }
    }
    keep
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_the_moments_of_their_law() {
        let mut stream = Stream::new(1, 0, "beta");
        let (n, alpha) = (20_000, 0.4);
        let draws: Vec<f64> = (0..n).map(|_| beta(alpha, &mut stream)).collect();
        let mean = draws.iter().sum::<f64>() / f64::from(n);
        let variance = draws.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / f64::from(n);
        assert!((mean - 0.5).abs() < 0.015, "{mean}");
        // 1 / (4 · (2α + 1))
        assert!((variance - 1.0 / 7.2).abs() < 0.005, "{variance}");
    }

    #[test]
    fn branches_are_dropped_as_often_as_asked_and_keep_their_mean() {
        let config = ClassifierTraining { drop_path: 0.5, batch: 4000, ..ClassifierTraining::default() };
        let keep = kept(&config, &mut Stream::new(1, 0, "drop"));
        for block in 0..6 {
            let column: Vec<f32> = keep.iter().skip(block).step_by(6).copied().collect();
            let mean = column.iter().sum::<f32>() / 4000.0;
            let dropped = column.iter().filter(|&&factor| factor == 0.0).count() as f64 / 4000.0;
            assert!((mean - 1.0).abs() < 0.08, "{block}: {mean}");
            assert!((dropped - 0.5 * (block + 1) as f64 / 6.0).abs() < 0.03, "{block}: {dropped}");
        }
        let none = ClassifierTraining { drop_path: 0.0, ..config };
        assert!(kept(&none, &mut Stream::new(1, 0, "drop")).is_empty());
    }
}
