//! A map among egui's shapes.

use std::sync::Arc;

use eframe::egui_wgpu::ScreenDescriptor;
use eframe::wgpu;

use super::{OverlayStyle, Renderer, TileDraw};
use crate::view::screen::{Painted, Prepared, callback};
use crate::view::shade::Shading;

/// Everything one map draws in one frame, to be added to a painter. Nothing is drawn outside `rect`
/// (points) nor outside the painter's clip rectangle, so that a swipe is two of these with two clips.
/// `renderer` must be made for egui's own device and target format.
#[must_use]
pub fn paint(
    rect: egui::Rect,
    renderer: &Arc<Renderer>,
    tiles: Vec<TileDraw>,
    shading: Shading,
    overlay: OverlayStyle,
) -> egui::PaintCallback {
    callback(rect, MapPaint { renderer: Arc::clone(renderer), tiles, shading, overlay })
}

struct MapPaint {
    renderer: Arc<Renderer>,
    tiles: Vec<TileDraw>,
    shading: Shading,
    overlay: OverlayStyle,
}

impl Painted for MapPaint {
    const NAME: &'static str = "the map";

    fn prepare(&self, screen: &ScreenDescriptor) -> Result<Prepared, String> {
        let (size, scale) = (screen.size_in_pixels, screen.pixels_per_point);
        self.renderer.prepare(size, scale, &self.tiles, &self.shading, self.overlay)
    }

    fn encode(&self, prepared: &Prepared, pass: &mut wgpu::RenderPass<'_>) {
        self.renderer.encode(prepared, pass);
    }
}
