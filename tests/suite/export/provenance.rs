//! What an export says about itself, and that nothing of the one before stays beside it.

use std::fs;
use std::path::Path;

use gdal::Metadata;
use serde_json::Value;

use super::super::fixtures::{Raster, ramp};
use super::super::support::{declouder, names, outcome, shared};
use super::{declouded, for_change, opened, verified};

fn report_in(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("OUT.report.json")).unwrap()).unwrap()
}

#[test]
fn the_report_and_the_tags_state_the_same_facts() {
    let Some(data) = shared("betsiboka") else { return };
    let source = data.join("scene.tif");
    let folder = tempfile::tempdir().unwrap();
    let output = declouded(&source, folder.path(), &["--level", "L1C"]);
    let text = fs::read_to_string(folder.path().join("OUT.report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    let tags = opened(&output).metadata;
    let tag = |key: &str| {
        let prefix = format!("DECLOUDER_{key}=");
        tags.iter()
            .find_map(|item| item.strip_prefix(&prefix))
            .unwrap_or_else(|| panic!("no tag {key}"))
            .to_owned()
    };
    assert_eq!(tag("ENGINE"), report["engine"]["name"].as_str().unwrap());
    assert_eq!(tag("MASK"), report["mask"]["source"].as_str().unwrap());
    assert_eq!(tag("LEVEL"), "L1C");
    assert_eq!(tag("ATTRIBUTION"), "Contains modified Copernicus Sentinel data");
    let listed = |key: &str| -> Vec<u64> {
        report["bands"].as_array().unwrap().iter().map(|band| band[key].as_u64().unwrap()).collect()
    };
    for (name, key) in [("COPIED", "copied"), ("MADE", "made"), ("NODATA", "nodata")] {
        let numbers: Vec<u64> = tag(name).split(',').map(|number| number.parse().unwrap()).collect();
        assert_eq!(numbers, listed(key), "{name}");
    }
    let totals: Vec<u64> = listed("copied")
        .iter()
        .zip(listed("made"))
        .zip(listed("nodata"))
        .map(|((a, b), c)| a + b + c)
        .collect();
    assert_eq!(totals, vec![512 * 856; 13]);
    let digest = report["source"]["files"][0]["sha256"].as_str().unwrap();
    let sum = std::process::Command::new("sha256sum").arg(&source).output().unwrap();
    assert!(String::from_utf8_lossy(&sum.stdout).starts_with(digest), "the digest is sha256sum's");

    let lie = text.replacen("\"made\": ", "\"made\": 1", 1);
    fs::write(folder.path().join("OUT.report.json"), lie).unwrap();
    let (code, verdict) = verified(&source, &output);
    assert!(code == 1 && verdict["problems"].to_string().contains("the report states"), "{verdict}");
}

#[test]
fn the_pixel_size_in_the_report_is_the_geotransform_s() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.tif");
    // B02 is a 10 m band by nature.
    let metres = |side: f64| Some([500_000.0, side, 0.0, 4_200_000.0, 0.0, -side]);
    let cases = [
        (metres(20.0), Some(32633), Some(20.0)),
        (metres(2.5), Some(32633), Some(2.5)),
        (Some([15.0, 1e-4, 0.0, 38.0, 0.0, -1e-4]), Some(4326), None),
        (None, None, None),
    ];
    for (geotransform, epsg, expected) in cases {
        Raster { geotransform, epsg, ..Raster::default() }.write(&source, ramp);
        declouded(&source, folder.path(), &["--overwrite"]);
        for band in report_in(folder.path())["bands"].as_array().unwrap() {
            assert_eq!(band["resolution_m"].as_f64(), expected, "{geotransform:?}: {band}");
        }
    }
}

#[test]
fn the_radiometry_that_was_assumed_is_said_once_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.tif");
    Raster::default().write(&source, ramp);
    let (source, output) = (source.to_string_lossy(), folder.path().join("OUT.tif"));
    let run = |more: &[&str]| {
        let mut args = vec!["decloud", &source, "-o", output.to_str().unwrap(), "--overwrite"];
        args.extend(["--mask", &source, "--mask-band", "1", "--mask-classes", "1000=cloud"]);
        args.extend(more);
        let (code, out, err) = outcome(&declouder(&args));
        assert_eq!(code, 0, "{err}");
        (out, err)
    };
    for (more, expected) in [
        (&[][..], "reflectance = DN / 10000 (assumed); level unknown"),
        (
            &["--radiometry", "10000,-1000", "--level", "L2A"],
            "reflectance = (DN − 1000) / 10000 (given with --radiometry); level L2A",
        ),
    ] {
        let (_, err) = run(more);
        assert_eq!(err.matches(&format!("stored values: {expected}")).count(), 1, "{err}");
        let report = report_in(folder.path());
        let words = report["source"]["radiometry"].as_str().unwrap();
        assert!(expected.starts_with(words) && !words.is_empty(), "{words}");
    }
    let (out, _) = run(&["--json"]);
    assert_eq!(out.lines().filter(|line| line.contains("\"note\":\"stored values: ")).count(), 1, "{out}");
    assert!(!run(&["--quiet"]).1.contains("stored values"));
}

