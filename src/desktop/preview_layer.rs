//! A preview on the map.

use std::collections::HashMap;
use std::sync::Arc;

use egui::Rect;

use crate::decloud::Preview;
use crate::raster::{Grid, Plane, Window};
use crate::view::{BandTexture, Camera, NODATA, Renderer, TileDraw, TileId, tiles};

use super::layer::LayerId;

/// A preview and its textures, made when first shown.
pub(super) struct PreviewLayer {
    pub of: LayerId,
    /// Whether it is the explorer's: it is then shown over a result too.
    pub explored: bool,
    preview: Preview,
    textures: HashMap<(usize, TileId), Arc<BandTexture>>,
}

impl PreviewLayer {
    pub fn new(of: LayerId, preview: Preview) -> Self {
        Self { of, explored: false, preview, textures: HashMap::new() }
    }

    /// One of the latent explorer.
    pub fn explored(of: LayerId, preview: Preview) -> Self {
        Self { explored: true, ..Self::new(of, preview) }
    }

    /// What is shown.
    pub fn preview(&self) -> &Preview {
        &self.preview
    }

    /// Whether it lies over all of a part of the scene.
    pub fn covers(&self, part: Window) -> bool {
        self.preview.window.intersection(part) == part
    }

    /// What to draw of three bands; nothing where one of them was not made.
    pub fn draws(
        &mut self,
        renderer: &Renderer,
        grid: &Grid,
        bands: [usize; 3],
        camera: &Camera,
        rect: Rect,
    ) -> Vec<TileDraw> {
        if bands.iter().any(|&band| self.preview.bands.get(band).is_none_or(Option::is_none)) {
            return Vec::new();
        }
        let shown = self.preview.window;
        let mut draws = Vec::new();
        for id in tiles(shown, 0) {
            let own = id.window(grid);
            // Only the part of the tile that the preview covers is drawn.
            let (x0, y0) = (own.x.max(shown.x), own.y.max(shown.y));
            let (x1, y1) = (
                (own.x + own.width).min(shown.x + shown.width),
                (own.y + own.height).min(shown.y + shown.height),
            );
            let place = Rect::from_min_max(
                camera.to_screen(rect, [x0 as f64, y0 as f64]),
                camera.to_screen(rect, [x1 as f64, y1 as f64]),
            );
            if !place.intersects(rect) {
                continue;
            }
            let uv = [(x0 - own.x) as f32, (y0 - own.y) as f32, (x1 - own.x) as f32, (y1 - own.y) as f32];
            let a = bands.map(|band| self.texture(renderer, grid, band, id));
            draws.push(TileDraw { rect: place, a, uv, b: None, overlay: None });
        }
        draws
    }

    fn texture(&mut self, renderer: &Renderer, grid: &Grid, band: usize, id: TileId) -> Arc<BandTexture> {
        let preview = &self.preview;
        let texture = self.textures.entry((band, id)).or_insert_with(|| {
            let own = id.window(grid);
            let mut plane = Plane::filled(own.width, own.height, NODATA);
            if let Some(made) = &preview.bands[band] {
                let shown = preview.window;
                for y in own.y.max(shown.y)..(own.y + own.height).min(shown.y + shown.height) {
                    let (x0, x1) = (own.x.max(shown.x), (own.x + own.width).min(shown.x + shown.width));
                    let from = &made.row(y - shown.y)[x0 - shown.x..x1 - shown.x];
                    let to = &mut plane.row_mut(y - own.y)[x0 - own.x..x1 - own.x];
                    for (to, &from) in to.iter_mut().zip(from) {
                        *to = if from.is_finite() { from } else { NODATA };
                    }
                }
            }
            Arc::new(renderer.upload(&plane))
        });
        texture.clone()
    }
}
