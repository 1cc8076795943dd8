//! What holds for the whole program.

use egui::Ui;

use crate::compute::Choice;

use super::app::App;
use super::dialogs::After;
use super::tokens;

impl App {
    /// Light or dark, and where networks compute.
    pub(super) fn settings_ui(&mut self, ui: &mut Ui) -> After {
        ui.heading("Settings");
        ui.add_space(tokens::GAP);
        ui.label("Theme");
        let mut theme = self.context.theme();
        ui.horizontal(|ui| {
            for (value, name) in [(egui::Theme::Dark, "Dark"), (egui::Theme::Light, "Light")] {
                ui.radio_value(&mut theme, value, name);
            }
        });
        if theme != self.context.theme() {
            self.context.set_theme(theme);
            self.touch();
        }
        ui.add_space(tokens::GAP);
        ui.label("Networks compute on");
        let mut choice = self.decloud.device;
        let choices = [
            (Choice::Auto, "Automatic", "A hardware GPU where there is one, else the CPU"),
            (Choice::Gpu, "GPU", "wgpu, even on a software adapter, which is correct but slow"),
            (Choice::Cpu, "CPU", "Burn Flex, on all cores"),
        ];
        ui.horizontal(|ui| {
            for (value, name, about) in choices {
                ui.radio_value(&mut choice, value, name).on_hover_text(about);
            }
        });
        if choice != self.decloud.device {
            self.choose_device(choice);
        }
        ui.add_space(tokens::GAP);
        egui::Grid::new("devices").num_columns(2).spacing([tokens::COLUMN_GAP, tokens::GAP]).show(ui, |ui| {
            for (name, value) in
                [("Computes on", self.device.to_string()), ("Draws on", self.adapter.clone())]
            {
                ui.weak(name);
                ui.add(egui::Label::new(value).wrap());
                ui.end_row();
            }
        });
        ui.add_space(tokens::GAP);
        ui.weak("The choice is kept. It applies to the next job; from the next start on, the window draws on the GPU that networks compute on.");
        ui.add_space(tokens::GAP);
        if ui.button("Close").clicked() { After::Close } else { After::Stay }
    }
}
