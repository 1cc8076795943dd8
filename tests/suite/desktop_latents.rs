//! The latent explorer in the window, by what its widgets are called: on the demo with the shipped model.
#![cfg(feature = "desktop")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use declouder::compute::{Choice, Summary};
use declouder::desktop::commands::Command;
use declouder::desktop::{App, Options};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

const PATIENCE: Duration = Duration::from_mins(3);

pub fn until(harness: &mut Harness<'_, App>, what: &str, done: impl Fn(&App) -> bool) {
    let started = Instant::now();
    loop {
        harness.step();
        if done(harness.state()) {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "{what} does not come; log: {:#?}", harness.state().log());
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub fn settle(harness: &mut Harness<'_, App>) {
    harness.run_steps(2);
    until(harness, "rest", App::is_idle);
    harness.run_steps(3);
}

pub fn command(harness: &mut Harness<'_, App>, command: Command) {
    harness.state_mut().tell(command);
    settle(harness);
}

/// The demo with its clouds found and the explorer's panel open, seen at one screen pixel a scene pixel.
pub fn explorer<'a>(home: &Path) -> Harness<'a, App> {
    let scene = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/betsiboka.tif");
    let options = Options {
        scenes: vec![scene],
        session: Some(home.join("session.json")),
        results: Some(home.join("results")),
        device: Summary { backend: "flex".into(), adapter: "CPU".into(), software: false },
        choice: Choice::Cpu,
    };
    let mut harness = Harness::builder().with_size([1280.0, 1000.0]).with_max_steps(60).wgpu().build_eframe(
        move |creation| App::new(&creation.egui_ctx, creation.wgpu_render_state.as_ref(), options).unwrap(),
    );
    until(&mut harness, "the scene", |app| !app.layer_names().is_empty());
    command(&mut harness, Command::FindClouds);
    command(&mut harness, Command::Native);
    command(&mut harness, Command::LatentPanel);
    assert!(!harness.state().latent_code().is_empty(), "the shipped model has a code");
    if harness.query_by_role_and_label(egui::accesskit::Role::Slider, "z0").is_none() {
        // Where principal directions are known the raw numbers are folded away at first.
        harness.get_by_label("Raw dimensions").click_accesskit();
        settle(&mut harness);
    }
    harness
}

/// Moves a slider by keys.
pub fn slide(harness: &mut Harness<'_, App>, name: &str, steps: usize) {
    harness.get_by_role_and_label(egui::accesskit::Role::Slider, name).focus();
    harness.run_steps(2);
    for _ in 0..steps {
        harness.key_press(egui::Key::ArrowRight);
        harness.step();
    }
    settle(harness);
}

/// Takes away what lies over the middle for some seconds.
pub fn without_messages(harness: &mut Harness<'_, App>) {
    harness.state_mut().dismiss_messages();
    harness.run_steps(2);
}

/// The map as it is drawn.
pub fn picture(harness: &mut Harness<'_, App>) -> Vec<u8> {
    let rect = harness.get_by_label("Map of the scene").rect().shrink(40.0);
    without_messages(harness);
    let image = harness.render().unwrap();
    let rows = rect.top() as u32..rect.bottom() as u32;
    let columns = rect.left() as u32..rect.right() as u32;
    rows.flat_map(|y| columns.clone().map(move |x| (x, y)))
        .flat_map(|(x, y)| image.get_pixel(x, y).0)
        .collect()
}

pub fn code(harness: &Harness<'_, App>) -> Vec<f32> {
    harness.state().latent_code().to_vec()
}

#[test]
fn a_slider_regenerates_the_map_and_is_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = explorer(home.path());
    command(&mut harness, Command::LatentReset);
    slide(&mut harness, "z0", 1);
    command(&mut harness, Command::LatentReset);
    let zero = code(&harness);
    assert!(zero.iter().all(|&z| z == 0.0));
    assert_eq!(harness.state().shown_code(), Some(zero.as_slice()));
    let of_zero = picture(&mut harness);
    slide(&mut harness, "z0", 30);
    let moved = code(&harness);
    assert!(moved[0] > 0.2 && moved[1..] == zero[1..], "only the slider's number: {moved:?}");
    assert_eq!(harness.state().shown_code(), Some(moved.as_slice()), "the newest code is shown");
    let of_moved = picture(&mut harness);
    assert!(of_moved != of_zero, "another code, another surface");
    harness.get_by_label("Reset code").click_accesskit();
    settle(&mut harness);
    assert_eq!(code(&harness), zero);
    assert!(picture(&mut harness) == of_zero, "the same code, the same surface");
    harness.get_by_label("Undo code").click_accesskit();
    settle(&mut harness);
    assert_eq!(code(&harness), moved);
    assert!(picture(&mut harness) == of_moved);
}

#[test]
fn pinned_codes_come_back_and_are_mixed() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = explorer(home.path());
    let mut codes = Vec::new();
    for _ in 0..2 {
        harness.get_by_label("Random code").click_accesskit();
        settle(&mut harness);
        harness.get_by_label("Pin code").click_accesskit();
        settle(&mut harness);
        codes.push(code(&harness));
    }
    assert_eq!(harness.state().pinned_codes(), 2);
    assert_ne!(codes[0], codes[1], "each draw is another");
    harness.get_by_label("Pinned code 1").click_accesskit();
    settle(&mut harness);
    assert_eq!(code(&harness), codes[0]);
    let of_first = picture(&mut harness);
    // The slider stands at the second; to the left lies the first.
    harness.get_by_role_and_label(egui::accesskit::Role::Slider, "Mix").focus();
    harness.run_steps(2);
    harness.key_press(egui::Key::ArrowLeft);
    harness.step();
    settle(&mut harness);
    let mixed = code(&harness);
    assert!(mixed != codes[0] && mixed != codes[1], "{mixed:?}");
    assert!(picture(&mut harness) != of_first);
}

