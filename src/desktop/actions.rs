//! What each command does, and when it can.

use std::path::PathBuf;

use crate::view::Camera;

use super::app::{App, Arrival, Purpose};
use super::commands::{COMMANDS, Command};
use super::dialogs::Dialog;
use super::display::{Compare, Over};
use super::layer::{Kind, LayerId};
use super::mask_edit::MaskEdit;
use super::{layout, tokens};

impl App {
    /// Why a command cannot be given now; none where it can.
    pub(super) fn refusal(&self, command: Command) -> Option<&'static str> {
        let no_scene = self.source().is_none().then_some("open a scene first");
        let mask = self.source().and_then(|layer| layer.mask.as_ref());
        let stroke = |can: fn(&MaskEdit) -> bool| mask.is_some_and(can);
        match command {
            Command::Export
            | Command::Previous
            | Command::Next
            | Command::ImportMask
            | Command::Close
            | Command::Fit
            | Command::Native
            | Command::ZoomIn
            | Command::ZoomOut
            | Command::FindClouds
            | Command::Decloud
            | Command::Preview
            | Command::Single => no_scene,
            Command::Difference => {
                no_scene.or_else(|| self.result_id().is_none().then_some("decloud the whole scene first"))
            }
            Command::Swipe | Command::SideBySide => no_scene
                .or_else(|| (!self.has_result()).then_some("decloud the scene first, or make a preview")),
            Command::ExportMask | Command::ShowMask | Command::Brush => {
                no_scene.or_else(|| mask.is_none().then_some("find the clouds first, or import a mask"))
            }
            Command::ShowMade => no_scene.or_else(|| mask.is_none().then_some("find the clouds first")),
            Command::ExportSpectra => {
                self.pins.is_empty().then_some("click on the map to pin a spectrum first")
            }
            Command::Evaluate => {
                self.evaluation.is_running(&self.jobs).then_some("an evaluation is running already")
            }
            Command::ExportReport => {
                self.evaluation.report.is_none().then_some("evaluate a model first, or open a report")
            }
            Command::Undo => (!stroke(MaskEdit::can_undo)).then_some("there is no stroke to take back"),
            Command::Redo => (!stroke(MaskEdit::can_redo)).then_some("no stroke was taken back"),
            Command::Cancel => self.jobs.jobs().next().is_none().then_some("no job is running"),
            _ => None,
        }
    }

    /// Whether there is something to compare the source with.
    pub(super) fn has_result(&self) -> bool {
        self.result_id().is_some()
            || self.preview.as_ref().is_some_and(|preview| Some(preview.of) == self.source_id())
    }

    /// Shortcuts of this frame become commands.
    pub(super) fn take_shortcuts(&mut self, ui: &egui::Ui) {
        let typing = ui.ctx().egui_wants_keyboard_input();
        for spec in &COMMANDS {
            let Some(key) = spec.key else { continue };
            let plain = key.modifiers == egui::Modifiers::NONE;
            if plain && typing {
                continue;
            }
            if ui.input_mut(|input| input.consume_shortcut(&key)) {
                self.todo.push_back(spec.command);
            }
        }
    }

    /// Does everything that was asked for.
    pub(super) fn work_off(&mut self) {
        while let Some(command) = self.todo.pop_front() {
            match self.refusal(command) {
                Some(_) if command == Command::Cancel => self.dialog = None,
                Some(why) => self.messages.info(format!("{}: {why}", super::commands::of(command).name)),
                None => self.perform(command),
            }
        }
    }

    fn perform(&mut self, command: Command) {
        self.touch();
        match command {
            Command::Open => self.ask(Purpose::Open),
            Command::OpenPath => self.dialog = Some(Dialog::open_path()),
            Command::Close => self.close_selected(),
            Command::Previous => self.step_layer(false),
            Command::Next => self.step_layer(true),
            Command::Export => self.dialog = Some(self.export_dialog()),
            Command::ImportMask => self.ask(Purpose::ImportMask),
            Command::ExportMask => self.ask(Purpose::ExportMask),
            Command::ExportSpectra => self.ask(Purpose::ExportSpectra),
            Command::Quit => self.context.send_viewport_cmd(egui::ViewportCommand::Close),
            Command::Palette => self.dialog = Some(Dialog::palette()),
            Command::About => self.dialog = Some(Dialog::About),
            Command::ResetLayout => self.tree = layout::standard(),
            Command::Theme => self.change_theme(),
            Command::Cancel => self.cancel_first(),
            Command::FindClouds => self.find_clouds(),
            Command::Decloud => self.decloud_all(),
            Command::Preview => self.make_preview(),
            Command::Evaluate => self.dialog = Some(self.evaluate_dialog()),
            Command::OpenReport => self.dialog = Some(Dialog::report(false)),
            Command::ExportReport => self.dialog = Some(Dialog::report(true)),
            Command::Undo | Command::Redo => self.step_mask(command == Command::Undo),
            _ => self.perform_on_map(command),
        }
    }

    fn perform_on_map(&mut self, command: Command) {
        match command {
            Command::Fit => self.fit_pending = true,
            Command::Native => self.camera.native(self.context.pixels_per_point()),
            Command::ZoomIn => self.zoom(tokens::ZOOM_STEP),
            Command::ZoomOut => self.zoom(1.0 / tokens::ZOOM_STEP),
            Command::Single => self.display.compare = Compare::Single,
            Command::Swipe => self.display.compare = Compare::Swipe,
            Command::SideBySide => self.display.compare = Compare::SideBySide,
            Command::Difference => self.display.compare = Compare::Difference,
            Command::ShowMask => self.toggle(Over::Mask),
            Command::ShowMade => self.toggle(Over::Made),
            Command::Brush => {
                self.brush.on = !self.brush.on;
                if self.brush.on {
                    self.display.over = Over::Mask;
                }
            }
            _ => {}
        }
    }

    fn toggle(&mut self, over: Over) {
        self.display.over = if self.display.over == over { Over::Nothing } else { over };
    }

    fn zoom(&mut self, factor: f64) {
        let rect = self.map.rect;
        self.camera.zoom_at(rect, rect.center(), factor);
    }

    fn change_theme(&mut self) {
        let dark = self.context.theme() == egui::Theme::Dark;
        self.context.set_theme(if dark { egui::ThemePreference::Light } else { egui::ThemePreference::Dark });
    }

    fn cancel_first(&mut self) {
        if let Some(id) = self.jobs.jobs().next().map(|job| job.id) {
            self.jobs.cancel(id);
        }
    }

    fn step_mask(&mut self, back: bool) {
        let Some(id) = self.source_id() else { return };
        let Some(layer) = self.layer_mut(id) else { return };
        let grid = layer.scene.grid.clone();
        layer.made.forget();
        if let Some(mask) = &mut layer.mask {
            if back {
                mask.undo(&grid);
            } else {
                mask.redo(&grid);
            }
        }
    }

    /// Selects the layer below or above; the list is a ring.
    fn step_layer(&mut self, down: bool) {
        let count = self.layers.len();
        let Some(at) = self.layers.iter().position(|layer| Some(layer.id) == self.selected) else { return };
        let next = if down { (at + 1) % count } else { (at + count - 1) % count };
        self.select(self.layers[next].id);
    }

    /// Shows a layer, in bands that it has.
    pub(super) fn select(&mut self, id: LayerId) {
        self.selected = Some(id);
        if let Some(layer) = self.layers.iter().find(|layer| layer.id == id) {
            self.display.suit(layer);
        }
        self.touch();
    }

    /// Closes the selected layer; a source takes its results along.
    fn close_selected(&mut self) {
        let Some(id) = self.selected else { return };
        let gone: Vec<_> = self
            .layers
            .iter()
            .filter(|layer| layer.id == id || layer.kind == Kind::Result { of: id })
            .map(|layer| (layer.id, layer.kind, layer.path.clone()))
            .collect();
        let next = self.source_id().filter(|&source| source != id);
        for (id, kind, path) in &gone {
            self.view.forget(*id);
            self.layers.retain(|layer| layer.id != *id);
            if let Kind::Result { .. } = kind {
                self.drop_result(path);
            }
        }
        if self.preview.as_ref().is_some_and(|preview| self.layer(preview.of).is_none()) {
            self.preview = None;
        }
        self.pins.clear();
        self.selected = next.or_else(|| self.layers.last().map(|layer| layer.id));
    }

    /// Removes a result that waited in our own folder.
    pub(super) fn drop_result(&self, path: &std::path::Path) {
        let ours = self.results.as_deref().is_some_and(|folder| path.starts_with(folder));
        if let (true, Some(folder)) = (ours, path.parent()) {
            // A folder that cannot be removed is cleared by the system's own housekeeping.
            let _ = std::fs::remove_dir_all(folder);
        }
    }

    /// Asks for files in the system's dialog, which must not stop the window.
    pub(super) fn ask(&mut self, purpose: Purpose) {
        let name = self.source().map(|layer| {
            let stem = layer.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            match purpose {
                Purpose::ExportMask => format!("{stem}.mask.tif"),
                Purpose::ExportSpectra => format!("{stem}.spectra.csv"),
                _ => format!("{stem}.declouded.tif"),
            }
        });
        self.away(move || Arrival::Chosen {
            purpose,
            paths: choose(purpose, name.as_deref().unwrap_or_default()),
        });
    }

    pub(super) fn chosen(&mut self, purpose: Purpose, paths: Vec<PathBuf>) {
        let Some(first) = paths.first().cloned() else {
            self.messages.info("No file was chosen. If no dialog appeared, this system has none: use File > Open path…, drop files on the window, or type the path.");
            return;
        };
        match purpose {
            Purpose::Open => self.open_all(paths),
            Purpose::ImportMask => self.import_mask(first),
            Purpose::ExportMask => self.export_mask(first),
            Purpose::ExportSpectra => self.export_spectra(&first),
            Purpose::ExportTo => {
                if let Some(Dialog::Export(export)) = &mut self.dialog {
                    export.path = first.display().to_string();
                }
            }
            Purpose::EvaluateModel
            | Purpose::EvaluateData
            | Purpose::Protocol
            | Purpose::OpenReport
            | Purpose::ExportReport => self.chosen_for_evaluation(purpose, &paths),
            Purpose::Model => {
                self.decloud.engine = "model".into();
                self.decloud.model = Some(first);
            }
        }
    }

    fn export_spectra(&mut self, path: &std::path::Path) {
        match std::fs::write(path, super::spectra::csv(&self.pins)) {
            Ok(()) => self.messages.info(format!("wrote {}", path.display())),
            Err(error) => {
                self.messages.error(format!("{}: the spectra cannot be written ({error})", path.display()));
            }
        }
    }

    /// Fits the scene into the map once the map's size is known.
    pub(super) fn fit_if_pending(&mut self) {
        if self.fit_pending
            && let Some(source) = self.source()
        {
            let mut size = self.map.rect.size();
            if self.display.compare == Compare::SideBySide {
                size.x *= 0.5;
            }
            self.camera = Camera::fit(&source.scene.grid, size);
            self.fit_pending = false;
        }
    }
}

