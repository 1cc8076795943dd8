//! Land-cover labels before and after, against those of the clear dates.

use egui::{RichText, Ui};
use egui_plot::{Bar, BarChart, Corner, Legend, Plot};

use super::honesty::color;
use super::wide_ui;
use crate::desktop::tokens;
use crate::evaluation::report::{LabelReport, MethodLabels, Report, SetReport};

/// Letters of a class's name beside its bars.
const LETTERS: usize = 34;
/// Height of the bars of a class.
const ROW: f32 = 26.0;

pub(super) fn ui(ui: &mut Ui, _: &Report, set: &SetReport) {
    let Some(labels) = &set.labels else {
        ui.weak("No classifier was asked. Tick Land-cover labels in Evaluate…, and evaluate again.");
        return;
    };
    if labels.demonstration {
        let color = ui.visuals().warn_fg_color;
        let words = format!("Demonstration: {}", labels.reasons.join("; "));
        ui.add(egui::Label::new(RichText::new(words).color(color)).wrap());
    }
    if labels.tiles == 0 {
        ui.weak(format!(
            "No tile of {} px has 2 % of cloud and is at least half measured on both dates.",
            labels.tile_px
        ));
        return;
    }
    let words = format!(
        "{} against its labels of the clear dates, {} tiles with cloud",
        labels.classifier, labels.tiles
    );
    ui.add(egui::Label::new(words).wrap());
    wide_ui(ui, "agreement", |ui| table_ui(ui, labels));
    bars_ui(ui, labels);
}

fn every(labels: &LabelReport) -> impl Iterator<Item = &MethodLabels> {
    std::iter::once(&labels.before).chain(&labels.after)
}

fn table_ui(ui: &mut Ui, labels: &LabelReport) {
    let heads = ["Image", "Same labels", "Jaccard", "Probabilities differ", "F1, micro", "F2, micro"];
    let grid = egui::Grid::new("label agreement").striped(true).num_columns(heads.len());
    grid.spacing([tokens::COLUMN_GAP, 3.0]).show(ui, |ui| {
        for head in heads {
            ui.weak(head);
        }
        ui.end_row();
        for method in every(labels) {
            let part = &method.agreement;
            let micro = method.scores.as_ref().map(|scores| scores.micro).unwrap_or_default();
            ui.label(&method.method);
            ui.monospace(format!("{:.0} %", 100.0 * part.same));
            for (value, digits) in [(part.jaccard, 3), (part.probability, 3), (micro.f1, 2), (micro.f2, 2)] {
                ui.monospace(format!("{value:.digits$}"));
            }
            ui.end_row();
        }
    });
}

/// F1 class by class; a chart for each method, which the legend can hide.
fn bars_ui(ui: &mut Ui, labels: &LabelReport) {
    let shown = labels.shown();
    if shown.is_empty() {
        ui.weak("The classifier finds no class in any of these tiles.");
        return;
    }
    let methods: Vec<_> = every(labels).collect();
    let names: Vec<String> = shown.iter().map(|&class| short(&labels.classes[class].name)).collect();
    let width = 0.8 / methods.len() as f64;
    let rows = names.len();
    let row_name = move |row: f64| {
        let whole = (row - row.round()).abs() < 0.01 && row > -0.5;
        // The first class stands at the top.
        if whole {
            names.iter().rev().nth(row.round() as usize).cloned().unwrap_or_default()
        } else {
            String::new()
        }
    };
    ui.weak("F1 against the clear date's labels, class by class");
    Plot::new("classes")
        .height(ROW * rows as f32 + 60.0)
        .legend(Legend::default().position(Corner::RightTop))
        .x_axis_label("F1")
        .y_axis_min_width(180.0)
        .y_axis_formatter(move |mark, _| row_name(mark.value))
        .y_grid_spacer(move |_| rows_of(rows))
        .include_x(0.0)
        .include_x(1.0)
        .allow_scroll(false)
        .allow_zoom(false)
        .allow_drag(false)
        .show(ui, |plot| {
            for (index, method) in methods.iter().enumerate() {
                let bar = |(place, class): (usize, &usize)| {
                    let f1 =
                        method.scores.as_ref().and_then(|scores| Some(scores.classes.get(*class)?.scores.f1));
                    let offset = ((methods.len() - 1) as f64 / 2.0 - index as f64) * width;
                    let known = &labels.classes[*class];
                    let name = format!("{} ({} tiles)", known.name, known.clear);
                    Bar::new((rows - 1 - place) as f64 + offset, f1.unwrap_or(0.0)).width(width).name(name)
                };
                let bars: Vec<Bar> = shown.iter().enumerate().map(bar).collect();
                plot.bar_chart(BarChart::new(method.method.clone(), bars).horizontal().color(color(index)));
            }
        });
}

/// A mark for every row.
fn rows_of(rows: usize) -> Vec<egui_plot::GridMark> {
    (0..rows).map(|row| egui_plot::GridMark { value: row as f64, step_size: 1.0 }).collect()
}

fn short(name: &str) -> String {
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    let cut: String = name.chars().take(LETTERS).collect();
    format!("{}…", cut.trim_end())
}
