//! The whole window, driven by what its widgets are called, on the shipped scenes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use declouder::compute::{Choice, Summary};
use declouder::decloud::{DecloudConfig, decloud};
use declouder::desktop::commands::Command;
use declouder::desktop::{App, Options};
use declouder::progress::Silent;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::support::without_time;

/// How long anything in these tests may take before it has failed.
pub(super) const PATIENCE: Duration = Duration::from_mins(3);

pub(super) fn demo(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo").join(name)
}

/// A window whose session and results lie in `home`.
pub(super) fn window<'a>(home: &Path, scenes: Vec<PathBuf>) -> Harness<'a, App> {
    let options = Options {
        scenes,
        session: Some(home.join("session.json")),
        results: Some(home.join("results")),
        device: Summary { backend: "flex".into(), adapter: "CPU".into(), software: false },
        choice: Choice::Cpu,
    };
    Harness::builder().with_size([1280.0, 800.0]).with_max_steps(60).wgpu().build_eframe(move |creation| {
        App::new(&creation.egui_ctx, creation.wgpu_render_state.as_ref(), options).unwrap()
    })
}

/// Frames until something is so.
pub(super) fn until(harness: &mut Harness<'_, App>, what: &str, done: impl Fn(&App) -> bool) {
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

pub(super) fn settle(harness: &mut Harness<'_, App>) {
    until(harness, "rest", App::is_idle);
    harness.run_steps(3);
}

pub(super) fn opened<'a>(home: &Path, name: &str) -> Harness<'a, App> {
    let mut harness = window(home, vec![demo(name)]);
    until(&mut harness, "the scene", |app| !app.layer_names().is_empty());
    settle(&mut harness);
    harness
}

pub(super) fn command(harness: &mut Harness<'_, App>, command: Command) {
    harness.state_mut().tell(command);
    // A dialog is measured in one frame and shown in the next.
    harness.run_steps(4);
}

/// Mean and spread of the map's brightness on the screen, 0..255.
fn brightness(harness: &mut Harness<'_, App>) -> (f64, f64) {
    let rect = harness.get_by_label("Map of the scene").rect().shrink(40.0);
    super::desktop_latents::without_messages(harness);
    let image = harness.render().unwrap();
    let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
    for y in rect.top() as u32..rect.bottom() as u32 {
        for x in rect.left() as u32..rect.right() as u32 {
            let [r, g, b, _] = image.get_pixel(x, y).0;
            let value = (f64::from(r) + f64::from(g) + f64::from(b)) / 3.0;
            sum += value;
            squares += value * value;
            count += 1.0;
        }
    }
    let mean = sum / count;
    (mean, (squares / count - mean * mean).max(0.0).sqrt())
}

#[test]
fn a_scene_is_opened_and_shown_and_the_window_rests() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = window(home.path(), Vec::new());
    harness.run();
    harness.get_by_label("Open files…");
    let (_, empty) = brightness(&mut harness);
    harness.state_mut().open(demo("betsiboka.tif"));
    until(&mut harness, "the scene", |app| app.layer_names() == ["betsiboka.tif"]);
    settle(&mut harness);
    let (mean, spread) = brightness(&mut harness);
    assert!(spread > 20.0 && spread > 3.0 * empty, "a real scene has contrast: {mean} ± {spread}");
    assert!(harness.state().texture_bytes() > 0);
    // Nothing moves: the window asks for no further frame.
    std::thread::sleep(Duration::from_secs(7));
    harness.run_steps(2);
    assert!(harness.run_ok().is_some_and(|steps| steps <= 2), "an idle window must not repaint");
}

#[test]
fn a_preset_changes_what_is_seen() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    let (before, _) = brightness(&mut harness);
    harness.get_by_label("Composite").click();
    harness.run_steps(3);
    harness.get_by_label("NDVI").click();
    harness.run_steps(3);
    settle(&mut harness);
    let (after, spread) = brightness(&mut harness);
    assert!((after - before).abs() > 5.0 && spread > 5.0, "{before} → {after} ± {spread}");
}

