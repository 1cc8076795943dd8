//! What an evaluation allows to be said, in plain words, by explicit rules.
//!
//! Each model is judged against the baseline on each set by the paired difference in PSNR under cloud (image by
//! image, 95 % interval by bootstrap over scenes):
//!
//! | the interval | finding |
//! |---|---|
//! | there is no image with enough cloud | nothing can be said |
//! | all images come from one scene, so there is none | a figure, not a finding |
//! | lies above 0 | better |
//! | lies below 0 | worse |
//! | includes 0 | undecided: it could be chance |
//!
//! The mean absolute error is told beside it; where the two measures find opposite things, that is said and the
//! finding is undecided. Classes of cover that find the opposite of the whole set are named.

use super::bootstrap::Interval;
use super::cautions::cautions;
use super::report::{GroupReport, MethodReport, Report, SetReport, Subset};
use crate::metrics::{Measure, Region};

/// What a difference's interval says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// No image to judge by.
    Nothing,
    /// Images of one scene: no interval.
    OneScene,
    /// The whole interval is on the good side of 0.
    Better,
    /// The whole interval is on the bad side of 0.
    Worse,
    /// The interval includes 0, or the measures contradict each other.
    Undecided,
}

/// One model on one set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The model's name.
    pub method: String,
    /// The set's name.
    pub set: String,
    /// What was found.
    pub finding: Finding,
    /// The same in a few sentences, with numbers and intervals.
    pub words: String,
}

/// What the whole report allows to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// In one sentence.
    pub headline: String,
    /// Model by model and set by set.
    pub judgements: Vec<Judgement>,
    /// What limits it.
    pub cautions: Vec<String>,
}

impl Finding {
    /// What an interval of a difference says; `error` where less is better.
    #[must_use]
    pub fn of(interval: Option<&Interval>, error: bool) -> Self {
        let Some(interval) = interval else { return Self::Nothing };
        let Some((low, high)) = interval.low.zip(interval.high) else { return Self::OneScene };
        let (low, high) = if error { (-high, -low) } else { (low, high) };
        if low > 0.0 {
            Self::Better
        } else if high < 0.0 {
            Self::Worse
        } else {
            Self::Undecided
        }
    }

    fn contradicts(self, other: Self) -> bool {
        matches!((self, other), (Self::Better, Self::Worse) | (Self::Worse, Self::Better))
    }
}

/// The methods that are judged: models, or whatever is no baseline of ours.
fn judged<'r>(report: &'r Report, set: &'r SetReport) -> impl Iterator<Item = &'r MethodReport> {
    let known: Vec<&str> = super::methods::baseline_names();
    set.methods.iter().filter(move |method| {
        report.models.iter().any(|model| model.name == method.name) || !known.contains(&method.name.as_str())
    })
}

/// Judges every model of a report on every set.
#[must_use]
pub fn verdict(report: &Report) -> Verdict {
    let judgements: Vec<_> = report
        .sets
        .iter()
        .flat_map(|set| judged(report, set).map(|method| judge(report, set, method)))
        .collect();
    Verdict { headline: headline(report, &judgements), cautions: cautions(report, &judgements), judgements }
}

fn judge(report: &Report, set: &SetReport, method: &MethodReport) -> Judgement {
    let (name, base) = (&method.name, &report.baseline);
    let whole = method.group(Subset::Any, Region::Cloud);
    let difference = whole.and_then(|group| group.against_baseline.get(&Measure::Psnr));
    let mut finding = Finding::of(difference, false);
    let mut words = match (finding, difference) {
        (Finding::Nothing, _) | (_, None) => format!(
            "Nothing can be said of {name}: no image has at least 2 % of cloud and a result of {base} to compare with."
        ),
        (Finding::OneScene, Some(found)) => format!(
            "{name} lies {} {base} under cloud ({}), but all images come from one scene, so no interval can be given: this is a figure, not a finding.",
            beside(found.mean),
            over(found)
        ),
        (Finding::Better, Some(found)) => {
            format!("{name} beats {base} by {} under cloud ({}).", decibels(found), over(found))
        }
        (Finding::Worse, Some(found)) => {
            format!("{name} is worse than {base}, by {} under cloud ({}).", decibels(found), over(found))
        }
        (Finding::Undecided, Some(found)) => format!(
            "Between {name} and {base} nothing is decided: {} under cloud ({}). The interval includes zero, so with {} this could be chance.",
            decibels(found),
            over(found),
            counted(found.scenes, "scene")
        ),
    };
    if let Some(group) = whole {
        errors(group, &mut finding, &mut words);
        opposites(method, finding, &mut words);
        aligned(method, &mut words);
    }
    Judgement { method: name.clone(), set: set.name.clone(), finding, words }
}

/// The mean absolute error beside the PSNR.
fn errors(group: &GroupReport, finding: &mut Finding, words: &mut String) {
    let Some(change) = group.change_percent.get(&Measure::Mae) else { return };
    words.push_str(&format!(" Mean absolute error: {}.", percent(change)));
    let by_error = Finding::of(group.against_baseline.get(&Measure::Mae), true);
    if finding.contradicts(by_error) {
        words.push_str(" The two measures contradict each other, so neither counts as a finding.");
        *finding = Finding::Undecided;
    } else if *finding == Finding::Undecided && matches!(by_error, Finding::Better | Finding::Worse) {
        let word = if by_error == Finding::Better { "better" } else { "worse" };
        words.push_str(&format!(" By that measure alone it would count as {word}; the rule asks the PSNR."));
    }
}

