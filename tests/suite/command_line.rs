//! The command line as a whole: where global options may stand, and results as the next command's
//! input. On the shipped demo scenes.
#![cfg(feature = "gdal")]

use std::path::Path;

use super::support::{declouder, outcome};

fn demo(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo").join(name).to_string_lossy().into_owned()
}

#[test]
fn a_global_option_may_stand_before_the_command_or_after_it() {
    let scene = demo("betsiboka.tif");
    let before = outcome(&declouder(&["--json", "info", &scene]));
    let after = outcome(&declouder(&["info", &scene, "--json"]));
    assert_eq!(before.0, 0, "{}", before.2);
    assert_eq!(before.1, after.1);
    assert!(serde_json::from_str::<serde_json::Value>(&before.1).unwrap().is_object());
}

#[test]
fn a_folder_of_exports_at_native_sizes_is_compared_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (scene, mask) = (demo("virginia"), folder.path().join("mask.tif"));
    let cloudy = folder.path().join("cloudy/");
    std::fs::create_dir(&cloudy).unwrap();
    let result = folder.path().join("result");
    std::fs::create_dir(&result).unwrap();
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let (mask, cloudy, out) = (text(&mask), text(&cloudy), text(&result.join("clean.tif")));
    let runs: [&[&str]; 2] = [
        &[
            "simulate",
            &scene,
            "-o",
            &cloudy,
            "--mask-out",
            &mask,
            "--cover",
            "0.25",
            "--kind",
            "thick",
            "--seed",
            "7",
        ],
        &["decloud", &cloudy, "-o", &out, "--mask", &mask, "--engine", "fill"],
    ];
    for run in runs {
        let (code, _, err) = outcome(&declouder(run));
        assert_eq!(code, 0, "{run:?}: {err}");
    }
    let psnr = |image: &str| {
        let (code, json, err) = outcome(&declouder(&["compare", image, &scene, "--mask", &mask, "--json"]));
        assert_eq!(code, 0, "{err}");
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        json["cloud"]["psnr"].as_f64().unwrap()
    };
    assert!(psnr(&text(&result)) > psnr(&cloudy));
}
