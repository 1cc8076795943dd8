//! What the panel knows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::desktop::layer::LayerId;
use crate::jobs::JobId;
use crate::patches::Domain;
use crate::training::TrainConfig;
use crate::training::config::Impossible;

use super::run::Run;
use super::samples::Samples;

/// A page of the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Setup,
    Curves,
    Validation,
    Samples,
}

impl Tab {
    pub const ALL: [Self; 4] = [Self::Setup, Self::Curves, Self::Validation, Self::Samples];

    pub fn name(self) -> &'static str {
        match self {
            Self::Setup => "Set up",
            Self::Curves => "Curves",
            Self::Validation => "Validation",
            Self::Samples => "Samples",
        }
    }

    pub fn about(self) -> &'static str {
        match self {
            Self::Setup => "What is trained, on what, and how",
            Self::Curves => "Losses, discriminators, gradients, rates and speed, step by step",
            Self::Validation => "The model against the fill on images it does not learn from",
            Self::Samples => "What it makes of validation images, and both cycles",
        }
    }
}

/// Where patches come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Stores,
    Scenes,
}

/// A training of this window.
pub(super) struct Active {
    pub job: JobId,
    pub folder: PathBuf,
}

/// How curves are shown.
pub(super) struct Look {
    pub log: bool,
    /// Weight of what was, 0..1.
    pub smoothing: f32,
    /// Curves that are not shown.
    pub hidden: BTreeSet<String>,
}

/// The panel's state.
pub(in crate::desktop) struct Training {
    pub(super) tab: Tab,
    /// The configuration as its file has it.
    pub(super) draft: toml::Table,
    /// What is wrong with it.
    pub(super) problem: Option<Impossible>,
    pub(super) source: Source,
    pub(super) stores: Vec<PathBuf>,
    /// A store's path as it is typed.
    pub(super) typed: String,
    /// What the analyst says of open scenes; by the mask where nothing is said.
    pub(super) domains: BTreeMap<LayerId, Domain>,
    pub(super) folder: String,
    pub(super) replace: bool,
    /// The configuration file's path as it is typed.
    pub(super) file: String,
    pub(super) run_typed: String,
    pub(super) runs: Vec<Run>,
    pub(super) selected: usize,
    pub(super) active: Option<Active>,
    pub(super) look: Look,
    pub(super) samples: Samples,
}

impl Default for Training {
    fn default() -> Self {
        Self {
            tab: Tab::Setup,
            draft: table(&TrainConfig::default()),
            problem: None,
            source: Source::Stores,
            stores: Vec::new(),
            typed: String::new(),
            domains: BTreeMap::new(),
            folder: fresh_folder().display().to_string(),
            replace: false,
            file: String::new(),
            run_typed: String::new(),
            runs: Vec::new(),
            selected: 0,
            active: None,
            look: Look { log: true, smoothing: 0.8, hidden: BTreeSet::new() },
            samples: Samples::default(),
        }
    }
}

impl Training {
    /// The run that is looked at.
    pub(super) fn run(&self) -> Option<&Run> {
        self.runs.get(self.selected)
    }

    /// The configuration, or the field that is at fault.
    pub(super) fn config(&self) -> Result<TrainConfig, Impossible> {
        TrainConfig::from_toml(&toml::to_string(&self.draft).unwrap_or_default())
    }

    /// Takes another configuration.
    pub(super) fn set(&mut self, config: &TrainConfig) {
        self.draft = table(config);
        self.problem = None;
    }

    /// Looks whether the draft can be trained.
    pub(super) fn check(&mut self) {
        self.problem = self.config().err();
    }

    /// Whether a folder is trained in by this window now.
    pub(super) fn is_active(&self, folder: &Path) -> bool {
        self.active.as_ref().is_some_and(|active| active.folder == folder)
    }

    /// The folders of the followed runs.
    pub(in crate::desktop) fn folders(&self) -> Vec<PathBuf> {
        self.runs.iter().map(|run| run.folder().0.clone()).collect()
    }

    /// Steps done of the run that is looked at.
    pub(in crate::desktop) fn step(&self) -> u64 {
        self.run().map_or(0, |run| run.history().step())
    }
}

pub(super) fn table(config: &TrainConfig) -> toml::Table {
    toml::Table::try_from(config).unwrap_or_default()
}

/// The first folder of the usual name that is not there.
fn fresh_folder() -> PathBuf {
    let home = std::env::home_dir().unwrap_or_default().join("declouder-runs");
    let name = |number: u32| home.join(format!("run-{number}"));
    (1..10_000).map(name).find(|path| !path.exists()).unwrap_or_else(|| name(0))
}
