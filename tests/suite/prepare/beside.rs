//! What comes with a scene: its clear day, its mask, radar, references.

use std::fs;

use declouder::patches::prepare::{SourceConfig, SourceKind, prepare};
use declouder::patches::{Domain, Split, Store};
use declouder::progress::Silent;

use super::super::fixtures::Raster;
use super::super::support::{declouder, outcome};
use super::{assert_cut_from, config, l1c, source, write_scene};

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
