//! What comes back from threads: scenes that were opened, files that were chosen, jobs that ended.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::compute::{Choice, Summary};
use crate::decloud::Preview;
use crate::evaluation::Report;
use crate::mask::{Alpha, Mask};
use crate::raster::{Plane, Scene};
use crate::view::Tiles;

use super::app::{App, Restoring};
use super::display::{Compare, Over};
use super::keep_masks::KeptMask;
use super::latents::Answer;
use super::layer::{self, Kind, Layer, LayerId};
use super::panels::training::{Choose, Loaded, Trained};

/// What a job of the window gives.
pub(super) enum Done {
    Mask { layer: LayerId, mask: Mask },
    Result { of: LayerId, path: PathBuf, words: String },
    Exported { files: Vec<PathBuf>, words: String },
    Preview { of: LayerId, preview: Preview, mask: Option<Mask>, seconds: f64 },
    MaskWritten(PathBuf),
    Trained(Box<Trained>),
    Evaluated(Box<Report>),
    ReportWritten(PathBuf),
}

/// What comes back from threads that are no jobs.
pub(super) enum Arrival {
    Scene { path: PathBuf, kind: Kind, opened: Result<Arc<Scene>, String> },
    Chosen { purpose: Purpose, paths: Vec<PathBuf> },
    Made { layer: LayerId, version: u64, alpha: Alpha },
    ResultOverlay { layer: LayerId, over: Over, version: u64, read: Result<Plane<u8>, String> },
    Device { choice: Choice, opened: Result<Summary, String> },
    MaskKept { layer: LayerId, done: Result<(), String> },
    MaskRestored { layer: LayerId, kept: KeptMask, read: Result<Mask, String> },
    Samples(Loaded),
    Latent(Box<Answer>),
}

/// What a chosen file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Open,
    ImportMask,
    ExportMask,
    ExportSpectra,
    ExportTo,
    /// A mask for one export.
    GivenMask,
    /// An ONNX model that looks for cloud.
    MaskModel,
    Model,
    S1,
    Reference,
    Training(Choose),
    EvaluateModel,
    EvaluateData,
    Classifier,
    Protocol,
    OpenReport,
    ExportReport,
    ExportAnimation,
    ClearDate,
}

