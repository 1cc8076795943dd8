//! The few windows over the window: a path to type, a command to search, an export to set up.

use std::path::PathBuf;

use super::app::App;
use super::arrivals::Purpose;
use super::commands::matching;
use super::evaluate::{ReportPath, Setup};
use super::export_dialog::{Export, Wish};
use super::export_fields::Said;
use super::import_mask::ImportMask;
use super::latents::Animation;
use super::open_path::OpenPath;
use super::parting::{Parting, What};
use super::{layer, tokens};
use crate::decloud::DecloudConfig;
use crate::mask::FileOptions;
use crate::raster::SceneOptions;
use crate::raster::export::check_output;

/// What is open over the window.
pub(super) enum Dialog {
    OpenPath(OpenPath),
    Palette { query: String, chosen: usize, fresh: bool },
    Export(Export),
    Settings,
    Evaluate(Setup),
    Report(ReportPath),
    Animation(Animation),
    ImportMask(Box<ImportMask>),
    Parting(Parting),
    About,
}

impl Dialog {
    pub fn palette() -> Self {
        Self::Palette { query: String::new(), chosen: 0, fresh: true }
    }
}

/// What a dialog wants after a frame.
pub(super) enum After {
    Stay,
    Close,
    /// With what is said of it, where that was asked.
    Open(PathBuf, Option<SceneOptions>),
    Do(super::commands::Command),
    Export(PathBuf, bool, Said),
    Evaluate(Setup),
    Report(ReportPath),
    Animate(Animation),
    ImportMask(PathBuf, FileOptions),
    /// Looks at a band of a mask file while the dialog stays.
    Survey(PathBuf, Option<usize>),
    Part(What),
    Choose(Purpose),
}

impl App {
    pub(super) fn export_dialog(&mut self) -> Dialog {
        self.take_settings();
        let path = self.source().map_or_else(String::new, |source| {
            let stem = source.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let beside = source.path.parent().map(PathBuf::from);
            let folders = [self.export_folder.clone(), beside, std::env::home_dir()];
            let mut outputs =
                folders.into_iter().flatten().map(|folder| folder.join(format!("{stem}.declouded.tif")));
            // The first place that can be written, so that a disk of read-only scenes is not offered.
            let writable = |output: &PathBuf| check_output(output, true, &[&source.path]).is_ok();
            let first = outputs.clone().next();
            outputs.find(writable).or(first).unwrap_or_default().display().to_string()
        });
        let said = self.source().map(|source| source.said.clone()).unwrap_or_default();
        Dialog::Export(Export::new(path, &self.decloud, &said))
    }

    /// A result that is selected is exported as it was made: the panel takes up its settings.
    fn take_settings(&mut self) {
        let Some(layer) =
            self.selected.and_then(|id| self.layer(id)).filter(|layer| layer.family() != layer.id)
        else {
            return;
        };
        let (path, label) = (layer.path.clone(), layer.label.clone().unwrap_or_default());
        let Some((_, settings)) = self.session.settings.iter().find(|(of, _)| *of == path) else { return };
        let DecloudConfig { device, cog, plain, qml, stac, .. } = self.decloud.clone();
        let settings = DecloudConfig { device, cog, plain, qml, stac, ..settings.clone() };
        if settings != self.decloud {
            self.messages.info(format!("The settings are now those of {label}, which is exported."));
            self.decloud = settings;
        }
    }

    pub(super) fn dialog_ui(&mut self, ui: &egui::Ui) {
        let Some(mut dialog) = self.dialog.take() else { return };
        let context = ui.ctx().clone();
        let mut after = After::Stay;
        // The margin stands outside of the dialog's frame and inside of it.
        let most = context.content_rect().height() - 4.0 * tokens::DIALOG_MARGIN;
        let modal = egui::Modal::new(egui::Id::unique("dialog")).show(&context, |ui| {
            ui.set_width(tokens::DIALOG);
            // Not the height that it had in the last frame: what unfolds needs more.
            ui.set_max_height(most);
            // In a small window, or at a large scale, what has no room is scrolled to; the bar has a place of its own.
            ui.spacing_mut().scroll.floating = false;
            let area = egui::ScrollArea::vertical().max_height(most);
            // Outlines of fields that fill the width are not cut off.
            let frame = egui::Frame::new().inner_margin(egui::Margin::symmetric(2, 0));
            let contents = |ui: &mut egui::Ui| frame.show(ui, |ui| self.contents_ui(ui, &mut dialog)).inner;
            after = area.show(ui, contents).inner;
        });
        if modal.should_close() && matches!(after, After::Stay) {
            after = After::Close;
        }
        match after {
            After::Stay => self.dialog = Some(dialog),
            After::Close => {}
            After::Open(path, said) => self.open_said(path, said),
            After::Do(command) => self.todo.push_back(command),
            After::Export(path, overwrite, said) => self.export_to(path, overwrite, said),
            After::Evaluate(setup) => self.evaluate(setup),
            After::Report(report) => self.open_or_export(report),
            After::Animate(animation) => self.animate(animation),
            After::ImportMask(path, options) => self.import_mask(path, options),
            After::Survey(path, band) => {
                self.dialog = Some(dialog);
                self.survey_mask(path, band);
            }
            After::Part(what) => self.part(what),
            After::Choose(purpose) => {
                self.dialog = Some(dialog);
                self.ask(purpose);
            }
        }
    }

