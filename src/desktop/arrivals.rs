//! What comes back from threads: scenes that were opened, files that were chosen, jobs that ended.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::compute::{Choice, Summary};
use crate::decloud::Preview;
use crate::evaluation::Report;
use crate::mask::Survey;
use crate::raster::{Scene, SceneOptions};
use crate::view::{Overlay, Tiles};

use super::app::{App, Restoring};
use super::display::{Compare, Over};
use super::keep_masks::KeptMask;
use super::latents::Answer;
use super::layer::{self, Kind, Layer, LayerId};
use super::mask_edit::MaskEdit;
use super::panels::training::{Choose, Loaded, Trained};

/// What a job of the window gives.
pub(super) enum Done {
    Mask { layer: LayerId, mask: Box<MaskEdit> },
    Result { of: LayerId, path: PathBuf, words: (String, bool), recipe: String, how: String },
    Exported { files: Vec<PathBuf>, words: (String, bool), recipe: String },
    Preview { of: LayerId, preview: Preview, mask: Option<Box<MaskEdit>>, seconds: f64 },
    MaskWritten(PathBuf),
    Trained(Box<Trained>),
    Evaluated(Box<Report>),
    ReportWritten(PathBuf),
}

/// What comes back from threads that are no jobs.
pub(super) enum Arrival {
    Scene { path: PathBuf, kind: Kind, said: SceneOptions, opened: Result<Arc<Scene>, String> },
    Chosen { purpose: Purpose, paths: Vec<PathBuf> },
    Made { layer: LayerId, version: u64, overlay: Overlay },
    ResultOverlay { layer: LayerId, over: Over, version: u64, read: Result<Overlay, String> },
    Device { choice: Choice, opened: Result<Summary, String> },
    MaskKept { file: PathBuf, done: Result<(), String> },
    MaskRestored { layer: LayerId, kept: KeptMask, read: Result<Box<MaskEdit>, String> },
    Surveyed { asked: (PathBuf, Option<usize>), found: Result<Box<Survey>, String> },
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
        self.open_said(path, None);
    }

    /// The same with what is said of the scene; without, what was said of it before holds. A scene that is open is
    /// read anew where it is described differently.
    pub(super) fn open_said(&mut self, path: PathBuf, said: Option<SceneOptions>) {
        let path = std::path::absolute(&path).unwrap_or(path);
        if let Some(layer) = self.layers.iter().find(|layer| layer.path == path)
            && said.as_ref().is_none_or(|said| *said == layer.said)
        {
            self.selected = Some(layer.id);
            return;
        }
        self.wanted = Some(path.clone());
        let said = said.unwrap_or_else(|| self.session.said_of(&path));
        self.read_scene(path, Kind::Source, said);
    }

    pub(super) fn open_as(&mut self, path: PathBuf, kind: Kind) {
        self.read_scene(path, kind, SceneOptions::default());
    }

    fn read_scene(&mut self, path: PathBuf, kind: Kind, said: SceneOptions) {
        self.opening += 1;
        self.away(move || {
            let opened = layer::open(&path, &said).map(Arc::new);
            Arrival::Scene { path, kind, said, opened }
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
                Arrival::Scene { path, kind, said, opened } => self.arrived(&path, kind, said, opened),
                Arrival::Chosen { purpose, paths } => self.chosen(purpose, paths),
                Arrival::ResultOverlay { layer, over, version, read } => {
                    self.result_overlay_read((layer, over, version), read);
                }
                Arrival::Device { choice, opened } => self.device_opened(choice, opened),
                Arrival::MaskKept { file, done } => self.mask_kept(file, done),
                Arrival::MaskRestored { layer, kept, read } => self.mask_restored(layer, &kept, read),
                Arrival::Surveyed { asked, found } => self.surveyed(&asked, found),
                Arrival::Latent(answer) => self.take_answer(*answer),
                Arrival::Samples(loaded) => self.take_samples(loaded),
                Arrival::Made { layer, version, overlay } => {
                    if let Some(layer) = self.layer_mut(layer) {
                        layer.made.take(version, overlay);
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

    fn arrived(&mut self, path: &Path, kind: Kind, said: SceneOptions, opened: Result<Arc<Scene>, String>) {
        self.opening = self.opening.saturating_sub(1);
        let scene = match opened {
            Ok(scene) => scene,
            Err(words) => {
                self.messages.error(words);
                self.unread = (kind == Kind::Source).then(|| path.to_owned());
                return;
            }
        };
        self.unread = None;
        if kind == Kind::Source {
            self.session.note_said(path, &said);
        }
        if let Some(twin) = self.twin(kind, &scene, &said) {
            let name = layer::name_of(path);
            let words =
                format!("{name} is a part of {}, which is open: all of its bands are shown there.", twin.1);
            self.messages.info(words);
            self.select(twin.0);
            return;
        }
        // What a result lacks its source lacked too, and that was told.
        for warning in scene.warnings.iter().filter(|_| kind == Kind::Source) {
            self.messages.warn(format!("{}: {warning}", layer::name_of(path)));
        }
        if let Some(id) =
            self.layers.iter().find(|layer| layer.path == path && layer.kind == kind).map(|l| l.id)
        {
            self.read_anew(id, scene, said);
            return;
        }
        let id = self.next_layer;
        self.next_layer += 1;
        let tiles = self.tiles_of(id, &scene);
        let mut layer = Layer::new(id, kind, scene, tiles);
        layer.said = said;
        if let (Kind::Result { of }, true) = (kind, path.is_dir()) {
            // A result of several files lies in a folder of ours whose name says nothing.
            let source = self.layer(of).map(|source| source.name.as_str()).unwrap_or_default();
            layer.name = format!("{source}.declouded");
        }
        if let Kind::Result { of } = kind {
            let before = self.layers.iter().filter(|layer| layer.kind == Kind::Result { of }).count();
            let how = self.session.how(path).unwrap_or("another session");
            layer.label = Some(format!("Result {} · {how}", before + 1));
        }
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

    /// The open scene that has the very same bands, where a product was opened by another of its folders.
    fn twin(&self, kind: Kind, scene: &Scene, said: &SceneOptions) -> Option<(LayerId, String)> {
        let own = || scene.bands.iter().map(|band| &band.source);
        let same = |layer: &&Layer| {
            let sources = layer.scene.bands.iter().map(|band| &band.source);
            layer.kind == kind && layer.path != scene.path && layer.said == *said && sources.eq(own())
        };
        let twin = self.layers.iter().find(same).filter(|_| kind == Kind::Source)?;
        Some((twin.id, twin.name.clone()))
    }

    fn tiles_of(&self, id: LayerId, scene: &Arc<Scene>) -> Tiles {
        let context = self.context.clone();
        Tiles::new(id, scene.clone(), Arc::new(move || context.request_repaint()))
    }

    /// Shows a scene that is open as it is described now. What was seen of it before was of other bands or
    /// reflectance; its mask and results stay, since they are made of pixels.
    fn read_anew(&mut self, id: LayerId, scene: Arc<Scene>, said: SceneOptions) {
        self.view.forget(id);
        let tiles = self.tiles_of(id, &scene);
        if self.preview.as_ref().is_some_and(|preview| preview.of == id) {
            self.preview = None;
        }
        self.pins.clear();
        self.explorer.leave();
        self.selected = Some(id);
        let Some(layer) = self.layers.iter_mut().find(|layer| layer.id == id) else { return };
        (layer.scene, layer.tiles, layer.said) = (scene, tiles, said);
        self.display.suit(layer);
        self.touch();
    }

    /// Whether a new scene lies where the one on the screen does.
    fn same_grid(&self, new: &Layer) -> bool {
        self.source()
            .is_some_and(|shown| crate::raster::grid_difference(&shown.scene.grid, &new.scene.grid).is_none())
    }
}