fn choose(purpose: Purpose, name: &str) -> Vec<PathBuf> {
    let dialog = rfd::FileDialog::new();
    let rasters = ["tif", "tiff", "jp2"];
    match purpose {
        Purpose::Open => dialog
            .set_title("Open scenes")
            .add_filter("Scenes", &["tif", "tiff", "jp2", "xml", "zip"])
            .pick_files()
            .unwrap_or_default(),
        Purpose::ImportMask => {
            dialog.set_title("Import mask").add_filter("Rasters", &rasters).pick_file().into_iter().collect()
        }
        Purpose::Model => dialog
            .set_title("Choose a model")
            .add_filter("Models", &["safetensors"])
            .pick_file()
            .into_iter()
            .collect(),
        Purpose::EvaluateModel => dialog
            .set_title("Choose models")
            .add_filter("Models", &["safetensors"])
            .pick_files()
            .unwrap_or_default(),
        Purpose::EvaluateData => dialog.set_title("Choose test folders").pick_folders().unwrap_or_default(),
        Purpose::Protocol => {
            dialog.set_title("Protocol").add_filter("Protocols", &["toml"]).pick_file().into_iter().collect()
        }
        Purpose::OpenReport => {
            dialog.set_title("Open report").add_filter("Reports", &["json"]).pick_file().into_iter().collect()
        }
        Purpose::ExportReport => {
            dialog.set_title("Export report").set_file_name("report.html").save_file().into_iter().collect()
        }
        Purpose::ExportMask | Purpose::ExportTo | Purpose::ExportSpectra => {
            dialog.set_title("Export").set_file_name(name).save_file().into_iter().collect()
        }
    }
}
