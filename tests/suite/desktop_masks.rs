//! Importing masks: the window looks at the file, and asks for what it cannot know.
#![cfg(feature = "desktop")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use declouder::desktop::App;
use declouder::desktop::commands::Command;
use declouder::mask::{self, CLOUD, Classes, FileOptions, Survey};
use declouder::progress::Silent;
use declouder::raster::{SceneOptions, open};
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::desktop::{PATIENCE, command, settle, until, window};
use super::fixtures::{PLACED, Raster};
use super::support::shared;

const SIZE: (usize, usize) = (64, 48);

fn raster<'a>(bands: &'a [&'a str]) -> Raster<'a> {
    Raster { width: SIZE.0, height: SIZE.1, bands, ..Raster::default() }
}

/// A window on a scene, with the dialog open.
fn dialog<'a>(home: &Path) -> Harness<'a, App> {
    let scene = home.join("scene.tif");
    raster(&["B02", "B03", "B04", "B08"]).write(&scene, |band, x, y| (900 + 50 * band + x + y) as u16);
    let mut harness = window(home, vec![scene]);
    until(&mut harness, "the scene", |app| !app.layer_names().is_empty());
    settle(&mut harness);
    command(&mut harness, Command::ImportMask);
    harness
}

/// Names a file and waits until it was looked at.
fn name(harness: &mut Harness<'_, App>, path: &Path) {
    harness.get_by_label("Mask to import").focus();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run_steps(1);
    harness.get_by_label("Mask to import").type_text(&path.display().to_string());
    looked_at(harness);
}

/// Waits until the file was looked at.
fn looked_at(harness: &mut Harness<'_, App>) {
    harness.run_steps(2);
    let started = Instant::now();
    while harness.query_by_label("looking at its values…").is_some() {
        assert!(started.elapsed() < PATIENCE, "{:#?}", harness.state().log());
        std::thread::sleep(Duration::from_millis(10));
        harness.run_steps(2);
    }
    harness.run_steps(2);
}

fn shows(harness: &Harness<'_, App>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

fn can_import(harness: &Harness<'_, App>) -> bool {
    !harness.get_by_label("Import").accesskit_node().is_disabled()
}

/// Chooses in a list.
fn choose(harness: &mut Harness<'_, App>, list: &str, entry: &str) {
    harness.get_by_role_and_label(Role::ComboBox, list).click();
    harness.run_steps(3);
    harness.get_all_by_label(entry).last().unwrap().click();
    harness.run_steps(3);
}

/// Imports what is chosen, and compares the mask with what the command line makes of the same words.
fn import(harness: &mut Harness<'_, App>, home: &Path, mask: &Path, classes: &str, band: Option<usize>) {
    assert!(can_import(harness));
    harness.get_by_label("Import").click();
    harness.run_steps(3);
    until(harness, "the mask", |app| app.cloud_cover().is_some());
    settle(harness);
    let scene = open(&home.join("scene.tif"), &SceneOptions::default()).unwrap();
    let options = FileOptions { classes: classes.parse().unwrap(), band };
    let expected = mask::from_file(mask, &scene, &options, &Silent).unwrap().cover().cloud;
    assert!(expected > 0.0 && expected < 1.0, "it would prove nothing");
    assert!((harness.state().cloud_cover().unwrap() - expected).abs() < 1e-12);
}

#[test]
fn plain_codes_are_taken_without_a_question() {
    let home = tempfile::tempdir().unwrap();
    let mask = home.path().join("mask.tif");
    raster(&["mask"]).write(&mask, |_, x, y| if x < 20 { 1_u8 } else { u8::from(y < 5) * 2 });
    let mut harness = dialog(home.path());
    assert!(!can_import(&harness), "no file is named");
    name(&mut harness, &home.path().join("nowhere.tif"));
    assert!(shows(&harness, "is not there") && !can_import(&harness));
    name(&mut harness, &mask);
    assert!(shows(&harness, "31.2 % cloud"), "what it would be is seen before");
    assert!(harness.query_by_role_and_label(Role::ComboBox, "Values").is_none(), "nothing is asked");
    harness.get_by_label("Change").click();
    harness.run_steps(2);
    assert!(harness.query_by_role_and_label(Role::ComboBox, "Values").is_some(), "unless it is wanted");
    import(&mut harness, home.path(), &mask, "codes", None);
}

#[test]
fn a_mask_of_another_place_is_refused_before_it_is_imported() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = dialog(home.path());
    let [_, _, _, y, ..] = PLACED;
    let away = |x: f64| Some([x, 10.0, 0.0, y, 0.0, -10.0]);
    for (file, other, words) in [
        ("away.tif", Raster { geotransform: away(900_000.0), ..raster(&["mask"]) }, "lies nowhere"),
        (
            "zone.tif",
            Raster { epsg: Some(32634), ..raster(&["mask"]) },
            "another coordinate reference system",
        ),
        (
            "plain.tif",
            Raster { epsg: None, geotransform: None, width: 9, ..raster(&["mask"]) },
            "9 × 48 pixels",
        ),
    ] {
        let mask = home.path().join(file);
        other.write(&mask, |_, x, _| u8::from(x < 5));
        name(&mut harness, &mask);
        assert!(shows(&harness, words) && !can_import(&harness), "{file}");
    }
    // Where it reaches over an edge of the scene it has something to say.
    let beside = home.path().join("beside.tif");
    let edge = Raster { geotransform: away(PLACED[0] - 300.0), ..raster(&["mask"]) };
    edge.write(&beside, |_, x, _| u8::from(x >= 40));
    name(&mut harness, &beside);
    import(&mut harness, home.path(), &beside, "codes", None);
}

/// The report of the only result that waits.
fn report(home: &Path) -> serde_json::Value {
    let results = std::fs::read_dir(home.join("results")).unwrap().flatten();
    let files = results.flat_map(|folder| std::fs::read_dir(folder.path()).unwrap().flatten());
    let found: Vec<_> =
        files.map(|file| file.path()).filter(|path| path.ends_with("scene.declouded.report.json")).collect();
    assert_eq!(found.len(), 1);
    serde_json::from_slice(&std::fs::read(&found[0]).unwrap()).unwrap()
}

#[test]
fn a_report_says_where_an_imported_mask_came_from() {
    let home = tempfile::tempdir().unwrap();
    let mask = home.path().join("other-program.tif");
    raster(&["mask"]).write(&mask, |_, x, _| u8::from(x < 20));
    let mut harness = dialog(home.path());
    name(&mut harness, &mask);
    import(&mut harness, home.path(), &mask, "codes", None);
    assert!(shows(&harness, "Imported: used as it is"));
    command(&mut harness, Command::Decloud);
    until(&mut harness, "the result", |app| app.layer_names().len() == 2);
    settle(&mut harness);
    let report = report(home.path());
    let source = report["mask"]["source"].as_str().unwrap();
    assert!(source.contains("other-program.tif"), "{source}");
    assert_eq!(report["options"]["mask"]["file"], source, "no file that is gone by now");
    assert!(shows(&harness, "Result 1 · fill"));
    let log = harness.state().log();
    assert!(log.iter().any(|line| line.contains("copied bit for bit")), "{log:#?}");
}

#[test]
fn a_mask_found_by_other_settings_is_called_so_and_not_previewed() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = window(home.path(), vec![super::desktop::demo("betsiboka.tif")]);
    until(&mut harness, "the scene", |app| !app.layer_names().is_empty());
    command(&mut harness, Command::FindClouds);
    until(&mut harness, "the mask", |app| app.cloud_cover().is_some());
    settle(&mut harness);
    let stale = "These settings have changed since";
    assert!(!shows(&harness, stale));
    harness.state_mut().config_mut().mask.feather_px += 1;
    harness.run_steps(2);
    assert!(!shows(&harness, stale), "what is grown and feathered decides nothing that was found");
    let before = harness.state().cloud_cover();
    harness.state_mut().config_mut().mask.method = "threshold".into();
    harness.run_steps(2);
    assert!(shows(&harness, stale));
    command(&mut harness, Command::Preview);
    settle(&mut harness);
    until(&mut harness, "the preview", |app| app.log().iter().any(|line| line.contains("Preview of")));
    settle(&mut harness);
    assert!(!shows(&harness, stale), "the mask was found anew");
    assert_ne!(harness.state().cloud_cover(), before);
}

