//! The export dialog: every option of `declouder decloud`, and the same bytes as it writes.
#![cfg(feature = "desktop")]

use std::path::{Path, PathBuf};

use declouder::desktop::App;
use declouder::desktop::commands::Command;
use declouder::progress::Silent;
use declouder::raster::export::{Format, OutputBand, OutputSpec, Overview, RasterWriter, commit};
use declouder::raster::{self, Dtype, Samples, SceneOptions};
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::desktop::{command, demo, opened, settle, until};
use super::support::{declouder, outcome, without_time};

/// The window on the demo with its export dialog open.
fn dialog<'a>(home: &Path) -> Harness<'a, App> {
    let mut harness = opened(home, "betsiboka.tif");
    command(&mut harness, Command::Export);
    harness
}

/// Types into a field, replacing what is there.
fn fill(harness: &mut Harness<'_, App>, field: &str, text: &str) {
    // A field of the dialog comes after one of the panels.
    harness.get_all_by_label(field).last().unwrap().focus();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run_steps(1);
    harness.get_all_by_label(field).last().unwrap().type_text(text);
    harness.run_steps(3);
}

/// Unfolds a part of the dialog.
fn unfold(harness: &mut Harness<'_, App>, part: &str) {
    harness.get_all_by_label(part).last().unwrap().click_accesskit();
    harness.run_steps(20);
}

fn can_export(harness: &Harness<'_, App>) -> bool {
    !harness.get_by_label("Export now").accesskit_node().is_disabled()
}

/// Exports by the dialog as it stands, and by the command line with some options: the same raster, and the same
/// options in the report.
fn compare(harness: &mut Harness<'_, App>, home: &Path, options: &[&str]) {
    // Tags name the report beside the file, so both files have one name.
    let [ours, theirs] = ["window", "line"].map(|folder| {
        std::fs::create_dir_all(home.join(folder)).unwrap();
        home.join(folder).join("out.tif")
    });
    fill(harness, "Output file", &ours.display().to_string());
    assert!(can_export(harness));
    harness.get_by_label("Export now").click();
    harness.run_steps(2);
    until(harness, "the export", |app| app.log().iter().any(|line| line.contains("window/out.tif")));
    settle(harness);
    let (scene, output) = (demo("betsiboka.tif"), theirs.display().to_string());
    let mut line = vec!["decloud", scene.to_str().unwrap(), "-o", &output, "--device", "cpu"];
    line.extend(options);
    let (code, _, err) = outcome(&declouder(&line));
    assert_eq!(code, 0, "{err}");
    assert!(without_time(&ours) == without_time(&theirs), "the same bytes");
    let stated = |raster: &Path| {
        let text = std::fs::read(raster.with_file_name("out.report.json")).unwrap();
        serde_json::from_slice::<serde_json::Value>(&text).unwrap()["options"].clone()
    };
    assert_eq!(stated(&ours), stated(&theirs));
}

/// A mask of two bands on the demo's grid; the second holds 4 for cloud and 7 for shadow.
fn two_banded(folder: &Path) -> PathBuf {
    let path = folder.join("classes.tif");
    let grid = raster::open(&demo("betsiboka.tif"), &SceneOptions::default()).unwrap().grid;
    let band = |name: &str| OutputBand {
        name: name.to_owned(),
        description: name.to_owned(),
        nodata: None,
        color: "Gray".to_owned(),
        overview: Overview::MeasuredMean,
        ..OutputBand::synthetic(Dtype::U8)
    };
    let spec = OutputSpec {
        path: path.clone(),
        grid: grid.clone(),
        bands: vec![band("confidence"), band("classes")],
        metadata: Vec::new(),
        format: Format::GeoTiff,
    };
    let mut writer = RasterWriter::create(spec, true).unwrap();
    let (width, height) = (grid.width, grid.height);
    let class = |i: usize| match (i % width / 40, i / width / 40) {
        (2, 3) => 4,
        (5, 3) => 7,
        _ => 0,
    };
    let classes = (0..width * height).map(class).collect();
    writer.write(0, grid.window(), &Samples::U8(vec![9; width * height])).unwrap();
    writer.write(1, grid.window(), &Samples::U8(classes)).unwrap();
    commit(vec![writer.finish(&Silent).unwrap()]).unwrap();
    path
}

#[test]
fn a_mask_of_ones_own_with_classes_and_a_band_is_taken_as_on_the_command_line() {
    let home = tempfile::tempdir().unwrap();
    let mask = two_banded(home.path()).display().to_string();
    let mut harness = dialog(home.path());
    unfold(&mut harness, "Clouds");
    fill(&mut harness, "Mask file path", &mask);
    fill(&mut harness, "Mask values", "4=cloud,7=shadow");
    fill(&mut harness, "Mask band", "2");
    let options = ["--mask", &mask, "--mask-classes", "4=cloud,7=shadow", "--mask-band", "2"];
    compare(&mut harness, home.path(), &options);
}

