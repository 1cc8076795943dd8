//! Cloud and shadow masks against references on real scenes, and what is refused.

use std::path::{Path, PathBuf};

use declouder::bands::Level;
use declouder::mask::{self, FileOptions, INVALID, MaskConfig};
use declouder::progress::{CancelFlag, Monitor, Silent};
use declouder::raster::{self, Scene, SceneOptions};

use super::support::{declouder, outcome, shared};

fn open(path: &Path, level: Level) -> Scene {
    let options = SceneOptions { level: Some(level), ..SceneOptions::default() };
    raster::open(path, &options).unwrap()
}

fn by(method: &str) -> MaskConfig {
    MaskConfig { method: method.to_owned(), ..MaskConfig::default() }
}

/// The s2cloudless references of a folder of sen12ms-cr: scene and reference.
fn referenced(folder: &str) -> Option<Vec<(PathBuf, PathBuf)>> {
    let root = shared("sen12ms-cr")?;
    let mut scenes: Vec<_> =
        std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    scenes.sort();
    let reference = |scene: &Path| root.join("s2cloudless").join(folder).join(scene.file_name().unwrap());
    Some(scenes.into_iter().map(|scene| (scene.clone(), reference(&scene))).collect())
}

/// IoU of cloud, pooled over scenes.
fn cloud_iou(pairs: &[(PathBuf, PathBuf)], config: &MaskConfig) -> f64 {
    let (mut both, mut either) = (0, 0);
    for (path, reference) in pairs {
        let scene = open(path, Level::L1C);
        let options = FileOptions { band: Some(2), ..FileOptions::default() };
        let reference = mask::from_file(reference, &scene, &options, &Silent).unwrap();
        let cloud = mask::agreement(&mask::detect(&scene, config, &Silent).unwrap(), &reference).cloud;
        both += cloud.both;
        either += cloud.reference + cloud.found - cloud.both;
    }
    both as f64 / either as f64
}

#[test]
fn s2cloudless_agrees_with_the_package_that_published_it() {
    let Some(pairs) = referenced("test/cloudy") else { return };
    let iou = cloud_iou(&pairs, &MaskConfig { shadow: false, ..by("s2cloudless") });
    assert!(iou > 0.999, "IoU {iou}");
}

#[test]
fn thresholds_agree_with_s2cloudless_as_far_as_the_table_says() {
    let Some(pairs) = referenced("test/cloudy") else { return };
    let iou = cloud_iou(&pairs, &by("threshold"));
    assert!(iou > 0.7, "IoU {iou}");
}

#[test]
fn shadow_drawn_by_hand_is_found() {
    let Some(root) = shared("cloud-labels") else { return };
    let scene = open(&root.join("ukis-csmask/scene.tif"), Level::L1C);
    let options = FileOptions { classes: "4=cloud,0=shadow".parse().unwrap(), band: None };
    let labels = mask::from_file(&root.join("ukis-csmask/labels.tif"), &scene, &options, &Silent).unwrap();
    let found = mask::detect(&scene, &by("threshold"), &Silent).unwrap();
    let agreement = mask::agreement(&found, &labels);
    assert!(agreement.shadow.iou > Some(0.7), "{agreement:?}");
    assert!(agreement.cloud.iou > Some(0.7), "{agreement:?}");
}

#[test]
fn s2cloudless_refuses_l2a_and_auto_goes_on_to_thresholds() {
    let Some(root) = shared("sen12ms-cr/test/clear") else { return };
    let path = std::fs::read_dir(root).unwrap().next().unwrap().unwrap().path();
    let scene = open(&path, Level::L2A);
    let refusal = mask::detect(&scene, &by("s2cloudless"), &Silent).unwrap_err().to_string();
    assert!(refusal.contains("L2A") && refusal.contains("--method"), "{refusal}");
    let mask = mask::detect(&scene, &by("auto"), &Silent).unwrap();
    assert!(mask.source.starts_with("threshold (L2A"), "{}", mask.source);
}

#[test]
fn missing_bands_are_named() {
    let Some(root) = shared("cloud-labels") else { return };
    let scene = root.join("ukis-csmask/scene.tif");
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("mask.tif");
    let (scene, output) = (scene.to_string_lossy(), output.to_string_lossy());
    let (code, _, error) = outcome(&declouder(&["mask", &scene, "-o", &output, "--method", "s2cloudless"]));
    assert_eq!(code, 1, "{error}");
    for band in ["B01", "B05", "B8A", "B09", "B10"] {
        assert!(error.contains(band), "{error}");
    }
}

#[test]
fn an_unknown_method_is_wrong_usage() {
    let Some(root) = shared("cloud-labels") else { return };
    let scene = root.join("ukis-csmask/scene.tif");
    let out = declouder(&["mask", &scene.to_string_lossy(), "-o", "m.tif", "--method", "magic"]);
    let (code, _, error) = outcome(&out);
    assert_eq!(code, 2, "{error}");
    assert!(error.contains("magic") && error.contains("threshold"), "{error}");
}

#[test]
fn the_edge_without_data_stays_invalid() {
    let Some(root) = shared("s2-l1c-jp2-160m-cloudy") else { return };
    let scene = open(&root, Level::L1C);
    let found = mask::detect(&scene, &by("auto"), &Silent).unwrap();
    assert!(found.source.starts_with("s2cloudless"), "{}", found.source);
    let cover = found.cover();
    assert!((cover.invalid - 0.37).abs() < 0.02, "{cover:?}");
    assert!((cover.cloud - 0.33).abs() < 0.08, "{cover:?}");
    let m = mask::alpha(&found, 4, 8).0;
    assert!(m.data.iter().zip(&found.codes.data).all(|(&m, &code)| code != INVALID || m == 0));
}

struct Cancelled(CancelFlag);

impl Monitor for Cancelled {
    fn is_cancelled(&self) -> bool {
        self.0.is_raised()
    }
}

#[test]
fn a_cancelled_detection_ends_with_that_error() {
    let Some(root) = shared("cloud-labels") else { return };
    let scene = open(&root.join("ukis-csmask/scene.tif"), Level::L1C);
    let monitor = Cancelled(CancelFlag::new());
    monitor.0.raise();
    let error = mask::detect(&scene, &by("threshold"), &monitor).unwrap_err();
    assert!(error.is_cancelled(), "{error}");
}

#[test]
fn s2cloudless_with_the_package_s_defaults_gives_its_mask_of_betsiboka() {
    let Some(root) = shared("betsiboka") else { return };
    let scene = open(&root.join("scene.tif"), Level::L1C);
    let config = MaskConfig { threshold: 0.4, average_px: 1, grow_px: 1, shadow: false, ..by("s2cloudless") };
    let found = mask::detect(&scene, &config, &Silent).unwrap();
    let reference = root.join("s2cloudless_mask.tif");
    let reference = mask::from_file(&reference, &scene, &FileOptions::default(), &Silent).unwrap();
    let agreement = mask::agreement(&found, &reference);
    assert!(agreement.cloud.iou > Some(0.9999), "{agreement:?}");
}
