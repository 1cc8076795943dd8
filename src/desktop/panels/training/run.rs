//! A run that is followed, with its curves ready to be drawn.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::training::TrainConfig;
use crate::training::folder::RunFolder;
use crate::training::follow::Follower;
use crate::training::history::History;
use crate::training::warnings::warnings;

use super::plot::{Drawn, prepared};
use super::state::Look;

/// Curves as they were last drawn, by name, with what they depend on.
type Kept = HashMap<String, ((u64, bool, u32), Arc<Drawn>)>;

/// A run that is followed.
pub(super) struct Run {
    pub name: String,
    /// Whether its curves are in the plots when it is not the one that is looked at.
    pub shown: bool,
    pub config: Option<TrainConfig>,
    pub warnings: Vec<String>,
    folder: RunFolder,
    follower: Follower,
    kept: RefCell<Kept>,
}

impl Run {
    /// Begins to follow a folder.
    pub fn open(folder: &Path, context: &egui::Context) -> Result<Self, String> {
        let context = context.clone();
        let follower = Follower::start(folder, move || context.request_repaint())
            .map_err(|error| format!("the system gives no thread ({error}); close other programs"))?;
        let run = RunFolder(folder.to_owned());
        Ok(Self {
            name: crate::desktop::layer::name_of(folder),
            shown: true,
            config: run.config(),
            warnings: Vec::new(),
            folder: run,
            follower,
            kept: RefCell::default(),
        })
    }

    pub fn receive(&mut self) {
        if self.follower.receive() {
            self.warnings = warnings(self.follower.history());
            if self.config.is_none() {
                self.config = self.folder.config();
            }
        }
    }

    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    pub fn history(&self) -> &History {
        self.follower.history()
    }

    /// A curve as it is drawn; computed anew when it has changed.
    pub fn drawn(&self, name: &str, log: bool, look: &Look) -> Option<Arc<Drawn>> {
        let curve = self.history().curves().get(name)?;
        let key = (self.follower.version(), log, look.smoothing.to_bits());
        let mut kept = self.kept.borrow_mut();
        if let Some((known, drawn)) = kept.get(name)
            && *known == key
        {
            return Some(drawn.clone());
        }
        let drawn = Arc::new(prepared(curve, log, look.smoothing));
        kept.insert(name.to_owned(), (key, drawn.clone()));
        Some(drawn)
    }
}
