//! One frame: menus, panels, status, and what lies over them.

use std::time::Duration;

use egui_tiles::{SimplificationOptions, TileId, Tiles, UiResponse};

use super::app::App;
use super::commands::{COMMANDS, Command, Menu};
use super::dialogs::short;
use super::display::{Compare, Over};
use super::layout::{self, Pane};
use super::tokens;

impl App {
    /// Everything that is drawn in a frame.
    pub(super) fn frame_ui(&mut self, ui: &mut egui::Ui) {
        let dropped = ui.input(|input| input.raw.dropped_files.clone());
        if !dropped.is_empty() {
            self.open_all(dropped.iter().map(|file| file.path().to_path_buf()).collect());
        }
        if self.dialog.is_none() {
            self.take_shortcuts(ui);
        }
        egui::Panel::top("menu").show(ui, |ui| self.menu_ui(ui));
        egui::Panel::bottom("status").show(ui, |ui| self.status_ui(ui));
        egui::CentralPanel::no_frame().show(ui, |ui| {
            if std::mem::take(&mut self.unarranged) {
                self.tree = layout::standard(ui.available_width());
            }
            let mut tree =
                std::mem::replace(&mut self.tree, egui_tiles::Tree::empty(egui::Id::unique("none")));
            layout::keep_columns(&mut tree, ui.available_width());
            tree.ui(&mut Panels { app: self }, ui);
            self.tree = tree;
        });
        self.dialog_ui(ui);
        self.messages.toasts_ui(ui.ctx(), self.map.rect.right());
        drop_hint_ui(ui);
        self.work_off();
    }

    fn menu_ui(&mut self, ui: &mut egui::Ui) {
        egui::MenuBar::new().ui(ui, |ui| {
            for menu in Menu::ALL {
                ui.menu_button(menu.name(), |ui| {
                    // At a large scale a menu is longer than the window.
                    let most = ui.ctx().content_rect().height() - 60.0;
                    egui::ScrollArea::vertical().max_height(most).min_scrolled_height(most).show(ui, |ui| {
                        for spec in COMMANDS.iter().filter(|spec| spec.menu == menu) {
                            self.item_ui(ui, spec.command);
                            if spec.command == Command::OpenPath {
                                self.recent_ui(ui);
                            }
                        }
                    });
                });
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let words = if self.device.backend == "flex" && self.adapter != "none" {
                    format!("draws: {} · computes: {}", self.adapter, self.device)
                } else {
                    format!("device: {}", self.device)
                };
                ui.add(egui::Label::new(egui::RichText::new(words).weak()).truncate())
                    .on_hover_text("File > Settings… chooses where networks compute");
            });
        });
    }

    /// A command as a menu's item.
    fn item_ui(&mut self, ui: &mut egui::Ui, command: Command) {
        let spec = super::commands::of(command);
        let refusal = self.refusal(command);
        let key = spec.key_words(ui.ctx());
        let on = match command {
            Command::ShowMask => self.display.over == Over::Mask,
            Command::ShowMade => self.display.over == Over::Made,
            Command::ShowSynthetic => self.display.over == Over::Synthetic,
            Command::ShowSpread => self.display.over == Over::Spread,
            Command::Brush => self.brush.on,
            Command::Single => self.display.compare == Compare::Single,
            Command::Swipe => self.display.compare == Compare::Swipe,
            Command::SideBySide => self.display.compare == Compare::SideBySide,
            Command::Difference => self.display.compare == Compare::Difference,
            _ => false,
        };
        ui.add_enabled_ui(refusal.is_none(), |ui| {
            let response = ui
                .add(egui::Button::selectable(on, spec.name).shortcut_text(key))
                .on_hover_text(spec.tip)
                .on_disabled_hover_text(format!("{} — {}", spec.tip, refusal.unwrap_or_default()));
            if response.clicked() {
                self.todo.push_back(command);
                ui.close();
            }
        });
    }

    fn recent_ui(&mut self, ui: &mut egui::Ui) {
        let recent = self.recent().to_vec();
        ui.add_enabled_ui(!recent.is_empty(), |ui| {
            ui.menu_button("Recent", |ui| {
                for path in recent {
                    if ui.button(short(&path)).on_hover_text(path.display().to_string()).clicked() {
                        self.open(path);
                        ui.close();
                    }
                }
            });
        });
    }

    /// Position, values, zoom, and the running job.
    fn status_ui(&mut self, ui: &mut egui::Ui) {
        ui.horizontal(|ui| {
            ui.add(egui::Label::new(egui::RichText::new(self.position_words()).monospace()).truncate());
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                self.job_ui(ui);
                if let Some(share) = self.layers.iter().find_map(|layer| layer.tiles.preparing()) {
                    ui.weak(format!("making overviews {:.0} %", 100.0 * share))
                        .on_hover_text("The file has no overviews; they are made in memory for the display");
                }
                if self.opening > 0 {
                    ui.weak(format!("opening {}", self.opening));
                }
            });
        });
    }

    fn job_ui(&mut self, ui: &mut egui::Ui) {
        let waiting = self.jobs.jobs().count().saturating_sub(1);
        let Some(job) = self.jobs.jobs().next().cloned() else { return };
        let (name, about) = if job.background {
            ("Stop", "Stop it; where it stands is kept")
        } else {
            ("Cancel", "Stop this job (Esc); nothing half-written is left")
        };
        let button = ui.button(name).on_hover_text(about);
        if job.background {
            // The panel has a button of the same name.
            button.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Button, true, "Stop the job in the background")
            });
        }
        if button.clicked() {
            self.jobs.cancel(job.id);
        }
        if waiting > 0 {
            ui.weak(format!("+{waiting}"));
        }
        if let Some(left) = job.left() {
            ui.monospace(format!("{} left", clock(left)));
        }
        match job.share() {
            Some(share) => {
                ui.add(egui::ProgressBar::new(share).desired_width(110.0).show_percentage());
            }
            None => {
                ui.spinner();
            }
        }
        let stage = match job.stage.as_str() {
            _ if job.is_cancelled() => "stopping",
            _ if job.background && self.jobs.is_paused() => "paused",
            stage => stage,
        };
        ui.add(egui::Label::new(format!("{}: {stage}", job.title)).truncate());
    }
}

