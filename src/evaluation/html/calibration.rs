//! Whether the spread of a model's samples can be believed.

use super::honesty::columns;
use super::svg::{Plot, Scale};
use super::text::{absent, escape, number};
use super::{Document, none_said};
use crate::evaluation::bootstrap::Interval;
use crate::evaluation::honesty::report::LatentReport;
use crate::evaluation::honesty::{Honesty, calibration_words, interval_coverage};

const SIDE: f64 = 300.0;
const LEFT: f64 = 54.0;
const END: f64 = 282.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 240.0;

/// Every model on every set.
pub(super) fn section(document: &Document<'_>) -> Option<String> {
    let report = document.report;
    if report.honesty.is_empty() {
        return absent(none_said(
            report,
            "No samples were drawn; declouder evaluate MODEL … --honesty draws them and asks how often they hold the truth.",
        ));
    }
    let mut html = String::from(
        "<p>A calibrated model's 80 % intervals hold the truth in 80 % of values, its truths have every rank among the samples equally often, and its errors grow with its spread. All of it under cloud and shadow.</p>\n",
    );
    for set in &report.sets {
        let columns = columns(document, &set.name);
        if columns.is_empty() {
            continue;
        }
        html.push_str(&format!("<h3>{}</h3>\n", escape(&set.name)));
        for (model, found) in columns {
            html.push_str(&match &found.latent {
                Some(latent) => one(model, latent),
                None => format!(
                    "<h4>{}</h4>\n<p class=\"absent\">It has one surface only ({} has no land code), so there is no spread to be calibrated.</p>\n",
                    escape(&model.model),
                    model.preset
                ),
            });
        }
    }
    Some(html)
}

fn one(model: &Honesty, latent: &LatentReport) -> String {
    let name = &model.model;
    let mut html = format!(
        "<h4>{}</h4>\n<p>{}</p>\n{}<div class=\"side-by-side\">\n",
        escape(name),
        escape(&calibration_words(latent)),
        table(latent)
    );
    html.push_str(&coverage(name, latent));
    html.push_str(&ranks(name, latent));
    html.push_str(&spread_and_error(name, latent).unwrap_or_default());
    html.push_str("</div>\n");
    html
}

/// The numbers, with intervals.
fn table(latent: &LatentReport) -> String {
    let words = |found: Option<&Interval>, digits: usize| {
        let Some(found) = found else { return "–".to_owned() };
        match found.low.zip(found.high) {
            Some((low, high)) => {
                format!("{} [{}, {}]", number(found.mean, digits), number(low, digits), number(high, digits))
            }
            None => format!("{}, one scene", number(found.mean, digits)),
        }
    };
    let pooled = latent.spearman_pooled.map_or_else(|| "–".to_owned(), |rho| number(rho, 2));
    let rows = [
        ("truth in the 80 % interval", words(latent.coverage_80.as_ref(), 2), "0.80"),
        (
            "spread: standard deviation of the samples (reflectance)",
            words(latent.spread.as_ref(), 4),
            "≥ 0.005",
        ),
        ("Spearman of spread and error, image by image", words(latent.spearman.as_ref(), 2), "≥ 0.3"),
        ("the same over the pixels of all images", pooled, "–"),
    ];
    let mut html = format!(
        "<div class=\"wide\"><table>\n<caption>Of {} samples, means over images with 95 % intervals</caption>\n<thead><tr><th scope=\"col\">Measured</th><th scope=\"col\">Found</th><th scope=\"col\">Wanted</th></tr></thead>\n<tbody>\n",
        latent.samples
    );
    for (measure, found, wanted) in rows {
        html.push_str(&format!(
            "<tr><th scope=\"row\">{measure}</th><td>{found}</td><td>{wanted}</td></tr>\n"
        ));
    }
    html.push_str("</tbody></table></div>\n");
    html
}

