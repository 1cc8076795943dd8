//! The panels beside the map.

mod clear_date;
mod cloud_code;
mod decloud;
mod display;
mod effects;
pub(super) mod evaluation;
mod latents;
mod layers;
mod mix;
mod plots;
mod sweep;
pub(super) mod training;
mod trust;

use egui::Ui;

use super::app::App;
use super::commands::{self, Command};

impl App {
    /// A command as a button.
    fn command_ui(&mut self, ui: &mut Ui, command: Command) {
        self.button_ui(ui, command, egui::Button::new(commands::of(command).name));
    }

    /// A command as the button of its panel.
    fn primary_ui(&mut self, ui: &mut Ui, command: Command) {
        let text = egui::RichText::new(commands::of(command).name).strong();
        self.button_ui(ui, command, egui::Button::new(text).fill(ui.visuals().selection.bg_fill));
    }

    fn button_ui(&mut self, ui: &mut Ui, command: Command, button: egui::Button<'_>) {
        let spec = commands::of(command);
        let refusal = self.refusal(command);
        let key = spec.key_words(ui.ctx());
        let tip = if key.is_empty() { spec.tip.to_owned() } else { format!("{} ({key})", spec.tip) };
        let response = ui
            .add_enabled(refusal.is_none(), button)
            .on_hover_text(tip)
            .on_disabled_hover_text(format!("{} — {}", spec.tip, refusal.unwrap_or_default()));
        if response.clicked() {
            self.todo.push_back(command);
        }
    }
}

/// Width of the names before choices and fields.
const TITLE: f32 = 76.0;

/// The name of a field, in a column of its own.
pub(super) fn title_ui(ui: &mut Ui, name: &str) -> egui::Response {
    let size = egui::vec2(TITLE, ui.spacing().interact_size.y);
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.set_min_width(TITLE);
        ui.add(egui::Label::new(egui::RichText::new(name).weak()).truncate())
    })
    .inner
}

/// A named choice.
pub(super) fn combo(ui: &mut Ui, name: &str, shown: String, contents: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        let title = title_ui(ui, name);
        let width = ui.available_width();
        egui::ComboBox::from_id_salt(name)
            .selected_text(shown)
            .width(width.max(36.0))
            .truncate()
            .height(crate::desktop::tokens::LIST)
            .show_ui(ui, contents)
            .response
            .labelled_by(title.id);
    });
}
