//! The course of trainings: what was validated, and every loss.

use super::Document;
use super::svg::{Plot, Scale};
use super::text::{escape, number};
use crate::evaluation::curves::{Curves, Series};

/// Points that a line has at most; longer ones are averaged in pieces.
const POINTS: usize = 300;
const LEFT: f64 = 64.0;

/// Every training.
pub(super) fn section(document: &Document<'_>) -> Option<String> {
    if document.trainings.is_empty() {
        return None;
    }
    let mut html = String::new();
    for training in document.trainings {
        html.push_str(&format!("<h3>{}</h3>\n", escape(&training.name)));
        html.push_str("<div class=\"side-by-side\">\n");
        for figure in ["psnr", "mae"] {
            html.push_str(&validation(training, figure).unwrap_or_default());
        }
        html.push_str("</div>\n<details><summary>Losses and other figures of the steps</summary>\n<p>Means over pieces of the run, on a logarithmic axis; losses are unweighted.</p>\n<div class=\"small-multiples\">\n");
        for (name, series) in &training.losses {
            html.push_str(&loss(name, series));
        }
        html.push_str("</div></details>\n");
    }
    Some(html)
}

/// One figure of the validations: of every kind of images, the model beside the fill.
fn validation(training: &Curves, figure: &str) -> Option<String> {
    let suffix = format!(".{figure}");
    let lines: Vec<_> = training
        .validation
        .iter()
        .filter_map(|(name, series)| Some((name.strip_suffix(&suffix)?, series)))
        .collect();
    if lines.is_empty() {
        return None;
    }
    let unit = if figure == "psnr" { "PSNR under cloud (dB)" } else { "MAE under cloud (reflectance)" };
    let points = || lines.iter().flat_map(|(_, series)| series.iter());
    let x = Scale::over(points().map(|(step, _)| *step as f64), LEFT, 452.0);
    let y = Scale::over(points().map(|(_, value)| *value), 232.0, 12.0);
    let mut plot = Plot::new(470.0, 290.0);
    plot.x_axis(&x, (12.0, 232.0), 6, "step");
    plot.y_axis(&y, (LEFT, 452.0), 5, unit);
    for (index, (name, series)) in lines.iter().enumerate() {
        // Kinds of images by colour; the fill, which does not learn, is dashed.
        let kind = name.split('.').next().unwrap_or_default();
        let color = lines.iter().map(|(name, _)| name.split('.').next().unwrap_or_default());
        let mut kinds: Vec<_> = color.collect();
        kinds.dedup();
        let place = kinds.iter().position(|known| *known == kind).unwrap_or(index);
        let dash = if name.split('.').next_back() == Some("fill") { " dashed" } else { "" };
        polyline(&mut plot, &format!("curve c{}{dash}", place % 4), series, (&x, &y), name);
    }
    let names: Vec<_> = lines.iter().map(|(name, _)| name.replace('.', ", ")).collect();
    let caption = format!("Validation: {}. Dashed: the fill.", names.join("; "));
    Some(plot.figure("curves", &format!("{unit} of validations against steps"), &caption))
}

fn loss(name: &str, series: &Series) -> String {
    let pieces = thinned(series);
    let positive = pieces.iter().all(|(_, value)| *value > 0.0);
    let values = || pieces.iter().map(|(_, value)| *value);
    let x = Scale::over(pieces.iter().map(|(step, _)| *step as f64), 46.0, 220.0);
    let y = if positive { Scale::log_over(values(), 92.0, 8.0) } else { Scale::over(values(), 92.0, 8.0) };
    let mut plot = Plot::new(230.0, 112.0);
    // Less than a decade has no power of ten to be marked by.
    let ticks = if y.ticks(3).is_empty() { Scale::over(values(), 92.0, 8.0) } else { y };
    for (value, words) in ticks.ticks(3) {
        plot.line("grid", (46.0, ticks.at(value)), (220.0, ticks.at(value)));
        plot.text("tick tick-y", (41.0, ticks.at(value) + 3.5), &words);
    }
    polyline(&mut plot, "curve c0", &pieces, (&x, &ticks), name);
    let last = pieces.last().map_or(0.0, |(_, value)| *value);
    let steps = pieces.last().map_or(0, |(step, _)| *step);
    let caption = format!("{name} (last {})", number(last, 4));
    plot.text("tick tick-y", (220.0, 106.0), &format!("step {steps}"));
    plot.figure("small", &format!("{name} against steps"), &caption)
}

fn polyline(plot: &mut Plot, class: &str, series: &Series, (x, y): (&Scale, &Scale), words: &str) {
    plot.polyline(class, series.iter().map(|(step, value)| (x.at(*step as f64), y.at(*value))), words);
}

/// Means over pieces of equal length, so that no line is longer than a screen is wide.
fn thinned(series: &Series) -> Series {
    let piece = series.len().div_ceil(POINTS).max(1);
    let mean = |points: &[(u64, f64)]| {
        let step = points[points.len() / 2].0;
        (step, points.iter().map(|(_, value)| value).sum::<f64>() / points.len() as f64)
    };
    series.chunks(piece).map(mean).collect()
}