/// How often intervals of every level hold the truth, by the rank histogram.
fn coverage(name: &str, latent: &LatentReport) -> String {
    let points = interval_coverage(&latent.ranks);
    let (x, y) = (Scale::between((0.0, 1.0), LEFT, END), Scale::between((0.0, 1.0), BOTTOM, TOP));
    let mut plot = Plot::new(SIDE, BOTTOM + 42.0);
    plot.x_axis(&x, (TOP, BOTTOM), 5, "level of the interval");
    plot.y_axis(&y, (LEFT, END), 5, "truth inside");
    plot.line("even", (x.at(0.0), y.at(0.0)), (x.at(1.0), y.at(1.0)));
    plot.polyline("curve c0", points.iter().map(|(said, found)| (x.at(*said), y.at(*found))), name);
    let mut numbers = Vec::new();
    for (said, found) in &points {
        let words = format!("{} % intervals hold {} %", number(100.0 * said, 0), number(100.0 * found, 0));
        plot.circle("dot c0", (x.at(*said), y.at(*found)), 3.5, &words);
        numbers.push(words);
    }
    plot.describe(numbers.join("; "));
    plot.figure(
        "coverage",
        &format!("How often intervals of {name} hold the truth"),
        "Coverage of central intervals between two of the samples. Below the dashed line the samples are too sure of themselves.",
    )
}

/// Which rank the truth has among the samples.
fn ranks(name: &str, latent: &LatentReport) -> String {
    let parts = latent.ranks.len();
    let even = 1.0 / parts.max(1) as f64;
    let x = Scale::between((-0.5, parts as f64 - 0.5), LEFT, END);
    let y = Scale::over(latent.ranks.iter().copied().chain([0.0, even]), BOTTOM, TOP);
    let mut plot = Plot::new(SIDE, BOTTOM + 42.0);
    plot.y_axis(&y, (LEFT, END), 5, "part of values");
    let mut numbers = Vec::new();
    for (rank, part) in latent.ranks.iter().enumerate() {
        let words = format!("rank {rank}: {}", number(*part, 3));
        let (left, right) = (x.at(rank as f64 - 0.5) + 1.0, x.at(rank as f64 + 0.5) - 1.0);
        plot.bar("fill c0", (left, y.at(*part)), (right - left, y.at(0.0) - y.at(*part)), &words);
        numbers.push(words);
    }
    for rank in [0, parts / 2, parts.saturating_sub(1)] {
        plot.text("tick tick-x", (x.at(rank as f64), BOTTOM + 14.0), &rank.to_string());
    }
    plot.text("axis axis-x", (f64::midpoint(LEFT, END), BOTTOM + 31.0), "samples below the truth");
    plot.line("even", (LEFT, y.at(even)), (END, y.at(even)));
    plot.describe(numbers.join("; "));
    plot.figure(
        "ranks",
        &format!("Rank histogram of the truth among {} samples of {name}", latent.samples),
        "Rank histogram. Even (dashed) where samples are drawn as the truth is; high at both ends: too little spread; leaning: a bias.",
    )
}

/// Errors where samples differ little and where they differ much.
fn spread_and_error(name: &str, latent: &LatentReport) -> Option<String> {
    let classes = &latent.by_spread;
    if classes.is_empty() {
        return None;
    }
    let x = Scale::over(classes.iter().map(|class| class.spread).chain([0.0]), LEFT, END);
    let y = Scale::over(classes.iter().map(|class| class.error).chain([0.0]), BOTTOM, TOP);
    let mut plot = Plot::new(SIDE, BOTTOM + 42.0);
    plot.x_axis(&x, (TOP, BOTTOM), 4, "spread (reflectance)");
    plot.y_axis(&y, (LEFT, END), 5, "error of z = 0");
    plot.polyline("curve c0", classes.iter().map(|class| (x.at(class.spread), y.at(class.error))), name);
    let mut numbers = Vec::new();
    for class in classes {
        let words = format!("spread {}: error {}", number(class.spread, 4), number(class.error, 4));
        plot.circle("dot c0", (x.at(class.spread), y.at(class.error)), 3.5, &words);
        numbers.push(words);
    }
    plot.describe(numbers.join("; "));
    Some(plot.figure(
        "spread",
        &format!("Error against spread of {name}, pixels in classes of equal size"),
        "Spread against error: pixels of all images in classes of equal size. It rises where spread says where the model is wrong.",
    ))
}
