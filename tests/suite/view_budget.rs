//! Bytes of textures while a view pans over the whole of a scene that is far larger than the budget.

use std::sync::Arc;
use std::time::{Duration, Instant};

use declouder::raster::{SceneOptions, open};
use declouder::view::{Camera, Renderer, Tiles, View};

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