#[test]
fn a_percentage_is_cut_where_the_analyst_says() {
    let home = tempfile::tempdir().unwrap();
    let mask = home.path().join("percent.tif");
    raster(&[""]).write(&mask, |_, x, _| (100 * x / SIZE.0) as u8);
    let mut harness = dialog(home.path());
    name(&mut harness, &mask);
    let value = |harness: &Harness<'_, App>| {
        harness.get_by_role_and_label(Role::SpinButton, "Cloud from").accesskit_node().numeric_value()
    };
    assert_eq!(value(&harness), Some(50.0), "the middle of the scale");
    assert!(shows(&harness, "50.0 % cloud"));
    choose(&mut harness, "Values", "Codes, or a probability of 0 to 1");
    assert!(shows(&harness, "no codes") && !can_import(&harness));
    choose(&mut harness, "Values", "Cloud from a value on");
    harness.get_by_role_and_label(Role::SpinButton, "Cloud from").click();
    harness.run_steps(2);
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run_steps(1);
    // It is a text field while it is typed into.
    harness.event(egui::Event::Text("80".into()));
    harness.run_steps(1);
    harness.key_press(egui::Key::Enter);
    harness.run_steps(2);
    assert_eq!(value(&harness), Some(80.0));
    import(&mut harness, home.path(), &mask, "from:80", None);
}

