//! `declouder sweep`: sheets repeat byte for byte, and their codes are taken by `decloud --latent`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const MODEL: &str = "assets/models/l1c.safetensors";
const SCENE: &str = "assets/demo/betsiboka.tif";

pub fn run(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_declouder"))
        .args(words)
        .args(["--device", "cpu", "--quiet"])
        .env("TMPDIR", folder)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the command starts")
}

/// A small sheet of the demo scene's cloud.
fn swept(folder: &Path, name: &str, more: &[&str]) -> (PathBuf, serde_json::Value) {
    let sheet = folder.join(name);
    let path = sheet.to_string_lossy().into_owned();
    let mut words =
        vec!["sweep", MODEL, SCENE, "-o", &path, "--method", "threshold", "--window", "100,120,64,48"];
    words.extend(more);
    let output = run(folder, &words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let codes = std::fs::read_to_string(sheet.with_extension("json")).expect("codes beside the sheet");
    (sheet, serde_json::from_str(&codes).expect("JSON"))
}

#[test]
fn a_sheet_repeats_byte_for_byte_and_another_seed_gives_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, codes) = swept(folder.path(), "a.png", &["--random", "4", "--seed", "3"]);
    let (again, same) = swept(folder.path(), "b.png", &["--random", "4", "--seed", "3"]);
    let (other, _) = swept(folder.path(), "c.png", &["--random", "4", "--seed", "4"]);
    let bytes = |path: &Path| std::fs::read(path).expect("a picture");
    assert_eq!(codes["cells"], same["cells"]);
    assert!(bytes(&first) == bytes(&again), "equal seeds, equal bytes");
    assert!(bytes(&first) != bytes(&other), "another seed, another sheet");
    assert_eq!(codes["cells"].as_array().map(Vec::len), Some(4));
}

#[test]
fn an_adopted_code_is_taken_by_decloud_and_changes_its_result() {
    let folder = tempfile::tempdir().expect("a folder");
    let (sheet, codes) =
        swept(folder.path(), "sheet.png", &["--axes", "0,1", "--cells", "3,2", "--adopt", "1,2"]);
    let adopted = sheet.with_extension("latent.json");
    let code: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&adopted).expect("the code")).expect("JSON");
    assert_eq!(code, codes["cells"][5], "row 1, column 2 of three columns");
    let made = |name: &str, latent: Option<&Path>| {
        let output = folder.path().join(name);
        let path = output.to_string_lossy().into_owned();
        let latent = latent.map(|path| path.to_string_lossy().into_owned());
        let mut words = vec!["decloud", SCENE, "-o", &path, "--model", MODEL, "--method", "threshold"];
        words.extend(latent.iter().flat_map(|path| ["--latent", path.as_str()]));
        let done = run(folder.path(), &words);
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let report = std::fs::read_to_string(output.with_extension("report.json")).expect("a report");
        let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
        (std::fs::read(output).expect("a result"), report["engine"]["latent"].clone())
    };
    let (middle, _) = made("middle.tif", None);
    let (chosen, latent) = made("chosen.tif", Some(&adopted));
    assert_eq!(latent, code["z_land"]);
    assert!(middle != chosen, "the code chooses another surface");
}

#[test]
fn sweeps_that_cannot_be_are_refused_as_wrong_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    let sheet = folder.path().join("sheet.png").to_string_lossy().into_owned();
    let cases: [&[&str]; 4] = [
        &["--axes", "0,99", "--window", "100,200,16,16"],
        &["--axes", "0,1", "--cells", "0,3"],
        &["--axes", "0,1", "--window", "5000,0,64,64"],
        &["--axes", "0,1", "--cells", "2,2", "--adopt", "2,0"],
    ];
    for case in cases {
        let mut words = vec!["sweep", MODEL, SCENE, "-o", &sheet, "--method", "threshold"];
        words.extend(case);
        let output = run(folder.path(), &words);
        assert_eq!(output.status.code(), Some(2), "{case:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(!Path::new(&sheet).exists());
    }
}

/// A code's file.
fn code(folder: &Path, name: &str, z_land: &[f32]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, serde_json::json!({ "z_land": z_land }).to_string()).expect("written");
    path.to_string_lossy().into_owned()
}

