//! Setting up an export: every option of `declouder decloud`.

use std::path::{Path, PathBuf};

use egui::Ui;

use crate::decloud::{DecloudConfig, TILE_PX};
use crate::mask::{MAX_RADIUS_PX, MaskConfig};
use crate::raster::SceneOptions;
use crate::raster::export::check_output;

use super::app::App;
use super::arrivals::Purpose;
use super::dialogs::label;
use super::export_fields::{Said, Typed, problem_ui, scene_ui, text_ui};
use super::mask_method::method_ui;
use super::panels::title_ui;
use super::tokens;
use super::wording::worded;

/// An export that is being set up.
#[derive(Debug, Clone, Default)]
pub(super) struct Export {
    pub path: String,
    pub overwrite: bool,
    /// What is said for this export only.
    pub typed: Typed,
    latent: String,
}

/// What the dialog wants after a frame.
pub(super) enum Wish {
    Stay,
    Close,
    Choose(Purpose),
    Export(PathBuf, bool, Said),
}

impl Export {
    pub fn new(path: String, config: &DecloudConfig, said: &SceneOptions) -> Self {
        let latent = config.latent.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        Self { path, latent, typed: Typed::of(said), ..Self::default() }
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
                wish = Wish::Choose(Purpose::ExportTo);
            }
            let field = ui.add(egui::TextEdit::singleline(&mut export.path).desired_width(f32::INFINITY));
            label(&field, "Output file");
        });
        let height = (ui.ctx().content_rect().height() - 330.0).max(120.0);
        egui::ScrollArea::vertical().max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            self.format_ui(ui, export);
            // What is wrong is seen.
            let (scene, mask) = export.typed.faults();
            let mask = mask || self.lacks_model(&export.typed);
            let header =
                |title: &str, faulty: bool| egui::CollapsingHeader::new(title).open(faulty.then_some(true));
            header("Clouds", mask).show(ui, |ui| {
                if let Some(purpose) = self.export_mask_ui(ui, &mut export.typed) {
                    wish = Wish::Choose(purpose);
                }
            });
            header("Engine", false).show(ui, |ui| self.export_engine_ui(ui, export));
            header("Scene", scene).show(ui, |ui| scene_ui(ui, &mut export.typed));
        });
        ui.weak("Beside the result: OUT.report.json with source, model, seed, mask and counts. Check it with declouder verify.");
        ui.add_space(tokens::GAP);
        let path = PathBuf::from(export.path.trim());
        let is = |known: &str| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(known));
        let said = export.typed.said();
        // What is wrong with a field stands below it.
        let told = said.is_err() || self.lacks_model(&export.typed);
        let checked = said.and_then(|said| {
            said.clone()
                .into_config(&self.decloud)
                .check()
                .map_err(|error| worded(&error.to_string()).into_owned())?;
            if is("tif") || is("tiff") { Ok(said) } else { Err("the name must end in .tif".to_owned()) }
        });
        let checked = checked.and_then(|said| self.writable(&path, export.overwrite).map(|()| said));
        let mut problem = None;
        ui.horizontal(|ui| {
            let button = ui.add_enabled(checked.is_ok(), egui::Button::new("Export now"));
            if let Err(why) = &checked {
                button.clone().on_disabled_hover_text(why);
            }
            if ui.button("Cancel").clicked() {
                wish = Wish::Close;
            }
            match checked {
                Ok(said) if button.clicked() => wish = Wish::Export(path, export.overwrite, said),
                Err(why) if !told => problem = Some(why),
                _ => {}
            }
        });
        if let Some(why) = problem {
            let words = egui::RichText::new(why).color(ui.visuals().warn_fg_color);
            ui.add(egui::Label::new(words).wrap());
        }
        wish
    }

    /// Why a result cannot be written to a path, as far as it can be told beforehand.
    fn writable(&self, path: &Path, overwrite: bool) -> Result<(), String> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(format!("there is no folder {}", folder.display()));
        }
        let source = self.source().map(|layer| layer.path.clone()).unwrap_or_default();
        check_output(path, overwrite, &[&source]).map_err(|error| worded(&error.to_string()).into_owned())
    }

    /// Whether cloud is to be looked for by a model that is not there.
    fn lacks_model(&self, typed: &Typed) -> bool {
        typed.mask.trim().is_empty() && self.decloud.mask.model_problem().is_some()
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

    /// Where cloud is; says which file is to be chosen in the system's dialog.
    fn export_mask_ui(&mut self, ui: &mut Ui, typed: &mut Typed) -> Option<Purpose> {
        let given = !typed.mask.trim().is_empty();
        let mask = self.source().and_then(|layer| layer.mask.as_ref());
        let own = mask.is_some_and(super::mask_edit::MaskEdit::is_own);
        let painted = mask.is_some_and(|mask| mask.edited);
        ui.weak(match (given, own, painted) {
            (true, ..) => "The mask file below is used; dilation and feathering apply to it.",
            (false, true, true) => "The mask painted by hand is used; dilation and feathering apply to it.",
            (false, true, false) => "The imported mask is used; dilation and feathering apply to it.",
            (false, false, _) => "Cloud is looked for by this method, unless a mask file is given.",
        });
        let mut choose = None;
        let config = &mut self.decloud.mask;
        let finds = !given && !own;
        ui.add_enabled_ui(finds, |ui| {
            if method_ui(ui, config) {
                choose = Some(Purpose::MaskModel);
            }
        });
        if given_mask_ui(ui, typed) {
            choose = Some(Purpose::GivenMask);
        }
        // A file's own default is no dilation, as on the command line.
        let file = given.then(|| PathBuf::from(typed.mask.trim()));
        let applies = MaskConfig { file, ..config.clone() }.dilation_px();
        let mut dilate = applies;
        number(ui, "Dilate (px)", &mut dilate, 0..=MAX_RADIUS_PX, "Grow cloud and shadow by so many pixels");
        if dilate != applies {
            config.dilate_px = Some(dilate);
        }
        number(
            ui,
            "Feather (px)",
            &mut config.feather_px,
            0..=MAX_RADIUS_PX,
            "Blend outward over so many pixels",
        );
        ui.add_enabled_ui(finds, |ui| {
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
        });
        choose
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

/// A mask that the analyst has; says whether its file is to be chosen in the system's dialog.
fn given_mask_ui(ui: &mut Ui, typed: &mut Typed) -> bool {
    let mut choose = false;
    ui.horizontal(|ui| {
        title_ui(ui, "Mask file");
        choose = ui.button("Choose mask…").clicked();
        let field =
            egui::TextEdit::singleline(&mut typed.mask).hint_text("none").desired_width(f32::INFINITY);
        label(&ui.add(field), "Mask file path");
    });
    problem_ui(ui, typed.mask().err().as_ref());
    if !typed.mask.trim().is_empty() {
        let (classes, band) = (typed.mask_classes().err(), typed.mask_band().err());
        let hint = "codes; or scl, from:50, or pairs: 4=cloud,0=shadow";
        text_ui(ui, ("Values", "Mask values"), &mut typed.mask_classes, hint, classes.as_ref());
        let hint = "its only one; else a number from 1";
        text_ui(ui, ("Band", "Mask band"), &mut typed.mask_band, hint, band.as_ref());
    }
    choose
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
