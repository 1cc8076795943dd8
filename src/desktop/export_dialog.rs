//! Setting up an export: every option of `declouder decloud`.

use std::path::PathBuf;

use egui::Ui;

use crate::bands::Level;
use crate::decloud::{DecloudConfig, TILE_PX};
use crate::mask::{MAX_RADIUS_PX, methods};
use crate::raster::{RadiometryOption, SceneOptions};

use super::app::App;
use super::dialogs::label;
use super::panels::{combo, title_ui};
use super::tokens;

/// An export that is being set up.
#[derive(Debug, Clone, Default)]
pub(super) struct Export {
    pub path: String,
    pub overwrite: bool,
    /// What the analyst says about this scene only.
    level: Option<Level>,
    radiometry: String,
    latent: String,
}

/// What the dialog wants after a frame.
pub(super) enum Wish {
    Stay,
    Close,
    Choose,
    Export(PathBuf, bool, SceneOptions),
}

impl Export {
    pub fn new(path: String, config: &DecloudConfig) -> Self {
        let latent = config.latent.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        Self { path, latent, ..Self::default() }
    }

    /// What is said about the scene, and why it cannot be.
    fn scene(&self) -> Result<SceneOptions, String> {
        let text = self.radiometry.trim();
        let radiometry = if text.is_empty() { None } else { Some(text.parse::<RadiometryOption>()?) };
        Ok(SceneOptions { bands: None, level: self.level, radiometry })
    }
}

