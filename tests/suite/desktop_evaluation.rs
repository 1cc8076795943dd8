//! The window's evaluation, by what its widgets are called: from the dialog to the map and the exported page.
#![cfg(feature = "desktop")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use burn::tensor::Device;
use declouder::compute::{Choice, Summary};
use declouder::desktop::commands::Command;
use declouder::desktop::{App, Options};
use declouder::evaluation::labels::{LabelCheck, Labeller};
use declouder::evaluation::{EvaluateConfig, LabelsConfig, Report, SetConfig, Unwatched, evaluate_watched};
use declouder::networks::Preset;
use declouder::networks::classifier::{Architecture, file};
use declouder::progress::Silent;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;

use super::classifier::classifier;
use super::findings::{distribution, honesty, labels};
use super::fixtures::Raster;

const PATIENCE: Duration = Duration::from_mins(3);

fn window<'a>(home: &Path) -> Harness<'a, App> {
    let options = Options {
        scenes: Vec::new(),
        session: Some(home.join("session.json")),
        results: Some(home.join("results")),
        device: Summary { backend: "flex".into(), adapter: "CPU".into(), software: false },
        choice: Choice::Cpu,
    };
    Harness::builder().with_size([1280.0, 800.0]).with_max_steps(60).wgpu().build_eframe(move |creation| {
        App::new(&creation.egui_ctx, creation.wgpu_render_state.as_ref(), options).unwrap()
    })
}

fn until(harness: &mut Harness<'_, App>, what: &str, done: impl Fn(&App) -> bool) {
    let started = Instant::now();
    loop {
        harness.step();
        if done(harness.state()) {
            break;
        }
        assert!(started.elapsed() < PATIENCE, "{what} does not come; log: {:#?}", harness.state().log());
        std::thread::sleep(Duration::from_millis(10));
    }
    harness.run_steps(4);
}

/// Pairs with cloud over a growing part, all optical bands, so that the shipped model can see them too.
fn made_pairs(folder: &Path) -> (PathBuf, PathBuf) {
    let (pairs, masks) = (folder.join("pairs"), folder.join("masks"));
    for place in [pairs.join("cloudy"), pairs.join("clear"), masks.clone()] {
        std::fs::create_dir_all(place).unwrap();
    }
    let bands = ["B02", "B03", "B04", "B08"];
    let raster = Raster { width: 48, height: 48, bands: &bands, ..Raster::default() };
    let land = |band: usize, x: usize, y: usize| (800 + 200 * band + 9 * x + 5 * (y % 9)) as u16;
    for (number, columns) in [40, 12, 24].into_iter().enumerate() {
        let name = format!("place{number}.tif");
        raster.write(&pairs.join("clear").join(&name), land);
        raster.write(
            &pairs.join("cloudy").join(&name),
            |band, x, y| {
                if x < columns { 7000 } else { land(band, x, y) }
            },
        );
        Raster { bands: &["mask"], ..raster }.write(&masks.join(&name), |_, x, _| u8::from(x < columns));
    }
    (pairs, masks)
}

fn typed(harness: &mut Harness<'_, App>, field: &str, text: &str) {
    // The words before a field have its name too.
    harness.get_by_role_and_label(Role::TextInput, field).focus();
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    harness.run_steps(2);
    harness.get_by_role_and_label(Role::TextInput, field).type_text(text);
    harness.run_steps(2);
}

fn command(harness: &mut Harness<'_, App>, command: Command) {
    harness.state_mut().tell(command);
    harness.run_steps(4);
}

