//! Sample strips over the steps of a run.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use egui::{ColorImage, RichText, TextureHandle, TextureOptions, Ui};

use crate::desktop::app::App;
use crate::desktop::arrivals::Arrival;
use crate::desktop::tokens;
use crate::training::folder::RunFolder;
use crate::training::strips::{self, Strip};

/// How often the folder is looked at.
const INTERVAL: Duration = Duration::from_secs(2);
/// Strips whose pixels are kept.
const KEPT: usize = 16;

/// What a thread has read.
pub(in crate::desktop) enum Loaded {
    List(PathBuf, Vec<(u64, PathBuf)>),
    Strip(PathBuf, Result<Strip, String>),
}

/// The strips of the run that is looked at.
#[derive(Default)]
pub(super) struct Samples {
    folder: PathBuf,
    list: Vec<(u64, PathBuf)>,
    asked: Option<Instant>,
    /// None while it is read.
    pictures: HashMap<PathBuf, Option<Picture>>,
    /// The chosen strip; the newest where none is.
    chosen: Option<usize>,
    all: bool,
}

struct Picture {
    texture: TextureHandle,
    columns: Vec<String>,
}

impl Samples {
    /// Another run is looked at.
    pub fn forget(&mut self) {
        *self = Self { all: self.all, ..Self::default() };
    }
}

impl App {
    pub(super) fn training_samples_ui(&mut self, ui: &mut Ui) {
        let Some(run) = self.training.run() else {
            ui.weak("No run yet: its samples come here.");
            return;
        };
        let folder = run.folder().clone();
        self.list_samples(&folder);
        let samples = &mut self.training.samples;
        let Some(last) = samples.list.len().checked_sub(1) else {
            ui.weak("No samples yet: they are made every so many steps (sample every), of validation images. A store without validation pairs gives none.");
            ui.ctx().request_repaint_after(INTERVAL);
            return;
        };
        let mut shown = samples.chosen.unwrap_or(last).min(last);
        ui.horizontal_wrapped(|ui| {
            ui.label(format!("Step {}", samples.list[shown].0));
            if last > 0 {
                let slider = egui::Slider::new(&mut shown, 0..=last).show_value(false).text("strip");
                if ui.add(slider).on_hover_text("Earlier and later strips").changed() {
                    samples.chosen = (shown < last).then_some(shown);
                }
            }
            ui.checkbox(&mut samples.all, "All steps, newest first");
        });
        let wanted: Vec<(u64, PathBuf)> = if samples.all {
            samples.list.iter().rev().take(KEPT).cloned().collect()
        } else {
            vec![samples.list[shown].clone()]
        };
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for (step, path) in wanted {
                if self.training.samples.all {
                    ui.label(RichText::new(format!("Step {step}")).strong());
                }
                self.strip_ui(ui, &path);
            }
        });
    }

    fn strip_ui(&mut self, ui: &mut Ui, path: &PathBuf) {
        match self.training.samples.pictures.get(path) {
            Some(Some(picture)) => picture_ui(ui, picture),
            Some(None) => {
                ui.weak("reading…");
            }
            None => {
                self.training.samples.pictures.insert(path.clone(), None);
                let path = path.clone();
                self.away(move || {
                    let strip = strips::read(&path).map_err(|error| error.to_string());
                    Arrival::Samples(Loaded::Strip(path, strip))
                });
            }
        }
    }

    /// Looks for new strips now and then, away from the window.
    fn list_samples(&mut self, folder: &RunFolder) {
        let samples = &mut self.training.samples;
        if samples.folder != folder.0 {
            samples.forget();
            samples.folder.clone_from(&folder.0);
        }
        if samples.asked.is_none_or(|asked| asked.elapsed() >= INTERVAL) {
            samples.asked = Some(Instant::now());
            let folder = folder.clone();
            self.away(move || Arrival::Samples(Loaded::List(folder.0.clone(), folder.samples())));
        }
    }

    pub(in crate::desktop) fn take_samples(&mut self, loaded: Loaded) {
        let samples = &mut self.training.samples;
        match loaded {
            Loaded::List(folder, list) if folder == samples.folder => samples.list = list,
            Loaded::List(..) => {}
            Loaded::Strip(path, Ok(strip)) => {
                let image = ColorImage::from_rgb(strip.size, &strip.rgb);
                let texture =
                    self.context.load_texture(path.display().to_string(), image, TextureOptions::LINEAR);
                if samples.pictures.len() > KEPT {
                    samples.pictures.retain(|_, picture| picture.is_none());
                }
                samples.pictures.insert(path, Some(Picture { texture, columns: strip.columns }));
            }
            Loaded::Strip(path, Err(words)) => {
                samples.list.retain(|(_, known)| *known != path);
                self.messages.warn(words);
            }
        }
    }
}

/// The strip as wide as the panel, its columns named.
fn picture_ui(ui: &mut Ui, picture: &Picture) {
    let size = picture.texture.size_vec2();
    let scale = (ui.available_width() / size.x).min(1.5);
    let count = picture.columns.len().max(1);
    if !picture.columns.is_empty() {
        let (rect, _) = ui.allocate_exact_size(egui::vec2(size.x * scale, 16.0), egui::Sense::hover());
        let font = egui::TextStyle::Small.resolve(ui.style());
        for (number, name) in picture.columns.iter().enumerate() {
            let x = rect.left() + rect.width() * (number as f32 + 0.5) / count as f32;
            let at = egui::pos2(x, rect.center().y);
            let color = ui.visuals().text_color();
            ui.painter().text(at, egui::Align2::CENTER_CENTER, name, font.clone(), color);
        }
    }
    let image = egui::Image::new((picture.texture.id(), size * scale)).alt_text("Sample strip");
    ui.add(image);
    ui.add_space(tokens::GAP);
}