#[test]
fn names_of_bands_are_taken_as_on_the_command_line() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = dialog(home.path());
    unfold(&mut harness, "Scene");
    // Not the file's own names, so that they decide something.
    let names = "B01,B02,B03,B04,B05,B06,B07,B8A,B08,B09,B10,B11,B12";
    fill(&mut harness, "Scene bands", names);
    compare(&mut harness, home.path(), &["--bands", names]);
}

#[test]
fn what_is_wrong_with_a_field_stands_below_it_and_nothing_is_exported() {
    let home = tempfile::tempdir().unwrap();
    let mask = two_banded(home.path()).display().to_string();
    let mut harness = dialog(home.path());
    unfold(&mut harness, "Scene");
    unfold(&mut harness, "Clouds");
    for (field, wrong, word, right) in [
        ("Scene bands", "B02,B99", "B99", ""),
        ("Scene radiometry", "bright", "bright", ""),
        ("Mask file path", "/nowhere/mask.tif", "there is no mask file /nowhere/mask.tif", mask.as_str()),
        ("Mask values", "4=fog", "4=cloud", "scl"),
        ("Mask band", "0", "expected its number, from 1", "2"),
    ] {
        assert!(can_export(&harness), "before {field}");
        fill(&mut harness, field, wrong);
        assert!(!can_export(&harness), "{field}");
        let told = harness
            .query_all_by_label_contains(word)
            .filter(|node| node.accesskit_node().role() == Role::Label);
        let places: Vec<_> = told.map(|node| node.rect()).collect();
        let [sentence] = places[..] else { panic!("{field}: {} sentences", places.len()) };
        let above = harness.get_all_by_label(field).last().unwrap().rect();
        assert!((0.0..20.0).contains(&(sentence.top() - above.bottom())), "{field}: {above:?} {sentence:?}");
        // Typed over, or emptied.
        fill(&mut harness, field, right);
        if right.is_empty() {
            harness.key_press(egui::Key::Backspace);
            harness.run_steps(3);
        }
    }
    assert!(can_export(&harness));
}

/// An ONNX model that gives back its two channels as two classes, written field by field (onnx.proto3).
#[cfg(feature = "onnx")]
fn identity_model(path: &Path) {
    fn part(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut length = Vec::new();
        let mut rest = bytes.len();
        while rest >= 128 {
            length.push((rest % 128) as u8 | 128);
            rest /= 128;
        }
        length.push(rest as u8);
        [&[number << 3 | 2][..], &length, bytes].concat()
    }
    let int = |number: u8, value: u8| vec![number << 3, value];
    let dims: Vec<u8> = [1, 2, 64, 64].into_iter().flat_map(|size| part(1, &int(1, size))).collect();
    let tensor = part(1, &[int(1, 1), part(2, &dims)].concat());
    let value = |name: &[u8]| [part(1, name), part(2, &tensor)].concat();
    let node = [part(1, b"x"), part(2, b"y"), part(4, b"Identity")].concat();
    let graph = [part(1, &node), part(2, b"same"), part(11, &value(b"x")), part(12, &value(b"y"))].concat();
    let opset = [part(1, b""), int(2, 13)].concat();
    std::fs::write(path, [int(1, 8), part(7, &graph), part(8, &opset)].concat()).unwrap();
    // Cloud is where blue is brighter than the short-wave infrared.
    let told = r#"{"bands": ["B11", "B02"], "classes": [{"index": 1, "code": 1}]}"#;
    std::fs::write(path.with_extension("onnx.json"), told).unwrap();
}

#[test]
#[cfg(feature = "onnx")]
fn cloud_is_found_by_an_onnx_model_as_on_the_command_line() {
    let home = tempfile::tempdir().unwrap();
    let model = home.path().join("clouds.onnx");
    identity_model(&model);
    let mut harness = dialog(home.path());
    unfold(&mut harness, "Clouds");
    harness.get_all_by_label("Mask by").last().unwrap().click_accesskit();
    harness.run_steps(3);
    harness.get_by_label("ONNX model").click_accesskit();
    harness.run_steps(3);
    assert!(!can_export(&harness), "no file is named yet");
    fill(&mut harness, "ONNX model file", "/nowhere/clouds.onnx");
    assert!(
        harness.query_all_by_label_contains("there is no model file /nowhere/clouds.onnx").next().is_some()
    );
    assert!(!can_export(&harness));
    fill(&mut harness, "ONNX model file", &model.display().to_string());
    let method = format!("onnx:{}", model.display());
    compare(&mut harness, home.path(), &["--method", &method]);
}
