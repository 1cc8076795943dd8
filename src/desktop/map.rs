//! The map: what is under the pointer, how it moves, what is drawn.

use egui::{Pos2, Rect, Sense, Ui};

use super::app::App;
use super::commands::Command;
use super::display::Compare;
use super::layer::LayerId;
use super::{theme, tokens};

/// What the map remembers from frame to frame.
pub(super) struct MapState {
    /// Where the map was drawn last.
    pub rect: Rect,
    /// The scene position under the pointer.
    pub hover: Option<[f64; 2]>,
    /// Where a box or a stroke began or went on, on the screen.
    pub from: Option<Pos2>,
    pub drag: Drag,
    /// Whether the source is shown in place of the result while a key is held.
    pub flicker: bool,
    /// Whether this frame shows anything of what lies over the map.
    pub overlaid: bool,
    /// The pointer on the screen.
    pub pointer: Option<Pos2>,
    /// Which values were asked for last: of what source, what result, what pixel.
    asked: Option<Asked>,
}

/// Source, result, and the pixel in both.
type Asked = (Option<LayerId>, Option<LayerId>, (usize, usize));

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drag {
    None,
    Pan,
    Box,
    Swipe,
    Paint,
}

impl Default for MapState {
    fn default() -> Self {
        Self {
            rect: Rect::from_min_size(Pos2::ZERO, egui::vec2(800.0, 600.0)),
            hover: None,
            from: None,
            drag: Drag::None,
            flicker: false,
            overlaid: false,
            pointer: None,
            asked: None,
        }
    }
}

impl App {
    pub(super) fn map_ui(&mut self, ui: &mut Ui) {
        let _map = tracing::trace_span!(target: "declouder::frame", "map").entered();
        let rect = ui.available_rect_before_wrap();
        let response = ui.allocate_rect(rect, Sense::click_and_drag());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, "Map of the scene"));
        ui.painter_at(rect).rect_filled(rect, 0.0, theme::map_background(ui.visuals()));
        self.map.rect = rect;
        if self.source().is_none() {
            self.empty_ui(ui, rect);
            return;
        }
        self.fit_if_pending();
        self.map.flicker = self.dialog.is_none()
            && !ui.ctx().egui_wants_keyboard_input()
            && ui.input(|input| input.key_down(egui::Key::Q) && !input.modifiers.command);
        self.move_ui(ui, &response);
        if let Some(source) = self.source() {
            let grid = source.scene.grid.clone();
            self.camera.keep_on(&grid);
        }
        self.probe_hover();
        self.draw_map(ui, rect);
        self.marks_ui(ui, rect, &response);
    }

    /// What to do first, where there is nothing to see.
    fn empty_ui(&mut self, ui: &mut Ui, rect: Rect) {
        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(rect.shrink(24.0)));
        inner.vertical_centered(|ui| {
            ui.add_space(rect.height() * 0.3);
            if self.opening > 0 {
                ui.spinner();
                ui.label("Opening…");
                return;
            }
            ui.heading("Open a scene");
            ui.weak("A GeoTIFF, a Sentinel-2 product (SAFE folder, zip or MTD xml), a BigEarthNet patch or a folder of bands.");
            ui.add_space(tokens::GAP);
            if ui.button("Open files…").clicked() {
                self.todo.push_back(Command::Open);
            }
            if ui.button("Type a path…").clicked() {
                self.todo.push_back(Command::OpenPath);
            }
            ui.weak("Or drop files here.");
        });
    }

    /// The part of the map that belongs to the source, and the one of the result.
    pub(super) fn halves(&self, rect: Rect) -> (Rect, Rect) {
        if self.display.compare == Compare::SideBySide {
            rect.split_left_right_at_fraction(0.5)
        } else {
            (rect, rect)
        }
    }

    /// The scene pixel at a position, where there is one.
    pub(super) fn pixel(&self, at: [f64; 2]) -> Option<(usize, usize)> {
        let grid = &self.source()?.scene.grid;
        let inside = at[0] >= 0.0 && at[1] >= 0.0 && at[0] < grid.width as f64 && at[1] < grid.height as f64;
        inside.then_some((at[0] as usize, at[1] as usize))
    }

    pub(super) fn pin_at(&mut self, at: Pos2) {
        let place = self.camera.to_scene(self.view_at(at), at);
        if let Some(pixel) = self.pixel(place) {
            self.pin(pixel);
        }
    }

    /// Asks for the values under the pointer when it has moved to another pixel, or something else is shown there.
    fn probe_hover(&mut self) {
        if self.awaits_pins() {
            return;
        }
        let Some(pixel) = self.map.hover.and_then(|at| self.pixel(at)) else { return };
        let asked = Some((self.source_id(), self.result_id(), pixel));
        if self.map.asked != asked {
            self.map.asked = asked;
            self.ask_probes(pixel);
        }
    }

    pub(super) fn ask_probes(&self, at: (usize, usize)) {
        for id in [self.source_id(), self.result_id()].into_iter().flatten() {
            if let Some(layer) = self.layer(id) {
                layer.tiles.ask_probe(at);
            }
        }
    }
}