#[test]
fn a_band_of_several_and_values_one_by_one_are_chosen() {
    let home = tempfile::tempdir().unwrap();
    let mask = home.path().join("many.tif");
    raster(&["B02", "fmask class", "quality"]).write(&mask, |band, x, _| match (band, x) {
        (1, 0..10) => 4_u8,
        (1, 10..30) => 2,
        (1, 30..40) => 3,
        (2, 0..5) => 1,
        (1 | 2, _) => 0,
        (_, x) => x as u8,
    });
    let mut harness = dialog(home.path());
    name(&mut harness, &mask);
    let band = harness.get_by_role_and_label(Role::ComboBox, "Band");
    assert_eq!(band.accesskit_node().value().as_deref(), Some("2  fmask class"), "the likeliest band");
    // Snow is no cloud.
    choose(&mut harness, "3", "clear");
    import(&mut harness, home.path(), &mask, "4=cloud,2=shadow", Some(2));
    command(&mut harness, Command::ImportMask);
    name(&mut harness, &mask);
    choose(&mut harness, "Band", "3  quality");
    looked_at(&mut harness);
    harness.get_by_label("Import").click();
    harness.run_steps(3);
    until(&mut harness, "the other mask", |app| {
        app.cloud_cover().is_some_and(|cover| (cover - 5.0 / 64.0).abs() < 1e-9)
    });
}

/// What is found in a file, for a scene on its own grid.
fn looked(path: &Path, band: Option<usize>) -> mask::Result<Survey> {
    mask::survey(path, &open(path, &SceneOptions::default()).unwrap(), band)
}

/// What is guessed of a file of these values.
fn guessed(folder: &Path, values: &[u8]) -> (String, bool) {
    let path = folder.join("values.tif");
    raster(&[""]).write(&path, |_, x, y| values[(x + y) % values.len()]);
    let (classes, sure) = looked(&path, None).unwrap().guess();
    (classes.to_string(), sure)
}

#[test]
fn what_values_most_likely_mean_is_guessed() {
    let home = tempfile::tempdir().unwrap();
    let of = |values: &[u8]| guessed(home.path(), values);
    assert_eq!(of(&[0, 1]), ("codes".into(), true));
    assert_eq!(of(&[0, 1, 2, 255]), ("codes".into(), true));
    assert_eq!(of(&[0, 255]), ("255=cloud".into(), false));
    assert_eq!(of(&[3, 4, 5, 8, 9]), ("scl".into(), false));
    assert_eq!(of(&[0, 1, 2, 3, 4]), ("1=cloud,2=shadow,3=cloud,4=cloud".into(), false));
    let many: Vec<u8> = (0..=250).collect();
    assert_eq!(of(&many), ("from:128".into(), false));
    let soft = home.path().join("soft.tif");
    raster(&[""]).write(&soft, |_, x, _| x as f32 / SIZE.0 as f32);
    let found = looked(&soft, None).unwrap();
    assert_eq!(found.guess(), (Classes::Codes, true));
    assert!((found.cover(&Classes::Codes).unwrap().cloud - 31.0 / 64.0).abs() < 1e-9, "above 0.5");
    assert!((found.cover(&Classes::From(0.25)).unwrap().cloud - 0.75).abs() < 1e-9);
    assert!(looked(&soft, Some(2)).is_err_and(|error| error.to_string().contains("no band 2")));
    assert!(found.cover(&Classes::Pairs(vec![(1, CLOUD)])).is_none(), "no whole numbers");
}

#[test]
fn real_masks_are_known_for_what_they_are() {
    let (Some(betsiboka), Some(series)) = (shared("betsiboka"), shared("worldcereal-s2ts")) else { return };
    let of = |path: PathBuf| looked(&path, None).unwrap().guess();
    assert_eq!(of(betsiboka.join("s2cloudless_probability.tif")), (Classes::From(50.0), false));
    assert_eq!(of(betsiboka.join("s2cloudless_mask.tif")), (Classes::Codes, true));
    assert_eq!(of(series.join("424A/SCL_2017-08-04.tif")).0, Classes::Scl);
}
