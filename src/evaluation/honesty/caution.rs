//! What the tests found that a reader of the verdict must not miss.

use super::goals::{Goal, Verdict};
use super::report::Honesty;

/// The goals that models did not meet, a sentence a model and set; none where all were met or nothing is decided.
#[must_use]
pub fn cautions(models: &[Honesty]) -> Vec<String> {
    let sets = models.iter().flat_map(|model| model.sets.iter().map(move |set| (&model.model, set)));
    sets.filter_map(|(model, set)| {
        let missed: Vec<String> =
            set.goals.iter().filter(|goal| goal.verdict == Verdict::NotMet).map(words).collect();
        (!missed.is_empty()).then(|| {
            format!("Honesty of {model} on {}: not met: {} (see Honesty).", set.set, missed.join("; "))
        })
    })
    .collect()
}

fn words(goal: &Goal) -> String {
    format!("{}, {}: {}, wanted {}", goal.test, goal.measure, goal.found_words(), goal.wanted)
}
