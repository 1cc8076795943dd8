//! Exports: a file says everything its source said, holds the same bits where nothing was made, and
//! `declouder verify` proves or refutes that from the files alone.
#![cfg(feature = "gdal")]

mod companions;
mod provenance;
mod tampering;
mod verify;
mod writing;

use std::path::{Path, PathBuf};

use declouder::raster::{Scene, SceneOptions, open};
use gdal::raster::{Buffer, GdalType};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags};

use super::fixtures::Raster;
use super::support::{declouder, outcome};

pub fn opened(path: &Path) -> Scene {
    open(path, &SceneOptions::default()).unwrap()
}

/// Opens a file of a test to change it behind the program's back.
pub fn for_change(path: &Path) -> Dataset {
    let options = DatasetOptions { open_flags: GdalOpenFlags::GDAL_OF_UPDATE, ..DatasetOptions::default() };
    Dataset::open_ex(path, options).unwrap()
}

/// Sets one pixel of a band (from 1).
pub fn poke<T: GdalType + Copy>(path: &Path, band: usize, at: (isize, isize), value: T) {
    let dataset = for_change(path);
    let mut raster = dataset.rasterband(band).unwrap();
    raster.write(at, (1, 1), &mut Buffer::new((1, 1), vec![value])).unwrap();
    dataset.close().unwrap();
}

pub fn peek(path: &Path, band: usize, at: (isize, isize)) -> u16 {
    Dataset::open(path).unwrap().rasterband(band).unwrap().read_as(at, (1, 1), (1, 1), None).unwrap().data()
        [0]
}

/// A mask with a cloud in the upper left quarter, on the grid of `scene`.
pub fn quarter_mask(scene: &Scene, path: &Path) {
    let grid = &scene.grid;
    let raster = Raster {
        width: grid.width,
        height: grid.height,
        bands: &["mask"],
        geotransform: grid.geotransform,
        epsg: None,
        options: &["COMPRESS=DEFLATE"],
    };
    let (right, bottom) = (grid.width / 2, grid.height / 2);
    raster.write(path, |_, x, y| u8::from(x < right && y < bottom));
    if !grid.crs_wkt.is_empty() {
        let mut dataset = for_change(path);
        dataset.set_projection(&grid.crs_wkt).unwrap();
        dataset.close().unwrap();
    }
}

/// Declouds `source` under [`quarter_mask`] into `folder/OUT.tif`.
pub fn declouded(source: &Path, folder: &Path, options: &[&str]) -> PathBuf {
    let (mask, output) = (folder.join("mask.tif"), folder.join("OUT.tif"));
    quarter_mask(&opened(source), &mask);
    let mut args = vec!["decloud", source.to_str().unwrap(), "-o", output.to_str().unwrap()];
    args.extend(["--mask", mask.to_str().unwrap()]);
    args.extend(options);
    let (code, out, err) = outcome(&declouder(&args));
    assert_eq!(code, 0, "{out}{err}");
    output
}

/// What `declouder verify --json` says: exit code and verdict.
pub fn verified(source: &Path, output: &Path) -> (i32, serde_json::Value) {
    let run = declouder(&["verify", source.to_str().unwrap(), output.to_str().unwrap(), "--json", "--quiet"]);
    let (code, out, err) = outcome(&run);
    let verdict = out
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find(|value| value.get("proven").is_some());
    (code, verdict.unwrap_or_else(|| serde_json::json!({ "error": err })))
}