#[test]
fn clouds_are_found_painted_and_a_stroke_is_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    harness.get_by_label("Find clouds").click();
    harness.run_steps(2);
    until(&mut harness, "the mask", |app| app.cloud_cover().is_some());
    settle(&mut harness);
    let found = harness.state().cloud_cover().unwrap();
    assert!(found > 0.05 && found < 0.95, "{found}");
    command(&mut harness, Command::Brush);
    harness.get_by_label("Clear").click();
    harness.run_steps(2);
    let rect = harness.get_by_label("Map of the scene").rect();
    let from = rect.center() - egui::vec2(120.0, 0.0);
    harness.drag_at(from);
    harness.step();
    for step in 1..=12 {
        harness.hover_at(from + egui::vec2(20.0 * step as f32, 0.0));
        harness.step();
    }
    harness.drop_at(from + egui::vec2(240.0, 0.0));
    harness.run_steps(3);
    let painted = harness.state().cloud_cover().unwrap();
    assert!(painted < found, "clear was painted over cloud: {found} → {painted}");
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Z);
    harness.run_steps(3);
    assert!((harness.state().cloud_cover().unwrap() - found).abs() < 1e-12);
    harness.key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::Z);
    harness.run_steps(3);
    assert!((harness.state().cloud_cover().unwrap() - painted).abs() < 1e-12, "the same key with Shift");
    harness.key_press_modifiers(egui::Modifiers::COMMAND | egui::Modifiers::SHIFT, egui::Key::O);
    harness.run_steps(4);
    harness.get_by_label("Path");
}

#[test]
fn the_demo_is_declouded_compared_and_exported_as_the_command_line_does() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    harness.get_by_label("Decloud").click();
    harness.run_steps(2);
    until(&mut harness, "the result", |app| app.layer_names().len() == 2);
    settle(&mut harness);
    assert!(
        harness.state().cloud_cover().is_some_and(|cover| cover > 0.1),
        "the mask that was found is kept"
    );
    let swiped = brightness(&mut harness);
    command(&mut harness, Command::Difference);
    settle(&mut harness);
    assert_ne!(brightness(&mut harness), swiped);
    command(&mut harness, Command::SideBySide);
    settle(&mut harness);

    let rect = harness.get_by_label("Map of the scene").rect();
    let at = rect.left_center() + egui::vec2(rect.width() * 0.25, 0.0);
    harness.hover_at(at);
    harness.step();
    harness.drag_at(at);
    harness.step();
    harness.drop_at(at);
    until(&mut harness, "the pin", |app| app.pin_count() == 1);

    // Tags name the report beside the file, so both files have one name.
    let (ours, theirs) = (home.path().join("window/out.tif"), home.path().join("line/out.tif"));
    for file in [&ours, &theirs] {
        std::fs::create_dir(file.parent().unwrap()).unwrap();
    }
    command(&mut harness, Command::Export);
    harness.run_steps(2);
    let field = harness.get_by_label("Output file");
    field.focus();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run_steps(1);
    harness.get_by_label("Output file").type_text(&ours.display().to_string());
    harness.run_steps(2);
    harness.get_by_label("Export now").click();
    harness.run_steps(2);
    until(&mut harness, "the export", |app| app.log().iter().any(|line| line.contains("window/out.tif")));
    let config = DecloudConfig { device: Choice::Cpu, ..DecloudConfig::default() };
    decloud(&demo("betsiboka.tif"), &theirs, &config, false, &Silent).unwrap();
    assert!(without_time(&ours) == without_time(&theirs), "the same bytes");
}

