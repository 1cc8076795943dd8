//! How the run that is looked at stands, and what can be done with it.

use std::time::Duration;

use egui::{RichText, Ui};

use crate::desktop::app::App;
use crate::desktop::commands::Command;
use crate::desktop::dialogs::label;
use crate::desktop::frame::clock;

use super::data::Choose;
use super::run::Run;

impl App {
    pub(super) fn training_header_ui(&mut self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            self.primary_ui(ui, Command::TrainStart);
            let pause = if self.jobs.is_paused() { Command::TrainResume } else { Command::TrainPause };
            self.command_ui(ui, pause);
            self.command_ui(ui, Command::TrainStop);
            self.command_ui(ui, Command::TrainContinue);
            self.command_ui(ui, Command::UseModel);
        });
        self.runs_ui(ui);
        let Some(run) = self.training.run() else { return };
        let words = self.standing(run);
        ui.horizontal(|ui| {
            if let Some(share) = share(run) {
                ui.add(egui::ProgressBar::new(share).desired_width(140.0).show_percentage());
            }
            ui.add(egui::Label::new(words).truncate());
        });
        for warning in &run.warnings {
            ui.horizontal_top(|ui| {
                let color = ui.visuals().warn_fg_color;
                ui.add(egui::Label::new(RichText::new(warning).color(color)).wrap());
            });
        }
    }

    /// Which run is looked at; another can be opened.
    fn runs_ui(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            let shown = self.training.run().map_or("none".to_owned(), |run| run.name.clone());
            let title = ui.weak("Run");
            egui::ComboBox::from_id_salt("run")
                .selected_text(shown)
                .width(120.0)
                .truncate()
                .show_ui(ui, |ui| {
                    for (number, run) in self.training.runs.iter().enumerate() {
                        let path = run.folder().0.display().to_string();
                        ui.push_id(number, |ui| {
                            ui.selectable_value(&mut self.training.selected, number, run.name.as_str())
                                .on_hover_text(path);
                        });
                    }
                })
                .response
                .labelled_by(title.id);
            if ui.button("Open run…").on_hover_text("Follow or compare another run's folder").clicked() {
                self.ask_training(Choose::Run);
            }
            let field = ui.add(
                egui::TextEdit::singleline(&mut self.training.run_typed)
                    .hint_text("or type a run's folder")
                    .desired_width(ui.available_width().min(260.0)),
            );
            label(&field, "Run to open");
            if field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter)) {
                let path = std::mem::take(&mut self.training.run_typed);
                self.open_run(path.trim().as_ref());
            }
        });
    }

    /// How a run stands, in words.
    fn standing(&self, run: &Run) -> String {
        let history = run.history();
        let total = run.config.as_ref().map_or(0, |config| config.steps);
        let mut words = format!("step {} of {total}", history.step());
        let state = if self.training.is_active(&run.folder().0) {
            if self.jobs.is_paused() { "paused" } else { "training" }
        } else if total > 0 && history.step() >= total {
            "done"
        } else {
            "not trained here now"
        };
        words += &format!(" · {state}");
        if let Some(speed) = history.speed() {
            words += &format!(" · {speed:.2} steps/s");
            let left = total.saturating_sub(history.step()) as f64 / speed;
            if state == "training" && left.is_finite() && left > 0.0 {
                words += &format!(" · {} left", clock(Duration::from_secs_f64(left)));
            }
        }
        if let Some(best) = history.best()
            && let Some(score) = best.validation.score()
        {
            words += &format!(" · best at step {}: {score:.3} of the fill's error", best.step);
        }
        words
    }
}

/// How far a run is, 0..1.
fn share(run: &Run) -> Option<f32> {
    let total = run.config.as_ref()?.steps;
    (total > 0).then(|| (run.history().step() as f32 / total as f32).min(1.0))
}
