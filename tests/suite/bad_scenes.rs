//! What is no scene, or a broken, odd or hostile one: one clear error and the right exit code, or
//! a scene with a warning; never wrong pixels.
#![cfg(feature = "gdal")]

use std::fs;
use std::path::{Path, PathBuf};

use declouder::raster::{self, SceneOptions, SceneReader};

use super::fixtures::{PLACED, Raster, ramp, to_jpeg2000};
use super::support::{declouder, outcome, shared};

/// Runs `declouder info` and gives exit code, result and errors.
pub fn info(path: &Path, more: &[&str]) -> (i32, String, String) {
    let mut args = vec!["info".to_owned(), path.to_string_lossy().into_owned()];
    args.extend(more.iter().map(|&arg| arg.to_owned()));
    outcome(&declouder(&args))
}

/// Expects failure with exit code 1 and one line that has all the words.
pub fn refused(path: &Path, words: &[&str]) {
    let (code, _, errors) = info(path, &[]);
    assert_eq!(code, 1, "{}: {errors}", path.display());
    assert_eq!(errors.trim().lines().count(), 1, "{errors}");
    for word in words {
        assert!(errors.contains(word), "expected \"{word}\" in: {errors}");
    }
}

/// Expects success and gives the text.
pub fn accepted(path: &Path, more: &[&str]) -> String {
    let (code, text, errors) = info(path, more);
    assert_eq!(code, 0, "{}: {errors}", path.display());
    text
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scene.tif");
    (folder, path)
}

#[test]
fn what_is_not_there_or_no_scene_is_named() {
    let (folder, path) = folder();
    refused(&path, &["no file or folder", "scene.tif"]);
    refused(folder.path(), &["folder is empty"]);
    fs::write(folder.path().join("notes.txt"), "words").unwrap();
    refused(folder.path(), &["no product and no file named after a band"]);
    refused(&folder.path().join("notes.txt"), &["neither a TIFF nor a JPEG 2000"]);
    fs::write(&path, "").unwrap();
    refused(&path, &["empty file"]);
    fs::write(&path, b"\x89PNG\r\n\x1a\n").unwrap();
    refused(&path, &["PNG"]);
}

#[test]
fn nothing_that_points_elsewhere_is_followed() {
    let (folder, path) = folder();
    let real = folder.path().join("real.tif");
    Raster::default().write::<u16>(&real, ramp);
    let vrt = format!(
        "<VRTDataset rasterXSize=\"16\" rasterYSize=\"12\"><VRTRasterBand dataType=\"UInt16\" band=\"1\">\
         <SimpleSource><SourceFilename>{}</SourceFilename><SourceBand>1</SourceBand></SimpleSource>\
         </VRTRasterBand></VRTDataset>",
        real.display()
    );
    for name in ["scene.tif", "scene.vrt", "B04.jp2"] {
        fs::write(folder.path().join(name), &vrt).unwrap();
        refused(&folder.path().join(name), &["VRT", "points at other files"]);
    }
    fs::remove_file(&path).unwrap();
    for address in ["/vsicurl/https://example.com/a.tif", "/vsizip//tmp/a.zip/a.tif", "/vsimem/a.tif"] {
        refused(Path::new(address), &["virtual file systems"]);
    }
    refused(Path::new("https://example.com/a.tif"), &["network address"]);
    for prefix in ["GTIFF_DIR:1:", "NETCDF:", "GTIFF_RAW:"] {
        refused(Path::new(&format!("{prefix}{}", real.display())), &["no file or folder"]);
    }
}

