//! The honesty tests as Markdown tables.

use std::fmt::Write;

use super::goals::{Goal, Wanted};
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
    let mut row = |test: &str, measure: &str, found: Option<&Interval>, digits: usize, note: &str| {
        if let Some(found) = found {
            let _ = writeln!(text, "| {test} | {measure} | {} | – | {note} |", with_interval(found, digits));
        }
    };
    let swap = &set.swap;
    row(
        "code swap",
        "IoU of its own cloud restored",
        swap.restored.as_ref(),
        2,
        "with its own code, or without any",
    );
    row("code swap", "the same, noise 0.02", swap.restored_noisy.as_ref(), 2, "");
    row(
        "code swap",
        "IoU of real cloud by the same rule",
        swap.own.as_ref(),
        2,
        "how well the rule sees cloud",
    );
    row("code swap", "IoU with the place in the code", swap.said.as_ref(), 2, "");
    row(
        "code swap",
        "IoU at the new place by s2cloudless",
        swap.detected.as_ref(),
        2,
        "of what was rendered",
    );
    row("code swap", "the same of the real cloud", swap.detected_real.as_ref(), 2, "");
    let probe = &set.probe;
    let note =
        if probe.conclusive { "0.5 = the place cannot be seen" } else { "inconclusive: its control failed" };
    row("probe", "AUC on x̂_B", probe.found.as_ref(), 2, note);
    row("probe", "AUC on the clear date", probe.truth.as_ref(), 2, "what the land itself gives away");
    if let Some(latent) = &set.latent {
        row(
            "latent use",
            "truth in the 80 % interval",
            latent.coverage_80.as_ref(),
            2,
            "0.80 where calibrated",
        );
        row("latent use", "MAE of z = 0", latent.middle.as_ref(), 4, "under cloud");
        row("latent use", "MAE of a sample", latent.sample.as_ref(), 4, "");
        let best = format!("MAE of the best of {}", latent.samples);
        row("latent use", &best, latent.best.as_ref(), 4, "chosen by the truth");
        row("latent use", "MAE of the truth's own code", latent.encoded.as_ref(), 4, "");
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
    let wanted = match goal.wanted {
        Wanted::AtLeast(bound) => format!("≥ {bound}"),
        Wanted::AtMost(0.0) => "0".to_owned(),
        Wanted::AtMost(bound) => format!("≤ {bound}"),
    };
    let digits = if goal.measure.starts_with("spread") { 4 } else { 2 };
    let found = goal.found.map_or_else(
        || "–".to_owned(),
        |found| match goal.interval {
            _ if found != 0.0 && found.abs() < 0.5e-4 => format!("{found:.1e}"),
            Some((low, high)) => format!("{found:.digits$} [{low:.digits$}, {high:.digits$}]"),
            None => format!("{found:.digits$}"),
        },
    );
    let because = goal.because.as_ref().map_or_else(String::new, |because| format!(": {because}"));
    let _ = writeln!(
        text,
        "| {} | {} | {found} | {wanted} | **{}**{because} |",
        goal.test,
        goal.measure,
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

fn with_interval(found: &Interval, digits: usize) -> String {
    let mean = found.mean;
    match found.low.zip(found.high) {
        Some((low, high)) => format!("{mean:.digits$} [{low:.digits$}, {high:.digits$}]"),
        None => format!("{mean:.digits$}"),
    }
}
