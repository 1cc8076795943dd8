//! What is drawn of all scenes: textures under one budget, the finest that are there.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use egui::Rect;

use super::cache::Cache;
use super::camera::Camera;
use super::draw::{BandTexture, OverlayTexture, Renderer, TileDraw};
use super::overlay::Overlay;
use super::pyramid::{TileId, coarsest, tiles};
use super::tiles::Tiles;
use crate::raster::Grid;

/// Time for uploads in one frame; the rest waits for the next.
const UPLOAD_TIME: Duration = Duration::from_micros(1200);

/// What a texture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Shown {
    /// A band of a scene, by the scene's number and the band's place in it.
    Band(u64, usize, TileId),
    /// An overlay, by its number.
    Overlay(u64, TileId),
}

/// A texture of either kind.
enum Texture {
    Band(Arc<BandTexture>),
    Overlay(Arc<OverlayTexture>),
}

/// The textures of all scenes, and of what lies over them, under one budget.
pub struct View {
    renderer: Option<Arc<Renderer>>,
    textures: Cache<Shown, Texture>,
    /// The overlays that were drawn; the textures of one that is gone go too.
    overlays: Vec<(u64, Weak<u64>)>,
}

impl View {
    /// Without a renderer nothing is drawn, and everything else works.
    #[must_use]
    pub fn new(renderer: Option<Arc<Renderer>>, budget_bytes: usize) -> Self {
        Self { renderer, textures: Cache::new(budget_bytes), overlays: Vec::new() }
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
                let Some((band, id, plane)) = tiles.take_ready() else { break };
                let Some(renderer) = &self.renderer else { continue };
                let texture = renderer.upload(&plane);
                let bytes = texture.bytes();
                uploaded += 1;
                let shown = Shown::Band(tiles.id, band, id);
                self.textures.insert(shown, Texture::Band(Arc::new(texture)), bytes);
            }
            more |= tiles.has_ready();
        }
        self.forget_gone_overlays();
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
        self.textures.retain(|shown| !matches!(shown, Shown::Band(owner, ..) if *owner == id));
    }

    /// Forgets the textures of overlays that were closed or replaced.
    fn forget_gone_overlays(&mut self) {
        for (number, _) in self.overlays.extract_if(.., |(_, own)| own.strong_count() == 0) {
            self.textures.retain(|shown| !matches!(shown, Shown::Overlay(owner, _) if *owner == number));
        }
    }

    /// Forgets the textures of an overlay where it was changed.
    fn follow(&mut self, overlay: &mut Overlay, grid: &Grid) {
        let number = **overlay.number();
        if !self.overlays.iter().any(|(known, _)| *known == number) {
            self.overlays.push((number, Arc::downgrade(overlay.number())));
        }
        let changed = overlay.take_changed();
        if changed.is_empty() {
            return;
        }
        self.textures.retain(|shown| match shown {
            Shown::Overlay(owner, id) if *owner == number => {
                let own = id.window(grid);
                changed.iter().all(|window| own.intersection(*window).is_empty())
            }
            _ => true,
        });
    }

    /// The texture of an overlay's tile and the part that shows it (all of it).
    fn overlay(
        &mut self,
        overlay: &Overlay,
        grid: &Grid,
        id: TileId,
    ) -> Option<(Arc<OverlayTexture>, [f32; 4])> {
        let renderer = self.renderer.as_ref()?;
        let (width, height) = id.size(grid);
        let shown = Shown::Overlay(**overlay.number(), id);
        let texture = if let Some(Texture::Overlay(texture)) = self.textures.get(&shown) {
            texture.clone()
        } else {
            let texture = Arc::new(renderer.upload_overlay(&overlay.sampled(grid, id)));
            let bytes = texture.bytes();
            self.textures.insert(shown, Texture::Overlay(texture.clone()), bytes);
            texture
        };
        Some((texture, [0.0, 0.0, width as f32, height as f32]))
    }

    /// The texture of a band's tile, where it is there.
    fn band(&mut self, owner: u64, band: usize, id: TileId) -> Option<Arc<BandTexture>> {
        match self.textures.get(&Shown::Band(owner, band, id))? {
            Texture::Band(texture) => Some(texture.clone()),
            Texture::Overlay(_) => None,
        }
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
        if let Some(overlay) = &mut overlay {
            self.follow(overlay, &grid);
        }
        let mut draws = Vec::new();
        for id in tiles(window, level) {
            self.want_missing(scene, bands, id);
            let Some((textures, from)) = self.finest(scene.id, bands, id, top) else { continue };
            let own = id.window(&grid);
            let corner = |x: usize, y: usize| camera.to_screen(rect, [x as f64, y as f64]);
            let place =
                Rect::from_min_max(corner(own.x, own.y), corner(own.x + own.width, own.y + own.height));
            let overlay = overlay.as_deref().and_then(|overlay| self.overlay(overlay, &grid, id));
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
            let missing = self.band(scene.id, band, id).is_none() && seen.is_none();
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
            let mut at = |band: usize| self.band(owner, band, from);
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
