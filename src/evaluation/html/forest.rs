//! Differences to the baseline and their intervals, each in a row of its own: a forest plot.

use super::svg::{Plot, Scale};
use super::text::{counted, signed};
use crate::evaluation::Report;
use crate::evaluation::bootstrap::Interval;
use crate::evaluation::report::{MethodReport, SetReport, Subset};
use crate::evaluation::verdict::Finding;
use crate::metrics::{Measure, Region};

/// Where names end and values begin.
const LEFT: f64 = 250.0;
const RIGHT: f64 = 700.0;
const WIDTH: f64 = 960.0;
const ROW: f64 = 22.0;

struct Row<'r> {
    name: String,
    whole: bool,
    interval: &'r Interval,
}

/// The plot of a set: its models, or its baselines where there is no model; none without a difference.
pub(super) fn plot(report: &Report, set: &SetReport) -> Option<String> {
    let is_model = |method: &&MethodReport| report.models.iter().any(|model| model.name == method.name);
    let models: Vec<_> = set.methods.iter().filter(is_model).collect();
    let shown = if models.is_empty() { set.methods.iter().collect() } else { models };
    let rows: Vec<_> = shown.iter().flat_map(|method| rows_of(method)).collect();
    if rows.is_empty() {
        return None;
    }
    let ends = |interval: &Interval| [Some(interval.mean), interval.low, interval.high];
    let values = rows.iter().flat_map(|row| ends(row.interval)).flatten().chain([0.0]);
    let scale = Scale::over(values, LEFT, RIGHT);
    let (top, bottom) = (14.0, 14.0 + ROW * rows.len() as f64);
    let mut plot = Plot::new(WIDTH, bottom + 40.0);
    let axis = format!("difference in PSNR under cloud to {} (dB): right is better", report.baseline);
    plot.x_axis(&scale, (top, bottom), 8, &axis);
    plot.line("zero", (scale.at(0.0), top - 6.0), (scale.at(0.0), bottom));
    for (index, row) in rows.iter().enumerate() {
        draw(&mut plot, &scale, row, top + ROW * (index as f64 + 0.5));
    }
    let caption = "Mean paired difference (mark) and its 95 % interval (bar). A bar that crosses the line at 0 could be chance; a mark without a bar is of one scene.";
    let alt = format!(
        "Differences in PSNR to {} on {} with 95 % intervals; the numbers are in the table above",
        report.baseline, set.name
    );
    Some(plot.figure("forest", &alt, caption))
}

fn rows_of(method: &MethodReport) -> Vec<Row<'_>> {
    let row = |subset: Subset| {
        let interval = method.group(subset, Region::Cloud)?.against_baseline.get(&Measure::Psnr)?;
        let whole = subset == Subset::Any;
        let name = if whole { method.name.clone() } else { format!("cover {}", subset.title()) };
        let name = if subset == Subset::Thin { subset.title().to_owned() } else { name };
        Some(Row { name, whole, interval })
    };
    Subset::EVERY.into_iter().filter_map(row).collect()
}

fn draw(plot: &mut Plot, scale: &Scale, row: &Row<'_>, y: f64) {
    let found = row.interval;
    let class = match Finding::of(Some(found), false) {
        Finding::Better => "better",
        Finding::Worse => "worse",
        _ => "open",
    };
    let weight = if row.whole { "name whole" } else { "name" };
    plot.text(weight, (LEFT - 14.0, y + 4.0), &row.name);
    let range = found.low.zip(found.high);
    if let Some((low, high)) = range {
        plot.line(&format!("bar {class}"), (scale.at(low), y), (scale.at(high), y));
        for end in [low, high] {
            plot.line(&format!("bar {class}"), (scale.at(end), y - 4.0), (scale.at(end), y + 4.0));
        }
    }
    let words = match range {
        Some((low, high)) => {
            format!("{} [{}, {}] dB", signed(found.mean, 2), signed(low, 2), signed(high, 2))
        }
        None => format!("{} dB, one scene", signed(found.mean, 2)),
    };
    let radius = if row.whole { 5.0 } else { 3.5 };
    plot.circle(
        &format!("mark {class}"),
        (scale.at(found.mean), y),
        radius,
        &format!("{}: {words}", row.name),
    );
    plot.text("value", (RIGHT + 14.0, y + 4.0), &format!("{words} · {}", counted(found.images, "image")));
}
