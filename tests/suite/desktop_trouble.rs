//! The window when things go wrong: one message that says what and where, and the session goes on.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use declouder::compute::{Choice, Summary};
use declouder::desktop::commands::Command;
use declouder::desktop::{App, Options};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::desktop::{command, demo, opened, settle, until, window};

fn paint_a_stroke(harness: &mut Harness<'_, App>) {
    command(harness, Command::FindClouds);
    until(harness, "the mask", |app| app.cloud_cover().is_some());
    settle(harness);
    command(harness, Command::Brush);
    harness.get_by_label("Clear").click();
    harness.run_steps(2);
    let from = harness.get_by_label("Map of the scene").rect().center() - egui::vec2(120.0, 0.0);
    harness.drag_at(from);
    harness.step();
    for step in 1..=12 {
        harness.hover_at(from + egui::vec2(20.0 * step as f32, 0.0));
        harness.step();
    }
    harness.drop_at(from + egui::vec2(240.0, 0.0));
    harness.run_steps(3);
}

#[test]
fn a_mask_painted_by_hand_comes_back_with_its_scene() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    paint_a_stroke(&mut harness);
    let painted = harness.state().cloud_cover().unwrap();
    let file = |home: &Path| std::fs::read_dir(home.join("masks")).map_or(0, Iterator::count);
    std::thread::sleep(Duration::from_millis(2100));
    until(&mut harness, "the kept mask", |_| file(home.path()) == 1);
    std::thread::sleep(Duration::from_millis(2100));
    harness.run_steps(3);
    // Dropped without an orderly end.
    drop(harness);
    let mut again = window(home.path(), Vec::new());
    until(&mut again, "the mask", |app| app.cloud_cover().is_some());
    assert!((again.state().cloud_cover().unwrap() - painted).abs() < 1e-12);
    // A mask that is found anew takes its place for good.
    settle(&mut again);
    command(&mut again, Command::FindClouds);
    until(&mut again, "the mask anew", |app| app.cloud_cover().is_some_and(|cover| cover > painted));
    assert_eq!(file(home.path()), 0);
}

#[test]
fn a_file_cut_short_while_open_is_told_and_others_stay_open() {
    let home = tempfile::tempdir().unwrap();
    let copy = home.path().join("copy.tif");
    std::fs::copy(demo("betsiboka.tif"), &copy).unwrap();
    let mut harness = window(home.path(), vec![copy.clone()]);
    until(&mut harness, "the scene", |app| !app.layer_names().is_empty());
    settle(&mut harness);
    std::fs::OpenOptions::new().write(true).open(&copy).unwrap().set_len(200_000).unwrap();
    command(&mut harness, Command::Decloud);
    until(&mut harness, "the message", |app| app.log().iter().any(|line| line.contains("copy.tif")));
    until(&mut harness, "the end", App::is_idle);
    harness.state_mut().open(demo("betsiboka.tif"));
    until(&mut harness, "the other scene", |app| app.layer_names().contains(&"betsiboka.tif".to_owned()));
    settle(&mut harness);
}

#[test]
fn a_model_that_does_not_fit_and_a_folder_that_is_not_there_are_one_message_each() {
    let home = tempfile::tempdir().unwrap();
    let model = home.path().join("broken.safetensors");
    std::fs::write(&model, "no weights").unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    let config = harness.state_mut().config_mut();
    config.engine = "model".into();
    config.model = Some(model);
    command(&mut harness, Command::Decloud);
    let told = |app: &App, word: &str| app.log().iter().filter(|line| line.contains(word)).count();
    until(&mut harness, "the message", |app| told(app, "broken.safetensors") == 1);
    let config = harness.state_mut().config_mut();
    config.engine = "fill".into();
    config.model = None;
    command(&mut harness, Command::Export);
    harness.get_by_label("Output file").focus();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run_steps(1);
    let nowhere = home.path().join("nowhere/out.tif");
    harness.get_by_label("Output file").type_text(&nowhere.display().to_string());
    harness.run_steps(2);
    harness.get_by_label("Export now").click();
    harness.run_steps(2);
    until(&mut harness, "the second message", |app| told(app, "nowhere") == 1);
    assert_eq!(harness.state().layer_names(), ["betsiboka.tif"]);
}

#[test]
fn a_lost_device_saves_the_session_and_sends_networks_to_the_cpu() {
    let home = tempfile::tempdir().unwrap();
    let device = Arc::new(Mutex::new(None));
    let kept = device.clone();
    let options = Options {
        scenes: vec![demo("betsiboka.tif")],
        session: Some(home.path().join("session.json")),
        results: Some(home.path().join("results")),
        // Only the words: the test's own device draws, and Burn's stays as it is.
        device: Summary { backend: "flex".into(), adapter: "CPU".into(), software: false },
        choice: Choice::Gpu,
    };
    let mut harness = Harness::builder().with_size([1280.0, 800.0]).with_max_steps(60).wgpu().build_eframe(
        move |creation| {
            let state = creation.wgpu_render_state.as_ref().unwrap();
            *kept.lock().unwrap() = Some(state.device.clone());
            App::new(&creation.egui_ctx, Some(state), options).unwrap()
        },
    );
    until(&mut harness, "the scene", |app| !app.layer_names().is_empty());
    settle(&mut harness);
    assert!(!harness.state().is_device_lost());
    device.lock().unwrap().take().unwrap().destroy();
    std::thread::sleep(Duration::from_millis(300));
    until(&mut harness, "the loss", |app| {
        std::thread::sleep(Duration::from_millis(250));
        app.is_device_lost()
    });
    let told = harness.state().log();
    assert_eq!(told.iter().filter(|line| line.contains("was lost")).count(), 1, "{told:?}");
    assert_eq!(harness.state_mut().config_mut().device, Choice::Auto);
    let session = std::fs::read_to_string(home.path().join("session.json")).unwrap();
    assert!(session.contains("betsiboka.tif"));
}

#[test]
fn synthetic_pixels_and_spread_of_a_result_lie_over_the_map() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    let config = harness.state_mut().config_mut();
    config.engine = "model".into();
    config.samples = 2;
    command(&mut harness, Command::Decloud);
    until(&mut harness, "the result", |app| app.layer_names().len() == 2);
    settle(&mut harness);
    let mut pictures = Vec::new();
    for over in [None, Some(Command::ShowSynthetic), Some(Command::ShowSpread)] {
        if let Some(over) = over {
            command(&mut harness, over);
        }
        std::thread::sleep(Duration::from_millis(800));
        harness.run_steps(4);
        let map = harness.get_by_label("Map of the scene").rect();
        let image = harness.render().unwrap();
        // The result's half, without words in its corners.
        let (x, y) = (map.center().x as u32 + 40, map.top() as u32 + 60);
        let (width, height) = (map.width() as u32 / 2 - 80, map.height() as u32 - 120);
        let pixels = (y..y + height).flat_map(|y| (x..x + width).map(move |x| (x, y)));
        pictures.push(pixels.map(|(x, y)| image.get_pixel(x, y).0).collect::<Vec<_>>());
    }
    assert_ne!(pictures[0], pictures[1]);
    assert_ne!(pictures[1], pictures[2]);
    assert_ne!(pictures[0], pictures[2]);
}
