//! BigEarthNet, both versions and both layouts, as patch stores.
#![cfg(all(feature = "gdal", feature = "bigearthnet"))]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use declouder::bands::{Band, L2A, Level};
use declouder::patches::labels::{encode_19, encode_43};
use declouder::patches::prepare::{PrepareConfig, Report, SourceConfig, SourceKind, prepare};
use declouder::patches::{Domain, Split, Store};
use declouder::progress::Silent;
use declouder::raster::{self, SceneOptions, SceneReader};

use super::fixtures::Raster;
use super::support::{declouder, outcome, shared};

fn source(path: PathBuf, kind: SourceKind) -> SourceConfig {
    SourceConfig { path, kind, ..SourceConfig::default() }
}

/// Prepares one source with patches of 120 px.
fn prepared(folder: &Path, source: SourceConfig) -> (Report, Store) {
    let config = PrepareConfig { patch_px: 120, sources: vec![source], ..PrepareConfig::default() };
    let output = folder.join("store");
    let report = prepare(&output, &config, true, &Silent).unwrap();
    let store = Store::open(&output).unwrap();
    store.verify(&Silent).unwrap();
    (report, store)
}

/// A patch folder of made-up pixels, all twelve bands at native size.
fn write_patch(folder: &Path, name: &str, extension: &str, labels: &[&str]) {
    let own = folder.join(name);
    fs::create_dir_all(&own).unwrap();
    for band in L2A {
        let side = 1200 / band.resolution_m() as usize;
        let pixel = f64::from(band.resolution_m());
        let geotransform = Some([500_000.0, pixel, 0.0, 4_200_000.0, 0.0, -pixel]);
        let raster = Raster { width: side, height: side, bands: &[""], geotransform, ..Raster::default() };
        raster.write(&own.join(format!("{name}_{band}.{extension}")), |_, x, y| (500 + 10 * x + y) as u16);
    }
    if !labels.is_empty() {
        let json = serde_json::json!({ "labels": labels, "acquisition_date": "2017-06-13 10:10:31" });
        fs::write(own.join(format!("{name}_labels_metadata.json")), json.to_string()).unwrap();
    }
}

/// The 10 m pixels of a band of a patch folder.
fn pixels_of(folder: &Path, band: Band) -> Vec<u16> {
    let scene = raster::open(folder, &SceneOptions::default()).unwrap();
    let index = scene.index_of(band).unwrap();
    let plane = SceneReader::new(&scene).reflectance(index, scene.grid.window()).unwrap();
    plane.data.iter().map(|&value| (value * 10_000.0).round().max(1.0) as u16).collect()
}

#[test]
fn version_1_has_labels_official_splits_and_radar() {
    let Some(data) = shared("bigearthnet-v1") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (report, store) = prepared(folder.path(), source(data.clone(), SourceKind::BigearthnetV1));
    // 44 patches, of which one is on the snow list.
    assert_eq!((report.rows, report.left_out.snow), (43, 1));
    assert_eq!(report.splits, [21, 12, 10]);
    let manifest = store.manifest();
    assert_eq!((manifest.level, &manifest.bands[..]), (Level::L2A, &L2A[..]));
    assert!(manifest.split_rule.contains("official"));
    assert_eq!(manifest.sources[0].licence.as_deref(), Some("CDLA-Permissive-1.0"));
    assert!((0..43).all(|row| store.row(row).domain == Domain::Clear), "none is on the cloud list");

    // Patches come in the order of their names; the first is S2A_MSIL2A_20170613T101031_39_24.
    let name = "S2A_MSIL2A_20170613T101031_87_48";
    let row = store.row(1);
    let labels = [
        "Non-irrigated arable land",
        "Land principally occupied by agriculture, with significant areas of natural vegetation",
    ];
    assert_eq!(row.labels_43, Some(&encode_43(labels).unwrap()[..]));
    let mapped = ["Arable land", labels[1]];
    assert_eq!(row.labels_19, Some(&encode_19(mapped).unwrap()[..]));
    assert_eq!(row.split, Split::Test);
    assert_eq!(manifest.places[row.place as usize].name, "T33UUP/test");
    for (index, band) in L2A.into_iter().enumerate() {
        let expected = pixels_of(&data.join("BigEarthNet-S2").join(name), band);
        assert_eq!(&row.pixels[index * 14400..(index + 1) * 14400], expected, "{band}");
    }
    // Six patches have radar of their own folder, thirty a file beside their bands.
    let with_radar = (0..43).filter(|&row| store.row(row).s1.is_some()).count();
    assert_eq!(with_radar, 35, "one of the six lies under snow");
    let s1 = row.s1.unwrap();
    assert!(s1.iter().all(|value| (-50.0..20.0).contains(value)));
    assert!(s1[..14400].iter().sum::<f32>() > s1[14400..].iter().sum::<f32>(), "VV is brighter than VH");
}

