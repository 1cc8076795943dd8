//! The four honesty tests of every model, side by side.

use super::noise;
use super::text::{absent, counted, escape};
use super::{Document, none_said};
use crate::evaluation::honesty::{Figure, Goal, Honesty, SetHonesty, Verdict, figures};

/// The tests in order: the name that goals and figures bear, its title, and what it asks.
const TESTS: [(&str, &str, &str); 4] = [
    ("code swap", "Code swap", "is the place of a cloud in its code, or hidden in the image called clear?"),
    ("noise", "Noise sensitivity", "does the cycle rest on details that noise wipes out?"),
    ("probe", "Cloud-place probe", "can one see in the image called clear where the cloud was?"),
    ("latent use", "Latent use", "do the samples say something?"),
];
/// Columns before the models'.
const BEFORE: usize = 2;

/// A model's findings on one set.
pub(super) type Column<'r> = (&'r Honesty, &'r SetHonesty);

/// The models that were examined on a set.
pub(super) fn columns<'r>(document: &Document<'r>, set: &str) -> Vec<Column<'r>> {
    let own = |model: &'r Honesty| Some((model, model.sets.iter().find(|found| found.set == set)?));
    document.report.honesty.iter().filter_map(own).collect()
}

/// Every set, apart.
pub(super) fn section(document: &Document<'_>) -> Option<String> {
    let report = document.report;
    if report.honesty.is_empty() {
        return absent(none_said(
            report,
            "No model was put to the honesty tests; declouder evaluate MODEL … --honesty does it.",
        ));
    }
    let mut html = String::from(
        "<p>A model that scores well may still cheat. A goal is <em>met</em> where the whole 95 % interval over scenes lies on the wanted side, <em>not met</em> where it lies on the other, and <em>inconclusive</em> where it reaches across, there is one scene only, or nothing could be measured.</p>\n",
    );
    let mut some = false;
    for set in &report.sets {
        let columns = columns(document, &set.name);
        if columns.is_empty() {
            html.push_str(&format!(
                "<h3>{}</h3>\n<p class=\"absent\">No image of it holds both cloud and clear pixels enough to be looked at.</p>\n",
                escape(&set.name)
            ));
            continue;
        }
        some = true;
        html.push_str(&format!("<h3>{}</h3>\n{}", escape(&set.name), summary(&columns)));
        html.push_str(&goals_table(&columns));
        html.push_str(&noise::plots(&set.name, &columns));
        html.push_str(&figures_table(&columns));
    }
    if some { Some(html) } else { absent("No image holds both cloud and clear pixels enough for the tests.") }
}

/// How many goals each model met, and what could not be asked of it.
fn summary(columns: &[Column<'_>]) -> String {
    let line = |(model, found): &Column<'_>| {
        let count = |verdict| found.goals.iter().filter(|goal| goal.verdict == verdict).count();
        let complaint = if model.preset.has_codes() { String::new() } else { without_code(found) };
        format!(
            "<li><strong>{}</strong> ({}), {}: {} met, {} not met, {} inconclusive.{complaint}</li>\n",
            escape(&model.model),
            model.preset,
            counted(found.images.len(), "image"),
            count(Verdict::Met),
            count(Verdict::NotMet),
            count(Verdict::Inconclusive)
        )
    };
    format!("<ul>\n{}</ul>\n", columns.iter().map(line).collect::<String>())
}

/// A generator without codes has nothing to swap; what it restores it restores out of the image alone.
fn without_code(found: &SetHonesty) -> String {
    let [plain, noisy] = [&found.swap.restored, &found.swap.restored_noisy].map(|interval| {
        interval.as_ref().map_or_else(|| "–".to_owned(), |interval| format!("{:.2}", interval.mean))
    });
    format!(
        " It has no code to swap, so what counts is the cloud it restores out of the clear image alone: intersection over union with the old place {plain}, after noise of 0.02 {noisy}. High without noise and low with it means a message hidden in the pixels."
    )
}

