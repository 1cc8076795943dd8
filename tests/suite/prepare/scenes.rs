//! Scenes cut into patches, sorted by their masks.

use std::fs;
use std::path::Path;

use declouder::bands::{Band, Level};
use declouder::mask::MaskConfig;
use declouder::patches::prepare::{PrepareConfig, SourceConfig, prepare};
use declouder::patches::{Domain, Split, Store};
use declouder::progress::Silent;
use declouder::raster::SceneOptions;

use super::super::fixtures::Raster;
use super::super::patches::names;
use super::{NAMES, assert_cut_from, config, count, l1c, source, write_scene};

#[test]
fn scenes_of_a_folder_are_cut_and_sorted_by_their_masks() {
    let folder = tempfile::tempdir().unwrap();
    let scenes = folder.path().join("scenes");
    fs::create_dir(&scenes).unwrap();
    write_scene(&scenes.join("a.tif"), 160, 0..40);
    write_scene(&scenes.join("b.tif"), 160, 0..0);
    fs::write(scenes.join("README.md"), "words").unwrap();
    fs::create_dir(scenes.join("nothing")).unwrap();
    let output = folder.path().join("store");
    let source = SourceConfig { scene: l1c(), split: Some(Split::Train), ..source(&scenes) };
    let config = PrepareConfig {
        mask: MaskConfig { method: "threshold".into(), ..MaskConfig::default() },
        ..config(80, vec![source])
    };
    let report = prepare(&output, &config, false, &Silent).unwrap();
    let store = Store::open(&output).unwrap();
    store.verify(&Silent).unwrap();
    assert_eq!((report.rows, report.clear, report.cloudy), (8, 6, 2));
    assert_eq!(report.splits, [8, 0, 0]);
    let domains: Vec<_> = (0..8).map(|row| store.row(row).domain).collect();
    assert_eq!(domains.iter().filter(|&&domain| domain == Domain::Cloudy).count(), 2);
    assert_eq!((domains[0], domains[1], domains[2]), (Domain::Cloudy, Domain::Clear, Domain::Cloudy));
    let cloud = count(store.row(0).mask, 1);
    assert!((40 * 80..46 * 80).contains(&cloud), "{cloud}");
    let next = assert_cut_from(&store, 0, &scenes.join("a.tif"), &l1c());
    assert_eq!(assert_cut_from(&store, next, &scenes.join("b.tif"), &l1c()), 8);
    let places: Vec<_> = store.manifest().places.iter().map(|place| place.name.as_str()).collect();
    assert_eq!(places, ["a", "b"]);
    assert_eq!(store.manifest().sources[0].masks.len(), 1, "{:?}", store.manifest().sources);
    assert!(report.warnings.iter().any(|warning| warning.contains("no scene")), "{:?}", report.warnings);
}

#[test]
fn a_large_scene_is_cut_as_a_small_one_and_the_number_of_threads_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let scene = folder.path().join("large.tif");
    write_scene(&scene, 700, 300..420);
    let config = config(64, vec![SourceConfig { scene: l1c(), ..source(&scene) }]);
    let prepared = |name: &str, threads: usize| {
        let output = folder.path().join(name);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let report = pool.install(|| prepare(&output, &config, false, &Silent)).unwrap();
        (report, output)
    };
    let (one, output) = prepared("one", 1);
    let (three, _) = prepared("three", 3);
    assert_eq!((one.rows, &one.fingerprint), (three.rows, &three.fingerprint));
    assert_eq!(one.rows + one.left_out.between, 121);
    let every = PrepareConfig {
        sources: vec![SourceConfig { domain: Some(Domain::Cloudy), ..config.sources[0].clone() }],
        ..config.clone()
    };
    let all = folder.path().join("all");
    assert_eq!(prepare(&all, &every, false, &Silent).unwrap().cloudy, 121);
    assert_eq!(assert_cut_from(&Store::open(&all).unwrap(), 0, &scene, &l1c()), 121);
    assert!(Store::open(&output).unwrap().verify(&Silent).is_ok());
}

