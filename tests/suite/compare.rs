//! `declouder compare` on real scenes and on everything that cannot be compared.

use std::path::Path;

use super::fixtures::{PLACED, Raster, ramp};
use super::support::{declouder, outcome, shared};

fn compare(args: &[&dyn AsRef<std::ffi::OsStr>]) -> (i32, String, String) {
    let mut all = vec!["compare".as_ref()];
    all.extend(args.iter().map(AsRef::as_ref));
    outcome(&declouder(&all))
}

fn json(args: &[&dyn AsRef<std::ffi::OsStr>]) -> serde_json::Value {
    let mut all = args.to_vec();
    all.push(&"--json");
    let (code, out, err) = compare(&all);
    assert_eq!(code, 0, "{err}");
    assert_eq!(out.lines().count(), 1, "only the result: {out}");
    serde_json::from_str(&out).unwrap()
}

/// What must be said of two files that cannot be compared, and with which exit code.
fn refused(args: &[&dyn AsRef<std::ffi::OsStr>], code: i32, words: &[&str]) {
    let (found, out, err) = compare(args);
    assert_eq!(found, code, "{out}{err}");
    assert!(out.is_empty() && !err.is_empty(), "{out}{err}");
    for word in words {
        assert!(err.contains(word), "\"{word}\" is not in: {err}");
    }
}

fn write(folder: &Path, name: &str, raster: &Raster<'_>) -> std::path::PathBuf {
    let path = folder.join(name);
    raster.write(&path, ramp);
    path
}

#[test]
fn a_real_pair_scores_what_scikit_image_says() {
    let Some(data) = shared("sen12ms-cr") else { return };
    let name = "cloudy/ROIs1158_spring_s2_39_p100.tif";
    let (image, reference) =
        (data.join("test").join(name), data.join("test/clear/ROIs1158_spring_s2_39_p100.tif"));
    let mask = data.join("s2cloudless/test").join(name);
    let found = json(&[&image, &reference, &"--mask", &mask, &"--mask-band", &"2"]);
    // tests/parity/baselines.py, method `input`.
    let expected = [
        ("psnr", [20.228_144_4, 15.337_350_3, 27.198_375_9]),
        ("ssim", [0.763_294_6, 0.505_220_4, 0.865_821_2]),
        ("mae", [0.055_953_0, 0.128_553_4, 0.028_111_3]),
    ];
    for (key, [all, cloud, clear]) in expected {
        for (found, expected) in [(&found, all), (&found["cloud"], cloud), (&found["clear"], clear)] {
            let found = found[key].as_f64().unwrap();
            assert!((found - expected).abs() < 1e-6, "{key}: {found} ≠ {expected}");
        }
    }
}

#[test]
fn a_scene_equals_itself_whatever_its_kind() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "a.tif", &Raster::default());
    let found = json(&[&path, &path]);
    assert_eq!((&found["psnr"], &found["identical"]), (&serde_json::Value::Null, &true.into()));
    assert_eq!(found["mae"].as_f64(), Some(0.0));
    assert!(found["cloud"].is_null() && found["clear"].is_null());
    if let Some(scene) = shared("s2-l1c-virginia-clear") {
        assert_eq!(json(&[&scene, &scene])["identical"], true);
    }
}

#[test]
fn only_bands_that_both_name_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let source =
        write(folder.path(), "source.tif", &Raster { bands: &["B02", "B04", "B08"], ..Raster::default() });
    let result = folder.path().join("result.tif");
    let bands = ["B08", "B04", "synthetic", "spread", "VV"];
    let from = [2, 1];
    Raster { bands: &bands, ..Raster::default() }
        .write(&result, |band, x, y| from.get(band).map_or(9000, |&band| ramp(band, x, y)));
    let (code, out, err) = compare(&[&result, &source]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("∞ (equal)") && out.contains("B04") && out.contains("B08"), "{out}");
    assert!(!out.contains("B02") && !out.contains("synthetic"), "{out}");
}

#[test]
fn bands_are_named_where_a_file_does_not_name_them() {
    let folder = tempfile::tempdir().unwrap();
    let named = write(folder.path(), "named.tif", &Raster::default());
    let bare = write(folder.path(), "bare.tif", &Raster { bands: &["", "", "", ""], ..Raster::default() });
    refused(&[&bare, &named], 1, &["no Sentinel-2 band in common", "--bands", "bare.tif"]);
    assert_eq!(json(&[&bare, &named, &"--bands", &"B02,B03,B04,B08"])["identical"], true);
    refused(&[&bare, &named, &"--bands", &"B02,B03"], 2, &["--bands"]);
}