#[test]
fn an_adopted_code_is_what_declouding_takes() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = explorer(home.path());
    harness.get_by_label("Random code").click_accesskit();
    settle(&mut harness);
    harness.get_by_label("Use for export").click_accesskit();
    settle(&mut harness);
    let config = harness.state_mut().config_mut().clone();
    assert_eq!(config.engine, "model");
    let path: PathBuf = config.latent.expect("a file as --latent takes it");
    let text = std::fs::read_to_string(path).unwrap();
    let written: serde_json::Value = serde_json::from_str(&text).unwrap();
    let numbers: Vec<f32> =
        written["z_land"].as_array().unwrap().iter().map(|z| z.as_f64().unwrap() as f32).collect();
    assert_eq!(numbers, code(&harness));
    // The preview reads and checks it as the command line does.
    command(&mut harness, Command::Preview);
    let log = harness.state().log();
    assert!(log.iter().any(|line| line.starts_with("Preview of")), "{log:#?}");
}

#[test]
fn samples_are_compared_and_the_most_different_shown() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = explorer(home.path());
    let bare = picture(&mut harness);
    harness.get_by_label("Compare samples").click_accesskit();
    settle(&mut harness);
    let heated = picture(&mut harness);
    assert!(heated != bare, "where they differ lies over the map");
    harness.get_by_role_and_label(egui::accesskit::Role::ComboBox, "On the map").click_accesskit();
    harness.run_steps(2);
    harness.get_by_label_contains("NDVI (").click_accesskit();
    settle(&mut harness);
    assert!(picture(&mut harness) != heated, "another map");
    harness.get_by_label("Mean of samples").click_accesskit();
    settle(&mut harness);
    let mean = picture(&mut harness);
    assert!(mean != bare && mean != heated, "the mean takes the map's place");
    harness.get_by_label_contains("Spread of 8 samples");
    harness.get_by_label_contains("Spread of NDVI");
    harness.get_by_label_contains("No land-cover labels: land-cover-19.safetensors was trained on L2A");
    let mut shown = Vec::new();
    for name in ["Sample A", "Sample B"] {
        harness.get_by_label(name).click_accesskit();
        settle(&mut harness);
        shown.push((code(&harness), picture(&mut harness)));
    }
    assert_ne!(shown[0].0, shown[1].0);
    assert!(shown[0].1 != shown[1].1, "they differ on the map too");
    harness.state_mut().config_mut().force = true;
    harness.get_by_label("Compare samples").click_accesskit();
    settle(&mut harness);
    harness.get_by_label_contains("% of the pixels (demonstration)");
}