#[test]
fn a_band_that_a_scene_lacks_is_an_error_or_a_gap_that_its_place_states() {
    let folder = tempfile::tempdir().unwrap();
    let (full, lacking) = (folder.path().join("full.tif"), folder.path().join("lacking.tif"));
    write_scene(&full, 64, 0..0);
    let raster = Raster { width: 64, height: 64, bands: &NAMES[..4], ..Raster::default() };
    raster.write(&lacking, |band, x, _| (900 + 100 * band + x) as u16);
    let scene = |path: &Path| SourceConfig {
        scene: l1c(),
        domain: Some(Domain::Clear),
        split: Some(Split::Train),
        ..source(path)
    };
    let mut config = config(64, vec![scene(&full), scene(&lacking)]);
    config.mask.method = "threshold".into();
    let output = folder.path().join("store");
    let error = prepare(&output, &config, false, &Silent).unwrap_err().to_string();
    assert!(error.contains("lacks B12") && error.contains("--allow-missing B12"), "{error}");
    assert!(error.contains("lacking.tif") && !output.exists(), "{error}");
    // The threshold mask needs B12 too, so a mask is given.
    fs::create_dir(folder.path().join("masks")).unwrap();
    let mask = Raster { width: 64, height: 64, bands: &["mask"], ..Raster::default() };
    mask.write(&folder.path().join("masks/lacking.tif"), |_, _, _| 0_u8);
    config.sources[1].masks = Some(folder.path().join("masks"));
    config.allow_missing = vec![Band::B12];
    prepare(&output, &config, false, &Silent).unwrap();
    let store = Store::open(&output).unwrap();
    let missing: Vec<_> = store.manifest().places.iter().map(|place| place.missing_bands.clone()).collect();
    assert_eq!(missing, [vec![], vec![Band::B12]]);
    assert!(store.row(1).pixels[4 * 64 * 64..].iter().all(|&number| number == 0));
    let b12 = store.manifest().statistics.iter().find(|of| of.band == Band::B12).unwrap();
    assert_eq!((b12.places, b12.pixels), (1, 64 * 64), "gaps do not count");
}

#[test]
fn levels_are_never_mixed_and_an_unknown_one_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first.tif"), folder.path().join("second.tif"));
    write_scene(&first, 64, 0..0);
    write_scene(&second, 64, 0..0);
    let output = folder.path().join("store");
    let scene = |path: &Path, level| SourceConfig {
        scene: SceneOptions { level, ..SceneOptions::default() },
        ..source(path)
    };
    let run = |levels: [Option<Level>; 2]| {
        let sources = vec![scene(&first, levels[0]), scene(&second, levels[1])];
        prepare(&output, &config(64, sources), false, &Silent).unwrap_err().to_string()
    };
    let error = run([Some(Level::L1C), Some(Level::L2A)]);
    assert!(error.contains("second.tif") && error.contains("never mixed"), "{error}");
    let error = run([None, Some(Level::L1C)]);
    assert!(error.contains("first.tif") && error.contains("--level"), "{error}");
    assert_eq!(names(folder.path()).len(), 2, "nothing was left");
}

#[test]
fn scenes_smaller_than_a_patch_lie_in_its_middle_if_enough_of_it_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let scene = folder.path().join("small.tif");
    write_scene(&scene, 48, 0..0);
    let mut config = config(64, vec![SourceConfig { scene: l1c(), ..source(&scene) }]);
    config.valid_least = 0.6;
    let output = folder.path().join("store");
    let error = prepare(&output, &config, false, &Silent).unwrap_err().to_string();
    assert!(error.contains("small.tif") && error.contains("--patch"), "{error}");
    config.valid_least = 0.5;
    prepare(&output, &config, false, &Silent).unwrap();
    let store = Store::open(&output).unwrap();
    let row = store.row(0);
    let at = |x: usize, y: usize| (row.pixels[y * 64 + x], row.mask[y * 64 + x]);
    assert_eq!((at(7, 30), at(8, 8), at(56, 30)), ((0, 255), (700, 0), (0, 255)));
    assert_eq!(count(row.mask, 255), 64 * 64 - 48 * 48);
}
