//! What a training does to a folder that holds one already: nothing, until it can begin.

use std::path::Path;

use declouder::training::run::RunOptions;

use super::training::{config, run, store};

/// What a run would be gone on with.
fn kept(folder: &Path) -> [Vec<u8>; 3] {
    ["checkpoint.safetensors", "config.toml", "model.safetensors"].map(|name| {
        let path = folder.join(name);
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    })
}

#[test]
fn a_training_that_cannot_begin_costs_no_former_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let out = folder.path().join("run");
    run(&store, &out, &config(4), &RunOptions::default()).unwrap();
    let before = kept(&out);

    let nowhere = folder.path().join("nowhere");
    run(&nowhere, &out, &config(9), &RunOptions::default()).expect_err("no store");
    let from = RunOptions { from: Some(nowhere), ..RunOptions::default() };
    run(&store, &out, &config(9), &from).expect_err("no model");
    assert!(kept(&out) == before);

    let resume = RunOptions { resume: true, ..RunOptions::default() };
    let error = run(&store, &out, &config(3), &resume).expect_err("a step that lies behind").to_string();
    assert!(error.contains("steps") && error.contains("4 steps already"), "{error}");
    assert!(kept(&out) == before);

    run(&store, &out, &config(5), &resume).unwrap();
    assert!(kept(&out) != before);
}

#[test]
fn a_run_is_one_trainings_and_never_in_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let out = folder.path().join("run");
    let claim = declouder::training::Claim::of(&out).unwrap();
    let error = run(&store, &out, &config(2), &RunOptions::default()).expect_err("it is taken").to_string();
    assert!(error.contains("another training"), "{error}");
    drop(claim);
    let error = run(&store, &store, &config(2), &RunOptions::default()).expect_err("a store").to_string();
    assert!(error.contains("patch store"), "{error}");

    // Nor is a store replaced with what somebody put into it.
    std::fs::write(store.join("notes.txt"), "mine").unwrap();
    let error = declouder::patches::check_output(&store, true).expect_err("more than a store").to_string();
    assert!(error.contains("notes.txt"), "{error}");
}
