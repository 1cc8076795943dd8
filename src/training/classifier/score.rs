//! The few figures that a training looks at, in f64, out of [`crate::metrics::multilabel`].
//!
//! Everything is over `[patches · classes]`, the classes of a patch side by side.

use crate::metrics::multilabel::{Counts, average_precision};

/// How well probabilities and decisions meet the labels.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Score {
    /// Mean of the average precision over the classes that some patch has.
    pub macro_ap: f64,
    /// The same of a classifier that says the same of every patch: the mean prevalence of these classes.
    pub prevalence: f64,
    /// F1 of all decisions together.
    pub micro_f1: f64,
    /// F2 of all decisions together.
    pub micro_f2: f64,
    /// Classes that some patch has.
    pub classes: usize,
    /// Patches.
    pub patches: usize,
}

impl Score {
    /// Of probabilities and decisions against labels.
    #[must_use]
    pub fn of(probabilities: &[f32], decisions: &[bool], truth: &[u8], classes: usize) -> Self {
        let precisions = average_precisions(probabilities, truth, classes);
        let known: Vec<f64> = precisions.iter().flatten().copied().collect();
        let patches = truth.len() / classes.max(1);
        let positives: usize = truth.iter().map(|&flag| usize::from(flag)).sum();
        let count = known.len().max(1) as f64;
        Self {
            macro_ap: known.iter().sum::<f64>() / count,
            prevalence: positives as f64 / patches.max(1) as f64 / count,
            micro_f1: micro_f(decisions, truth, 1.0),
            micro_f2: micro_f(decisions, truth, 2.0),
            classes: known.len(),
            patches,
        }
    }
}

/// Average precision of every class; none for a class that no patch has.
#[must_use]
pub fn average_precisions(probabilities: &[f32], truth: &[u8], classes: usize) -> Vec<Option<f64>> {
    let column = |class: usize| {
        let scores = probabilities.iter().skip(class).step_by(classes).map(|&score| f64::from(score));
        let flags = truth.iter().skip(class).step_by(classes).map(|&flag| flag == 1);
        average_precision(scores.zip(flags).collect())
    };
    (0..classes).map(column).collect()
}

/// `Fβ` of all decisions together; 0 where nothing is there and nothing said.
#[must_use]
pub fn micro_f(decisions: &[bool], truth: &[u8], beta: f64) -> f64 {
    Counts::of(truth.iter().map(|&flag| flag == 1).zip(decisions.iter().copied())).f(beta)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// scikit-learn 1.9.1: `average_precision_score` and `fbeta_score` of these numbers.
    #[test]
    fn figures_are_those_of_scikit_learn() {
        let scores = [0.9_f32, 0.2, 0.8, 0.7, 0.7, 0.1, 0.3, 0.6, 0.1, 0.6];
        let truth = [1_u8, 0, 0, 1, 1, 0, 1, 0, 0, 1];
        let found = average_precisions(&scores, &truth, 2);
        let expected = [0.805_555_555_555_555_5, 0.833_333_333_333_333_3];
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found.expect("there are positives") - expected).abs() < 1e-12, "{found:?}");
        }
        let decisions: Vec<bool> = scores.iter().map(|&score| score >= 0.5).collect();
        assert!((micro_f(&decisions, &truth, 1.0) - 0.727_272_727_272_727_3).abs() < 1e-12);
        assert!((micro_f(&decisions, &truth, 2.0) - 0.769_230_769_230_769_2).abs() < 1e-12);
    }

    #[test]
    fn saying_the_same_of_every_patch_scores_the_prevalence() {
        let truth = [1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0_u8];
        let score = Score::of(&[0.5; 12], &[false; 12], &truth, 3);
        assert_eq!((score.classes, score.patches), (3, 4));
        assert!((score.macro_ap - score.prevalence).abs() < 1e-12, "{score:?}");
        assert_eq!(average_precisions(&[0.5, 0.5], &[0, 1], 2), [None, Some(1.0)]);
    }
}
