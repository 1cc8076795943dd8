//! Whether the spread of a model's samples can be believed: coverage, ranks, and errors by spread.

use egui::{RichText, Ui};
use egui_plot::{Bar, BarChart, HLine, Line, LineStyle, MarkerShape, Plot, PlotPoints, PlotUi, Points};

use super::honesty::{color, columns};
use crate::desktop::tokens;
use crate::evaluation::honesty::report::LatentReport;
use crate::evaluation::honesty::{calibration_words, interval_coverage};
use crate::evaluation::report::{Report, SetReport};

pub(super) fn ui(ui: &mut Ui, report: &Report, set: &SetReport) {
    let columns = columns(report, set);
    if columns.is_empty() {
        ui.weak(if report.honesty.is_empty() {
            "No samples were drawn. Tick Honesty tests in Evaluate…, and evaluate again."
        } else {
            "No image of this set holds both cloud and clear pixels enough for samples."
        });
        return;
    }
    for (model, found) in columns {
        ui.label(RichText::new(&model.model).strong());
        match &found.latent {
            Some(latent) => one(ui, &model.model, latent),
            None => {
                _ = ui.weak(format!(
                    "One surface only ({} has no land code): no spread to be calibrated.",
                    model.preset
                ));
            }
        }
    }
}

fn one(ui: &mut Ui, model: &str, latent: &LatentReport) {
    ui.add(egui::Label::new(calibration_words(latent)).wrap());
    ui.horizontal_wrapped(|ui| {
        coverage_ui(ui, model, latent);
        ranks_ui(ui, model, latent);
        if !latent.by_spread.is_empty() {
            spread_ui(ui, model, latent);
        }
    });
}

/// A plot under a title.
fn plot_ui<'p>(
    ui: &mut Ui,
    (title, about): (&str, &str),
    model: &str,
    (x, y): (&'p str, &'p str),
    draw: impl FnOnce(&mut PlotUi<'p>) + 'p,
) {
    ui.vertical(|ui| {
        ui.set_width(tokens::SMALL_PLOT[0]);
        ui.weak(title).on_hover_text(about);
        Plot::new((title, model))
            .width(tokens::SMALL_PLOT[0])
            .height(tokens::SMALL_PLOT[1])
            .x_axis_label(x)
            .y_axis_label(y)
            .include_y(0.0)
            .allow_scroll(false)
            .show(ui, draw);
    });
}

fn coverage_ui(ui: &mut Ui, model: &str, latent: &LatentReport) {
    let points: Vec<[f64; 2]> =
        interval_coverage(&latent.ranks).into_iter().map(|(said, found)| [said, found]).collect();
    let weak = ui.visuals().weak_text_color();
    let about = "How often central intervals hold the truth; below the dashed line the samples are too sure of themselves";
    plot_ui(ui, ("Coverage of intervals", about), model, ("level", "truth inside"), move |plot| {
        let even = Line::new("calibrated", PlotPoints::from(vec![[0.0, 0.0], [1.0, 1.0]]));
        plot.line(even.color(weak).style(LineStyle::dashed_dense()));
        plot.line(Line::new("found", PlotPoints::from(points.clone())).color(color(0)));
        let marks = Points::new("found", PlotPoints::from(points));
        plot.points(marks.color(color(0)).shape(MarkerShape::Circle).radius(3.0));
    });
}

fn ranks_ui(ui: &mut Ui, model: &str, latent: &LatentReport) {
    let bars: Vec<Bar> =
        latent.ranks.iter().enumerate().map(|(rank, part)| Bar::new(rank as f64, *part).width(0.9)).collect();
    let even = 1.0 / latent.ranks.len().max(1) as f64;
    let weak = ui.visuals().weak_text_color();
    let about = "Even (dashed) where samples are drawn as the truth is; high at both ends: too little spread; leaning: a bias";
    plot_ui(
        ui,
        ("Rank histogram", about),
        model,
        ("samples below the truth", "part of values"),
        move |plot| {
            plot.bar_chart(BarChart::new("ranks", bars).color(color(0)));
            plot.hline(HLine::new("even", even).color(weak).style(LineStyle::dashed_dense()));
        },
    );
}

fn spread_ui(ui: &mut Ui, model: &str, latent: &LatentReport) {
    let points: Vec<[f64; 2]> = latent.by_spread.iter().map(|class| [class.spread, class.error]).collect();
    let about = "Pixels in classes of equal size; it rises where spread says where the model is wrong";
    plot_ui(ui, ("Error by spread", about), model, ("spread (reflectance)", "error of z = 0"), move |plot| {
        plot.line(Line::new("error", PlotPoints::from(points.clone())).color(color(0)));
        let marks = Points::new("error", PlotPoints::from(points));
        plot.points(marks.color(color(0)).shape(MarkerShape::Circle).radius(3.0));
    });
}
