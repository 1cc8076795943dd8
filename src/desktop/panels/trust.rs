//! How far to trust what the explorer shows: how samples differ, in numbers and on the map.

use egui::Ui;

use super::super::app::App;
use super::super::commands::Command;
use super::super::latents::{DifferenceOf, Differing};
use super::super::wording::worded;
use super::combo;
use crate::latents::LandCover;

/// What a button of the comparison asks for.
enum Wish {
    /// The surface of a code.
    Code(Vec<f32>),
    /// The mean of the samples.
    Mean,
}

impl App {
    pub(super) fn trust_ui(&mut self, ui: &mut Ui) {
        ui.separator();
        self.command_ui(ui, Command::LatentTrust);
        let Some(panel) = &mut self.explorer.trust else { return };
        let found = &panel.found;
        if let Some(spread) = found.mean_of(DifferenceOf::Bands) {
            ui.label(format!("Spread of {} samples: {spread:.4} reflectance", found.samples)).on_hover_text(
                format!(
                    "Mean under the mask of the RMS over bands of the standard deviation, in {} × {} pixels",
                    found.window.width, found.window.height
                ),
            );
        }
        if let Some(ndvi) = found.mean_of(DifferenceOf::Ndvi) {
            ui.label(format!("Spread of NDVI: {ndvi:.3}"));
        }
        land_cover_ui(ui, &found.land_cover);
        map_ui(ui, found, &mut panel.shown);
        let wish = wish_ui(ui, found);
        if std::mem::take(&mut panel.fresh) {
            ui.scroll_to_cursor(Some(egui::Align::BOTTOM));
        }
        match wish {
            Some(Wish::Code(code)) => {
                self.explorer.dragging = false;
                self.explore(code);
            }
            Some(Wish::Mean) => self.show_sample_mean(),
            None => {}
        }
    }
}

/// Which map of the comparison lies over the image, with the means of all of them.
fn map_ui(ui: &mut Ui, found: &Differing, shown: &mut Option<usize>) {
    let name = |index: usize| {
        let deviation = &found.deviations[index];
        format!("{} ({:.4})", deviation.of.name(), deviation.mean)
    };
    combo(ui, "On the map", shown.map_or_else(|| "Nothing".into(), name), |ui| {
        ui.selectable_value(shown, None, "Nothing");
        for index in 0..found.deviations.len() {
            ui.selectable_value(shown, Some(index), name(index));
        }
    });
}

/// Surfaces of the comparison that can be looked at.
fn wish_ui(ui: &mut Ui, found: &Differing) -> Option<Wish> {
    let mut wish = None;
    ui.horizontal_wrapped(|ui| {
        ui.weak("Most different:");
        for (name, code) in ["Sample A", "Sample B"].into_iter().zip(&found.pair) {
            if ui.button(name).clicked() {
                wish = Some(Wish::Code(code.clone()));
            }
        }
        let mean = ui.button("Mean of samples").on_hover_text("Shown on the map; it is no surface of a code");
        if mean.clicked() {
            wish = Some(Wish::Mean);
        }
    });
    wish
}

/// How land-cover labels differ between samples, or why there are none.
fn land_cover_ui(ui: &mut Ui, found: &LandCover) {
    match found {
        LandCover::Labelled(change) => {
            let share = 100.0 * change.likeliest;
            let mark = if change.demonstration { " (demonstration)" } else { "" };
            ui.label(format!("Land cover changes over {share:.0} % of the pixels{mark}")).on_hover_text(format!(
                "Pixels under the mask whose most probable class by {} is not the same in all samples; their set of classes changes over {:.0} %. {}",
                change.classifier,
                100.0 * change.classes,
                change.reasons.join("; ")
            ));
        }
        LandCover::Unlabelled { why_not } => {
            let words = format!("No land-cover labels: {}", worded(why_not));
            ui.add(egui::Label::new(egui::RichText::new(words).weak()).wrap());
        }
    }
}
