//! Every method's crops under cloud as a distribution.

use egui::Ui;

use crate::desktop::tokens;
use crate::evaluation::report::{Report, SetReport};
use crate::metrics::distribution::Distribution;

/// Columns: title, and what it sees.
const COLUMNS: [(&str, &str); 9] = [
    ("Method", "What made the crops"),
    ("Crops", "Crops of 64 px at least half under cloud"),
    ("FD", "Fréchet distance to the clear dates' crops; less is better"),
    ("FD∞", "The same led to infinitely many crops; less is better"),
    ("KID", "Kernel distance, unbiased; less is better"),
    ("Precision", "Are made crops plausible? More is better"),
    ("Recall", "Could real crops have been made? More is better"),
    ("Density", "As precision, robust against stray real crops; more is better"),
    ("Coverage", "How much of the real variety is made? More is better"),
];

pub(super) fn ui(ui: &mut Ui, _: &Report, set: &SetReport) {
    let Some(first) = set.distribution.first() else {
        ui.weak("No crop under cloud was looked at; a report of this version has them wherever images have cloud.");
        return;
    };
    if let (Distribution::NotEnoughData(shortage), true) =
        (&first.result, set.distribution.iter().all(|row| row.result.distances().is_none()))
    {
        ui.add(egui::Label::new(shortage.to_string()).wrap());
        return;
    }
    let grid = egui::Grid::new("distribution").striped(true).num_columns(COLUMNS.len());
    grid.spacing([tokens::COLUMN_GAP, 3.0]).show(ui, |ui| {
        for (title, about) in COLUMNS {
            ui.weak(title).on_hover_text(about);
        }
        ui.end_row();
        for row in &set.distribution {
            ui.label(&row.method);
            match &row.result {
                Distribution::Measured(found) => {
                    ui.monospace(found.crops.made.to_string());
                    let near = &found.neighbours;
                    let distances = [(found.fd, 2), (found.fd_infinity.fd, 2), (found.kid, 3)];
                    let parts =
                        [near.precision, near.recall, near.density, near.coverage].map(|part| (part, 2));
                    for (value, digits) in distances.into_iter().chain(parts) {
                        ui.monospace(format!("{value:.digits$}"));
                    }
                }
                Distribution::NotEnoughData(shortage) => {
                    ui.monospace(shortage.crops.made.to_string());
                    ui.weak("not enough data").on_hover_text(shortage.to_string());
                }
            }
            ui.end_row();
        }
    });
}
