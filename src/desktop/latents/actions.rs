//! What the explorer's commands do, and what its answers change.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::sync::Arc;

use egui::{Align2, Rect, Stroke, StrokeKind, Ui};

use super::place::{self, Key, Place};
use super::slot::{Ask, Slot};
use super::worker::{self, Answer};
use super::{CodePin, Shown};
use crate::decloud::Latent;
use crate::latents::prior;
use crate::mask::{CLOUD, SHADOW};
use crate::raster::export::{commit, stage_bytes};
use crate::raster::{Plane, Window};
use crate::view::shade;

use super::super::app::App;
use super::super::arrivals::Arrival;
use super::super::commands::Command;
use super::super::display::Compare;
use super::super::layout::{self, Pane};
use super::super::marks::tag;
use super::super::preview_layer::PreviewLayer;
use super::super::tokens;

/// Side of the largest part that is regenerated live, on the CPU and on a GPU.
const LIVE_PX: (usize, usize) = (384, 1024);
/// Samples compared where the settings ask for fewer.
const SAMPLES: u32 = 8;

impl App {
    /// Asks the explorer's thread, which begins with the first question.
    fn ask_explorer(&mut self, ask: Ask) {
        if self.explorer.slot.is_none() {
            let slot = Arc::new(Slot::default());
            let (own, sender, context) = (slot.clone(), self.arrivals.0.clone(), self.context.clone());
            let work = move || {
                worker::run(&own, &|answer| {
                    // The window may have closed meanwhile; then nobody waits.
                    let _ = sender.send(Arrival::Latent(Box::new(answer)));
                    context.request_repaint();
                });
            };
            if let Err(error) = std::thread::Builder::new().name("latents".into()).spawn(work) {
                self.messages.error(format!("the system gives no thread ({error})"));
                return;
            }
            self.explorer.slot = Some(slot);
        }
        if let Some(slot) = &self.explorer.slot {
            slot.ask(ask);
        }
    }

    /// Asks about the chosen model where it is another than before.
    pub(in crate::desktop) fn learn_model(&mut self) {
        let wanted = (self.decloud.model.clone(), self.decloud.device);
        if self.explorer.asked.as_ref() != Some(&wanted) {
            self.explorer.asked = Some(wanted);
            self.explorer.known = None;
            self.ask_explorer(Ask::Model(Box::new(self.decloud.clone())));
        }
    }

