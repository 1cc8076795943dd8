//! What comes back from threads, and where it goes.

use std::path::PathBuf;
use std::sync::Arc;

use crate::compute::{Choice, Summary};
use crate::decloud::{DecloudConfig, Preview};
use crate::evaluation::Report;
use crate::mask::Survey;
use crate::raster::{Scene, SceneOptions};
use crate::view::Overlay;

use super::app::App;
use super::display::Over;
use super::keep_masks::KeptMask;
use super::latents::Answer;
use super::layer::{self, Kind, LayerId};
use super::mask_edit::MaskEdit;
use super::panels::training::{Choose, Loaded, Trained};

/// What a job of the window gives.
pub(super) enum Done {
    Mask {
        layer: LayerId,
        mask: Box<MaskEdit>,
    },
    Result {
        of: LayerId,
        path: PathBuf,
        words: (String, bool),
        recipe: String,
        how: String,
        /// What the panel said when it was made.
        settings: Box<DecloudConfig>,
        /// The mask that was found on the way.
        mask: Option<Box<MaskEdit>>,
    },
    Exported {
        files: Vec<PathBuf>,
        words: (String, bool),
        recipe: String,
    },
    Preview {
        of: LayerId,
        preview: Preview,
        mask: Option<Box<MaskEdit>>,
        seconds: f64,
    },
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
    EvaluateMasks,
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
        self.follow_selection();
        self.take_pins();
        self.receive_runs();
    }
}
