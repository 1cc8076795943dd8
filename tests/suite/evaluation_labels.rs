//! `declouder evaluate --labels`: a classifier's labels before and after, against those of the clear dates.

use std::ffi::OsStr;
use std::path::Path;

use declouder::evaluation::Report;
use declouder::networks::classifier::{Architecture, file};

use super::classifier::classifier;
use super::fixtures::Raster;
use super::support::{declouder, outcome};

/// Two pairs over even ground, which the fill restores all but exactly, in the classifier's bands. Of 3 × 3 tiles
/// of 16 px three have cloud, six have none.
fn pairs(folder: &Path, bands: &[&str]) {
    for place in ["pairs/cloudy", "pairs/clear", "masks"] {
        std::fs::create_dir_all(folder.join(place)).unwrap();
    }
    let raster = Raster { width: 48, height: 48, bands, ..Raster::default() };
    for (name, value) in [("a_p1.tif", 1200_u16), ("b_p1.tif", 2100)] {
        raster.write(&folder.join("pairs/clear").join(name), |band, _, _| value + 500 * band as u16);
        raster.write(&folder.join("pairs/cloudy").join(name), |band, x, _| {
            if x < 14 { 9000 } else { value + 500 * band as u16 }
        });
        Raster { bands: &["mask"], ..raster }
            .write(&folder.join("masks").join(name), |_, x, _| u8::from(x < 14));
    }
}

#[test]
fn results_are_compared_with_the_clear_date_by_what_a_classifier_sees_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    pairs(folder.path(), &["B03", "B08"]);
    let model = at("classifier.safetensors");
    file::save(&classifier(Architecture::RegularizedResnet), &model).unwrap();
    let (data, masks, json, html) = (at("pairs"), at("masks"), at("r.json"), at("r.html"));
    let run = |labels: &str, level: &str| {
        let mut args: Vec<&OsStr> =
            vec!["evaluate".as_ref(), data.as_ref(), "--masks".as_ref(), masks.as_ref()];
        args.extend(["-o".as_ref(), json.as_os_str(), "-o".as_ref(), html.as_os_str()]);
        args.extend(
            ["--feather", "0", "--device", "cpu", "--overwrite", "--level", level, labels].map(OsStr::new),
        );
        outcome(&declouder(&args))
    };
    let named = format!("--labels={}", model.display());
    let (code, text, error) = run(&named, "L2A");
    assert_eq!(code, 0, "{error}");
    let report: Report = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let labels = report.sets[0].labels.as_ref().unwrap();
    assert_eq!((labels.tiles, labels.tile_px, labels.classes.len()), (6, 16, 19));
    // The unchanged image is the cloudy date; it is not said twice.
    let names: Vec<_> = labels.after.iter().map(|method| method.method.as_str()).collect();
    assert_eq!(names, ["constant", "fillnodata", "fill"]);
    assert_eq!(labels.before.method, "cloudy date");
    // Even ground is restored, so its labels are; cloud is not ground.
    let fill = &labels.after[2];
    let (before, after) = (&labels.before.agreement, &fill.agreement);
    assert!(after.probability < 0.02 && after.same == 1.0, "{after:?}");
    assert!(before.probability > 2.0 * after.probability, "{before:?} {after:?}");
    assert!(fill.agreement.jaccard >= labels.before.agreement.jaccard, "{labels:?}");
    assert_eq!(fill.scores.as_ref().unwrap().samples_count, 6);
    // This classifier was never measured, and that alone makes it a demonstration.
    assert!(labels.demonstration && labels.reasons.len() == 1, "{:?}", labels.reasons);
    assert!(text.contains("DEMONSTRATION") && text.contains("cloudy date"), "{text}");
    let page = std::fs::read_to_string(&html).unwrap();
    assert!(page.contains("class=\"demonstration\"") && page.contains("6 tiles of 16 px"));

    // Another level is let pass, and said.
    let (code, _, error) = run(&named, "L1C");
    assert_eq!(code, 0, "{error}");
    let report: Report = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let reasons = &report.sets[0].labels.as_ref().unwrap().reasons;
    assert!(
        reasons.iter().any(|reason| reason.contains("trained on L2A, the images are L1C")),
        "{reasons:?}"
    );

    // The shipped one asks for bands that these images lack.
    let (code, _, error) = run("--labels", "L2A");
    assert!(code == 1 && error.contains("land-cover-19") && error.contains("B01"), "{code} {error}");
    let (code, _, error) = run("--labels=/no/such/classifier.safetensors", "L2A");
    assert!(code == 1 && error.contains("/no/such/classifier.safetensors"), "{code} {error}");

    // Off unless asked for.
    let (code, _, error) = run("--quiet", "L2A");
    assert_eq!(code, 0, "{error}");
    assert!(!std::fs::read_to_string(&json).unwrap().contains("\"labels\""));
}
