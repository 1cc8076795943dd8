//! How well sets of labels are told: precision, recall, F1, F2, average precision, Hamming loss.
//!
//! A sample has any number of classes at once; a classifier gives each class a score and, by a threshold of
//! the class, a decision. With tp, fp, fn the counts of true positives, false positives, false negatives,
//!
//! ```text
//! precision = tp / (tp + fp)     recall = tp / (tp + fn)
//! Fβ = (1 + β²)·tp / ((1 + β²)·tp + β²·fn + fp)
//! AP = Σₙ (Rₙ − Rₙ₋₁)·Pₙ over falling thresholds, equal scores taken together
//! Hamming loss = wrong decisions / (samples · classes)
//! ```
//!
//! | average | |
//! |---|---|
//! | micro | over all decisions at once |
//! | macro | mean over all classes |
//! | samples | mean over samples, each over its classes |
//! | `macro_present` | mean over the classes that some sample really has |
//!
//! **Nothing to divide by** counts as scikit-learn's default has it (`zero_division=0`): precision without a
//! positive decision, recall and AP without a positive sample, F without either are 0, and enter the means.
//! So with few samples, of which many classes have none, `macro` is low for want of data; `macro_present`
//! (ours, not scikit-learn's) is the number without these. Numbers agree with scikit-learn 1.9
//! (`tests/parity/multilabel.py`).

use serde::{Deserialize, Serialize};

use super::Error;

/// What was true, what was scored and what was decided: a row a sample, a column a class.
#[derive(Debug, Clone, Copy)]
pub struct Labels<'a> {
    /// Columns.
    pub classes: usize,
    /// Whether a sample has a class.
    pub truth: &'a [bool],
    /// Scores, in any units: only their order within a column (for `samples` within a row, for `micro`
    /// overall) counts.
    pub scores: &'a [f64],
    /// The decisions.
    pub decided: &'a [bool],
}

/// The measures of one class, one sample, or an average.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Scores {
    /// 0..1.
    pub precision: f64,
    /// 0..1.
    pub recall: f64,
    /// 0..1.
    pub f1: f64,
    /// 0..1: recall counts more.
    pub f2: f64,
    /// Average precision, 0..1.
    pub ap: f64,
}

/// One class.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ClassScores {
    /// Its measures.
    #[serde(flatten)]
    pub scores: Scores,
    /// Samples that have it.
    pub support: usize,
    /// Samples it was given to.
    pub decided: usize,
}

/// Every measure of a set of samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MultiLabel {
    /// How many samples.
    pub samples_count: usize,
    /// Over all decisions at once.
    pub micro: Scores,
    /// Mean over all classes.
    #[serde(rename = "macro")]
    pub macro_mean: Scores,
    /// Mean over the classes that some sample has; none where no sample has any.
    pub macro_present: Option<Scores>,
    /// Mean over samples.
    pub samples: Scores,
    /// The part of decisions that are wrong, 0..1.
    pub hamming_loss: f64,
    /// Every class, in the order of the columns.
    pub classes: Vec<ClassScores>,
}

/// Measures decisions and scores against the truth.
///
/// # Errors
/// [`Error::Shape`] where the arrays are not of one size, a multiple of the number of classes and not empty, or
/// a score is not a number.
pub fn multilabel(labels: &Labels<'_>) -> Result<MultiLabel, Error> {
    check(labels)?;
    let columns = labels.classes;
    let samples = labels.truth.len() / columns;
    let every = |items: &mut dyn Iterator<Item = usize>| measure(labels, &items.collect::<Vec<_>>());
    let classes: Vec<ClassScores> = (0..columns)
        .map(|class| {
            let column = || (0..samples).map(|row| row * columns + class);
            ClassScores {
                scores: every(&mut column()),
                support: column().filter(|&i| labels.truth[i]).count(),
                decided: column().filter(|&i| labels.decided[i]).count(),
            }
        })
        .collect();
    let rows: Vec<Scores> =
        (0..samples).map(|row| every(&mut (row * columns..(row + 1) * columns))).collect();
    let present: Vec<_> =
        classes.iter().filter(|class| class.support > 0).map(|class| class.scores).collect();
    let wrong = labels.truth.iter().zip(labels.decided).filter(|(truth, decided)| truth != decided).count();
    Ok(MultiLabel {
        samples_count: samples,
        micro: every(&mut (0..labels.truth.len())),
        macro_mean: mean(&classes.iter().map(|class| class.scores).collect::<Vec<_>>()),
        macro_present: (!present.is_empty()).then(|| mean(&present)),
        samples: mean(&rows),
        hamming_loss: wrong as f64 / labels.truth.len() as f64,
        classes,
    })
}

fn check(labels: &Labels<'_>) -> Result<(), Error> {
    let fail = |what, found: String, expected: String| Err(Error::Shape { what, found, expected });
    let size = labels.truth.len();
    if labels.classes == 0 || size == 0 || !size.is_multiple_of(labels.classes) {
        let expected = format!("samples times {} classes, neither of them 0", labels.classes);
        return fail("the true labels have", format!("{size} values"), expected);
    }
    for (what, found) in
        [("the scores have", labels.scores.len()), ("the decisions have", labels.decided.len())]
    {
        if found != size {
            return fail(what, format!("{found} values"), format!("{size}, as the true labels"));
        }
    }
    match labels.scores.iter().position(|score| score.is_nan()) {
        Some(at) => {
            let (row, class) = (at / labels.classes, at % labels.classes);
            fail("the scores have", format!("NaN for sample {row}, class {class}"), "a number".into())
        }
        None => Ok(()),
    }
}

