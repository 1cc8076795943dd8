//! The figures of a set: a table with intervals, and every image as a point.

use egui::{RichText, Ui};
use egui_plot::{Corner, Line, MarkerShape, Plot, PlotPoints, Points};

use crate::desktop::tokens;
use crate::evaluation::bootstrap::Interval;
use crate::evaluation::report::{ImageReport, MIN_COVER, SetReport, Subset};
use crate::metrics::{Measure, Region};

/// What the column of the aligned dates means.
const ONE_LIGHT: &str = "Against the clear date moved by a number a band: the median difference of the two dates where both are clear";

/// A measure of every method by cover, under cloud, with intervals and the difference to the baseline.
pub(super) fn table_ui(ui: &mut Ui, set: &SetReport, measure: Measure, baseline: &str) {
    let subsets: Vec<_> =
        Subset::EVERY.into_iter().filter(|subset| set.images.iter().any(|image| subset.has(image))).collect();
    let aligned = set.methods.iter().any(|method| method.group(Subset::Any, Region::Aligned).is_some());
    ui.weak(format!("{} under cloud by cover, 95 % intervals", measure.title()));
    egui::Grid::new("figures")
        .num_columns(subsets.len() + 2 + usize::from(aligned))
        .striped(true)
        .spacing([tokens::COLUMN_GAP, 3.0])
        .show(ui, |ui| {
            ui.weak("Method");
            for subset in &subsets {
                ui.weak(subset.title());
                // What is asked first stands before what may have to be scrolled to.
                if *subset == Subset::Any {
                    ui.weak(format!("any, minus {baseline}"));
                    if aligned {
                        ui.weak("the same, in one light").on_hover_text(ONE_LIGHT);
                    }
                }
            }
            ui.end_row();
            for method in &set.methods {
                ui.label(&method.name).on_hover_text(&method.summary);
                for subset in &subsets {
                    let group = method.group(*subset, Region::Cloud);
                    let found = group.and_then(|group| group.measures.get(&measure));
                    cell_ui(ui, found, measure.digits(), false);
                    if *subset == Subset::Any {
                        let difference = group.and_then(|group| group.against_baseline.get(&measure));
                        cell_ui(ui, difference, measure.digits(), true);
                        if aligned {
                            let difference = method
                                .group(Subset::Any, Region::Aligned)
                                .and_then(|group| group.against_baseline.get(&measure));
                            cell_ui(ui, difference, measure.digits(), true);
                        }
                    }
                }
                ui.end_row();
            }
        });
}

/// A mean, and below it its interval: so the columns of all covers fit beside each other.
fn cell_ui(ui: &mut Ui, interval: Option<&Interval>, digits: usize, sign: bool) {
    let number = |value: f64| if sign { format!("{value:+.digits$}") } else { format!("{value:.digits$}") };
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let Some(Interval { mean, low, high, .. }) = interval else {
            ui.monospace("–");
            return;
        };
        ui.monospace(number(*mean));
        if let (Some(low), Some(high)) = (low, high) {
            let between = format!("[{}, {}]", number(*low), number(*high));
            ui.label(RichText::new(between).monospace().small().weak());
        }
    });
}

pub(super) fn value(image: &ImageReport, method: &str, measure: Measure) -> Option<f64> {
    image.results.get(method)?.region(Region::Cloud)?.get(measure)
}

/// Every image: the method against the baseline.
pub(super) fn scatter_ui(
    ui: &mut Ui,
    images: &[ImageReport],
    method: &str,
    baseline: &str,
    measure: Measure,
) {
    let points: Vec<(Subset, [f64; 2])> = images
        .iter()
        .filter(|image| image.cover >= MIN_COVER)
        .filter_map(|image| {
            let pair = [value(image, baseline, measure)?, value(image, method, measure)?];
            Some((Subset::of_cover(image.cover), pair))
        })
        .collect();
    if points.is_empty() {
        ui.weak("No image has a value of both.");
        return;
    }
    let all = || points.iter().flat_map(|(_, pair)| *pair);
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let weak = ui.visuals().weak_text_color();
    // Where the better method leaves room: above the line of equals a higher PSNR is better, below it a lower error.
    let corner = if measure.is_error() { Corner::LeftTop } else { Corner::RightBottom };
    let plot = Plot::new("images")
        .width(ui.available_width().clamp(tokens::PLOT[0], tokens::PLOT_WIDEST))
        .height(tokens::PLOT[1])
        .legend(egui_plot::Legend::default().position(corner))
        .x_axis_label(format!("{baseline}: {}", measure.title()))
        .y_axis_label(method.to_owned())
        .allow_scroll(false)
        .show(ui, |plot| {
            plot.line(Line::new("equal", PlotPoints::from(vec![[low, low], [high, high]])).color(weak));
            for (place, subset) in [Subset::Low, Subset::Middle, Subset::High].into_iter().enumerate() {
                let own: Vec<_> =
                    points.iter().filter(|(class, _)| *class == subset).map(|(_, pair)| *pair).collect();
                if !own.is_empty() {
                    let marks = Points::new(format!("cover {}", subset.title()), PlotPoints::from(own));
                    plot.points(marks.color(tokens::PINS[place]).shape(MarkerShape::Circle).radius(3.5));
                }
            }
        });
    let name = "Every image as a point";
    plot.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, name));
}
