//! The latent explorer: sliders, pins, and how far to trust what they show.

use egui::Ui;

use super::super::app::App;
use super::super::commands::Command;
use super::effects::Bars;
use crate::latents::Direction;

/// Principal directions with a slider.
const DIRECTIONS: usize = 6;
/// How far sliders go, in the prior's deviations.
const REACH: f32 = 3.0;
/// Where sliders stop when they snap, in the prior's deviations.
const SNAP: f64 = 0.25;

impl App {
    pub(in crate::desktop) fn latents_ui(&mut self, ui: &mut Ui) {
        self.learn_model();
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                for command in
                    [Command::LatentReset, Command::LatentUndo, Command::LatentRandom, Command::LatentPin]
                {
                    self.command_ui(ui, command);
                }
                self.primary_ui(ui, Command::LatentUse);
            });
            // What comes and goes must not take the names of what follows, or a slider would slip from the hand.
            ui.push_id("about", |ui| {
                ui.set_min_height(3.0 * ui.text_style_height(&egui::TextStyle::Body));
                self.explorer_state_ui(ui);
                self.misfit_ui(ui);
                self.explored_use_ui(ui);
            });
            if self.explorer.numbers() == 0 {
                return;
            }
            self.directions_ui(ui);
            egui::CollapsingHeader::new("Raw dimensions")
                .default_open(self.explorer.directions().is_empty())
                .show(ui, |ui| self.raw_ui(ui));
            egui::CollapsingHeader::new("From a clear date").show(ui, |ui| self.clear_date_ui(ui));
            self.code_pins_ui(ui);
            egui::CollapsingHeader::new("The cloud itself").show(ui, |ui| self.cloud_code_ui(ui));
            self.trust_ui(ui);
        });
    }

    /// What is on the map, or what is missing.
    fn explorer_state_ui(&mut self, ui: &mut Ui) {
        if self.explorer.is_busy() {
            ui.horizontal(|ui| self.computing_ui(ui));
            return;
        }
        ui.horizontal_wrapped(|ui| {
            if let Some(trouble) = &self.explorer.trouble {
                ui.add(egui::Label::new(egui::RichText::new(trouble).weak()).wrap());
            } else if self.explorer.known.as_ref().is_some_and(|known| known.numbers == 0) {
                ui.weak("This model has no latent code: it makes one surface.");
            } else if let Some(shown) = &self.explorer.shown {
                let (width, height) = (shown.window.width, shown.window.height);
                ui.weak(format!("{width} × {height} pixels in {:.2} s", shown.seconds))
                    .on_hover_text("The outlined part of the map; the code is that of the sliders");
            } else if self.misfit().is_none_or(|misfit| misfit.is_forced) {
                ui.weak("A slider regenerates the cloud on the screen.");
            }
        });
        if self.source().is_some_and(|layer| layer.mask.is_none()) {
            self.command_ui(ui, Command::FindClouds);
        }
    }

    /// Says where the model does not fit, and lets it be used on another level all the same. The explorer looks through
    /// the model whatever the engine.
    fn misfit_ui(&mut self, ui: &mut Ui) {
        let Some(misfit) = self.misfit() else { return };
        let text = egui::RichText::new(&misfit.words).color(ui.visuals().warn_fg_color);
        ui.add(egui::Label::new(text).wrap());
        if misfit.may_force && self.decloud.engine != "model" && self.force_ui(ui) {
            self.explorer.trouble = None;
            self.touch();
        }
    }

    /// What Decloud would make now, where that is not what is looked at.
    fn explored_use_ui(&self, ui: &mut Ui) {
        if self.explorer.shown.is_none() {
            return;
        }
        let code = &self.explorer.code;
        let is_taken = match &self.decloud.latent {
            Some(_) => self.explorer.adopted.as_ref() == Some(code),
            None => code.iter().all(|z| *z == 0.0),
        };
        let words = match self.decloud.engine.as_str() {
            "model" if is_taken => return,
            "model" => "Decloud makes another surface. “Use for export” has it take this code.",
            _ => "Decloud makes the fill. “Use for export” has it take the model and this code.",
        };
        ui.add(egui::Label::new(egui::RichText::new(words).weak()).wrap());
    }

    /// What the explorer is at, and how to stop it.
    pub(super) fn computing_ui(&mut self, ui: &mut Ui) {
        ui.add(egui::Spinner::new().size(12.0));
        ui.weak(self.explorer.doing());
        let stop = ui.small_button("Stop").on_hover_text("Give this up (Esc); the code stays");
        stop.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Stop the explorer"));
        if stop.clicked() {
            self.explorer.stop();
        }
    }

    fn directions_ui(&mut self, ui: &mut Ui) {
        let directions: Vec<Direction> =
            self.explorer.directions().iter().take(DIRECTIONS).cloned().collect();
        if directions.is_empty() {
            ui.horizontal_wrapped(|ui| {
                ui.weak("No principal directions are kept with this model.");
                self.command_ui(ui, Command::LatentDirections);
            });
            return;
        }
        let bars = Bars::of(&directions, self.explorer.land_cover());
        ui.horizontal(|ui| {
            ui.weak("Principal directions").on_hover_text(bars.words());
            ui.checkbox(&mut self.explorer.snap, "Snap")
                .on_hover_text("Sliders stop at quarters of a deviation");
        });
        for (number, direction) in directions.iter().enumerate() {
            ui.horizontal(|ui| {
                let mut value = self.explorer.coordinate(&direction.vector);
                let name = format!("p{}", number + 1);
                let slider = slider(ui, &mut value, &name, self.explorer.snap).on_hover_text(format!(
                    "A step of one deviation changes reflectance by {:.4} (RMS under the mask)",
                    direction.response
                ));
                if slider.changed() {
                    let code = self.explorer.moved(&direction.vector, value);
                    self.slid(&slider, code);
                }
                self.explorer.dragging &= !slider.drag_stopped();
                bars.ui(ui, direction);
            });
        }
    }

    fn raw_ui(&mut self, ui: &mut Ui) {
        for number in 0..self.explorer.code.len() {
            let mut value = self.explorer.code[number];
            let slider = slider(ui, &mut value, &format!("z{number}"), self.explorer.snap);
            if slider.changed() {
                let mut code = self.explorer.code.clone();
                code[number] = value;
                self.slid(&slider, code);
            }
            self.explorer.dragging &= !slider.drag_stopped();
        }
    }

    /// A slider was moved to a code.
    pub(super) fn slid(&mut self, slider: &egui::Response, code: Vec<f32>) {
        self.explorer.mix.playing = None;
        self.explore(code);
        self.explorer.dragging = slider.dragged();
    }
}

/// A number of a code, named at its right; where it snaps, moved by quarters of a deviation.
fn slider(ui: &mut Ui, value: &mut f32, name: &str, snap: bool) -> egui::Response {
    ui.spacing_mut().slider_width = (ui.available_width() - 150.0).max(60.0);
    // No minus before nothing.
    let words = |z: f64| format!("{:.2}", if z.abs() < 0.005 { 0.0 } else { z });
    let slider = egui::Slider::new(value, -REACH..=REACH)
        .clamping(egui::SliderClamping::Never)
        .max_decimals(2)
        .custom_formatter(move |z, _| words(z))
        .text(name);
    ui.add(if snap { slider.step_by(SNAP) } else { slider })
}
