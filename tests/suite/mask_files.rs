//! Masks from files whose values mean something else than they seem to: our own weights, other programs'
//! black and white, files that hold nothing.
#![cfg(feature = "gdal")]

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use declouder::mask::{self, CLEAR, CLOUD, FileOptions, INVALID, Mask};
use declouder::progress::Monitor;
use declouder::raster::{SceneOptions, SceneReader, open};
use gdal::Metadata;

use super::export::for_change;
use super::fixtures::{Raster, ramp};
use super::support::{declouder, outcome};

const SIZE: (usize, usize) = (60, 40);

/// Keeps the warnings.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Monitor for Heard {
    fn warn(&self, message: &str) {
        self.0.lock().unwrap().push(message.to_owned());
    }
}

/// A scene, and a folder for masks of it.
struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        let case = Self { folder: tempfile::tempdir().unwrap() };
        Self::raster(&["B02", "B03", "B04", "B08"]).write(&case.path("scene.tif"), ramp);
        case
    }

    fn raster(bands: &'static [&'static str]) -> Raster<'static> {
        Raster { width: SIZE.0, height: SIZE.1, bands, ..Raster::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the program; all names are the folder's.
    fn run(&self, args: &[&str]) {
        let args: Vec<String> = args
            .iter()
            .map(|arg| {
                if Path::new(arg).extension().is_some_and(|end| end == "tif") {
                    self.path(arg).display().to_string()
                } else {
                    (*arg).into()
                }
            })
            .collect();
        let (code, _, err) = outcome(&declouder(&args));
        assert_eq!(code, 0, "{args:?}: {err}");
    }

    /// The mask of a file as the library reads it, and the warnings.
    fn read(&self, name: &str, options: &FileOptions) -> (mask::Result<Mask>, Vec<String>) {
        let scene = open(&self.path("scene.tif"), &SceneOptions::default()).unwrap();
        let heard = Heard::default();
        let mask = mask::from_file(&self.path(name), &scene, options, &heard);
        (mask, heard.0.into_inner().unwrap())
    }
}

/// The stored values of a band, from 0.
fn stored(path: &Path, band: usize) -> Vec<f64> {
    let scene = open(path, &SceneOptions::default()).unwrap();
    let samples = SceneReader::new(&scene).samples(band, scene.grid.window()).unwrap();
    (0..samples.len()).map(|index| samples.get(index)).collect()
}

#[test]
fn weights_that_an_export_or_mask_wrote_are_read_as_weights() {
    let case = Case::new();
    Case::raster(&["mask"]).write(&case.path("codes.tif"), |_, x, y| u8::from(x < 30 && y < 20));
    case.run(&["mask", "scene.tif", "-o", "weights.tif", "--mask", "codes.tif", "--feather", "9"]);
    case.run(&["decloud", "scene.tif", "-o", "OUT.tif", "--mask", "codes.tif", "--feather", "9"]);
    for (name, band) in [("weights.tif", 0), ("OUT.tif", 4)] {
        let weights = stored(&case.path(name), band);
        let soft = weights.iter().filter(|&&weight| weight > 0.0 && weight < 255.0).count();
        assert!(soft > 50 && weights.contains(&255.0), "{name} holds weights");
        let options = FileOptions { band: (band > 0).then_some(band + 1), ..FileOptions::default() };
        let (mask, warnings) = case.read(name, &options);
        let mask = mask.unwrap();
        let expected: Vec<_> =
            weights.iter().map(|&weight| if weight >= 128.0 { CLOUD } else { CLEAR }).collect();
        assert_eq!(mask.codes.data, expected, "{name}");
        assert!(mask.source.contains("weights in 255ths"), "{}", mask.source);
        assert_eq!(warnings, [""; 0]);
    }
}

