//! What the next start finds again, even after a crash.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use egui_tiles::Tree;
use serde::{Deserialize, Serialize};

use crate::compute::Choice;
use crate::decloud::DecloudConfig;
use crate::raster::SceneOptions;
use crate::view::Camera;

use super::display::Display;
use super::keep_masks::KeptMask;
use super::layout::Pane;

/// Recent files that are remembered.
const RECENT: usize = 12;
/// Scenes of which is remembered what was said.
const SAID: usize = 256;
/// Exports that are remembered.
const EXPORTED: usize = 256;

/// Everything that is kept between two starts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Session {
    /// Whether the program was running when this was written: still true at the next start after a crash.
    pub running: bool,
    pub scenes: Vec<PathBuf>,
    /// Results that wait for their export, each with its source.
    pub results: Vec<(PathBuf, PathBuf)>,
    /// What waiting results were made by (`super::recipe`).
    pub recipes: Vec<(PathBuf, String)>,
    /// How waiting results were made, in a word or two.
    pub hows: Vec<(PathBuf, String)>,
    /// What the panel said when waiting results were made.
    pub settings: Vec<(PathBuf, DecloudConfig)>,
    /// What was exported, by the same, the newest last.
    pub exported: Vec<String>,
    /// Masks that were painted or imported.
    pub masks: Vec<KeptMask>,
    /// What the analyst said of scenes whose files do not say it, the newest first.
    pub said: Vec<(PathBuf, SceneOptions)>,
    /// Where networks compute, where the analyst chose.
    pub device: Option<Choice>,
    /// Which of them was selected.
    pub selected: usize,
    pub camera: Option<Camera>,
    pub display: Option<Display>,
    pub decloud: Option<DecloudConfig>,
    /// Positions of pins in the selected scene.
    pub pins: Vec<(usize, usize)>,
    pub recent: Vec<PathBuf>,
    /// Folders of the followed runs.
    pub runs: Vec<PathBuf>,
    pub dark: Option<bool>,
    pub layout: Option<Tree<Pane>>,
}

impl Session {
    /// How a waiting result was made.
    pub fn how(&self, result: &Path) -> Option<&str> {
        self.hows.iter().find(|(path, _)| path == result).map(|(_, how)| how.as_str())
    }

    /// The session of a file; a missing or damaged one is an empty session, and the damage is told.
    pub fn read(path: &Path) -> (Self, Option<String>) {
        match std::fs::read_to_string(path) {
            Ok(text) => match serde_json::from_str(&text) {
                Ok(session) => (session, None),
                Err(error) => {
                    let words = format!(
                        "{}: the last session cannot be read ({error}); a new one begins",
                        path.display()
                    );
                    (Self::default(), Some(words))
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => (Self::default(), None),
            Err(error) => {
                let words = format!(
                    "{}: the last session cannot be read ({error}); a new one begins",
                    path.display()
                );
                (Self::default(), Some(words))
            }
        }
    }

    /// Writes the session beside its name and then renames it, so that a crash leaves the old one.
    pub fn write(&self, path: &Path) -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// The results of a source that are still there.
    pub fn results_of(&self, source: &Path) -> Vec<PathBuf> {
        self.results
            .iter()
            .filter(|(of, path)| of == source && path.exists())
            .map(|(_, path)| path.clone())
            .collect()
    }

    /// Remembers what was exported.
    pub fn note_exported(&mut self, recipe: String) {
        self.exported.retain(|known| *known != recipe);
        self.exported.push(recipe);
        self.exported.drain(..self.exported.len().saturating_sub(EXPORTED));
    }

    /// Whether what a result was made by was exported too, before or after.
    pub fn is_exported(&self, result: &Path) -> bool {
        let recipe = self.recipes.iter().find(|(path, _)| path == result).map(|(_, recipe)| recipe);
        recipe.is_some_and(|recipe| self.exported.contains(recipe))
    }

    /// What was said of a scene; nothing of most.
    pub fn said_of(&self, path: &Path) -> SceneOptions {
        let said = self.said.iter().find(|(of, _)| of == path);
        said.map(|(_, said)| said.clone()).unwrap_or_default()
    }

    /// Remembers what is said of a scene.
    pub fn note_said(&mut self, path: &Path, said: &SceneOptions) {
        self.said.retain(|(of, _)| of != path);
        if *said != SceneOptions::default() {
            self.said.insert(0, (path.to_owned(), said.clone()));
            self.said.truncate(SAID);
        }
    }

    /// Puts a path first among the recent ones.
    pub fn note_recent(&mut self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.recent.retain(|known| *known != path);
        self.recent.insert(0, path);
        self.recent.truncate(RECENT);
    }
}

/// Where the session is kept (`$XDG_STATE_HOME/declouder/session.json`); none without a home.
pub(super) fn default_path() -> Option<PathBuf> {
    Some(base("XDG_STATE_HOME", ".local/state")?.join("declouder/session.json"))
}

/// Where results wait until they are exported (`$XDG_CACHE_HOME/declouder/results`).
pub(super) fn results_folder() -> Option<PathBuf> {
    Some(base("XDG_CACHE_HOME", ".cache")?.join("declouder/results"))
}

fn base(variable: &str, below_home: &str) -> Option<PathBuf> {
    let set = std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    set.or_else(|| std::env::home_dir().map(|home| home.join(below_home)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/session.json");
        let mut session = Session { running: true, pins: vec![(3, 4)], ..Session::default() };
        for number in 0..20 {
            session.note_recent(Path::new(&format!("/scene{number}.tif")));
        }
        session.note_recent(Path::new("/scene15.tif"));
        session.layout = Some(super::super::layout::standard(1280.0));
        session.write(&path).expect("written");
        let (back, trouble) = Session::read(&path);
        assert!(trouble.is_none() && back.running);
        assert_eq!(back.pins, session.pins);
        assert_eq!((back.recent.len(), back.recent[0].as_path()), (RECENT, Path::new("/scene15.tif")));
    }

    #[test]
    fn a_result_is_exported_when_the_same_was() {
        let mut session = Session::default();
        let result = Path::new("/results/a.tif");
        assert!(!session.is_exported(result), "nothing is known of it");
        session.recipes.push((result.to_owned(), "one".into()));
        session.note_exported("two".into());
        assert!(!session.is_exported(result), "something else was");
        session.note_exported("one".into());
        assert!(session.is_exported(result));
        for number in 0..EXPORTED {
            session.note_exported(format!("later {number}"));
        }
        assert!(!session.is_exported(result) && session.exported.len() == EXPORTED);
    }

    #[test]
    fn a_damaged_session_is_told_and_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("session.json");
        assert!(Session::read(&path).1.is_none(), "none is no trouble");
        std::fs::write(&path, "{ half").expect("written");
        let (session, trouble) = Session::read(&path);
        assert!(session.scenes.is_empty());
        assert!(trouble.expect("told").contains("session.json"));
    }
}
