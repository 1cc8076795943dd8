//! What a cross-validation shows, and what so few patches cannot show.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::Labelled;
use super::folds::{Fold, Folds, score};
use super::score::{Score, average_precisions, micro_f};
use crate::networks::classifier::ClassifierInfo;

/// Patches of a class below which its figure is left out of the words.
const FEW: u64 = 5;

/// A figure: its mean over seeds, its 95 % interval over places and seeds, and its least and greatest over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figure {
    /// Mean over seeds.
    pub mean: f64,
    /// 1.96 standard errors below and above, of places (jackknife) and seeds together.
    pub interval: [f64; 2],
    /// Least and greatest over seeds.
    pub seeds: [f64; 2],
}

/// All figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Patches measured on.
    pub patches: usize,
    /// Places they show.
    pub places: usize,
    /// Classes that some patch has.
    pub classes: usize,
    /// Macro average precision.
    pub macro_ap: Figure,
    /// The same of saying the same of every patch.
    pub prevalence: Figure,
    /// What the first is above the second, drawing by drawing.
    pub gain: Figure,
    /// Micro F1.
    pub micro_f1: Figure,
    /// Micro F1 of saying of every patch what is best said of all training patches.
    pub constant_f1: Figure,
    /// Micro F2.
    pub micro_f2: Figure,
    /// Average precision by class, mean over seeds, with the number of patches that have it.
    pub by_class: Vec<ClassFigure>,
}

/// A class's own figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassFigure {
    /// Its name.
    pub name: String,
    /// Patches that have it.
    pub patches: u64,
    /// Average precision, mean over seeds; none where no patch has it.
    pub average_precision: Option<f64>,
}

impl Summary {
    /// The figures as a classifier's file states them.
    #[must_use]
    pub(super) fn figures(&self) -> BTreeMap<String, f64> {
        let mut figures = BTreeMap::from([
            (ClassifierInfo::HELD_OUT.to_owned(), self.macro_ap.mean),
            ("held_out/patches".to_owned(), self.patches as f64),
            ("held_out/places".to_owned(), self.places as f64),
            ("held_out/classes".to_owned(), self.classes as f64),
        ]);
        let all = [
            ("macro_ap", &self.macro_ap),
            ("prevalence_macro_ap", &self.prevalence),
            ("macro_ap_gain", &self.gain),
            ("micro_f1", &self.micro_f1),
            ("constant_micro_f1", &self.constant_f1),
            ("micro_f2", &self.micro_f2),
        ];
        for (name, figure) in all {
            figures.insert(format!("held_out/{name}"), figure.mean);
        }
        figures
    }
}

/// The set of classes that, said of every patch, gives the best micro F1 on some labels: those of the highest
/// prevalence.
pub(super) fn constant(truth: &[u8], classes: usize) -> Vec<bool> {
    let patches = truth.len() / classes;
    let mut counts: Vec<(usize, usize)> = (0..classes)
        .map(|class| (truth.iter().skip(class).step_by(classes).filter(|&&is| is == 1).count(), class))
        .collect();
    counts.sort_by_key(|&(count, class)| (std::cmp::Reverse(count), class));
    let positives: usize = counts.iter().map(|(count, _)| count).sum();
    let (mut best, mut hits) = ((-1.0, 0), 0);
    for (said, (count, _)) in (1..).zip(&counts) {
        hits += count;
        let f1 = 2.0 * hits as f64 / (said * patches + positives) as f64;
        if f1 > best.0 {
            best = (f1, said);
        }
    }
    let mut says = vec![false; classes];
    counts[..best.1].iter().for_each(|&(_, class)| says[class] = true);
    says
}

