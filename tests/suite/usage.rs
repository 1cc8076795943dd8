//! Wrong usage and how the program speaks: one clear error, exit code 2, JSON where JSON was asked for,
//! and silence where silence was.
#![cfg(feature = "gdal")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use declouder::decloud::DecloudConfig;
use serde_json::Value;

use super::fixtures::{Raster, ramp};
use super::support::{declouder, outcome};

/// A scene of 16 × 12 pixels and a mask on its grid.
struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        let case = Self { folder: tempfile::tempdir().unwrap() };
        Raster::default().write(&case.path("scene.tif"), ramp);
        Raster { bands: &["mask"], ..Raster::default() }
            .write(&case.path("mask.tif"), |_, x, _| u8::from(x < 5));
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the program in the case's folder.
    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_declouder"));
        outcome(&command.current_dir(self.folder.path()).args(args).output().unwrap())
    }

    /// Expects wrong usage that names all the words and writes nothing.
    fn refused(&self, args: &[&str], words: &[&str]) {
        let before = std::fs::read_dir(self.folder.path()).unwrap().count();
        let (code, _, err) = self.run(args);
        assert_eq!(code, 2, "{args:?}: {err}");
        for word in words {
            assert!(err.contains(word), "{args:?}: expected \"{word}\" in {err}");
        }
        assert_eq!(std::fs::read_dir(self.folder.path()).unwrap().count(), before, "{args:?}");
    }
}

#[test]
fn dilation_and_feathering_have_an_upper_bound() {
    let case = Case::new();
    for command in ["decloud", "mask"] {
        let start = [command, "scene.tif", "-o", "o.tif", "--mask", "mask.tif"];
        for (more, words) in [
            (&["--dilate", "255"][..], &["--dilate", "from 0 to 254"][..]),
            (&["--feather", "99999999999"], &["--feather", "from 0 to 254"]),
            (&["--dilate", "200", "--feather", "100"], &["--dilate and --feather", "300", "at most 254"]),
        ] {
            case.refused(&[&start[..], more].concat(), words);
        }
    }
    case.refused(
        &["evaluate", "pairs", "-o", "o.json", "--dilate", "200", "--feather", "55"],
        &["--dilate and --feather", "at most 254"],
    );
    let mut config = DecloudConfig::default();
    config.mask.dilate_px = Some(u32::MAX);
    assert!(config.check().unwrap_err().is_usage(), "also by the library");
}

#[test]
fn no_time_is_no_time_to_train_for() {
    let case = Case::new();
    for command in ["train", "train-classifier"] {
        for minutes in ["0", "-3", "NaN", "1e300"] {
            case.refused(&[command, "store", "-o", "run", "--minutes", minutes], &["--minutes", "above 0"]);
        }
    }
}

#[test]
fn a_mistyped_command_is_no_scene() {
    let case = Case::new();
    case.refused(&["declod"], &["no command", "\"declod\"", "--help"]);
    case.refused(&["scene.tif", "scen.tif"], &["\"scen.tif\""]);
}

#[test]
fn several_scenes_never_go_into_one_file() {
    let case = Case::new();
    std::fs::copy(case.path("scene.tif"), case.path("other.tif")).unwrap();
    for output in ["out.tif", "out.TIFF"] {
        case.refused(
            &["decloud", "scene.tif", "other.tif", "-o", output],
            &["2 scenes need a folder", output],
        );
    }
}

#[test]
fn numbers_that_are_none_are_told_what_was_expected() {
    let case = Case::new();
    let start = ["decloud", "scene.tif", "-o", "o.tif"];
    for tile in ["x", "7", "-1", "9000"] {
        let tile = format!("--tile={tile}");
        case.refused(&[&start[..], &[tile.as_str()]].concat(), &["--tile", "from 8 to 8192"]);
    }
    case.refused(&[&start[..], &["--samples", "1"]].concat(), &["--samples", "no spread"]);
}

