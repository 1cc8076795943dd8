//! Places, splits, and sources with options of their own.

use std::collections::BTreeSet;
use std::fs;

use declouder::patches::prepare::{PrepareConfig, SourceConfig, prepare};
use declouder::patches::{Domain, SplitRule, Store};
use declouder::progress::Silent;

use super::super::support::{declouder, outcome};
use super::{config, l1c, source, write_scene};

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
