//! A sheet among egui's shapes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eframe::egui_wgpu::{Callback, CallbackResources, CallbackTrait, ScreenDescriptor};
use eframe::wgpu;

use super::pipeline::PreparedSweep;
use super::{SweepBuffer, SweepLook, SweepRenderer};

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
    Callback::new_paint_callback(
        rect,
        SweepPaint { rect, renderer, look, values, prepared: Mutex::new(None) },
    )
}

struct SweepPaint {
    rect: egui::Rect,
    renderer: Arc<SweepRenderer>,
    look: SweepLook,
    values: Arc<SweepBuffer>,
    prepared: Mutex<Option<PreparedSweep>>,
}

impl SweepPaint {
    fn prepared(&self) -> MutexGuard<'_, Option<PreparedSweep>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallbackTrait for SweepPaint {
    fn prepare(
        &self,
        _device: &wgpu::Device,
        _queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        _resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        let egui::Rect { min, max } = self.rect;
        let place = [min.x, min.y, max.x, max.y].map(|points| points * screen.pixels_per_point);
        *self.prepared() = match self.renderer.prepare(screen.size_in_pixels, place, &self.look, &self.values)
        {
            Ok(prepared) => Some(prepared),
            Err(error) => {
                tracing::warn!("the sheet is not drawn: {error}");
                None
            }
        };
        Vec::new()
    }

    fn paint(
        &self,
        info: egui::PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        _resources: &CallbackResources,
    ) {
        let Some(prepared) = &*self.prepared() else { return };
        let clip = info.clip_rect_in_pixels();
        let [left, top, width, height] = [clip.left_px, clip.top_px, clip.width_px, clip.height_px]
            .map(|side| side.max(0).cast_unsigned());
        if width > 0 && height > 0 {
            // egui sets scissor and viewport anew for whatever comes next.
            pass.set_scissor_rect(left, top, width, height);
            self.renderer.encode(prepared, pass);
        }
    }
}
