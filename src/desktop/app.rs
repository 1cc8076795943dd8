//! The application's state, and what happens to it between two frames.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use eframe::egui_wgpu::RenderState;

use crate::compute::{Choice, Summary};
use crate::decloud::{DecloudConfig, Preview};
use crate::evaluation::Report;
use crate::jobs::{JobId, Jobs};
use crate::mask::{Alpha, Mask};
use crate::raster::Scene;
use crate::view::{Camera, Renderer, Tiles, View};

use super::commands::Command;
use super::dialogs::Dialog;
use super::display::{Compare, Display};
use super::evaluate::Evaluation;
use super::layer::{self, Kind, Layer, LayerId};
use super::layout::{self, Pane};
use super::map::MapState;
use super::mask_edit::Paint;
use super::messages::Messages;
use super::preview_layer::PreviewLayer;
use super::session::{self, Session};
use super::spectra::Pin;
use super::{theme, tokens};

/// What a job of the window gives.
pub(super) enum Done {
    Mask { layer: LayerId, mask: Mask },
    Result { of: LayerId, path: PathBuf, words: String },
    Exported { files: Vec<PathBuf>, words: String },
    Preview { of: LayerId, preview: Preview, mask: Option<Mask>, seconds: f64 },
    MaskWritten(PathBuf),
    Evaluated(Box<Report>),
    ReportWritten(PathBuf),
}

/// What comes back from threads that are no jobs.
pub(super) enum Arrival {
    Scene { path: PathBuf, kind: Kind, opened: Result<Arc<Scene>, String> },
    Chosen { purpose: Purpose, paths: Vec<PathBuf> },
    Made { layer: LayerId, version: u64, alpha: Alpha },
}

/// What a chosen file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Open,
    ImportMask,
    ExportMask,
    ExportSpectra,
    ExportTo,
    Model,
    EvaluateModel,
    EvaluateData,
    Protocol,
    OpenReport,
    ExportReport,
}

/// How the window is opened.
pub struct Options {
    /// Scenes to open; without any the last session is restored.
    pub scenes: Vec<PathBuf>,
    /// Where the session is kept; none to keep none.
    pub session: Option<PathBuf>,
    /// Where results wait until they are exported.
    pub results: Option<PathBuf>,
    /// Burn's device, in words.
    pub device: Summary,
    /// Where networks compute.
    pub choice: Choice,
}

impl Options {
    /// Scenes, with session and results at their usual places.
    #[must_use]
    pub fn usual(scenes: Vec<PathBuf>, device: Summary, choice: Choice) -> Self {
        Self { scenes, session: session::default_path(), results: session::results_folder(), device, choice }
    }
}

/// The scene that a restored session showed, and how.
struct Restoring {
    scene: PathBuf,
    camera: Option<Camera>,
    pins: Vec<(usize, usize)>,
}

/// The brush.
pub(super) struct Brush {
    pub on: bool,
    /// In scene pixels.
    pub radius: f64,
    pub paint: Paint,
}

/// The window's application.
pub struct App {
    pub(super) context: egui::Context,
    pub(super) device: Summary,
    pub(super) adapter: String,
    pub(super) view: View,
    pub(super) layers: Vec<Layer>,
    next_layer: LayerId,
    pub(super) selected: Option<LayerId>,
    pub(super) display: Display,
    pub(super) camera: Camera,
    pub(super) fit_pending: bool,
    pub(super) map: MapState,
    pub(super) brush: Brush,
    pub(super) pins: Vec<Pin>,
    pub(super) pending_pins: VecDeque<(usize, usize)>,
    pub(super) preview: Option<PreviewLayer>,
    pub(super) preview_job: Option<JobId>,
    pub(super) decloud: DecloudConfig,
    pub(super) evaluation: Evaluation,
    pub(super) jobs: Jobs<Done>,
    pub(super) messages: Messages,
    pub(super) dialog: Option<Dialog>,
    pub(super) tree: egui_tiles::Tree<Pane>,
    pub(super) todo: VecDeque<Command>,
    pub(super) results: Option<PathBuf>,
    arrivals: (Sender<Arrival>, Receiver<Arrival>),
    pub(super) opening: usize,
    /// The scene to be shown when it has been read.
    wanted: Option<PathBuf>,
    pub(super) session: Session,
    pub(super) session_path: Option<PathBuf>,
    pub(super) changed: Option<Instant>,
    pub(super) saved: String,
    /// What the restored session still waits for.
    restoring: Option<Restoring>,
    pub(super) frame_times: FrameTimes,
}

/// How long our own work in the last frames took, in ms.
#[derive(Debug, Default, Clone)]
pub struct FrameTimes(VecDeque<f32>);

impl FrameTimes {
    fn note(&mut self, milliseconds: f32) {
        if self.0.len() == 240 {
            self.0.pop_front();
        }
        self.0.push_back(milliseconds);
    }

    /// The times, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = f32> {
        self.0.iter().copied()
    }
}

