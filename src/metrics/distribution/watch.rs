//! Two rules over the evaluations of a training: when to warn of mode collapse, and which checkpoint is best.
//!
//! **Collapse.** The mean of the last three evaluations is compared with the mean of every earlier three that
//! do not overlap them. There is a warning when for some of these
//!
//! - FD has fallen by at least 5 % of its earlier value, **and**
//! - coverage has fallen by at least 10 % of its earlier value and by at least two standard errors of it,
//!   `√(c(1 − c)/n)` with n the real crops.
//!
//! So a training is watched as a whole: a collapse over fifty evaluations is found as well as one over three.
//! Noise of single evaluations is averaged; coverage that rises, or FD that rises along with its loss,
//! never warns. From six evaluations on there can be a warning.
//!
//! **Best checkpoint.** The lowest FD∞ among those whose coverage is within 5 % of the best coverage; of equals
//! the earliest.

use serde::{Deserialize, Serialize};

/// Evaluations whose mean is compared.
const WINDOW: usize = 3;
/// The least fall of FD, as a part of its earlier value.
const FD_FALL: f64 = 0.05;
/// The least fall of coverage, as a part of its earlier value.
const COVERAGE_FALL: f64 = 0.1;
/// The least fall of coverage in standard errors.
const STANDARD_ERRORS: f64 = 2.0;
/// How far below the best coverage a checkpoint may lie, as a part of it.
pub const COVERAGE_SLACK: f64 = 0.05;

/// One evaluation of a training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Evaluated {
    /// The training step.
    pub step: u64,
    /// Fréchet distance.
    pub fd: f64,
    /// Fréchet distance led to infinitely many crops.
    pub fd_infinity: f64,
    /// Coverage, 0..1.
    pub coverage: f64,
    /// Real crops behind the coverage.
    pub crops: usize,
}

/// FD falls while coverage falls.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Collapse {
    /// The steps of the earlier three evaluations: the first and the last.
    pub since: (u64, u64),
    /// Mean FD then and now.
    pub fd: (f64, f64),
    /// Mean coverage then and now.
    pub coverage: (f64, f64),
}

/// Whether FD has fallen while coverage has fallen, by the rule of this module; of several earlier times the
/// one since which most coverage was lost. Evaluations stand in the order they were made.
#[must_use]
pub fn collapse(history: &[Evaluated]) -> Option<Collapse> {
    let last = history.len().checked_sub(WINDOW)?;
    let now = means(&history[last..]);
    let earlier = history[..last].windows(WINDOW).map(|window| (window, means(window)));
    let fallen = earlier.filter(|(window, then)| has_fallen(*then, now, window[0].crops));
    fallen.max_by(|(_, a), (_, b)| a.1.total_cmp(&b.1)).map(|(window, then)| Collapse {
        since: (window[0].step, window[WINDOW - 1].step),
        fd: (then.0, now.0),
        coverage: (then.1, now.1),
    })
}

/// Whether both have fallen: pairs of FD and coverage.
fn has_fallen(then: (f64, f64), now: (f64, f64), crops: usize) -> bool {
    let error = (then.1 * (1.0 - then.1) / crops.max(1) as f64).max(0.0).sqrt();
    let least = (COVERAGE_FALL * then.1).max(STANDARD_ERRORS * error);
    then.0 > 0.0 && then.0 - now.0 >= FD_FALL * then.0 && then.1 - now.1 >= least && then.1 > now.1
}

fn means(window: &[Evaluated]) -> (f64, f64) {
    let mean = |of: fn(&Evaluated) -> f64| window.iter().map(of).sum::<f64>() / window.len() as f64;
    (mean(|evaluated| evaluated.fd), mean(|evaluated| evaluated.coverage))
}

