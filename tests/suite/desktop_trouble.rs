//! The window when things go wrong: one message that says what and where, and the session goes on.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use declouder::compute::{Choice, Summary};
use declouder::desktop::commands::Command;
use declouder::desktop::{App, Options};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable};

use super::bad_output::SmallDisk;
use super::desktop::{command, demo, opened, settle, until, window};
use super::support::names;

pub(super) fn paint_a_stroke(harness: &mut Harness<'_, App>) {
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
    harness.run_steps(3);
    // Said in the dialog, which stays as it is.
    assert!(harness.query_all_by_label_contains("there is no folder").next().is_some());
    assert!(harness.get_by_label("Export now").accesskit_node().is_disabled());
    assert_eq!(told(harness.state(), "nowhere"), 0);
    harness.get_by_label("Output file").focus();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run_steps(1);
    let there = home.path().join("there.tif");
    std::fs::write(&there, "another's").unwrap();
    harness.get_by_label("Output file").type_text(&there.display().to_string());
    harness.run_steps(3);
    assert!(harness.get_by_label("Export now").accesskit_node().is_disabled());
    harness.get_by_label("Replace existing files").click();
    harness.run_steps(3);
    assert!(!harness.get_by_label("Export now").accesskit_node().is_disabled());
    assert_eq!(harness.state().layer_names(), ["betsiboka.tif"]);
}

/// Lines of the log that hold a word.
fn told(app: &App, word: &str) -> usize {
    app.log().iter().filter(|line| line.contains(word)).count()
}

#[test]
fn an_export_onto_a_full_disk_is_one_message_and_leaves_what_was_there() {
    let home = tempfile::tempdir().unwrap();
    // Room for the first tiles only.
    let Some(disk) = SmallDisk::mount(256 << 10, "") else { return };
    std::fs::write(disk.path("OUT.tif"), "old").unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    command(&mut harness, Command::Export);
    harness.get_by_label("Output file").focus();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run_steps(1);
    harness.get_by_label("Output file").type_text(&disk.path("OUT.tif").display().to_string());
    harness.run_steps(2);
    harness.get_by_label("Replace existing files").click();
    harness.run_steps(2);
    harness.get_by_label("Export now").click();
    harness.run_steps(2);
    until(&mut harness, "the message", |app| told(app, "OUT.tif") > 0);
    settle(&mut harness);
    let app = harness.state();
    assert_eq!((told(app, "OUT.tif"), told(app, "the disk is full")), (1, 1), "{:#?}", app.log());
    assert_eq!(names(disk.folder.path()), ["OUT.tif"], "nothing half-written is left");
    assert_eq!(std::fs::read(disk.path("OUT.tif")).unwrap(), b"old");
    assert_eq!(harness.state().layer_names(), ["betsiboka.tif"], "the session goes on");
}

#[test]
fn results_and_session_on_a_full_disk_are_told_once_and_kept_when_there_is_room() {
    let Some(disk) = SmallDisk::mount(256 << 10, "") else { return };
    let mut harness = opened(disk.folder.path(), "betsiboka.tif");
    command(&mut harness, Command::Decloud);
    until(&mut harness, "the message", |app| told(app, "the disk is full") > 0);
    settle(&mut harness);
    assert_eq!(told(harness.state(), "the disk is full"), 1, "{:#?}", harness.state().log());
    assert_eq!(names(&disk.path("results")), [""; 0], "no half of a result");
    // Not a byte is left for the session either.
    let filler = disk.path("filler");
    let _ = std::fs::write(&filler, vec![1; 512 << 10]);
    let session = std::fs::read(disk.path("session.json")).ok();
    for _ in 0..2 {
        command(&mut harness, Command::Theme);
        std::thread::sleep(Duration::from_millis(2100));
        harness.run_steps(3);
    }
    assert_eq!(told(harness.state(), "the session cannot be kept"), 1, "{:#?}", harness.state().log());
    assert_eq!(std::fs::read(disk.path("session.json")).ok(), session, "the old one stays");
    std::fs::remove_file(&filler).unwrap();
    command(&mut harness, Command::Theme);
    command(&mut harness, Command::Native);
    std::thread::sleep(Duration::from_millis(2100));
    harness.run_steps(3);
    let kept = std::fs::read(disk.path("session.json")).unwrap();
    assert!(Some(&kept) != session.as_ref() && kept.ends_with(b"}"), "it is kept again");
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
        super::desktop_latents::without_messages(&mut harness);
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