impl App {
    /// Makes the window's state. Without a render state everything works but the map stays empty.
    ///
    /// # Errors
    /// Where the system gives no thread, or the shaders are refused by the graphics driver.
    pub fn new(
        context: &egui::Context,
        render_state: Option<&RenderState>,
        options: Options,
    ) -> Result<Self, String> {
        theme::apply(context);
        let renderer = render_state
            .map(|state| Renderer::new(&state.device, &state.queue, state.target_format))
            .transpose()
            .map_err(|words| format!("the map cannot be drawn on this graphics adapter: {words}"))?;
        let adapter = render_state.map_or_else(
            || "none".to_owned(),
            |state| {
                let info = state.adapter.get_info();
                let software = if info.device_type == wgpu::DeviceType::Cpu { " (software)" } else { "" };
                format!("{}{software}", info.name)
            },
        );
        let wake = context.clone();
        let jobs =
            Jobs::new(move || wake.request_repaint()).map_err(|error| format!("no thread: {error}"))?;
        let (session, trouble) = options.session.as_deref().map(Session::read).unwrap_or_default();
        let mut app = Self {
            context: context.clone(),
            device: options.device,
            adapter,
            view: View::new(renderer.map(Arc::new), tokens::TEXTURE_BUDGET),
            layers: Vec::new(),
            next_layer: 1,
            selected: None,
            display: session.display.clone().unwrap_or_default(),
            camera: Camera::default(),
            fit_pending: true,
            map: MapState::default(),
            brush: Brush { on: false, radius: 12.0, paint: Paint::Cloud },
            pins: Vec::new(),
            pending_pins: VecDeque::new(),
            preview: None,
            preview_job: None,
            decloud: DecloudConfig { device: options.choice, ..session.decloud.clone().unwrap_or_default() },
            evaluation: Evaluation::default(),
            jobs,
            messages: Messages::default(),
            dialog: None,
            tree: session.layout.clone().filter(layout::is_whole).unwrap_or_else(layout::standard),
            todo: VecDeque::new(),
            results: options.results,
            arrivals: channel(),
            opening: 0,
            wanted: None,
            session,
            session_path: options.session,
            changed: None,
            saved: String::new(),
            restoring: None,
            frame_times: FrameTimes::default(),
        };
        if let Some(words) = trouble {
            app.messages.warn(words);
        }
        app.begin(options.scenes);
        Ok(app)
    }

    /// Opens what was asked for, or what the last session had open.
    fn begin(&mut self, scenes: Vec<PathBuf>) {
        self.context.set_theme(match self.session.dark {
            Some(false) => egui::ThemePreference::Light,
            _ => egui::ThemePreference::Dark,
        });
        if scenes.is_empty() {
            let kept = self.session.scenes.clone();
            if self.session.running && !kept.is_empty() {
                self.messages.warn("The last session ended unexpectedly; its scenes and view are restored.");
            }
            if let Some(path) = kept.get(self.session.selected).or(kept.first()) {
                self.restoring = Some(Restoring {
                    scene: path.clone(),
                    camera: self.session.camera,
                    pins: self.session.pins.clone(),
                });
            }
            for path in kept {
                self.open(path);
            }
            self.wanted = None;
        } else {
            self.open_all(scenes);
        }
    }

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
        for warning in &scene.warnings {
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

    pub(super) fn layer(&self, id: LayerId) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.id == id)
    }

    pub(super) fn layer_mut(&mut self, id: LayerId) -> Option<&mut Layer> {
        self.layers.iter_mut().find(|layer| layer.id == id)
    }

    /// The source of what is selected: itself, or what the selected result was made of.
    pub(super) fn source_id(&self) -> Option<LayerId> {
        self.layer(self.selected?).map(Layer::family)
    }

    pub(super) fn source(&self) -> Option<&Layer> {
        self.layer(self.source_id()?)
    }

    /// The newest result of the shown source, or the selected one.
    pub(super) fn result_id(&self) -> Option<LayerId> {
        let source = self.source_id()?;
        let selected = self.selected.filter(|&id| id != source);
        selected.or_else(|| {
            let made = |layer: &&Layer| layer.kind == Kind::Result { of: source };
            self.layers.iter().rfind(made).map(|layer| layer.id)
        })
    }

    /// Paths opened lately, newest first.
    pub(super) fn recent(&self) -> &[PathBuf] {
        &self.session.recent
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let started = Instant::now();
        self.receive();
        if self.view.begin_frame(self.layers.iter_mut().map(|layer| &mut layer.tiles)) {
            self.context.request_repaint();
        }
        self.frame_ui(ui);
        self.view.end_frame(self.layers.iter_mut().map(|layer| &mut layer.tiles));
        self.keep_session();
        self.frame_times.note(started.elapsed().as_secs_f32() * 1000.0);
    }

    fn on_exit(&mut self) {
        self.save_session(false);
    }
}
