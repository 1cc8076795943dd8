//! What is drawn of all scenes: textures under one budget, the finest that are there.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use egui::Rect;

use super::cache::Cache;
use super::camera::Camera;
use super::draw::{BandTexture, Renderer, TileDraw};
use super::overlay::Overlay;
use super::pyramid::{TileId, coarsest, tiles};
use super::tiles::Tiles;

/// Time for uploads in one frame; the rest waits for the next.
const UPLOAD_TIME: Duration = Duration::from_micros(1200);

/// The textures of all scenes under one budget.
pub struct View {
    renderer: Option<Arc<Renderer>>,
    textures: Cache<(u64, usize, TileId), Arc<BandTexture>>,
}

impl View {
    /// Without a renderer nothing is drawn, and everything else works.
    #[must_use]
    pub fn new(renderer: Option<Arc<Renderer>>, budget_bytes: usize) -> Self {
        Self { renderer, textures: Cache::new(budget_bytes) }
    }

    /// What draws.
    #[must_use]
    pub fn renderer(&self) -> Option<&Arc<Renderer>> {
        self.renderer.as_ref()
    }

    /// Bytes of textures held.
    #[must_use]
    pub fn texture_bytes(&self) -> usize {
        self.textures.bytes()
    }

    /// Begins a frame: old textures go, finished tiles of the scenes are uploaded, as many as one
    /// frame can bear. Returns whether more wait for the next frame.
    pub fn begin_frame<'t>(&mut self, scenes: impl Iterator<Item = &'t mut Tiles>) -> bool {
        let began = Instant::now();
        // One at least, so that a slow machine shows all in the end.
        let mut uploaded = 0_u32;
        let mut more = false;
        for tiles in scenes {
            tiles.receive();
            // A further one only where there is time for another like those before.
            while uploaded == 0 || began.elapsed() * (uploaded + 1) / uploaded <= UPLOAD_TIME {
                let Some((band, id, plane)) = tiles.ready.pop_front() else { break };
                let Some(renderer) = &self.renderer else { continue };
                let texture = renderer.upload(&plane);
                let bytes = texture.bytes();
                uploaded += 1;
                self.textures.insert((tiles.id, band, id), Arc::new(texture), bytes);
            }
            more |= !tiles.ready.is_empty();
        }
        // After the uploads, so that they never stand above the budget.
        self.textures.begin_frame();
        more
    }

    /// Hands what this frame wanted to the workers. Returns whether all could be handed over; if not, another frame
    /// must follow.
    #[must_use]
    pub fn end_frame<'t>(&mut self, scenes: impl Iterator<Item = &'t mut Tiles>) -> bool {
        // Every scene is handed over, also after one that could not be.
        scenes.map(Tiles::commit).filter(|&done| !done).count() == 0
    }

    /// Forgets the textures of a scene that was closed.
    pub fn forget(&mut self, id: u64) {
        self.textures.retain(|(owner, _, _)| *owner != id);
    }

    /// What to draw of three bands in a view that fills `rect`: every tile at the finest level that is
    /// there. What is missing is wanted, the coarsest first.
    pub fn draws(
        &mut self,
        scene: &mut Tiles,
        bands: [usize; 3],
        camera: &Camera,
        rect: Rect,
        pixels_per_point: f32,
        mut overlay: Option<&mut Overlay>,
    ) -> Vec<(TileId, TileDraw)> {
        let grid = scene.scene.grid.clone();
        let top = coarsest(&grid);
        let level = camera.level(pixels_per_point, top);
        let window = camera.window(rect, &grid);
        for id in tiles(window, top) {
            self.want_missing(scene, bands, id);
        }
        let mut draws = Vec::new();
        for id in tiles(window, level) {
            self.want_missing(scene, bands, id);
            let Some((textures, from)) = self.finest(scene.id, bands, id, top) else { continue };
            let own = id.window(&grid);
            let corner = |x: usize, y: usize| camera.to_screen(rect, [x as f64, y as f64]);
            let place =
                Rect::from_min_max(corner(own.x, own.y), corner(own.x + own.width, own.y + own.height));
            let overlay = match (&mut overlay, &self.renderer) {
                (Some(overlay), Some(renderer)) => Some(overlay.tile(renderer, &grid, id)),
                _ => None,
            };
            draws.push((
                id,
                TileDraw { rect: place, a: textures, uv: id.within(from, &grid), b: None, overlay },
            ));
        }
        draws
    }

    /// The textures and their part that show the place of `id`, at the finest level there is.
    pub fn textures_at(
        &mut self,
        scene: &mut Tiles,
        bands: [usize; 3],
        id: TileId,
    ) -> Option<([Arc<BandTexture>; 3], [f32; 4])> {
        self.want_missing(scene, bands, id);
        let grid = &scene.scene.grid;
        let (textures, from) = self.finest(scene.id, bands, id, coarsest(grid))?;
        Some((textures, id.within(from, grid)))
    }

    fn want_missing(&mut self, scene: &mut Tiles, bands: [usize; 3], id: TileId) {
        let version = scene.shared.version.load(Ordering::SeqCst);
        for (position, &band) in bands.iter().enumerate() {
            if bands[..position].contains(&band) {
                continue;
            }
            // What is there only in part is read again when there is more of it.
            let seen = scene.partial.get(&(band, id)).copied();
            let missing = self.textures.get(&(scene.id, band, id)).is_none() && seen.is_none();
            if missing || seen.is_some_and(|seen| seen < version) {
                scene.want(band, id);
            }
        }
    }

    fn finest(
        &mut self,
        owner: u64,
        bands: [usize; 3],
        id: TileId,
        top: u8,
    ) -> Option<([Arc<BandTexture>; 3], TileId)> {
        let mut from = id;
        loop {
            let mut at = |band: usize| self.textures.get(&(owner, band, from)).cloned();
            if let (Some(r), Some(g), Some(b)) = (at(bands[0]), at(bands[1]), at(bands[2])) {
                return Some(([r, g, b], from));
            }
            if from.level >= top {
                return None;
            }
            from = from.parent();
        }
    }
}
