//! What the explorer's commands do, and what its answers change.

use std::path::Path;
use std::sync::Arc;

use egui::{Align2, Rect, Stroke, StrokeKind, Ui};

use super::place::Place;
use super::slot::Ask;
use super::worker::Answer;
use super::{Shown, TrustPanel};
use crate::latents::{FitErrors, prior};
use crate::raster::Window;

use super::super::app::App;
use super::super::commands::Command;
use super::super::layer::name_of;
use super::super::layout::{self, Pane};
use super::super::marks::tag;
use super::super::tokens;
use super::super::wording::worded;

/// Samples compared where the settings ask for fewer.
const SAMPLES: u32 = 8;

impl App {
    /// Goes to a code and asks for its surface.
    pub(in crate::desktop) fn explore(&mut self, code: Vec<f32>) {
        self.explorer.go_to(code);
        self.ask_surface();
    }

    /// Why a command of the explorer cannot be given now.
    pub(in crate::desktop) fn latent_refusal(&self, command: Command) -> Option<&'static str> {
        let explorer = &self.explorer;
        if self.source().is_none() {
            return Some("open a scene first");
        }
        match &explorer.known {
            None => return Some("open the panel Latents first"),
            Some(known) if known.numbers == 0 => return Some("this model has no latent code"),
            Some(_) => {}
        }
        if self.misfit().is_some_and(|misfit| !misfit.is_forced) {
            return Some("the model does not fit this scene");
        }
        match command {
            Command::LatentUse => None,
            Command::LatentUndo => explorer.past.is_empty().then_some("the code was not changed yet"),
            _ if self.source().is_some_and(|layer| layer.mask.is_none()) => Some("find the clouds first"),
            Command::LatentCloud => {
                let has_map = explorer.known.as_ref().is_some_and(|known| known.cloud_map);
                (!has_map).then_some("the cloud code of this model is no map")
            }
            Command::LatentEncode => {
                explorer.date.path.trim().is_empty().then_some("choose a clear date first")
            }
            Command::LatentAnimate => (explorer.pins.len() < 2).then_some("pin two codes first"),
            Command::LatentPin => explorer.shown.is_none().then_some("move a slider first"),
            _ => None,
        }
    }

    /// Does a command of the explorer.
    pub(in crate::desktop) fn perform_latent(&mut self, command: Command) {
        self.explorer.dragging = false;
        self.explorer.mix.playing = None;
        let numbers = self.explorer.numbers();
        match command {
            Command::LatentPanel => layout::raise(&mut self.tree, Pane::Latents),
            Command::LatentReset => self.explore(vec![0.0; numbers]),
            Command::LatentUndo => {
                if let Some(code) = self.explorer.past.pop() {
                    self.explorer.code = code;
                    self.ask_surface();
                }
            }
            Command::LatentRandom => {
                let code = prior(self.decloud.seed, self.explorer.draws, numbers);
                self.explorer.draws += 1;
                self.explore(code);
            }
            Command::LatentPin => self.pin_code(),
            Command::LatentEncode => self.encode_date(),
            Command::LatentAnimate => self.dialog = Some(self.animation_dialog()),
            Command::LatentUse => self.use_code(),
            Command::LatentDirections => {
                self.ask_at_place(|_, place| Ask::Directions { place });
            }
            Command::LatentTrust => {
                self.ask_at_place(|app, place| Ask::Trust {
                    place,
                    samples: app.decloud.samples.max(SAMPLES),
                    seed: app.decloud.seed,
                });
            }
            Command::LatentCloud => self.ask_clouds(self.explorer.sky.change),
            Command::SweepSheet => self.make_sheet(),
            _ => {}
        }
    }

    /// Takes an answer in.
    pub(in crate::desktop) fn take_answer(&mut self, answer: Answer) {
        let current = |place: &Arc<Place>, app: &Self| {
            app.explorer.place.as_ref().is_some_and(|own| Arc::ptr_eq(own, place))
        };
        match answer {
            Answer::Model { config, known } => {
                let asked = (config.model.clone(), config.device);
                if self.explorer.asked.as_ref() == Some(&asked) {
                    self.explorer.begin(known);
                }
            }
            Answer::Failed { words } => {
                self.explorer.trouble = Some(worded(&words).into_owned());
                self.messages.error(words);
            }
            Answer::Surface { place, code, preview, seconds } => {
                if current(&place, self) && self.layer(place.key.of).is_some() {
                    let (of, window) = (place.key.of, place.window);
                    self.explorer.shown = Some(Shown { of, code, window, seconds });
                    (self.explorer.trouble, self.explorer.sky.shown) = (None, None);
                    self.show_explored(of, preview);
                }
            }
            Answer::Clouds { rendered } => {
                if current(&rendered.place, self) && self.layer(rendered.place.key.of).is_some() {
                    self.take_clouds(*rendered);
                }
            }
            Answer::Directions { found } => {
                let own =
                    self.explorer.known.as_ref().is_some_and(|known| known.sha256 == found.model_sha256);
                self.explorer.found = own.then_some(found).or(self.explorer.found.take());
            }
            Answer::Trust { place, found } => {
                if current(&place, self) {
                    self.explorer.trust = Some(TrustPanel::new(place.key.of, *found));
                    self.leave_difference();
                }
            }
            Answer::Encoded { place, code, seen, errors, date } => {
                if current(&place, self) {
                    let words = found_words(&date, seen, errors);
                    self.messages.info(words.clone());
                    self.explorer.date.found = Some(words);
                    self.explore(code);
                }
            }
            Answer::Animation { path, images } => {
                self.messages.info(format!("Animation of {images} images written to {}", path.display()));
            }
            Answer::Sheet { images } => self.take_sheet(*images),
        }
    }

    /// Marks on the map what is regenerated, and whether it is being.
    pub(in crate::desktop) fn explored_ui(&self, ui: &Ui, rect: Rect) {
        let (Some(source), Some(place)) = (self.source_id(), &self.explorer.place) else { return };
        let cloud = self.explorer.sky.shown.as_ref().filter(|_| self.preview.is_some());
        let shown = self.explorer.shown.is_some() || cloud.is_some();
        if place.key.of != source || !shown && !self.explorer.is_busy() {
            return;
        }
        let Window { x, y, width, height } = place.window;
        let right = self.halves(rect).1;
        let corner = |x: usize, y: usize| self.camera.to_screen(right, [x as f64, y as f64]);
        let outline = Rect::from_min_max(corner(x, y), corner(x + width, y + height));
        let stroke = Stroke::new(1.0, tokens::ACCENT);
        ui.painter_at(right).rect_stroke(outline, 0.0, stroke, StrokeKind::Outside);
        if self.explorer.is_busy() {
            tag(ui, right, Align2::CENTER_TOP, &self.explorer.doing());
        }
    }
}

/// What was found of a clear date: how much ground it shows, and how near its code comes to it.
fn found_words(date: &Path, seen: f64, errors: Option<FitErrors>) -> String {
    let (name, share) = (name_of(date), 100.0 * seen);
    let errors = errors.map_or_else(String::new, |FitErrors { middle, fitted, .. }| {
        format!(
            "; error against it under the cloud {fitted:.4} by its code, {middle:.4} by code 0 (reflectance)"
        )
    });
    format!("The code of {name}, which shows {share:.0} % of the ground{errors}")
}