#[test]
fn the_mapping_to_19_classes_is_the_published_one() {
    let Some(data) = shared("bigearthnet-v1/without-crs") else { return };
    let mut seen = 0;
    for entry in fs::read_dir(data).unwrap() {
        let folder = entry.unwrap().path();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let text = fs::read_to_string(folder.join(format!("{name}_labels_metadata.json"))).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let list = |key: &str| -> Vec<String> { serde_json::from_value(json[key].clone()).unwrap() };
        let (of_43, of_19) = (list("labels"), list("labels_19"));
        let flags = encode_43(of_43.iter().map(String::as_str)).unwrap();
        let expected = encode_19(of_19.iter().map(String::as_str)).unwrap();
        assert_eq!(declouder::patches::labels::to_19(&flags), expected, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 30);
}

#[test]
fn version_2_is_read_from_its_database_with_labels_splits_and_radar() {
    let Some(data) = shared("bigearthnet-v2/lmdb") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (report, store) = prepared(folder.path(), source(data.clone(), SourceKind::BigearthnetV2));
    let text = fs::read_to_string(data.join("metadata_all.json")).unwrap();
    let list: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let by_name: BTreeMap<&str, &serde_json::Value> =
        list.iter().map(|patch| (patch["patch_id"].as_str().unwrap(), patch)).collect();
    let without_snow = |(_, patch): &(&&str, &&serde_json::Value)| patch["contains_seasonal_snow"] != true;
    let expected: Vec<_> = by_name.iter().filter(without_snow).collect();
    assert_eq!((report.rows, report.left_out.snow), (expected.len(), list.len() - expected.len()));
    assert!(report.left_out.snow > 0 && report.cloudy > 0, "{report:?}");
    for (index, (name, patch)) in expected.into_iter().enumerate() {
        let row = store.row(index);
        let names: Vec<&str> =
            patch["labels"].as_array().unwrap().iter().map(|label| label.as_str().unwrap()).collect();
        assert_eq!(row.labels_19, Some(&encode_19(names).unwrap()[..]), "{name}");
        assert_eq!(row.labels_43, None);
        assert_eq!(row.split.name(), patch["split"].as_str().unwrap());
        let cloudy = patch["contains_cloud_or_shadow"] == true;
        assert_eq!(row.domain == Domain::Cloudy, cloudy, "{name}");
        let place = &store.manifest().places[row.place as usize].name;
        assert_eq!(*place, format!("T{}/{}", &name[39..44], row.split), "{name}");
        let s1 = row.s1.expect("every patch has radar");
        assert!(s1.iter().all(|value| (-60.0..30.0).contains(value)), "{name}");
    }
    // Snow is kept on request.
    let kept = SourceConfig { keep_snow: true, ..source(data, SourceKind::BigearthnetV2) };
    assert_eq!(prepared(folder.path(), kept).0.rows, list.len());
}

#[test]
fn pixels_of_a_database_are_its_stored_numbers() {
    let Some(data) = shared("bigearthnet-v2") else { return };
    let folder = tempfile::tempdir().unwrap();
    let source =
        SourceConfig { split: Some(Split::Train), ..source(data.join("lmdb"), SourceKind::BigearthnetV2) };
    let (_, store) = prepared(folder.path(), SourceConfig { keep_snow: true, ..source });
    let bytes = fs::read(data.join("lmdb/BigEarthNet-V2-LMDB/data.mdb")).unwrap();
    let mut found = 0;
    for row in 0..store.len() {
        let own: Vec<u8> =
            store.row(row).pixels[14400..28800].iter().flat_map(|number| number.to_le_bytes()).collect();
        // A band at 10 m lies in the file as it is.
        found += usize::from(bytes.windows(64).any(|window| window == &own[6400..6464]));
    }
    assert_eq!(found, store.len());
}

#[test]
fn version_2_folders_lie_in_a_folder_a_scene() {
    let Some(data) = shared("bigearthnet-v2/geotiff") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (report, store) = prepared(folder.path(), source(data.clone(), SourceKind::BigearthnetV2));
    assert_eq!(report.rows + report.left_out.between, 3);
    let places: Vec<_> = store.manifest().places.iter().map(|place| place.name.as_str()).collect();
    assert!(places.iter().all(|place| ["T33UUP", "T34WFU"].contains(place)), "{places:?}");
}

#[test]
fn lists_sort_made_patches_into_domains_and_splits() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("BigEarthNet-v1.0");
    let names = [
        "S2A_MSIL2A_20170613T101031_0_1",
        "S2A_MSIL2A_20170613T101031_0_2",
        "S2B_MSIL2A_20180101T101031_5_6",
    ];
    for name in names {
        write_patch(&root, name, "tif", &["Pastures"]);
    }
    let lists = folder.path().join("lists");
    fs::create_dir(&lists).unwrap();
    fs::write(lists.join("train.csv"), format!("{}\n", names[0])).unwrap();
    fs::write(lists.join("val.csv"), format!("{}\n", names[2])).unwrap();
    fs::write(lists.join("patches_with_cloud_and_shadow.csv"), format!("{}\n", names[1])).unwrap();
    let run = |more: &[&str]| {
        let output = folder.path().join("store");
        let mut args = vec!["prepare", root.to_str().unwrap(), "-o", output.to_str().unwrap(), "--overwrite"];
        args.extend(["--preset", "bigearthnet-v1"]);
        args.extend(more);
        let (code, out, err) = outcome(&declouder(&args));
        (code, out, err, output)
    };
    let (code, out, err, output) = run(&["--lists", lists.to_str().unwrap()]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("3 patches of 120 px"), "{out}");
    let store = Store::open(&output).unwrap();
    let kinds: Vec<_> = (0..3).map(|row| (store.row(row).domain, store.row(row).split)).collect();
    assert_eq!((kinds[0], kinds[2]), ((Domain::Clear, Split::Train), (Domain::Clear, Split::Validation)));
    assert_eq!(kinds[1].0, Domain::Cloudy);
    // Without lists the masks decide, and the places' names.
    let lonely = folder.path().join("lonely");
    fs::rename(&lists, &lonely).unwrap();
    let (code, _, err, output) = run(&[]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(Store::open(&output).unwrap().manifest().places.len(), 2);
    let (code, _, err, _) = run(&["--lists", root.to_str().unwrap()]);
    assert!(code == 2 && err.contains("--lists") && err.contains("train.csv"), "{code} {err}");
}

#[test]
fn damaged_and_empty_data_sets_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |path: &Path, kind: SourceKind| {
        let config = PrepareConfig {
            patch_px: 120,
            sources: vec![source(path.to_owned(), kind)],
            ..PrepareConfig::default()
        };
        let output = folder.path().join("store");
        let error = prepare(&output, &config, false, &Silent).unwrap_err().to_string();
        assert!(!output.exists(), "{error}");
        error
    };
    let root = folder.path().join("data");
    fs::create_dir(&root).unwrap();
    assert!(fails(&root, SourceKind::BigearthnetV1).contains("no patch of bigearthnet-v1"));
    assert!(fails(&folder.path().join("nowhere"), SourceKind::BigearthnetV2).contains("nowhere"));
    fs::write(root.join("data.mdb"), vec![7; 9000]).unwrap();
    assert!(fails(&root, SourceKind::BigearthnetV2).contains("no LMDB database"));
    fs::remove_file(root.join("data.mdb")).unwrap();

    let name = "S2A_MSIL2A_20170613T101031_0_1";
    write_patch(&root, name, "tif", &["Pastures", "Moon dust"]);
    let error = fails(&root, SourceKind::BigearthnetV1);
    assert!(error.contains("Moon dust") && error.contains(name), "{error}");
    fs::write(root.join(name).join(format!("{name}_labels_metadata.json")), "{\"labels\": 3}").unwrap();
    let error = fails(&root, SourceKind::BigearthnetV1);
    assert!(error.contains("label file is wrong") && error.contains(name), "{error}");
    fs::remove_file(root.join(name).join(format!("{name}_labels_metadata.json"))).unwrap();
    fs::write(root.join("metadata.parquet"), b"PAR1 rubbish PAR1").unwrap();
    let error = fails(&root, SourceKind::BigearthnetV2);
    assert!(error.contains("metadata cannot be read") && error.contains("metadata.parquet"), "{error}");
    fs::remove_file(root.join("metadata.parquet")).unwrap();
    fs::remove_file(root.join(name).join(format!("{name}_B09.tif"))).unwrap();
    let error = fails(&root, SourceKind::BigearthnetV2);
    assert!(error.contains("lacks B09"), "{error}");
}

