//! `declouder evaluate` on pairs: the baselines on real data, and folders that are not pairs.
#![cfg(feature = "gdal")]

use std::fs;
use std::path::{Path, PathBuf};

use declouder::evaluation::report::{Cover, ImageReport, summarise};
use declouder::evaluation::{PairsConfig, Report, evaluate_pairs};
use declouder::mask::MaskConfig;
use declouder::metrics::{Comparison, Measure, Measures, Region};
use declouder::progress::{CancelFlag, Monitor, Silent};

use super::fixtures::Raster;
use super::support::{declouder, outcome, shared};

const BANDS: [&str; 4] = ["B02", "B03", "B04", "B08"];

/// A folder of pairs: land with a slope, and a cloud over the left part of the cloudy date.
fn made_pairs(folder: &Path, names: &[&str], cloudy_columns: usize) -> (PathBuf, PathBuf) {
    let (pairs, masks) = (folder.join("pairs"), folder.join("masks"));
    for place in [pairs.join("cloudy"), pairs.join("clear"), masks.clone()] {
        fs::create_dir_all(place).unwrap();
    }
    let raster = Raster { width: 60, height: 48, bands: &BANDS, ..Raster::default() };
    let land = |band: usize, x: usize, y: usize| (900 + 300 * band + 4 * x + 2 * y) as u16;
    for name in names {
        raster.write(&pairs.join("clear").join(name), land);
        raster.write(&pairs.join("cloudy").join(name), |band, x, y| {
            if x < cloudy_columns { 7000 } else { land(band, x, y) }
        });
        Raster { bands: &["mask"], ..raster }
            .write(&masks.join(name), |_, x, _| u8::from(x < cloudy_columns));
    }
    (pairs, masks)
}

fn config(masks: &Path) -> PairsConfig {
    PairsConfig { masks: Some(masks.to_owned()), ..PairsConfig::default() }
}

fn mean(report: &Report, method: &str, region: Region, measure: Measure) -> f64 {
    let method = report.methods.iter().find(|found| found.name == method).unwrap();
    method.group(Cover::Any, region).unwrap().measures[&measure].mean
}

fn evaluate(args: &[&dyn AsRef<std::ffi::OsStr>]) -> (i32, String, String) {
    let mut all = vec!["evaluate".as_ref()];
    all.extend(args.iter().map(AsRef::as_ref));
    outcome(&declouder(&all))
}

#[test]
fn on_the_real_test_pairs_the_fill_beats_every_other_baseline() {
    let Some(data) = shared("sen12ms-cr") else { return };
    let config = PairsConfig {
        masks: Some(data.join("s2cloudless/test/cloudy")),
        mask: MaskConfig { band: Some(2), ..MaskConfig::default() },
        ..PairsConfig::default()
    };
    let report = evaluate_pairs(&data.join("test"), &config, &Silent).unwrap();
    assert_eq!((report.images.len(), report.bands.len()), (7, 13));
    let psnr = |method, region| mean(&report, method, region, Measure::Psnr);
    assert!(psnr("fill", Region::All) >= 28.0, "{}", psnr("fill", Region::All));
    assert!(psnr("fill", Region::Cloud) >= 27.5, "{}", psnr("fill", Region::Cloud));
    for other in ["input", "constant", "fillnodata"] {
        assert!(psnr("fill", Region::All) > psnr(other, Region::All), "{other}");
        assert!(psnr("fill", Region::Cloud) > psnr(other, Region::Cloud), "{other}");
    }
    // Independent code (tests/parity/baselines.py) says the same of what needs no engine of ours.
    let expected = [("input", 23.371_25, 19.250_17), ("fillnodata", 27.946_69, 26.793_94)];
    for (method, all, cloud) in expected {
        assert!((psnr(method, Region::All) - all).abs() < 1e-4, "{method} {}", psnr(method, Region::All));
        assert!((psnr(method, Region::Cloud) - cloud).abs() < 1e-4, "{method}");
    }
    // One of the seven images has no cloud and says nothing about what lies under it.
    let group = report.methods[0].group(Cover::Any, Region::Cloud).unwrap();
    assert_eq!((group.measures[&Measure::Mae].images, group.measures[&Measure::Mae].scenes), (6, 3));
}