    fn contents_ui(&mut self, ui: &mut egui::Ui, dialog: &mut Dialog) -> After {
        match dialog {
            Dialog::OpenPath(open) => open.ui(ui),
            Dialog::Palette { query, chosen, fresh } => self.palette_ui(ui, query, chosen, fresh),
            Dialog::Export(export) => match self.export_ui(ui, export) {
                Wish::Stay => After::Stay,
                Wish::Close => After::Close,
                Wish::Choose(purpose) => After::Choose(purpose),
                Wish::Export(path, overwrite, said) => After::Export(path, overwrite, said),
            },
            Dialog::Settings => self.settings_ui(ui),
            Dialog::Evaluate(setup) => setup.ui(ui),
            Dialog::Report(report) => report.ui(ui),
            Dialog::Animation(animation) => animation.ui(ui),
            Dialog::ImportMask(import) => import.ui(ui),
            Dialog::Parting(parting) => parting.ui(ui),
            Dialog::About => self.about_ui(ui),
        }
    }

    fn palette_ui(
        &self,
        ui: &mut egui::Ui,
        query: &mut String,
        chosen: &mut usize,
        fresh: &mut bool,
    ) -> After {
        ui.heading("Commands");
        let field = ui.add(
            egui::TextEdit::singleline(query)
                .hint_text("type a part of a command's name")
                .desired_width(f32::INFINITY),
        );
        label(&field, "Search commands");
        if std::mem::take(fresh) {
            field.request_focus();
        }
        if field.changed() {
            *chosen = 0;
        }
        let found = matching(query);
        let pressed = |key: egui::Key| ui.input(|input| input.num_presses(key));
        let (down, up) = (pressed(egui::Key::ArrowDown), pressed(egui::Key::ArrowUp));
        *chosen = (*chosen + down).saturating_sub(up);
        *chosen = (*chosen).min(found.len().saturating_sub(1));
        let entered = pressed(egui::Key::Enter) > 0;
        let mut after = After::Stay;
        let (most, others) = tokens::DIALOG_LIST;
        let height = (ui.ctx().content_rect().height() - others).min(most);
        egui::ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            for (index, spec) in found.iter().enumerate() {
                let refusal = self.refusal(spec.command);
                let key = spec.key_words(ui.ctx());
                ui.add_enabled_ui(refusal.is_none(), |ui| {
                    let button = egui::Button::selectable(index == *chosen, spec.name)
                        .shortcut_text(key)
                        .min_size(egui::vec2(ui.available_width(), 0.0));
                    let response = ui
                        .add(button)
                        .on_hover_text(spec.tip)
                        .on_disabled_hover_text(refusal.unwrap_or_default());
                    if index == *chosen && down + up > 0 {
                        response.scroll_to_me(None);
                    }
                    // One that cannot be given now says why.
                    if response.clicked() || (entered && index == *chosen) {
                        after = After::Do(spec.command);
                    }
                });
            }
            if found.is_empty() {
                ui.weak("No command has these words.");
            }
        });
        after
    }

    fn about_ui(&self, ui: &mut egui::Ui) -> After {
        ui.heading("Declouder");
        let place = |path: Option<PathBuf>| path.map_or("none".to_owned(), |path| path.display().to_string());
        let facts = [
            ("Version", env!("CARGO_PKG_VERSION").to_owned()),
            ("Draws on", self.adapter.clone()),
            ("Computes on", self.device.to_string()),
            ("Textures", format!("{} MB", self.view.texture_bytes() >> 20)),
            ("Results", place(self.results.clone())),
            ("Imagery", crate::decloud::provenance::ATTRIBUTION.to_owned()),
        ];
        egui::Grid::new("about").num_columns(2).spacing([tokens::COLUMN_GAP, tokens::GAP]).show(ui, |ui| {
            for (name, value) in facts {
                ui.weak(name);
                ui.add(egui::Label::new(value).wrap());
                ui.end_row();
            }
        });
        ui.add_space(tokens::GAP);
        ui.weak("Mouse: drag to pan, wheel to zoom, Shift+drag a box, click to pin a spectrum. Hold Q to see the source.");
        ui.add_space(tokens::GAP);
        if ui.button("Close").clicked() { After::Close } else { After::Stay }
    }
}

/// `~` as shells know it; quotes that came along from a shell go.
pub(super) fn expanded(text: &str) -> PathBuf {
    let text = text.trim_matches(['"', '\'']);
    match (text.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(text),
    }
}

/// Names a field for those who cannot see it.
pub(super) fn label(response: &egui::Response, name: &str) {
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, name));
}

/// A path shortened for a menu: its name and the folder it lies in.
pub(super) fn short(path: &std::path::Path) -> String {
    let folder =
        path.parent().and_then(std::path::Path::file_name).map(|name| name.to_string_lossy().into_owned());
    match folder {
        Some(folder) => format!("{}  ({folder})", layer::name_of(path)),
        None => layer::name_of(path),
    }
}
