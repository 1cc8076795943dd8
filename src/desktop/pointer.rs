//! How the pointer and the arrow keys move the map.

use egui::{Pos2, Rect, Ui};

use super::app::App;
use super::display::Compare;
use super::map::Drag;
use super::tokens;

impl App {
    /// The view a point of the screen belongs to.
    pub(super) fn view_at(&self, at: Pos2) -> Rect {
        let (left, right) = self.halves(self.map.rect);
        if left.contains(at) { left } else { right }
    }

    pub(super) fn move_ui(&mut self, ui: &Ui, response: &egui::Response) {
        let pointer = response.hover_pos().or(response.interact_pointer_pos());
        self.map.pointer = pointer;
        self.map.hover = pointer.map(|at| self.camera.to_scene(self.view_at(at), at));
        if let Some(at) = response.hover_pos() {
            self.wheel(ui, at);
        }
        self.arrows(ui);
        self.stroke(ui, response);
        let Some(at) = response.interact_pointer_pos() else { return };
        if self.map.drag == Drag::Paint {
            return;
        }
        if response.drag_started() {
            self.begin_drag(ui, response, at);
        }
        if response.clicked() && !self.brush.on {
            self.pin_at(at);
        }
        if response.dragged() {
            self.go_on_drag(ui, response, at);
        }
        if response.drag_stopped() {
            self.end_drag(at);
        }
    }

    /// The brush paints from the press on, not from where a press has become a drag, and along all that the pointer
    /// went since the frame before: frames are long where the machine is slow.
    fn stroke(&mut self, ui: &Ui, response: &egui::Response) {
        let (pressed, down, shift) = ui.input(|input| {
            (input.pointer.primary_pressed(), input.pointer.primary_down(), input.modifiers.shift)
        });
        let begins = self.brush.on && pressed && !shift && response.is_pointer_button_down_on();
        if let Some(at) = response.interact_pointer_pos().filter(|&at| begins && !self.near_swipe(at)) {
            self.map.drag = Drag::Paint;
            self.map.from = None;
            self.paint_to(at);
        } else if self.map.drag == Drag::Paint {
            let way = ui.input(|input| {
                let moved = |event: &egui::Event| match event {
                    egui::Event::PointerMoved(at) => Some(*at),
                    _ => None,
                };
                input.events.iter().filter_map(moved).collect::<Vec<_>>()
            });
            for at in way {
                self.paint_to(at);
            }
        }
        // Pressed and released between two frames: a dab.
        let dab = self.brush.on && !shift && response.clicked() && self.map.drag == Drag::None;
        if let Some(at) = response.interact_pointer_pos().filter(|&at| dab && !self.near_swipe(at)) {
            self.map.drag = Drag::Paint;
            self.map.from = None;
            self.paint_to(at);
        }
        if self.map.drag == Drag::Paint && !down {
            self.end_stroke();
            self.map.drag = Drag::None;
            self.touch();
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
            Drag::Paint | Drag::Box | Drag::None => {}
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
}
