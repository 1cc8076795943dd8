//! Cloud and shadow masks against references on real scenes, and what is refused.

use std::path::{Path, PathBuf};

use declouder::bands::Level;
use declouder::mask::{self, FileOptions, INVALID, MaskConfig};
use declouder::progress::{CancelFlag, Monitor, Silent};
use declouder::raster::export::{Format, OutputBand, OutputSpec, Overview, RasterWriter, commit};
use declouder::raster::{self, Dtype, Grid, Samples, Scene, SceneOptions};

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

/// Writes one band as a GeoTIFF on a grid.
fn write(path: &Path, grid: Grid, samples: &Samples) {
    let band = OutputBand {
        name: "mask".into(),
        description: "mask".into(),
        dtype: samples.dtype(),
        nodata: None,
        unmeasured: None,
        scale_tag: None,
        offset_tag: None,
        unit: String::new(),
        color: "Gray".into(),
        metadata: Vec::new(),
        overview: Overview::Mean,
    };
    let window = grid.window();
    let spec = OutputSpec {
        path: path.to_owned(),
        grid,
        bands: vec![band],
        metadata: vec![],
        format: Format::GeoTiff,
    };
    let mut writer = RasterWriter::create(spec, true).unwrap();
    writer.write(0, window, samples).unwrap();
    commit(vec![writer.finish(&Silent).unwrap()]).unwrap();
}

/// A scene of Virginia (with CRS) and a folder for masks of it.
fn virginia() -> Option<(Scene, tempfile::TempDir)> {
    let root = shared("s2-l1c-virginia-clear")?;
    Some((open(&root, Level::L1C), tempfile::tempdir().unwrap()))
}

fn from_file(path: &Path, scene: &Scene) -> mask::Result<mask::Mask> {
    mask::from_file(path, scene, &FileOptions::default(), &Silent)
}

#[test]
fn a_coarser_mask_of_the_same_crs_is_placed_by_its_geotransform() {
    let Some((scene, folder)) = virginia() else { return };
    let path = folder.path().join("coarse.tif");
    // A quarter of the scene at 60 m, cloud in its left column, shadow in its last row.
    let mut grid = scene.grid.coarser(6);
    (grid.width, grid.height) = (grid.width / 2, grid.height / 2);
    let (width, height) = (grid.width, grid.height);
    let codes = (0..width * height)
        .map(|i| {
            if i % width == 0 {
                1
            } else if i / width == height - 1 {
                2
            } else {
                0
            }
        })
        .collect();
    write(&path, grid, &Samples::U8(codes));
    let mask = from_file(&path, &scene).unwrap();
    assert_eq!((mask.codes.width, mask.codes.height), (scene.grid.width, scene.grid.height));
    assert_eq!((mask.codes.get(5, 100), mask.codes.get(6, 100)), (mask::CLOUD, mask::CLEAR));
    let last = height * 6 - 1;
    assert_eq!((mask.codes.get(100, last - 6), mask.codes.get(100, last)), (mask::CLEAR, mask::SHADOW));
    assert_eq!(mask.codes.get(100, last + 1), mask::CLEAR);
}

#[test]
fn masks_that_cannot_be_placed_are_refused_with_the_reason() {
    let Some((scene, folder)) = virginia() else { return };
    let path = folder.path().join("mask.tif");
    let small = Grid { width: 9, height: 9, ..Grid::default() };
    write(&path, small, &Samples::U8(vec![1; 81]));
    let error = from_file(&path, &scene).unwrap_err().to_string();
    assert!(error.contains("9 × 9") && error.contains("mask.tif"), "{error}");

    let mut elsewhere = scene.grid.coarser(6);
    if let Some(transform) = &mut elsewhere.geotransform {
        transform[0] += 1e6;
    }
    let len = elsewhere.window().len();
    write(&path, elsewhere, &Samples::U8(vec![1; len]));
    let error = from_file(&path, &scene).unwrap_err().to_string();
    assert!(error.contains("nowhere on the scene"), "{error}");

    let Some(series) = shared("sen12ms-cr/series") else { return };
    let other = std::fs::read_dir(series).unwrap().next().unwrap().unwrap().path();
    let mut other = open(&other, Level::L1C).grid;
    (other.width, other.height) = (4, 4);
    write(&path, other, &Samples::U8(vec![1; 16]));
    let error = from_file(&path, &scene).unwrap_err().to_string();
    assert!(error.contains("another coordinate reference system"), "{error}");
}

#[test]
fn soft_masks_are_cut_and_percentages_refused() {
    let Some((scene, folder)) = virginia() else { return };
    let path = folder.path().join("soft.tif");
    let len = scene.grid.window().len();
    let mut values = vec![0.2_f32; len];
    (values[0], values[1]) = (0.8, f32::NAN);
    write(&path, scene.grid.clone(), &Samples::F32(values.clone()));
    let mask = from_file(&path, &scene).unwrap();
    assert_eq!(mask.codes.data[..3], [mask::CLOUD, INVALID, mask::CLEAR]);
    values[2] = 73.0;
    write(&path, scene.grid.clone(), &Samples::F32(values));
    let error = from_file(&path, &scene).unwrap_err().to_string();
    assert!(error.contains("73") && error.contains("percentage"), "{error}");
}

#[test]
fn a_file_with_several_bands_asks_which() {
    let Some(root) = shared("sen12ms-cr") else { return };
    let name = "ROIs1158_spring_s2_26_p100.tif";
    let scene = open(&root.join("train/cloudy").join(name), Level::L1C);
    let error = from_file(&root.join("s2cloudless/train/cloudy").join(name), &scene).unwrap_err();
    assert!(error.to_string().contains("--mask-band"), "{error}");
}

