//! Tiles of bands on the screen.
//!
//! A tile's bands are 32-bit float textures of reflectance; `shaders/map.wgsl` turns them into
//! colours where they are drawn, so that another stretch, composite or colour map costs no upload.
//! [`paint`] hands a map to egui; [`Renderer::encode`] draws the same into any render pass.

mod callback;
mod textures;
mod uniforms;

use std::num::NonZeroU64;
use std::sync::Arc;

use eframe::wgpu;

use super::screen::{Prepared, Rectangles, checked};
use super::shade::Shading;
use crate::raster::Plane;
use uniforms::{FRAME_BYTES, Packed, TILE_BYTES};

pub use callback::paint;
pub use textures::{BandTexture, OverlayTexture};

/// One textured rectangle on the screen.
#[derive(Debug, Clone)]
pub struct TileDraw {
    /// Where it lies, in points of the screen. Neighbours that share a coordinate share an edge without
    /// a seam.
    pub rect: egui::Rect,
    /// The three bands drawn; a mode that needs fewer ignores the last. They show the same ground,
    /// whatever their sizes.
    pub a: [Arc<BandTexture>; 3],
    /// What of them is seen in `rect`: u0 v0 u1 v1 in texels of `a[0]`.
    pub uv: [f32; 4],
    /// The bands compared with, and their texels, in mode `Difference`. A tile without them shows
    /// nothing there.
    pub b: Option<([Arc<BandTexture>; 3], [f32; 4])>,
    /// What is drawn over it, and its texels.
    pub overlay: Option<(Arc<OverlayTexture>, [f32; 4])>,
}

/// How overlays look. Colours are unmultiplied RGBA, as the screen shows them (sRGB-encoded).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverlayStyle {
    /// Codes are classes: 1 cloud, 2 shadow; others are not drawn.
    Classes {
        /// Colour of cloud.
        cloud: [u8; 4],
        /// Colour of shadow.
        shadow: [u8; 4],
    },
    /// Codes are weights from 0 to 255, and scale the colour's alpha.
    Weights {
        /// Colour of a weight of 255.
        color: [u8; 4],
    },
}

/// Pipeline of one window. Created once; textures may be uploaded from any thread.
#[derive(Debug)]
pub struct Renderer {
    device: wgpu::Device,
    queue: wgpu::Queue,
    rectangles: Rectangles,
    /// Bound where a tile has no band or no overlay.
    blank_band: BandTexture,
    blank_overlay: OverlayTexture,
    /// What a tile's uniforms must begin at a multiple of.
    alignment: usize,
}

impl Renderer {
    /// A pipeline that draws onto colour targets of the format `target`.
    ///
    /// # Errors
    /// The words of wgpu where shader or pipeline are refused. The window must go on without a map.
    pub fn new(
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        target: wgpu::TextureFormat,
    ) -> Result<Self, String> {
        let shader = ("map", include_str!("../../shaders/map.wgsl"));
        let rectangles = checked(device, || Rectangles::new(device, shader, &bindings(), target))?;
        let (blank_band, blank_overlay) = checked(device, || {
            let band = Plane::filled(1, 1, super::shade::NODATA);
            let overlay = Plane::filled(1, 1, 0);
            (textures::band(device, queue, &band), textures::overlay(device, queue, &overlay))
        })?;
        let alignment = device.limits().min_uniform_buffer_offset_alignment as usize;
        let (device, queue) = (device.clone(), queue.clone());
        Ok(Self { device, queue, rectangles, blank_band, blank_overlay, alignment })
    }

    /// A band of a tile on the GPU; what is not finite becomes nodata. Tiles are meant to be of 512
    /// pixels a side or less. An empty plane becomes one pixel of nodata.
    ///
    /// # Panics
    /// Where a side is beyond the device's limit (2048 at least): a programming error.
    #[must_use]
    pub fn upload(&self, plane: &Plane<f32>) -> BandTexture {
        textures::band(&self.device, &self.queue, plane)
    }