#[test]
fn another_program_s_black_and_white_is_clear_and_cloud() {
    let case = Case::new();
    let white = |x: usize| if x < 20 { 255_u8 } else { 0 };
    Case::raster(&["clouds"]).write(&case.path("white.tif"), |_, x, _| white(x));
    let (mask, warnings) = case.read("white.tif", &FileOptions::default());
    let mask = mask.unwrap();
    assert_eq!((mask.codes.get(19, 3), mask.codes.get(20, 3)), (CLOUD, CLEAR));
    assert!(mask.source.contains("0 clear, 255 cloud"), "{}", mask.source);
    assert!(warnings.len() == 1 && warnings[0].contains("--mask-classes 255=invalid"), "{warnings:?}");

    // Where somebody says what 255 is, it is that: the analyst, the file's nodata, our own tags, other codes.
    let said = FileOptions { classes: "255=invalid".parse().unwrap(), band: None };
    assert_eq!(case.read("white.tif", &said).0.unwrap().codes.get(19, 3), INVALID);
    let codes = Case::raster(&["clouds"]);
    codes.write(&case.path("codes.tif"), |_, x, y| if y == 0 { 1 } else { white(x) });
    Case::raster(&["clouds"]).write(&case.path("nodata.tif"), |_, x, _| white(x));
    let dataset = for_change(&case.path("nodata.tif"));
    dataset.rasterband(1).unwrap().set_no_data_value(Some(255.0)).unwrap();
    dataset.close().unwrap();
    Case::raster(&["clouds"]).write(&case.path("ours.tif"), |_, x, _| white(x));
    let mut dataset = for_change(&case.path("ours.tif"));
    dataset.set_metadata_item("DECLOUDER_MASK_CODES", "0 clear, 1 cloud, 2 shadow, 255 invalid", "").unwrap();
    dataset.close().unwrap();
    for name in ["codes.tif", "nodata.tif", "ours.tif"] {
        let (mask, warnings) = case.read(name, &FileOptions::default());
        assert_eq!(mask.unwrap().codes.get(19, 3), INVALID, "{name}");
        assert_eq!(warnings, [""; 0], "{name}");
    }
}

#[test]
fn a_mask_that_holds_nothing_is_refused_by_its_own_name() {
    let case = Case::new();
    Case::raster(&["clouds"]).write(&case.path("nan.tif"), |_, _, _| f32::NAN);
    Case::raster(&["clouds"]).write(&case.path("white.tif"), |_, _, _| 255_u8);
    for name in ["nan.tif", "white.tif"] {
        let error = case.read(name, &FileOptions::default()).0.unwrap_err().to_string();
        assert!(error.contains("the mask says nothing") && error.contains(name), "{error}");
    }
    let said = FileOptions { classes: "255=cloud".parse().unwrap(), band: None };
    assert_eq!(case.read("white.tif", &said).0.unwrap().cover().cloud, 1.0, "as the error advises");
    // Of a scene without one measured pixel such a mask is right.
    Case::raster(&["B02"]).write(&case.path("scene.tif"), |_, _, _| 0_u16);
    assert_eq!(case.read("nan.tif", &FileOptions::default()).0.unwrap().cover().invalid, 1.0);
}

#[test]
fn a_probability_in_percent_is_not_taken_for_classes() {
    let case = Case::new();
    Case::raster(&["probability"]).write(&case.path("percent.tif"), |_, x, _| (x + 10) as u8);
    let (mask, _) = case.read("percent.tif", &FileOptions::default());
    let error = mask.unwrap_err().to_string();
    assert!(error.contains("different values") && error.contains("--mask-classes"), "{error}");
}

#[test]
fn a_feathered_mask_has_the_weights_that_declouding_uses() {
    let case = Case::new();
    Case::raster(&["B02", "B03", "B04", "B08", "B11", "B12"]).write(&case.path("scene.tif"), |band, x, y| {
        if (20..36).contains(&x) && (12..26).contains(&y) { 9000 } else { ramp(band, x, y) / 2 }
    });
    let how = ["--method", "threshold", "--level", "L1C", "--dilate", "3", "--feather", "6"];
    case.run(&[&["mask", "scene.tif", "-o", "m.tif"][..], &how].concat());
    case.run(&[&["decloud", "scene.tif", "-o", "OUT.tif"][..], &how].concat());
    let [mask, marks] = [("m.tif", 0), ("OUT.tif", 6)].map(|(name, band)| stored(&case.path(name), band));
    assert!(mask.iter().any(|&m| m > 0.0 && m < 255.0), "something is soft");
    assert_eq!(mask, marks);
}
