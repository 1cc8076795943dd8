//! `declouder prepare`: scenes, pairs and data sets become stores whose every pixel is the scene's.
#![cfg(feature = "gdal")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use declouder::bands::{Band, L1C, Level};
use declouder::mask::MaskConfig;
use declouder::patches::prepare::{PrepareConfig, Report, SourceConfig, SourceKind, prepare};
use declouder::patches::{Domain, Split, SplitRule, Store};
use declouder::progress::Silent;
use declouder::raster::{self, SceneOptions, SceneReader};

use super::fixtures::Raster;
use super::patches::names;
use super::support::{declouder, outcome, shared};

const NAMES: [&str; 5] = ["B02", "B03", "B04", "B11", "B12"];

fn source(path: impl Into<PathBuf>) -> SourceConfig {
    SourceConfig { path: path.into(), licence: Some("CC0-1.0".into()), ..SourceConfig::default() }
}

fn config(patch_px: usize, sources: Vec<SourceConfig>) -> PrepareConfig {
    let bands = Some(vec![Band::B02, Band::B03, Band::B04, Band::B11, Band::B12]);
    PrepareConfig { patch_px, bands, sources, ..PrepareConfig::default() }
}

fn l1c() -> SceneOptions {
    SceneOptions { level: Some(Level::L1C), ..SceneOptions::default() }
}

fn count(mask: &[u8], code: u8) -> usize {
    mask.iter().map(|&own| usize::from(own == code)).sum()
}

