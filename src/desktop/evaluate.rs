//! An evaluation in the window: what is asked for, the job, and what is known of it while it runs.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::compute;
use crate::decloud;
use crate::evaluation::album::{Album, Page, Rank, Shows};
use crate::evaluation::html::{self, Document};
use crate::evaluation::report::ImageReport;
use crate::evaluation::{
    self, EvaluateConfig, Made, Method, ModelMethod, Report, SetConfig, Watch, evaluate_watched,
};
use crate::jobs::{JobId, Jobs};
use crate::progress::Monitor;
use crate::raster::export::{commit, stage_text};

use super::app::App;
use super::arrivals::{Done, Purpose};
use super::dialogs::{After, Dialog, expanded, label};
use super::layout::{self, Pane};
use super::{layer, tokens};

/// Largest side of a picture, in pixels.
const SIDE_PX: usize = 168;
/// Best images, and as many worst, of each set in an exported page.
const EXPORTED: usize = 6;

/// What is to be evaluated, as it is typed: a path a line.
#[derive(Debug, Clone, Default)]
pub(super) struct Setup {
    pub shipped: bool,
    pub models: String,
    pub data: String,
    pub masks: String,
    pub protocol: String,
}

/// A report's file that is being named.
#[derive(Debug, Clone)]
pub(super) struct ReportPath {
    pub path: String,
    pub export: bool,
    pub overwrite: bool,
}

/// What is known while an evaluation runs, and the pictures that it leaves.
#[derive(Default)]
pub(super) struct Live {
    pub images: Vec<Vec<ImageReport>>,
    pub pages: Vec<Vec<Page>>,
}

/// The panel's state.
pub(super) struct Evaluation {
    pub setup: Setup,
    pub job: Option<JobId>,
    pub live: Arc<Mutex<Live>>,
    pub report: Option<Report>,
    /// What is shown.
    pub set: usize,
    pub method: String,
    pub rank: Rank,
    pub shows: Shows,
    pub textures: HashMap<(usize, String, Shows), egui::TextureHandle>,
}

impl Default for Evaluation {
    fn default() -> Self {
        Self {
            setup: Setup { shipped: true, ..Setup::default() },
            job: None,
            live: Arc::default(),
            report: None,
            set: 0,
            method: String::new(),
            rank: Rank::default(),
            shows: Shows::Result,
            textures: HashMap::new(),
        }
    }
}

impl Evaluation {
    /// Whether its job has not ended.
    pub fn is_running(&self, jobs: &Jobs<Done>) -> bool {
        self.job.is_some_and(|id| jobs.jobs().any(|job| job.id == id))
    }

