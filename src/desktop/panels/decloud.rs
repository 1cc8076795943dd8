//! Mask, engine, and the buttons that set them to work.

use egui::Ui;

use super::super::app::App;
use super::super::arrivals::Purpose;
use super::super::commands::{self, Command};
use super::super::dialogs::label;
use super::super::layer;
use super::super::mask_edit::Paint;
use super::super::mask_method::method_ui;
use super::super::tokens;
use super::{combo, title_ui};
use crate::decloud::engines;

impl App {
    pub(in crate::desktop) fn decloud_ui(&mut self, ui: &mut Ui) {
        let before = self.decloud.clone();
        // Below what scrolls: whoever paints needs it between any two strokes.
        egui::Panel::bottom("brush").frame(egui::Frame::new().inner_margin(tokens::STRIP)).show(ui, |ui| {
            self.brush_ui(ui);
        });
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                self.command_ui(ui, Command::Preview);
                self.primary_ui(ui, Command::Decloud);
                self.command_ui(ui, Command::Export);
            });
            self.engine_ui(ui);
            ui.separator();
            self.mask_ui(ui);
        });
        if self.decloud != before {
            if self.decloud.mask != before.mask {
                for layer in &mut self.layers {
                    layer.made.forget();
                }
            }
            self.touch();
        }
    }

    fn mask_ui(&mut self, ui: &mut Ui) {
        // In sight while the brush is on, too.
        self.mask_words_ui(ui);
        let config = &mut self.decloud.mask;
        let choose = method_ui(ui, config);
        let mut dilate = config.dilation_px();
        ui.add(egui::Slider::new(&mut dilate, 0..=64).text("Dilate (px)"))
            .on_hover_text("Grow cloud and shadow by so many pixels");
        if dilate != config.dilation_px() {
            config.dilate_px = Some(dilate);
        }
        ui.add(egui::Slider::new(&mut config.feather_px, 0..=64).text("Feather (px)"))
            .on_hover_text("Blend into the measured pixels over so many pixels, outward only");
        ui.checkbox(&mut config.shadow, "Find shadow too");
        if choose {
            self.ask(Purpose::MaskModel);
        }
        ui.horizontal_wrapped(|ui| {
            self.command_ui(ui, Command::FindClouds);
            self.command_ui(ui, Command::ImportMask);
            self.command_ui(ui, Command::ExportMask);
        });
    }

    /// Which mask there is, and whether it is used.
    fn mask_words_ui(&self, ui: &mut Ui) {
        let mask = self.source().and_then(|layer| layer.mask.as_ref());
        let ((words, stale), source) = mask.map_or_else(
            || {
                let words = "No mask yet: Decloud finds its own by this method; Find clouds shows it first.";
                ((words.to_owned(), false), "It can be painted on, exported and laid over the map".to_owned())
            },
            |mask| (mask.words(&self.decloud.mask), mask.source.clone()),
        );
        let text = egui::RichText::new(words);
        let text = if stale { text.color(ui.visuals().warn_fg_color) } else { text.weak() };
        ui.add(egui::Label::new(text).wrap()).on_hover_text(source);
    }

    fn brush_ui(&mut self, ui: &mut Ui) {
        let refusal = self.refusal(Command::Brush);
        ui.add_enabled_ui(refusal.is_none(), |ui| {
            ui.horizontal_wrapped(|ui| {
                let spec = commands::of(Command::Brush);
                let response = ui
                    .selectable_label(self.brush.on, spec.name)
                    .on_hover_text(spec.tip)
                    .on_disabled_hover_text(refusal.unwrap_or_default());
                if response.clicked() {
                    self.todo.push_back(Command::Brush);
                }
                if self.brush.on {
                    for paint in Paint::ALL {
                        ui.selectable_value(&mut self.brush.paint, paint, paint.name());
                    }
                }
            });
            if self.brush.on {
                ui.add(
                    egui::Slider::new(&mut self.brush.radius, tokens::BRUSH)
                        .logarithmic(true)
                        .text("Radius (px)"),
                )
                .on_hover_text("Keys [ and ] make it smaller and larger");
                ui.horizontal(|ui| {
                    self.command_ui(ui, Command::Undo);
                    self.command_ui(ui, Command::Redo);
                });
            }
        });
    }

    fn engine_ui(&mut self, ui: &mut Ui) {
        combo(ui, "Engine", self.decloud.engine.clone(), |ui| {
            for engine in engines() {
                let on = self.decloud.engine == engine.name();
                if ui.selectable_label(on, engine.name()).on_hover_text(engine.summary()).clicked() {
                    engine.name().clone_into(&mut self.decloud.engine);
                    if engine.name() != "model" {
                        self.decloud.model = None;
                        self.decloud.latent = None;
                        self.decloud.samples = 0;
                        self.decloud.s1 = None;
                        self.decloud.reference = None;
                    }
                }
            }
        });
        if self.decloud.engine != "model" {
            return;
        }
        ui.horizontal(|ui| {
            let name = self.decloud.model.as_deref().map_or("shipped L1C model".to_owned(), layer::name_of);
            ui.weak(name);
            if ui.button("Choose…").on_hover_text("Use a model of your own (.safetensors)").clicked() {
                self.ask(Purpose::Model);
            }
            if self.decloud.model.is_some()
                && ui.button("Shipped").on_hover_text("Use the shipped model again").clicked()
            {
                self.decloud.model = None;
            }
        });
        if let Some(path) = self.decloud.latent.clone() {
            ui.horizontal(|ui| {
                ui.weak("Land code: adopted").on_hover_text(path.display().to_string());
                if ui.button("Use code 0").on_hover_text("Decloud with the prior's middle again").clicked() {
                    self.decloud.latent = None;
                }
            });
        }
        self.beside_ui(
            ui,
            Purpose::S1,
            "Sentinel-1",
            "VV and VH in dB of the same place, for a model trained with it",
        );
        self.beside_ui(
            ui,
            Purpose::Reference,
            "Clear date",
            "A clear scene of the same place, for a model trained with one",
        );
        let mut samples = self.decloud.samples;
        ui.add(egui::Slider::new(&mut samples, 0..=16).text("Samples"))
            .on_hover_text("0, or at least 2: other surfaces the model holds possible; the band spread says where they differ");
        // One sample has no spread.
        self.decloud.samples = if samples == 1 { 2 } else { samples };
        ui.horizontal(|ui| {
            let value = ui.add(egui::DragValue::new(&mut self.decloud.seed));
            label(&value, "Seed");
            ui.label("Seed");
        });
        self.force_ui(ui);
    }

    /// Whether a model may be used on another level than its own; says whether that was changed.
    pub(super) fn force_ui(&mut self, ui: &mut Ui) -> bool {
        ui.checkbox(&mut self.decloud.force, "Use it on another level too")
            .on_hover_text(
                "A model is trained on one level (L1C or L2A); elsewhere its result is only a guess",
            )
            .changed()
    }

    /// A file that a model may see beside the scene: a path to type, to choose, or to clear.
    fn beside_ui(&mut self, ui: &mut Ui, purpose: Purpose, name: &str, tip: &str) {
        let mut choose = false;
        let path = if purpose == Purpose::S1 { &mut self.decloud.s1 } else { &mut self.decloud.reference };
        ui.horizontal(|ui| {
            title_ui(ui, name).on_hover_text(tip);
            let mut text = path.as_ref().map_or_else(String::new, |path| path.display().to_string());
            let width = (ui.available_width() - 90.0).max(60.0);
            let field = egui::TextEdit::singleline(&mut text).hint_text("none").desired_width(width);
            let field = ui.add(field).on_hover_text(tip);
            label(&field, name);
            if field.changed() {
                *path = (!text.trim().is_empty()).then(|| text.trim().into());
            }
            choose = ui.button("Choose…").on_hover_text(tip).clicked();
        });
        if choose {
            self.ask(purpose);
        }
    }
}
