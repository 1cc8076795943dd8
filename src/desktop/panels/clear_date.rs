//! The choice of a clear date whose code is gone to.

use egui::Ui;

use super::super::app::App;
use super::super::arrivals::Purpose;
use super::super::commands::Command;
use super::super::dialogs::label;

const TIP: &str = "A scene of the same place without this cloud; the encoder looks at its ground";

impl App {
    /// An open scene, or a file.
    pub(super) fn clear_date_ui(&mut self, ui: &mut Ui) {
        let own = self.source_id();
        let others: Vec<_> = self
            .layers
            .iter()
            .filter(|layer| Some(layer.family()) != own)
            .map(|layer| (layer.name.clone(), layer.path.display().to_string()))
            .collect();
        ui.horizontal(|ui| {
            ui.label("Clear date").on_hover_text(TIP);
            let path = &mut self.explorer.date.path;
            let field = egui::TextEdit::singleline(path).hint_text("none").desired_width(f32::INFINITY);
            label(&ui.add(field).on_hover_text(TIP), "Clear date to encode");
        });
        ui.horizontal(|ui| {
            let path = &mut self.explorer.date.path;
            ui.add_enabled_ui(!others.is_empty(), |ui| {
                ui.menu_button("Open scene", |ui| {
                    for (name, other) in &others {
                        if ui.button(name).clicked() {
                            other.clone_into(path);
                        }
                    }
                });
            });
            if ui.button("Choose…").on_hover_text(TIP).clicked() {
                self.ask(Purpose::ClearDate);
            }
        });
        ui.horizontal(|ui| {
            self.command_ui(ui, Command::LatentEncode);
            ui.checkbox(&mut self.explorer.date.as_is, "It is clear")
                .on_hover_text("Do not look for cloud in it: it is clear under this cloud by your word");
        });
        if let Some(words) = &self.explorer.date.found {
            ui.add(egui::Label::new(egui::RichText::new(words).weak()).wrap());
        }
    }
}
