//! `declouder prepare`: scenes, pairs and data sets become stores whose every pixel is the scene's.
#![cfg(feature = "gdal")]

mod beside;
mod places;
mod scenes;
mod shared_data;

use std::path::{Path, PathBuf};

use declouder::bands::{Band, Level};
use declouder::patches::Store;
use declouder::patches::prepare::{PrepareConfig, SourceConfig};
use declouder::raster::{self, SceneOptions, SceneReader};

use super::fixtures::Raster;

pub const NAMES: [&str; 5] = ["B02", "B03", "B04", "B11", "B12"];

pub fn source(path: impl Into<PathBuf>) -> SourceConfig {
    SourceConfig { path: path.into(), licence: Some("CC0-1.0".into()), ..SourceConfig::default() }
}

pub fn config(patch_px: usize, sources: Vec<SourceConfig>) -> PrepareConfig {
    let bands = Some(vec![Band::B02, Band::B03, Band::B04, Band::B11, Band::B12]);
    PrepareConfig { patch_px, bands, sources, ..PrepareConfig::default() }
}

pub fn l1c() -> SceneOptions {
    SceneOptions { level: Some(Level::L1C), ..SceneOptions::default() }
}

pub fn count(mask: &[u8], code: u8) -> usize {
    mask.iter().map(|&own| usize::from(own == code)).sum()
}

/// Land, and cloud on the columns `cloud` of it.
pub fn write_scene(path: &Path, side: usize, cloud: std::ops::Range<usize>) {
    let raster = Raster { width: side, height: side, bands: &NAMES, ..Raster::default() };
    raster.write(path, |band, x, y| {
        if cloud.contains(&x) {
            (6000 + 10 * band + x) as u16
        } else {
            (700 + 100 * band + 3 * (x % 50) + 2 * (y % 50)) as u16
        }
    });
}

/// Every pixel of every patch is the scene's at the window it was cut from.
pub fn assert_cut_from(store: &Store, first: usize, path: &Path, options: &SceneOptions) -> usize {
    let scene = raster::open(path, options).unwrap();
    let bands = scene.indices_of(&store.manifest().bands, "the test").unwrap();
    let mut reader = SceneReader::new(&scene);
    let planes: Vec<_> =
        bands.iter().map(|&band| reader.reflectance(band, scene.grid.window()).unwrap()).collect();
    let side = store.manifest().patch_px;
    let starts = |len: usize| -> Vec<usize> {
        (0..=(len - side).div_ceil(side)).map(|index| (index * side).min(len - side)).collect()
    };
    let mut row = first;
    for y in starts(scene.grid.height) {
        for x in starts(scene.grid.width) {
            let pixels = store.row(row).pixels;
            for (band, plane) in planes.iter().enumerate() {
                let own = &pixels[band * side * side..];
                for (v, u) in [(0, 0), (side / 2, 3), (side - 1, side - 1)] {
                    let expected = (plane.get(x + u, y + v) * 10_000.0).round();
                    let expected = if expected.is_nan() { 0.0 } else { expected.max(1.0) };
                    assert_eq!(f32::from(own[v * side + u]), expected, "row {row}, band {band}, {u} {v}");
                }
            }
            row += 1;
        }
    }
    row
}