/// Land, and cloud on the columns `cloud` of it.
fn write_scene(path: &Path, side: usize, cloud: std::ops::Range<usize>) {
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
fn assert_cut_from(store: &Store, first: usize, path: &Path, options: &SceneOptions) -> usize {
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
fn pairs_point_from_the_cloudy_day_to_the_clear_one() {
    let folder = tempfile::tempdir().unwrap();
    let pairs = folder.path().join("pairs");
    for side in ["cloudy", "clear"] {
        fs::create_dir_all(pairs.join(side)).unwrap();
    }
    for name in ["x_p1.tif", "x_p2.tif"] {
        write_scene(&pairs.join("cloudy").join(name), 64, 0..30);
        write_scene(&pairs.join("clear").join(name), 64, 0..0);
    }
    let output = folder.path().join("store");
    let (code, out, err) = outcome(&declouder(&[
        "prepare",
        pairs.to_str().unwrap(),
        "-o",
        output.to_str().unwrap(),
        "--pairs",
        "--patch",
        "64",
        "--level",
        "L1C",
        "--store-bands",
        "B02,B03,B04,B11,B12",
        "--split",
        "test",
        "--json",
    ]));
    assert_eq!(code, 0, "{err}");
    let report: serde_json::Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!((report["rows"].as_u64(), report["pairs"].as_u64()), (Some(4), Some(2)));
    let store = Store::open(&output).unwrap();
    let expected = [None, Some(0), None, Some(2)];
    for (row, pair) in expected.into_iter().enumerate() {
        let patch = store.row(row);
        let domain = if pair.is_some() { Domain::Cloudy } else { Domain::Clear };
        assert_eq!((patch.pair, patch.domain, patch.split), (pair, domain, Split::Test));
    }
    assert_cut_from(&store, 1, &pairs.join("cloudy/x_p1.tif"), &l1c());
    assert_cut_from(&store, 2, &pairs.join("clear/x_p2.tif"), &l1c());
    assert_eq!(store.manifest().places.len(), 1, "both patches are of scene x");
}

#[test]
fn radar_comes_with_both_days_of_a_pair() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    for name in ["pairs/cloudy", "pairs/clear", "s1"] {
        fs::create_dir_all(place(name)).unwrap();
    }
    write_scene(&place("pairs/cloudy/a.tif"), 64, 0..30);
    write_scene(&place("pairs/clear/a.tif"), 64, 0..0);
    let radar = Raster { width: 64, height: 64, bands: &["VV", "VH"], ..Raster::default() };
    radar.write::<f32>(&place("s1/a.tif"), |band, x, _| -8.0 - 6.0 * band as f32 - x as f32 / 64.0);
    let pairs = SourceConfig {
        kind: SourceKind::Pairs,
        scene: l1c(),
        s1: Some(place("s1")),
        ..source(place("pairs"))
    };
    let run =
        |source: SourceConfig| prepare(&place("store"), &config(64, vec![source]), true, &Silent).map(|_| ());
    run(pairs.clone()).unwrap();
    let store = Store::open(&place("store")).unwrap();
    assert_eq!(store.row(0).s1, store.row(1).s1);
    assert_eq!(store.row(1).s1.unwrap()[64 * 64 + 32], -14.5);
    // An image of another size is no image of this place.
    Raster { width: 32, ..radar }.write::<f32>(&place("s1/a.tif"), |_, _, _| -9.0);
    let error = run(pairs).unwrap_err().to_string();
    assert!(error.contains("Sentinel-1") && error.contains("sizes differ"), "{error}");
}

#[test]
fn masks_radar_and_references_of_the_same_name_come_along() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    for name in ["scenes", "masks", "s1", "references"] {
        fs::create_dir(place(name)).unwrap();
    }
    write_scene(&place("scenes/a.tif"), 64, 0..0);
    write_scene(&place("references/a.tif"), 64, 10..20);
    let mask = Raster { width: 64, height: 64, bands: &["p", "mask"], ..Raster::default() };
    mask.write::<u8>(
        &place("masks/a.tif"),
        |band, x, _| if band == 1 && x < 16 { 2 } else { 77 * band as u8 },
    );
    let radar = Raster { width: 64, height: 64, bands: &["VV", "VH"], ..Raster::default() };
    radar.write::<f32>(&place("s1/a.tif"), |band, x, y| -10.0 - band as f32 - (x * y) as f32 / 1000.0);
    let output = place("store");
    let source = SourceConfig {
        scene: l1c(),
        masks: Some(place("masks")),
        mask_band: Some(2),
        mask_classes: "2=shadow".parse().unwrap(),
        s1: Some(place("s1")),
        references: Some(place("references")),
        ..source(place("scenes"))
    };
    prepare(&output, &config(64, vec![source.clone()]), false, &Silent).unwrap();
    let store = Store::open(&output).unwrap();
    let row = store.row(0);
    assert_eq!(row.domain, Domain::Cloudy, "a quarter lies in shadow");
    assert_eq!((row.mask[15], row.mask[16]), (2, 0));
    let s1 = row.s1.unwrap();
    assert_eq!((s1[0], s1[64 * 64], s1[64 * 64 - 1]), (-10.0, -11.0, -10.0 - 3.969));
    assert_eq!(row.reference.unwrap()[15], 6015);
    assert_eq!(store.manifest().sources[0].masks, ["files of masks/ (values: 2=shadow, band 2)"]);

    fs::remove_file(place("s1/a.tif")).unwrap();
    let error = prepare(&place("other"), &config(64, vec![source]), false, &Silent).unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("s1/a.tif"), "{error}");
    assert!(!place("other").exists());
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

#[test]
fn without_a_split_places_fall_into_one_by_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let scenes = folder.path().join("scenes");
    fs::create_dir(&scenes).unwrap();
    for place in 0..12 {
        for patch in 0..2 {
            write_scene(&scenes.join(format!("ROIs1158_spring_s2_{place}_p{patch}.tif")), 32, 0..0);
        }
    }
    let rule = SplitRule { validation: 0.3, test: 0.3, seed: 3 };
    let config =
        PrepareConfig { split: rule, ..config(32, vec![SourceConfig { scene: l1c(), ..source(&scenes) }]) };
    let output = folder.path().join("store");
    let report = prepare(&output, &config, false, &Silent).unwrap();
    let store = Store::open(&output).unwrap();
    assert_eq!((store.len(), report.places), (24, 12));
    for place in &store.manifest().places {
        assert_eq!(place.split, rule.split_of(&place.name));
        assert_eq!(place.rows, 2);
    }
    assert!(report.splits.iter().all(|&rows| rows > 0), "{:?}", report.splits);
    assert!(store.manifest().split_rule.contains("seed 3"));
}

