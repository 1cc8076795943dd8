//! `declouder evaluate`: the baselines on real pairs, models beside them, and folders that are not pairs.
#![cfg(feature = "gdal")]

use std::fs;
use std::path::{Path, PathBuf};

use declouder::evaluation::report::{ImageReport, SetReport, Subset, summarise};
use declouder::evaluation::{self, Case, EvaluateConfig, Method, Report, SetConfig, evaluate};
use declouder::mask::MaskConfig;
use declouder::metrics::{Comparison, Measure, Measures, Region};
use declouder::progress::{CancelFlag, Monitor, Silent};
use declouder::raster::Plane;

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

fn config(pairs: &Path, masks: &Path) -> SetConfig {
    SetConfig { data: pairs.to_owned(), masks: Some(masks.to_owned()), ..SetConfig::default() }
}

/// The report of one set without models.
fn evaluated(set: SetConfig) -> SetReport {
    let config = EvaluateConfig { sets: vec![set], ..EvaluateConfig::default() };
    evaluate(&config, &[], &Silent).unwrap().sets.remove(0)
}

fn mean(report: &SetReport, method: &str, region: Region, measure: Measure) -> f64 {
    let method = report.methods.iter().find(|found| found.name == method).unwrap();
    method.group(Subset::Any, region).unwrap().measures[&measure].mean
}

fn run(args: &[&dyn AsRef<std::ffi::OsStr>]) -> (i32, String, String) {
    let mut all = vec!["evaluate".as_ref()];
    all.extend(args.iter().map(AsRef::as_ref));
    outcome(&declouder(&all))
}

#[test]
fn on_the_real_test_pairs_the_fill_beats_every_other_baseline() {
    let Some(data) = shared("sen12ms-cr") else { return };
    let report = evaluated(SetConfig {
        mask: MaskConfig { band: Some(2), ..MaskConfig::default() },
        ..config(&data.join("test"), &data.join("s2cloudless/test/cloudy"))
    });
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
    let group = report.methods[0].group(Subset::Any, Region::Cloud).unwrap();
    assert_eq!((group.measures[&Measure::Mae].images, group.measures[&Measure::Mae].scenes), (6, 3));
}

#[test]
fn every_method_keeps_clear_pixels_and_the_same_run_gives_the_same_report() {
    let folder = tempfile::tempdir().unwrap();
    let (pairs, masks) = made_pairs(folder.path(), &["a_p1.tif", "b_p1.tif"], 20);
    let mut set = config(&pairs, &masks);
    set.mask.feather_px = 0;
    let report = evaluated(set.clone());
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
    assert_eq!(evaluated(set), report);
    let json = serde_json::to_string(&report).unwrap();
    let back: SetReport = serde_json::from_str(&json).unwrap();
    let (read, written) = (&back.images[1].results["fill"], &report.images[1].results["fill"]);
    assert!((read.all.mae.unwrap() - written.all.mae.unwrap()).abs() < 1e-12);
    assert!(read.clear.unwrap().identical);
}

#[test]
fn a_fully_clouded_pair_gets_the_mean_of_clear_training_pixels() {
    let folder = tempfile::tempdir().unwrap();
    let (pairs, masks) = made_pairs(folder.path(), &["a.tif"], 60);
    let report = evaluated(config(&pairs, &masks));
    let mae = |method| mean(&report, method, Region::All, Measure::Mae);
    assert!((mae("fillnodata") - mae("constant")).abs() < 1e-12);
    assert!(mae("constant") < 0.2);
    assert!(report.methods[0].group(Subset::Any, Region::Clear).is_none());
}

