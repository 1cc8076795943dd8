//! What is drawn by a pipeline of our own, as one of egui's shapes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use eframe::egui_wgpu::{Callback, CallbackResources, CallbackTrait, ScreenDescriptor};
use eframe::wgpu;

use super::Prepared;

/// What is made ready for a screen and then drawn into egui's pass.
pub(in crate::view) trait Painted: Send + Sync + 'static {
    /// What it is, for the log.
    const NAME: &'static str;

    /// Uniforms and bindings for a screen.
    fn prepare(&self, screen: &ScreenDescriptor) -> Result<Prepared, String>;

    /// Draws what was prepared.
    fn encode(&self, prepared: &Prepared, pass: &mut wgpu::RenderPass<'_>);
}

/// A shape of egui's. Nothing is drawn outside `rect` (points) nor outside the painter's clip rectangle.
pub(in crate::view) fn callback(rect: egui::Rect, painted: impl Painted) -> egui::PaintCallback {
    Callback::new_paint_callback(rect, Painting { painted, prepared: Mutex::new(None) })
}

/// What egui keeps until the frame is drawn. Bind groups are kept here and not in egui's resources,
/// which know one value a type: two maps side by side would share it.
struct Painting<P> {
    painted: P,
    prepared: Mutex<Option<Prepared>>,
}

impl<P> Painting<P> {
    fn prepared(&self) -> MutexGuard<'_, Option<Prepared>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: Painted> CallbackTrait for Painting<P> {
    fn prepare(
        &self,
        _device: &wgpu::Device,
        _queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        _encoder: &mut wgpu::CommandEncoder,
        _resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        let _prepare = tracing::trace_span!(target: "declouder::frame", "prepare").entered();
        let made = self.painted.prepare(screen);
        *self.prepared() = made.inspect_err(|error| tracing::warn!("{} is not drawn: {error}", P::NAME)).ok();
        Vec::new()
    }

    fn paint(
        &self,
        info: egui::PaintCallbackInfo,
        pass: &mut wgpu::RenderPass<'static>,
        _resources: &CallbackResources,
    ) {
        let Some(prepared) = &*self.prepared() else { return };
        let (clip, own) = (info.clip_rect_in_pixels(), info.viewport_in_pixels());
        let left = clip.left_px.max(own.left_px);
        let top = clip.top_px.max(own.top_px);
        let right = (clip.left_px + clip.width_px).min(own.left_px + own.width_px);
        let bottom = (clip.top_px + clip.height_px).min(own.top_px + own.height_px);
        if left < right && top < bottom {
            let [left, top, right, bottom] = [left, top, right, bottom].map(i32::cast_unsigned);
            // egui sets scissor and viewport anew for whatever comes next.
            pass.set_scissor_rect(left, top, right - left, bottom - top);
            self.painted.encode(prepared, pass);
        }
    }
}
