//! The real data that the demonstration model is trained and tested on.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use declouder::bands::{Band, L1C};
use declouder::patches::prepare::{PrepareConfig, Report, SourceConfig, SourceKind, prepare};
use declouder::patches::{Domain, Split, Store};
use declouder::progress::Silent;
use declouder::raster::SceneOptions;

use super::super::support::shared;
use super::{assert_cut_from, source};

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
