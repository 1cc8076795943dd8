//! Bands and overlays on the GPU.

use std::borrow::Cow;

use eframe::wgpu;

use crate::raster::Plane;
use crate::view::shade::NODATA;

/// One band of a tile: 32-bit floats, without levels of detail.
#[derive(Debug)]
pub struct BandTexture {
    view: wgpu::TextureView,
    bytes: usize,
}

/// One overlay of a tile: a byte a pixel.
#[derive(Debug)]
pub struct OverlayTexture {
    view: wgpu::TextureView,
    bytes: usize,
}

impl BandTexture {
    /// What it takes on the GPU, in bytes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) const fn view(&self) -> &wgpu::TextureView {
        &self.view
    }
}

impl OverlayTexture {
    /// What it takes on the GPU, in bytes.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) const fn view(&self) -> &wgpu::TextureView {
        &self.view
    }
}

pub(super) fn band(device: &wgpu::Device, queue: &wgpu::Queue, plane: &Plane<f32>) -> BandTexture {
    let mut values = Cow::Borrowed(plane.data.as_slice());
    if values.iter().any(|value| !value.is_finite()) {
        for value in values.to_mut().iter_mut().filter(|value| !value.is_finite()) {
            *value = NODATA;
        }
    }
    let (size, values) = unless_empty(plane, &values, &[NODATA]);
    let bytes = bytemuck::cast_slice(values);
    let view = texture(device, queue, wgpu::TextureFormat::R32Float, size, bytes);
    BandTexture { view, bytes: bytes.len() }
}

pub(super) fn overlay(device: &wgpu::Device, queue: &wgpu::Queue, plane: &Plane<u8>) -> OverlayTexture {
    let (size, codes) = unless_empty(plane, &plane.data, &[0]);
    let view = texture(device, queue, wgpu::TextureFormat::R8Uint, size, codes);
    OverlayTexture { view, bytes: codes.len() }
}

/// The size of a plane and its values, or one blank pixel: there are no textures of size 0.
fn unless_empty<'v, T>(plane: &Plane<T>, values: &'v [T], blank: &'v [T; 1]) -> ([u32; 2], &'v [T]) {
    if values.is_empty() {
        return ([1, 1], blank);
    }
    ([plane.width as u32, plane.height as u32], values)
}

fn texture(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    format: wgpu::TextureFormat,
    [width, height]: [u32; 2],
    bytes: &[u8],
) -> wgpu::TextureView {
    let limit = device.limits().max_texture_dimension_2d;
    assert!(width.max(height) <= limit, "a tile of {width} × {height} on a device of {limit}");
    let size = wgpu::Extent3d { width, height, depth_or_array_layers: 1 };
    let texture = device.create_texture(&wgpu::TextureDescriptor {
        label: Some("map tile"),
        size,
        mip_level_count: 1,
        sample_count: 1,
        dimension: wgpu::TextureDimension::D2,
        format,
        usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
        view_formats: &[],
    });
    let layout = wgpu::TexelCopyBufferLayout {
        offset: 0,
        bytes_per_row: Some(bytes.len() as u32 / height),
        rows_per_image: Some(height),
    };
    queue.write_texture(texture.as_image_copy(), bytes, layout, size);
    texture.create_view(&wgpu::TextureViewDescriptor::default())
}