/// Delay (hundredths of a second) and pixels (three bytes each) of every frame of a GIF that repeats for ever.
pub fn frames(bytes: &[u8]) -> Vec<(u16, Vec<u8>)> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(bytes).expect("a GIF");
    let mut frames = Vec::new();
    while let Some(frame) = decoder.read_next_frame().expect("a frame") {
        let rgb = frame.buffer.chunks_exact(4).flat_map(|pixel| pixel[..3].to_vec()).collect();
        frames.push((frame.delay, rgb));
    }
    assert_eq!(decoder.repeat(), gif::Repeat::Infinite);
    frames
}

/// The cells of a sheet's picture, row by row, three bytes a pixel.
fn cells(path: &Path, (columns, rows): (usize, usize), (width, height): (usize, usize)) -> Vec<Vec<u8>> {
    let file = std::io::BufReader::new(std::fs::File::open(path).expect("a sheet"));
    let mut reader = png::Decoder::new(file).read_info().expect("a PNG");
    let mut rgb = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut rgb).expect("pixels");
    let (wide, high) = (info.width as usize, info.height as usize);
    // Labels stand to the left and above.
    let (left, top) = (wide - columns * (width + 2), high - rows * (height + 2));
    let cell = |at: usize| {
        let (x, y) = (left + at % columns * (width + 2), top + at / columns * (height + 2));
        (0..height).flat_map(|row| rgb[3 * ((y + row) * wide + x)..][..3 * width].to_vec()).collect()
    };
    (0..columns * rows).map(cell).collect()
}

#[test]
fn an_animation_goes_through_the_sheets_own_pictures_and_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let ends = [("from.json", -1.5_f32), ("to.json", 1.5)].map(|(name, z)| {
        let numbers: Vec<f32> = (0..16).map(|i| if i % 3 == 0 { z } else { 0.5 }).collect();
        code(folder.path(), name, &numbers)
    });
    let film = |name: &str| {
        let path = folder.path().join(format!("{name}.gif")).to_string_lossy().into_owned();
        let sheet = folder.path().join(format!("{name}.png"));
        let output = sheet.to_string_lossy().into_owned();
        let words = ["sweep", MODEL, SCENE, "-o", &output, "--method", "threshold"];
        let more = ["--between", &ends[0], &ends[1], "--cells", "5,1", "--animate", &path];
        let done = run(folder.path(), &[&words[..], &more, &["--steps", "4", "--fps", "10"]].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let codes = std::fs::read_to_string(sheet.with_extension("json")).expect("codes");
        let codes: serde_json::Value = serde_json::from_str(&codes).expect("JSON");
        (std::fs::read(path).expect("an animation"), sheet, codes)
    };
    let (bytes, sheet, codes) = film("a");
    assert!(bytes == film("b").0, "equal settings, equal bytes");
    assert_eq!((&codes["axes"], &codes["animation"]["frames"]), (&"between".into(), &5.into()));
    assert_eq!(codes["animation"]["stretch"], codes["stretch"], "the same surfaces, the same stretch");
    let (found, cells) = (frames(&bytes), cells(&sheet, (5, 1), (128, 128)));
    assert_eq!(found.len(), 8, "five there, and back without both ends");
    let mut most = 0.0_f64;
    for ((delay, rgb), at) in found.iter().zip([0, 1, 2, 3, 4, 3, 2, 1]) {
        assert_eq!((*delay, rgb.len()), (10, cells[at].len()));
        let error = rgb.iter().zip(&cells[at]).map(|(&a, &b)| f64::from(a.abs_diff(b))).sum::<f64>();
        most = most.max(error / rgb.len() as f64);
    }
    // 256 colours stand for all: a few steps of 255 each, less than the ends differ.
    assert!(most < 6.0, "{most}");
    let apart = cells[0].iter().zip(&cells[4]).map(|(&a, &b)| f64::from(a.abs_diff(b))).sum::<f64>();
    let apart = apart / cells[0].len() as f64;
    assert!(apart > most, "the ends differ by more than the palette's error: {apart}, {most}");
}

