//! A mask drawn over the map.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::pyramid::TileId;
use super::strips::Strips;
use crate::mask::INVALID;
use crate::raster::{Grid, Plane, Window};

/// How the shader knows a pixel without a measurement.
const INVALID_CODE: u8 = 3;

/// Numbers that were given to overlays; its textures are known by it.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// One byte a scene pixel, shown over the scene: classes of a mask, or weights. Its textures are held by the view,
/// under the budget of all textures, for as long as the overlay lives.
pub struct Overlay {
    number: Arc<u64>,
    codes: Strips,
    /// Weights are shown as they are; of classes only [`INVALID`] is renamed.
    weights: bool,
    /// Where it was changed since its textures were looked at.
    changed: Vec<Window>,
}

impl Overlay {
    /// The classes of a mask ([`crate::mask::Mask::codes`]).
    #[must_use]
    pub fn classes(codes: Strips) -> Self {
        Self::new(codes, false)
    }

    /// Weights, 0..255.
    #[must_use]
    pub fn weights(codes: Strips) -> Self {
        Self::new(codes, true)
    }

    fn new(codes: Strips, weights: bool) -> Self {
        let number = Arc::new(NUMBERS.fetch_add(1, Ordering::Relaxed));
        Self { number, codes, weights, changed: Vec::new() }
    }

    /// Whether it holds weights.
    #[must_use]
    pub fn is_weights(&self) -> bool {
        self.weights
    }

    /// The bytes.
    #[must_use]
    pub fn codes(&self) -> &Strips {
        &self.codes
    }

    /// The bytes, to be changed inside `window`.
    pub fn codes_mut(&mut self, window: Window) -> &mut Strips {
        self.changed.push(window);
        &mut self.codes
    }

    /// Its number, which lives as long as it.
    pub(super) fn number(&self) -> &Arc<u64> {
        &self.number
    }

    /// Where it was changed since this was asked last.
    pub(super) fn take_changed(&mut self) -> Vec<Window> {
        std::mem::take(&mut self.changed)
    }

    /// What the texture of a tile holds.
    pub(super) fn sampled(&self, grid: &Grid, id: TileId) -> Plane<u8> {
        let window = id.window(grid);
        let (width, height) = id.size(grid);
        let (factor, half) = (id.factor(), id.factor() / 2);
        let mut plane = Plane::filled(width, height, 0_u8);
        for y in 0..height {
            let row = self.codes.row((window.y + y * factor + half).min(self.codes.height() - 1));
            for (x, value) in plane.row_mut(y).iter_mut().enumerate() {
                let code = row[(window.x + x * factor + half).min(row.len() - 1)];
                *value = if code == INVALID && !self.weights { INVALID_CODE } else { code };
            }
        }
        plane
    }
}
