//! What stands beside the goals: every other mean of the tests, in one list for text, page and window.

use super::report::SetHonesty;
use crate::evaluation::bootstrap::Interval;

/// A mean that no goal is set for.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure<'r> {
    /// Its test.
    pub test: &'static str,
    /// What is measured.
    pub measure: String,
    /// What was found; none where nothing could be measured.
    pub found: Option<&'r Interval>,
    /// Digits that mean something.
    pub digits: usize,
    /// How to read it; may be empty.
    pub note: &'static str,
}

impl Figure<'_> {
    /// The mean with its interval; a dash for none.
    #[must_use]
    pub fn words(&self) -> String {
        let Some(found) = self.found else { return "–".to_owned() };
        let (mean, digits) = (found.mean, self.digits);
        match found.low.zip(found.high) {
            Some((low, high)) => format!("{mean:.digits$} [{low:.digits$}, {high:.digits$}]"),
            None => format!("{mean:.digits$}"),
        }
    }
}

/// The figures of a model on a set, in an order that is the same for every model. A model without a land code has
/// none of latent use, which come last.
#[must_use]
pub fn figures(set: &SetHonesty) -> Vec<Figure<'_>> {
    let (swap, probe) = (&set.swap, &set.probe);
    let sees =
        if probe.conclusive { "0.5 = the place cannot be seen" } else { "inconclusive: its control failed" };
    let mut figures = vec![
        of(
            "code swap",
            "IoU of its own cloud restored",
            swap.restored.as_ref(),
            "with its own code, or without any",
        ),
        of("code swap", "the same, noise 0.02", swap.restored_noisy.as_ref(), ""),
        of(
            "code swap",
            "IoU of real cloud by the same rule",
            swap.own.as_ref(),
            "how well the rule sees cloud",
        ),
        of("code swap", "IoU with the place in the code", swap.said.as_ref(), ""),
        of(
            "code swap",
            "IoU at the new place by s2cloudless",
            swap.detected.as_ref(),
            "of what was rendered",
        ),
        of("code swap", "the same of the real cloud", swap.detected_real.as_ref(), ""),
        of("probe", "AUC on x̂_B", probe.found.as_ref(), sees),
        of("probe", "AUC on the clear date", probe.truth.as_ref(), "what the land itself gives away"),
    ];
    let Some(latent) = &set.latent else { return figures };
    let best = format!("MAE of the best of {}", latent.samples);
    let mae = |measure: &str, found, note| Figure { digits: 4, ..of("latent use", measure, found, note) };
    figures.extend([
        of("latent use", "truth in the 80 % interval", latent.coverage_80.as_ref(), "0.80 where calibrated"),
        mae("MAE of z = 0", latent.middle.as_ref(), "under cloud"),
        mae("MAE of a sample", latent.sample.as_ref(), ""),
        mae(&best, latent.best.as_ref(), "chosen by the truth"),
        mae("MAE of the truth's own code", latent.encoded.as_ref(), ""),
    ]);
    figures
}

fn of<'r>(test: &'static str, measure: &str, found: Option<&'r Interval>, note: &'static str) -> Figure<'r> {
    Figure { test, measure: measure.to_owned(), found, digits: 2, note }
}