#[test]
fn one_tile_is_divided_into_blocks_of_ground_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let scene = folder.path().join("S2A_T33UUP.tif");
    write_scene(&scene, 300, 0..0);
    let mut config = config(100, vec![SourceConfig { scene: l1c(), ..source(&scene) }]);
    config.place_km = Some(2.0);
    let output = folder.path().join("store");
    prepare(&output, &config, false, &Silent).unwrap();
    let store = Store::open(&output).unwrap();
    // The scene begins at 500 000, 4 200 000 and is 3 km wide: blocks 250 and 251, 2098 and 2099.
    let places: BTreeSet<_> =
        store.manifest().places.iter().map(|place| (place.name.as_str(), place.rows)).collect();
    let expected =
        [("T33UUP/250_2098", 2), ("T33UUP/250_2099", 4), ("T33UUP/251_2098", 1), ("T33UUP/251_2099", 2)];
    assert_eq!(places, expected.into());
}

#[test]
fn a_configuration_file_names_sources_with_options_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    for (name, cloud) in [("cloudy", 0..20), ("clear", 0..0)] {
        fs::create_dir(place(name)).unwrap();
        write_scene(&place(name).join("ROIs1868_summer_s2_5_p1.tif"), 64, cloud);
    }
    let text = format!(
        "patch_px = 64\nbands = [\"B02\", \"B03\", \"B04\", \"B11\", \"B12\"]\n\
         [[sources]]\npath = {:?}\ndomain = \"cloudy\"\nsplit = \"train\"\nscene.level = \"L1C\"\n\
         [[sources]]\npath = {:?}\ndomain = \"clear\"\nsplit = \"train\"\nscene.level = \"L1C\"\n",
        place("cloudy"),
        place("clear")
    );
    fs::write(place("c.toml"), text).unwrap();
    let text = |name: &str| place(name).to_string_lossy().into_owned();
    let run = |more: &[&str]| {
        let (config, output) = (text("c.toml"), text("store"));
        let mut args = vec!["prepare", "--config", &config, "-o", &output];
        args.extend(more);
        outcome(&declouder(&args))
    };
    let (code, out, err) = run(&[]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("2 patches of 64 px") && err.contains("--licence"), "{out} {err}");
    let store = Store::open(&place("store")).unwrap();
    assert_eq!((store.row(0).domain, store.row(1).domain), (Domain::Cloudy, Domain::Clear));
    assert_eq!(store.manifest().places.len(), 1, "the same place on both days");
    assert_eq!(store.manifest().sources[1].name, "clear");
    let kept: PrepareConfig = serde_json::from_value(store.manifest().config.clone()).unwrap();
    assert_eq!(kept.sources.len(), 2, "the store knows how it was made");
    let (code, _, err) = run(&[]);
    assert!(code == 1 && err.contains("--overwrite"), "{code} {err}");
    let (code, _, err) = run(&["--overwrite", "--patch", "32"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(Store::open(&place("store")).unwrap().manifest().patch_px, 32);
    fs::write(place("c.toml"), "patches = 1").unwrap();
    let (code, _, err) = run(&["--overwrite"]);
    assert!(code == 2 && err.contains("patches") && err.contains("c.toml"), "{code} {err}");
}

/// Prepares the real data that the demonstration model is trained on.
fn prepare_real(output: &Path, config: &PrepareConfig) -> Report {
    prepare(output, config, false, &Silent).unwrap()
}

#[test]
fn the_shared_training_scenes_become_a_store() {
    let (Some(sen12ms), Some(virginia), Some(dsen2), Some(eurosat), Some(ssl4eo)) = (
        shared("sen12ms-cr"),
        shared("s2-l1c-virginia-clear"),
        shared("dsen2-l1c"),
        shared("eurosat-ms/EuroSAT_MS"),
        shared("ssl4eo-s12/SSL4EO-S12/s2c/0000200"),
    ) else {
        return;
    };
    let train = |path: PathBuf, domain| SourceConfig {
        domain: Some(domain),
        split: Some(Split::Train),
        ..source(path)
    };
    let masked = |side: &str, domain| SourceConfig {
        masks: Some(sen12ms.join("s2cloudless/train").join(side)),
        mask_band: Some(2),
        ..train(sen12ms.join("train").join(side), domain)
    };
    let mut order = L1C.to_vec();
    let narrow = order.remove(8);
    order.push(narrow);
    let mut sources = vec![masked("cloudy", Domain::Cloudy), masked("clear", Domain::Clear)];
    sources.push(train(virginia, Domain::Clear));
    sources.push(train(dsen2, Domain::Clear));
    for class in ["AnnualCrop", "Highway", "Pasture", "SeaLake"] {
        let scene = SceneOptions { bands: Some(order.clone()), ..SceneOptions::default() };
        sources.push(SourceConfig { scene, ..train(eurosat.join(class), Domain::Clear) });
    }
    let clear_date = fs::read_dir(&ssl4eo).unwrap().map(|entry| entry.unwrap().path());
    let clear_date = clear_date.filter(|path| path.to_string_lossy().contains("20200604T"));
    sources.extend(clear_date.map(|path| train(path, Domain::Clear)));
    let config = PrepareConfig {
        allow_missing: vec![Band::B10],
        valid_least: 0.2,
        sources,
        ..PrepareConfig::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("store");
    let report = prepare_real(&output, &config);
    let store = Store::open(&output).unwrap();
    store.verify(&Silent).unwrap();
    assert_eq!(store.manifest().bands, L1C);
    // 26 and 36 patches of 256 px in four, 9 × 9 of Virginia, twice 5 × 5, four small ones, 3 × 3.
    assert_eq!((report.cloudy, report.clear), (104, 144 + 81 + 50 + 4 + 9));
    let manifest = store.manifest();
    let lacking: Vec<_> = manifest
        .places
        .iter()
        .filter(|place| place.missing_bands == [Band::B10])
        .map(|place| &place.name)
        .collect();
    assert_eq!(lacking, ["T33UUB", "T49JGM"]);
    assert_eq!(manifest.statistics.len(), 13);
    for of in &manifest.statistics {
        let (low, high) = if of.band == Band::B10 { (0.01, 0.1) } else { (0.2, 0.6) };
        assert!(of.mean > low && of.mean < high && of.std > 0.005, "{of:?}");
    }
    // The mean of √ρ must lie a little below the root of the mean of ρ that was measured before.
    let prior: serde_json::Value =
        serde_json::from_str(&fs::read_to_string("assets/prior/l1c.json").unwrap()).unwrap();
    for of in &manifest.statistics {
        let root = prior["mean"][of.band.name()].as_f64().unwrap().sqrt();
        assert!(of.mean < root * 1.05 && of.mean > root * 0.75, "{} {} {root}", of.band, of.mean);
    }
    let dark = store.row(0);
    assert!(dark.pixels.iter().all(|&number| number > 0) && dark.mask.contains(&1));
}

#[test]
fn the_shared_test_pairs_become_whole_patches_of_256() {
    let Some(data) = shared("sen12ms-cr") else { return };
    let source = SourceConfig {
        kind: SourceKind::Pairs,
        split: Some(Split::Test),
        masks: Some(data.join("s2cloudless/test")),
        mask_band: Some(2),
        ..source(data.join("test"))
    };
    let config = PrepareConfig { patch_px: 256, sources: vec![source], ..PrepareConfig::default() };
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("store");
    let report = prepare_real(&output, &config);
    assert_eq!((report.rows, report.pairs, report.splits), (14, 7, [0, 0, 14]));
    let store = Store::open(&output).unwrap();
    let places: BTreeSet<_> = store.manifest().places.iter().map(|place| place.name.as_str()).collect();
    assert_eq!(places, ["ROIs1158_39", "ROIs1868_102", "ROIs2017_102"].into());
    let path = data.join("test/cloudy/ROIs1158_spring_s2_39_p100.tif");
    assert_cut_from(&store, 1, &path, &SceneOptions::default());
}