    /// The cloud on the screen, or why there is nothing to explore.
    fn explored_place(&mut self) -> Result<Arc<Place>, &'static str> {
        let source = self.source().ok_or("open a scene first")?;
        let mask = source.mask.as_ref().ok_or("find the clouds first")?;
        let config = &self.decloud;
        let key = Key {
            of: source.id,
            visible: self.camera.window(self.map.rect, &source.scene.grid),
            mask: mask.version,
            dilate_px: config.mask.dilation_px(),
            feather_px: config.mask.feather_px,
            model: config.model.clone(),
            force: config.force,
        };
        if let Some(place) = self.explorer.place.as_ref().filter(|place| place.key == key) {
            return Ok(place.clone());
        }
        let grow = (key.dilate_px + key.feather_px) as usize;
        let clouded =
            clouded(mask.overlay.codes(), key.visible, grow).ok_or("there is no cloud on the screen")?;
        let slow = self.explorer.known.as_ref().is_none_or(|known| known.slow);
        let window = middle(clouded, if slow { LIVE_PX.0 } else { LIVE_PX.1 });
        let around = place::reach(&source.scene, window);
        let place = Arc::new(Place {
            key,
            window,
            scene: source.scene.clone(),
            codes: mask.overlay.codes().crop(around),
            around,
            config: config.clone(),
        });
        self.explorer.place = Some(place.clone());
        Ok(place)
    }

    /// Goes to a code and asks for its surface.
    pub(in crate::desktop) fn explore(&mut self, code: Vec<f32>) {
        self.explorer.go_to(code);
        self.ask_surface();
    }

    /// Asks for the surface of the code under the cloud on the screen.
    fn ask_surface(&mut self) {
        match self.explored_place() {
            Ok(place) => {
                let code = self.explorer.code.clone();
                self.ask_explorer(Ask::Surface { place, code });
            }
            Err(why) => self.explorer.trouble = Some(format!("Nothing to explore: {why}.")),
        }
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
        match command {
            Command::LatentUse => None,
            Command::LatentUndo => explorer.past.is_empty().then_some("the code was not changed yet"),
            _ if self.source().is_some_and(|layer| layer.mask.is_none()) => Some("find the clouds first"),
            Command::LatentPin => explorer.shown.is_none().then_some("move a slider first"),
            _ => None,
        }
    }

    /// Does a command of the explorer.
    pub(in crate::desktop) fn perform_latent(&mut self, command: Command) {
        self.explorer.dragging = false;
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
            Command::SweepSheet => self.make_sheet(),
            _ => {}
        }
    }

    pub(super) fn ask_at_place(&mut self, ask: impl FnOnce(&Self, Arc<Place>) -> Ask) {
        match self.explored_place() {
            Ok(place) => {
                let ask = ask(self, place);
                self.ask_explorer(ask);
            }
            Err(why) => self.messages.info(format!("Nothing to explore: {why}.")),
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
                self.explorer.trouble = Some(words.clone());
                self.messages.error(words);
            }
            Answer::Surface { place, code, preview, seconds } => {
                if current(&place, self) && self.layer(place.key.of).is_some() {
                    let (of, window) = (place.key.of, place.window);
                    self.explorer.shown = Some(Shown { of, code, window, seconds });
                    self.explorer.trouble = None;
                    self.preview = Some(PreviewLayer::explored(of, preview));
                    if self.display.compare == Compare::Difference {
                        self.display.compare = Compare::Single;
                    }
                }
            }
            Answer::Directions { found } => {
                let own =
                    self.explorer.known.as_ref().is_some_and(|known| known.sha256 == found.model_sha256);
                self.explorer.found = own.then_some(found).or(self.explorer.found.take());
            }
            Answer::Trust { place, found } => {
                if current(&place, self) {
                    self.explorer.trust = Some(found);
                }
            }
            Answer::Sheet { images } => self.take_sheet(*images),
        }
    }

    /// Keeps the shown code with a picture of its surface, as the map shows it.
    fn pin_code(&mut self) {
        let Some((of, code)) = self.explorer.shown.as_ref().map(|shown| (shown.of, shown.code.clone()))
        else {
            return;
        };
        let display = self.display.clone();
        let Some(layer) = self.layer_mut(of) else { return };
        let (limits, bands) = (display.limits(layer, None), layer.bands(&display.bands));
        let shading = display.shading(limits);
        let Some(preview) = self.preview.as_ref().filter(|preview| preview.explored) else { return };
        let planes = bands.map(|band| preview.preview().bands.get(band).and_then(Option::as_ref));
        let size = (preview.preview().window.width, preview.preview().window.height);
        let side = 2 * tokens::CODE_PICTURE as usize;
        let pixel = |i: usize| {
            let (x, y) = (i % side * size.0 / side, i / side * size.1 / side);
            let value = |plane: Option<&Plane<f32>>| plane.map_or(f32::NAN, |plane| plane.get(x, y));
            let [r, g, b, a] = shade(&shading, planes.map(value), [0.0; 3]);
            egui::Color32::from_rgba_unmultiplied(r, g, b, a)
        };
        let image = egui::ColorImage::new([side, side], (0..side * side).map(pixel).collect());
        let name = format!("code {}", self.explorer.pins.len() + 1);
        let picture = self.context.load_texture(name, image, egui::TextureOptions::LINEAR);
        self.explorer.pins.push(CodePin { code, picture });
        let last = self.explorer.pins.len() - 1;
        self.explorer.mix = super::Mix { from: last.saturating_sub(1), to: last, share: 1.0 };
    }

    /// Declouding takes the explorer's code, by a file as `--latent` reads it.
    fn use_code(&mut self) {
        let Some(known) = &self.explorer.known else { return };
        let code = Latent { z_land: self.explorer.code.clone(), model_sha256: Some(known.sha256.clone()) };
        match self.write_code(&code) {
            Ok(path) => {
                self.messages.info(format!(
                    "Preview, Decloud and Export now take this code; it lies in {}",
                    path.display()
                ));
                "model".clone_into(&mut self.decloud.engine);
                self.decloud.latent = Some(path);
            }
            Err(words) => self.messages.error(words),
        }
    }

    /// Writes a code beside the results; equal codes share a file.
    fn write_code(&self, code: &Latent) -> Result<PathBuf, String> {
        let folder =
            self.results.as_deref().ok_or("there is no folder for codes (no home)")?.with_file_name("codes");
        let text = serde_json::to_string_pretty(code).map_err(|error| error.to_string())? + "\n";
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let path = folder.join(format!("{:016x}.latent.json", hasher.finish()));
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        let staged = stage_bytes(&path, text.as_bytes(), true).map_err(|error| error.to_string())?;
        commit(vec![staged]).map_err(|error| error.to_string())?;
        Ok(path)
    }

    /// Marks on the map what is regenerated, and whether it is being.
    pub(in crate::desktop) fn explored_ui(&self, ui: &Ui, rect: Rect) {
        let (Some(source), Some(place)) = (self.source_id(), &self.explorer.place) else { return };
        if place.key.of != source || self.explorer.shown.is_none() && !self.explorer.is_busy() {
            return;
        }
        let Window { x, y, width, height } = place.window;
        let right = self.halves(rect).1;
        let corner = |x: usize, y: usize| self.camera.to_screen(right, [x as f64, y as f64]);
        let outline = Rect::from_min_max(corner(x, y), corner(x + width, y + height));
        let stroke = Stroke::new(1.0, tokens::ACCENT);
        ui.painter_at(right).rect_stroke(outline, 0.0, stroke, StrokeKind::Outside);
        if self.explorer.is_busy() {
            tag(ui, right, Align2::CENTER_TOP, "Computing…");
        }
    }
}