/// The place in the history of the best checkpoint, by the rule of this module; none without an evaluation
/// whose numbers are finite.
#[must_use]
pub fn best_checkpoint(history: &[Evaluated]) -> Option<usize> {
    let sound = || {
        let finite = |at: &Evaluated| at.fd_infinity.is_finite() && at.coverage.is_finite();
        history.iter().enumerate().filter(move |(_, at)| finite(at))
    };
    let most = sound().map(|(_, at)| at.coverage).max_by(f64::total_cmp)?;
    sound()
        .filter(|(_, at)| at.coverage >= (1.0 - COVERAGE_SLACK) * most)
        .min_by(|(_, a), (_, b)| a.fd_infinity.total_cmp(&b.fd_infinity))
        .map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(numbers: &[(f64, f64)]) -> Vec<Evaluated> {
        let one = |(index, &(fd, coverage)): (usize, &(f64, f64))| Evaluated {
            step: 100 * (index as u64 + 1),
            fd,
            fd_infinity: fd - 1.0,
            coverage,
            crops: 400,
        };
        numbers.iter().enumerate().map(one).collect()
    }

    #[test]
    fn a_falling_distance_with_falling_coverage_is_a_collapse() {
        let sound = [(30.0, 0.2), (20.0, 0.4), (14.0, 0.6), (10.0, 0.7), (9.0, 0.72), (8.5, 0.71)];
        assert_eq!(collapse(&history(&sound)), None, "both get better");
        let mut numbers = sound.to_vec();
        numbers.extend([(7.5, 0.66), (6.5, 0.6), (6.0, 0.5)]);
        let found = collapse(&history(&numbers)).expect("coverage went from 0.71 to 0.59");
        assert_eq!(found.since, (400, 600), "where coverage was best");
        assert!((found.fd.1 - 20.0 / 3.0).abs() < 1e-12 && (found.coverage.0 - 0.71).abs() < 1e-12);
    }

    #[test]
    fn a_slow_collapse_is_found_too() {
        let numbers: Vec<_> =
            (0..40).map(|i| (10.0 - 0.05 * f64::from(i), 0.8 - 0.005 * f64::from(i))).collect();
        let first = (1..=40).find(|&n| collapse(&history(&numbers[..n])).is_some());
        // A tenth of 0.795, the mean of the first three, is lost 16 evaluations later.
        assert_eq!(first, Some(19));
    }

    #[test]
    fn either_alone_is_no_collapse_nor_is_noise() {
        let worse = [(8.0, 0.7), (8.0, 0.7), (8.0, 0.7), (9.0, 0.5), (10.0, 0.4), (11.0, 0.3)];
        assert_eq!(collapse(&history(&worse)), None, "a training that only gets worse");
        let better = [(8.0, 0.5), (8.0, 0.5), (8.0, 0.5), (6.0, 0.6), (5.0, 0.6), (5.0, 0.6)];
        assert_eq!(collapse(&history(&better)), None);
        let noise = [(8.0, 0.70), (8.2, 0.66), (7.9, 0.73), (7.5, 0.67), (7.6, 0.66), (7.4, 0.69)];
        assert_eq!(collapse(&history(&noise)), None, "coverage fell by 0.02");
        let fallen = [(8.0, 0.7), (8.0, 0.7), (8.0, 0.7), (7.0, 0.6), (7.0, 0.6), (7.0, 0.6)];
        assert!(collapse(&history(&fallen)).is_some());
        assert_eq!(collapse(&history(&fallen[..5])), None, "five are too few");
        // With 40 real crops coverage is only known to 0.07, so the same fall may be chance.
        let few: Vec<_> = history(&fallen).into_iter().map(|at| Evaluated { crops: 40, ..at }).collect();
        assert_eq!(collapse(&few), None);
    }

    #[test]
    fn the_best_checkpoint_keeps_the_coverage_and_has_the_lowest_distance() {
        let numbers = [(5.0, 0.70), (4.0, 0.69), (3.0, 0.67), (2.0, 0.66), (1.0, 0.2)];
        // 0.95 · 0.70 = 0.665: the third is in, the fourth is not, and the collapsed last least of all.
        assert_eq!(best_checkpoint(&history(&numbers)), Some(2));
        assert_eq!(best_checkpoint(&[]), None);
        let mut broken = history(&numbers);
        broken[2].fd_infinity = f64::NAN;
        assert_eq!(best_checkpoint(&broken), Some(1));
        let equal = history(&[(3.0, 0.7), (3.0, 0.7)]);
        assert_eq!(best_checkpoint(&equal), Some(0), "the earlier of equals");
    }
}