/// Classes of cover in which the opposite holds.
fn opposites(method: &MethodReport, finding: Finding, words: &mut String) {
    for subset in [Subset::Low, Subset::Middle, Subset::High, Subset::Thin] {
        let own =
            method.group(subset, Region::Cloud).and_then(|group| group.against_baseline.get(&Measure::Psnr));
        let (Some(own), true) = (own, finding.contradicts(Finding::of(own, false))) else { continue };
        let place = if subset == Subset::Thin {
            "under thin cloud".to_owned()
        } else {
            format!("at {} cover", subset.title())
        };
        words.push_str(&format!(" The opposite holds {place}: {} ({}).", decibels(own), over(own)));
    }
}

/// What is left of a difference where the dates of pairs are brought to one light. It is told and decides nothing.
fn aligned(method: &MethodReport, words: &mut String) {
    let Some(group) = method.group(Subset::Any, Region::Aligned) else { return };
    let found = (group.against_baseline.get(&Measure::Psnr), group.change_percent.get(&Measure::Mae));
    if let (Some(psnr), Some(mae)) = found {
        words.push_str(&format!(
            " Against the clear date in the light of the cloudy one it is {} dB, and {} in mean absolute error.",
            range(psnr, 2),
            percent(mae)
        ));
    }
}

fn headline(report: &Report, judgements: &[Judgement]) -> String {
    let base = &report.baseline;
    let mut models: Vec<&str> = judgements.iter().map(|judgement| judgement.method.as_str()).collect();
    models.dedup();
    models.sort_unstable();
    models.dedup();
    let lines: Vec<_> = models
        .iter()
        .map(|model| {
            let own: Vec<_> = judgements.iter().filter(|judgement| judgement.method == *model).collect();
            sentence(model, base, &own)
        })
        .collect();
    if lines.is_empty() {
        return "No model was evaluated: the figures are those of the baselines, which a model has to beat."
            .to_owned();
    }
    lines.join(" ")
}

/// What may be said of a model over all its sets.
fn sentence(model: &str, base: &str, own: &[&Judgement]) -> String {
    let sets = |finding: Finding| own.iter().filter(|judgement| judgement.finding == finding).count();
    let (better, worse, all) = (sets(Finding::Better), sets(Finding::Worse), own.len());
    let on = |count: usize| if all == 1 { String::new() } else { format!(" on {count} of {all} test sets") };
    match (better, worse) {
        (0, 0) => format!(
            "{model} cannot be told from {base} by these data: their plain figures are no reason to prefer it."
        ),
        (b, 0) if b == all => {
            let place =
                if all == 1 { "on this test set".to_owned() } else { format!("on all {all} test sets") };
            format!("{model} takes cloud away better than {base} {place}.")
        }
        (b, 0) => format!("{model} is better than {base}{}; on the others nothing is decided.", on(b)),
        (0, w) if w == all && all == 1 => {
            format!("{model} is worse than {base} on this test set; use {base}.")
        }
        (0, w) => format!("{model} is worse than {base}{} and nowhere better; use {base}.", on(w)),
        (b, w) => format!(
            "{model} is better than {base}{}, and worse on {w}: it depends on the data (see below).",
            on(b)
        ),
    }
}

fn beside(mean: f64) -> String {
    format!("{:.2} dB {}", mean.abs(), if mean < 0.0 { "below" } else { "above" })
}

fn decibels(found: &Interval) -> String {
    let sign = if Finding::of(Some(found), false) == Finding::Undecided { "+" } else { "" };
    let worse = Finding::of(Some(found), false) == Finding::Worse;
    let number = |value: f64| if sign.is_empty() { format!("{value:.2}") } else { format!("{value:+.2}") };
    match found.low.zip(found.high) {
        Some((low, high)) if worse => {
            format!("{} dB [{}, {}]", number(-found.mean), number(-high), number(-low))
        }
        Some((low, high)) => format!("{} dB [{}, {}]", number(found.mean), number(low), number(high)),
        None => format!("{:+.2} dB", found.mean),
    }
}

fn percent(change: &Interval) -> String {
    match change.low.zip(change.high) {
        Some((low, high)) => format!("{:+.1} % [{low:+.1}, {high:+.1}]", change.mean),
        None => format!("{:+.1} %", change.mean),
    }
}

/// A difference with its sign and interval.
fn range(found: &Interval, digits: usize) -> String {
    match found.low.zip(found.high) {
        Some((low, high)) => format!("{:+.digits$} [{low:+.digits$}, {high:+.digits$}]", found.mean),
        None => format!("{:+.digits$}", found.mean),
    }
}

/// "7 images of 5 scenes".
fn over(found: &Interval) -> String {
    let donors = found.donors.map_or_else(String::new, |donors| format!(" and {}", counted(donors, "donor")));
    format!("{} of {}{donors}", counted(found.images, "image"), counted(found.scenes, "scene"))
}

fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
