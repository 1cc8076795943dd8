//! Bad input through the whole road of `declouder decloud`: one clear error, the stated exit code,
//! and nothing under the output's name.
#![cfg(feature = "gdal")]

use std::path::{Path, PathBuf};

use super::fixtures::{PLACED, Raster, ramp};
use super::support::{declouder, outcome};

/// A good scene, and a folder for outputs that must stay empty.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("out")).unwrap();
        let desk = Self { folder };
        Raster { width: 64, height: 48, ..Raster::default() }.write(&desk.path("scene.tif"), ramp);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Declouds with more arguments; the run must fail with `code`, say every one of `words` in
    /// exactly one line of error, and leave the output folder empty.
    fn fails(&self, scene: &Path, more: &[&str], code: i32, words: &[&str]) {
        let out = self.path("out");
        let target = out.join("clean.tif");
        let mut args = vec!["decloud".as_ref(), scene.as_os_str(), "-o".as_ref(), target.as_os_str()];
        args.extend(more.iter().map(std::ffi::OsStr::new));
        let (status, stdout, stderr) = outcome(&declouder(&args));
        assert_eq!(status, code, "{args:?}\n{stdout}\n{stderr}");
        for word in words {
            assert!(stderr.contains(word), "{word:?} is not in: {stderr}");
        }
        if code == 1 {
            let errors = stderr.lines().filter(|line| line.starts_with("declouder:")).count();
            assert_eq!(errors, 1, "{stderr}");
        }
        assert!(!stderr.contains("panicked"), "{stderr}");
        assert_eq!(std::fs::read_dir(&out).unwrap().count(), 0, "something was left in {}", out.display());
    }

    fn mask(&self, name: &str, width: usize, height: usize, epsg: Option<u32>, corner: f64) -> String {
        let mut geotransform = PLACED;
        geotransform[0] += corner;
        let path = self.path(name);
        let mask = Raster {
            width,
            height,
            bands: &["mask"],
            geotransform: epsg.map(|_| geotransform),
            epsg,
            ..Raster::default()
        };
        mask.write(&path, |_, x, y| u8::from(x > width / 2 && y > height / 2));
        path.to_string_lossy().into_owned()
    }
}

#[test]
fn masks_that_do_not_fit_are_named_with_what_was_expected() {
    let desk = Desk::new();
    let scene = desk.path("scene.tif");
    let other_size = desk.mask("size.tif", 30, 20, None, 0.0);
    desk.fails(&scene, &["--mask", &other_size], 1, &["size.tif", "30 × 20", "64 × 48"]);
    let other_crs = desk.mask("crs.tif", 64, 48, Some(32634), 0.0);
    desk.fails(&scene, &["--mask", &other_crs], 1, &["crs.tif"]);
    let elsewhere = desk.mask("far.tif", 64, 48, Some(32633), 1e6);
    desk.fails(&scene, &["--mask", &elsewhere], 1, &["far.tif"]);
    let missing = desk.path("none.tif").to_string_lossy().into_owned();
    desk.fails(&scene, &["--mask", &missing], 1, &["none.tif", "no file"]);
    std::fs::write(desk.path("text.tif"), "no raster").unwrap();
    let text = desk.path("text.tif").to_string_lossy().into_owned();
    desk.fails(&scene, &["--mask", &text], 1, &["text.tif"]);
}

#[test]
fn a_coarser_mask_of_the_same_place_is_taken() {
    let desk = Desk::new();
    let path = desk.path("coarse.tif");
    let mut geotransform = PLACED;
    geotransform[1] *= 4.0;
    geotransform[5] *= 4.0;
    let mask = Raster {
        width: 16,
        height: 12,
        bands: &["mask"],
        geotransform: Some(geotransform),
        ..Raster::default()
    };
    mask.write(&path, |_, x, y| u8::from(x > 8 && y > 6));
    let target = desk.path("out").join("clean.tif");
    let scene = desk.path("scene.tif");
    let args = [
        "decloud".as_ref(),
        scene.as_os_str(),
        "-o".as_ref(),
        target.as_os_str(),
        "--mask".as_ref(),
        path.as_os_str(),
    ];
    let (status, _, stderr) = outcome(&declouder(&args));
    assert_eq!(status, 0, "{stderr}");
    let (status, stdout, stderr) =
        outcome(&declouder(&["verify".as_ref(), scene.as_os_str(), target.as_os_str()]));
    assert_eq!(status, 0, "{stdout}{stderr}");
}

#[test]
fn broken_scenes_fail_before_anything_is_written() {
    let desk = Desk::new();
    let mask = desk.mask("mask.tif", 64, 48, Some(32633), 0.0);
    desk.fails(&desk.path("absent.tif"), &[], 1, &["absent.tif"]);
    std::fs::create_dir(desk.path("empty")).unwrap();
    desk.fails(&desk.path("empty"), &[], 1, &["empty", "the folder is empty"]);
    let whole = std::fs::read(desk.path("scene.tif")).unwrap();
    std::fs::write(desk.path("cut.tif"), &whole[..whole.len() / 2]).unwrap();
    desk.fails(&desk.path("cut.tif"), &["--mask", &mask], 1, &["cut.tif"]);
    std::fs::write(
        desk.path("link.tif"),
        "<VRTDataset rasterXSize=\"1\" rasterYSize=\"1\"><VRTRasterBand><SimpleSource><SourceFilename>/etc/passwd</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>",
    )
    .unwrap();
    desk.fails(&desk.path("link.tif"), &["--mask", &mask], 1, &["link.tif"]);
}

#[test]
fn options_that_make_no_sense_are_wrong_usage() {
    let desk = Desk::new();
    let scene = desk.path("scene.tif");
    desk.fails(&scene, &["--engine", "magic"], 2, &["--engine", "fill"]);
    desk.fails(&scene, &["--method", "guess"], 2, &["guess"]);
    desk.fails(&scene, &["--samples", "1"], 2, &["--samples"]);
    desk.fails(&scene, &["--tile", "0"], 2, &["--tile"]);
    desk.fails(&scene, &["--bands", "B02,B99"], 2, &["B99"]);
    desk.fails(&scene, &["--bands", "B02,B03"], 2, &["--bands", "4 bands"]);
    desk.fails(&scene, &["--level", "L3"], 2, &["L1C"]);
    desk.fails(&scene, &["--radiometry", "twelve"], 2, &["10000,-1000"]);
    desk.fails(&scene, &["--no-such-option"], 2, &["--no-such-option"]);
}

#[test]
fn too_few_bands_for_any_method_names_what_is_missing() {
    let desk = Desk::new();
    let path = desk.path("two.tif");
    Raster { bands: &["B05", "B06"], ..Raster::default() }.write(&path, ramp);
    desk.fails(&path, &[], 1, &["two.tif", "B02"]);
}

#[test]
fn a_fully_clouded_scene_is_made_from_what_is_known_elsewhere_and_says_so() {
    let desk = Desk::new();
    let path = desk.path("all.tif");
    Raster { width: 64, height: 48, bands: &["mask"], ..Raster::default() }.write(&path, |_, _, _| 1_u8);
    let (scene, target) = (desk.path("scene.tif"), desk.path("out").join("clean.tif"));
    let args = [
        "decloud".as_ref(),
        scene.as_os_str(),
        "-o".as_ref(),
        target.as_os_str(),
        "--mask".as_ref(),
        path.as_os_str(),
        "--level".as_ref(),
        "L1C".as_ref(),
    ];
    let (status, _, stderr) = outcome(&declouder(&args));
    assert_eq!(status, 0, "{stderr}");
    assert!(stderr.contains("warning"), "{stderr}");
}
