//! Bytes of textures while a view pans over the whole of a scene that is far larger than the budget.

use std::sync::Arc;
use std::time::{Duration, Instant};

use declouder::raster::{Plane, SceneOptions, Window, open};
use declouder::view::{Camera, Overlay, Renderer, Strips, Tiles, View};

use super::fixtures::Raster;
use super::view_shading::target::device;

/// A view of two by two tiles needs 3 bands × 9 tiles and the coarsest level: under this.
const BUDGET: usize = 40 << 20;

#[test]
fn textures_stay_under_their_budget_while_panning_over_the_whole_scene() {
    let Some((device, queue)) = device() else { return };
    let format = wgpu::TextureFormat::Rgba8Unorm;
    let renderer = Renderer::new(&device, &queue, format).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.tif");
    let options = ["TILED=YES", "COMPRESS=DEFLATE", "ZLEVEL=1"];
    Raster {
        width: 4096,
        height: 4096,
        bands: &["B02", "B03", "B04"],
        options: &options,
        ..Raster::default()
    }
    .write(&path, |band, x, y| (1000 + 300 * band + x / 64 + y / 64) as u16);
    let scene = Arc::new(open(&path, &SceneOptions::default()).unwrap());
    let grid = scene.grid.clone();
    let mut tiles = Tiles::new(1, scene, Arc::new(|| {}));
    let mut view = View::new(Some(Arc::new(renderer)), BUDGET);
    let rect = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1000.0, 1000.0));
    let (mut most, mut uploaded) = (0, 0);
    let steps = grid.width / 512;
    for row in 0..steps {
        for column in 0..steps {
            let from = [(column * 512) as f64, (row * 512) as f64];
            let camera = Camera::showing(from, [from[0] + 1000.0, from[1] + 1000.0], rect.size());
            let started = Instant::now();
            loop {
                view.begin_frame(std::iter::once(&mut tiles));
                most = most.max(view.texture_bytes());
                view.draws(&mut tiles, [0, 1, 2], &camera, rect, 1.0, None);
                let all = view.end_frame(std::iter::once(&mut tiles));
                if all && !tiles.is_busy() {
                    break;
                }
                assert!(started.elapsed() < Duration::from_mins(1), "tiles do not come");
                std::thread::sleep(Duration::from_millis(1));
            }
            uploaded += 1;
        }
    }
    assert_eq!(uploaded, steps * steps);
    let all = 3 * 4 * grid.width * grid.height;
    assert!(all > 4 * BUDGET, "the scene must be larger than the budget to prove anything");
    assert!(most <= BUDGET, "{} MB of {} MB", most >> 20, BUDGET >> 20);
    assert!(most > BUDGET / 2, "textures were uploaded at all: {} MB", most >> 20);
}

/// Frames until all tiles are there and drawn.
fn draw(
    view: &mut View,
    tiles: &mut Tiles,
    camera: &Camera,
    rect: egui::Rect,
    overlay: &mut Overlay,
) -> usize {
    let (started, mut calm) = (Instant::now(), 0);
    loop {
        view.begin_frame(std::iter::once(&mut *tiles));
        let draws = view.draws(tiles, [0, 0, 0], camera, rect, 1.0, Some(overlay));
        let all = view.end_frame(std::iter::once(&mut *tiles));
        // A tile that was read just now may wait for the next frame to take it.
        calm = if all && !tiles.is_busy() { calm + 1 } else { 0 };
        if calm == 2 {
            return draws.len();
        }
        assert!(started.elapsed() < Duration::from_mins(1), "tiles do not come");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn textures_of_overlays_count_follow_the_brush_and_go_with_the_overlay() {
    let Some((device, queue)) = device() else { return };
    let renderer = Renderer::new(&device, &queue, wgpu::TextureFormat::Rgba8Unorm).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scene.tif");
    Raster { width: 1024, height: 1024, bands: &["B04"], ..Raster::default() }
        .write(&path, |_, x, y| (1000 + x + y) as u16);
    let scene = Arc::new(open(&path, &SceneOptions::default()).unwrap());
    let mut tiles = Tiles::new(1, scene, Arc::new(|| {}));
    let mut view = View::new(Some(Arc::new(renderer)), BUDGET);
    let rect = egui::Rect::from_min_size(egui::Pos2::ZERO, egui::vec2(1024.0, 1024.0));
    let camera = Camera::showing([0.0, 0.0], [1024.0, 1024.0], rect.size());
    let codes = || Strips::of(&Plane::filled(1024, 1024, 1_u8));
    let mut bare = Overlay::classes(codes());
    draw(&mut view, &mut tiles, &camera, rect, &mut bare);
    let with_one = view.texture_bytes();
    let mut second = Overlay::weights(codes());
    draw(&mut view, &mut tiles, &camera, rect, &mut second);
    let own = view.texture_bytes() - with_one;
    assert_eq!(own, 1024 * 1024, "a byte a pixel");

    // A dab costs the textures it lies on, until they are drawn anew.
    second.codes_mut(Window::new(300, 300, 8, 8)).row_mut(300)[300] = 200;
    draw(&mut view, &mut tiles, &camera, rect, &mut second);
    assert_eq!(view.texture_bytes() - with_one, own);

    // What is closed gives its bytes back.
    drop(bare);
    view.begin_frame(std::iter::once(&mut tiles));
    assert_eq!(view.texture_bytes(), with_one);
    drop(second);
    view.begin_frame(std::iter::once(&mut tiles));
    assert_eq!(view.texture_bytes(), with_one - own);
}
