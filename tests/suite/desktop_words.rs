//! What the window says: its own names for what can be said otherwise, everything once, and only what is seen.
#![cfg(feature = "desktop")]

use std::path::Path;

use declouder::desktop::App;
use declouder::desktop::commands::Command;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::desktop::{command, opened, settle, until, window};
use super::fixtures::Raster;

/// Lines of the log that hold some words.
fn told(app: &App, words: &str) -> usize {
    app.log().iter().filter(|line| line.contains(words)).count()
}

/// A scene whose file names no bands and no level, with cloud in its left part.
fn unnamed(path: &Path) {
    let bands = [""; 6];
    let raster = Raster { width: 64, height: 64, bands: &bands, ..Raster::default() };
    raster.write(path, |band, x, y| if x < 24 { 6000_u16 } else { (700 + 60 * band + 3 * x + 2 * y) as u16 });
}

fn typed(harness: &mut Harness<'_, App>, field: &str, text: &str) {
    harness.get_by_role_and_label(Role::TextInput, field).focus();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run_steps(1);
    harness.get_by_role_and_label(Role::TextInput, field).type_text(text);
    harness.run_steps(3);
}

#[test]
fn what_a_file_does_not_say_is_asked_for_by_a_control_and_holds_for_every_job() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("plain.tif");
    unnamed(&path);
    let mut harness = window(home.path(), vec![path.clone()]);
    until(&mut harness, "the scene", |app| !app.layer_names().is_empty());
    settle(&mut harness);
    harness.state_mut().config_mut().mask.method = "threshold".into();
    command(&mut harness, Command::FindClouds);
    until(&mut harness, "the refusal", |app| told(app, "threshold cannot be used") == 1);
    let log = harness.state().log();
    let options = ["--bands", "--level", "--mask"];
    assert!(log.iter().all(|line| options.iter().all(|option| !line.contains(option))), "{log:#?}");
    assert_eq!(told(harness.state(), "“Bands” (File > Describe scene…)"), 2, "{log:#?}");

    // The panel leads to the control, and what is said there holds.
    harness.get_by_label("Describe scene…").click();
    harness.run_steps(4);
    typed(&mut harness, "Scene bands", "B02,B03,B04,B08,B11,B12");
    harness.get_by_label("Open as described").click();
    harness.run_steps(2);
    until(&mut harness, "the bands", |app| app.band_names().contains(&"B12".to_owned()));
    settle(&mut harness);
    assert_eq!(harness.state().layer_names(), ["plain.tif"], "the same scene, not another");
    command(&mut harness, Command::FindClouds);
    until(&mut harness, "the mask", |app| app.cloud_cover().is_some_and(|cover| cover > 0.2));
    command(&mut harness, Command::Decloud);
    until(&mut harness, "the result", |app| app.layer_names().len() == 2);
    settle(&mut harness);

    // What was found in other bands is not what would be found now.
    assert!(harness.state().cloud_cover().is_some());
    command(&mut harness, Command::Describe);
    typed(&mut harness, "Scene bands", "B02,B03,B04,B8A,B11,B12");
    harness.get_by_label("Open as described").click();
    harness.run_steps(2);
    until(&mut harness, "the other bands", |app| app.band_names().contains(&"B8A".to_owned()));
    settle(&mut harness);
    assert_eq!(harness.state().cloud_cover(), None);

    // The next start still knows.
    std::thread::sleep(std::time::Duration::from_millis(2100));
    harness.run_steps(3);
    drop(harness);
    let mut again = window(home.path(), Vec::new());
    until(&mut again, "the bands", |app| app.band_names().contains(&"B12".to_owned()));
}

#[test]
fn a_file_that_opens_only_when_described_is_asked_about() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("twice.tif");
    Raster { bands: &["B02", "B03", "B04", "B04"], ..Raster::default() }
        .write(&path, |band, x, y| (900 + 50 * band + x + y) as u16);
    let mut harness = window(home.path(), vec![path]);
    until(&mut harness, "the refusal", |app| told(app, "B04 occurs twice") == 1);
    assert_eq!(told(harness.state(), "--bands"), 0);
    command(&mut harness, Command::Describe);
    typed(&mut harness, "Scene bands", "B02,B03,B04,B08");
    harness.get_by_label("Open as described").click();
    harness.run_steps(2);
    until(&mut harness, "the scene", |app| app.band_names() == ["B02", "B03", "B04", "B08"]);
}

