//! The cloud's own code: where the model holds the cloud to be, moved, thickened and taken away.

use egui::Ui;

use super::super::app::App;
use super::super::commands::Command;
use super::super::tokens;
use super::combo;
use crate::latents::{CloudChange, MAP_CELL_PX, THICKNESS};

/// How far the sliders move a cloud, in cells of its map.
const REACH: i32 = 24;
/// What a cloud is put over.
const GROUNDS: [&str; 2] = ["This surface", "The clear date"];

impl App {
    pub(super) fn cloud_code_ui(&mut self, ui: &mut Ui) {
        ui.weak("The cloud as its code holds it, put back over the ground.");
        let has_date = !self.explorer.date.path.trim().is_empty();
        let over_date = self.explorer.sky.over_date && has_date;
        let mut chosen = usize::from(over_date);
        combo(ui, "Put over", GROUNDS[chosen].to_owned(), |ui| {
            ui.selectable_value(&mut chosen, 0, GROUNDS[0]);
            ui.add_enabled_ui(has_date, |ui| {
                ui.selectable_value(&mut chosen, 1, GROUNDS[1])
                    .on_disabled_hover_text("choose one under From a clear date");
            });
        });
        let (before, mut change) = (self.explorer.sky.change, self.changed_ui(ui));
        ui.horizontal_wrapped(|ui| {
            self.command_ui(ui, Command::LatentCloud);
            let shown = self.explorer.sky.shown.is_some();
            let button = |ui: &mut Ui, name: &str, tip: &str| {
                ui.add_enabled(shown, egui::Button::new(name))
                    .on_hover_text(tip)
                    .on_disabled_hover_text("show the cloud code first")
                    .clicked()
            };
            if button(ui, "Take away", "The ground without the cloud; the move stays") {
                change.thickness = 0.0;
            }
            if button(ui, "Put back", "The cloud as it was found, where it was found") {
                change = CloudChange::default();
            }
            if button(ui, "Back to the surface", "Show the surface of the code again") {
                let code = self.explorer.code.clone();
                self.explore(code);
            }
        });
        let regrounded = (chosen == 1) != over_date;
        self.explorer.sky.over_date = chosen == 1;
        let shown = self.explorer.sky.shown.is_some();
        if change != before || regrounded && shown {
            self.explorer.sky.change = change;
            if self.refusal(Command::LatentCloud).is_none() {
                self.ask_clouds(change);
            }
        }
        self.found_cloud_ui(ui);
    }

    /// The sliders.
    fn changed_ui(&self, ui: &mut Ui) -> CloudChange {
        let mut change = self.explorer.sky.change;
        ui.spacing_mut().slider_width = (ui.available_width() - 150.0).max(60.0);
        let cell = MAP_CELL_PX as i32;
        for (name, cells) in [("Right (px)", &mut change.right), ("Down (px)", &mut change.down)] {
            let mut pixels = *cells * cell;
            let range = -REACH * cell..=REACH * cell;
            ui.add(egui::Slider::new(&mut pixels, range).step_by(f64::from(cell)).text(name));
            *cells = pixels / cell;
        }
        ui.add(egui::Slider::new(&mut change.thickness, THICKNESS).fixed_decimals(2).text("Thickness"))
            .on_hover_text("Times what was found, of opacity and shadow alike; 0 takes the cloud away");
        change
    }

    /// What was found, and whether the cloud goes where its map goes.
    fn found_cloud_ui(&self, ui: &mut Ui) {
        let Some(shown) = &self.explorer.sky.shown else { return };
        let size = shown.maps.size_vec2();
        let scale = tokens::CLOUD_MAP / size.x.max(size.y).max(1.0);
        ui.horizontal_top(|ui| {
            let picture = egui::Image::new((shown.maps.id(), size * scale)).alt_text("Maps of the cloud code");
            ui.add(picture).on_hover_text(
                "The maps of the cloud's code as they were found: red opacity, blue shadow, a number for each 8 × 8 pixels",
            );
            ui.vertical(|ui| {
                ui.weak(format!("{} × {} cells in {:.2} s", size.x, size.y, shown.seconds));
                if let Some(share) = shown.follows {
                    ui.label(format!("Goes with its map: IoU {share:.2}")).on_hover_text(
                        "Intersection over union of where the moved cloud is seen and where the unmoved one is seen, moved by as much; seen is what changes the ground by more than 0.02 reflectance",
                    );
                }
            });
        });
    }
}