#[test]
fn animations_that_cannot_be_are_refused_and_leave_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let sheet = folder.path().join("sheet.png").to_string_lossy().into_owned();
    let gif = folder.path().join("film.gif").to_string_lossy().into_owned();
    let kept = folder.path().join("kept.gif").to_string_lossy().into_owned();
    std::fs::write(&kept, "mine").expect("written");
    let cases: [(&[&str], i32, &str); 5] = [
        (&["--animate", &sheet], 2, ".gif"),
        (&["--animate", &gif, "--steps", "0"], 2, "--steps"),
        (&["--animate", &gif, "--fps", "99"], 2, "--fps"),
        (&["--animate", &gif, "--random", "1000", "--steps", "240"], 2, "--steps"),
        (&["--animate", &kept], 1, "kept.gif"),
    ];
    for (case, status, word) in cases {
        let mut words = vec!["sweep", MODEL, SCENE, "-o", &sheet, "--method", "threshold"];
        words.extend(["--window", "100,120,64,48"]);
        words.extend(case);
        let output = run(folder.path(), &words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{case:?}: {said}");
        assert!(said.contains(word), "{case:?}: {said}");
        let files = std::fs::read_dir(folder.path()).expect("a folder").flatten();
        let names: Vec<_> = files.map(|file| file.file_name()).collect();
        assert_eq!(names, ["kept.gif"], "{case:?}");
    }
    assert_eq!(std::fs::read(&kept).expect("kept"), b"mine");
}

/// The demo without its cloud, as the fill leaves it.
pub fn cleared(folder: &Path) -> String {
    let path = folder.join("clear.tif").to_string_lossy().into_owned();
    let words = ["decloud", SCENE, "-o", &path, "--engine", "fill", "--method", "threshold"];
    let output = run(folder, &words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    path
}

#[test]
fn the_code_of_a_clear_date_stands_in_the_middle_and_is_taken_as_a_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let clear = cleared(folder.path());
    let (sheet, codes) =
        swept(folder.path(), "a.png", &["--clear", &clear, "--axes", "0,1", "--cells", "3,1"]);
    let path = sheet.with_extension("clear.latent.json").to_string_lossy().into_owned();
    let written: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&path).expect("the code")).expect("JSON");
    assert_eq!(written, codes["clear"]["code"]);
    assert_eq!(written, codes["cells"][1], "the middle of three");
    assert!(codes["clear"]["seen"].as_f64().is_some_and(|seen| (0.5..=1.0).contains(&seen)), "{codes}");
    assert!(codes["clear"]["deviation"].as_array().is_some_and(|all| all.len() == 16));
    let error = |of: &str| codes["clear"]["errors"][of].as_f64().expect("an error");
    assert!(error("fitted") < error("encoded"), "the fit follows the date: {codes}");
    assert!(error("fitted") < error("middle"), "it carries land: {codes}");
    let (_, again) = swept(folder.path(), "b.png", &["--latent", &path, "--axes", "0,1", "--cells", "1,1"]);
    assert_eq!(again["cells"][0], written);
    // Other ground, another code: the scene's own cloud, taken as clear ground by the analyst's word.
    let (_, own) = swept(
        folder.path(),
        "c.png",
        &["--clear", SCENE, "--clear-as-is", "--axes", "0,1", "--cells", "1,1"],
    );
    assert_eq!(own["clear"]["seen"], 1.0);
    assert_ne!(own["clear"]["code"], written);
}

#[test]
fn a_date_that_shows_no_ground_here_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let sheet = folder.path().join("sheet.png").to_string_lossy().into_owned();
    let cases = [(SCENE, "under cloud or shadow there too"), ("assets/demo/virginia", "the clear date")];
    for (date, expected) in cases {
        let words = ["sweep", MODEL, SCENE, "-o", &sheet, "--method", "threshold"];
        // Where most cloud is.
        let more = ["--cells", "1,1", "--clear", date];
        let output = run(folder.path(), &[&words[..], &more].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(expected), "{date}: {said}");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing is left");
    }
}