impl App {
    /// Opens several scenes; the first is shown.
    pub fn open_all(&mut self, scenes: Vec<PathBuf>) {
        let first = scenes.first().map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone()));
        for path in scenes {
            self.open(path);
        }
        self.wanted = first;
    }

    /// Opens a scene in the background; it appears when it has been read.
    pub fn open(&mut self, path: PathBuf) {
        let path = std::path::absolute(&path).unwrap_or(path);
        if let Some(layer) = self.layers.iter().find(|layer| layer.path == path) {
            self.selected = Some(layer.id);
            return;
        }
        self.wanted = Some(path.clone());
        self.open_as(path, Kind::Source);
    }

    pub(super) fn open_as(&mut self, path: PathBuf, kind: Kind) {
        self.opening += 1;
        self.away(move || {
            let opened = layer::open(&path).map(Arc::new);
            Arrival::Scene { path, kind, opened }
        });
    }

    /// Runs something slow on a thread of its own.
    pub(super) fn away(&mut self, work: impl FnOnce() -> Arrival + Send + 'static) {
        let (sender, context) = (self.arrivals.0.clone(), self.context.clone());
        let started = std::thread::Builder::new().name("away".into()).spawn(move || {
            // The window may have closed meanwhile; then nobody waits.
            let _ = sender.send(work());
            context.request_repaint();
        });
        if let Err(error) = started {
            self.messages
                .error(format!("the system gives no thread ({error}); close other programs and try again"));
        }
    }

    /// Takes in what threads and jobs have done.
    pub(super) fn receive(&mut self) {
        while let Ok(arrival) = self.arrivals.1.try_recv() {
            match arrival {
                Arrival::Scene { path, kind, opened } => self.arrived(&path, kind, opened),
                Arrival::Chosen { purpose, paths } => self.chosen(purpose, paths),
                Arrival::ResultOverlay { layer, over, version, read } => {
                    self.result_overlay_read((layer, over, version), read);
                }
                Arrival::Device { choice, opened } => self.device_opened(choice, opened),
                Arrival::MaskKept { layer, done } => self.mask_kept(layer, done),
                Arrival::MaskRestored { layer, kept, read } => self.mask_restored(layer, &kept, read),
                Arrival::Latent(answer) => self.take_answer(*answer),
                Arrival::Samples(loaded) => self.take_samples(loaded),
                Arrival::Made { layer, version, alpha } => {
                    if let Some(layer) = self.layer_mut(layer) {
                        layer.made.take(version, alpha);
                    }
                }
            }
        }
        while let Some(event) = self.jobs.poll() {
            self.job_event(event);
        }
        for layer in &mut self.layers {
            for words in layer.tiles.take_errors() {
                self.messages.error(words);
            }
        }
        self.take_pins();
        self.receive_runs();
    }

    fn arrived(&mut self, path: &Path, kind: Kind, opened: Result<Arc<Scene>, String>) {
        self.opening = self.opening.saturating_sub(1);
        let scene = match opened {
            Ok(scene) => scene,
            Err(words) => {
                self.messages.error(words);
                return;
            }
        };
        // What a result lacks its source lacked too, and that was told.
        for warning in scene.warnings.iter().filter(|_| kind == Kind::Source) {
            self.messages.warn(format!("{}: {warning}", layer::name_of(path)));
        }
        let id = self.next_layer;
        self.next_layer += 1;
        let context = self.context.clone();
        let tiles = Tiles::new(id, scene.clone(), Arc::new(move || context.request_repaint()));
        let layer = Layer::new(id, kind, scene, tiles);
        let restored = self.restoring.as_ref().is_some_and(|wanted| wanted.scene == path);
        match kind {
            Kind::Source => {
                self.session.note_recent(path);
                self.restore_mask(id, &layer.scene);
                // What was made of it and never exported comes back with it.
                for result in self.session.results_of(path) {
                    self.open_as(result, Kind::Result { of: id });
                }
                let first = self.selected.is_none();
                if first || restored || self.wanted.as_deref() == Some(path) {
                    self.display.suit(&layer);
                    self.selected = Some(id);
                    // A series lies on one grid: its dates are looked at from one place.
                    self.fit_pending |= first || !self.same_grid(&layer);
                }
                // The dates of a series arrive as they are read; they are listed by name.
                let after = |other: &Layer| {
                    other.path.parent() == layer.path.parent()
                        && layer::natural(&other.name, &layer.name).is_gt()
                };
                let at = self.layers.iter().position(after).unwrap_or(self.layers.len());
                self.layers.insert(at, layer);
            }
            Kind::Result { of } if self.layer(of).is_none() => {
                self.drop_result(path);
                return;
            }
            Kind::Result { of } => {
                let at = self
                    .layers
                    .iter()
                    .rposition(|other| other.family() == of)
                    .map_or(self.layers.len(), |at| at + 1);
                self.layers.insert(at, layer);
                // A restored result changes nothing of how the session was left.
                if self.session.results.iter().any(|(_, known)| known == path) {
                    return;
                }
                self.selected = Some(of);
                if self.display.compare == Compare::Single {
                    self.display.compare = Compare::Swipe;
                }
            }
        }
        if restored && let Some(Restoring { camera, pins, .. }) = self.restoring.take() {
            if let Some(camera) = camera {
                self.camera = camera;
                self.fit_pending = false;
            }
            self.pending_pins.extend(pins);
        }
        self.touch();
    }

    /// Whether a new scene lies where the one on the screen does.
    fn same_grid(&self, new: &Layer) -> bool {
        self.source()
            .is_some_and(|shown| crate::raster::grid_difference(&shown.scene.grid, &new.scene.grid).is_none())
    }
}
