//! The honesty tests of every model, side by side, and what noise does to their cycles.

use egui::{Color32, RichText, Ui};
use egui_plot::{Corner, Legend, Line, LineStyle, MarkerShape, Plot, PlotPoints, Points};

use super::wide_ui;
use crate::desktop::{theme, tokens};
use crate::evaluation::bootstrap::Interval;
use crate::evaluation::honesty::report::NoisePoint;
use crate::evaluation::honesty::{Goal, Honesty, SetHonesty, Verdict, figures};
use crate::evaluation::report::{Report, SetReport};

type Column<'r> = (&'r Honesty, &'r SetHonesty);

/// The models that were examined on a set.
pub(super) fn columns<'r>(report: &'r Report, set: &SetReport) -> Vec<Column<'r>> {
    let own = |model: &'r Honesty| Some((model, model.sets.iter().find(|found| found.set == set.name)?));
    report.honesty.iter().filter_map(own).collect()
}

/// The colour of a model in plots.
pub(super) fn color(index: usize) -> Color32 {
    tokens::PINS[index % tokens::PINS.len()]
}

pub(super) fn ui(ui: &mut Ui, report: &Report, set: &SetReport) {
    let columns = columns(report, set);
    if columns.is_empty() {
        ui.weak(if report.honesty.is_empty() {
            "Not tested. Tick Honesty tests in Evaluate…, and evaluate again."
        } else {
            "No image of this set holds both cloud and clear pixels enough to be looked at."
        });
        return;
    }
    for (model, found) in &columns {
        let count = |verdict| found.goals.iter().filter(|goal| goal.verdict == verdict).count();
        ui.label(format!(
            "{} ({}): {} met, {} not met, {} inconclusive",
            model.model,
            model.preset,
            count(Verdict::Met),
            count(Verdict::NotMet),
            count(Verdict::Inconclusive)
        ));
    }
    wide_ui(ui, "goals", |ui| goals_ui(ui, &columns));
    ui.horizontal_wrapped(|ui| {
        noise_ui(ui, "Cycle error under cloud", &columns, |point| point.covered.as_ref());
        noise_ui(ui, "Cycle error in the clear", &columns, |point| point.clear.as_ref());
    });
    egui::CollapsingHeader::new("What stands beside the goals").show(ui, |ui| {
        for (model, found) in &columns {
            wide_ui(ui, &model.model, |ui| figures_ui(ui, model, found));
        }
    });
}

fn goals_ui(ui: &mut Ui, columns: &[Column<'_>]) {
    let grid = egui::Grid::new("goals").striped(true).num_columns(columns.len() + 3);
    grid.spacing([tokens::COLUMN_GAP, 3.0]).show(ui, |ui| {
        for head in ["Test", "Measured", "Wanted"] {
            ui.weak(head);
        }
        for (model, _) in columns {
            ui.weak(&model.model);
        }
        ui.end_row();
        // The goals are the same for all models.
        for goal in &columns[0].1.goals {
            ui.label(&goal.test);
            ui.label(&goal.measure);
            ui.monospace(goal.wanted.to_string());
            for (_, found) in columns {
                let same = |own: &&Goal| (&own.test, &own.measure) == (&goal.test, &goal.measure);
                match found.goals.iter().find(same) {
                    Some(own) => goal_ui(ui, own),
                    None => _ = ui.label("–"),
                }
            }
            ui.end_row();
        }
    });
}

/// What was found and whether it is enough; why not, on hovering.
fn goal_ui(ui: &mut Ui, goal: &Goal) {
    let color = match goal.verdict {
        Verdict::Met => theme::met(ui.visuals()),
        Verdict::NotMet => ui.visuals().error_fg_color,
        Verdict::Inconclusive => ui.visuals().warn_fg_color,
    };
    ui.horizontal(|ui| {
        let verdict = ui.label(RichText::new(goal.verdict.title()).color(color));
        if let Some(because) = &goal.because {
            verdict.on_hover_text(because);
        }
        ui.monospace(goal.found_words());
    });
}

/// The error of the cycle's end against noise on the image between.
fn noise_ui(ui: &mut Ui, title: &str, columns: &[Column<'_>], pick: fn(&NoisePoint) -> Option<&Interval>) {
    ui.vertical(|ui| {
        ui.set_width(tokens::PLOT[0]);
        ui.weak(format!("{title} against noise on the image between"));
        Plot::new(title)
            .width(tokens::PLOT[0])
            .height(tokens::PLOT[1])
            .legend(Legend::default().position(Corner::LeftTop))
            .x_axis_label("σ (reflectance)")
            .include_y(0.0)
            .allow_scroll(false)
            .show(ui, |plot| {
                for (index, (model, found)) in columns.iter().enumerate() {
                    let points: Vec<[f64; 2]> = found
                        .noise
                        .iter()
                        .filter_map(|point| Some([point.sigma, pick(point)?.mean]))
                        .collect();
                    let style = if index == 0 { LineStyle::Solid } else { LineStyle::dashed_dense() };
                    let line = Line::new(model.model.clone(), PlotPoints::from(points.clone()));
                    plot.line(line.color(color(index)).style(style));
                    let marks = Points::new(model.model.clone(), PlotPoints::from(points));
                    plot.points(marks.color(color(index)).shape(MarkerShape::Circle).radius(3.0));
                }
            });
    });
}

fn figures_ui(ui: &mut Ui, model: &Honesty, found: &SetHonesty) {
    ui.label(RichText::new(&model.model).strong());
    let grid = egui::Grid::new(("figures beside", &model.model)).striped(true).num_columns(4);
    grid.spacing([tokens::COLUMN_GAP, 3.0]).show(ui, |ui| {
        for figure in figures(found).iter().filter(|figure| figure.found.is_some()) {
            ui.label(figure.test);
            // The window's fonts have no letter with a hat.
            ui.label(figure.measure.replace("x̂_B", "the image between"));
            ui.monospace(figure.words());
            ui.weak(figure.note);
            ui.end_row();
        }
    });
}
