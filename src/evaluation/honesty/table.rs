//! The honesty tests as Markdown tables.

use std::fmt::Write;

use super::figures::figures;
use super::goals::Goal;
use super::report::{Honesty, SetHonesty};
use crate::evaluation::bootstrap::Interval;

/// Every model: what was found, what was wanted, and whether it was reached.
#[must_use]
pub fn markdown(models: &[Honesty]) -> String {
    let mut text = String::new();
    for model in models {
        for set in &model.sets {
            set_table(&mut text, model, set);
        }
    }
    text
}

fn set_table(text: &mut String, model: &Honesty, set: &SetHonesty) {
    let images = set.images.len();
    let plural = if images == 1 { "" } else { "s" };
    let _ = writeln!(
        text,
        "\n**Honesty of {} ({}) on {}** ({images} image{plural})\n\n| test | measure | found | wanted | |\n|---|---|--:|--:|---|",
        model.model, model.preset, set.set
    );
    for goal in &set.goals {
        goal_row(text, goal);
    }
    for figure in figures(set).iter().filter(|figure| figure.found.is_some()) {
        let (test, measure, note) = (figure.test, &figure.measure, figure.note);
        let _ = writeln!(text, "| {test} | {measure} | {} | – | {note} |", figure.words());
    }
    noise_table(text, set);
    if let Some(latent) = &set.latent {
        let ranks: Vec<_> = latent.ranks.iter().map(|part| format!("{part:.2}")).collect();
        let even = 1.0 / latent.ranks.len() as f64;
        let pooled = latent.spearman_pooled.map_or_else(|| "–".to_owned(), |rho| format!("{rho:.2}"));
        let _ = writeln!(
            text,
            "\nSpearman over the pixels of all images: {pooled}. Ranks of the truth among {} samples (even: {even:.2}): {}",
            latent.samples,
            ranks.join(" ")
        );
    }
}

fn goal_row(text: &mut String, goal: &Goal) {
    let because = goal.because.as_ref().map_or_else(String::new, |because| format!(": {because}"));
    let _ = writeln!(
        text,
        "| {} | {} | {} | {} | **{}**{because} |",
        goal.test,
        goal.measure,
        goal.found_words(),
        goal.wanted,
        goal.verdict.title()
    );
}

fn noise_table(text: &mut String, set: &SetHonesty) {
    let _ = writeln!(text);
    let mut line = |title: &str, cell: &dyn Fn(usize) -> String| {
        let cells: Vec<_> = (0..set.noise.len()).map(cell).collect();
        let _ = writeln!(text, "| {title} | {} |", cells.join(" | "));
    };
    let error = |interval: &Option<Interval>| {
        interval.as_ref().map_or_else(|| "–".to_owned(), |found| format!("{:.4}", found.mean))
    };
    line("noise on x̂_B, σ", &|i| set.noise[i].sigma.to_string());
    line("---", &|_| "--:".to_owned());
    line("cycle error under cloud", &|i| error(&set.noise[i].covered));
    line("cycle error in the clear", &|i| error(&set.noise[i].clear));
}
