//! The structs `Frame` and `Tile` of `shaders/map.wgsl`, as words in one buffer.

use eframe::wgpu;

use super::{OverlayStyle, TileDraw};
use crate::view::colormap::TABLE;
use crate::view::screen::filled;
use crate::view::shade::{Mode, Ramp, Shading};

/// Size of `Frame`: six vectors of four words, and the colours.
pub(super) const FRAME_BYTES: usize = (6 + TABLE) * 16;
/// Size of `Tile`: four vectors of four words.
pub(super) const TILE_BYTES: usize = 4 * 16;

/// The uniforms of a map: one `Frame`, then the tiles, each at a multiple of `alignment`.
pub(super) struct Packed {
    words: Vec<u32>,
    alignment: usize,
}

impl Packed {
    pub(super) fn new(
        alignment: usize,
        screen_px: [u32; 2],
        shading: &Shading,
        overlay: OverlayStyle,
    ) -> Self {
        let mut packed = Self { words: Vec::new(), alignment };
        let ramp = Ramp::of(shading);
        let [r, g, b] = ramp.lo;
        packed.floats(&[r, g, b, ramp.exponent]);
        let [r, g, b] = ramp.width;
        packed.floats(&[r, g, b, ramp.reach]);
        let (first, second, weights) = match overlay {
            OverlayStyle::Classes { cloud, shadow } => (cloud, shadow, 0),
            OverlayStyle::Weights { color } => (color, [0; 4], 1),
        };
        packed.floats(&first.map(|byte| f32::from(byte) / 255.0));
        packed.floats(&second.map(|byte| f32::from(byte) / 255.0));
        packed.floats(&screen_px.map(|side| side as f32));
        let table = shading.drawn_map().table();
        packed.words.extend([code(shading.mode), table.len() as u32 - 1, weights, 0, 0, 0]);
        for [r, g, b] in table {
            packed.floats(&[r, g, b, 1.0]);
        }
        packed.words.resize(FRAME_BYTES / 4, 0);
        packed
    }

    /// Adds a tile and tells the byte it begins at.
    pub(super) fn push(&mut self, tile: &TileDraw, pixels_per_point: f32) -> usize {
        let place = (self.words.len() * 4).next_multiple_of(self.alignment.max(16));
        self.words.resize(place / 4, 0);
        let egui::Rect { min, max } = tile.rect;
        self.floats(&[min.x, min.y, max.x, max.y].map(|points| points * pixels_per_point));
        self.floats(&tile.uv);
        self.floats(&tile.b.as_ref().map_or([0.0; 4], |(_, uv)| *uv));
        self.floats(&tile.overlay.as_ref().map_or([0.0; 4], |(_, uv)| *uv));
        place
    }

    pub(super) fn buffer(&self, device: &wgpu::Device, queue: &wgpu::Queue) -> wgpu::Buffer {
        filled((device, queue), "map", wgpu::BufferUsages::UNIFORM, bytemuck::cast_slice(&self.words))
    }

    fn floats(&mut self, values: &[f32]) {
        self.words.extend(values.iter().map(|value| value.to_bits()));
    }
}

/// A mode's constant in the shader.
const fn code(mode: Mode) -> u32 {
    match mode {
        Mode::Rgb => 0,
        Mode::Single => 1,
        Mode::Index => 2,
        Mode::Difference => 3,
    }
}
