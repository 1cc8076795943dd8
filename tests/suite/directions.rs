//! `declouder directions`: what it writes beside a model, and what it refuses.

use std::path::{Path, PathBuf};
use std::process::Output;

use super::sweep::run;

const MODEL: &str = "assets/models/l1c.safetensors";
const SCENE: &str = "assets/demo/betsiboka.tif";

fn words(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A copy of the shipped model, and a store of the demo scene's cloud.
fn given(folder: &Path) -> (String, String) {
    let model = folder.join("own.safetensors");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(MODEL), &model).expect("a copy");
    let store = folder.join("store").to_string_lossy().into_owned();
    let cut = ["--patch", "64", "--stride", "256", "--domain", "cloudy", "--split", "train"];
    let made = [&["prepare", SCENE, "-o", &store, "--mask-method", "threshold"][..], &cut].concat();
    let output = run(folder, &made);
    assert!(output.status.success(), "{}", words(&output));
    (model.to_string_lossy().into_owned(), store)
}

fn read(path: &Path) -> serde_json::Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("directions")).expect("JSON")
}

#[test]
fn directions_are_kept_beside_the_model_and_repeat() {
    let folder = tempfile::tempdir().expect("a folder");
    let (model, store) = given(folder.path());
    let kept: PathBuf = folder.path().join("own.directions.json");
    let found = run(folder.path(), &["directions", &model, &store, "--patches", "2", "--seed", "5"]);
    assert!(found.status.success(), "{}", words(&found));
    let first = read(&kept);
    assert_eq!(first["patches"], 2);
    let directions = first["directions"].as_array().expect("a list");
    assert_eq!(directions.len(), 16, "as many as the code has numbers");
    let responses: Vec<f64> =
        directions.iter().map(|one| one["response"].as_f64().expect("a number")).collect();
    assert!(responses.is_sorted_by(|a, b| a >= b) && responses[0] > 1e-3, "{responses:?}");

    // What is there is not lost by accident; the same question has the same answer.
    let refused = run(folder.path(), &["directions", &model, &store, "--patches", "2", "--seed", "5"]);
    assert!(!refused.status.success() && words(&refused).contains("own.directions.json"), "{refused:?}");
    let again =
        run(folder.path(), &["directions", &model, &store, "--patches", "2", "--seed", "5", "--overwrite"]);
    assert!(again.status.success(), "{}", words(&again));
    assert_eq!(read(&kept), first);
}

#[test]
fn a_store_or_model_that_does_not_fit_is_refused_and_nothing_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let (model, store) = given(folder.path());
    let nothing = folder.path().join("nothing").to_string_lossy().into_owned();
    for (model, store, named) in [(&model, &nothing, "nothing"), (&store, &store, "store")] {
        let refused = run(folder.path(), &["directions", model, store]);
        assert!(!refused.status.success(), "{model} {store}");
        assert!(words(&refused).contains(named), "{}", words(&refused));
    }
    assert!(!folder.path().join("own.directions.json").exists());
}
