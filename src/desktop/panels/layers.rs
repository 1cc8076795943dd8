//! The open scenes.

use egui::{Ui, WidgetInfo};

use super::super::app::App;
use super::super::commands::Command;
use super::super::layer::{self, Kind};
use super::super::tokens;
use super::super::wording::{asks, worded};

impl App {
    pub(in crate::desktop) fn layers_ui(&mut self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            self.command_ui(ui, Command::Open);
            self.command_ui(ui, Command::Close);
            // What can be said stands in sight where it is asked for.
            let asked = |layer: &layer::Layer| layer.scene.warnings.iter().any(|words| asks(words));
            if self.source().is_some_and(asked) {
                self.command_ui(ui, Command::Describe);
            }
        });
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            if self.layers.is_empty() {
                ui.weak("No scene is open. Open one, or drop files on the window.");
            }
            let mut chosen = None;
            let sources = self.layers.iter().filter(|layer| layer.kind == Kind::Source);
            let names: Vec<_> = sources.map(|layer| layer.name.as_str()).collect();
            let common = layer::common_start(&names);
            for layer in &self.layers {
                let on = self.selected == Some(layer.id);
                let indent = if layer.kind == Kind::Source { 0.0 } else { 16.0 };
                ui.horizontal(|ui| {
                    ui.add_space(indent);
                    let name = match (&layer.label, layer.name.strip_prefix(common)) {
                        (Some(label), _) => label.clone(),
                        (None, Some(end)) if !common.is_empty() => format!("…{end}"),
                        (None, _) => layer.name.clone(),
                    };
                    let button = ui.add(egui::Button::selectable(on, name).truncate());
                    let words = match &layer.label {
                        Some(label) => format!("{label}: {}", layer.name),
                        None => layer.name.clone(),
                    };
                    button.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, on, words.clone()));
                    // Whoever steps through a series sees where they are.
                    if on && self.listed != self.selected {
                        button.scroll_to_me(None);
                    }
                    if button.on_hover_text(layer.path.display().to_string()).clicked() {
                        chosen = Some(layer.id);
                    }
                });
            }
            self.listed = self.selected;
            if let Some(id) = chosen {
                self.select(id);
            }
            let selected = self.selected.and_then(|id| self.layer(id));
            if let Some(layer) = selected {
                ui.separator();
                let facts = egui::Grid::new("facts").num_columns(2).min_row_height(0.0);
                facts.spacing([tokens::COLUMN_GAP, 3.0]).show(ui, |ui| {
                    for (name, value) in layer.facts() {
                        ui.weak(name);
                        ui.add(egui::Label::new(value).wrap());
                        ui.end_row();
                    }
                });
                for warning in &layer.scene.warnings {
                    // One line each: the log has it whole, and so has the pointer.
                    let words = egui::RichText::new(&*worded(warning)).color(ui.visuals().warn_fg_color);
                    ui.add(egui::Label::new(words).truncate());
                }
            }
        });
    }
}
