//! The list of open scenes.
#![cfg(feature = "desktop")]

use declouder::desktop::commands::Command;
use egui_kittest::kittest::Queryable as _;

use super::desktop::{command, demo, opened, settle, until, window};

#[test]
fn a_result_of_several_files_is_called_after_its_scene() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = opened(home.path(), "virginia");
    command(&mut harness, Command::Decloud);
    until(&mut harness, "the result", |app| app.layer_names() == ["virginia", "virginia.declouded"]);
}

#[test]
fn whoever_steps_through_a_series_sees_where_they_are() {
    let home = tempfile::tempdir().unwrap();
    let names: Vec<_> = (0..14).map(|number| format!("date_{number}.tif")).collect();
    let scenes: Vec<_> = names.iter().map(|name| home.path().join(name)).collect();
    for scene in &scenes {
        std::fs::copy(demo("betsiboka.tif"), scene).unwrap();
    }
    let mut harness = window(home.path(), scenes);
    until(&mut harness, "the series", |app| app.layer_names() == names);
    settle(&mut harness);
    let below = harness.get_by_label("Composite").rect().top();
    assert!(harness.query_by_label("date_13.tif").is_none_or(|last| last.rect().top() > below), "too long");
    for _ in 0..13 {
        command(&mut harness, Command::Next);
    }
    // Scrolling takes a moment.
    harness.run_steps(30);
    let last = harness.get_by_label("date_13.tif").rect();
    assert!(last.bottom() < below, "{last:?} above {below}");
}