#[test]
fn a_job_does_not_repeat_what_was_told_when_its_scene_was_opened() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    let words = "no coordinate reference system";
    assert_eq!(told(harness.state(), words), 1);
    command(&mut harness, Command::Decloud);
    until(&mut harness, "the result", |app| app.layer_names().len() == 2);
    settle(&mut harness);
    assert_eq!(told(harness.state(), words), 1, "{:#?}", harness.state().log());
}

#[test]
fn an_overlay_is_explained_only_where_it_is_seen() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    assert!(!harness.state().is_overlaid(), "nothing lies over it yet");
    command(&mut harness, Command::FindClouds);
    until(&mut harness, "the mask", |app| app.cloud_cover().is_some());
    settle(&mut harness);
    assert!(harness.state().is_overlaid());
    command(&mut harness, Command::Preview);
    until(&mut harness, "the preview", |app| told(app, "Preview of") == 1);
    settle(&mut harness);
    assert!(harness.state().is_overlaid(), "the source half of a swipe has it");
    command(&mut harness, Command::Single);
    harness.run_steps(2);
    assert!(!harness.state().is_overlaid(), "the preview lies over all of it");
    harness.key_press_modifiers(egui::Modifiers::NONE, egui::Key::M);
    command(&mut harness, Command::Swipe);
    assert!(!harness.state().is_overlaid(), "it was switched off");
}

#[test]
fn a_stroke_is_taken_back_by_a_button_that_stays_in_sight() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    command(&mut harness, Command::FindClouds);
    until(&mut harness, "the mask", |app| app.cloud_cover().is_some());
    settle(&mut harness);
    command(&mut harness, Command::Brush);
    let found = harness.state().cloud_cover().unwrap();
    harness.get_by_label("Clear").click();
    harness.run_steps(2);
    let center = harness.get_by_label("Map of the scene").rect().center();
    harness.drag_at(center - egui::vec2(90.0, 0.0));
    harness.step();
    harness.hover_at(center);
    harness.step();
    harness.drop_at(center);
    harness.run_steps(3);
    assert!(harness.state().cloud_cover().unwrap() < found);
    // Where the panel ends the next one's tab begins.
    let end = harness.get_by_label("Spectrum").rect().top();
    for name in ["Undo stroke", "Redo stroke", "Shadow"] {
        let rect = harness.get_by_label(name).rect();
        assert!(rect.bottom() <= end, "{name} {rect:?} beyond {end}");
    }
    harness.get_by_label("Undo stroke").click();
    harness.run_steps(3);
    assert!((harness.state().cloud_cover().unwrap() - found).abs() < 1e-12);
}

#[test]
fn a_product_opened_by_another_of_its_folders_is_shown_once() {
    let Some(root) = super::support::shared("s2-safe") else { return };
    let named = |name: &str| {
        root.join("S2A_MSIL2A_20181229T095411_N0211_R079_T33SVB_20181229T112231.SAFE/GRANULE/L2A_T33SVB_A018380_20181229T095413/IMG_DATA").join(name)
    };
    let home = tempfile::tempdir().unwrap();
    let mut harness = window(home.path(), vec![named("R10m")]);
    until(&mut harness, "the scene", |app| app.layer_names().len() == 1);
    settle(&mut harness);
    assert_eq!(harness.state().layer_names(), ["L2A_T33SVB_A018380_20181229T095413/R10m"]);
    harness.state_mut().open(named("R60m"));
    until(&mut harness, "the word", |app| told(app, "which is open") == 1);
    settle(&mut harness);
    assert_eq!(harness.state().layer_names().len(), 1, "{:#?}", harness.state().log());
}
