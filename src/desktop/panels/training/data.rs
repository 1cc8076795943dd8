//! What a training learns from: patch stores, or the open scenes.

use std::path::PathBuf;

use egui::{RichText, Ui};

use crate::desktop::app::App;
use crate::desktop::arrivals::{Arrival, Purpose};
use crate::desktop::dialogs::label;
use crate::desktop::layer::{Kind, LayerId, name_of};
use crate::desktop::mask_edit::MaskEdit;
use crate::patches::{Domain, Store};
use crate::training::TrainConfig;

use super::state::Source;

/// What is chosen in the system's dialog for this panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::desktop) enum Choose {
    Store,
    Run,
    Folder,
    Config,
}

impl App {
    pub(super) fn training_data_ui(&mut self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new("Learn from").strong());
            ui.selectable_value(&mut self.training.source, Source::Stores, "Patch stores")
                .on_hover_text("Folders made by declouder prepare; the best source, with places and pairs");
            ui.selectable_value(&mut self.training.source, Source::Scenes, "Open scenes")
                .on_hover_text("Patches are cut from the scenes of this window, into the run's folder");
        });
        match self.training.source {
            Source::Stores => self.stores_ui(ui),
            Source::Scenes => self.scenes_ui(ui),
        }
    }

    fn stores_ui(&mut self, ui: &mut Ui) {
        let mut gone = None;
        for (number, store) in self.training.stores.iter().enumerate() {
            ui.horizontal(|ui| {
                if ui.small_button("Remove").clicked() {
                    gone = Some(number);
                }
                ui.add(egui::Label::new(store.display().to_string()).truncate());
            });
        }
        if let Some(number) = gone {
            self.training.stores.remove(number);
        }
        if self.training.stores.is_empty() {
            ui.weak("No store yet: add the folder of one. A store for training and one for validation may be added.");
        }
        ui.horizontal(|ui| {
            if ui.button("Choose store…").clicked() {
                self.ask_training(Choose::Store);
            }
            let width = (ui.available_width() - 180.0).max(100.0);
            let field = egui::TextEdit::singleline(&mut self.training.typed)
                .hint_text("or type a store's folder")
                .desired_width(width);
            let field = ui.add(field);
            label(&field, "Patch store");
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
            if ui.button("Add store").clicked() || entered {
                let path = std::mem::take(&mut self.training.typed);
                self.add_store(path.trim().into());
            }
            let some = !self.training.stores.is_empty();
            if ui
                .add_enabled(some, egui::Button::new("Fit bands"))
                .on_hover_text("Level and bands of the network become those of the first store")
                .clicked()
            {
                self.fit_bands();
            }
        });
    }

    pub(super) fn add_store(&mut self, path: PathBuf) {
        match Store::open(&path) {
            Ok(_) if !self.training.stores.contains(&path) => self.training.stores.push(path),
            Ok(_) => {}
            Err(error) => self.messages.error(error.to_string()),
        }
    }

    fn fit_bands(&mut self) {
        let Some(store) = self.training.stores.first() else { return };
        match (Store::open(store), self.training.config()) {
            (Ok(store), Ok(mut config)) => {
                fit(&mut config, store.manifest().level, store.manifest().bands.clone());
                self.training.set(&config);
                self.training.check();
            }
            (Err(error), _) => self.messages.error(error.to_string()),
            (_, Err(error)) => self.messages.error(error.to_string()),
        }
    }

    /// Open scenes, each with what is said of it.
    pub(super) fn sources(&self) -> impl Iterator<Item = &crate::desktop::layer::Layer> {
        self.layers.iter().filter(|layer| layer.kind == Kind::Source)
    }

    fn scenes_ui(&mut self, ui: &mut Ui) {
        let facts: Vec<(LayerId, String, Option<f64>)> = self
            .sources()
            .map(|layer| {
                let cover = layer.mask.as_ref().map(MaskEdit::cover);
                (layer.id, layer.name.clone(), cover.map(|cover| cover.cloud + cover.shadow))
            })
            .collect();
        if facts.is_empty() {
            ui.weak("No scene is open. Open cloudy and clear scenes of several places first (File > Open…).");
            return;
        }
        for (id, name, cover) in facts {
            ui.horizontal(|ui| {
                let domain = self.training.domains.get(&id).copied();
                let words = match domain {
                    None => "by its mask",
                    Some(Domain::Clear) => "clear",
                    Some(Domain::Cloudy) => "cloudy",
                };
                let combo = egui::ComboBox::from_id_salt(("domain", id))
                    .selected_text(words)
                    .width(96.0)
                    .show_ui(ui, |ui| {
                        for (choice, words) in [
                            (None, "by its mask"),
                            (Some(Domain::Clear), "clear"),
                            (Some(Domain::Cloudy), "cloudy"),
                        ] {
                            if ui.selectable_label(domain == choice, words).clicked() {
                                match choice {
                                    Some(domain) => self.training.domains.insert(id, domain),
                                    None => self.training.domains.remove(&id),
                                };
                            }
                        }
                    });
                let said = format!("{name} is");
                combo.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, &said));
                let seen = cover.map_or("no mask yet: it is found on the way".to_owned(), |cover| {
                    format!("{:.0} % cloud and shadow", 100.0 * cover)
                });
                ui.add(egui::Label::new(name).truncate());
                ui.weak(seen);
            });
        }
        ui.weak("By its mask: a patch is clear up to 1 % and cloudy from 5 % cloud and shadow; those in between are left out. With fewer than four scenes each 1.28 km of ground counts as a place of its own.");
    }

    pub(super) fn ask_training(&mut self, choose: Choose) {
        self.away(move || {
            let dialog = rfd::FileDialog::new();
            let chosen = match choose {
                Choose::Store => dialog.set_title("Choose a patch store").pick_folder(),
                Choose::Run => dialog.set_title("Choose a run's folder").pick_folder(),
                Choose::Folder => dialog.set_title("Choose where the run is kept").pick_folder(),
                Choose::Config => {
                    dialog.set_title("Choose a configuration").add_filter("TOML", &["toml"]).pick_file()
                }
            };
            Arrival::Chosen { purpose: Purpose::Training(choose), paths: chosen.into_iter().collect() }
        });
    }

    pub(in crate::desktop) fn chosen_for_training(&mut self, choose: Choose, path: PathBuf) {
        match choose {
            Choose::Store => self.add_store(path),
            Choose::Run => self.open_run(&path),
            Choose::Folder => self.training.folder = path.display().to_string(),
            Choose::Config => {
                self.training.file = path.display().to_string();
                self.load_training_config();
            }
        }
    }
}

/// A configuration for other bands; conditioning bands are those of before that are among them.
pub(super) fn fit(config: &mut TrainConfig, level: crate::bands::Level, bands: Vec<crate::bands::Band>) {
    let usual = crate::networks::NetworkConfig::default().conditioning;
    config.network.conditioning = usual.into_iter().filter(|band| bands.contains(band)).collect();
    (config.network.level, config.network.bands) = (level, bands);
}

/// How a run is called in messages.
pub(super) fn called(folder: &std::path::Path) -> String {
    name_of(folder)
}