#[test]
fn a_cell_of_the_sheet_is_adopted_by_a_click() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = explorer(home.path());
    command(&mut harness, Command::SweepSheet);
    until(&mut harness, "the sheet", |app| app.sheet_cells() == 25);
    harness.run_steps(3);
    let sheet = harness.get_by_label("Sweep sheet of 5 × 5 cells").rect();
    let colors: std::collections::HashSet<[u8; 4]> = {
        let image = harness.render().unwrap();
        let at = |share: f32, from: f32, to: f32| (from + share * (to - from)) as u32;
        (0..400)
            .map(|i| ((i % 20) as f32 / 20.0 + 0.01, (i / 20) as f32 / 20.0 + 0.01))
            .map(|(x, y)| {
                image.get_pixel(at(x, sheet.left(), sheet.right()), at(y, sheet.top(), sheet.bottom())).0
            })
            .collect()
    };
    assert!(colors.len() > 50, "cells are drawn: {} colours", colors.len());
    let before = code(&harness);
    let at = sheet.min + sheet.size() * egui::vec2(0.7, 0.3);
    harness.hover_at(at);
    harness.step();
    harness.drag_at(at);
    harness.step();
    harness.drop_at(at);
    settle(&mut harness);
    let adopted = code(&harness);
    assert_ne!(adopted, before);
    assert_eq!(harness.state().shown_code(), Some(adopted.as_slice()), "its surface is on the map");
    assert_eq!(adopted, declouder::latents::prior(0, 8, before.len()), "row 1, column 3 of samples");
}

#[test]
fn a_sheet_tells_how_far_it_is_and_is_stopped() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = explorer(home.path());
    let begin = |harness: &mut Harness<'_, App>| {
        harness.state_mut().tell(Command::SweepSheet);
        let started = Instant::now();
        while harness.query_all_by_label_contains("of 25…").next().is_none() {
            harness.step();
            assert!(started.elapsed() < PATIENCE, "no surface comes");
        }
    };
    begin(&mut harness);
    // The sheet's panel has the button, and the explorer's.
    harness.get_all_by_label("Stop the explorer").next().unwrap().click_accesskit();
    settle(&mut harness);
    assert_eq!(harness.state().sheet_cells(), 0);
    begin(&mut harness);
    harness.key_press(egui::Key::Escape);
    settle(&mut harness);
    assert_eq!(harness.state().sheet_cells(), 0);
    assert!(!harness.state().log().iter().any(|line| line.contains("ancel")), "to stop is no failure");
    command(&mut harness, Command::LatentRandom);
    assert_eq!(harness.state().shown_code(), Some(code(&harness).as_slice()), "the explorer goes on");
}

/// Has the way between the pins of the mix written, by the dialog.
fn write_animation(harness: &mut Harness<'_, App>, path: &Path) {
    let field = "Animation file";
    harness.get_by_label("Export animation…").click_accesskit();
    settle(harness);
    harness.get_by_label(field).focus();
    harness.run_steps(2);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run_steps(2);
    harness.get_by_label(field).type_text(&path.to_string_lossy());
    harness.run_steps(3);
    harness.get_by_label("Write animation").click_accesskit();
    settle(harness);
}