/// Decisions counted against the truth; whole numbers, kept as `f64` for the divisions to come.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Counts {
    /// True positives.
    pub hits: f64,
    /// False positives.
    pub false_alarms: f64,
    /// False negatives.
    pub missed: f64,
}

impl Counts {
    /// Counts pairs of what is true and what was decided.
    #[must_use]
    pub fn of(pairs: impl Iterator<Item = (bool, bool)>) -> Self {
        let mut counts = Self::default();
        for pair in pairs {
            match pair {
                (true, true) => counts.hits += 1.0,
                (false, true) => counts.false_alarms += 1.0,
                (true, false) => counts.missed += 1.0,
                (false, false) => {}
            }
        }
        counts
    }

    /// `tp / (tp + fp)`, 0..1; 0 without a positive decision.
    #[must_use]
    pub fn precision(self) -> f64 {
        ratio(self.hits, self.hits + self.false_alarms)
    }

    /// `tp / (tp + fn)`, 0..1; 0 without a positive.
    #[must_use]
    pub fn recall(self) -> f64 {
        ratio(self.hits, self.hits + self.missed)
    }

    /// `Fβ`, 0..1; 0 where nothing is there and nothing was said.
    #[must_use]
    pub fn f(self, beta: f64) -> f64 {
        let weight = beta * beta;
        ratio(
            (1.0 + weight) * self.hits,
            (1.0 + weight) * self.hits + weight * self.missed + self.false_alarms,
        )
    }
}

/// Average precision of scores beside the truth: the area under precision over recall, by steps, 0..1; none
/// without a positive.
#[must_use]
pub fn average_precision(mut pairs: Vec<(f64, bool)>) -> Option<f64> {
    let positives = pairs.iter().filter(|(_, is)| *is).count() as f64;
    if positives == 0.0 {
        return None;
    }
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut hits, mut seen, mut area) = (0.0, 0.0, 0.0);
    // By value, so that 0 and −0 are one threshold.
    for tied in pairs.chunk_by(|a, b| a.0 == b.0) {
        let new = tied.iter().filter(|(_, is)| *is).count() as f64;
        hits += new;
        seen += tied.len() as f64;
        area += new / positives * hits / seen;
    }
    Some(area)
}

/// The measures over some of the decisions.
fn measure(labels: &Labels<'_>, chosen: &[usize]) -> Scores {
    let counts = Counts::of(chosen.iter().map(|&i| (labels.truth[i], labels.decided[i])));
    let pairs = chosen.iter().map(|&i| (labels.scores[i], labels.truth[i])).collect();
    Scores {
        precision: counts.precision(),
        recall: counts.recall(),
        f1: counts.f(1.0),
        f2: counts.f(2.0),
        ap: average_precision(pairs).unwrap_or(0.0),
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

fn mean(all: &[Scores]) -> Scores {
    let of = |get: fn(&Scores) -> f64| all.iter().map(get).sum::<f64>() / all.len() as f64;
    Scores {
        precision: of(|s| s.precision),
        recall: of(|s| s.recall),
        f1: of(|s| s.f1),
        f2: of(|s| s.f2),
        ap: of(|s| s.ap),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_samples_can_be_counted_by_hand() {
        let truth = [true, false, true, false, true, false];
        let decided = [true, true, false, false, true, false];
        let scores = [0.9, 0.8, 0.3, 0.1, 0.7, 0.2];
        let labels = Labels { classes: 3, truth: &truth, scores: &scores, decided: &decided };
        let found = multilabel(&labels).expect("they fit");
        // Of six decisions 2 hits, 1 false alarm, 1 miss.
        assert!(
            (found.micro.precision - 2.0 / 3.0).abs() < 1e-15
                && (found.hamming_loss - 1.0 / 3.0).abs() < 1e-15
        );
        assert!((found.micro.f2 - 10.0 / 15.0).abs() < 1e-15);
        // Scores in falling order: +, −, +, +, −, −.
        assert!((found.micro.ap - (1.0 + 2.0 / 3.0 + 3.0 / 4.0) / 3.0).abs() < 1e-15);
        assert_eq!((found.classes[0].support, found.classes[0].decided), (1, 1));
        assert_eq!(found.classes[2].scores.recall, 0.0);
        assert!((found.samples.recall - 0.75).abs() < 1e-15);
    }

    #[test]
    fn absent_classes_are_nought_in_the_macro_mean_only() {
        let labels =
            Labels { classes: 2, truth: &[true, false], scores: &[0.9, 0.1], decided: &[true, false] };
        let found = multilabel(&labels).expect("they fit");
        assert_eq!((found.macro_mean.f1, found.macro_mean.ap), (0.5, 0.5));
        assert_eq!(found.macro_present.expect("one class is there").f1, 1.0);
    }

    #[test]
    fn arrays_that_do_not_fit_are_refused() {
        let labels = Labels { classes: 2, truth: &[true; 4], scores: &[0.5; 3], decided: &[true; 4] };
        assert!(multilabel(&labels).expect_err("3 scores").to_string().contains("the scores have 3 values"));
        let labels = Labels { scores: &[0.5, 0.5, f64::NAN, 0.5], ..labels };
        assert!(multilabel(&labels).expect_err("NaN").to_string().contains("sample 1, class 0"));
        let labels = Labels { classes: 0, ..labels };
        assert!(multilabel(&labels).is_err());
    }
}
