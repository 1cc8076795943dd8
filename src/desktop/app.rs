//! The application's state, and what happens to it between two frames.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use eframe::egui_wgpu::RenderState;

use crate::compute::{self, Choice, Summary};
use crate::decloud::DecloudConfig;
use crate::jobs::{JobId, Jobs};
use crate::progress::threads_give_way;
use crate::view::{Camera, Renderer, View};

use super::arrivals::{Arrival, Done};
use super::brush::Brush;
use super::commands::Command;
use super::dialogs::Dialog;
use super::display::Display;
use super::evaluate::Evaluation;
use super::frame_times::FrameTimes;
use super::keep_masks::Keeping;
use super::latents::Explorer;
use super::layer::{Layer, LayerId};
use super::layout::{self, Pane};
use super::loss::{Drawing, canvas};
use super::map::MapState;
use super::mask_edit::Paint;
use super::messages::Messages;
use super::panels::training::Training;
use super::pins::Followed;
use super::preview_layer::PreviewLayer;
use super::session::{self, Session};
use super::spectra::Pin;
use super::{theme, tokens};

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
pub(super) struct Restoring {
    pub scene: PathBuf,
    pub camera: Option<Camera>,
    pub pins: Vec<(usize, usize)>,
}

/// The window's application.
pub struct App {
    pub(super) context: egui::Context,
    pub(super) device: Summary,
    pub(super) adapter: String,
    pub(super) view: View,
    pub(super) layers: Vec<Layer>,
    pub(super) next_layer: LayerId,
    pub(super) selected: Option<LayerId>,
    /// The selected layer when the list was drawn last.
    pub(super) listed: Option<LayerId>,
    pub(super) display: Display,
    pub(super) camera: Camera,
    pub(super) fit_pending: bool,
    /// Where the last export of this session went.
    pub(super) export_folder: Option<PathBuf>,
    pub(super) map: MapState,
    pub(super) brush: Brush,
    pub(super) pins: Vec<Pin>,
    pub(super) followed: Followed,
    pub(super) preview: Option<PreviewLayer>,
    pub(super) preview_job: Option<JobId>,
    pub(super) decloud: DecloudConfig,
    pub(super) evaluation: Evaluation,
    pub(super) jobs: Jobs<Done>,
    pub(super) messages: Messages,
    pub(super) dialog: Option<Dialog>,
    pub(super) tree: egui_tiles::Tree<Pane>,
    /// Whether panels are still to be arranged for the window's width.
    pub(super) unarranged: bool,
    pub(super) todo: VecDeque<Command>,
    pub(super) results: Option<PathBuf>,
    /// Jobs that decloud a whole scene into a result, with the scene.
    pub(super) making: Vec<(JobId, LayerId)>,
    pub(super) keeping: Keeping,
    /// Whether the analyst has said that the program may end.
    pub(super) leaving: bool,
    pub(super) arrivals: (Sender<Arrival>, Receiver<Arrival>),
    pub(super) opening: usize,
    /// The scene to be shown when it has been read.
    pub(super) wanted: Option<PathBuf>,
    /// What the window's frame says.
    pub(super) title: String,
    /// The scene that could not be opened last.
    pub(super) unread: Option<PathBuf>,
    pub(super) session: Session,
    pub(super) session_path: Option<PathBuf>,
    /// Whether the session could not be written the last time.
    pub(super) session_refused: bool,
    pub(super) changed: Option<Instant>,
    pub(super) saved: String,
    /// What the restored session still waits for.
    pub(super) restoring: Option<Restoring>,
    pub(super) frame_times: FrameTimes,
    pub(super) drawing: Drawing,
    pub(super) training: Training,
    pub(super) explorer: Explorer,
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
        let adapter = render_state.map_or_else(|| "none".to_owned(), adapter_of);
        // A rasteriser in software shares the cores with this thread, which is to go first: input is answered while a
        // picture is still being drawn.
        threads_give_way(RASTERISER, super::NICE);
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
            listed: None,
            display: session.display.clone().unwrap_or_default(),
            camera: Camera::default(),
            fit_pending: true,
            export_folder: None,
            map: MapState::default(),
            brush: Brush { on: false, radius: 12.0, paint: Paint::Cloud },
            pins: Vec::new(),
            followed: Followed::default(),
            preview: None,
            preview_job: None,
            decloud: DecloudConfig { device: options.choice, ..session.decloud.clone().unwrap_or_default() },
            evaluation: Evaluation::default(),
            jobs,
            messages: Messages::default(),
            dialog: None,
            unarranged: !session.layout.as_ref().is_some_and(layout::is_whole),
            tree: session
                .layout
                .clone()
                .filter(layout::is_whole)
                .unwrap_or_else(|| layout::standard(tokens::WINDOW[0])),
            todo: VecDeque::new(),
            results: options.results,
            making: Vec::new(),
            keeping: Keeping::default(),
            leaving: false,
            arrivals: channel(),
            opening: 0,
            wanted: None,
            title: String::new(),
            unread: None,
            session,
            session_path: options.session,
            session_refused: false,
            changed: None,
            saved: String::new(),
            restoring: None,
            frame_times: FrameTimes::default(),
            drawing: Drawing::new(render_state.map(|state| compute::watch(&canvas(state)))),
            training: Training::default(),
            explorer: Explorer::default(),
        };
        app.take_sweep_renderer(render_state);
        if let Some(words) = trouble {
            app.messages.warn(words);
        }
        for folder in app.session.runs.clone().into_iter().filter(|folder| folder.is_dir()) {
            app.open_run(&folder);
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
}

/// A part of a frame on the window's thread, as a span that `benches/window.rs` measures.
macro_rules! part {
    ($name:literal) => {
        tracing::trace_span!(target: "declouder::frame", $name)
    };
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let started = Instant::now();
        let _frame = part!("frame").entered();
        self.watch_device();
        if self.drawing.lost {
            // Nothing can be drawn any more; the window closes.
            return;
        }
        part!("receive").in_scope(|| self.receive());
        self.guard_end();
        let more = part!("upload")
            .in_scope(|| self.view.begin_frame(self.layers.iter_mut().map(|layer| &mut layer.tiles)));
        if more {
            self.context.request_repaint();
        }
        part!("panels").in_scope(|| self.frame_ui(ui));
        let all = part!("hand over")
            .in_scope(|| self.view.end_frame(self.layers.iter_mut().map(|layer| &mut layer.tiles)));
        if !all {
            self.context.request_repaint();
        }
        part!("keep").in_scope(|| {
            self.keep_session();
            self.keep_title();
        });
        self.frame_times.note(started.elapsed().as_secs_f32() * 1000.0);
    }

    fn on_exit(&mut self) {
        if !self.drawing.lost {
            self.keep_masks_at_exit();
            self.save_session(false);
        }
    }
}

/// What the window is drawn with, in words.
fn adapter_of(state: &RenderState) -> String {
    let info = state.adapter.get_info();
    let software = if info.device_type == wgpu::DeviceType::Cpu { " (software)" } else { "" };
    format!("{}{software}", info.name)
}

/// How the names of the threads of Mesa's rasteriser begin, the software adapter of Linux.
const RASTERISER: &str = "llvmpipe";