impl App {
    pub(super) fn export_ui(&mut self, ui: &mut Ui, export: &mut Export) -> Wish {
        ui.heading("Export");
        let name = self.source().map_or_else(String::new, |source| source.name.clone());
        ui.weak(format!("Declouds the whole of {name} as declouder decloud does with the same options."));
        ui.add_space(tokens::GAP);
        let mut wish = Wish::Stay;
        ui.horizontal(|ui| {
            if ui.button("Choose…").clicked() {
                wish = Wish::Choose;
            }
            let field = ui.add(egui::TextEdit::singleline(&mut export.path).desired_width(f32::INFINITY));
            label(&field, "Output file");
        });
        let height = (ui.ctx().content_rect().height() - 260.0).max(120.0);
        egui::ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            self.format_ui(ui, export);
            egui::CollapsingHeader::new("Clouds").show(ui, |ui| self.export_mask_ui(ui));
            egui::CollapsingHeader::new("Engine").show(ui, |ui| self.export_engine_ui(ui, export));
            egui::CollapsingHeader::new("Scene").show(ui, |ui| scene_ui(ui, export));
        });
        ui.weak("Beside the result: OUT.report.json with source, model, seed, mask and counts. Check it with declouder verify.");
        ui.add_space(tokens::GAP);
        let path = PathBuf::from(export.path.trim());
        let is = |known: &str| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(known));
        let why = if is("tif") || is("tiff") {
            export.scene().err().or_else(|| self.decloud.check().err().map(|error| error.to_string()))
        } else {
            Some("the name must end in .tif".to_owned())
        };
        ui.horizontal(|ui| {
            let button = ui.add_enabled(why.is_none(), egui::Button::new("Export now"));
            let clicked = button.clicked();
            if let Some(why) = &why {
                button.on_disabled_hover_text(why);
            }
            if clicked && let Ok(scene) = export.scene() {
                wish = Wish::Export(path, export.overwrite, scene);
            }
            if ui.button("Cancel").clicked() {
                wish = Wish::Close;
            }
            if let Some(why) = why {
                ui.colored_label(ui.visuals().warn_fg_color, why);
            }
        });
        wish
    }

    fn format_ui(&mut self, ui: &mut Ui, export: &mut Export) {
        let config = &mut self.decloud;
        ui.checkbox(&mut config.cog, "Cloud-optimised GeoTIFF (COG)")
            .on_hover_text("Tiled, with overviews, headers first");
        ui.checkbox(&mut config.plain, "Keep the source's bands only")
            .on_hover_text("What was made goes to OUT.synthetic.tif instead of a band of its own");
        ui.checkbox(&mut config.qml, "QGIS style").on_hover_text("A .qml beside each raster");
        ui.checkbox(&mut config.stac, "STAC item").on_hover_text("OUT.stac.json, for catalogues");
        ui.checkbox(&mut export.overwrite, "Replace existing files");
    }

    fn export_mask_ui(&mut self, ui: &mut Ui) {
        let own = self.source().and_then(|layer| layer.mask.as_ref()).is_some_and(|mask| mask.edited);
        if own {
            ui.weak("The mask painted by hand is used; dilation and feathering apply to it.");
        }
        let config = &mut self.decloud.mask;
        combo(ui, "Mask by", config.method.clone(), |ui| {
            for (name, about) in methods() {
                if ui.selectable_label(config.method == name, name).on_hover_text(about).clicked() {
                    name.clone_into(&mut config.method);
                }
            }
        });
        let mut dilate = config.dilation_px();
        number(ui, "Dilate (px)", &mut dilate, 0..=MAX_RADIUS_PX, "Grow cloud and shadow by so many pixels");
        if dilate != config.dilation_px() {
            config.dilate_px = Some(dilate);
        }
        number(
            ui,
            "Feather (px)",
            &mut config.feather_px,
            0..=MAX_RADIUS_PX,
            "Blend outward over so many pixels",
        );
        number(
            ui,
            "Threshold",
            &mut config.threshold,
            0.0..=0.99,
            "Probability from which s2cloudless calls a pixel cloud",
        );
        number(
            ui,
            "Average (px)",
            &mut config.average_px,
            0..=MAX_RADIUS_PX,
            "Radius over which s2cloudless and threshold average before they cut",
        );
        number(
            ui,
            "Grow (px)",
            &mut config.grow_px,
            0..=MAX_RADIUS_PX,
            "Pixels by which s2cloudless and threshold grow what they cut",
        );
        ui.checkbox(&mut config.shadow, "Find shadow too");
    }

    fn export_engine_ui(&mut self, ui: &mut Ui, export: &mut Export) {
        let config = &mut self.decloud;
        ui.weak(format!("Engine {}; it is chosen in the panel Clouds.", config.engine));
        number(
            ui,
            "Tile (px)",
            &mut config.tile_px,
            TILE_PX,
            "Side of a rendered tile; it changes memory, not the result",
        );
        if config.engine == "model" {
            let mut samples = config.samples;
            number(ui, "Samples", &mut samples, 0..=64, "0, or at least 2: their spread becomes a band");
            config.samples = if samples == 1 { 2 } else { samples };
            number(ui, "Seed", &mut config.seed, 0..=u64::MAX, "Seed of everything random");
            ui.horizontal(|ui| {
                title_ui(ui, "Land code");
                let hint = "none: the prior's middle";
                let field = ui.add(
                    egui::TextEdit::singleline(&mut export.latent)
                        .hint_text(hint)
                        .desired_width(f32::INFINITY),
                );
                label(&field, "Land code file");
            });
            let text = export.latent.trim();
            config.latent = (!text.is_empty()).then(|| PathBuf::from(text));
            ui.checkbox(&mut config.force, "Use it on another level too").on_hover_text(
                "A model is trained on one level (L1C or L2A); elsewhere its result is only a guess",
            );
        }
    }
}

/// What files do not say about a scene.
fn scene_ui(ui: &mut Ui, export: &mut Export) {
    let name = |level: Option<Level>| level.map_or("As in the file".to_owned(), |level| level.to_string());
    combo(ui, "Level", name(export.level), |ui| {
        for level in [None, Some(Level::L1C), Some(Level::L2A)] {
            ui.selectable_value(&mut export.level, level, name(level));
        }
    });
    ui.horizontal(|ui| {
        title_ui(ui, "Radiometry");
        let hint = "as in the file; else 10000, 10000,-1000 or reflectance";
        let field = ui.add(
            egui::TextEdit::singleline(&mut export.radiometry).hint_text(hint).desired_width(f32::INFINITY),
        );
        label(&field, "Radiometry");
    });
}

/// A named number.
fn number<N: egui::emath::Numeric>(
    ui: &mut Ui,
    name: &str,
    value: &mut N,
    range: std::ops::RangeInclusive<N>,
    about: &str,
) {
    ui.horizontal(|ui| {
        let title = title_ui(ui, name);
        let speed = if N::INTEGRAL { 0.5 } else { 0.005 };
        ui.add(egui::DragValue::new(value).range(range).speed(speed))
            .labelled_by(title.id)
            .on_hover_text(about);
    });
}