#[test]
fn models_are_measured_shown_and_exported_as_the_library_does() {
    let home = tempfile::tempdir().unwrap();
    let (pairs, masks) = made_pairs(home.path());
    let mut harness = window(home.path());
    harness.run_steps(3);
    command(&mut harness, Command::Evaluate);
    harness.get_by_label("Shipped model").click();
    harness.run_steps(2);
    typed(&mut harness, "Test folders", &pairs.display().to_string());
    typed(&mut harness, "Masks folder", &masks.display().to_string());
    harness.get_by_label("Land-cover labels").click();
    harness.run_steps(2);
    let model = home.path().join("classifier.safetensors");
    file::save(&classifier(Architecture::SCnnAll), &model).unwrap();
    typed(&mut harness, "Classifier", &model.display().to_string());
    harness.get_by_label("Evaluate now").click();
    harness.run_steps(2);
    until(&mut harness, "the report", |app| {
        app.log().iter().any(|line| line.contains("No model was evaluated"))
    });

    // Points and table are both in sight, and each part has a tab.
    assert!(shows(&harness, "under cloud by cover"));
    part(&mut harness, "Gallery");
    // The gallery is sorted: the least cloud is the easiest.
    let at = |name: &str| harness.get_by_label(&format!("Show {name}")).rect().min;
    let places: Vec<_> = ["place1", "place2", "place0"].into_iter().map(at).collect();
    assert!(places.windows(2).all(|pair| (pair[0].y, pair[0].x) < (pair[1].y, pair[1].x)), "{places:?}");

    // A click opens the cloudy date on the map.
    harness.get_by_label("Show place2").click();
    harness.run_steps(2);
    until(&mut harness, "the scene", |app| app.layer_names() == ["place2.tif"]);

    // What is exported is what the library finds.
    let (json, page) = (home.path().join("report.json"), home.path().join("report.html"));
    for path in [&json, &page] {
        command(&mut harness, Command::ExportReport);
        typed(&mut harness, "Report file", &path.display().to_string());
        harness.get_by_label("Write report").click();
        harness.run_steps(2);
        until(&mut harness, "the file", |_| path.exists());
    }
    let written: Report = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    let set = SetConfig { data: pairs, masks: Some(masks), ..SetConfig::default() };
    let labels = Some(LabelsConfig { classifier: Some(model.clone()) });
    let config = EvaluateConfig { sets: vec![set], labels, ..EvaluateConfig::default() };
    let mut labels = LabelCheck::new(Labeller::open(Some(&model), &Device::flex()).unwrap());
    let mut expected = evaluate_watched(&config, &[], &mut labels, &Silent).unwrap();
    labels.report(&mut expected).unwrap();
    assert!(expected.sets[0].labels.as_ref().unwrap().tiles > 0);
    let expected: Report = serde_json::from_str(&serde_json::to_string(&expected).unwrap()).unwrap();
    assert_eq!(written, expected);
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("place1") && html.contains("data:image/png;base64,"));

    // And it comes back from the file, which holds no pictures: the dates are read from theirs.
    let show = |harness: &mut Harness<'_, App>| {
        command(harness, Command::OpenReport);
        typed(harness, "Report file", &json.display().to_string());
        harness.get_by_label("Show report").click();
        harness.run_steps(4);
    };
    show(&mut harness);
    assert!(shows(&harness, "holds figures, not pictures"));
    until(&mut harness, "the dates", |app| app.gallery_pictures() == 3);
    harness.get_by_label("Show place0");
    // Where they are gone the card says so.
    std::fs::rename(home.path().join("pairs/cloudy"), home.path().join("pairs/moved")).unwrap();
    show(&mut harness);
    std::thread::sleep(Duration::from_millis(300));
    harness.run_steps(4);
    assert!(shows(&harness, "Show place0. No picture: its file is gone"));
    assert_eq!(harness.state().gallery_pictures(), 0);
}

/// Turns to a part of the report.
fn part(harness: &mut Harness<'_, App>, title: &str) {
    harness.get_by_label(title).click();
    harness.run_steps(3);
}

