//! Land-cover labels before and after, against those of the clear dates.

use super::Document;
use super::svg::{KEY, Plot, Scale};
use super::text::{absent, counted, escape, number};
use crate::evaluation::report::{LabelReport, MethodLabels};

/// Where names end and bars begin.
const LEFT: f64 = 330.0;
const RIGHT: f64 = 760.0;
/// Height of a bar.
const BAR: f64 = 7.0;
/// Letters of a class's name beside its bars.
const LETTERS: usize = 46;
/// Methods with bars: as many as colours can be told apart.
const BARS: usize = 4;

/// Every set that a classifier looked at.
pub(super) fn section(document: &Document<'_>) -> Option<String> {
    let report = document.report;
    if report.sets.iter().all(|set| set.labels.is_none()) {
        return absent(
            "No classifier was asked for land-cover labels; declouder evaluate … --labels asks the shipped one.",
        );
    }
    let mut html = String::from(
        "<p>A classifier labels the clear date, the cloudy date, and every result, tile by tile, where there is cloud. Its answer for the clear date is taken for the truth: the more a result gets the same labels, the better it can take the clear date's place. Whether these labels are right is another question.</p>\n",
    );
    for set in &report.sets {
        let Some(labels) = &set.labels else { continue };
        html.push_str(&format!("<h3>{}</h3>\n{}", escape(&set.name), about(labels)));
        if labels.tiles == 0 {
            html.push_str(&format!(
                "<p class=\"absent\">No tile of {} px has 2 % of cloud and is at least half measured on both dates.</p>\n",
                labels.tile_px
            ));
            continue;
        }
        html.push_str(&agreement(labels));
        html.push_str(&bars(&set.name, labels, &report.baseline).unwrap_or_default());
        html.push_str(&classes(labels));
    }
    Some(html)
}

/// What classifier it was, and how far it can be trusted.
fn about(labels: &LabelReport) -> String {
    let held_out = labels.held_out_macro_ap.map_or_else(
        || "never measured at unseen places".to_owned(),
        |ap| format!("macro AP {} at unseen places", number(ap, 2)),
    );
    let mut html = format!(
        "<p>{}, {held_out}; {} of {} px.</p>\n",
        escape(&labels.classifier),
        counted(labels.tiles, "tile"),
        labels.tile_px
    );
    if labels.demonstration {
        html.push_str(&format!(
            "<p class=\"demonstration\"><strong>Demonstration</strong>: {}. What follows shows how the check works, not what is on the ground.</p>\n",
            escape(&labels.reasons.join("; "))
        ));
    }
    html
}

fn every(labels: &LabelReport) -> impl Iterator<Item = &MethodLabels> {
    std::iter::once(&labels.before).chain(&labels.after)
}

/// Before and after, a row a method.
fn agreement(labels: &LabelReport) -> String {
    let mut html = String::from(
        "<div class=\"wide\"><table class=\"figures\">\n<caption>Agreement with the clear date's labels, over tiles with cloud: before (the cloudy date) and after. ▲ more is better, ▼ less is</caption>\n<thead><tr><th scope=\"col\">Image</th><th scope=\"col\">Same labels (%) ▲</th><th scope=\"col\">Jaccard ▲</th><th scope=\"col\">Probabilities differ by ▼</th><th scope=\"col\">F1, micro ▲</th><th scope=\"col\">F2, micro ▲</th><th scope=\"col\">AP, macro ▲</th></tr></thead>\n<tbody>\n",
    );
    for method in every(labels) {
        let part = &method.agreement;
        let score = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| number(value, 2));
        let scores = method.scores.as_ref();
        html.push_str(&format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            escape(&method.method),
            number(100.0 * part.same, 0),
            number(part.jaccard, 3),
            number(part.probability, 3),
            score(scores.map(|scores| scores.micro.f1)),
            score(scores.map(|scores| scores.micro.f2)),
            score(scores.and_then(|scores| Some(scores.macro_present?.ap)))
        ));
    }
    html.push_str("</tbody></table></div>\n");
    html
}