/// The smallest window that holds the cloud and shadow of a part of a mask, grown by `grow` pixels within it.
fn clouded(codes: &Plane<u8>, visible: Window, grow: usize) -> Option<Window> {
    let covered = |code: &u8| *code == CLOUD || *code == SHADOW;
    let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
    for y in visible.y..visible.y + visible.height {
        let row = &codes.row(y)[visible.x..visible.x + visible.width];
        if let (Some(first), Some(last)) = (row.iter().position(covered), row.iter().rposition(covered)) {
            (left, right) = (left.min(first), right.max(last));
            (top, bottom) = (top.min(y), y);
        }
    }
    (top <= bottom).then(|| {
        let grown = |from: usize, to: usize, begin: usize, size: usize| {
            let from = from.saturating_sub(grow).max(begin);
            (from, (to + 1 + grow).min(begin + size) - from)
        };
        let (x, width) = grown(visible.x + left, visible.x + right, visible.x, visible.width);
        let (y, height) = grown(top, bottom, visible.y, visible.height);
        Window::new(x, y, width, height)
    })
}

/// The middle of a window, at most `side` × `side`.
fn middle(window: Window, side: usize) -> Window {
    let (width, height) = (window.width.min(side), window.height.min(side));
    Window::new(window.x + (window.width - width) / 2, window.y + (window.height - height) / 2, width, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cloud_on_the_screen_is_found() {
        let mut codes = Plane::filled(40, 30, 0_u8);
        codes.set(12, 8, CLOUD);
        codes.set(20, 15, SHADOW);
        codes.set(0, 0, CLOUD);
        let seen = Window::new(10, 5, 20, 20);
        assert_eq!(clouded(&codes, seen, 0), Some(Window::new(12, 8, 9, 8)));
        assert_eq!(clouded(&codes, seen, 5), Some(Window::new(10, 5, 16, 16)), "cut at the screen");
        assert_eq!(clouded(&codes, Window::new(25, 20, 5, 5), 3), None);
        assert_eq!(middle(Window::new(10, 10, 100, 20), 40), Window::new(40, 10, 40, 20));
    }
}
