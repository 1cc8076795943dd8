//! Closing a scene and ending the program: where something would be lost for good, the analyst is asked first.

use egui::{Ui, ViewportCommand};

use super::app::App;
use super::commands::Command;
use super::dialogs::{After, Dialog};
use super::layer::{Kind, Layer, LayerId};
use super::tokens;

/// What is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A scene with its results, or one result.
    Layer(LayerId),
    /// The program.
    Program,
}

/// The question before something is lost.
#[derive(Debug, Clone)]
pub(super) struct Parting {
    what: What,
    /// What is closed, by its name.
    name: String,
    /// What would be lost, a sentence each.
    lost: Vec<String>,
    /// What would save the first of it.
    save: Option<Command>,
}

impl Parting {
    pub fn ui(&self, ui: &mut Ui) -> After {
        let (heading, go_on) = match self.what {
            What::Layer(_) => (format!("Close {}?", self.name), "Close without exporting"),
            What::Program => ("Quit?".to_owned(), "Quit without exporting"),
        };
        // Where there is nothing to export, the button says so.
        let go_on = if self.save.is_some() { go_on } else { go_on.trim_end_matches(" without exporting") };
        ui.heading(heading);
        for words in &self.lost {
            ui.add(egui::Label::new(words).wrap());
        }
        ui.add_space(tokens::GAP);
        let mut after = After::Stay;
        ui.horizontal(|ui| {
            if let Some(save) = self.save {
                let spec = super::commands::of(save);
                if ui.button(spec.name).on_hover_text(spec.tip).clicked() {
                    after = After::Do(save);
                }
            }
            if ui.button(go_on).clicked() {
                after = After::Part(self.what);
            }
            if ui.button("Cancel").clicked() {
                after = After::Close;
            }
        });
        after
    }
}

impl App {
    /// Closes the selected layer, or asks first where something would be lost.
    pub(super) fn ask_to_close(&mut self) {
        let Some(id) = self.selected else { return };
        let gone: Vec<&Layer> = self.layers.iter().filter(|layer| closes_with(layer, id)).collect();
        let is_result = self.layer(id).is_some_and(|layer| layer.family() != id);
        let (mut lost, mut save) = (Vec::new(), None);
        match gone.iter().filter(|layer| self.is_unexported(layer)).count() {
            0 => {}
            1 if is_result => lost.push("This result was not exported. Closing removes it.".to_owned()),
            1 => lost.push("Its result was not exported. Closing removes it.".to_owned()),
            many => lost.push(format!("{many} of its results were not exported. Closing removes them.")),
        }
        if !lost.is_empty() {
            save = Some(Command::Export);
        }
        if self.makes(id) {
            lost.push("It is being declouded. Closing stops that.".to_owned());
        }
        if self.unkept_masks(gone.into_iter()).next().is_some() {
            lost.push("Its mask was painted by hand and cannot be kept with the session.".to_owned());
            save = save.or(Some(Command::ExportMask));
        }
        if lost.is_empty() {
            self.close(id);
            return;
        }
        let name = self.layer(id).map(|layer| layer.name.clone()).unwrap_or_default();
        self.dialog = Some(Dialog::Parting(Parting { what: What::Layer(id), name, lost, save }));
    }

    /// Holds up the end of the program where the next start would not find what there is now.
    pub(super) fn guard_end(&mut self) {
        let asked = self.context.input(|input| input.viewport().close_requested());
        if !asked || self.leaving {
            return;
        }
        let (lost, save) = self.lost_at_end();
        if lost.is_empty() {
            return;
        }
        self.context.send_viewport_cmd(ViewportCommand::CancelClose);
        let name = String::new();
        self.dialog = Some(Dialog::Parting(Parting { what: What::Program, name, lost, save }));
    }

    fn lost_at_end(&mut self) -> (Vec<String>, Option<Command>) {
        self.save_session(true);
        let (mut lost, mut save) = (Vec::new(), None);
        // Results and masks come back with the session, where there is one.
        let is_kept = self.session_path.is_some() && !self.session_refused;
        let lone = self.layers.iter().filter(|layer| !is_kept && self.is_unexported(layer));
        let results: Vec<_> = lone.map(Layer::family).collect();
        if let Some(&first) = results.first() {
            lost.push(format!(
                "The session cannot be kept, so what was not exported is lost: results of whole scenes ({}).",
                results.len()
            ));
            save = Some(Command::Export);
            // What is exported is the shown scene.
            self.select(first);
        }
        let masks = self.unkept_masks(self.layers.iter()).count();
        if masks > 0 {
            lost.push(format!(
                "Masks painted by hand cannot be kept with the session and are lost ({masks})."
            ));
            save = save.or(Some(Command::ExportMask));
        }
        // A preview is made again in seconds.
        for job in self.jobs.jobs().filter(|job| Some(job.id) != self.preview_job) {
            lost.push(if job.background {
                format!("{} is running. What it learned since its last checkpoint is lost; Continue goes on from there.", job.title)
            } else {
                format!("{} is running and will be stopped.", job.title)
            });
        }
        (lost, save)
    }

    /// Does what was asked about.
    pub(super) fn part(&mut self, what: What) {
        match what {
            What::Layer(id) => self.close(id),
            What::Program => {
                self.leaving = true;
                self.context.send_viewport_cmd(ViewportCommand::Close);
            }
        }
    }

    /// Closes a layer; a source takes its results along. What was painted on its mask is kept with the session.
    fn close(&mut self, id: LayerId) {
        self.keep_masks();
        let gone: Vec<Layer> = self.layers.extract_if(.., |layer| closes_with(layer, id)).collect();
        let source =
            gone.iter().find(|layer| layer.id == id).map(Layer::family).filter(|&source| source != id);
        for layer in &gone {
            self.view.forget(layer.id);
            if let Kind::Result { .. } = layer.kind {
                self.drop_result(&layer.path);
            }
        }
        for (job, _) in self.making.extract_if(.., |(_, of)| *of == id) {
            self.jobs.cancel(job);
        }
        if self.preview.as_ref().is_some_and(|preview| self.layer(preview.of).is_none()) {
            self.preview = None;
        }
        self.pins.retain(|pin| gone.iter().all(|layer| layer.id != pin.of));
        self.selected = source.or_else(|| self.layers.last().map(|layer| layer.id));
        self.touch();
    }

    /// Whether a layer is a result in our own folder of which nothing equal was exported.
    fn is_unexported(&self, layer: &Layer) -> bool {
        matches!(layer.kind, Kind::Result { .. }) && !self.session.is_exported(&layer.path)
    }

    /// Whether a scene is being declouded into a result.
    fn makes(&self, id: LayerId) -> bool {
        self.jobs.jobs().any(|job| self.making.contains(&(job.id, id)))
    }
}

/// Whether a layer goes when `id` is closed.
fn closes_with(layer: &Layer, id: LayerId) -> bool {
    layer.id == id || layer.kind == Kind::Result { of: id }
}
