//! A map among egui's shapes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use eframe::egui_wgpu::{Callback, CallbackResources, CallbackTrait, ScreenDescriptor};
use eframe::wgpu;

use super::{OverlayStyle, Prepared, Renderer, TileDraw};
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
    let renderer = Arc::clone(renderer);
    Callback::new_paint_callback(
        rect,
        MapPaint { renderer, tiles, shading, overlay, prepared: Mutex::new(None) },
    )
}

/// What egui keeps until the frame is drawn. Bind groups are kept here and not in egui's resources,
/// which know one value a type: two maps side by side would share it.
struct MapPaint {
    renderer: Arc<Renderer>,
    tiles: Vec<TileDraw>,
    shading: Shading,
    overlay: OverlayStyle,
    prepared: Mutex<Option<Prepared>>,
}

impl MapPaint {
    fn prepared(&self) -> MutexGuard<'_, Option<Prepared>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallbackTrait for MapPaint {
    fn prepare(
        &self,
        _device: &wgpu::Device,
        _queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        _resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        let made = self.renderer.prepare(
            screen.size_in_pixels,
            screen.pixels_per_point,
            &self.tiles,
            &self.shading,
            self.overlay,
        );
        *self.prepared() = match made {
            Ok(prepared) => Some(prepared),
            Err(error) => {
                tracing::warn!("the map is not drawn: {error}");
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
        let (clip, map) = (info.clip_rect_in_pixels(), info.viewport_in_pixels());
        let left = clip.left_px.max(map.left_px);
        let top = clip.top_px.max(map.top_px);
        let right = (clip.left_px + clip.width_px).min(map.left_px + map.width_px);
        let bottom = (clip.top_px + clip.height_px).min(map.top_px + map.height_px);
        if left < right && top < bottom {
            let [left, top, right, bottom] = [left, top, right, bottom].map(i32::cast_unsigned);
            // egui sets scissor and viewport anew for whatever comes next.
            pass.set_scissor_rect(left, top, right - left, bottom - top);
            self.renderer.encode(prepared, pass);
        }
    }
}
