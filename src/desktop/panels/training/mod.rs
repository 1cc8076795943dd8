//! Training: set it up, follow it, compare runs, use what came out.

mod curves;
mod data;
mod header;
mod plot;
mod run;
mod samples;
mod setup;
mod start;
mod state;
mod widgets;

use egui::Ui;

use super::super::app::App;

pub(in crate::desktop) use data::Choose;
pub(in crate::desktop) use samples::Loaded;
pub(in crate::desktop) use start::Trained;
pub(in crate::desktop) use state::Training;

use state::Tab;

impl App {
    pub(in crate::desktop) fn training_ui(&mut self, ui: &mut Ui) {
        self.training_header_ui(ui);
        ui.horizontal(|ui| {
            for tab in Tab::ALL {
                let on = self.training.tab == tab;
                if ui.selectable_label(on, tab.name()).on_hover_text(tab.about()).clicked() {
                    self.training.tab = tab;
                }
            }
        });
        ui.separator();
        match self.training.tab {
            Tab::Setup => self.training_setup_ui(ui),
            Tab::Curves => self.training_curves_ui(ui),
            Tab::Validation => self.training_validation_ui(ui),
            Tab::Samples => self.training_samples_ui(ui),
        }
    }

    /// Takes in what the followed runs have told.
    pub(in crate::desktop) fn receive_runs(&mut self) {
        for run in &mut self.training.runs {
            run.receive();
        }
    }
}