/// The words that the panel shows.
fn shows(harness: &Harness<'_, App>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

#[test]
fn what_the_tests_found_is_shown_and_what_was_not_asked_says_how_to_get_it() {
    let home = tempfile::tempdir().unwrap();
    let (pairs, masks) = made_pairs(home.path());
    let set =
        SetConfig { name: Some("small".into()), data: pairs, masks: Some(masks), ..SetConfig::default() };
    let config = EvaluateConfig {
        sets: vec![set],
        methods: vec!["input".into(), "fill".into()],
        ..EvaluateConfig::default()
    };
    let mut report = evaluate_watched(&config, &[], &mut Unwatched, &Silent).unwrap();
    report.sets[0].distribution.clear();
    let file = home.path().join("report.json");
    let mut harness = window(home.path());
    harness.run_steps(3);
    let show = |harness: &mut Harness<'_, App>, report: &Report| {
        std::fs::write(&file, serde_json::to_string(report).unwrap()).unwrap();
        command(harness, Command::OpenReport);
        typed(harness, "Report file", &file.display().to_string());
        harness.get_by_label("Show report").click();
        harness.run_steps(4);
    };
    show(&mut harness, &report);
    for (title, words) in [
        ("Honesty", "Not tested. Tick Honesty tests"),
        ("Spread calibration", "No samples were drawn. Tick Honesty tests"),
        ("Distribution", "No crop under cloud was looked at"),
        ("Land-cover labels", "No classifier was asked. Tick Land-cover labels"),
    ] {
        part(&mut harness, title);
        assert!(shows(&harness, words), "{words}");
    }

    report.honesty =
        vec![honesty("l1c", Preset::Declouder, "small"), honesty("plain", Preset::Cyclegan, "small")];
    report.sets[0].distribution = distribution("l1c", "fill");
    report.sets[0].labels = Some(labels("l1c"));
    show(&mut harness, &report);
    for (title, words) in [
        ("Honesty", "l1c (declouder): 5 met, 1 not met, 0 inconclusive"),
        ("Honesty", "plain (cyclegan): 1 met, 1 not met, 4 inconclusive"),
        ("Honesty", "0.85 [0.82, 0.88]"),
        ("Honesty", "0.75 [0.72, 0.78]"),
        ("Spread calibration", "in 40 % of values"),
        ("Spread calibration", "One surface only (cyclegan has no land code)"),
        ("Distribution", "3.21"),
        ("Distribution", "not enough data"),
        ("Land-cover labels", "Demonstration: it was measured at 0.31 <only>"),
        ("Land-cover labels", "small.safetensors against its labels of the clear dates, 2 tiles"),
        ("Land-cover labels", "0.750"),
    ] {
        part(&mut harness, title);
        assert!(shows(&harness, words), "{words}");
        assert!(!shows(&harness, "Not tested.") && !shows(&harness, "No classifier was asked"), "{title}");
    }
    // However wide the table is, the points are in sight: no scrolling is needed for them.
    part(&mut harness, "Figures");
    let points = harness.get_by_label("Every image as a point").rect();
    let side = harness.get_by_label("Find clouds").rect().left();
    assert!(points.right() < side && points.bottom() < 800.0, "{points:?} beside {side}");
}

#[test]
fn what_cannot_be_evaluated_is_said_and_the_dialog_stays() {
    let home = tempfile::tempdir().unwrap();
    let mut harness = window(home.path());
    harness.run_steps(3);
    // Nothing to export yet: the command says so and opens no dialog.
    command(&mut harness, Command::ExportReport);
    assert!(harness.query_by_label("Report file").is_none());
    assert!(harness.state().log().iter().any(|line| line.contains("evaluate a model first")));
    command(&mut harness, Command::Evaluate);
    typed(&mut harness, "Protocol file", "/no/such/protocol.toml");
    harness.get_by_label("Evaluate now").click();
    harness.run_steps(4);
    assert!(harness.state().log().iter().any(|line| line.contains("protocol.toml")));
    harness.get_by_label("Evaluate now");
    harness.key_press(egui::Key::Escape);
    harness.run_steps(3);

    let file = home.path().join("notes.json");
    std::fs::write(&file, "{}").unwrap();
    command(&mut harness, Command::OpenReport);
    typed(&mut harness, "Report file", &file.display().to_string());
    harness.get_by_label("Show report").click();
    harness.run_steps(4);
    assert!(harness.state().log().iter().any(|line| line.contains("no report of declouder evaluate")));
}