#[test]
fn commands_that_look_for_cloud_share_their_options() {
    for command in ["mask", "decloud", "evaluate"] {
        let (code, help, _) = outcome(&declouder(&[command, "--help"]));
        assert_eq!(code, 0);
        for word in ["s2cloudless or", "--threshold", "--average", "--grow", "--no-shadow", "--dilate"] {
            assert!(help.contains(word), "{command} --help lacks {word}: {help}");
        }
    }
    let case = Case::new();
    let bands = &["B02", "B03", "B04", "B08", "B11", "B12"];
    Raster { bands, ..Raster::default() }.write(&case.path("six.tif"), ramp);
    let args = ["decloud", "six.tif", "-o", "o.tif", "--method", "threshold", "--level", "L1C"];
    let more = ["--threshold", "0.3", "--average", "1", "--grow", "7", "--no-shadow"];
    let (code, _, err) = case.run(&[&args[..], &more].concat());
    assert_eq!(code, 0, "{err}");
    let report = std::fs::read_to_string(case.path("o.report.json")).unwrap();
    let mask = &serde_json::from_str::<Value>(&report).unwrap()["options"]["mask"];
    assert_eq!(
        (&mask["average_px"], &mask["grow_px"], &mask["shadow"]),
        (&1.into(), &7.into(), &false.into())
    );
}

/// The lines of standard output, each of which must be JSON.
fn json_lines(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect()
}

#[test]
fn quiet_leaves_nothing_but_the_result_in_json_too() {
    let case = Case::new();
    let args = ["decloud", "scene.tif", "-o", "o.tif", "--mask", "mask.tif", "--overwrite", "--json"];
    let (code, out, err) = case.run(&args);
    assert_eq!(code, 0, "{err}");
    let lines = json_lines(&out);
    assert!(lines.iter().any(|line| line.get("warning").is_some()), "the level is unknown: {out}");
    let (code, out, err) = case.run(&[&args[..], &["--quiet"]].concat());
    assert_eq!((code, err.as_str()), (0, ""));
    let lines = json_lines(&out);
    assert!(lines.len() == 1 && lines[0].get("files").is_some(), "{out}");
}

#[test]
fn arguments_that_cannot_be_are_a_line_of_json_where_json_was_asked_for() {
    let case = Case::new();
    for (args, word) in [
        (&["decloud", "scene.tif", "--json"][..], "--output"),
        (&["--json", "decloud", "scene.tif", "-o", "o.tif", "--tiles", "9"], "'--tiles'"),
        (&["mask", "scene.tif", "-o", "m.tif", "--threshold", "2", "--json"], "from 0 to below 1"),
        (&["--json", "declod"], "no command"),
    ] {
        let (code, out, err) = case.run(args);
        assert_eq!(code, 2, "{args:?}: {err}");
        let lines = json_lines(&out);
        assert_eq!(lines.len(), 1, "{out}");
        assert_eq!(lines[0]["exit_code"], 2, "{out}");
        let message = lines[0]["error"].as_str().unwrap();
        assert!(
            message.contains(word) && !message.contains('\n') && !message.contains("Usage:"),
            "{message}"
        );
        assert!(!err.is_empty(), "and words for people");
    }
    let (code, out, _) = case.run(&["decloud", "scene.tif"]);
    assert_eq!((code, out.as_str()), (2, ""));
    let (code, out, _) = case.run(&["--json", "--version"]);
    assert!(code == 0 && out.starts_with("declouder"), "{code} {out}");
}

#[test]
fn options_of_looking_for_cloud_are_refused_beside_a_mask() {
    let case = Case::new();
    let decloud = ["decloud", "scene.tif", "-o", "o.tif", "--mask", "mask.tif"];
    let evaluate = ["evaluate", "pairs", "-o", "report.json", "--masks", "masks"];
    let options = [&["--threshold", "0.4"][..], &["--average", "1"], &["--grow", "3"], &["--no-shadow"]];
    for (args, given) in [(&decloud[..], "--mask"), (&evaluate, "--masks")] {
        for option in options {
            let (code, _, err) = case.run(&[args, option].concat());
            assert_eq!(code, 2, "{option:?}: {err}");
            assert!(err.contains(given) && err.contains(option[0]), "{option:?}: {err}");
        }
    }
    assert!(!case.path("o.tif").exists() && !case.path("report.json").exists());
}