#[test]
fn labels_of_samples_are_a_demonstration_or_it_is_said_why_there_are_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let labelled = |name: &str, more: &[&str]| {
        let (_, codes) = swept(folder.path(), name, &[&["--random", "3"], more].concat());
        codes["trust"].clone()
    };
    let plain = labelled("a.png", &[]);
    assert_eq!(plain["samples"], 4, "two rows of two");
    assert!(plain["spread"].as_f64().is_some_and(|spread| spread > 0.0), "{plain}");
    assert!(plain["ndvi"].as_f64().is_some_and(|spread| spread > 0.0), "{plain}");
    let why = plain["land_cover"]["why_not"].as_str().expect("the classifier is of L2A, the scene of L1C");
    assert!(why.contains("L2A") && why.contains("L1C") && why.contains("--force"), "{why}");
    let small = labelled("b.png", &["--force"]);
    let why = small["land_cover"]["why_not"].as_str().expect("64 × 48 pixels are less than half a tile");
    assert!(why.contains("120 × 120") && why.contains("64 × 48"), "{why}");
    let path = folder.path().join("c.png").to_string_lossy().into_owned();
    let words = ["sweep", MODEL, SCENE, "-o", &path, "--method", "threshold", "--random", "3", "--force"];
    let output = run(folder.path(), &words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = std::fs::read_to_string(folder.path().join("c.json")).expect("codes");
    let codes: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let found = &codes["trust"]["land_cover"];
    assert_eq!(found["demonstration"], true);
    let reasons = found["reasons"].to_string();
    assert!(reasons.contains("macro average precision") && reasons.contains("forced"), "{reasons}");
    for part in ["likeliest", "classes"] {
        assert!(found[part].as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)), "{found}");
    }
    assert!(found["pixels"].as_u64().is_some_and(|count| count > 0 && count <= 128 * 128), "{found}");
}

#[test]
fn a_cloud_is_moved_and_thinned_over_its_own_ground() {
    let folder = tempfile::tempdir().expect("a folder");
    let (sheet, codes) = swept(folder.path(), "cloud.png", &["--cloud", "--cells", "3,3"]);
    assert_eq!((&codes["axes"], &codes["columns"]), (&"cloud".into(), &3.into()));
    let cloud = &codes["cloud"];
    let rows = |map: &str| cloud[map].as_array().map(Vec::len);
    assert_eq!((rows("opacity"), rows("shadow")), (Some(6), Some(6)), "a number for each 8 × 8 pixels");
    let numbers = |map: &str| -> Vec<f64> {
        let rows = cloud[map].as_array().expect("rows").iter();
        rows.flat_map(|row| row.as_array().expect("numbers").iter().filter_map(serde_json::Value::as_f64))
            .collect()
    };
    // From 0.04 on a code says "here" (`evaluation::honesty::swap`); here lies the thin rim of a cloud.
    assert!(numbers("opacity").iter().any(|&value| value > 0.04), "a cloud was found");
    let told = |at: usize| &cloud["cells"][at];
    assert_eq!((&told(0)["right_px"], &told(2)["right_px"]), (&(-16).into(), &16.into()));
    assert_eq!((&told(4)["thickness"], &told(7)["thickness"]), (&1.0.into(), &0.0.into()));
    assert!(told(7)["follows"].is_null(), "where no cloud is left none is seen");
    let follows = [0, 2, 3, 5].map(|at| told(at)["follows"].as_f64().expect("seen"));
    assert!(follows.iter().all(|&share| share >= 0.7), "what is seen goes with its map: {follows:?}");
    let cells = cells(&sheet, (3, 3), (64, 48));
    let bright = |at: usize| cells[at].iter().map(|&value| f64::from(value)).sum::<f64>();
    assert!(bright(1) > bright(4) && bright(4) > bright(7), "thicker is brighter");
    assert!(cells[6] == cells[7] && cells[7] == cells[8], "no cloud moves nothing");
    assert!(cells[3] != cells[4] && cells[4] != cells[5]);
    let refused = ["--cloud", "--random", "4"];
    let sheet = folder.path().join("no.png").to_string_lossy().into_owned();
    let words = [&["sweep", MODEL, SCENE, "-o", &sheet][..], &refused].concat();
    assert_eq!(run(folder.path(), &words).status.code(), Some(2));
}

#[test]
fn a_cloud_is_put_over_a_clear_date_and_asks_no_code_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let clear = cleared(folder.path());
    let words = ["--cloud", "--cells", "1,3"];
    let (own, _) = swept(folder.path(), "own.png", &words);
    let (sheet, codes) = swept(folder.path(), "date.png", &[&words[..], &["--clear", &clear]].concat());
    assert_eq!(codes["cloud"]["over"], clear.as_str());
    assert!(codes["clear"].is_null() && !sheet.with_extension("clear.latent.json").exists());
    let [own, over] = [&own, &sheet].map(|path| cells(path, (1, 3), (64, 48)));
    assert!(own[2] != over[2], "without the cloud the date is seen, not the surface");
}