/// The figures of all folds of all seeds.
pub(super) fn summary(data: &Labelled, folds: &[Fold]) -> Summary {
    let mut seeds: Vec<u64> = folds.iter().map(|fold| fold.seed).collect();
    seeds.dedup();
    let tables: Vec<Table> = seeds.iter().map(|&seed| Table::of(data, folds, seed)).collect();
    let whole: Vec<usize> = (0..data.groups.len()).collect();
    let of_seeds: Vec<Values> = tables.iter().map(|table| table.values(&whole)).collect();
    // Each place left out once.
    let without: Vec<Values> = whole
        .iter()
        .map(|&place| {
            let left: Vec<usize> = whole.iter().copied().filter(|&other| other != place).collect();
            mean(&tables.iter().map(|table| table.values(&left)).collect::<Vec<_>>())
        })
        .collect();
    let figure = |index: usize| figure(index, &of_seeds, &without);
    let first: Vec<&Fold> = folds.iter().filter(|fold| fold.seed == seeds[0]).collect();
    let all = score(data, &first);
    Summary {
        patches: all.patches,
        places: data.groups.len(),
        classes: all.classes,
        macro_ap: figure(0),
        prevalence: figure(1),
        gain: figure(2),
        micro_f1: figure(3),
        constant_f1: figure(4),
        micro_f2: figure(5),
        by_class: by_class(data, &tables),
    }
}

/// Macro AP, prevalence, their difference, micro F1, that of a constant answer, micro F2.
type Values = [f64; 6];

fn mean(all: &[Values]) -> Values {
    std::array::from_fn(|index| all.iter().map(|values| values[index]).sum::<f64>() / all.len() as f64)
}

/// Mean over seeds, and 1.96 standard errors around it: those of the places by the jackknife (Efron 1982), and those of
/// the seeds.
///
/// Not by drawing places with replacement: a place that is drawn twice ranks above itself, so average precision comes
/// out higher in a drawing than it is, and intervals would lie beside their own mean.
fn figure(index: usize, seeds: &[Values], without: &[Values]) -> Figure {
    let own: Vec<f64> = seeds.iter().map(|values| values[index]).collect();
    let left: Vec<f64> = without.iter().map(|values| values[index]).collect();
    let places = left.len() as f64;
    let square = square_sum(&left) * (places - 1.0) / places
        + square_sum(&own) / ((own.len() as f64 - 1.0).max(1.0) * own.len() as f64);
    let (mean, reach) = (mean(seeds)[index], 1.96 * square.sqrt());
    let least = own.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = own.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    Figure { mean, interval: [mean - reach, mean + reach], seeds: [least, greatest] }
}

/// Sum of squared differences from the mean.
fn square_sum(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter().map(|value| (value - mean) * (value - mean)).sum()
}

/// A seed's predictions by place.
struct Table {
    classes: usize,
    places: Vec<Part>,
}

/// Predictions for the patches of a place.
#[derive(Default)]
struct Part {
    probabilities: Vec<f32>,
    decisions: Vec<bool>,
    constant: Vec<bool>,
    truth: Vec<u8>,
}

impl Table {
    fn of(data: &Labelled, folds: &[Fold], seed: u64) -> Self {
        let group: BTreeMap<usize, usize> =
            data.examples.iter().map(|example| (example.row, example.group)).collect();
        let mut places: Vec<Part> = data.groups.iter().map(|_| Part::default()).collect();
        let mut classes = 1;
        for fold in folds.iter().filter(|fold| fold.seed == seed) {
            classes = fold.constant.len();
            for (index, row) in fold.rows.iter().enumerate() {
                let own = index * classes..(index + 1) * classes;
                let part = &mut places[group[row]];
                part.probabilities.extend(&fold.probabilities[own.clone()]);
                part.decisions.extend(&fold.decisions[own]);
                part.constant.extend(&fold.constant);
                part.truth.extend(data.labels(*row));
            }
        }
        Self { classes, places }
    }

    /// The places' predictions one after the other.
    fn joined(&self, places: &[usize]) -> Part {
        let mut all = Part::default();
        for place in places.iter().map(|&place| &self.places[place]) {
            all.probabilities.extend(&place.probabilities);
            all.decisions.extend(&place.decisions);
            all.constant.extend(&place.constant);
            all.truth.extend(&place.truth);
        }
        all
    }

