//! The window: opens scenes and shows what they are. It computes nothing itself.

mod open;
mod tokens;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

use egui_plot::{Legend, Line, Plot, PlotPoints};

use crate::compute::{Choice, Summary};
use open::Opened;

/// A scene, or why it cannot be opened, worded for the analyst.
type Read = Result<Opened, String>;

/// The application's state: what is open and what is being opened.
pub struct App {
    device: Summary,
    scenes: Vec<Opened>,
    selected: usize,
    errors: Vec<String>,
    waiting: usize,
    results: (Sender<Read>, Receiver<Read>),
}

impl App {
    /// A window without scenes; `device` is shown in the menu bar.
    #[must_use]
    pub fn new(device: Summary) -> Self {
        Self { device, scenes: Vec::new(), selected: 0, errors: Vec::new(), waiting: 0, results: channel() }
    }

    /// Opens a scene in the background; it appears when it has been read.
    pub fn open(&mut self, path: PathBuf, context: &egui::Context) {
        let (sender, context) = (self.results.0.clone(), context.clone());
        let name = path.display().to_string();
        let worker = std::thread::Builder::new().name("open".into()).spawn(move || {
            // The window may have closed meanwhile; then nobody waits for the scene.
            let _ = sender.send(open::open(&path));
            context.request_repaint();
        });
        match worker {
            Ok(_) => self.waiting += 1,
            Err(error) => self.errors.push(format!("cannot start reading {name}: {error}")),
        }
    }

    fn receive(&mut self) {
        while let Ok(result) = self.results.1.try_recv() {
            self.waiting = self.waiting.saturating_sub(1);
            match result {
                Ok(scene) => {
                    self.selected = self.scenes.len();
                    self.scenes.push(scene);
                }
                Err(message) => self.errors.push(message),
            }
        }
    }

    fn ask_for_scenes(&mut self, context: &egui::Context) {
        let chosen = rfd::FileDialog::new()
            .set_title("Open scenes")
            .add_filter("Scenes", &["tif", "tiff", "jp2", "xml", "zip"])
            .pick_files();
        for path in chosen.unwrap_or_default() {
            self.open(path, context);
        }
    }

    fn menu_ui(&mut self, ui: &mut egui::Ui) {
        egui::MenuBar::new().ui(ui, |ui| {
            ui.menu_button("File", |ui| {
                if ui.button("Open…").on_hover_text("Open one or more scenes").clicked() {
                    self.ask_for_scenes(&ui.ctx().clone());
                }
                if ui.button("Quit").clicked() {
                    ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
                }
            });
            ui.menu_button("View", egui::widgets::global_theme_preference_buttons);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.label(egui::RichText::new(format!("device: {}", self.device)).weak());
            });
        });
    }

    fn scenes_ui(&mut self, ui: &mut egui::Ui) {
        ui.add_space(tokens::GAP);
        ui.heading("Scenes");
        ui.add_space(tokens::GAP);
        for (index, scene) in self.scenes.iter().enumerate() {
            if ui.selectable_label(index == self.selected, &scene.name).clicked() {
                self.selected = index;
            }
        }
        if self.waiting > 0 {
            ui.horizontal(|ui| {
                ui.spinner();
                ui.label("reading…");
            });
        }
        self.errors.retain(|error| {
            ui.add_space(tokens::GAP);
            ui.colored_label(ui.visuals().error_fg_color, error);
            !ui.small_button("Dismiss").clicked()
        });
    }

    fn central_ui(&mut self, ui: &mut egui::Ui) {
        let Some(scene) = self.scenes.get(self.selected) else {
            ui.centered_and_justified(|ui| {
                ui.label("Open a scene with File > Open…, drop one here, or start with\ndeclouder SCENE");
            });
            return;
        };
        ui.add_space(tokens::GAP);
        ui.heading(&scene.name);
        ui.add_space(tokens::GAP);
        egui::Grid::new("facts").num_columns(2).spacing([tokens::COLUMN_GAP, tokens::GAP]).show(ui, |ui| {
            for (label, value) in &scene.facts {
                ui.label(egui::RichText::new(*label).weak());
                ui.label(value);
                ui.end_row();
            }
        });
        for warning in &scene.warnings {
            ui.colored_label(ui.visuals().warn_fg_color, warning);
        }
        ui.add_space(tokens::GAP);
        spectrum_ui(ui, scene);
    }
}

/// Mean reflectance over wavelength.
fn spectrum_ui(ui: &mut egui::Ui, scene: &Opened) {
    if scene.spectrum.is_empty() {
        return;
    }
    Plot::new("spectrum")
        .legend(Legend::default())
        .x_axis_label("wavelength (nm)")
        .y_axis_label("mean reflectance")
        .include_y(0.0)
        .show(ui, |plot| {
            plot.line(Line::new("scene mean", PlotPoints::from(scene.spectrum.clone())));
        });
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.receive();
        let context = ui.ctx().clone();
        let dropped = context.input(|input| input.raw.dropped_files.clone());
        for path in dropped.iter().map(|file| file.path().to_path_buf()) {
            self.open(path, &context);
        }
        egui::Panel::top("menu").show(ui, |ui| self.menu_ui(ui));
        egui::Panel::left("scenes").exact_size(tokens::SIDE_PANEL).show(ui, |ui| self.scenes_ui(ui));
        egui::CentralPanel::default().show(ui, |ui| self.central_ui(ui));
    }
}

/// Opens the window on scenes and returns when it is closed.
///
/// # Errors
/// When there is no display, or no graphics adapter can draw.
pub fn run(scenes: &[PathBuf], choice: Choice) -> anyhow::Result<()> {
    let compute = crate::compute::open(choice)?;
    let device = compute.summary.clone();
    let mut options = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_title("Declouder")
            .with_app_id("declouder")
            .with_inner_size(tokens::WINDOW)
            .with_min_inner_size(tokens::WINDOW_MIN),
        ..eframe::NativeOptions::default()
    };
    if let Some(setup) = compute.setup {
        // One device for Burn and the window: tensors can be drawn without a copy.
        options.wgpu_options.wgpu_setup =
            eframe::egui_wgpu::WgpuSetup::Existing(eframe::egui_wgpu::WgpuSetupExisting {
                instance: setup.instance,
                adapter: setup.adapter,
                device: setup.device,
                queue: setup.queue,
            });
    }
    let scenes: Vec<_> = scenes.iter().map(|path| Path::to_path_buf(path)).collect();
    eframe::run_native(
        "declouder",
        options,
        Box::new(move |creation| {
            let mut app = App::new(device);
            for path in scenes {
                app.open(path, &creation.egui_ctx);
            }
            Ok(Box::new(app))
        }),
    )
    .map_err(|error| {
        anyhow::anyhow!(
            "the window cannot open ({error}); without a display use the commands in declouder --help"
        )
    })
}
