//! An evaluation in the window: what is asked for, the job, and what is known of it while it runs.

mod dates;
mod file;
mod job;
mod setup;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::compute;
use crate::evaluation::album::{Rank, Shows};
use crate::evaluation::{self, Report};
use crate::jobs::{JobId, Jobs};

use super::app::App;
use super::arrivals::{Done, Purpose};
use super::dialogs::Dialog;
use super::layout::{self, Pane};
use super::panels::evaluation::Part;

pub(super) use dates::{Dates, lock};
pub(super) use file::ReportPath;
pub(super) use job::Live;
use job::{Order, work};
pub(super) use setup::Setup;
use setup::paths;

/// Which picture a texture shows: set, image, method, and what of it.
pub(super) type TextureKey = (usize, String, String, Shows);

/// The panel's state.
pub(super) struct Evaluation {
    pub setup: Setup,
    pub job: Option<JobId>,
    pub live: Arc<Mutex<Live>>,
    pub report: Option<Report>,
    /// Pictures of the dates of a report from a file; none where pictures were kept on the way.
    pub dates: Option<Arc<Mutex<Dates>>>,
    /// What is shown.
    pub part: Part,
    pub set: usize,
    pub method: String,
    pub rank: Rank,
    pub shows: Shows,
    pub textures: HashMap<TextureKey, egui::TextureHandle>,
}

impl Default for Evaluation {
    fn default() -> Self {
        Self {
            setup: Setup { shipped: true, ..Setup::default() },
            job: None,
            live: Arc::default(),
            report: None,
            dates: None,
            part: Part::default(),
            set: 0,
            method: String::new(),
            rank: Rank::default(),
            shows: Shows::Result,
            textures: HashMap::new(),
        }
    }
}

impl Evaluation {
    /// Whether its job has not ended.
    pub fn is_running(&self, jobs: &Jobs<Done>) -> bool {
        self.job.is_some_and(|id| jobs.jobs().any(|job| job.id == id))
    }

    /// Looks into what the job tells.
    pub fn with_live<T>(&self, look: impl FnOnce(&Live) -> T) -> T {
        look(&self.live.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl App {
    pub(in crate::desktop) fn evaluate_dialog(&self) -> Dialog {
        Dialog::Evaluate(self.evaluation.setup.clone())
    }

    /// Takes files from the system's dialog into ours.
    pub(in crate::desktop) fn chosen_for_evaluation(&mut self, purpose: Purpose, paths: &[PathBuf]) {
        let lines: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        let add = |text: &mut String| {
            let all = format!("{}\n{}", text.trim_end(), lines.join("\n"));
            all.trim().clone_into(text);
        };
        match (&mut self.dialog, purpose) {
            (Some(Dialog::Evaluate(setup)), Purpose::EvaluateModel) => add(&mut setup.models),
            (Some(Dialog::Evaluate(setup)), Purpose::EvaluateData) => add(&mut setup.data),
            (Some(Dialog::Evaluate(setup)), Purpose::EvaluateMasks) => setup.masks = lines.concat(),
            (Some(Dialog::Evaluate(setup)), Purpose::Classifier) => setup.classifier = lines.concat(),
            (Some(Dialog::Evaluate(setup)), _) => setup.protocol = lines.concat(),
            (Some(Dialog::Report(report)), _) => report.path = lines.concat(),
            _ => {}
        }
    }

    /// Starts the job. What it finds comes into the panel while it runs.
    pub(in crate::desktop) fn evaluate(&mut self, setup: Setup) {
        let config = match setup.config() {
            Ok(config) => config,
            Err(words) => {
                self.messages.error(words);
                self.dialog = Some(Dialog::Evaluate(setup));
                return;
            }
        };
        let live = Arc::new(Mutex::new(Live::default()));
        let order = Order { config, shipped: setup.shipped, models: paths(&setup.models).collect() };
        self.evaluation = Evaluation {
            setup,
            live: live.clone(),
            part: self.evaluation.part,
            rank: self.evaluation.rank,
            shows: self.evaluation.shows,
            ..Evaluation::default()
        };
        let choice = self.decloud.device;
        let job = self.jobs.submit(
            "Evaluate",
            Box::new(move |monitor| {
                let compute = compute::open(choice).map_err(|error| error.to_string())?;
                let done = compute.attempt(|| work(&order, &compute, live, monitor));
                done.map_err(|fault| fault.to_string())?
            }),
        );
        self.evaluation.job = Some(job);
        layout::raise(&mut self.tree, Pane::Evaluation);
    }

    /// Shows a report.
    pub(in crate::desktop) fn take_report(&mut self, report: Report) {
        self.messages.info(evaluation::verdict::verdict(&report).headline);
        self.evaluation.job = None;
        self.evaluation.report = Some(report);
        self.evaluation.set = 0;
        layout::raise(&mut self.tree, Pane::Evaluation);
    }
}
