//! What is trained, on what, and how.

use std::path::Path;

use egui::{RichText, Ui};

use crate::desktop::app::App;
use crate::desktop::dialogs::label;
use crate::desktop::tokens;
use crate::networks::Preset;
use crate::raster::export::{commit, stage_text};
use crate::training::TrainConfig;
use crate::training::fields::{FIELDS, TABLES};

use super::data::Choose;
use super::widgets::field_ui;

impl App {
    pub(super) fn training_setup_ui(&mut self, ui: &mut Ui) {
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            self.training_data_ui(ui);
            ui.separator();
            self.training_folder_ui(ui);
            ui.separator();
            self.training_preset_ui(ui);
            self.training_fields_ui(ui);
        });
    }

    fn training_folder_ui(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            ui.label(RichText::new("Keep in").strong());
            if ui.button("Choose folder…").clicked() {
                self.ask_training(Choose::Folder);
            }
            let width = (ui.available_width() - 130.0).max(120.0);
            let field = egui::TextEdit::singleline(&mut self.training.folder).desired_width(width);
            label(&ui.add(field), "Run folder");
            ui.checkbox(&mut self.training.replace, "Replace")
                .on_hover_text("Begin anew in a folder that holds a training; what it holds is lost");
        });
    }

    /// Presets, and the configuration's file.
    fn training_preset_ui(&mut self, ui: &mut Ui) {
        let preset = self.training.draft.get("network").and_then(|table| table.get("preset")?.as_str());
        let present = preset.unwrap_or_default().to_owned();
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new("Preset").strong());
            for preset in Preset::ALL {
                let on = present == preset.name();
                let about = match preset {
                    Preset::Declouder => "The fill as context, gate, cloud maps: the default",
                    Preset::Paper => "Augmented CycleGAN as close to the paper as its sources allow",
                    Preset::Cyclegan => "The same without latents",
                };
                let words = format!("{about}. All fields take this preset's values.");
                if ui.selectable_label(on, preset.name()).on_hover_text(words).clicked() {
                    self.training.set(&TrainConfig::of(preset));
                }
            }
        });
        ui.horizontal(|ui| {
            ui.weak("TOML");
            let field = egui::TextEdit::singleline(&mut self.training.file)
                .hint_text("configuration file")
                .desired_width((ui.available_width() - 230.0).max(100.0));
            label(&ui.add(field), "Configuration file");
            if ui.button("Load").on_hover_text("Take all fields from this file").clicked() {
                self.load_training_config();
            }
            if ui.button("Save").on_hover_text("Write all fields to this file").clicked() {
                self.save_training_config();
            }
            if ui.button("Browse…").clicked() {
                self.ask_training(Choose::Config);
            }
        });
        if let Some(problem) = &self.training.problem {
            let color = ui.visuals().error_fg_color;
            ui.add(egui::Label::new(RichText::new(problem.to_string()).color(color)).wrap());
        }
        ui.add_space(tokens::GAP);
    }

    fn training_fields_ui(&mut self, ui: &mut Ui) {
        let training = &mut self.training;
        let wrong = training.problem.as_ref().map(|problem| problem.field.clone());
        let mut changed = false;
        for (table, title) in TABLES {
            let holds = |path: &str| path.split_once('.').map_or("", |(table, _)| table) == table;
            let faulty = wrong.as_deref().is_some_and(holds);
            let header = egui::CollapsingHeader::new(title).default_open(table.is_empty());
            header.open(faulty.then_some(true)).show(ui, |ui| {
                for field in FIELDS.iter().filter(|field| field.split().0 == table) {
                    let faulty = wrong.as_deref() == Some(field.path);
                    changed |= field_ui(ui, &mut training.draft, field, faulty);
                }
            });
        }
        if changed {
            training.check();
        }
    }

    pub(super) fn load_training_config(&mut self) {
        let path = self.training.file.trim().to_owned();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                self.messages.error(format!("{path}: the configuration cannot be read ({error})"));
                return;
            }
        };
        match TrainConfig::from_toml(&text) {
            Ok(config) => {
                self.training.set(&config);
                self.messages.info(format!("All fields are those of {path}."));
            }
            Err(error) => self.messages.error(format!("{path}: {error}")),
        }
    }

    fn save_training_config(&mut self) {
        let path = self.training.file.trim().to_owned();
        let written = self.training.config().map_err(|error| error.to_string()).and_then(|config| {
            let text = toml::to_string(&config).map_err(|error| error.to_string())?;
            let staged = stage_text(Path::new(&path), &text, true);
            staged.and_then(|staged| commit(vec![staged])).map_err(|error| error.to_string())
        });
        match written {
            Ok(_) => self.messages.info(format!("wrote {path}")),
            Err(words) => self.messages.error(format!("the configuration cannot be written: {words}")),
        }
    }
}