#[test]
fn every_method_keeps_clear_pixels_and_the_same_run_gives_the_same_report() {
    let folder = tempfile::tempdir().unwrap();
    let (pairs, masks) = made_pairs(folder.path(), &["a_p1.tif", "b_p1.tif"], 20);
    let mut config = config(&masks);
    config.mask.feather_px = 0;
    let report = evaluate_pairs(&pairs, &config, &Silent).unwrap();
    for image in &report.images {
        assert!((image.cover - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(image.results.len(), 4);
        for (method, result) in &image.results {
            assert!(result.clear.unwrap().identical, "{method}");
            assert!(result.cloud.unwrap().mae.unwrap() > 0.0, "{method}");
        }
    }
    let mae = |method| mean(&report, method, Region::Cloud, Measure::Mae);
    assert!(mae("fillnodata") < mae("input") && mae("fill") < mae("input"));
    assert_eq!(evaluate_pairs(&pairs, &config, &Silent).unwrap(), report);
    let json = serde_json::to_string(&report).unwrap();
    let back: Report = serde_json::from_str(&json).unwrap();
    let (read, written) = (&back.images[1].results["fill"], &report.images[1].results["fill"]);
    assert!((read.all.mae.unwrap() - written.all.mae.unwrap()).abs() < 1e-12);
    assert!(read.clear.unwrap().identical);
}

#[test]
fn a_fully_clouded_pair_gets_the_mean_of_clear_training_pixels() {
    let folder = tempfile::tempdir().unwrap();
    let (pairs, masks) = made_pairs(folder.path(), &["a.tif"], 60);
    let report = evaluate_pairs(&pairs, &config(&masks), &Silent).unwrap();
    let mae = |method| mean(&report, method, Region::All, Measure::Mae);
    assert!((mae("fillnodata") - mae("constant")).abs() < 1e-12);
    assert!(mae("constant") < 0.2);
    assert!(report.methods[0].group(Cover::Any, Region::Clear).is_none());
}

#[test]
fn means_follow_cover_and_leave_out_what_does_not_count() {
    let image = |name: &str, scene: &str, cover: f64, psnr: Option<f64>| {
        let measures = Measures { psnr, mae: Some(cover), ..Measures::default() };
        let result = Comparison { all: measures, cloud: Some(measures), clear: None };
        let worse = Measures { psnr: psnr.map(|psnr| psnr - 2.0), ..measures };
        let other = Comparison { all: worse, cloud: Some(worse), clear: None };
        ImageReport {
            name: name.into(),
            scene: scene.into(),
            cover,
            mask: String::new(),
            results: [("fill".to_owned(), result), ("input".to_owned(), other)].into(),
        }
    };
    let images = [
        image("a", "s", 0.01, Some(40.0)),
        image("b", "s", 0.19, Some(30.0)),
        image("c", "t", 0.2, Some(20.0)),
        image("d", "u", 0.61, None),
    ];
    let methods = summarise(&images, &[("fill", ""), ("input", "")], "fill");
    let psnr =
        |method: usize, cover, region| methods[method].group(cover, region).unwrap().measures[&Measure::Psnr];
    let all = psnr(0, Cover::Any, Region::All);
    assert_eq!((all.mean, all.images, all.scenes), (30.0, 3, 2));
    assert_eq!(psnr(0, Cover::Any, Region::Cloud).mean, 25.0);
    assert_eq!(psnr(0, Cover::Low, Region::All).mean, 35.0);
    assert_eq!(psnr(0, Cover::Low, Region::Cloud).mean, 30.0);
    assert_eq!(psnr(0, Cover::Middle, Region::All).mean, 20.0);
    assert!(!methods[0].group(Cover::High, Region::All).unwrap().measures.contains_key(&Measure::Psnr));
    let difference = methods[1].group(Cover::Any, Region::All).unwrap().against_baseline[&Measure::Psnr];
    assert_eq!((difference.mean, difference.low, difference.high), (-2.0, Some(-2.0), Some(-2.0)));
    assert!(methods[0].group(Cover::Any, Region::All).unwrap().against_baseline.is_empty());
}

#[test]
fn a_report_is_written_whole_and_never_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let (pairs, masks) = made_pairs(folder.path(), &["a.tif", "b.tif"], 20);
    let output = folder.path().join("report.json");
    let args: [&dyn AsRef<std::ffi::OsStr>; 7] =
        [&pairs, &"--masks", &masks, &"-o", &output, &"--methods", &"input,fill"];
    let (code, out, err) = evaluate(&args);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("| fill |") && !out.contains("| constant |"), "{out}");
    let report: Report = serde_json::from_str(&fs::read_to_string(&output).unwrap()).unwrap();
    assert_eq!(report.images.len(), 2);
    let (code, _, err) = evaluate(&args);
    assert_eq!(code, 1);
    assert!(err.contains("--overwrite") && err.contains("report.json"), "{err}");
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["masks", "pairs", "report.json"]);
}

