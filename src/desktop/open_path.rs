//! The path of a scene, and what its file does not say.

use std::path::{Path, PathBuf};

use super::app::App;
use super::dialogs::{After, Dialog, expanded, label};
use super::export_fields::{Typed, scene_ui};
use crate::raster::SceneOptions;

/// A path that is being typed, with what the analyst says of the scene there.
#[derive(Debug, Clone, Default)]
pub(super) struct OpenPath {
    text: String,
    typed: Typed,
    /// Whether it has just been opened: then its path is typed at once.
    fresh: bool,
    /// Whether it is about what is said, not about the path.
    describes: bool,
}

impl Dialog {
    pub fn open_path() -> Self {
        Self::OpenPath(OpenPath { fresh: true, ..OpenPath::default() })
    }

    /// Asks what the file of a scene does not say; it is then opened anew.
    pub fn describe(path: Option<&Path>, said: &SceneOptions) -> Self {
        let text = path.map_or_else(String::new, |path| path.display().to_string());
        Self::OpenPath(OpenPath { fresh: path.is_none(), text, typed: Typed::of(said), describes: true })
    }
}

impl OpenPath {
    pub fn ui(&mut self, ui: &mut egui::Ui) -> After {
        ui.heading(if self.describes { "Describe scene" } else { "Open path" });
        ui.weak(if self.describes {
            "What is said here goes before what the file says, in this window and in every export of the scene."
        } else {
            "A GeoTIFF or JPEG 2000 file, a SAFE product (folder, zip or MTD xml), a BigEarthNet patch or a folder of bands."
        });
        let hint = "/data/S2B_MSIL1C_….SAFE";
        let field = egui::TextEdit::singleline(&mut self.text).hint_text(hint).desired_width(f32::INFINITY);
        let field = ui.add(field);
        label(&field, "Path");
        if std::mem::take(&mut self.fresh) {
            field.request_focus();
        }
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if self.describes {
            scene_ui(ui, &mut self.typed);
        }
        let mut after = After::Stay;
        ui.horizontal(|ui| {
            let said = self.typed.scene();
            let can = !self.text.trim().is_empty() && said.is_ok();
            let name = if self.describes { "Open as described" } else { "Open" };
            let clicked = ui.add_enabled(can, egui::Button::new(name)).clicked();
            if let (true, Ok(said)) = (clicked || entered && can, said) {
                after = After::Open(expanded(self.text.trim()), self.describes.then_some(said));
            }
            if ui.button("Cancel").clicked() {
                after = After::Close;
            }
        });
        after
    }
}

impl App {
    /// Asks for what the shown scene's file does not say, or that of the file that could not be opened last.
    pub(super) fn describe_dialog(&self) -> Dialog {
        let shown = || self.source().map(|layer| layer.path.clone());
        let path: Option<PathBuf> = self.unread.clone().or_else(shown);
        let said = path.as_deref().map(|path| self.session.said_of(path)).unwrap_or_default();
        Dialog::describe(path.as_deref(), &said)
    }
}
