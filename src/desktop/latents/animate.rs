//! The way from one pinned code to another as a file.

use std::path::PathBuf;

use egui::Ui;

use super::slot::Ask;
use crate::latents::{FPS, Pace, STEPS};

use super::super::app::App;
use super::super::arrivals::Purpose;
use super::super::dialogs::{After, Dialog, expanded, label};
use super::super::panels::title_ui;
use super::super::tokens;

/// An animation that is being set up.
#[derive(Debug, Clone)]
pub(in crate::desktop) struct Animation {
    pub path: String,
    overwrite: bool,
    pace: Pace,
    /// Numbers of the pins, from 1, as they are shown.
    pins: (usize, usize),
}

/// What is asked of the explorer's thread.
pub(in crate::desktop) struct Shot {
    pub codes: Vec<Vec<f32>>,
    pub pace: Pace,
    pub path: PathBuf,
    pub overwrite: bool,
}

impl Animation {
    pub fn ui(&mut self, ui: &mut Ui) -> After {
        ui.heading("Export animation");
        let (from, to) = self.pins;
        ui.weak(format!("A GIF that goes from pinned code {from} to {to} and back, for ever: the outlined part of the map in true colour."));
        ui.add_space(tokens::GAP);
        let mut after = After::Stay;
        ui.horizontal(|ui| {
            if ui.button("Choose…").clicked() {
                after = After::Choose(Purpose::ExportAnimation);
            }
            let field = ui.add(egui::TextEdit::singleline(&mut self.path).desired_width(f32::INFINITY));
            label(&field, "Animation file");
        });
        let mut number = |name: &str, value: &mut u16, range: std::ops::RangeInclusive<u16>| {
            ui.horizontal(|ui| {
                let title = title_ui(ui, name);
                ui.add(egui::DragValue::new(value).range(range).speed(0.2)).labelled_by(title.id);
            });
        };
        number("Steps", &mut self.pace.steps, STEPS);
        number("Frames/s", &mut self.pace.fps, FPS);
        let seconds = f32::from(self.pace.delay_cs()) / 100.0 * 2.0 * f32::from(self.pace.steps);
        ui.weak(format!("{} images; there and back in {seconds:.1} s", self.pace.steps + 1));
        ui.checkbox(&mut self.overwrite, "Replace existing files");
        ui.add_space(tokens::GAP);
        let is_gif =
            expanded(self.path.trim()).extension().is_some_and(|end| end.eq_ignore_ascii_case("gif"));
        ui.horizontal(|ui| {
            if ui.add_enabled(is_gif, egui::Button::new("Write animation")).clicked() {
                after = After::Animate(self.clone());
            }
            if ui.button("Cancel").clicked() {
                after = After::Close;
            }
            if !is_gif {
                ui.colored_label(ui.visuals().warn_fg_color, "the name must end in .gif");
            }
        });
        after
    }
}

impl App {
    /// Asks how the way between the two pins of the mix is to be written; it lies in the home folder unless the
    /// analyst says otherwise.
    pub(super) fn animation_dialog(&self) -> Dialog {
        let mix = self.explorer.mix;
        let path = std::env::home_dir().unwrap_or_default().join("surfaces.gif").display().to_string();
        let pins = (mix.from + 1, mix.to + 1);
        Dialog::Animation(Animation { path, overwrite: false, pace: Pace::default(), pins })
    }

    /// Has the animation made and written.
    pub(in crate::desktop) fn animate(&mut self, setup: Animation) {
        let pin = |number: usize| self.explorer.pins.get(number - 1).map(|pin| pin.code.clone());
        let (Some(from), Some(to)) = (pin(setup.pins.0), pin(setup.pins.1)) else { return };
        let codes = setup.pace.through(&[from, to]);
        let asked =
            self.explored_place().map_err(|why| format!("Nothing to explore: {why}.")).and_then(|place| {
                let check = setup.pace.check(codes.len(), place.window.len());
                check.map(|()| place).map_err(|error| error.to_string())
            });
        match asked {
            Ok(place) => {
                let path = expanded(setup.path.trim());
                let shot = Shot { codes, pace: setup.pace, path, overwrite: setup.overwrite };
                self.ask_explorer(Ask::Animation { place, shot });
            }
            Err(words) => {
                self.messages.error(words);
                self.dialog = Some(Dialog::Animation(setup));
            }
        }
    }
}