#[test]
fn a_damaged_value_of_a_real_database_is_an_error_and_no_panic() {
    let Some(data) = shared("bigearthnet-v2/lmdb/BigEarthNet-V2-LMDB/data.mdb") else { return };
    let folder = tempfile::tempdir().unwrap();
    let bytes = fs::read(&data).unwrap();
    let run = |damaged: &[u8]| {
        let root = folder.path().join("data.mdb");
        fs::write(&root, damaged).unwrap();
        let config = PrepareConfig {
            patch_px: 120,
            sources: vec![source(root, SourceKind::BigearthnetV2)],
            ..PrepareConfig::default()
        };
        prepare(&folder.path().join("store"), &config, true, &Silent)
    };
    assert!(run(&bytes).is_ok(), "whole, without metadata");
    let half = run(&bytes[..bytes.len() / 2]).unwrap_err().to_string();
    assert!(half.contains("damaged") && half.contains("data.mdb"), "{half}");
    let mut header = bytes.clone();
    let at = bytes.windows(4).position(|window| window == b"\"B02").unwrap();
    header[at + 1..at + 4].copy_from_slice(b"XXX");
    let error = run(&header).unwrap_err().to_string();
    assert!(error.contains("lacks B02"), "{error}");
    header[at..at + 4].copy_from_slice(b"{{{{");
    let error = run(&header).unwrap_err().to_string();
    assert!(error.contains("patch is damaged"), "{error}");
}
