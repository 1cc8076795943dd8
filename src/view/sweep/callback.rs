//! A sheet among egui's shapes.

use std::sync::Arc;

use eframe::egui_wgpu::ScreenDescriptor;
use eframe::wgpu;

use super::{SweepBuffer, SweepLook, SweepRenderer};
use crate::view::screen::{Painted, Prepared, callback};

/// A sheet in `rect` (points), to be added to a painter; it is cut at the painter's clip rectangle.
/// `renderer` must be made for egui's own device and target format.
#[must_use]
pub fn paint_sweep(
    rect: egui::Rect,
    renderer: &Arc<SweepRenderer>,
    look: SweepLook,
    values: &Arc<SweepBuffer>,
) -> egui::PaintCallback {
    let (renderer, values) = (Arc::clone(renderer), Arc::clone(values));
    callback(rect, SweepPaint { rect, renderer, look, values })
}

struct SweepPaint {
    rect: egui::Rect,
    renderer: Arc<SweepRenderer>,
    look: SweepLook,
    values: Arc<SweepBuffer>,
}

impl Painted for SweepPaint {
    const NAME: &'static str = "the sheet";

    fn prepare(&self, screen: &ScreenDescriptor) -> Result<Prepared, String> {
        let egui::Rect { min, max } = self.rect;
        let place = [min.x, min.y, max.x, max.y].map(|points| points * screen.pixels_per_point);
        self.renderer.prepare(screen.size_in_pixels, place, &self.look, &self.values)
    }

    fn encode(&self, prepared: &Prepared, pass: &mut wgpu::RenderPass<'_>) {
        self.renderer.encode(prepared, pass);
    }
}
