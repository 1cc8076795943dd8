//! The brush that paints on a mask.

use egui::Pos2;

use super::app::App;
use super::display::Over;
use super::mask_edit::Paint;
use super::tokens;

/// The brush.
pub(super) struct Brush {
    pub on: bool,
    /// In scene pixels.
    pub radius: f64,
    pub paint: Paint,
}

impl Brush {
    /// Changes the radius by a factor.
    pub fn scale(&mut self, factor: f64) {
        self.radius = (self.radius * factor).clamp(*tokens::BRUSH.start(), *tokens::BRUSH.end());
    }
}

impl App {
    /// Paints from where the stroke was to a point of the screen, dab beside dab.
    pub(super) fn paint_to(&mut self, at: Pos2) {
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

    pub(super) fn end_stroke(&mut self) {
        let id = self.source_id();
        if let Some(mask) = id.and_then(|id| self.layer_mut(id)).and_then(|layer| layer.mask.as_mut()) {
            mask.end_stroke();
        }
        self.map.from = None;
    }
}