    /// Looks into what the job tells.
    pub fn with_live<T>(&self, look: impl FnOnce(&Live) -> T) -> T {
        look(&self.live.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Stands beside the evaluation and hands on what it sees.
struct Onlooker {
    album: Album,
    live: Arc<Mutex<Live>>,
}

impl Watch for Onlooker {
    fn made(&mut self, made: &Made<'_>, monitor: &dyn Monitor) -> evaluation::Result<()> {
        self.album.made(made, monitor)
    }

    fn measured(&mut self, set: usize, image: &ImageReport) {
        self.album.measured(set, image);
        let pages = self.album.take_out(set);
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        if live.images.len() <= set {
            live.images.resize_with(set + 1, Vec::new);
            live.pages.resize_with(set + 1, Vec::new);
        }
        live.images[set].push(image.clone());
        live.pages[set].extend(pages);
    }
}

impl Setup {
    /// The same as the library takes it.
    fn config(&self) -> Result<EvaluateConfig, String> {
        let protocol = self.protocol.trim();
        let config = if protocol.is_empty() {
            let masks = Some(self.masks.trim()).filter(|path| !path.is_empty()).map(expanded);
            let set = |data: PathBuf| SetConfig { data, masks: masks.clone(), ..SetConfig::default() };
            EvaluateConfig { sets: paths(&self.data).map(set).collect(), ..EvaluateConfig::default() }
        } else {
            EvaluateConfig::read(&expanded(protocol)).map_err(|error| error.to_string())?
        };
        config.check().map_err(|error| error.to_string())?;
        Ok(config)
    }

    pub fn ui(&mut self, ui: &mut egui::Ui) -> After {
        ui.heading("Evaluate");
        ui.weak("Measures models and baselines against clear dates, as declouder evaluate does.");
        let mut after = After::Stay;
        ui.checkbox(&mut self.shipped, "Shipped model")
            .on_hover_text("The L1C model that the program brings");
        let mut field = |ui: &mut egui::Ui,
                         text: &mut String,
                         name: &str,
                         hint: &str,
                         rows: usize,
                         purpose: Option<Purpose>| {
            ui.horizontal(|ui| {
                ui.label(name);
                if let Some(purpose) = purpose
                    && ui
                        .button("Choose…")
                        .on_hover_text(format!("Choose: {}", name.to_lowercase()))
                        .clicked()
                {
                    after = After::Choose(purpose);
                }
            });
            let edit = egui::TextEdit::multiline(text).desired_rows(rows).hint_text(hint);
            let response = ui.add(edit.desired_width(f32::INFINITY));
            label(&response, name);
        };
        field(
            ui,
            &mut self.models,
            "Models",
            "other .safetensors, one a line",
            2,
            Some(Purpose::EvaluateModel),
        );
        field(
            ui,
            &mut self.data,
            "Test folders",
            "with cloudy/ and clear/, one a line",
            2,
            Some(Purpose::EvaluateData),
        );
        field(
            ui,
            &mut self.masks,
            "Masks folder",
            "reference masks named like the pairs; empty to detect",
            1,
            None,
        );
        field(
            ui,
            &mut self.protocol,
            "Protocol file",
            "a .toml with test sets, instead of folders",
            1,
            Some(Purpose::Protocol),
        );
        let some = !(self.data.trim().is_empty() && self.protocol.trim().is_empty());
        ui.add_space(tokens::GAP);
        ui.horizontal(|ui| {
            let button = ui.add_enabled(some, egui::Button::new("Evaluate now"));
            if button.on_disabled_hover_text("name a test folder or a protocol file").clicked() {
                after = After::Evaluate(self.clone());
            }
            if ui.button("Cancel").clicked() {
                after = After::Close;
            }
        });
        after
    }
}

impl ReportPath {
    pub fn ui(&mut self, ui: &mut egui::Ui) -> After {
        ui.heading(if self.export { "Export report" } else { "Open report" });
        ui.weak(if self.export {
            "A page with plots and pictures where the name ends in .html, else JSON."
        } else {
            "A report in JSON, as declouder evaluate or this window writes it."
        });
        let mut after = After::Stay;
        ui.horizontal(|ui| {
            if ui.button("Choose…").clicked() {
                after = After::Choose(if self.export { Purpose::ExportReport } else { Purpose::OpenReport });
            }
            let field = ui.add(egui::TextEdit::singleline(&mut self.path).desired_width(f32::INFINITY));
            label(&field, "Report file");
        });
        if self.export {
            ui.checkbox(&mut self.overwrite, "Replace existing files");
        }
        ui.add_space(tokens::GAP);
        ui.horizontal(|ui| {
            let name = if self.export { "Write report" } else { "Show report" };
            if ui.add_enabled(!self.path.trim().is_empty(), egui::Button::new(name)).clicked() {
                after = After::Report(self.clone());
            }
            if ui.button("Cancel").clicked() {
                after = After::Close;
            }
        });
        after
    }
}

impl Dialog {
    /// Asks for a report's file; one to be written lies in the home folder unless the analyst says otherwise.
    pub fn report(export: bool) -> Self {
        let home = || std::env::home_dir().unwrap_or_default().join("report.html").display().to_string();
        Self::Report(ReportPath {
            path: if export { home() } else { String::new() },
            export,
            overwrite: false,
        })
    }
}

impl App {
    pub(super) fn evaluate_dialog(&self) -> Dialog {
        Dialog::Evaluate(self.evaluation.setup.clone())
    }

    /// Takes files from the system's dialog into ours.
    pub(super) fn chosen_for_evaluation(&mut self, purpose: Purpose, paths: &[PathBuf]) {
        let lines: Vec<_> = paths.iter().map(|path| path.display().to_string()).collect();
        let add = |text: &mut String| {
            let all = format!("{}\n{}", text.trim_end(), lines.join("\n"));
            all.trim().clone_into(text);
        };
        match (&mut self.dialog, purpose) {
            (Some(Dialog::Evaluate(setup)), Purpose::EvaluateModel) => add(&mut setup.models),
            (Some(Dialog::Evaluate(setup)), Purpose::EvaluateData) => add(&mut setup.data),
            (Some(Dialog::Evaluate(setup)), _) => setup.protocol = lines.concat(),
            (Some(Dialog::Report(report)), _) => report.path = lines.concat(),
            _ => {}
        }
    }

    /// Starts the job. What it finds comes into the panel while it runs.
    pub(super) fn evaluate(&mut self, setup: Setup) {
        let config = match setup.config() {
            Ok(config) => config,
            Err(words) => {
                self.messages.error(words);
                self.dialog = Some(Dialog::Evaluate(setup));
                return;
            }
        };
        let live = Arc::new(Mutex::new(Live::default()));
        let (models, shipped) = (paths(&setup.models).collect::<Vec<_>>(), setup.shipped);
        self.evaluation = Evaluation {
            setup,
            live: live.clone(),
            rank: self.evaluation.rank,
            shows: self.evaluation.shows,
            ..Evaluation::default()
        };
        let choice = self.decloud.device;
        let job = self.jobs.submit(
            "Evaluate",
            Box::new(move |monitor| {
                let compute = compute::open(choice).map_err(|error| error.to_string())?;
                compute.run(|| work(&config, shipped, &models, &compute, live, monitor))
            }),
        );
        self.evaluation.job = Some(job);
        layout::raise(&mut self.tree, Pane::Evaluation);
    }

    /// Shows a report.
    pub(super) fn take_report(&mut self, report: Report) {
        self.messages.info(evaluation::verdict::verdict(&report).headline);
        self.evaluation.job = None;
        self.evaluation.report = Some(report);
        self.evaluation.set = 0;
        layout::raise(&mut self.tree, Pane::Evaluation);
    }

    pub(super) fn open_or_export(&mut self, file: ReportPath) {
        let path = expanded(file.path.trim());
        if file.export {
            self.export_report(path, file.overwrite);
            return;
        }
        match read_report(&path) {
            Ok(report) => {
                self.evaluation =
                    Evaluation { setup: self.evaluation.setup.clone(), ..Evaluation::default() };
                self.take_report(report);
            }
            Err(words) => {
                self.messages.error(words);
                self.dialog = Some(Dialog::Report(file));
            }
        }
    }

    fn export_report(&mut self, path: PathBuf, overwrite: bool) {
        let Some(report) = self.evaluation.report.clone() else { return };
        let (live, method, rank) =
            (self.evaluation.live.clone(), self.evaluation.method.clone(), self.evaluation.rank);
        self.jobs.submit(
            format!("Export {}", layer::name_of(&path)),
            Box::new(move |_| {
                let live = live.lock().unwrap_or_else(PoisonError::into_inner);
                let is_page = path
                    .extension()
                    .is_some_and(|end| end.eq_ignore_ascii_case("html") || end.eq_ignore_ascii_case("htm"));
                let text = if is_page {
                    let album = Album::of(&report, &method, rank, EXPORTED, &live.pages);
                    html::render(&Document { report: &report, album: Some(&album), trainings: &[] })
                } else {
                    serde_json::to_string_pretty(&report).map_err(|error| error.to_string())? + "\n"
                };
                let staged = stage_text(&path, &text, overwrite).map_err(|error| error.to_string())?;
                commit(vec![staged]).map_err(|error| error.to_string())?;
                Ok(Done::ReportWritten(path))
            }),
        );
    }
}

/// The evaluation itself, on the thread that tensors live on.
fn work(
    config: &EvaluateConfig,
    shipped: bool,
    paths: &[PathBuf],
    compute: &compute::Compute,
    live: Arc<Mutex<Live>>,
    monitor: &dyn Monitor,
) -> Result<Done, String> {
    let device = &compute.device;
    let mut models = Vec::new();
    if shipped {
        let loaded = decloud::shipped_model(device).map_err(|error| error.to_string())?;
        models.push(ModelMethod::of(Path::new("shipped.safetensors"), loaded, device));
    }
    for path in paths {
        models.push(ModelMethod::open(path, device).map_err(|error| error.to_string())?);
    }
    let methods: Vec<&dyn Method> = models.iter().map(|model| model as &dyn Method).collect();
    let shown = methods.first().map_or(evaluation::BASELINE, |method| method.name());
    let rank = Rank { gain: false, ..Rank::default() };
    // One image's page at a time: it goes to the window at once.
    let mut onlooker = Onlooker { album: Album::new(shown, rank, 1, SIDE_PX), live };
    let report =
        evaluate_watched(config, &methods, &mut onlooker, monitor).map_err(|error| error.to_string())?;
    Ok(Done::Evaluated(Box::new(report)))
}

fn read_report(path: &Path) -> Result<Report, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("the report cannot be read ({error}): {}", path.display()))?;
    serde_json::from_str(&text)
        .map_err(|error| format!("this is no report of declouder evaluate ({error}): {}", path.display()))
}

/// The paths of some lines.
fn paths(text: &str) -> impl Iterator<Item = PathBuf> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(expanded)
}