#[test]
fn a_clear_scene_is_clear_and_an_overcast_one_is_not() {
    let Some(root) = shared("sen12ms-cr/series") else { return };
    let Some((clear, _folder)) = virginia() else { return };
    let cover = mask::detect(&clear, &by("auto"), &Silent).unwrap().cover();
    assert!(cover.cloud < 0.005 && cover.shadow < 0.02, "{cover:?}");
    let overcast = open(&root.join("s2_ROIs2017_146_ImgNo_10_2018-05-06_patch_0.tif"), Level::L1C);
    for method in ["s2cloudless", "threshold"] {
        let cover = mask::detect(&overcast, &by(method), &Silent).unwrap().cover();
        assert!(cover.cloud > 0.95, "{method}: {cover:?}");
    }
}

#[test]
fn the_cloud_polygons_of_an_l1c_product_cover_what_the_product_says() {
    let Some(root) = shared("s2-safe/l1c-zip") else { return };
    let archive = std::fs::read_dir(root).unwrap().next().unwrap().unwrap().path();
    let scene = raster::open(&archive, &SceneOptions::default()).unwrap();
    let found = mask::detect(&scene, &MaskConfig { shadow: false, ..by("product") }, &Silent).unwrap();
    // The product states 98.9 % for its full size; its pixels here are 5.5 km wide.
    assert!(found.cover().cloud > 0.95, "{:?}", found.cover());
    assert!(found.source.contains("polygons"), "{}", found.source);
}

#[test]
fn the_written_mask_has_the_scene_s_place_and_says_where_it_comes_from() {
    let Some((scene, folder)) = virginia() else { return };
    let output = folder.path().join("mask.tif");
    let args =
        ["mask", &scene.path.to_string_lossy(), "-o", &output.to_string_lossy(), "--level", "L1C", "--json"]
            .map(ToOwned::to_owned);
    let (code, out, error) = outcome(&declouder(&args));
    assert_eq!(code, 0, "{error}");
    assert!(out.lines().last().is_some_and(|line| line.contains("\"cloud\":0.0")), "{out}");
    let written = raster::open(&output, &SceneOptions::default()).unwrap();
    assert_eq!(written.grid.geotransform, scene.grid.geotransform);
    assert!(raster::same_crs(&written.grid.crs_wkt, &scene.grid.crs_wkt));
    let source = written.metadata.iter().find(|item| item.starts_with("DECLOUDER_MASK_SOURCE="));
    assert!(source.is_some_and(|source| source.contains("s2cloudless")), "{:?}", written.metadata);
    let (code, _, error) = outcome(&declouder(&args));
    assert!(code == 1 && error.contains("--overwrite"), "{code} {error}");
}

#[test]
fn a_scene_of_one_pixel_has_a_mask() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.tif");
    let grid = Grid { width: 1, height: 1, ..Grid::default() };
    let names = ["B02", "B03", "B04", "B08", "B11", "B12"];
    let band = |name: &str| OutputBand {
        name: name.into(),
        description: name.into(),
        dtype: Dtype::U16,
        nodata: None,
        unmeasured: None,
        scale_tag: None,
        offset_tag: None,
        unit: String::new(),
        color: "Gray".into(),
        metadata: Vec::new(),
        overview: Overview::MeasuredMean,
    };
    let spec = OutputSpec {
        path: path.clone(),
        grid: grid.clone(),
        bands: names.map(band).to_vec(),
        metadata: vec![],
        format: Format::GeoTiff,
    };
    for (value, expected) in [(4000, mask::CLOUD), (500, mask::CLEAR), (0, INVALID)] {
        let mut writer = RasterWriter::create(spec.clone(), true).unwrap();
        for index in 0..names.len() {
            writer.write(index, grid.window(), &Samples::U16(vec![value])).unwrap();
        }
        commit(vec![writer.finish(&Silent).unwrap()]).unwrap();
        let found = mask::detect(&open(&path, Level::L1C), &by("auto"), &Silent).unwrap();
        assert_eq!(found.codes.data, [expected], "{}", found.source);
    }
}

/// Remembers every phase with the units that were done and that there were.
#[derive(Default)]
struct Phases(std::sync::Mutex<Vec<(String, u64, u64)>>);

impl Monitor for Phases {
    fn stage(&self, name: &str, total: u64) {
        self.0.lock().unwrap().push((name.to_owned(), 0, total));
    }

    fn advance(&self, units: u64) {
        self.0.lock().unwrap().last_mut().unwrap().1 += units;
    }
}

#[test]
fn every_phase_of_finding_cloud_is_told_and_counted_to_its_end() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/betsiboka.tif");
    let scene = open(&demo, Level::L1C);
    let pixels = scene.grid.window().len() as u64;
    for method in ["threshold", "s2cloudless"] {
        let phases = Phases::default();
        let mask = mask::detect(&scene, &by(method), &phases).unwrap();
        assert!(mask.cover().cloud > 0.0 && mask.source.contains("shadow"), "{}", mask.source);
        let phases = phases.0.into_inner().unwrap();
        let names: Vec<_> = phases.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["masking", "smoothing", "shadow"]);
        for (name, done, total) in &phases {
            assert!(done == total && *total >= pixels, "{name}: {done} of {total}");
        }
    }
}