#[test]
fn folders_that_are_no_pairs_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let (pairs, masks) = made_pairs(folder.path(), &["a.tif", "b.tif"], 20);
    let output = folder.path().join("report.json");
    let refused = |input: &Path, masks: &Path, code: i32, words: &[&str]| {
        let (found, _, err) = evaluate(&[&input, &"--masks", &masks, &"-o", &output]);
        assert_eq!(found, code, "{err}");
        for word in words {
            assert!(err.contains(word), "\"{word}\" is not in: {err}");
        }
        assert!(!output.exists());
    };
    refused(&masks, &masks, 1, &["cloudy/ and clear/", "masks"]);
    refused(&folder.path().join("nothing"), &masks, 1, &["nothing"]);
    refused(&pairs, folder.path(), 2, &["--masks", "a.tif"]);

    fs::rename(pairs.join("clear/b.tif"), pairs.join("clear/c.tif")).unwrap();
    refused(&pairs, &masks, 1, &["only in cloudy/: b.tif", "only in clear/: c.tif"]);
    fs::rename(pairs.join("clear/c.tif"), pairs.join("clear/b.tif")).unwrap();

    let whole = fs::read(pairs.join("clear/b.tif")).unwrap();
    fs::write(pairs.join("clear/b.tif"), &whole[..whole.len() / 2]).unwrap();
    refused(&pairs, &masks, 1, &["b.tif"]);
    fs::write(pairs.join("clear/b.tif"), b"no raster").unwrap();
    refused(&pairs, &masks, 1, &["b.tif"]);

    fs::create_dir_all(folder.path().join("none/cloudy")).unwrap();
    fs::create_dir_all(folder.path().join("none/clear")).unwrap();
    refused(&folder.path().join("none"), &masks, 1, &["empty"]);
}

#[test]
fn wrong_options_are_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let (pairs, masks) = made_pairs(folder.path(), &["a.tif"], 20);
    let output = folder.path().join("report.json");
    let cases: [&[&dyn AsRef<std::ffi::OsStr>]; 4] = [
        &[&pairs, &"--masks", &masks, &"-o", &output, &"--methods", &"magic"],
        &[&pairs, &pairs, &"-o", &output],
        &[&pairs, &"--masks", &masks],
        &[&pairs, &"--masks", &masks, &"-o", &output, &"--mask-band", &"3"],
    ];
    for args in cases {
        let (code, _, err) = evaluate(args);
        assert_eq!(code, 2, "{err}");
        assert!(!output.exists());
    }
}

#[test]
fn cancelled_work_stops_before_the_next_method() {
    struct Stopped(CancelFlag);
    impl Monitor for Stopped {
        fn is_cancelled(&self) -> bool {
            self.0.is_raised()
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let (pairs, masks) = made_pairs(folder.path(), &["a.tif"], 20);
    let stopped = Stopped(CancelFlag::new());
    stopped.0.raise();
    let error = evaluate_pairs(&pairs, &config(&masks), &stopped).unwrap_err();
    assert!(error.is_cancelled(), "{error}");
}
