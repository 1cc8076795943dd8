//! What was wanted, and whether it was reached.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::probe::CONTROL;
use super::report::{LatentReport, ProbeReport, SwapReport};
use crate::evaluation::bootstrap::Interval;

/// Why a model without a cloud code cannot be put to the code swap.
pub const NO_CODE: &str = "the model has no cloud code: there is no code to swap";

/// Whether a goal was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole 95 % interval lies on the wanted side.
    Met,
    /// The whole interval lies on the other side.
    NotMet,
    /// The interval reaches across, or nothing could be measured.
    Inconclusive,
}

impl Verdict {
    /// In words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not met",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// A bound.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

impl Wanted {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bound) => write!(f, "≥ {bound}"),
            Self::AtMost(0.0) => f.write_str("0"),
            Self::AtMost(bound) => write!(f, "≤ {bound}"),
        }
    }
}

/// A goal and what was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Goal {
    /// Its test.
    pub test: String,
    /// What is measured.
    pub measure: String,
    /// What was wanted.
    pub wanted: Wanted,
    /// What was found: the mean over images; none where nothing could be measured.
    pub found: Option<f64>,
    /// The 95 % interval over scenes.
    pub interval: Option<(f64, f64)>,
    /// Whether the goal was reached.
    pub verdict: Verdict,
    /// Why it is inconclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

impl Goal {
    /// Judges a mean over images by its interval.
    #[must_use]
    pub fn of_mean(
        (test, measure): (&str, &str),
        wanted: Wanted,
        found: Option<&Interval>,
        lacking: &str,
    ) -> Self {
        let interval = found.and_then(|found| found.low.zip(found.high));
        let (verdict, because) = match (found, interval) {
            (None, _) => (Verdict::Inconclusive, Some(lacking)),
            (_, None) => (Verdict::Inconclusive, Some("one scene only, so there is no interval")),
            (_, Some((low, high))) => match (wanted.holds(low), wanted.holds(high)) {
                (true, true) => (Verdict::Met, None),
                (false, false) => (Verdict::NotMet, None),
                _ => (Verdict::Inconclusive, Some("the interval reaches across the bound")),
            },
        };
        Self {
            test: test.to_owned(),
            measure: measure.to_owned(),
            wanted,
            found: found.map(|found| found.mean),
            interval,
            verdict,
            because: because.map(str::to_owned),
        }
    }

    /// Judges a number that is no mean.
    #[must_use]
    pub fn of_number(
        (test, measure): (&str, &str),
        wanted: Wanted,
        found: Option<f64>,
        lacking: &str,
    ) -> Self {
        let verdict = match found {
            None => Verdict::Inconclusive,
            Some(found) if wanted.holds(found) => Verdict::Met,
            Some(_) => Verdict::NotMet,
        };
        Self {
            test: test.to_owned(),
            measure: measure.to_owned(),
            wanted,
            found,
            interval: None,
            verdict,
            because: found.is_none().then(|| lacking.to_owned()),
        }
    }

    /// What was found with its interval, in words; a dash where nothing could be measured.
    #[must_use]
    pub fn found_words(&self) -> String {
        // Reflectances are small numbers.
        let digits = if self.measure.starts_with("spread") { 4 } else { 2 };
        match (self.found, self.interval) {
            (None, _) => "–".to_owned(),
            // Nothing is not to be mistaken for next to nothing.
            (Some(found), _) if found != 0.0 && found.abs() < 0.5e-4 => format!("{found:.1e}"),
            (Some(found), Some((low, high))) => {
                format!("{found:.digits$} [{low:.digits$}, {high:.digits$}]")
            }
            (Some(found), None) => format!("{found:.digits$}"),
        }
    }
}

/// The goals of the design.
pub(super) fn goals(
    (coded, swap): (bool, &SwapReport),
    probe: &ProbeReport,
    latent: Option<&LatentReport>,
) -> Vec<Goal> {
    let no_land = "the model has no land code";
    // Without a code there is nothing to swap: what is restored at the old place is restored in spite of it. With
    // a code but no other cloud to swap in, what is restored is what the code says, and proves nothing.
    let (old, no_new, no_old) = if coded {
        let no_other = "there is no image of another scene whose cloud lies apart";
        (swap.old.as_ref(), no_other, no_other)
    } else {
        (swap.restored.as_ref(), NO_CODE, "no cloud was rendered")
    };
    let land = |pick: fn(&LatentReport) -> Option<&Interval>| latent.and_then(pick);
    vec![
        Goal::of_mean(("code swap", "IoU at the new place"), Wanted::AtLeast(0.7), swap.new.as_ref(), no_new),
        Goal::of_mean(("code swap", "IoU at the old place"), Wanted::AtMost(0.15), old, no_old),
        Goal::of_mean(
            ("probe", "AUC of the positive control"),
            Wanted::AtLeast(CONTROL),
            probe.control.as_ref(),
            "it takes two scenes",
        ),
        Goal::of_mean(
            ("latent use", "spread under cloud"),
            Wanted::AtLeast(0.005),
            land(|latent| latent.spread.as_ref()),
            no_land,
        ),
        Goal::of_number(
            ("latent use", "greatest change outside"),
            Wanted::AtMost(0.0),
            latent.map(|latent| latent.outside),
            no_land,
        ),
        Goal::of_mean(
            ("latent use", "Spearman of spread and error"),
            Wanted::AtLeast(0.3),
            land(|latent| latent.spearman.as_ref()),
            no_land,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_that_reaches_across_decides_nothing() {
        let mean = |low, high| Interval { mean: 0.5, low, high, images: 3, scenes: 2, donors: None };
        let verdict = |wanted, found: Option<Interval>| {
            Goal::of_mean(("a", "b"), wanted, found.as_ref(), "nothing there").verdict
        };
        let (at_least, at_most) = (Wanted::AtLeast(0.3), Wanted::AtMost(0.3));
        let between = |low, high| Some(mean(Some(low), Some(high)));
        assert_eq!(verdict(at_least, between(0.3, 0.7)), Verdict::Met);
        assert_eq!(verdict(at_least, between(0.2, 0.7)), Verdict::Inconclusive);
        assert_eq!(verdict(at_most, between(0.2, 0.7)), Verdict::Inconclusive);
        assert_eq!(verdict(at_most, between(0.4, 0.7)), Verdict::NotMet);
        assert_eq!(verdict(at_most, between(0.1, 0.3)), Verdict::Met);
        assert_eq!(verdict(at_least, Some(mean(None, None))), Verdict::Inconclusive);
        let none = Goal::of_mean(("a", "b"), at_least, None, "nothing there");
        assert_eq!((none.verdict, none.because.as_deref()), (Verdict::Inconclusive, Some("nothing there")));
        let zero = |found| Goal::of_number(("a", "b"), Wanted::AtMost(0.0), found, "").verdict;
        assert_eq!((zero(Some(0.0)), zero(Some(1e-9))), (Verdict::Met, Verdict::NotMet));
    }
}
