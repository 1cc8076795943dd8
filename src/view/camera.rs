//! Which part of a scene is seen, and how large.

use egui::{Pos2, Rect, Vec2};
use serde::{Deserialize, Serialize};

use crate::raster::{Grid, Window};

/// Screen points a scene pixel may have: from a granule in a thumbnail to a pixel as large as a hand.
const ZOOM: std::ops::RangeInclusive<f64> = 1e-3..=128.0;
/// Share of the view that a fitted scene leaves free on each side.
const MARGIN: f64 = 0.02;

/// A look at a scene: positions are in pixels of its reference grid, columns to the right, rows down.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Camera {
    /// The scene position in the middle of the view.
    pub center: [f64; 2],
    /// Screen points a scene pixel.
    pub zoom: f64,
}

impl Default for Camera {
    fn default() -> Self {
        Self { center: [0.0, 0.0], zoom: 1.0 }
    }
}

impl Camera {
    /// Shows a whole grid in a view of `size` points.
    #[must_use]
    pub fn fit(grid: &Grid, size: Vec2) -> Self {
        Self::showing([0.0, 0.0], [grid.width as f64, grid.height as f64], size)
    }

    /// Shows the rectangle between two scene positions in a view of `size` points.
    #[must_use]
    pub fn showing(from: [f64; 2], to: [f64; 2], size: Vec2) -> Self {
        let (width, height) = ((to[0] - from[0]).abs().max(1e-6), (to[1] - from[1]).abs().max(1e-6));
        let room = 1.0 - 2.0 * MARGIN;
        let zoom = (f64::from(size.x) * room / width).min(f64::from(size.y) * room / height);
        Self { center: [f64::midpoint(from[0], to[0]), f64::midpoint(from[1], to[1])], zoom: clamped(zoom) }
    }

    /// One screen pixel a scene pixel, around the same middle.
    pub fn native(&mut self, pixels_per_point: f32) {
        self.zoom = clamped(1.0 / f64::from(pixels_per_point));
    }

    /// Where a scene position lies on the screen, for a view that fills `rect`.
    #[must_use]
    pub fn to_screen(&self, rect: Rect, at: [f64; 2]) -> Pos2 {
        let offset = [(at[0] - self.center[0]) * self.zoom, (at[1] - self.center[1]) * self.zoom];
        rect.center() + Vec2::new(offset[0] as f32, offset[1] as f32)
    }

    /// The scene position under a point of the screen.
    #[must_use]
    pub fn to_scene(&self, rect: Rect, at: Pos2) -> [f64; 2] {
        let offset = at - rect.center();
        [self.center[0] + f64::from(offset.x) / self.zoom, self.center[1] + f64::from(offset.y) / self.zoom]
    }

    /// Moves the scene with the pointer by `delta` points.
    pub fn pan(&mut self, delta: Vec2) {
        self.center[0] -= f64::from(delta.x) / self.zoom;
        self.center[1] -= f64::from(delta.y) / self.zoom;
    }

    /// Zooms by `factor`; what lies under `at` stays there.
    pub fn zoom_at(&mut self, rect: Rect, at: Pos2, factor: f64) {
        let held = self.to_scene(rect, at);
        self.zoom = clamped(self.zoom * factor);
        let offset = at - rect.center();
        self.center = [held[0] - f64::from(offset.x) / self.zoom, held[1] - f64::from(offset.y) / self.zoom];
    }

    /// Keeps at least the middle of the view on the scene, so that it cannot be lost.
    pub fn keep_on(&mut self, grid: &Grid) {
        self.center[0] = self.center[0].clamp(0.0, grid.width as f64);
        self.center[1] = self.center[1].clamp(0.0, grid.height as f64);
    }

    /// The scene pixels that are seen at least in part, inside the grid; empty where none are.
    #[must_use]
    pub fn window(&self, rect: Rect, grid: &Grid) -> Window {
        self.window_within(rect, rect, grid)
    }

    /// The same for a part of the view: what is seen inside `clip` (points of the screen).
    #[must_use]
    pub fn window_within(&self, rect: Rect, clip: Rect, grid: &Grid) -> Window {
        let (from, to) = (self.to_scene(rect, clip.min), self.to_scene(rect, clip.max));
        let first = |value: f64, size: usize| value.floor().clamp(0.0, size as f64) as usize;
        let last = |value: f64, size: usize| value.ceil().clamp(0.0, size as f64) as usize;
        let (x, y) = (first(from[0], grid.width), first(from[1], grid.height));
        let (right, bottom) = (last(to[0], grid.width), last(to[1], grid.height));
        Window::new(x, y, right.saturating_sub(x), bottom.saturating_sub(y))
    }

    /// The pyramid level whose pixels are at most as large as a screen pixel: 0 is native, each
    /// further one twice as coarse.
    #[must_use]
    pub fn level(&self, pixels_per_point: f32, coarsest: u8) -> u8 {
        let scene_pixels = 1.0 / (self.zoom * f64::from(pixels_per_point));
        let level = (scene_pixels * (1.0 + 1e-6)).log2().floor().max(0.0);
        (level as u8).min(coarsest)
    }
}

fn clamped(zoom: f64) -> f64 {
    if zoom.is_finite() { zoom.clamp(*ZOOM.start(), *ZOOM.end()) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rect() -> Rect {
        Rect::from_min_size(Pos2::new(100.0, 40.0), Vec2::new(800.0, 600.0))
    }

    proptest! {
        #[test]
        fn screen_and_scene_are_inverse(x in -1e4_f64..2e4, y in -1e4_f64..2e4, zoom in 0.01_f64..50.0) {
            let camera = Camera { center: [5000.0, 4000.0], zoom };
            let screen = camera.to_screen(rect(), [x, y]);
            let back = camera.to_scene(rect(), screen);
            // The screen is kept in f32.
            let slack = 1e-6 * (1.0 + f64::from(screen.x.abs() + screen.y.abs())) / zoom * 2.0;
            prop_assert!((back[0] - x).abs() <= slack && (back[1] - y).abs() <= slack, "{back:?}");
        }

        #[test]
        fn zooming_holds_what_is_under_the_pointer(factor in 0.2_f64..5.0, px in 100_f32..900.0, py in 40_f32..640.0) {
            let mut camera = Camera { center: [500.0, 400.0], zoom: 1.3 };
            let at = Pos2::new(px, py);
            let before = camera.to_scene(rect(), at);
            camera.zoom_at(rect(), at, factor);
            let after = camera.to_scene(rect(), at);
            prop_assert!((before[0] - after[0]).abs() < 1e-6 && (before[1] - after[1]).abs() < 1e-6);
        }
    }

    #[test]
    fn a_fitted_scene_is_seen_whole() {
        let grid = Grid { width: 10_980, height: 5_000, ..Grid::default() };
        let camera = Camera::fit(&grid, rect().size());
        assert_eq!(camera.window(rect(), &grid), grid.window());
        assert!(rect().contains(camera.to_screen(rect(), [0.0, 0.0])));
        let left = camera.window_within(rect(), rect().with_max_x(rect().center().x), &grid);
        assert_eq!((left.x, left.width, left.height), (0, 5490, 5000), "the left half of the view");
    }

    #[test]
    fn levels_follow_the_zoom() {
        let at = |zoom: f64, ppp: f32| Camera { center: [0.0; 2], zoom }.level(ppp, 6);
        assert_eq!([at(1.0, 1.0), at(0.5, 1.0), at(0.3, 1.0), at(0.25, 2.0), at(1e-3, 1.0)], [0, 1, 1, 1, 6]);
        assert_eq!(at(20.0, 1.0), 0);
    }
}
