//! The map: what is under the pointer, how it moves, what is drawn.

use egui::{Pos2, Rect, Sense, Stroke, Ui};

use super::app::App;
use super::commands::Command;
use super::display::{Compare, Over};
use super::{theme, tokens};

/// What the map remembers from frame to frame.
pub(super) struct MapState {
    /// Where the map was drawn last.
    pub rect: Rect,
    /// The scene position under the pointer.
    pub hover: Option<[f64; 2]>,
    /// Where a box or a stroke began or went on, on the screen.
    from: Option<Pos2>,
    drag: Drag,
    /// Whether the source is shown in place of the result while a key is held.
    pub flicker: bool,
    asked: Option<(usize, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Drag {
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
            asked: None,
        }
    }
}

impl App {
    pub(super) fn map_ui(&mut self, ui: &mut Ui) {
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

    /// The view a point of the screen belongs to.
    fn view_at(&self, at: Pos2) -> Rect {
        let (left, right) = self.halves(self.map.rect);
        if left.contains(at) { left } else { right }
    }

    fn move_ui(&mut self, ui: &Ui, response: &egui::Response) {
        let pointer = response.hover_pos().or(response.interact_pointer_pos());
        self.map.hover = pointer.map(|at| self.camera.to_scene(self.view_at(at), at));
        if let Some(at) = response.hover_pos() {
            self.wheel(ui, at);
        }
        self.arrows(ui);
        let Some(at) = response.interact_pointer_pos() else { return };
        if response.drag_started() {
            self.begin_drag(ui, response, at);
        }
        if response.clicked() && !self.brush.on {
            self.pin_at(at);
        }
        // A click with the brush is a stroke of one dab.
        if response.clicked() && self.brush.on {
            self.map.from = Some(at);
            self.paint_to(at);
            self.end_stroke();
        }
        if response.dragged() {
            self.go_on_drag(ui, response, at);
        }
        if response.drag_stopped() {
            self.end_drag(at);
        }
    }

    fn wheel(&mut self, ui: &Ui, at: Pos2) {
        let (scroll, zoom, space, delta) = ui.input(|input| {
            (
                input.smooth_scroll_delta().y,
                input.zoom_delta(),
                input.key_down(egui::Key::Space),
                input.pointer.delta(),
            )
        });
        let view = self.view_at(at);
        if scroll != 0.0 {
            self.camera.zoom_at(view, at, f64::from(scroll / 200.0).exp());
            self.touch();
        }
        if (zoom - 1.0).abs() > f32::EPSILON {
            // Ctrl and the wheel: finer.
            self.camera.zoom_at(view, at, f64::from(zoom).powf(0.4));
            self.touch();
        }
        if space && !ui.ctx().egui_wants_keyboard_input() {
            self.camera.pan(delta);
        }
    }

    fn arrows(&mut self, ui: &Ui) {
        if self.dialog.is_some() || ui.ctx().egui_wants_keyboard_input() {
            return;
        }
        let steps = [
            (egui::Key::ArrowLeft, egui::vec2(1.0, 0.0)),
            (egui::Key::ArrowRight, egui::vec2(-1.0, 0.0)),
            (egui::Key::ArrowUp, egui::vec2(0.0, 1.0)),
            (egui::Key::ArrowDown, egui::vec2(0.0, -1.0)),
        ];
        for (key, step) in steps {
            if ui.input(|input| input.key_pressed(key)) {
                self.camera.pan(step * tokens::PAN_STEP);
                self.touch();
            }
        }
    }

    fn begin_drag(&mut self, ui: &Ui, response: &egui::Response, at: Pos2) {
        let primary = response.dragged_by(egui::PointerButton::Primary);
        let origin = ui.input(|input| input.pointer.press_origin()).unwrap_or(at);
        self.map.from = Some(origin);
        self.map.drag = if !primary {
            Drag::Pan
        } else if ui.input(|input| input.modifiers.shift) {
            Drag::Box
        } else if self.near_swipe(origin) {
            Drag::Swipe
        } else if self.brush.on {
            Drag::Paint
        } else {
            Drag::Pan
        };
    }

    fn go_on_drag(&mut self, ui: &Ui, response: &egui::Response, at: Pos2) {
        match self.map.drag {
            Drag::Pan => self.camera.pan(response.drag_delta()),
            Drag::Swipe => {
                let rect = self.map.rect;
                self.display.swipe = ((at.x - rect.left()) / rect.width()).clamp(0.02, 0.98);
            }
            Drag::Paint => self.paint_to(at),
            Drag::Box | Drag::None => {}
        }
        if self.map.drag == Drag::Pan {
            ui.ctx().set_cursor_icon(egui::CursorIcon::Grabbing);
        }
    }

    fn end_drag(&mut self, at: Pos2) {
        if self.map.drag == Drag::Box
            && let Some(from) = self.map.from
            && (at - from).length() > 4.0
        {
            let view = self.view_at(from);
            let (a, b) = (self.camera.to_scene(view, from), self.camera.to_scene(view, at));
            self.camera = crate::view::Camera::showing(a, b, view.size());
        }
        if self.map.drag == Drag::Paint {
            self.end_stroke();
        }
        self.map.drag = Drag::None;
        self.map.from = None;
        self.touch();
    }

    pub(super) fn near_swipe(&self, at: Pos2) -> bool {
        self.display.compare == Compare::Swipe
            && self.has_result()
            && (at.x - self.swipe_x()).abs() <= tokens::SWIPE.1
    }

    pub(super) fn swipe_x(&self) -> f32 {
        self.map.rect.left() + self.map.rect.width() * self.display.swipe
    }

    /// Paints from where the stroke was to a point of the screen, dab beside dab.
    fn paint_to(&mut self, at: Pos2) {
        let view = self.view_at(at);
        let from = self.map.from.replace(at).unwrap_or(at);
        let (a, b) = (self.camera.to_scene(view, from), self.camera.to_scene(view, at));
        let (radius, paint) = (self.brush.radius, self.brush.paint);
        let Some(id) = self.source_id() else { return };
        let Some(layer) = self.layer_mut(id) else { return };
        let grid = layer.scene.grid.clone();
        layer.made.forget();
        let Some(mask) = &mut layer.mask else { return };
        let way = (b[0] - a[0]).hypot(b[1] - a[1]);
        let steps = (way / (radius * 0.4).max(0.5)).ceil().max(1.0) as usize;
        for step in 1..=steps {
            let part = step as f64 / steps as f64;
            mask.dab(&grid, [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part], radius, paint);
        }
        self.display.over = Over::Mask;
    }

    fn end_stroke(&mut self) {
        let id = self.source_id();
        if let Some(mask) = id.and_then(|id| self.layer_mut(id)).and_then(|layer| layer.mask.as_mut()) {
            mask.end_stroke();
        }
        self.map.from = None;
    }

    /// The scene pixel at a position, where there is one.
    pub(super) fn pixel(&self, at: [f64; 2]) -> Option<(usize, usize)> {
        let grid = &self.source()?.scene.grid;
        let inside = at[0] >= 0.0 && at[1] >= 0.0 && at[0] < grid.width as f64 && at[1] < grid.height as f64;
        inside.then_some((at[0] as usize, at[1] as usize))
    }

    fn pin_at(&mut self, at: Pos2) {
        let place = self.camera.to_scene(self.view_at(at), at);
        if let Some(pixel) = self.pixel(place) {
            self.pending_pins.push_back(pixel);
            self.touch();
        }
    }

    /// Asks for the values under the pointer when it has moved to another pixel.
    fn probe_hover(&mut self) {
        if !self.pending_pins.is_empty() {
            return;
        }
        let Some(pixel) = self.map.hover.and_then(|at| self.pixel(at)) else { return };
        if self.map.asked != Some(pixel) {
            self.map.asked = Some(pixel);
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

    /// Pins and other marks that lie over the pixels.
    fn marks_ui(&mut self, ui: &Ui, rect: Rect, response: &egui::Response) {
        let painter = ui.painter_at(rect);
        let (left, right) = self.halves(rect);
        for (index, pin) in self.pins.iter().enumerate() {
            let place = [pin.at.0 as f64 + 0.5, pin.at.1 as f64 + 0.5];
            for view in [left, right] {
                let at = self.camera.to_screen(view, place);
                let clipped = painter.with_clip_rect(view);
                clipped.circle(
                    at,
                    tokens::PIN,
                    super::spectra::Pin::color(index),
                    Stroke::new(1.5, tokens::INK),
                );
                if left == right {
                    break;
                }
            }
        }
        if let (Drag::Box, Some(from), Some(at)) =
            (self.map.drag, self.map.from, response.interact_pointer_pos())
        {
            let stroke = Stroke::new(1.0, tokens::ACCENT);
            painter.rect_stroke(Rect::from_two_pos(from, at), 0.0, stroke, egui::StrokeKind::Inside);
        }
        if let Some(at) = response.hover_pos() {
            if self.near_swipe(at) || self.map.drag == Drag::Swipe {
                ui.ctx().set_cursor_icon(egui::CursorIcon::ResizeHorizontal);
            } else if self.brush.on {
                let radius = (self.brush.radius * self.camera.zoom) as f32;
                painter.circle_stroke(at, radius, Stroke::new(1.5, tokens::INK));
                painter.circle_stroke(at, radius + 1.0, Stroke::new(1.0, tokens::OUTLINE));
            }
        }
    }
}