/// What happens to files that are held over the window.
fn drop_hint_ui(ui: &egui::Ui) {
    if !ui.input(|input| !input.raw.hovered_files.is_empty()) {
        return;
    }
    let rect = ui.ctx().content_rect();
    let painter =
        ui.ctx().layer_painter(egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop")));
    painter.rect_filled(rect, 0.0, tokens::PLATE);
    let font = egui::TextStyle::Heading.resolve(ui.style());
    painter.text(rect.center(), egui::Align2::CENTER_CENTER, "Drop to open", font, tokens::INK);
}

/// Minutes and seconds, or hours too.
pub(super) fn clock(left: Duration) -> String {
    let seconds = left.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}

/// Draws the panels of the arrangement.
struct Panels<'a> {
    app: &'a mut App,
}

impl egui_tiles::Behavior<Pane> for Panels<'_> {
    fn pane_ui(&mut self, ui: &mut egui::Ui, _id: TileId, pane: &mut Pane) -> UiResponse {
        if *pane == Pane::Map {
            self.app.map_ui(ui);
            return UiResponse::None;
        }
        let frame = egui::Frame::new().fill(ui.visuals().panel_fill).inner_margin(tokens::MARGIN);
        frame.show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            match pane {
                Pane::Layers => self.app.layers_ui(ui),
                Pane::Training => self.app.training_ui(ui),
                Pane::Display => self.app.display_ui(ui),
                Pane::Decloud => self.app.decloud_ui(ui),
                Pane::Spectrum => self.app.spectrum_ui(ui),
                Pane::Histogram => self.app.histogram_ui(ui),
                Pane::Sweep => self.app.sweep_ui(ui),
                Pane::Latents => self.app.latents_ui(ui),
                Pane::Evaluation => self.app.evaluation_ui(ui),
                Pane::Log => self.app.messages.log_ui(ui),
                Pane::Map => {}
            }
        });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> egui::WidgetText {
        pane.title().into()
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..SimplificationOptions::default() }
    }

    fn on_edit(&mut self, _action: egui_tiles::EditAction) {
        self.app.touch();
    }

    fn is_tab_closable(&self, _tiles: &Tiles<Pane>, _id: TileId) -> bool {
        false
    }
}