#[test]
fn options_that_a_configuration_would_ignore_are_refused() {
    let case = Case::new();
    std::fs::write(case.path("p.toml"), "[[sources]]\npath = \"scene.tif\"\n").unwrap();
    std::fs::write(case.path("e.toml"), "[[sets]]\ndata = \"pairs\"\n").unwrap();
    let prepare = ["prepare", "--config", "p.toml", "-o", "store"];
    let evaluate = ["evaluate", "--config", "e.toml", "-o", "report.json"];
    for (args, more, word) in [
        (&prepare[..], &["--licence", "X"][..], "--licence"),
        (&prepare, &["--level", "L2A"], "--level"),
        (&prepare, &["--pairs"], "--pairs"),
        (&evaluate, &["--dilate", "3"], "--dilate"),
        (&evaluate, &["--level", "L1C"], "--level"),
        (&evaluate, &["elsewhere"], "elsewhere"),
        (&evaluate, &["--honesty"], "--honesty"),
    ] {
        let (code, _, err) = case.run(&[args, more].concat());
        assert!(code == 2 && err.contains(word), "{more:?}: {code} {err}");
    }
    assert!(!case.path("store").exists() && !case.path("report.json").exists());
}

#[test]
fn a_reader_that_has_gone_ends_the_program_quietly() {
    let case = Case::new();
    for json in [&[][..], &["--json"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_declouder"))
            .args(["info", "scene.tif"])
            .args(json)
            .current_dir(case.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let (code, _, err) = outcome(&child.wait_with_output().unwrap());
        assert_eq!((code, err.contains("roken pipe")), (0, false), "{err}");
    }
}

#[test]
fn a_cancelled_export_says_that_nothing_was_left_and_leaves_nothing() {
    let case = Case::new();
    let noise = |band: usize, x: usize, y: usize| ((x * 7919 + y * 104_729 + band * 31) % 9973 + 1) as u16;
    Raster { width: 1500, height: 1500, ..Raster::default() }.write(&case.path("large.tif"), noise);
    let mask = Raster { width: 1500, height: 1500, bands: &["mask"], ..Raster::default() };
    mask.write(&case.path("large_mask.tif"), |_, x, y| u8::from(x / 40 % 2 == 0 && y / 40 % 2 == 0));
    let folder = case.path("out");
    std::fs::create_dir(&folder).unwrap();
    for _ in 0..20 {
        let child = Command::new(env!("CARGO_BIN_EXE_declouder"))
            .args(["decloud", "large.tif", "-o", "out/OUT.tif", "--mask", "large_mask.tif", "--overwrite"])
            .current_dir(case.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The hidden file tells that the work is under way, its handler set up long ago.
        let is_writing = || names(&folder).iter().any(|name| name.starts_with(".OUT.tif"));
        for _ in 0..3000 {
            if is_writing() {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        // SAFETY: signals a child that was not waited for, so its number is still its own.
        unsafe { libc::kill(child.id() as i32, libc::SIGINT) };
        let (code, _, err) = outcome(&child.wait_with_output().unwrap());
        if code != 130 {
            continue;
        }
        assert!(err.contains("cancelled; nothing half-written was left behind"), "{err}");
        assert!(names(&folder).iter().all(|name| !name.starts_with('.')), "{:?}", names(&folder));
        return;
    }
    panic!("no export could be cancelled in time");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_negative_number_is_the_value_of_its_option() {
    let case = Case::new();
    let start = ["decloud", "scene.tif", "-o", "o.tif", "--mask", "mask.tif"];
    for (option, words) in [("--dilate", "from 0 to 254"), ("--samples", "from 2"), ("--tile", "from 8")] {
        case.refused(&[&start[..], &[option, "-3"]].concat(), &[option, words]);
    }
    case.refused(&[&start[..], &["--samples", "100000"]].concat(), &["--samples", "1024"]);
    case.refused(&[&start[..], &["--latent", "code.json"]].concat(), &["--latent", "fill"]);
}

#[test]
fn an_output_is_named_for_what_is_in_it() {
    let case = Case::new();
    case.refused(&["mask", "scene.tif", "-o", "mask.png", "--mask", "mask.tif"], &["--output", ".tif"]);
    case.refused(&["evaluate", "pairs", "-o", "report.txt"], &["--output", ".json or .html"]);
    let (code, _, err) = case.run(&["decloud", "no.tif", "nor.tif", "-o", "results"]);
    assert_eq!((code, err.matches("nor.tif").count()), (1, 3), "the reason once, the name twice: {err}");
    assert!(!case.path("results").exists(), "no results, no folder");
    let (_, _, err) = case.run(&["decloud", "no.tif", "nor.tif", "-o", "results", "--quiet"]);
    assert_eq!(err.matches("nor.tif: there is no file").count(), 1, "quiet too, the reason is said: {err}");
}

#[test]
fn a_result_is_not_taken_for_a_scene() {
    let case = Case::new();
    for (name, more) in [("one.tif", &[][..]), ("plain.tif", &["--plain"])] {
        let start = ["decloud", "scene.tif", "-o", name, "--mask", "mask.tif", "--quiet"];
        assert_eq!(case.run(&[&start[..], more].concat()).0, 0);
        for command in [
            &["decloud", name, "-o", "again.tif", "--mask", "mask.tif"][..],
            &["prepare", name, "-o", "store", "--patch", "8", "--level", "L1C"],
        ] {
            let (code, _, err) = case.run(command);
            assert_eq!(code, 1, "{command:?}: {err}");
            assert!(err.contains("result of Declouder") && err.contains("scene.tif"), "{err}");
        }
        assert!(!case.path("again.tif").exists() && !case.path("store").exists());
    }
}

#[test]
fn verify_takes_band_names_from_the_report_and_tells_a_report_of_another_file() {
    let case = Case::new();
    Raster { bands: &["", "", "", ""], ..Raster::default() }.write(&case.path("nameless.tif"), ramp);
    let names = ["--bands", "B02,B03,B04,B08"];
    let made = ["decloud", "nameless.tif", "-o", "out.tif", "--mask", "mask.tif", "--quiet"];
    assert_eq!(case.run(&[&made[..], &names].concat()).0, 0);
    let (code, text, err) = case.run(&["verify", "nameless.tif", "out.tif"]);
    assert_eq!(code, 0, "{text}{err}");

    std::fs::rename(case.path("out.tif"), case.path("new.tif")).unwrap();
    std::fs::rename(case.path("out.report.json"), case.path("new.report.json")).unwrap();
    let (code, text, err) = case.run(&["verify", "nameless.tif", "new.tif"]);
    let words = text + &err;
    assert_eq!(code, 1, "{words}");
    assert_eq!(words.matches("is about out.tif, not about new.tif").count(), 1, "once: {words}");
}

#[test]
fn a_training_that_is_interrupted_ends_with_130_and_can_be_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let store = super::training::store(folder.path());
    let config = folder.path().join("config.toml");
    std::fs::write(&config, toml::to_string(&super::training::config(100_000)).unwrap()).unwrap();
    let run = folder.path().join("run");
    let child = Command::new(env!("CARGO_BIN_EXE_declouder"))
        .args(["train".as_ref(), store.as_os_str(), "-o".as_ref(), run.as_os_str()])
        .args(["--config".as_ref(), config.as_os_str(), "--device".as_ref(), "cpu".as_ref()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..30_000 {
        if run.join("checkpoint.safetensors").exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    // SAFETY: signals a child that was not waited for, so its number is still its own.
    unsafe { libc::kill(child.id() as i32, libc::SIGINT) };
    let (code, text, err) = outcome(&child.wait_with_output().unwrap());
    assert_eq!(code, 130, "{text}{err}");
    assert!(text.contains("--resume") && err.contains("what was learned is kept"), "{text}{err}");
    assert!(run.join("model.safetensors").exists());
}