#[test]
fn other_sizes_places_and_systems_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let a = write(folder.path(), "a.tif", &Raster::default());
    let small = write(folder.path(), "small.tif", &Raster { width: 15, ..Raster::default() });
    let zone = write(folder.path(), "zone.tif", &Raster { epsg: Some(32634), ..Raster::default() });
    let mut moved = PLACED;
    moved[0] += 10.0;
    let moved = write(folder.path(), "moved.tif", &Raster { geotransform: Some(moved), ..Raster::default() });
    refused(&[&a, &small], 1, &["16 × 12", "15 × 12", "small.tif"]);
    refused(&[&a, &zone], 1, &["coordinate reference systems differ", "zone.tif"]);
    refused(&[&a, &moved], 1, &["1.0 pixels apart", "moved.tif"]);
    // Without a place of its own a file is taken as lying where the other lies.
    let nowhere =
        write(folder.path(), "nowhere.tif", &Raster { geotransform: None, epsg: None, ..Raster::default() });
    assert_eq!(json(&[&a, &nowhere])["identical"], true);
}

#[test]
fn scenes_without_a_common_band_or_pixel_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let a = write(folder.path(), "a.tif", &Raster { bands: &["B02", "VV"], ..Raster::default() });
    let b = write(folder.path(), "b.tif", &Raster { bands: &["B03", "VV"], ..Raster::default() });
    refused(&[&a, &b], 1, &["no Sentinel-2 band in common", "B02", "B03"]);
    let empty = folder.path().join("empty.tif");
    Raster { bands: &["B02"], ..Raster::default() }.write(&empty, |_, _, _| f32::NAN);
    refused(&[&a, &empty], 1, &["no pixel is valid", "empty.tif"]);
    refused(&[&a, &folder.path().join("missing.tif")], 1, &["missing.tif"]);
}

#[test]
fn a_mask_parts_cloud_from_clear_and_must_fit() {
    let folder = tempfile::tempdir().unwrap();
    let a = write(folder.path(), "a.tif", &Raster::default());
    let b = folder.path().join("b.tif");
    // Wrong by 0.1 in the left half, by 0.02 in the right one.
    Raster::default().write(&b, |band, x, y| ramp(band, x, y) + if x < 8 { 1000 } else { 200 });
    let mask = folder.path().join("mask.tif");
    let one = Raster { bands: &["mask"], ..Raster::default() };
    one.write(&mask, |_, x, _| {
        if x < 4 {
            1_u8
        } else if x < 8 {
            2
        } else {
            0
        }
    });
    let found = json(&[&b, &a, &"--mask", &mask]);
    for (region, expected) in [("cloud", 0.1), ("clear", 0.02)] {
        let mae = found[region]["mae"].as_f64().unwrap();
        assert!((mae - expected).abs() < 1e-6, "{region}: {mae}");
    }
    let small = folder.path().join("small.tif");
    Raster { width: 5, epsg: None, geotransform: None, bands: &["mask"], ..Raster::default() }
        .write(&small, |_, _, _| 1_u8);
    refused(&[&b, &a, &"--mask", &small], 1, &["small.tif", "5 × 12"]);
    let zone = folder.path().join("zone.tif");
    Raster { epsg: Some(32634), bands: &["mask"], ..Raster::default() }.write(&zone, |_, _, _| 1_u8);
    refused(&[&b, &a, &"--mask", &zone], 1, &["zone.tif", "coordinate reference system"]);
    refused(&[&b, &a, &"--mask-band", &"2"], 2, &[]);
}

#[test]
fn one_pixel_and_one_row_are_measured_without_ssim() {
    let folder = tempfile::tempdir().unwrap();
    for (width, height) in [(1, 1), (30, 1)] {
        let size = Raster { width, height, ..Raster::default() };
        let a = write(folder.path(), "a.tif", &size);
        let b = folder.path().join("b.tif");
        size.write(&b, |band, x, y| ramp(band, x, y) + 500);
        let found = json(&[&b, &a]);
        assert!((found["mae"].as_f64().unwrap() - 0.05).abs() < 1e-6);
        assert!(found["ssim"].is_null() && found["psnr"].is_f64(), "{found}");
    }
}