#[test]
fn means_follow_cover_and_leave_out_what_does_not_count() {
    let image = |name: &str, scene: &str, cover: f64, psnr: Option<f64>| {
        let measures = Measures { psnr, mae: Some(cover), ..Measures::default() };
        let result = Comparison { all: measures, cloud: Some(measures), clear: None, aligned: None };
        let worse = Measures { psnr: psnr.map(|psnr| psnr - 2.0), ..measures };
        let other = Comparison { all: worse, cloud: Some(worse), clear: None, aligned: None };
        ImageReport {
            name: name.into(),
            scene: scene.into(),
            lent: None,
            files: None,
            cover,
            excess: None,
            thin: Some(name == "b"),
            mask: String::new(),
            against_baseline: [].into(),
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
    let all = psnr(0, Subset::Any, Region::All);
    assert_eq!((all.mean, all.images, all.scenes), (30.0, 3, 2));
    assert_eq!(psnr(0, Subset::Any, Region::Cloud).mean, 25.0);
    assert_eq!(psnr(0, Subset::Low, Region::All).mean, 35.0);
    assert_eq!(psnr(0, Subset::Low, Region::Cloud).mean, 30.0);
    assert_eq!(psnr(0, Subset::Middle, Region::All).mean, 20.0);
    assert!(!methods[0].group(Subset::High, Region::All).unwrap().measures.contains_key(&Measure::Psnr));
    let difference = methods[1].group(Subset::Any, Region::All).unwrap().against_baseline[&Measure::Psnr];
    assert_eq!((difference.mean, difference.low, difference.high), (-2.0, Some(-2.0), Some(-2.0)));
    assert!(methods[0].group(Subset::Any, Region::All).unwrap().against_baseline.is_empty());
    assert_eq!(psnr(0, Subset::Thin, Region::Cloud).mean, 30.0);
    let change = &methods[1].group(Subset::Any, Region::Cloud).unwrap().change_percent;
    // Both have the same MAE, and no measure of quality has a change in per cent.
    assert_eq!(change.keys().copied().collect::<Vec<_>>(), [Measure::Mae]);
    assert_eq!(change[&Measure::Mae].mean, 0.0);
}

#[test]
fn a_report_is_written_whole_and_never_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let (pairs, masks) = made_pairs(folder.path(), &["a.tif", "b.tif"], 20);
    let output = folder.path().join("report.json");
    let args: [&dyn AsRef<std::ffi::OsStr>; 7] =
        [&pairs, &"--masks", &masks, &"-o", &output, &"--methods", &"input,fill"];
    let (code, out, err) = run(&args);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("| fill |") && !out.contains("| constant |"), "{out}");
    let report: Report = serde_json::from_str(&fs::read_to_string(&output).unwrap()).unwrap();
    assert_eq!(report.sets[0].images.len(), 2);
    let (code, _, err) = run(&args);
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
        let (found, _, err) = run(&[&input, &"--masks", &masks, &"-o", &output]);
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
    let cases: [&[&dyn AsRef<std::ffi::OsStr>]; 9] = [
        &[&pairs, &"--masks", &masks, &"-o", &output, &"--methods", &"magic"],
        &[&pairs, &pairs, &"-o", &output],
        &[&"-o", &output],
        &[&pairs, &"--mask-band", &"1", &"-o", &output],
        &[&pairs, &"--seed", &"1", &"-o", &output],
        &[&pairs, &"--donors", &pairs, &"--masks", &masks, &"-o", &output],
        &[&pairs, &"--donors", &pairs, &"--per-image", &"0", &"-o", &output],
        &[&pairs, &"--masks", &masks],
        &[&pairs, &"--masks", &masks, &"-o", &output, &"--mask-band", &"3"],
    ];
    for args in cases {
        let (code, _, err) = run(args);
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
    let config = EvaluateConfig { sets: vec![config(&pairs, &masks)], ..EvaluateConfig::default() };
    let error = evaluate(&config, &[], &stopped).unwrap_err();
    assert!(error.is_cancelled(), "{error}");
}

/// A model for tests: a part of the way from the baseline's kind of guess to a given brightness.
struct Toy {
    name: &'static str,
    /// Added to the cloudy image's clear mean.
    offset: f32,
    /// Planes it leaves out.
    missing: usize,
}

impl Method for Toy {
    fn name(&self) -> &str {
        self.name
    }

    fn summary(&self) -> &'static str {
        "the mean of the clear pixels of its band"
    }

    fn surface(&self, case: &Case<'_>, _: &dyn Monitor) -> evaluation::Result<Vec<Plane<f32>>> {
        let mean = |plane: &Plane<f32>| {
            let clear = plane.data.iter().zip(&case.alpha.0.data).filter(|(_, m)| **m == 0);
            let (sum, count) = clear.fold((0.0, 0.0), |(sum, count), (x, _)| (sum + x, count + 1.0_f32));
            sum / count + self.offset
        };
        let kept = &case.cloudy[self.missing..];
        Ok(kept.iter().map(|plane| Plane::filled(plane.width, plane.height, mean(plane))).collect())
    }
}