#[test]
fn the_report_holds_the_dilation_that_applied() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.tif");
    let bands = &["B02", "B03", "B04", "B08", "B11", "B12"];
    Raster { bands, ..Raster::default() }.write(&source, ramp);
    declouded(&source, folder.path(), &[]);
    let dilation = || report_in(folder.path())["options"]["mask"]["dilate_px"].as_u64();
    assert_eq!(dilation(), Some(0), "a given mask is taken as it is");
    let output = folder.path().join("OUT.tif");
    let mut args = vec!["decloud", source.to_str().unwrap(), "-o", output.to_str().unwrap()];
    args.extend(["--overwrite", "--method", "threshold", "--level", "L1C"]);
    let (code, _, err) = outcome(&declouder(&args));
    assert_eq!(code, 0, "{err}");
    assert_eq!(dilation(), Some(4), "a method's default");
}

#[test]
fn nothing_of_the_former_result_stays_beside_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.tif");
    Raster { width: 90, height: 70, ..Raster::default() }.write(&source, ramp);
    let mut dataset = for_change(&source);
    dataset.set_metadata_item("TIFFTAG_DATETIME", "2020:01:02 03:04:05", "").unwrap();
    dataset.close().unwrap();
    let foreign = ["OUT.notes.txt", "OUT.v2.tif", "OUTER.qml"];
    for name in foreign {
        fs::write(folder.path().join(name), "mine").unwrap();
    }
    let output = declouded(&source, folder.path(), &["--stac", "--qml", "--plain"]);
    let made = ["OUT.qml", "OUT.report.json", "OUT.stac.json", "OUT.synthetic.tif", "OUT.tif"];
    for name in made {
        assert!(folder.path().join(name).exists(), "{name}");
    }
    // The marks are an input now, and what is read is never removed.
    let marks = folder.path().join("OUT.synthetic.tif");
    let mut args = vec!["decloud", source.to_str().unwrap(), "-o", output.to_str().unwrap()];
    args.extend(["--overwrite", "--stac", "--plain", "--mask", marks.to_str().unwrap()]);
    let (code, _, err) = outcome(&declouder(&args));
    assert!(code == 2 && err.contains("input"), "{code} {err}");
    args.retain(|arg| *arg != "--plain");
    let (code, _, err) = outcome(&declouder(&args));
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("removed") && err.contains("OUT.qml"), "{err}");
    assert!(marks.exists() && folder.path().join("OUT.stac.json").exists(), "{:?}", names(folder.path()));
    fs::remove_file(&marks).unwrap();

    declouded(&source, folder.path(), &["--overwrite"]);
    let expected =
        ["OUT.notes.txt", "OUT.report.json", "OUT.tif", "OUT.v2.tif", "OUTER.qml", "mask.tif", "source.tif"];
    assert_eq!(names(folder.path()), expected);
    assert_eq!(verified(&source, &output).0, 0);
}

#[test]
fn a_report_that_names_other_files_leads_to_no_removal() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.tif");
    Raster::default().write(&source, ramp);
    declouded(&source, folder.path(), &[]);
    let mut report = report_in(folder.path());
    fs::create_dir(folder.path().join("sub")).unwrap();
    let precious = ["precious.tif", "sub/OUT.tif", "OUTER.tif"];
    let template = report["outputs"][0].clone();
    for name in precious {
        fs::write(folder.path().join(name), "mine").unwrap();
        let mut facts = template.clone();
        facts["name"] = name.into();
        report["outputs"].as_array_mut().unwrap().push(facts);
    }
    fs::write(folder.path().join("OUT.report.json"), report.to_string()).unwrap();
    declouded(&source, folder.path(), &["--overwrite"]);
    for name in precious {
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), "mine", "{name}");
    }
}
