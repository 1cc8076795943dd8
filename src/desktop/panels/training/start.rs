//! Trainings as jobs: started, paused, stopped, gone on with, and what came out put to use.

use std::path::{Path, PathBuf};

use crate::compute::{self, Choice};
use crate::desktop::app::App;
use crate::desktop::arrivals::Done;
use crate::desktop::commands::Command;
use crate::jobs::{Event, JobId};
use crate::patches::prepare::{PrepareConfig, SourceConfig, prepare};
use crate::progress::Monitor;
use crate::training::TrainConfig;
use crate::training::folder::RunFolder;
use crate::training::run::{Listener, Outcome, RunOptions, train};
use crate::training::validate::Validation;

use super::data::called;
use super::run::Run;
use super::state::{Active, Source, Tab};

/// Scenes from which on each counts as a place of its own.
const ENOUGH_SCENES: usize = 4;
/// Side of a place, in kilometres, where there are fewer.
const PLACE_KM: f64 = 1.28;

/// What a training came to.
pub(in crate::desktop) struct Trained {
    folder: PathBuf,
    outcome: Outcome,
}

/// Where a training's patches come from.
enum Data {
    Stores(Vec<PathBuf>),
    /// To be cut into the run's folder.
    Scenes(Box<PrepareConfig>),
}

/// Tells of validations in the log.
struct Notes<'a>(&'a dyn Monitor);

impl Listener for Notes<'_> {
    fn validated(&self, step: u64, validation: &Validation) {
        self.0.note(&format!("step {step}: {}", validation.words()));
    }
}

