//! Masks that were painted or imported are kept with the session, and come back with their scene.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::mask::{self, FileOptions, Mask};
use crate::progress::Silent;
use crate::raster::Scene;

use super::app::App;
use super::arrivals::Arrival;
use super::layer::{Layer, LayerId};
use super::mask_edit::MaskEdit;

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

impl App {
    /// Where masks wait: beside the results.
    fn masks_folder(&self) -> Option<PathBuf> {
        Some(self.results.as_deref()?.with_file_name("masks"))
    }

    /// Writes masks that have changed, away from the window, or here where the program ends.
    pub(super) fn keep_masks(&mut self, at_exit: bool) {
        let Some(folder) = self.masks_folder() else { return };
        let changed: Vec<_> = self.layers.iter().filter(|layer| needs_keeping(layer)).map(|l| l.id).collect();
        for id in changed {
            let Some(layer) = self.layer_mut(id) else { continue };
            let Some(edit) = &mut layer.mask else { continue };
            // While one is being written the next state waits.
            if edit.is_writing && !at_exit {
                continue;
            }
            edit.kept = edit.version;
            edit.is_writing = !at_exit;
            let kept = KeptMask {
                scene: layer.path.clone(),
                file: folder.join(file_name(&layer.path)),
                source: edit.source.clone(),
                edited: edit.edited,
            };
            let (scene, mask) = (layer.scene.clone(), edit.mask());
            self.session.masks.retain(|other| other.scene != kept.scene);
            self.session.masks.push(kept.clone());
            if at_exit {
                if let Err(words) = write(&kept.file, &scene, &mask) {
                    tracing::error!("{words}");
                }
            } else {
                self.away(move || Arrival::MaskKept { layer: id, done: write(&kept.file, &scene, &mask) });
                self.touch();
            }
        }
    }

    pub(super) fn mask_kept(&mut self, id: LayerId, done: Result<(), String>) {
        if let Some(edit) = self.layer_mut(id).and_then(|layer| layer.mask.as_mut()) {
            edit.is_writing = false;
        }
        if let Err(words) = done {
            self.messages.warn(format!("the mask cannot be kept with the session: {words}"));
        }
        self.touch();
    }

    /// A mask that a method has just found replaces one that was kept.
    pub(super) fn forget_kept_mask(&mut self, scene: &Path) {
        for kept in self.session.masks.extract_if(.., |kept| kept.scene == scene) {
            // What cannot be removed is replaced when the next mask is kept.
            let _ = std::fs::remove_file(kept.file);
        }
    }

    /// Asks for the mask that was kept of a scene.
    pub(super) fn restore_mask(&mut self, id: LayerId, scene: &Arc<Scene>) {
        let Some(kept) = self.session.masks.iter().find(|kept| kept.scene == scene.path).cloned() else {
            return;
        };
        let scene = scene.clone();
        self.opening += 1;
        self.away(move || {
            let read = mask::from_file(&kept.file, &scene, &FileOptions::default(), &Silent);
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
}

/// One file a scene, named by its path's digest.
fn file_name(scene: &Path) -> String {
    let [a, b] = crate::random::key(0, &scene.display().to_string());
    format!("{a:08x}{b:08x}.tif")
}

fn needs_keeping(layer: &Layer) -> bool {
    layer.mask.as_ref().is_some_and(|mask| mask.kept != mask.version && (mask.edited || mask.is_foreign()))
}

/// Writes a mask beside its name and renames it.
fn write(file: &Path, scene: &Scene, mask: &Mask) -> Result<(), String> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    mask::to_file(mask, scene, file, true, &Silent).map_err(|error| error.to_string())
}
