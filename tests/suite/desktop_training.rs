//! The training panel, driven by what its widgets are called, on a made-up store.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use declouder::compute::{Choice, Summary};
use declouder::desktop::commands::Command;
use declouder::desktop::{App, Options};
use declouder::training::history::History;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::training::{config, run, store};

/// How long anything in these tests may take before it has failed.
const PATIENCE: Duration = Duration::from_mins(3);

fn window<'a>(scenes: Vec<PathBuf>, session: Option<PathBuf>) -> Harness<'a, App> {
    let options = Options {
        scenes,
        session,
        results: None,
        device: Summary { backend: "flex".into(), adapter: "CPU".into(), software: false },
        choice: Choice::Cpu,
    };
    let mut harness = Harness::builder().with_size([1280.0, 800.0]).with_max_steps(60).wgpu().build_eframe(
        move |creation| App::new(&creation.egui_ctx, creation.wgpu_render_state.as_ref(), options).unwrap(),
    );
    harness.run_steps(3);
    harness
}

fn until(harness: &mut Harness<'_, App>, what: &str, done: impl Fn(&Harness<'_, App>) -> bool) {
    let started = Instant::now();
    loop {
        harness.step();
        if done(harness) {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "{what} does not come; log: {:#?}", harness.state().log());
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn said(harness: &Harness<'_, App>, words: &str) -> bool {
    harness.state().log().iter().any(|line| line.contains(words))
}

fn click(harness: &mut Harness<'_, App>, label: &str) {
    harness.get_by_label(label).click();
    harness.run_steps(3);
}

/// Types into a field, replacing what is there.
fn fill(harness: &mut Harness<'_, App>, field: &str, text: &str) {
    harness.get_by_label(field).focus();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run_steps(1);
    harness.get_by_label(field).type_text(text);
    harness.run_steps(2);
}

fn panel(harness: &mut Harness<'_, App>) {
    harness.state_mut().tell(Command::TrainPanel);
    harness.run_steps(4);
}

#[test]
fn a_training_is_started_paused_resumed_stopped_continued_and_used() {
    let home = tempfile::tempdir().unwrap();
    let store = store(home.path());
    let file = home.path().join("tiny.toml");
    let tiny = declouder::training::TrainConfig { steps: 100_000, ..config(1) };
    std::fs::write(&file, toml::to_string(&tiny).unwrap()).unwrap();
    let out = home.path().join("run-a");
    let mut harness = window(Vec::new(), None);
    panel(&mut harness);

    fill(&mut harness, "Patch store", &store.display().to_string());
    click(&mut harness, "Add store");
    fill(&mut harness, "Run folder", &out.display().to_string());
    fill(&mut harness, "Configuration file", &file.display().to_string());
    click(&mut harness, "Load");
    assert!(said(&harness, "tiny.toml"), "{:?}", harness.state().log());
    click(&mut harness, "Start training");
    until(&mut harness, "the fourth step", |harness| harness.state().training_step() >= 4);
    // What it tells is in the plots, by name.
    harness.get_by_label("losses/supervised");

    click(&mut harness, "Pause");
    // A step that was under way ends.
    std::thread::sleep(Duration::from_millis(800));
    harness.run_steps(2);
    let paused = harness.state().training_step();
    std::thread::sleep(Duration::from_millis(1200));
    harness.run_steps(3);
    assert_eq!(harness.state().training_step(), paused, "it rests");
    assert!(out.join("checkpoint.safetensors").is_file(), "where it rests is kept");

    click(&mut harness, "Resume");
    until(&mut harness, "more steps", |harness| harness.state().training_step() >= paused + 3);
    click(&mut harness, "Stop");
    until(&mut harness, "the end", |harness| said(harness, "stopped"));
    until(&mut harness, "rest", |harness| harness.state().is_idle());
    let stopped = History::read(&out).unwrap().step();

    click(&mut harness, "Continue");
    until(&mut harness, "steps after those", |harness| harness.state().training_step() >= stopped + 2);
    click(&mut harness, "Stop");
    until(&mut harness, "rest", |harness| harness.state().is_idle());
    let history = History::read(&out).unwrap();
    let steps: Vec<f64> = history.curves()["losses/supervised"].iter().map(|point| point[0]).collect();
    let expected: Vec<f64> = (0..steps.len()).map(|step| step as f64).collect();
    assert_eq!(steps, expected, "no step is missing and none comes twice");

    click(&mut harness, "Use this model");
    let config = harness.state_mut().config_mut().clone();
    assert_eq!((config.engine.as_str(), config.model), ("model", Some(out.join("model.safetensors"))));
}

#[test]
fn what_cannot_be_trained_is_refused_with_the_fields_name() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("wrong.toml");
    let mut harness = window(Vec::new(), None);
    panel(&mut harness);
    click(&mut harness, "Start training");
    assert!(said(&harness, "add a patch store"), "{:?}", harness.state().log());
    std::fs::write(&file, "[data]\ncrop = 60\n").unwrap();
    fill(&mut harness, "Configuration file", &file.display().to_string());
    click(&mut harness, "Load");
    assert!(said(&harness, "data.crop: 60 pixels"), "{:?}", harness.state().log());
    fill(&mut harness, "Patch store", "/nowhere/store");
    click(&mut harness, "Add store");
    assert!(said(&harness, "/nowhere/store"), "{:?}", harness.state().log());
}

#[test]
fn runs_of_the_command_line_are_followed_compared_and_come_back() {
    let home = tempfile::tempdir().unwrap();
    let store = store(home.path());
    let folders = ["run-a", "run-b"].map(|name| home.path().join(name));
    for (seed, folder) in folders.iter().enumerate() {
        let config = declouder::training::TrainConfig { seed: seed as u64, ..config(6) };
        run(&store, folder, &config, &declouder::training::run::RunOptions::default()).unwrap();
        std::fs::write(folder.join("config.toml"), toml::to_string(&config).unwrap()).unwrap();
    }
    let session = home.path().join("session.json");
    let mut harness = window(Vec::new(), Some(session.clone()));
    panel(&mut harness);
    for folder in &folders {
        fill(&mut harness, "Run to open", &folder.display().to_string());
        harness.key_press(egui::Key::Enter);
        harness.run_steps(3);
    }
    until(&mut harness, "its steps", |harness| harness.state().training_step() == 6);
    click(&mut harness, "Curves");
    harness.get_by_label("with run-a");
    click(&mut harness, "Validation");
    harness.get_by_label("validation/real/mae/model");
    click(&mut harness, "Samples");
    until(&mut harness, "a strip", |harness| harness.query_by_label("Sample strip").is_some());
    // A line that a killed run left half-written hurts nobody, and the next whole one is read.
    let events = folders[1].join("events.jsonl");
    let text = std::fs::read_to_string(&events).unwrap();
    std::fs::write(
        &events,
        format!("{text}{{\"step\":6,\"losses\":{{\"supervised\":0.5}}}}\n{{\"step\":7,\"lo"),
    )
    .unwrap();
    until(&mut harness, "the new step", |harness| harness.state().training_step() == 7);
    std::thread::sleep(Duration::from_millis(2100));
    harness.run_steps(3);
    drop(harness);
    let mut again = window(Vec::new(), Some(session));
    until(&mut again, "the runs", |harness| harness.state().training_step() > 0);
}

/// Our own work a frame, sorted, over some frames.
fn frame_times(harness: &mut Harness<'_, App>) -> Vec<f32> {
    let mut times = Vec::new();
    for _ in 0..120 {
        harness.step();
        times.extend(harness.state().frame_times().iter().last());
        std::thread::sleep(Duration::from_millis(4));
    }
    times.sort_unstable_by(f32::total_cmp);
    times
}

#[test]
fn the_window_works_on_while_it_trains() {
    let home = tempfile::tempdir().unwrap();
    let store = store(home.path());
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/betsiboka.tif");
    let mut harness = window(vec![demo], None);
    until(&mut harness, "the scene", |harness| {
        !harness.state().layer_names().is_empty() && harness.state().is_idle()
    });
    let quiet = frame_times(&mut harness);
    let tiny = declouder::training::TrainConfig { steps: 100_000, ..config(1) };
    harness.state_mut().train(vec![store], &home.path().join("run"), tiny);
    until(&mut harness, "training", |harness| harness.state().training_step() > 2);
    let training = frame_times(&mut harness);
    let before = harness.state().training_step();
    for (name, times) in [("quiet", &quiet), ("training", &training)] {
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
        println!("{name}: our work a frame, median {:.2} ms, 95 % {:.2} ms", at(0.5), at(0.95));
    }
    // Another job goes first, and the training goes on after it.
    harness.state_mut().tell(Command::FindClouds);
    until(&mut harness, "the mask", |harness| harness.state().cloud_cover().is_some());
    until(&mut harness, "more steps", |harness| harness.state().training_step() > before);
    harness.state_mut().tell(Command::TrainStop);
    until(&mut harness, "rest", |harness| harness.state().is_idle());
}