#[test]
fn models_join_the_baselines_and_every_difference_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let (pairs, masks) = made_pairs(folder.path(), &["a_p1.tif", "a_p2.tif", "b_p1.tif"], 20);
    let config = EvaluateConfig {
        methods: vec!["fill".into()],
        sets: vec![
            config(&pairs, &masks),
            SetConfig { name: Some("again".into()), ..config(&pairs, &masks) },
        ],
        ..EvaluateConfig::default()
    };
    let (near, far) =
        (Toy { name: "near", offset: 0.0, missing: 0 }, Toy { name: "far", offset: 0.2, missing: 0 });
    let report = evaluate(&config, &[&near, &far], &Silent).unwrap();
    assert_eq!((report.sets.len(), report.sets[1].name.as_str()), (2, "again"));
    assert_eq!(report.sets[0].methods, report.sets[1].methods);
    let set = &report.sets[0];
    let names: Vec<_> = set.methods.iter().map(|method| method.name.as_str()).collect();
    assert_eq!(names, ["fill", "near", "far"]);
    for image in &set.images {
        let mae = |method: &str| image.results[method].cloud.unwrap().mae.unwrap();
        let difference = image.against_baseline["far"][&Region::Cloud][&Measure::Mae];
        assert!((difference - (mae("far") - mae("fill"))).abs() < 1e-12 && difference > 0.1);
        assert!(!image.against_baseline.contains_key("fill"));
    }
    let group = set.methods[2].group(Subset::Any, Region::Cloud).unwrap();
    for measure in [Measure::Psnr, Measure::Ssim, Measure::Sam, Measure::Mae, Measure::NdviMae] {
        let found = group.against_baseline[&measure];
        assert_eq!((found.images, found.scenes), (3, 2), "{measure:?}");
        assert!(found.low.unwrap() <= found.mean && found.mean <= found.high.unwrap());
    }
    let percent = group.change_percent[&Measure::Mae].mean;
    let means =
        mean(set, "far", Region::Cloud, Measure::Mae) / mean(set, "fill", Region::Cloud, Measure::Mae);
    assert!((percent - 100.0 * (means - 1.0)).abs() < 1e-9);
    let text = report.markdown();
    for word in ["## again", "Under cloud, against fill", "| a_p2 | 33.3 % |", "MAE (%)", "thin cloud"] {
        assert!(text.contains(word), "{word} is not in {text}");
    }
}

#[test]
fn a_model_that_does_not_fit_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (pairs, masks) = made_pairs(folder.path(), &["a.tif"], 20);
    let config = EvaluateConfig { sets: vec![config(&pairs, &masks)], ..EvaluateConfig::default() };
    let short = Toy { name: "short", offset: 0.0, missing: 1 };
    let error = evaluate(&config, &[&short], &Silent).unwrap_err().to_string();
    for word in ["short", "on a", "3 planes of 60 × 48", "4 planes"] {
        assert!(error.contains(word), "{word} is not in {error}");
    }
    let twin = Toy { name: "fill", offset: 0.0, missing: 0 };
    let error = evaluate(&config, &[&twin], &Silent).unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("\"fill\""), "{error}");
}

#[test]
fn a_file_of_test_sets_is_evaluated_whole_and_its_mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (pairs, _) = made_pairs(folder.path(), &["a.tif"], 20);
    let file = folder.path().join("protocol.toml");
    let output = folder.path().join("report.json");
    let args: [&dyn AsRef<std::ffi::OsStr>; 4] = [&"--config", &file, &"-o", &output];
    fs::write(
        &file,
        "methods = [\"input\", \"fill\"]\n[[sets]]\nname = \"real\"\ndata = \"pairs\"\nmasks = \"masks\"\n[[sets]]\ndata = \"pairs\"\nmasks = \"masks\"\nmask = { feather_px = 0 }\n",
    )
    .unwrap();
    let (code, out, err) = run(&args);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("## real") && out.contains(&format!("## {}", pairs.display())), "{out}");
    let report: Report = serde_json::from_str(&fs::read_to_string(&output).unwrap()).unwrap();
    assert_eq!((report.sets.len(), report.sets[0].methods.len()), (2, 2));
    fs::remove_file(&output).unwrap();
    for (text, word) in
        [("[[sets]]\ndata = \"pairs\"\nfeather = 2", "feather"), ("sets = 3", "sets"), ("", "no test set")]
    {
        fs::write(&file, text).unwrap();
        let (code, _, err) = run(&args);
        assert_eq!(code, 2, "{err}");
        assert!(err.contains(word) && err.contains("protocol.toml"), "{err}");
        assert!(!output.exists());
    }
    fs::remove_file(&file).unwrap();
    let (code, _, err) = run(&args);
    assert!(code == 2 && err.contains("protocol.toml"), "{err}");
}
