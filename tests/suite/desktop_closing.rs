//! Closing a scene and ending the program: nothing is lost without a question.
#![cfg(feature = "desktop")]

use std::path::Path;

use declouder::compute::{Choice, Summary};
use declouder::desktop::commands::Command;
use declouder::desktop::{App, Options};
use egui::{ViewportCommand, ViewportEvent, ViewportId};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::desktop::{command, demo, opened, settle, until, window};
use super::desktop_trouble::paint_a_stroke;

const GO_ON: &str = "Close without exporting";

fn declouded<'a>(home: &Path) -> Harness<'a, App> {
    let mut harness = opened(home, "betsiboka.tif");
    command(&mut harness, Command::Decloud);
    until(&mut harness, "the result", |app| app.layer_names().len() == 2);
    settle(&mut harness);
    harness
}

fn click(harness: &mut Harness<'_, App>, label: &str) {
    // A button of the dialog comes after one of the panels.
    harness.get_all_by_label(label).last().unwrap().click();
    harness.run_steps(4);
}

fn asks(harness: &Harness<'_, App>, label: &str) -> bool {
    harness.query_by_label(label).is_some()
}

fn export(harness: &mut Harness<'_, App>, file: &Path) {
    harness.get_by_label("Output file").focus();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run_steps(1);
    harness.get_by_label("Output file").type_text(&file.display().to_string());
    harness.run_steps(2);
    click(harness, "Export now");
    let name = file.display().to_string();
    until(harness, "the export", |app| app.log().iter().any(|line| line.contains(&name)));
    settle(harness);
}

/// What the window's frame asks for by its close button; returns whether the program then ends.
fn ends(harness: &mut Harness<'_, App>) -> bool {
    let viewports = &mut harness.input_mut().viewports;
    viewports.get_mut(&ViewportId::ROOT).unwrap().events.push(ViewportEvent::Close);
    harness.step();
    let commands = &harness.output().viewport_output[&ViewportId::ROOT].commands;
    let ends = !commands.contains(&ViewportCommand::CancelClose);
    harness.run_steps(4);
    ends
}

#[test]
fn a_result_that_was_not_exported_is_closed_only_after_a_question() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = declouded(home.path());
    let results = || std::fs::read_dir(home.path().join("results")).map_or(0, Iterator::count);
    assert_eq!(results(), 1);
    command(&mut harness, Command::Close);
    assert!(asks(&harness, "Close betsiboka.tif?") && asks(&harness, GO_ON));
    click(&mut harness, "Cancel");
    assert_eq!((harness.state().layer_names().len(), results()), (2, 1), "nothing was closed");

    // Something else was exported: the result was not.
    command(&mut harness, Command::Close);
    click(&mut harness, "Export…");
    harness.state_mut().config_mut().mask.dilate_px = Some(9);
    export(&mut harness, &home.path().join("other.tif"));
    command(&mut harness, Command::Close);
    assert!(asks(&harness, GO_ON), "what was exported is another result");
    click(&mut harness, "Cancel");

    // The same in another format is the same.
    let config = harness.state_mut().config_mut();
    (config.mask.dilate_px, config.cog) = (None, true);
    command(&mut harness, Command::Export);
    export(&mut harness, &home.path().join("same.tif"));
    command(&mut harness, Command::Close);
    assert!(!asks(&harness, GO_ON));
    assert!(harness.state().layer_names().is_empty());
    assert_eq!(results(), 0);
}

#[test]
fn one_of_two_results_is_closed_without_exporting() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = declouded(home.path());
    command(&mut harness, Command::Decloud);
    until(&mut harness, "the second result", |app| app.layer_names().len() == 3);
    settle(&mut harness);
    command(&mut harness, Command::Close);
    assert!(asks(&harness, "2 of its results were not exported. Closing removes them."));
    click(&mut harness, "Cancel");
    command(&mut harness, Command::Next);
    command(&mut harness, Command::Close);
    click(&mut harness, GO_ON);
    assert_eq!(harness.state().layer_names().len(), 2, "its scene and the other result stay");
}

#[test]
fn what_comes_back_with_the_session_needs_no_question_at_the_end() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = declouded(home.path());
    assert!(ends(&mut harness), "the result waits for the next start");
    // A job that runs would be stopped.
    command(&mut harness, Command::Decloud);
    assert!(!ends(&mut harness));
    assert!(asks(&harness, "Quit?") && asks(&harness, "Quit"), "there is nothing to export");
    click(&mut harness, "Cancel");
    until(&mut harness, "the second result", |app| app.layer_names().len() == 3);
    settle(&mut harness);
    assert!(ends(&mut harness));
}

#[test]
fn where_no_session_is_kept_the_end_asks_and_can_be_had() {
    let home = tempfile::tempdir().unwrap();
    let options = Options {
        scenes: vec![demo("betsiboka.tif")],
        session: None,
        results: Some(home.path().join("results")),
        device: Summary { backend: "flex".into(), adapter: "CPU".into(), software: false },
        choice: Choice::Cpu,
    };
    let mut harness = Harness::builder().with_size([1280.0, 800.0]).with_max_steps(60).wgpu().build_eframe(
        move |creation| App::new(&creation.egui_ctx, creation.wgpu_render_state.as_ref(), options).unwrap(),
    );
    until(&mut harness, "the scene", |app| !app.layer_names().is_empty());
    settle(&mut harness);
    assert!(ends(&mut harness), "nothing was made yet");
    paint_a_stroke(&mut harness);
    assert!(!ends(&mut harness), "a painted mask is kept nowhere");
    assert!(harness.query_by_label_contains("Masks painted by hand").is_some());
    click(&mut harness, "Cancel");
    command(&mut harness, Command::Close);
    assert!(harness.query_by_label_contains("Its mask was painted by hand").is_some());
    click(&mut harness, "Cancel");
    assert!(!ends(&mut harness));
    click(&mut harness, "Quit without exporting");
    assert!(ends(&mut harness), "it was said");
}

#[test]
fn a_stroke_painted_just_before_its_scene_is_closed_comes_back_with_it() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    paint_a_stroke(&mut harness);
    let painted = harness.state().cloud_cover().unwrap();
    command(&mut harness, Command::Close);
    assert!(harness.state().layer_names().is_empty(), "the mask is kept: nothing is asked");
    harness.state_mut().open(demo("betsiboka.tif"));
    until(&mut harness, "the mask", |app| app.cloud_cover().is_some());
    assert!((harness.state().cloud_cover().unwrap() - painted).abs() < 1e-12);
    drop(harness);
    // The program that starts next finds it too.
    let mut again = window(home.path(), vec![demo("betsiboka.tif")]);
    until(&mut again, "the scene", |app| !app.layer_names().is_empty());
    settle(&mut again);
}

#[test]
fn a_painted_mask_comes_back_after_clouds_were_found_anew() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = opened(home.path(), "betsiboka.tif");
    paint_a_stroke(&mut harness);
    let painted = harness.state().cloud_cover().unwrap();
    command(&mut harness, Command::FindClouds);
    until(&mut harness, "the mask anew", |app| app.cloud_cover().is_some_and(|cover| cover > painted));
    assert!(harness.state().log().iter().any(|line| line.contains("Undo stroke brings back")));
    command(&mut harness, Command::Undo);
    assert!((harness.state().cloud_cover().unwrap() - painted).abs() < 1e-12);
}