impl App {
    /// Why a training's command cannot be given now.
    pub(in crate::desktop) fn training_refusal(&self, command: Command) -> Option<&'static str> {
        let active = self.training.active.is_some();
        let run = self.training.run();
        match command {
            Command::TrainStart => active.then_some("a training is running; stop it first"),
            Command::TrainPause => (!active)
                .then_some("no training is running")
                .or(self.jobs.is_paused().then_some("it is paused")),
            Command::TrainResume => (!(active && self.jobs.is_paused())).then_some("no training is paused"),
            Command::TrainStop => (!active).then_some("no training is running"),
            Command::TrainContinue => active
                .then_some("a training is running; stop it first")
                .or_else(|| run.is_none().then_some("open a run's folder first")),
            Command::UseModel => run
                .is_none_or(|run| run.history().validations().is_empty() && !run.folder().model().exists())
                .then_some("there is no model yet: it is kept at the first validation"),
            _ => None,
        }
    }

    pub(in crate::desktop) fn perform_training(&mut self, command: Command) {
        match command {
            Command::TrainPanel => self.show_training(),
            Command::TrainStart => self.start_from_panel(),
            Command::TrainPause => self.jobs.pause(true),
            Command::TrainResume => self.jobs.pause(false),
            Command::TrainStop => {
                if let Some(active) = &self.training.active {
                    self.jobs.cancel(active.job);
                }
            }
            Command::TrainContinue => self.continue_run(),
            Command::UseModel => self.use_model(),
            _ => {}
        }
    }

    fn show_training(&mut self) {
        let is = |_, tile: &egui_tiles::Tile<_>| {
            matches!(tile, egui_tiles::Tile::Pane(crate::desktop::layout::Pane::Training))
        };
        self.tree.make_active(is);
    }

    fn start_from_panel(&mut self) {
        let config = match self.training.config() {
            Ok(config) => config,
            Err(error) => {
                self.messages.error(format!("The training cannot start: {error}"));
                self.training.problem = Some(error);
                self.training.tab = Tab::Setup;
                return;
            }
        };
        let data = match self.training.source {
            Source::Stores if self.training.stores.is_empty() => {
                self.messages
                    .error("The training cannot start: add a patch store, or learn from the open scenes");
                return;
            }
            Source::Stores => Data::Stores(self.training.stores.clone()),
            Source::Scenes => match self.cutting(&config) {
                Ok(cutting) => Data::Scenes(Box::new(cutting)),
                Err(words) => {
                    self.messages.error(format!("The training cannot start: {words}"));
                    return;
                }
            },
        };
        let folder = RunFolder(PathBuf::from(self.training.folder.trim()));
        if folder.0.as_os_str().is_empty() {
            self.messages.error("The training cannot start: name a run folder");
        } else if folder.is_taken() && !self.training.replace {
            self.messages.error(format!(
                "{} holds a training already: open it and continue it, choose another run folder, or tick Replace",
                folder.0.display()
            ));
        } else {
            self.start_training(folder, config, data, false);
        }
    }

    /// Starts a training on stores in a folder, as the panel does.
    pub fn train(&mut self, stores: Vec<PathBuf>, folder: &Path, config: TrainConfig) {
        self.start_training(RunFolder(folder.to_owned()), config, Data::Stores(stores), false);
    }

    fn start_training(&mut self, folder: RunFolder, config: TrainConfig, data: Data, resume: bool) {
        let choice = self.decloud.device;
        let (path, own) = (folder.0.clone(), config.clone());
        self.jobs.pause(false);
        let title = format!("Train {}", called(&path));
        let job = self.jobs.submit_background(
            title,
            Box::new(move |monitor| work(&folder, &config, data, resume, choice, monitor)),
        );
        self.training.active = Some(Active { job, folder: path.clone() });
        self.open_run(&path);
        // The folder may still say what the run that is replaced was.
        if let Some(run) = self.training.runs.get_mut(self.training.selected) {
            run.config = Some(own);
        }
        self.training.tab = Tab::Curves;
        self.show_training();
    }

    /// How the open scenes become patches.
    fn cutting(&self, config: &TrainConfig) -> Result<PrepareConfig, String> {
        let sources: Vec<SourceConfig> = self
            .sources()
            .map(|layer| SourceConfig {
                path: layer.path.clone(),
                domain: self.training.domains.get(&layer.id).copied(),
                scene: layer.said.clone(),
                ..SourceConfig::default()
            })
            .collect();
        if sources.is_empty() {
            return Err("no scene is open".to_owned());
        }
        let place_km = (sources.len() < ENOUGH_SCENES).then_some(PLACE_KM);
        let mask = crate::mask::MaskConfig { file: None, ..self.decloud.mask.clone() };
        let bands = Some(config.network.bands.clone());
        let patch_px = config.data.crop.max(crate::patches::prepare::DEFAULT_PATCH_PX);
        Ok(PrepareConfig { sources, place_km, mask, bands, patch_px, ..PrepareConfig::default() })
    }

    /// Goes on with the run that is looked at.
    fn continue_run(&mut self) {
        let Some(run) = self.training.run() else { return };
        let folder = run.folder().clone();
        let Some(config) = folder.config() else {
            let file = folder.config_file();
            self.messages.error(format!("{}: the run's configuration cannot be read", file.display()));
            return;
        };
        let mut stores = folder.origin().stores;
        if stores.is_empty() {
            stores.clone_from(&self.training.stores);
        }
        if stores.is_empty() {
            self.messages.error(format!(
                "{} does not say what it learns from: add its patch stores on the page Set up",
                folder.0.display()
            ));
            return;
        }
        self.start_training(folder, config, Data::Stores(stores), true);
    }

    fn use_model(&mut self) {
        let Some(run) = self.training.run() else { return };
        let model = run.folder().model();
        let best = run.history().best().map(|best| format!(" (best at step {})", best.step));
        let words = format!("Decloud now uses the model of {}{}.", run.name, best.unwrap_or_default());
        if model.is_file() {
            self.decloud.engine = "model".into();
            self.decloud.model = Some(model);
            self.messages.info(words);
            self.touch();
        } else {
            self.messages.error(format!("{}: there is no model yet", model.display()));
        }
    }

    /// Follows a run's folder, and looks at it.
    pub(in crate::desktop) fn open_run(&mut self, folder: &Path) {
        let known = self.training.runs.iter().position(|run| run.folder().0 == *folder);
        if known.is_none() && !folder.is_dir() && !self.training.is_active(folder) {
            self.messages.error(format!("{}: this is no folder of a run", folder.display()));
            return;
        }
        match Run::open(folder, &self.context) {
            Ok(run) => {
                if let Some(number) = known {
                    self.training.runs[number] = run;
                    self.training.selected = number;
                } else {
                    self.training.runs.push(run);
                    self.training.selected = self.training.runs.len() - 1;
                }
                self.training.samples.forget();
                self.touch();
            }
            Err(words) => self.messages.error(words),
        }
    }

    /// Notes the end of a training.
    pub(in crate::desktop) fn note_training(&mut self, event: &Event<Done>) {
        let ended: Option<JobId> = match event {
            Event::Finished(id, _) | Event::Cancelled(id) | Event::Failed(id, _) => Some(*id),
            _ => None,
        };
        if self.training.active.as_ref().is_some_and(|active| Some(active.job) == ended) {
            self.training.active = None;
            self.jobs.pause(false);
        }
    }

    pub(in crate::desktop) fn trained(&mut self, trained: &Trained) {
        let Trained { folder, outcome } = trained;
        let ended = if outcome.stopped { "stopped; Continue goes on from here" } else { "done" };
        self.messages.info(format!("Training of {}: step {}, {ended}.", called(folder), outcome.step));
    }
}

/// The job: patches where they are to be made, then the training.
fn work(
    folder: &RunFolder,
    config: &TrainConfig,
    data: Data,
    resume: bool,
    choice: Choice,
    monitor: &dyn Monitor,
) -> Result<Done, String> {
    // First, so that a folder that cannot be used costs nothing.
    folder.prepare(resume).map_err(|error| error.to_string())?;
    let stores = match data {
        Data::Stores(stores) => stores,
        Data::Scenes(cutting) => {
            let store = folder.0.join("store");
            let report = prepare(&store, &cutting, true, monitor).map_err(|error| error.to_string())?;
            monitor.note(&report.text());
            vec![store]
        }
    };
    let compute = compute::open(choice).map_err(|error| error.to_string())?;
    let options = RunOptions { resume, ..RunOptions::default() };
    let notes = Notes(monitor);
    let heard: (&dyn Monitor, &dyn Listener) = (monitor, &notes);
    let outcome = compute
        .attempt(|| train(&stores, &folder.0, config, &options, &compute.device, heard))
        .map_err(|fault| fault.to_string())?
        .map_err(|error| error.to_string())?;
    Ok(Done::Trained(Box::new(Trained { folder: folder.0.clone(), outcome })))
}