#[test]
fn the_way_between_two_pins_is_written_as_the_command_line_writes_it() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = explorer(home.path());
    let mut ends = Vec::new();
    for number in 1..3 {
        harness.get_by_label("Random code").click_accesskit();
        settle(&mut harness);
        harness.get_by_label("Pin code").click_accesskit();
        settle(&mut harness);
        let path = home.path().join(format!("{number}.json"));
        std::fs::write(&path, serde_json::json!({ "z_land": code(&harness) }).to_string()).unwrap();
        ends.push(path.to_string_lossy().into_owned());
    }
    let path = home.path().join("surfaces.gif");
    write_animation(&mut harness, &path);
    let log = harness.state().log();
    assert!(log.iter().any(|line| line.contains("Animation of 25 images")), "{log:#?}");
    let own = std::fs::read(&path).unwrap();
    assert_eq!(super::sweep::frames(&own).len(), 48, "there and back");
    let window = harness.state().shown_window().expect("something is shown");
    let other = home.path().join("other.gif").to_string_lossy().into_owned();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_declouder"))
        .args(["sweep", "assets/models/l1c.safetensors", "assets/demo/betsiboka.tif", "-o"])
        .arg(home.path().join("sheet.png"))
        .args(["--window", &format!("{},{},{},{}", window.x, window.y, window.width, window.height)])
        .args(["--between", &ends[0], &ends[1], "--cells", "1,1", "--animate", &other])
        .args(["--device", "cpu", "--quiet"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(own == std::fs::read(other).unwrap(), "equal settings, equal bytes");
    // A file that is there is not replaced unasked.
    write_animation(&mut harness, &path);
    let log = harness.state().log();
    assert!(log.iter().any(|line| line.contains("surfaces.gif") && line.contains("exist")), "{log:#?}");
    assert!(own == std::fs::read(&path).unwrap());
}

#[test]
fn the_code_of_a_clear_date_is_gone_to_as_the_command_line_finds_it() {
    let home = tempfile::tempdir().unwrap();
    let clear = super::sweep::cleared(home.path());
    let mut harness = explorer(home.path());
    harness.get_by_label("From a clear date").click_accesskit();
    settle(&mut harness);
    let field = "Clear date to encode";
    let encode = |harness: &mut Harness<'_, App>, path: &str| {
        harness.get_by_label(field).focus();
        harness.run_steps(2);
        harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        harness.run_steps(2);
        harness.get_by_label(field).type_text(path);
        harness.run_steps(3);
        harness.get_by_label("Encode clear date").click_accesskit();
        settle(harness);
    };
    let scene = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/betsiboka.tif");
    encode(&mut harness, &scene.to_string_lossy());
    assert!(code(&harness).iter().all(|&z| z == 0.0), "a date under the same cloud says nothing");
    let log = harness.state().log();
    assert!(log.iter().any(|line| line.contains("under cloud or shadow there too")), "{log:#?}");
    encode(&mut harness, &clear);
    // The sliders go to it first, then its surface comes.
    let shown = |app: &App| {
        app.latent_code().iter().any(|&z| z != 0.0) && app.shown_code() == Some(app.latent_code())
    };
    until(&mut harness, "its surface", shown);
    let found = code(&harness);
    let window = harness.state().shown_window().unwrap();
    let sheet = home.path().join("sheet.png");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_declouder"))
        .args(["sweep", "assets/models/l1c.safetensors", "assets/demo/betsiboka.tif", "-o"])
        .arg(&sheet)
        .args(["--window", &format!("{},{},{},{}", window.x, window.y, window.width, window.height)])
        .args(["--cells", "1,1", "--clear", &clear, "--device", "cpu", "--quiet"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(sheet.with_extension("clear.latent.json")).unwrap();
    let written: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (ours, theirs) in found.iter().zip(written["z_land"].as_array().unwrap()) {
        assert!((f64::from(*ours) - theirs.as_f64().unwrap()).abs() < 1e-5, "{found:?} {written}");
    }
    harness.get_by_label("Undo code").click_accesskit();
    settle(&mut harness);
    assert!(code(&harness).iter().all(|&z| z == 0.0), "one step back");
}

/// The class that any direction of a file moves most, and by how much, as the panel says it.
fn most_moved(text: &str) -> String {
    let file: serde_json::Value = serde_json::from_str(text).unwrap();
    let names = file["land_cover"]["names"].as_array().unwrap();
    let directions = file["directions"].as_array().unwrap().iter();
    let moved = directions.filter_map(|direction| direction["classes"].as_array()).flat_map(|classes| {
        classes.iter().zip(names).map(|(by, name)| (name.as_str().unwrap(), by.as_f64().unwrap()))
    });
    let (name, by) = moved.max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).unwrap();
    assert!(by.abs() > 0.001, "a class is moved");
    format!("{name} {by:+.4}")
}

#[test]
fn what_directions_do_to_classes_stands_beside_their_sliders() {
    let home = tempfile::tempdir().unwrap();
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models");
    let model = home.path().join("own.safetensors");
    std::fs::copy(models.join("l1c.safetensors"), &model).unwrap();
    let text = std::fs::read_to_string(models.join("l1c.directions.json")).unwrap();
    let mut directions: serde_json::Value = serde_json::from_str(&text).unwrap();
    directions["land_cover"] = serde_json::json!({
        "classifier": "fields.safetensors",
        "classifier_sha256": "0",
        "demonstration": ["few patches"],
        "names": ["orchards", "meadows"],
    });
    for (number, direction) in directions["directions"].as_array_mut().unwrap().iter_mut().enumerate() {
        let moved = if number == 0 { [0.0125, -0.25] } else { [0.0, 0.0] };
        direction["classes"] = serde_json::json!(moved);
    }
    std::fs::write(home.path().join("own.directions.json"), directions.to_string()).unwrap();
    let mut harness = explorer(home.path());
    // The shipped model's own classes are a demonstration too, by another classifier.
    harness.get_by_label_contains(&most_moved(&text));
    harness.state_mut().config_mut().engine = "model".into();
    harness.state_mut().config_mut().model = Some(model);
    settle(&mut harness);
    harness.get_by_label_contains("meadows -0.2500, orchards +0.0125 (classes: demonstration)");
}

#[test]
fn what_declouding_is_given_beside_the_scene_the_explorer_is_given_too() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = explorer(home.path());
    harness.state_mut().config_mut().s1 = Some(home.path().join("s1.tif"));
    command(&mut harness, Command::LatentRandom);
    assert_eq!(harness.state().shown_code(), None, "the shipped model was made without it");
    let log = harness.state().log();
    assert!(
        log.iter().any(|line| line.contains("“Sentinel-1”") && line.contains("made without Sentinel-1")),
        "{log:#?}"
    );
    harness.state_mut().config_mut().s1 = None;
    command(&mut harness, Command::LatentRandom);
    assert_eq!(harness.state().shown_code().map(<[f32]>::to_vec), Some(code(&harness)));
}

#[test]
fn the_way_between_two_pins_is_played_until_it_is_stopped() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = explorer(home.path());
    let mut pins = Vec::new();
    for _ in 0..2 {
        command(&mut harness, Command::LatentRandom);
        command(&mut harness, Command::LatentPin);
        pins.push(code(&harness));
    }
    harness.get_by_label("Play").click_accesskit();
    for _ in 0..3 {
        let before = harness.state().shown_code().map(<[f32]>::to_vec);
        until(&mut harness, "another code", |app| app.shown_code() != before.as_deref());
    }
    harness.get_by_label("Play").click_accesskit();
    settle(&mut harness);
    let stopped = code(&harness);
    let steps = 24;
    let near = |share: f32| {
        let at = declouder::latents::interpolated(&pins[0], &pins[1], share);
        at.iter().zip(&stopped).all(|(a, b)| (a - b).abs() < 1e-5)
    };
    // It stood at the second pin, so it went back.
    assert!((0..steps - 2).any(|step| near(step as f32 / steps as f32)), "{stopped:?}");
    command(&mut harness, Command::LatentUndo);
    assert_eq!(code(&harness), pins[1], "all of it is one step back");
}
