//! A mask from a file: which band, and what its values mean, as `--mask-band` and `--mask-classes` say it.

use std::path::{Path, PathBuf};

use egui::Ui;

use crate::mask::{self, Classes, Cover, FileOptions, Survey};

use super::app::App;
use super::arrivals::{Arrival, Purpose};
use super::dialogs::{After, Dialog, expanded, label};
use super::export_fields::problem_ui;
use super::meaning::Meaning;
use super::panels::combo;
use super::tokens;
use super::wording::worded;

/// A mask file that is being named, and what it holds.
#[derive(Default)]
pub(super) struct ImportMask {
    text: String,
    /// Whether it has just been opened: then its path is typed at once.
    fresh: bool,
    /// The file and band that were asked about last; no band for the likeliest.
    asked: Option<(PathBuf, Option<usize>)>,
    found: Option<Result<Survey, String>>,
    meaning: Meaning,
}

impl Dialog {
    pub fn import_mask() -> Self {
        Self::ImportMask(Box::new(ImportMask { fresh: true, ..ImportMask::default() }))
    }
}

impl ImportMask {
    /// Takes the file that was chosen in the system's dialog.
    pub fn name(&mut self, path: &Path) {
        self.text = path.display().to_string();
    }

    pub fn ui(&mut self, ui: &mut Ui) -> After {
        ui.heading("Import mask");
        ui.weak("Cloud and shadow from a raster of the same place, such as another program's mask.");
        ui.add_space(tokens::GAP);
        let (mut after, mut entered) = (After::Stay, false);
        ui.horizontal(|ui| {
            if ui.button("Choose…").clicked() {
                after = After::Choose(Purpose::ImportMask);
            }
            let field = ui.add(egui::TextEdit::singleline(&mut self.text).desired_width(f32::INFINITY));
            label(&field, "Mask to import");
            if std::mem::take(&mut self.fresh) {
                field.request_focus();
            }
            entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        });
        let path = expanded(self.text.trim());
        let is_file = path.is_file();
        if is_file && self.asked.as_ref().is_none_or(|(asked, _)| *asked != path) {
            after = self.ask(path.clone(), None);
        }
        if is_file {
            if let Some(band) = self.found_ui(ui) {
                after = self.ask(path.clone(), Some(band));
            }
        } else if !self.text.trim().is_empty() {
            let what = if path.is_dir() { "is a folder; name the mask's file" } else { "is not there" };
            problem_ui(ui, Some(&format!("{} {what}", path.display())));
        }
        ui.add_space(tokens::GAP);
        let ready = self.ready().filter(|_| is_file);
        ui.horizontal(|ui| {
            let clicked = ui.add_enabled(ready.is_some(), egui::Button::new("Import")).clicked();
            if ui.button("Cancel").clicked() {
                after = After::Close;
            }
            if let Some(options) = ready.filter(|_| clicked || entered) {
                after = After::ImportMask(path, options);
            }
        });
        after
    }

    fn ask(&mut self, path: PathBuf, band: Option<usize>) -> After {
        self.asked = Some((path.clone(), band));
        self.found = None;
        After::Survey(path, band)
    }

    /// Takes what was found in a file, unless another was named meanwhile.
    fn take(&mut self, asked: &(PathBuf, Option<usize>), found: Result<Survey, String>) {
        if self.asked.as_ref() == Some(asked) {
            self.meaning = found.as_ref().map(Meaning::of).unwrap_or_default();
            self.found = Some(found);
        }
    }

    /// What is said of the file, where it makes sense.
    fn ready(&self) -> Option<FileOptions> {
        let survey = self.found.as_ref()?.as_ref().ok()?;
        let classes = self.meaning.classes();
        survey.cover(&classes)?;
        // A file's only band is named by nobody.
        let band = (survey.bands().len() > 1).then_some(survey.band);
        Some(FileOptions { classes, band })
    }

    /// What was found, and what is said of it; returns a band that is to be looked at instead.
    fn found_ui(&mut self, ui: &mut Ui) -> Option<usize> {
        let survey = match &self.found {
            None => {
                ui.horizontal(|ui| {
                    ui.spinner();
                    ui.weak("looking at its values…");
                });
                return None;
            }
            Some(Err(words)) => {
                problem_ui(ui, Some(&worded(words).into_owned()));
                return None;
            }
            Some(Ok(survey)) => survey,
        };
        let other = band_ui(ui, survey);
        self.meaning.ui(ui, survey);
        let classes = self.meaning.classes();
        match survey.cover(&classes) {
            Some(cover) if cover.cloud + cover.shadow == 0.0 => {
                problem_ui(ui, Some(&"by this it holds no cloud at all; is it a mask?".to_owned()));
            }
            Some(cover) => _ = ui.label(cover_words(&cover)),
            None => problem_ui(ui, Some(&nonsense(survey, &classes))),
        }
        other
    }
}

/// The band that holds the mask; returns another that was chosen.
fn band_ui(ui: &mut Ui, survey: &Survey) -> Option<usize> {
    let bands = survey.bands();
    if bands.len() < 2 {
        return None;
    }
    let name = |band: usize| format!("{band}  {}", bands[band - 1]);
    let mut chosen = survey.band;
    combo(ui, "Band", name(chosen), |ui| {
        for band in 1..=bands.len() {
            ui.selectable_value(&mut chosen, band, name(band));
        }
    });
    (chosen != survey.band).then_some(chosen)
}

fn cover_words(cover: &Cover) -> String {
    let [cloud, shadow, invalid] = [cover.cloud, cover.shadow, cover.invalid].map(|share| 100.0 * share);
    let nothing =
        if cover.invalid > 0.0 { format!("; {invalid:.1} % of it says nothing") } else { String::new() };
    format!("So it holds {cloud:.1} % cloud, {shadow:.1} % shadow{nothing}.")
}

/// Why values cannot mean what was chosen.
fn nonsense(survey: &Survey, classes: &Classes) -> String {
    let (least, greatest) = survey.range().unwrap_or_default();
    let instead = "choose “Cloud from a value on”";
    match classes {
        Classes::Codes => {
            format!(
                "its values from {least} to {greatest} are no codes and no probability of 0 to 1; {instead}"
            )
        }
        _ => format!("its values from {least} to {greatest} are no classes; {instead}"),
    }
}

impl App {
    /// Has a mask file looked at, away from the window.
    pub(super) fn survey_mask(&mut self, path: PathBuf, band: Option<usize>) {
        let Some(scene) = self.source().map(|layer| layer.scene.clone()) else { return };
        self.away(move || {
            let found = mask::survey(&path, &scene, band).map_err(|error| error.to_string()).map(Box::new);
            Arrival::Surveyed { asked: (path, band), found }
        });
    }

    pub(super) fn surveyed(&mut self, asked: &(PathBuf, Option<usize>), found: Result<Box<Survey>, String>) {
        if let Some(Dialog::ImportMask(import)) = &mut self.dialog {
            import.take(asked, found.map(|survey| *survey));
        }
    }
}
