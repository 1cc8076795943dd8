//! Noise sensitivity: the cycle's error against the strength of noise on the image between, a line a model.

use super::honesty::Column;
use super::svg::{KEY, Plot, Scale};
use super::text::{escape, number};
use crate::evaluation::bootstrap::Interval;
use crate::evaluation::honesty::report::NoisePoint;

const LEFT: f64 = 62.0;
const RIGHT: f64 = 440.0;
const HEIGHT: f64 = 220.0;
/// What noise that passes through unchanged adds to a mean absolute error, in parts of its σ: √(2/π).
const THROUGH: f64 = 0.797_884_560_802_865_4;

type Pick = fn(&NoisePoint) -> Option<&Interval>;

fn covered(point: &NoisePoint) -> Option<&Interval> {
    point.covered.as_ref()
}

fn clear(point: &NoisePoint) -> Option<&Interval> {
    point.clear.as_ref()
}

/// The rows of the goals' table: the error without noise and at the first step of it. No bound is set.
pub(super) fn rows(columns: &[Column<'_>]) -> String {
    let mut html = String::new();
    for step in 0..2 {
        let Some(sigma) = columns[0].1.noise.get(step).map(|point| point.sigma) else { continue };
        html.push_str(&format!(
            "<tr><th scope=\"row\">cycle error under cloud, σ = {sigma}</th><td>see the curve</td>"
        ));
        for (_, found) in columns {
            let words = found.noise.get(step).and_then(covered).map_or_else(|| "–".to_owned(), words);
            html.push_str(&format!("<td>{}</td>", escape(&words)));
        }
        html.push_str("</tr>\n");
    }
    html
}

fn words(found: &Interval) -> String {
    match found.low.zip(found.high) {
        Some((low, high)) => format!("{:.4} [{low:.4}, {high:.4}]", found.mean),
        None => format!("{:.4}", found.mean),
    }
}

/// Both curves of a set, under cloud and in the clear.
pub(super) fn plots(set: &str, columns: &[Column<'_>]) -> String {
    let under = plot(
        (set, "under cloud"),
        columns,
        covered,
        "A jump at the first step means that the cycle read details which noise wipes out.",
    );
    let open = plot(
        (set, "in the clear"),
        columns,
        clear,
        "Dashed: what noise adds that passes through unchanged, 0.8 σ.",
    );
    let plots = [under, open].into_iter().flatten().collect::<String>();
    if plots.is_empty() { plots } else { format!("<div class=\"side-by-side\">\n{plots}</div>\n") }
}

fn plot((set, place): (&str, &str), columns: &[Column<'_>], pick: Pick, caption: &str) -> Option<String> {
    let lines: Vec<(&str, Vec<(f64, &Interval)>)> = columns
        .iter()
        .map(|(model, found)| {
            let points = found.noise.iter().filter_map(|point| Some((point.sigma, pick(point)?)));
            (model.model.as_str(), points.collect())
        })
        .collect();
    let all = || lines.iter().flat_map(|(_, points)| points);
    let worst = all().map(|(sigma, _)| *sigma).fold(0.0, f64::max);
    if all().next().is_none() || worst <= 0.0 {
        return None;
    }
    let ends = |(_, found): &(f64, &Interval)| [Some(found.mean), found.low, found.high];
    let through = (place == "in the clear").then_some(THROUGH * worst);
    let top = KEY * lines.len() as f64 + 12.0;
    let bottom = top + HEIGHT;
    let x = Scale::over([0.0, worst].into_iter(), LEFT, RIGHT);
    let y = Scale::over(all().flat_map(ends).flatten().chain([0.0]).chain(through), bottom, top);
    let mut plot = Plot::new(RIGHT + 20.0, bottom + 40.0);
    let class = |index: usize| format!("c{0} d{0}", index % 4);
    plot.line_keys(
        (LEFT, 8.0),
        lines.iter().enumerate().map(|(i, (name, _))| (format!("key-line {}", class(i)), *name)),
    );
    plot.x_axis(&x, (top, bottom), 6, "σ of noise on the image between (reflectance)");
    plot.y_axis(&y, (LEFT, RIGHT), 5, &format!("cycle error {place}"));
    if let Some(through) = through {
        plot.line("even", (x.at(0.0), y.at(0.0)), (x.at(worst), y.at(through)));
    }
    let mut numbers = Vec::new();
    for (index, (name, points)) in lines.iter().enumerate() {
        let class = class(index);
        plot.polyline(
            &format!("curve {class}"),
            points.iter().map(|(sigma, found)| (x.at(*sigma), y.at(found.mean))),
            name,
        );
        for (sigma, found) in points {
            if let Some((low, high)) = found.low.zip(found.high) {
                plot.line(&format!("whisker {class}"), (x.at(*sigma), y.at(low)), (x.at(*sigma), y.at(high)));
            }
            let words = format!("{name}, σ = {sigma}: {}", words(found));
            plot.circle(&format!("dot {class}"), (x.at(*sigma), y.at(found.mean)), 3.5, &words);
        }
        let values = points.iter().map(|(sigma, found)| format!("{} at σ {sigma}", number(found.mean, 4)));
        numbers.push(format!("{name}: {}", values.collect::<Vec<_>>().join(", ")));
    }
    plot.describe(numbers.join("; "));
    let alt = format!("Cycle error {place} on {set} against noise on the image between");
    let caption = format!(
        "Noise sensitivity {place}: mean absolute error of the cycle's end, with 95 % intervals. {caption}"
    );
    Some(plot.figure("noise", &alt, &caption))
}