#[test]
fn made_pixels_are_shown_and_follow_the_settings() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    command(&mut harness, Command::FindClouds);
    until(&mut harness, "the mask", |app| app.cloud_cover().is_some());
    settle(&mut harness);
    let mask = brightness(&mut harness);
    command(&mut harness, Command::ShowMade);
    std::thread::sleep(Duration::from_millis(300));
    harness.run_steps(4);
    let made = brightness(&mut harness);
    assert_ne!(made, mask);
    harness.state_mut().config_mut().mask.dilate_px = Some(40);
    command(&mut harness, Command::FindClouds);
    until(&mut harness, "the mask again", App::is_idle);
    command(&mut harness, Command::ShowMade);
    std::thread::sleep(Duration::from_millis(300));
    harness.run_steps(4);
    assert_ne!(brightness(&mut harness), made, "more is made with a wider dilation");
}

#[test]
fn a_job_is_cancelled_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    harness.state_mut().config_mut().engine = "model".into();
    command(&mut harness, Command::Decloud);
    harness.key_press(egui::Key::Escape);
    harness.run_steps(2);
    until(&mut harness, "the end", |app| app.log().iter().any(|line| line.starts_with("Cancelled")));
    assert_eq!(harness.state().layer_names().len(), 1);
    let results = home.path().join("results");
    let left = std::fs::read_dir(&results).map_or(0, Iterator::count);
    assert_eq!(left, 0, "no half-made result stays");
}

#[test]
fn a_preview_of_the_model_is_shown_over_the_source() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    harness.state_mut().config_mut().engine = "model".into();
    let before = brightness(&mut harness);
    command(&mut harness, Command::Preview);
    until(&mut harness, "the preview", |app| app.log().iter().any(|line| line.starts_with("Preview of")));
    settle(&mut harness);
    assert_ne!(brightness(&mut harness), before);
}

#[test]
fn the_session_comes_back_after_a_crash() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    command(&mut harness, Command::Decloud);
    until(&mut harness, "the result", |app| app.layer_names().len() == 2);
    settle(&mut harness);
    command(&mut harness, Command::Native);
    command(&mut harness, Command::Theme);
    std::thread::sleep(Duration::from_millis(2100));
    harness.run_steps(3);
    assert!(home.path().join("session.json").exists());
    // Dropped without an orderly end.
    drop(harness);
    let mut again = window(home.path(), Vec::new());
    // The result that was not exported comes back with its scene.
    let both = ["betsiboka.tif", "betsiboka.declouded.tif"];
    until(&mut again, "scene and result", |app| app.layer_names() == both);
    settle(&mut again);
    assert!(again.state().log().iter().any(|line| line.contains("ended unexpectedly")));
}

#[test]
fn a_file_that_is_no_scene_is_one_message_and_the_session_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let bad = home.path().join("notes.tif");
    std::fs::write(&bad, "no raster").unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    command(&mut harness, Command::OpenPath);
    harness.get_by_label("Path").focus();
    harness.run_steps(1);
    harness.get_by_label("Path").type_text(&bad.display().to_string());
    harness.run_steps(2);
    harness.get_by_label("Open").click();
    harness.run_steps(2);
    until(&mut harness, "the message", |app| app.log().iter().any(|line| line.contains("notes.tif")));
    assert_eq!(harness.state().layer_names(), ["betsiboka.tif"]);
    // A new message moves the others before they rest.
    harness.run_steps(4);
    let told = harness.query_all_by_label("Dismiss").count();
    harness.get_all_by_label("Dismiss").last().unwrap().click();
    harness.run_steps(4);
    assert_eq!(harness.query_all_by_label("Dismiss").count(), told - 1);
}

#[test]
fn a_command_is_found_by_its_words() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    command(&mut harness, Command::Palette);
    harness.get_by_label("Search commands").type_text("side by");
    harness.run_steps(2);
    // It needs a result first, and says so.
    assert!(harness.query_by_label("Quit").is_none());
    harness.key_press(egui::Key::Escape);
    harness.run_steps(2);
    assert!(harness.query_by_label("Search commands").is_none());
}
