//! A report's file: named, read, written.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Dates, Evaluation};
use crate::desktop::app::App;
use crate::desktop::arrivals::{Done, Purpose};
use crate::desktop::dialogs::{After, Dialog, expanded, label};
use crate::desktop::{layer, tokens};
use crate::evaluation::Report;
use crate::evaluation::album::Shows;
use crate::evaluation::html::{self, Document};
use crate::raster::export::{commit, stage_text};

/// A report's file that is being named.
#[derive(Debug, Clone)]
pub(in crate::desktop) struct ReportPath {
    pub path: String,
    pub export: bool,
    pub overwrite: bool,
    /// Whether it has just been opened: then its path is typed at once.
    pub fresh: bool,
}

impl ReportPath {
    pub fn ui(&mut self, ui: &mut egui::Ui) -> After {
        ui.heading(if self.export { "Export report" } else { "Open report" });
        ui.weak(if self.export {
            "A page with plots and pictures where the name ends in .html, else JSON."
        } else {
            "A report in JSON, as declouder evaluate or this window writes it."
        });
        let (mut after, mut entered) = (After::Stay, false);
        ui.horizontal(|ui| {
            if ui.button("Choose…").clicked() {
                after = After::Choose(if self.export { Purpose::ExportReport } else { Purpose::OpenReport });
            }
            let field = ui.add(egui::TextEdit::singleline(&mut self.path).desired_width(f32::INFINITY));
            label(&field, "Report file");
            if std::mem::take(&mut self.fresh) {
                field.request_focus();
            }
            entered = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        });
        if self.export {
            ui.checkbox(&mut self.overwrite, "Replace existing files");
        }
        ui.add_space(tokens::GAP);
        ui.horizontal(|ui| {
            let name = if self.export { "Write report" } else { "Show report" };
            let some = !self.path.trim().is_empty();
            if ui.add_enabled(some, egui::Button::new(name)).clicked() || (entered && some) {
                after = After::Report(self.clone());
            }
            if ui.button("Cancel").clicked() {
                after = After::Close;
            }
        });
        after
    }
}

impl Dialog {
    /// Asks for a report's file; one to be written lies in the home folder unless the analyst says otherwise.
    pub fn report(export: bool) -> Self {
        let home = || std::env::home_dir().unwrap_or_default().join("report.html").display().to_string();
        Self::Report(ReportPath {
            path: if export { home() } else { String::new() },
            export,
            overwrite: false,
            fresh: true,
        })
    }
}

impl App {
    pub(in crate::desktop) fn open_or_export(&mut self, file: ReportPath) {
        let path = expanded(file.path.trim());
        if file.export {
            self.export_report(path, file.overwrite);
            return;
        }
        match read_report(&path) {
            Ok(report) => {
                self.evaluation = Evaluation {
                    setup: self.evaluation.setup.clone(),
                    part: self.evaluation.part,
                    dates: Some(Arc::new(Mutex::new(Dates::of(&path)))),
                    shows: Shows::Input,
                    ..Evaluation::default()
                };
                self.take_report(report);
            }
            Err(words) => {
                self.messages.error(words);
                self.dialog = Some(Dialog::Report(file));
            }
        }
    }

    fn export_report(&mut self, path: PathBuf, overwrite: bool) {
        let Some(report) = self.evaluation.report.clone() else { return };
        let (live, method, rank) =
            (self.evaluation.live.clone(), self.evaluation.method.clone(), self.evaluation.rank);
        self.jobs.submit(
            format!("Export {}", layer::name_of(&path)),
            Box::new(move |_| {
                let live = live.lock().unwrap_or_else(PoisonError::into_inner);
                let is_page = path
                    .extension()
                    .is_some_and(|end| end.eq_ignore_ascii_case("html") || end.eq_ignore_ascii_case("htm"));
                let text = if is_page {
                    let album = live.album(&report, &method, rank);
                    html::render(&Document { report: &report, album: album.as_ref(), trainings: &[] })
                } else {
                    serde_json::to_string_pretty(&report).map_err(|error| error.to_string())? + "\n"
                };
                let staged = stage_text(&path, &text, overwrite).map_err(|error| error.to_string())?;
                commit(vec![staged]).map_err(|error| error.to_string())?;
                Ok(Done::ReportWritten(path))
            }),
        );
    }
}

fn read_report(path: &Path) -> Result<Report, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("the report cannot be read ({error}): {}", path.display()))?;
    serde_json::from_str(&text)
        .map_err(|error| format!("this is no report of declouder evaluate ({error}): {}", path.display()))
}
