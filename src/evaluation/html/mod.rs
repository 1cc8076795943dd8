//! A report as one file that needs nothing else: text, tables, plots and pictures in HTML that is also well-formed
//! XML. No script, no font, no address is fetched; it prints, and follows the reader's dark or light look.
//!
//! The page is a list of sections ([`SECTIONS`]). Each takes the [`Document`] and gives its part: a sentence on how to get
//! it where the report lacks it, or nothing where nobody would miss it. **A new kind of result is one function and one line in that list.**

mod about;
mod calibration;
mod distribution;
mod forest;
mod gallery;
mod honesty;
mod labels;
mod noise;
mod results;
mod scatter;
mod svg;
mod tables;
mod text;
mod training;

use super::Report;
use super::album::Album;
use super::curves::Curves;
use super::verdict::{Finding, verdict};

pub use text::escape;
use text::slug;

/// Everything a page is made of.
#[derive(Clone, Copy)]
pub struct Document<'a> {
    /// The figures.
    pub report: &'a Report,
    /// Pictures, where they were kept.
    pub album: Option<&'a Album>,
    /// Trainings whose course is shown.
    pub trainings: &'a [Curves],
}

/// A part of the page: its title, and what makes its contents.
type Section = (&'static str, fn(&Document<'_>) -> Option<String>);

/// The parts of the page, in order.
const SECTIONS: &[Section] = &[
    ("Results", results::section),
    ("Best and worst", gallery::section),
    ("Full cycles", gallery::cycles),
    ("Honesty", honesty::section),
    ("Spread calibration", calibration::section),
    ("Distribution", distribution::section),
    ("Land-cover labels", labels::section),
    ("Training", training::section),
    ("Models", about::models),
    ("Data and licences", about::data),
    ("How the numbers were taken", about::method),
    ("Warnings", about::warnings),
    ("Configuration", about::configuration),
];

/// The page.
#[must_use]
pub fn render(document: &Document<'_>) -> String {
    let parts: Vec<_> = SECTIONS.iter().filter_map(|(title, make)| Some((*title, make(document)?))).collect();
    let mut page = String::from("<!DOCTYPE html>\n");
    page.push_str(
        "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n",
    );
    page.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
    page.push_str(&format!("<title>{}</title>\n", escape(&title(document.report))));
    page.push_str(&format!("<style>\n{}</style>\n</head>\n<body>\n", include_str!("report.css")));
    page.push_str(&head(document.report));
    page.push_str("<nav aria-label=\"Contents\"><ul>\n");
    for (title, _) in &parts {
        page.push_str(&format!("<li><a href=\"#{}\">{}</a></li>\n", slug(title), escape(title)));
    }
    page.push_str("</ul></nav>\n<main>\n");
    for (title, contents) in &parts {
        let id = slug(title);
        page.push_str(&format!("<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n"));
        page.push_str(&format!("<h2 id=\"{id}-title\">{}</h2>\n{contents}</section>\n", escape(title)));
    }
    page.push_str(&format!(
        "</main>\n<footer><p>Made by declouder {}. This file is complete in itself.</p></footer>\n</body>\n</html>\n",
        escape(&document.report.declouder)
    ));
    page
}

/// Why there is nothing to be said of models: there is none, or what was not asked for.
fn none_said<'w>(report: &Report, otherwise: &'w str) -> &'w str {
    if report.models.is_empty() {
        "No model was evaluated: baselines have nothing to hide and no samples."
    } else {
        otherwise
    }
}

fn title(report: &Report) -> String {
    let names: Vec<_> = report.models.iter().map(|model| model.name.as_str()).collect();
    if names.is_empty() {
        "Cloud removal: baselines".to_owned()
    } else {
        format!("Cloud removal: {}", names.join(", "))
    }
}

/// Title and verdict.
fn head(report: &Report) -> String {
    let verdict = verdict(report);
    let images: usize = report.sets.iter().map(|set| set.images.len()).sum();
    let sets = report.sets.len();
    let mut head = format!(
        "<header>\n<h1>{}</h1>\n<p class=\"lead\">{} in {}, differences to {}</p>\n",
        escape(&title(report)),
        text::counted(images, "image"),
        text::counted(sets, "test set"),
        escape(&report.baseline)
    );
    head.push_str("<section class=\"verdict\" aria-labelledby=\"verdict-title\">\n");
    head.push_str(&format!(
        "<h2 id=\"verdict-title\">Verdict</h2>\n<p class=\"headline\">{}</p>\n",
        escape(&verdict.headline)
    ));
    if !verdict.judgements.is_empty() {
        head.push_str("<dl>\n");
        for judgement in &verdict.judgements {
            let (class, word) = shown(judgement.finding);
            head.push_str(&format!(
                "<dt><span class=\"finding {class}\">{word}</span> {} on {}</dt><dd>{}</dd>\n",
                escape(&judgement.method),
                escape(&judgement.set),
                escape(&judgement.words)
            ));
        }
        head.push_str("</dl>\n");
    }
    if !verdict.cautions.is_empty() {
        head.push_str("<h3>What limits this</h3>\n<ul>\n");
        for caution in &verdict.cautions {
            head.push_str(&format!("<li>{}</li>\n", escape(caution)));
        }
        head.push_str("</ul>\n");
    }
    head.push_str("</section>\n</header>\n");
    head
}

/// Class and word of a finding.
fn shown(finding: Finding) -> (&'static str, &'static str) {
    match finding {
        Finding::Nothing => ("open", "nothing to judge by"),
        Finding::OneScene => ("open", "no interval"),
        Finding::Better => ("better", "better"),
        Finding::Worse => ("worse", "worse"),
        Finding::Undecided => ("open", "undecided"),
    }
}
