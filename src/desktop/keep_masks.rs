//! Masks that were painted or imported are kept with the session, and come back with their scene.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::mask::{self, FileOptions};
use crate::progress::Silent;
use crate::raster::Scene;

use super::app::App;
use super::arrivals::Arrival;
use super::layer::{Layer, LayerId};
use super::mask_edit::{MaskEdit, Snapshot};

/// How long the end of the program waits for masks on their way to the disk.
const LAST: Duration = Duration::from_mins(1);

/// A mask that waits in a file of our own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptMask {
    /// The scene it belongs to.
    pub scene: PathBuf,
    pub file: PathBuf,
    /// How it was made before it was painted on.
    pub source: String,
    pub edited: bool,
}

/// A mask as it is to be written.
struct Writing {
    scene: Arc<Scene>,
    mask: Snapshot,
}

/// Masks on their way to their files: one writer a file, and the newest state that waits for it. A scene may be closed
/// meanwhile; what was painted is written all the same.
#[derive(Default)]
pub(super) struct Keeping {
    writing: HashMap<PathBuf, Snapshot>,
    waiting: HashMap<PathBuf, Writing>,
    /// Whether the last one could not be written.
    pub refused: bool,
}

impl App {
    /// Where masks wait: beside the results.
    fn masks_folder(&self) -> Option<PathBuf> {
        Some(self.results.as_deref()?.with_file_name("masks"))
    }

    /// Whether masks come back with their scene.
    pub(super) fn keeps_masks(&self) -> bool {
        self.masks_folder().is_some() && self.session_path.is_some() && !self.keeping.refused
    }

    /// Has masks written that have changed, away from the window.
    pub(super) fn keep_masks(&mut self) {
        let Some(folder) = self.masks_folder() else { return };
        let mut changed = Vec::new();
        for layer in &mut self.layers {
            let Some(edit) = layer.mask.as_mut().filter(|edit| needs_keeping(edit)) else { continue };
            edit.kept = edit.version;
            let kept = KeptMask {
                scene: layer.path.clone(),
                file: folder.join(file_name(&layer.path)),
                source: edit.source.clone(),
                edited: edit.edited,
            };
            changed.push((kept, Writing { scene: layer.scene.clone(), mask: edit.snapshot() }));
        }
        for (kept, writing) in changed {
            self.session.masks.retain(|other| other.scene != kept.scene);
            self.session.masks.push(kept.clone());
            self.write_mask(kept.file, writing);
            self.touch();
        }
    }

    fn write_mask(&mut self, file: PathBuf, writing: Writing) {
        if self.keeping.writing.contains_key(&file) {
            self.keeping.waiting.insert(file, writing);
            return;
        }
        self.keeping.writing.insert(file.clone(), writing.mask.clone());
        self.away(move || {
            let done = write(&file, &writing.scene, &writing.mask);
            Arrival::MaskKept { file, done }
        });
    }

    pub(super) fn mask_kept(&mut self, file: PathBuf, done: Result<(), String>) {
        self.keeping.writing.remove(&file);
        self.keeping.refused = done.is_err();
        if let Err(words) = done {
            self.messages.warn(format!("the mask cannot be kept with the session: {words}"));
        }
        if let Some(next) = self.keeping.waiting.remove(&file) {
            self.write_mask(file, next);
        }
        self.touch();
    }

    /// Writes what is not written yet, and waits for it: the program ends.
    pub(super) fn keep_masks_at_exit(&mut self) {
        self.keep_masks();
        let until = Instant::now() + LAST;
        while !self.keeping.writing.is_empty() {
            match self.arrivals.1.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(Arrival::MaskKept { file, done }) => {
                    if let Err(words) = &done {
                        tracing::error!("{words}");
                    }
                    self.mask_kept(file, done);
                }
                Ok(_) => {}
                Err(_) => {
                    tracing::error!("a mask could not be written in time");
                    return;
                }
            }
        }
    }

    /// A mask that a method has just found replaces one that was kept.
    pub(super) fn forget_kept_mask(&mut self, scene: &Path) {
        for kept in self.session.masks.extract_if(.., |kept| kept.scene == scene) {
            self.keeping.waiting.remove(&kept.file);
            // What cannot be removed is replaced when the next mask is kept.
            let _ = std::fs::remove_file(kept.file);
        }
    }

    /// Asks for the mask that was kept of a scene.
    pub(super) fn restore_mask(&mut self, id: LayerId, scene: &Arc<Scene>) {
        let Some(kept) = self.session.masks.iter().find(|kept| kept.scene == scene.path).cloned() else {
            return;
        };
        // A scene that was closed a moment ago: what was painted is still on its way to the file.
        let Keeping { writing, waiting, .. } = &self.keeping;
        let unwritten =
            waiting.get(&kept.file).map(|writing| &writing.mask).or(writing.get(&kept.file)).cloned();
        let scene = scene.clone();
        self.opening += 1;
        self.away(move || {
            let read = unwritten.map_or_else(
                || mask::from_file(&kept.file, &scene, &FileOptions::default(), &Silent),
                |mask| Ok(mask.mask()),
            );
            let read = read
                .map_err(|error| error.to_string())
                .map(|mask| Box::new(MaskEdit::restored(mask.codes, kept.source.clone(), kept.edited)));
            Arrival::MaskRestored { layer: id, kept, read }
        });
    }

    pub(super) fn mask_restored(
        &mut self,
        id: LayerId,
        kept: &KeptMask,
        read: Result<Box<MaskEdit>, String>,
    ) {
        self.opening = self.opening.saturating_sub(1);
        match read {
            Ok(mask) => {
                let Some(layer) = self.layer_mut(id) else { return };
                if layer.mask.is_none() {
                    layer.mask = Some(*mask);
                    layer.made.forget();
                }
            }
            Err(words) => {
                self.session.masks.retain(|other| other != kept);
                self.messages.warn(format!("the mask that was kept of the scene is gone: {words}"));
            }
        }
    }

    /// Layers whose mask nobody would find again and that would not come back with them.
    pub(super) fn unkept_masks<'a>(
        &self,
        layers: impl Iterator<Item = &'a Layer>,
    ) -> impl Iterator<Item = &'a Layer> {
        let kept = self.keeps_masks();
        layers.filter(move |layer| !kept && layer.mask.as_ref().is_some_and(|mask| mask.edited))
    }
}

/// One file a scene, named by its path's digest.
fn file_name(scene: &Path) -> String {
    let [a, b] = crate::random::key(0, &scene.display().to_string());
    format!("{a:08x}{b:08x}.tif")
}

fn needs_keeping(mask: &MaskEdit) -> bool {
    mask.kept != mask.version && mask.is_own()
}

/// Writes a mask beside its name and renames it.
fn write(file: &Path, scene: &Scene, mask: &Snapshot) -> Result<(), String> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    mask::to_file(&mask.mask(), scene, file, true, &Silent).map_err(|error| error.to_string())
}
