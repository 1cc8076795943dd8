//! Pins and other marks that lie over the pixels.

use egui::{Align2, Rect, Stroke, Ui};

use super::app::App;
use super::map::Drag;
use super::tokens;

impl App {
    /// Pins and other marks that lie over the pixels.
    pub(super) fn marks_ui(&mut self, ui: &Ui, rect: Rect, response: &egui::Response) {
        let painter = ui.painter_at(rect);
        let (left, right) = self.halves(rect);
        for (index, pin) in self.shown_pins().enumerate() {
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

/// A word in a corner of a view.
pub(super) fn tag(ui: &Ui, view: Rect, corner: Align2, word: &str) {
    let painter = ui.painter_at(view);
    let font = egui::TextStyle::Body.resolve(ui.style());
    let at = corner.pos_in_rect(&view.shrink(10.0));
    let galley = painter.layout_no_wrap(word.to_owned(), font, tokens::INK);
    let rect = corner.anchor_size(at, galley.size()).expand2(egui::vec2(6.0, 3.0));
    painter.rect_filled(rect, f32::from(tokens::RADIUS), tokens::PLATE);
    painter.galley(rect.min + egui::vec2(6.0, 3.0), galley, tokens::INK);
}
