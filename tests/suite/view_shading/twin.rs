//! What the CPU says a tile looks like on the screen.

use std::sync::Arc;

use declouder::raster::Plane;
use declouder::view::{
    BandTexture, NODATA, OverlayStyle, OverlayTexture, Renderer, Shading, TileDraw, shade,
};

/// Pixels a point.
pub const SCALE: f32 = 2.0;

/// One tile of the picture on both sides: what the GPU gets, and what the twin computes with.
#[derive(Clone)]
pub struct Tile {
    /// In pixels of the screen: x0 y0 x1 y1.
    pub place: [f32; 4],
    pub a: [Plane<f32>; 3],
    pub uv: [f32; 4],
    pub b: Option<[Plane<f32>; 3]>,
    pub overlay: Option<Plane<u8>>,
}

impl Tile {
    pub fn upload(&self, renderer: &Renderer) -> TileDraw {
        let bands = |planes: &[Plane<f32>; 3]| -> [Arc<BandTexture>; 3] {
            planes.each_ref().map(|plane| Arc::new(renderer.upload(plane)))
        };
        let overlay = |plane: &Plane<u8>| -> Arc<OverlayTexture> { Arc::new(renderer.upload_overlay(plane)) };
        let [x0, y0, x1, y1] = self.place.map(|pixels| pixels / SCALE);
        TileDraw {
            rect: egui::Rect::from_min_max(egui::pos2(x0, y0), egui::pos2(x1, y1)),
            a: bands(&self.a),
            uv: self.uv,
            b: self.b.as_ref().map(|planes| (bands(planes), self.uv)),
            overlay: self.overlay.as_ref().map(|plane| (overlay(plane), self.uv)),
        }
    }

    /// What the twin says a pixel of the screen shows, where the tile covers it.
    pub fn pixel(&self, shading: &Shading, style: OverlayStyle, x: u32, y: u32) -> Option<[u8; 4]> {
        let at = [x as f32 + 0.5, y as f32 + 0.5];
        let [x0, y0, x1, y1] = self.place;
        if at[0] < x0 || at[0] > x1 || at[1] < y0 || at[1] > y1 {
            return None;
        }
        let per_pixel = [(self.uv[2] - self.uv[0]) / (x1 - x0), (self.uv[3] - self.uv[1]) / (y1 - y0)];
        let texel = [self.uv[0] + (at[0] - x0) * per_pixel[0], self.uv[1] + (at[1] - y0) * per_pixel[1]];
        let size = [self.a[0].width, self.a[0].height];
        let bands = |planes: &[Plane<f32>; 3]| planes.each_ref().map(|p| value(p, texel, per_pixel, size));
        let b = self.b.as_ref().map_or([NODATA; 3], bands);
        let ground = shade(shading, bands(&self.a), b);
        let over = self.overlay.as_ref().map_or([0.0; 4], |codes| over(codes, style, texel, per_pixel));
        Some(blend(ground, over))
    }
}

/// The texels a position is read from, with their weights.
fn taps(at: [f32; 2], per_pixel: [f32; 2], size: [usize; 2]) -> Vec<(usize, usize, f32)> {
    let inside = |texel: f32, size: usize| (texel.max(0.0) as usize).min(size - 1);
    if per_pixel[0].max(per_pixel[1]) <= 1.001 {
        return vec![(inside(at[0].floor(), size[0]), inside(at[1].floor(), size[1]), 1.0)];
    }
    let corner = at.map(|position| (position - 0.5).floor());
    let part = [at[0] - 0.5 - corner[0], at[1] - 0.5 - corner[1]];
    let mut taps = Vec::new();
    for (dx, wx) in [(0.0, 1.0 - part[0]), (1.0, part[0])] {
        for (dy, wy) in [(0.0, 1.0 - part[1]), (1.0, part[1])] {
            taps.push((inside(corner[0] + dx, size[0]), inside(corner[1] + dy, size[1]), wx * wy));
        }
    }
    taps
}

/// The mean of the measured texels around a position that is told in texels of a plane of `size`.
fn value(plane: &Plane<f32>, at: [f32; 2], per_pixel: [f32; 2], size: [usize; 2]) -> f32 {
    let ratio = [plane.width as f32 / size[0] as f32, plane.height as f32 / size[1] as f32];
    let scaled = |pair: [f32; 2]| [pair[0] * ratio[0], pair[1] * ratio[1]];
    let taps = taps(scaled(at), scaled(per_pixel), [plane.width, plane.height]);
    let known =
        taps.into_iter().map(|(x, y, weight)| (plane.get(x, y), weight)).filter(|tap| tap.0.abs() <= 1e8);
    let (sum, weights) = known.fold((0.0, 0.0), |sums, (v, w)| (sums.0 + v * w, sums.1 + w));
    if weights < 1e-3 { NODATA } else { sum / weights }
}

/// The overlay's colour, premultiplied, from 0 to 1.
fn over(codes: &Plane<u8>, style: OverlayStyle, at: [f32; 2], per_pixel: [f32; 2]) -> [f32; 4] {
    let mut sum = [0.0; 4];
    for (x, y, weight) in taps(at, per_pixel, [codes.width, codes.height]) {
        let code = codes.get(x, y);
        let ([r, g, b, a], share) = match (style, code) {
            (OverlayStyle::Classes { cloud, .. }, 1) => (cloud, 1.0),
            (OverlayStyle::Classes { shadow, .. }, 2) => (shadow, 1.0),
            (OverlayStyle::Classes { .. }, _) => ([0; 4], 0.0),
            (OverlayStyle::Weights { color }, code) => (color, f32::from(code) / 255.0),
        };
        let alpha = f32::from(a) / 255.0 * share * weight;
        for (sum, byte) in sum.iter_mut().zip([r, g, b]) {
            *sum += f32::from(byte) / 255.0 * alpha;
        }
        sum[3] += alpha;
    }
    sum
}

fn blend(ground: [u8; 4], over: [f32; 4]) -> [u8; 4] {
    if ground[3] == 0 {
        return ground;
    }
    let channel = |c: usize| (over[c] * 255.0 + f32::from(ground[c]) * (1.0 - over[3])).round() as u8;
    [channel(0), channel(1), channel(2), 255]
}