fn head(columns: &[Column<'_>], caption: &str, first: [&str; BEFORE]) -> String {
    let mut html = format!("<caption>{}</caption>\n<thead><tr>", escape(caption));
    for title in first {
        html.push_str(&format!("<th scope=\"col\">{title}</th>"));
    }
    for (model, _) in columns {
        html.push_str(&format!("<th scope=\"col\">{} ({})</th>", escape(&model.model), model.preset));
    }
    html.push_str("</tr></thead>\n");
    html
}

fn group(columns: &[Column<'_>], title: &str, asks: &str) -> String {
    format!(
        "<tbody><tr class=\"group\"><th scope=\"rowgroup\" colspan=\"{}\">{title} <span>– {asks}</span></th></tr>\n",
        BEFORE + columns.len()
    )
}

/// Every goal, test by test.
fn goals_table(columns: &[Column<'_>]) -> String {
    let mut html = String::from("<div class=\"wide\"><table class=\"goals\">\n");
    let caption = "What was wanted, and what was found: means over images with 95 % intervals";
    html.push_str(&head(columns, caption, ["Measured", "Wanted"]));
    for (test, title, asks) in TESTS {
        html.push_str(&group(columns, title, asks));
        if test == "noise" {
            html.push_str(&noise::rows(columns));
        }
        // The goals are the same for all models.
        for goal in columns[0].1.goals.iter().filter(|goal| goal.test == test) {
            html.push_str(&format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td>",
                escape(&goal.measure),
                goal.wanted
            ));
            for (_, found) in columns {
                let own =
                    found.goals.iter().find(|own| (&own.test, &own.measure) == (&goal.test, &goal.measure));
                html.push_str(&format!("<td>{}</td>", own.map_or_else(|| "–".to_owned(), cell)));
            }
            html.push_str("</tr>\n");
        }
        html.push_str("</tbody>\n");
    }
    html.push_str("</table></div>\n");
    html
}

fn cell(goal: &Goal) -> String {
    let class = match goal.verdict {
        Verdict::Met => "better",
        Verdict::NotMet => "worse",
        Verdict::Inconclusive => "open",
    };
    let because = goal
        .because
        .as_ref()
        .map_or_else(String::new, |because| format!(" <span class=\"because\">{}</span>", escape(because)));
    format!(
        "<span class=\"finding {class}\">{}</span> {}{because}",
        goal.verdict.title(),
        goal.found_words().replace('-', "−")
    )
}

/// What no goal is set for, folded away.
fn figures_table(columns: &[Column<'_>]) -> String {
    let all: Vec<_> = columns.iter().map(|(_, found)| figures(found)).collect();
    let mut known: Vec<(&str, &str)> = Vec::new();
    for figure in all.iter().flatten().filter(|figure| figure.found.is_some()) {
        let key = (figure.test, figure.measure.as_str());
        if !known.contains(&key) {
            known.push(key);
        }
    }
    let mut html = String::from(
        "<details><summary>What stands beside the goals</summary>\n<div class=\"wide\"><table class=\"goals\">\n",
    );
    html.push_str(&head(
        columns,
        "Means over images with 95 % intervals; no bound is set for these",
        ["Measured", "To be read"],
    ));
    for (test, title, asks) in TESTS {
        let own: Vec<_> = known.iter().filter(|(of, _)| *of == test).collect();
        if own.is_empty() {
            continue;
        }
        html.push_str(&group(columns, title, asks));
        for (_, measure) in own {
            let note = all.iter().find_map(|own| figure(own, test, measure)).map_or("", |figure| figure.note);
            html.push_str(&format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td>",
                escape(measure),
                escape(note)
            ));
            for own in &all {
                let words = figure(own, test, measure).map_or_else(|| "–".to_owned(), Figure::words);
                html.push_str(&format!("<td>{}</td>", words.replace('-', "−")));
            }
            html.push_str("</tr>\n");
        }
        html.push_str("</tbody>\n");
    }
    html.push_str("</table></div></details>\n");
    html
}

fn figure<'f, 'r>(all: &'f [Figure<'r>], test: &str, measure: &str) -> Option<&'f Figure<'r>> {
    all.iter().find(|figure| figure.test == test && figure.measure == measure)
}
