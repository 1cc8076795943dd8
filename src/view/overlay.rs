//! A mask drawn over the map.

use std::collections::HashMap;
use std::sync::Arc;

use super::draw::{OverlayTexture, Renderer};
use super::pyramid::TileId;
use crate::mask::INVALID;
use crate::raster::{Grid, Plane, Window};

/// How the shader knows a pixel without a measurement.
const INVALID_CODE: u8 = 3;

/// One byte a scene pixel, shown over the scene: classes of a mask, or weights.
pub struct Overlay {
    codes: Plane<u8>,
    /// Weights are shown as they are; of classes only [`INVALID`] is renamed.
    weights: bool,
    tiles: HashMap<TileId, Arc<OverlayTexture>>,
}

impl Overlay {
    /// The classes of a mask ([`crate::mask::Mask::codes`]).
    #[must_use]
    pub fn classes(codes: Plane<u8>) -> Self {
        Self { codes, weights: false, tiles: HashMap::new() }
    }

    /// Weights, 0..255.
    #[must_use]
    pub fn weights(codes: Plane<u8>) -> Self {
        Self { codes, weights: true, tiles: HashMap::new() }
    }

    /// Whether it holds weights.
    #[must_use]
    pub fn is_weights(&self) -> bool {
        self.weights
    }

    /// The bytes.
    #[must_use]
    pub fn codes(&self) -> &Plane<u8> {
        &self.codes
    }

    /// The bytes, to be changed inside `window`.
    pub fn codes_mut(&mut self, window: Window, grid: &Grid) -> &mut Plane<u8> {
        self.tiles.retain(|id, _| id.window(grid).intersection(window).is_empty());
        &mut self.codes
    }

    /// The texture of a tile and the part that shows it (all of it).
    pub(super) fn tile(
        &mut self,
        renderer: &Renderer,
        grid: &Grid,
        id: TileId,
    ) -> (Arc<OverlayTexture>, [f32; 4]) {
        let (width, height) = id.size(grid);
        let codes = &self.codes;
        let weights = self.weights;
        let texture = self
            .tiles
            .entry(id)
            .or_insert_with(|| Arc::new(renderer.upload_overlay(&sampled(codes, weights, grid, id))));
        (texture.clone(), [0.0, 0.0, width as f32, height as f32])
    }
}

fn sampled(codes: &Plane<u8>, weights: bool, grid: &Grid, id: TileId) -> Plane<u8> {
    let window = id.window(grid);
    let (width, height) = id.size(grid);
    let (factor, half) = (id.factor(), id.factor() / 2);
    let mut plane = Plane::filled(width, height, 0_u8);
    for y in 0..height {
        let row = codes.row((window.y + y * factor + half).min(codes.height - 1));
        for (x, value) in plane.row_mut(y).iter_mut().enumerate() {
            let code = row[(window.x + x * factor + half).min(codes.width - 1)];
            *value = if code == INVALID && !weights { INVALID_CODE } else { code };
        }
    }
    plane
}
