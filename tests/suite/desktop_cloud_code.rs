//! The cloud's own code in the window, and sliders that snap: on the demo with the shipped model.
#![cfg(feature = "desktop")]

use declouder::desktop::commands::Command;
use declouder::latents::CloudChange;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;

use super::desktop_latents::{code, command, explorer, picture, settle, slide, until};

#[test]
fn the_cloud_is_moved_taken_away_and_put_back_on_the_map() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = explorer(home.path());
    harness.get_by_label("The cloud itself").click_accesskit();
    settle(&mut harness);
    assert_eq!(harness.state().shown_cloud(), None);
    harness.get_by_label("Show cloud code").click_accesskit();
    settle(&mut harness);
    assert_eq!(harness.state().shown_cloud(), Some(CloudChange::default()), "{:#?}", harness.state().log());
    assert!(harness.query_by_label("Maps of the cloud code").is_some());
    assert_eq!(harness.state().shown_code(), None, "a rendered cloud is no surface");
    let found = picture(&mut harness);
    slide(&mut harness, "Right (px)", 2);
    let moved = harness.state().shown_cloud().unwrap();
    assert_eq!((moved.right, moved.down), (2, 0), "in cells of the map");
    assert!(harness.query_all_by_label_contains("Goes with its map: IoU").next().is_some());
    assert!(picture(&mut harness) != found);
    harness.get_by_label("Take away").click_accesskit();
    settle(&mut harness);
    assert_eq!(harness.state().shown_cloud().unwrap().thickness, 0.0);
    assert!(picture(&mut harness) != found);
    harness.get_by_label("Put back").click_accesskit();
    settle(&mut harness);
    assert!(picture(&mut harness) == found, "the same cloud, the same picture");
    command(&mut harness, Command::LatentRandom);
    assert_eq!(harness.state().shown_cloud(), None, "a surface takes its place");
    assert_eq!(harness.state().shown_code(), Some(code(&harness).as_slice()));
}

#[test]
fn a_cell_of_a_sheet_of_clouds_goes_to_the_map() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = explorer(home.path());
    command(&mut harness, Command::SweepSheet);
    harness.get_by_role_and_label(Role::ComboBox, "Sweep along").click();
    harness.run_steps(3);
    harness.get_by_label("The cloud, moved and thinned").click();
    harness.run_steps(3);
    command(&mut harness, Command::SweepSheet);
    until(&mut harness, "the clouds", |app| app.sheet_cells() == 25);
    harness.run_steps(3);
    let sheet = harness.get_by_label("Sweep sheet of 5 × 5 cells").rect();
    // The second row is half as thick again, the last column farthest to the right.
    let at = sheet.min + sheet.size() * egui::vec2(0.9, 0.3);
    harness.hover_at(at);
    harness.step();
    harness.drag_at(at);
    harness.step();
    harness.drop_at(at);
    settle(&mut harness);
    let shown = harness.state().shown_cloud().unwrap();
    assert_eq!(shown, CloudChange { right: 4, down: 0, thickness: 1.5 });
}

#[test]
fn sliders_that_snap_stop_at_quarters() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = explorer(home.path());
    harness.get_by_label("Snap").click_accesskit();
    settle(&mut harness);
    slide(&mut harness, "z0", 3);
    assert!((code(&harness)[0] - 0.75).abs() < 1e-6, "{:?}", code(&harness));
}
