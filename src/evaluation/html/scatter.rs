//! Every image by a model and by the baseline, one mark each.

use super::svg::{Plot, Scale};
use super::text::{number, signed};
use crate::evaluation::Report;
use crate::evaluation::report::{ImageReport, MIN_COVER, SetReport, Subset};
use crate::metrics::{Measure, Region};

const SIDE: f64 = 420.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 12.0;
const END: f64 = 372.0;

/// A plot for each model of a set; none without a model or an image with cloud.
pub(super) fn plots(report: &Report, set: &SetReport) -> Option<String> {
    let plots: String = report
        .models
        .iter()
        .filter(|model| set.methods.iter().any(|method| method.name == model.name))
        .filter_map(|model| plot(&report.baseline, set, &model.name))
        .collect();
    (!plots.is_empty()).then(|| format!("<div class=\"side-by-side\">\n{plots}</div>\n"))
}

fn plot(baseline: &str, set: &SetReport, model: &str) -> Option<String> {
    let value = |image: &ImageReport, method: &str| {
        image.results.get(method)?.region(Region::Cloud)?.get(Measure::Psnr)
    };
    let points: Vec<_> = set
        .images
        .iter()
        .filter(|image| image.cover >= MIN_COVER)
        .filter_map(|image| Some((image, value(image, baseline)?, value(image, model)?)))
        .collect();
    if points.is_empty() {
        return None;
    }
    let all = || points.iter().flat_map(|&(_, x, y)| [x, y]);
    let (x_scale, y_scale) = (Scale::over(all(), LEFT, END), Scale::over(all(), END, TOP));
    let mut plot = Plot::new(SIDE, SIDE);
    plot.x_axis(&x_scale, (TOP, END), 5, &format!("{baseline}: PSNR under cloud (dB)"));
    plot.y_axis(&y_scale, (LEFT, END), 5, &format!("{model} (dB)"));
    // Both axes run over the same values, so the diagonal goes from corner to corner.
    plot.line("zero", (LEFT, END), (END, TOP));
    for (image, x, y) in &points {
        let subset = Subset::of_cover(image.cover);
        let lent = image.lent.as_ref().map_or_else(String::new, |lent| format!(" under {}", lent.donor));
        let words = format!(
            "{}{lent}: {} dB, {baseline} {} dB ({}), cover {} %",
            image.name,
            number(*y, 2),
            number(*x, 2),
            signed(y - x, 2),
            number(100.0 * image.cover, 0)
        );
        plot.circle(&format!("point {}", class(subset)), (x_scale.at(*x), y_scale.at(*y)), 4.0, &words);
    }
    for (place, subset) in [Subset::Low, Subset::Middle, Subset::High].into_iter().enumerate() {
        let x = LEFT + 12.0;
        let y = TOP + 12.0 + 15.0 * place as f64;
        plot.add(&format!("<circle class=\"key {}\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>", class(subset)));
        plot.text("legend", (x + 9.0, y + 4.0), &format!("cover {}", subset.title()));
    }
    let above = points.iter().filter(|(_, x, y)| y > x).count();
    let caption = format!(
        "{model} against {baseline}, image by image: above the line the model is better ({above} of {}).",
        points.len()
    );
    Some(plot.figure("scatter", &caption, &caption))
}

fn class(subset: Subset) -> &'static str {
    match subset {
        Subset::Low => "low",
        Subset::High => "high",
        _ => "middle",
    }
}