    fn values(&self, places: &[usize]) -> Values {
        let all = self.joined(places);
        let score = Score::of(&all.probabilities, &all.decisions, &all.truth, self.classes);
        [
            score.macro_ap,
            score.prevalence,
            score.macro_ap - score.prevalence,
            score.micro_f1,
            micro_f(&all.constant, &all.truth, 1.0),
            score.micro_f2,
        ]
    }
}

fn by_class(data: &Labelled, tables: &[Table]) -> Vec<ClassFigure> {
    let whole: Vec<usize> = (0..data.groups.len()).collect();
    let each: Vec<Part> = tables.iter().map(|table| table.joined(&whole)).collect();
    let classes = tables.first().map_or(1, |table| table.classes);
    let precisions: Vec<_> =
        each.iter().map(|all| average_precisions(&all.probabilities, &all.truth, classes)).collect();
    let names = data.class_names();
    (0..classes)
        .map(|class| {
            let known: Vec<f64> = precisions.iter().filter_map(|seed| seed[class]).collect();
            let truth = each.first().map_or(&[][..], |all| &all.truth);
            let flags = truth.iter().skip(class).step_by(classes);
            ClassFigure {
                name: names[class].clone(),
                patches: flags.map(|&flag| u64::from(flag)).sum(),
                average_precision: (!known.is_empty())
                    .then(|| known.iter().sum::<f64>() / known.len() as f64),
            }
        })
        .collect()
}

/// The figures beside their baselines, and what they show.
pub(super) fn words(data: &Labelled, folds: Folds, summary: &Summary) -> String {
    let mut text = format!(
        "{} patches of {} places, {} folds of places, {} seeds; intervals: 95 %, over places and seeds\n",
        summary.patches, summary.places, folds.folds, folds.seeds
    );
    let mut line = |name: &str, figure: &Figure, beside: &str, other: &Figure| {
        let _ = writeln!(
            text,
            "{name} {:.3} [{:.3}, {:.3}], seeds {:.3} to {:.3}; {beside} {:.3} [{:.3}, {:.3}]",
            figure.mean,
            figure.interval[0],
            figure.interval[1],
            figure.seeds[0],
            figure.seeds[1],
            other.mean,
            other.interval[0],
            other.interval[1]
        );
    };
    line("macro AP", &summary.macro_ap, "prevalence alone", &summary.prevalence);
    line("micro F1", &summary.micro_f1, "the same answer for every patch", &summary.constant_f1);
    let gain = &summary.gain;
    let shown = if gain.interval[0] > 0.0 {
        "the classifier has learned something that holds at places it has not seen"
    } else {
        "it is not shown that the classifier has learned anything that holds at places it has not seen"
    };
    let _ = writeln!(
        text,
        "Macro AP is {:.3} [{:.3}, {:.3}] above that of prevalence alone: {shown}.",
        gain.mean, gain.interval[0], gain.interval[1]
    );
    let rare = summary.by_class.iter().filter(|class| class.patches < FEW).count();
    let width = summary.macro_ap.interval[1] - summary.macro_ap.interval[0];
    let _ = write!(
        text,
        "{rare} of {} classes have fewer than {FEW} patches: their figures are chance. The interval is {width:.2} wide, so networks that differ by less cannot be ranked here. The largest place holds {} of {} patches. Nothing follows for other countries, seasons or sensors, nor for how good the same network is on the whole data set.",
        summary.by_class.len(),
        largest(data),
        summary.patches
    );
    text
}

fn largest(data: &Labelled) -> usize {
    let mut counts = vec![0; data.groups.len()];
    data.examples.iter().for_each(|example| counts[example.group] += 1);
    counts.into_iter().max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_constant_answer_is_found() {
        // Four patches: class 0 in all, class 1 in two, class 2 in one.
        let truth = [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0_u8];
        let says = constant(&truth, 3);
        assert_eq!(says, [true, true, false]);
        // No other set is better.
        let f1 = |set: [bool; 3]| micro_f(&set.repeat(4), &truth, 1.0);
        for code in 0..8 {
            let set = [code & 1 != 0, code & 2 != 0, code & 4 != 0];
            assert!(f1(set) <= f1([true, true, false]) + 1e-12, "{set:?}");
        }
    }
}
