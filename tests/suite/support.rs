//! What the tests share: where the real data is, running the program, temporary folders.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The shared real data, or `None` (with a word on the terminal) where it is not there.
pub fn shared(set: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(set);
    if path.exists() {
        Some(path)
    } else {
        eprintln!("skipped: no shared data ({set})");
        None
    }
}

/// Runs the program with arguments and waits for it.
pub fn declouder<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_declouder")).args(args).output().expect("the program starts")
}

/// A run's exit code, standard output and standard error.
pub fn outcome(output: &Output) -> (i32, String, String) {
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// Set where this program runs for one test only.
const ALONE: &str = "DECLOUDER_TEST_ALONE";

/// Whether the test of this name runs in a process of its own, which a test that loses a device needs. Where it does not,
/// it is run so, and has to succeed with `end` as one of its words on the terminal, or "skipped".
pub fn is_alone(name: &str, end: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    let output = child.args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    assert!(words.contains("skipped") || words.contains(end), "{words}");
    false
}

/// The names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// A file's bytes without the second in which it was made.
pub fn without_time(path: &Path) -> Vec<u8> {
    let mut bytes = std::fs::read(path).unwrap();
    let tag = b"DECLOUDER_CREATED\">";
    let at = bytes.windows(tag.len()).position(|window| window == tag).unwrap() + tag.len();
    bytes[at..at + "2026-11-24T19:12:51Z".len()].fill(0);
    bytes
}