#[test]
fn a_file_that_bears_the_name_of_a_gdal_prefix_is_only_itself() {
    let (folder, _) = folder();
    Raster::default().write::<u16>(&folder.path().join("x.tif"), ramp);
    fs::write(folder.path().join("GTIFF_DIR:1:x.tif"), "II*\0rubbish").unwrap();
    let run = std::process::Command::new(env!("CARGO_BIN_EXE_declouder"))
        .args(["info", "GTIFF_DIR:1:x.tif"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(outcome(&run).0, 1, "{:?}", outcome(&run));
}

#[test]
fn sidecars_do_not_change_the_pixels() {
    let (folder, path) = folder();
    Raster::default().write::<u16>(&path, ramp);
    let before = accepted(&path, &["--json"]);
    fs::write(folder.path().join("scene.tif.ovr"), "<VRTDataset rasterXSize=\"1\" rasterYSize=\"1\"/>")
        .unwrap();
    fs::write(folder.path().join("scene.tfw"), "99\n0\n0\n-99\n1\n1\n").unwrap();
    fs::write(
        folder.path().join("scene.tif.aux.xml"),
        "<PAMDataset><SRS>EPSG:3857</SRS><GeoTransform>1,2,0,3,0,-4</GeoTransform><PAMRasterBand band=\"1\">\
         <NoDataValue>7</NoDataValue><Scale>5</Scale><Offset>9</Offset></PAMRasterBand></PAMDataset>",
    )
    .unwrap();
    assert_eq!(accepted(&path, &["--json"]), before);
}

#[test]
fn content_counts_and_not_the_extension() {
    let (folder, tif) = folder();
    Raster { bands: &["B04"], ..Raster::default() }.write::<u16>(&tif, ramp);
    let jp2 = folder.path().join("image.jp2");
    to_jpeg2000(&tif, &jp2);
    let swapped = folder.path().join("swapped");
    fs::create_dir(&swapped).unwrap();
    fs::copy(&tif, swapped.join("B04.jp2")).unwrap();
    fs::copy(&jp2, swapped.join("B03.tif")).unwrap();
    fs::copy(&tif, swapped.join("B02.txt")).unwrap();
    assert!(accepted(&swapped.join("B04.jp2"), &[]).contains("B04"));
    assert!(accepted(&swapped.join("B02.txt"), &[]).contains("B04"));
    let text = accepted(&swapped, &[]);
    assert!(text.contains("B03") && text.contains("B04") && !text.contains("B02"), "{text}");
}

/// Opens a file and reads every pixel of it, as any work on it would.
fn read_all(path: &Path) -> raster::Result<Vec<raster::Samples>> {
    let scene = raster::open(path, &SceneOptions::default())?;
    let mut reader = SceneReader::new(&scene);
    (0..scene.bands.len()).map(|band| reader.samples(band, scene.bands[band].grid.window())).collect()
}

/// Cuts a file at many lengths: each must fail, never give pixels that differ.
fn truncations_fail(source: &Path) {
    let bytes = fs::read(source).unwrap();
    let whole = read_all(source).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join(source.file_name().unwrap());
    let tail = [1, 2, 3, 10, 50, 120, 400, 1000, 3000].map(|less| bytes.len().saturating_sub(less));
    let even = (0..24).map(|part| bytes.len() * part / 24);
    for length in even.chain(tail) {
        fs::write(&cut, &bytes[..length]).unwrap();
        match read_all(&cut) {
            Err(error) => {
                let message = error.to_string();
                assert!(message.contains(&*source.file_name().unwrap().to_string_lossy()), "{message}");
            }
            // Bytes after the last pixel and tag may be missing; nothing else.
            Ok(pixels) => panic!(
                "{} cut to {length} of {} bytes was read; pixels {} the same",
                source.display(),
                bytes.len(),
                if pixels == whole { "are" } else { "are NOT" }
            ),
        }
    }
}

#[test]
fn truncated_real_tiffs_fail() {
    for set in ["s2-l1c-virginia-clear/B01.tif", "eurosat-ms/EuroSAT_MS/AnnualCrop/AnnualCrop_1.tif"] {
        if let Some(path) = shared(set) {
            truncations_fail(&path);
        }
    }
}

#[test]
fn truncated_tiffs_of_every_layout_fail() {
    let (_folder, path) = folder();
    let layouts: [&[&str]; 6] = [
        &[],
        &["TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16", "COMPRESS=DEFLATE", "PREDICTOR=2"],
        &["COMPRESS=LZW", "INTERLEAVE=BAND"],
        &["BIGTIFF=YES", "COMPRESS=DEFLATE"],
        &["TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16", "INTERLEAVE=BAND"],
        &["ENDIANNESS=BIG"],
    ];
    for options in layouts {
        Raster { width: 50, height: 40, options, ..Raster::default() }.write::<u16>(&path, ramp);
        truncations_fail(&path);
    }
}

#[test]
fn truncated_real_jpeg_2000_fails() {
    for set in ["s2-l1c-jp2-native/IMG_DATA/T31TDH_20150726T105026_B01.jp2", "s2-l1c-jp2-160m-cloudy/B10.jp2"]
    {
        if let Some(path) = shared(set) {
            truncations_fail(&path);
        }
    }
}

#[test]
fn a_truncated_file_is_named_when_it_is_opened() {
    let (folder, path) = folder();
    Raster { width: 64, height: 64, ..Raster::default() }.write::<u16>(&path, ramp);
    let jp2 = folder.path().join("scene.jp2");
    Raster { bands: &["B04"], width: 64, height: 64, ..Raster::default() }
        .write::<u16>(&folder.path().join("one.tif"), ramp);
    to_jpeg2000(&folder.path().join("one.tif"), &jp2);
    for file in [&path, &jp2] {
        let bytes = fs::read(file).unwrap();
        fs::write(file, &bytes[..bytes.len() * 2 / 3]).unwrap();
        refused(file, &["truncated", "fetch it again"]);
    }
}

#[test]
fn sparse_holes_are_no_truncation() {
    let (_folder, path) = folder();
    let options = ["SPARSE_OK=TRUE", "TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"];
    Raster { width: 64, height: 64, options: &options, ..Raster::default() }.write::<u16>(
        &path,
        |_, x, _| {
            if x < 16 { 5 } else { 0 }
        },
    );
    assert_eq!(read_all(&path).unwrap()[0].get(20), 0.0);
}

#[test]
fn bands_that_do_not_fit_are_wrong_usage() {
    let (_folder, path) = folder();
    Raster::default().write::<u16>(&path, ramp);
    for (bands, words) in [
        ("B02,B03", "4 bands"),
        ("B02,B03,B04,B05,B06", "4 bands"),
        ("B02,B03,B02,B04", "B02 is named twice"),
        ("B02,B03,B04,B13", "B13"),
        ("B02,B03,B04,", "not a Sentinel band"),
    ] {
        let (code, _, errors) = info(&path, &["--bands", bands]);
        assert_eq!(code, 2, "{bands}: {errors}");
        assert!(errors.contains(words) && errors.contains("--bands"), "{errors}");
    }
    for (option, value) in [("--level", "L3"), ("--radiometry", "0"), ("--radiometry", "nan")] {
        assert_eq!(info(&path, &[option, value]).0, 2, "{option} {value}");
    }
}

#[test]
fn unknown_bands_open_with_a_warning() {
    let (_folder, path) = folder();
    Raster { bands: &["", "thermal"], ..Raster::default() }.write::<u16>(&path, ramp);
    let text = accepted(&path, &[]);
    assert!(text.contains("band 1, thermal") && text.contains("--bands"), "{text}");
    assert!(!accepted(&path, &["--bands", "B04,B08", "--level", "L1C"]).contains("warning"));
}

#[test]
fn two_bands_of_one_name_are_refused() {
    let (_folder, path) = folder();
    Raster { bands: &["B04", "B4"], ..Raster::default() }.write::<u16>(&path, ramp);
    refused(&path, &["B04 occurs twice", "--bands"]);
}

#[test]
fn a_scene_without_place_or_turned_is_taken_with_a_warning() {
    let (_folder, path) = folder();
    Raster { geotransform: None, epsg: None, ..Raster::default() }.write::<u16>(&path, ramp);
    assert!(accepted(&path, &[]).contains("no coordinate reference system"));
    let turned = [500_000.0, 8.0, 6.0, 4_200_000.0, 6.0, -8.0];
    Raster { geotransform: Some(turned), ..Raster::default() }.write::<u16>(&path, ramp);
    assert!(accepted(&path, &[]).contains("rotated"));
    let scene = raster::open(&path, &SceneOptions::default()).unwrap();
    assert_eq!(scene.grid.geotransform, Some(turned));
}

#[test]
fn the_smallest_scenes_and_empty_ones_are_read() {
    let (_folder, path) = folder();
    for (width, height) in [(1, 1), (40, 1), (1, 40)] {
        Raster { width, height, ..Raster::default() }.write::<u16>(&path, |_, _, _| 0);
        assert!(accepted(&path, &[]).contains(&format!("{width} × {height} pixels")));
        let scene = raster::open(&path, &SceneOptions::default()).unwrap();
        let values = SceneReader::new(&scene).reflectance(0, scene.grid.window()).unwrap();
        assert!(values.data.iter().all(|value| value.is_nan()), "all nodata");
    }
}

#[test]
fn nan_and_infinite_values_are_nodata() {
    let (_folder, path) = folder();
    Raster { bands: &["B04"], ..Raster::default() }
        .write::<f32>(&path, |_, x, _| [0.25, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0][x % 5]);
    let scene = raster::open(&path, &SceneOptions::default()).unwrap();
    let values = SceneReader::new(&scene).reflectance(0, raster::Window::new(0, 0, 5, 1)).unwrap().data;
    assert_eq!((values[0], values[4]), (0.25, 0.0));
    assert!(values[1..4].iter().all(|value| value.is_nan()), "{values:?}");
}

#[test]
fn types_that_cannot_hold_reflectance_are_refused() {
    let (_folder, path) = folder();
    Raster { bands: &["B04"], ..Raster::default() }.write::<i64>(&path, |_, x, _| x as i64);
    refused(&path, &["Int64", "cannot hold reflectance"]);
    Raster { bands: &["B04"], ..Raster::default() }.write::<u64>(&path, |_, x, _| x as u64);
    refused(&path, &["UInt64", "cannot hold reflectance"]);
    complex_tiff(&path);
    refused(&path, &["complex", "cannot hold reflectance"]);
}

/// A 1 × 1 TIFF of one complex float sample, byte by byte: the wrapper cannot make one.
fn complex_tiff(path: &Path) {
    let entries: [(u16, u16, u32); 9] = [
        (256, 3, 1),
        (257, 3, 1),
        (258, 3, 64),
        (259, 3, 1),
        (262, 3, 1),
        (273, 4, 8),
        (277, 3, 1),
        (279, 4, 8),
        (339, 3, 6),
    ];
    let mut bytes = b"II*\0\x10\0\0\0".to_vec();
    bytes.extend([0_u8; 8]);
    bytes.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, value) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0_u8; 4]);
    fs::write(path, bytes).unwrap();
}

