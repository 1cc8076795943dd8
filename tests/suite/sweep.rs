//! `declouder sweep`: sheets repeat byte for byte, and their codes are taken by `decloud --latent`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const MODEL: &str = "assets/models/l1c.safetensors";
const SCENE: &str = "assets/demo/betsiboka.tif";

fn run(folder: &Path, words: &[&str]) -> Output {
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