    /// An overlay on the GPU: classes (0 nothing, 1 cloud, 2 shadow, 3 invalid) or weights from 0 to
    /// 255; [`OverlayStyle`] says which. An empty plane becomes one pixel of nothing.
    ///
    /// # Panics
    /// As [`Renderer::upload`].
    #[must_use]
    pub fn upload_overlay(&self, plane: &Plane<u8>) -> OverlayTexture {
        textures::overlay(&self.device, &self.queue, plane)
    }

    /// Uniforms and bind groups of a map on a screen of `screen_px` pixels, `pixels_per_point` of
    /// them a point. Later tiles lie over earlier ones.
    ///
    /// # Errors
    /// The words of wgpu, as where textures belong to a device that was lost.
    pub fn prepare(
        &self,
        screen_px: [u32; 2],
        pixels_per_point: f32,
        tiles: &[TileDraw],
        shading: &Shading,
        overlay: OverlayStyle,
    ) -> Result<Prepared, String> {
        let seen: Vec<&TileDraw> = tiles.iter().filter(|tile| tile.rect.is_positive()).collect();
        if seen.is_empty() {
            return Ok(Prepared::new(screen_px, Vec::new()));
        }
        let mut packed = Packed::new(self.alignment, screen_px, shading, overlay);
        let places: Vec<_> = seen.iter().map(|tile| packed.push(tile, pixels_per_point)).collect();
        let groups = checked(&self.device, || {
            let buffer = packed.buffer(&self.device, &self.queue);
            seen.iter().zip(&places).map(|(tile, &place)| self.group(&buffer, place, tile)).collect()
        })?;
        Ok(Prepared::new(screen_px, groups))
    }

    /// Draws a prepared map into a pass of the renderer's format. Sets the viewport to the whole
    /// screen and leaves the scissor as it is.
    pub fn encode(&self, prepared: &Prepared, pass: &mut wgpu::RenderPass<'_>) {
        self.rectangles.encode(prepared, pass);
    }

    /// The bindings of one tile, whose uniforms begin at byte `place` of the buffer.
    fn group(&self, buffer: &wgpu::Buffer, place: usize, tile: &TileDraw) -> wgpu::BindGroup {
        let uniform = |offset: usize, size: usize| {
            wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer,
                offset: offset as u64,
                size: NonZeroU64::new(size as u64),
            })
        };
        let blank = &self.blank_band;
        let [a0, a1, a2] = tile.a.each_ref().map(Arc::as_ref);
        let [b0, b1, b2] = tile.b.as_ref().map_or([blank; 3], |(bands, _)| bands.each_ref().map(Arc::as_ref));
        let overlay = tile.overlay.as_ref().map_or(&self.blank_overlay, |(texture, _)| texture.as_ref());
        let mut resources = vec![uniform(0, FRAME_BYTES), uniform(place, TILE_BYTES)];
        resources
            .extend([a0, a1, a2, b0, b1, b2].map(|band| wgpu::BindingResource::TextureView(band.view())));
        resources.push(wgpu::BindingResource::TextureView(overlay.view()));
        self.rectangles.group(&self.device, resources)
    }
}

/// Two uniforms, six bands, one overlay.
fn bindings() -> [wgpu::BindingType; 9] {
    let uniform = |bytes: usize| wgpu::BindingType::Buffer {
        ty: wgpu::BufferBindingType::Uniform,
        has_dynamic_offset: false,
        min_binding_size: NonZeroU64::new(bytes as u64),
    };
    let texture = |sample_type| wgpu::BindingType::Texture {
        sample_type,
        view_dimension: wgpu::TextureViewDimension::D2,
        multisampled: false,
    };
    let band = texture(wgpu::TextureSampleType::Float { filterable: false });
    let overlay = texture(wgpu::TextureSampleType::Uint);
    [uniform(FRAME_BYTES), uniform(TILE_BYTES), band, band, band, band, band, band, overlay]
}