#[test]
fn bands_that_do_not_lie_on_one_grid_are_refused() {
    let (folder, _) = folder();
    let write = |name: &str, width: usize, geotransform: [f64; 6], epsg: u32| {
        Raster {
            width,
            height: width,
            bands: &[""],
            geotransform: Some(geotransform),
            epsg: Some(epsg),
            options: &[],
        }
        .write::<u16>(&folder.path().join(name), ramp);
    };
    write("B04.tif", 12, PLACED, 32633);
    write("B05.tif", 7, [500_000.0, 20.0, 0.0, 4_200_000.0, 0.0, -20.0], 32633);
    refused(folder.path(), &["B05", "7 × 7", "nest"]);
    write("B05.tif", 6, [500_040.0, 20.0, 0.0, 4_200_000.0, 0.0, -20.0], 32633);
    refused(folder.path(), &["B05", "4.0 pixels off"]);
    write("B05.tif", 6, [500_000.0, 20.0, 0.0, 4_200_000.0, 0.0, -20.0], 32634);
    refused(folder.path(), &["B05", "coordinate reference system"]);
    write("B05.tif", 6, [500_000.0, 20.0, 0.0, 4_200_000.0, 0.0, -20.0], 32633);
    assert!(!accepted(folder.path(), &["--level", "L1C"]).contains("warning"));
}

#[test]
fn claims_of_huge_size_are_refused() {
    let (_folder, path) = folder();
    complex_tiff(&path);
    let mut bytes = fs::read(&path).unwrap();
    // The width's value, in the first entry of the directory, as a 32-bit number.
    bytes[18 + 2] = 4;
    bytes[18 + 8..18 + 12].copy_from_slice(&2_000_000_000_u32.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    assert_eq!(info(&path, &[]).0, 1);
}

#[test]
fn values_of_a_picture_are_not_taken_for_reflectance_without_a_word() {
    let (_folder, path) = folder();
    Raster::default().write::<u8>(&path, |_, x, _| 90 + x as u8);
    assert!(accepted(&path, &[]).contains("8 bits"));
    assert!(!accepted(&path, &["--radiometry", "255"]).contains("8 bits"), "who says what they are knows");
}