/// The methods that get bars: the cloudy date, the baseline, and the last ones, which are the models.
fn with_bars<'r>(labels: &'r LabelReport, baseline: &str) -> Vec<&'r MethodLabels> {
    let base = labels.after.iter().filter(|method| method.method == baseline);
    let others: Vec<_> = labels.after.iter().filter(|method| method.method != baseline).collect();
    let room = BARS - 1 - usize::from(base.clone().next().is_some());
    let models = others[others.len().saturating_sub(room)..].iter().copied();
    std::iter::once(&labels.before).chain(base).chain(models).collect()
}

/// F1 class by class.
fn bars(set: &str, labels: &LabelReport, baseline: &str) -> Option<String> {
    let shown = labels.shown();
    let methods = with_bars(labels, baseline);
    if shown.is_empty() {
        return None;
    }
    let row = BAR * methods.len() as f64 + 9.0;
    let top = KEY * methods.len() as f64 + 10.0;
    let bottom = top + row * shown.len() as f64;
    let x = Scale::between((0.0, 1.0), LEFT, RIGHT);
    let mut plot = Plot::new(RIGHT + 30.0, bottom + 40.0);
    let class = |index: usize| format!("fill c{index}");
    plot.bar_keys(
        (LEFT, 8.0),
        methods.iter().enumerate().map(|(i, method)| (class(i), method.method.as_str())),
    );
    plot.x_axis(&x, (top, bottom), 5, "F1 against the clear date's labels");
    let mut numbers = Vec::new();
    for (place, &index) in shown.iter().enumerate() {
        let known = &labels.classes[index];
        let y = top + row * place as f64 + 4.0;
        let name = format!("{} ({})", short(&known.name), known.clear);
        plot.text("name", (LEFT - 8.0, y + BAR * methods.len() as f64 / 2.0 + 4.0), &name);
        let mut said = Vec::new();
        for (number_of, method) in methods.iter().enumerate() {
            let f1 = method
                .scores
                .as_ref()
                .and_then(|scores| Some(scores.classes.get(index)?.scores.f1))
                .unwrap_or(0.0);
            let words = format!("{}, {}: {}", known.name, method.method, number(f1, 2));
            let corner = (x.at(0.0), y + BAR * number_of as f64);
            // A bar of nothing is still to be seen.
            plot.bar(&class(number_of), corner, ((x.at(f1) - x.at(0.0)).max(1.0), BAR - 1.0), &words);
            said.push(format!("{} {}", method.method, number(f1, 2)));
        }
        numbers.push(format!("{}: {}", known.name, said.join(", ")));
    }
    plot.describe(numbers.join("; "));
    let left_out = labels.after.len() + 1 - methods.len();
    let rest = if left_out > 0 { " The other methods are in the table." } else { "" };
    let caption = format!(
        "F1 class by class; in brackets the tiles of the clear date that are said to show the class. Classes that nothing shows are left out.{rest}"
    );
    Some(plot.figure("classes", &format!("F1 of each land-cover class on {set}, before and after"), &caption))
}

fn short(name: &str) -> String {
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    let cut: String = name.chars().take(LETTERS).collect();
    format!("{}…", cut.trim_end())
}

/// Every class by every method, folded away.
fn classes(labels: &LabelReport) -> String {
    let mut html = String::from(
        "<details><summary>Class by class</summary>\n<div class=\"wide\"><table class=\"figures\">\n<caption>Tiles said to show each class, and in brackets the F1 against the clear date</caption>\n<thead><tr><th scope=\"col\">Class</th><th scope=\"col\">Training patches</th><th scope=\"col\">clear date</th>",
    );
    for method in every(labels) {
        html.push_str(&format!("<th scope=\"col\">{}</th>", escape(&method.method)));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for index in labels.shown() {
        let known = &labels.classes[index];
        html.push_str(&format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td>",
            escape(&known.name),
            known.examples,
            known.clear
        ));
        for method in every(labels) {
            let found = method.scores.as_ref().and_then(|scores| scores.classes.get(index));
            let words = found.map_or_else(
                || "–".to_owned(),
                |found| format!("{} ({})", found.decided, number(found.scores.f1, 2)),
            );
            html.push_str(&format!("<td>{words}</td>"));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div></details>\n");
    html
}
