//! Names of outputs that are not complete yet, and what killed processes left of them.
//!
//! Whatever takes long to write is written to `.NAME.PID-N.partial…` in the output's own folder (a
//! rename is atomic only within one file system) and locked (`flock`) as long as its process lives,
//! so that a leftover is known for sure, even when its process number was given to another process.

use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use sha2::{Digest, Sha256};

/// A new hidden name beside `output`, without an extension: `.NAME.PID-N.partial`.
pub(crate) fn hidden_name(output: &Path) -> OsString {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let mut name = hidden_prefix(output);
    name.push(format!("{}-{number}.partial", std::process::id()));
    name
}

/// `.NAME.`, or a digest of the name where the hidden name would be too long for a folder.
fn hidden_prefix(output: &Path) -> OsString {
    let name = output.file_name().unwrap_or_else(|| OsStr::new("output"));
    let mut prefix = OsString::from(".");
    if name.len() > 180 {
        let digest = Sha256::digest(name.as_encoded_bytes());
        digest.iter().take(8).for_each(|byte| prefix.push(format!("{byte:02x}")));
    } else {
        prefix.push(name);
    }
    prefix.push(".");
    prefix
}

/// What processes that are gone have left of an output: hidden files and folders that nobody locks.
pub(crate) fn leftovers(output: &Path) -> Vec<PathBuf> {
    let prefix = hidden_prefix(output);
    let Ok(entries) = std::fs::read_dir(folder_of(output)) else { return Vec::new() };
    entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name();
            let rest = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes());
            rest.and_then(process_of).is_some_and(|process| !is_alive(process)) && is_unlocked(&entry.path())
        })
        .map(|entry| entry.path())
        .collect()
}

/// The process number in `PID-NUMBER.partial…`.
fn process_of(rest: &[u8]) -> Option<i32> {
    let text = std::str::from_utf8(rest).ok()?;
    let (process, tail) = text.split_once('-')?;
    let digits = tail.trim_start_matches(|c: char| c.is_ascii_digit());
    digits.starts_with(".partial").then(|| process.parse().ok())?
}

fn is_alive(process: i32) -> bool {
    // SAFETY: signal 0 only asks whether the process exists.
    process > 0
        && (unsafe { libc::kill(process, 0) } == 0
            || std::io::Error::last_os_error().raw_os_error() == Some(libc::EPERM))
}

/// Whether nobody, on this machine or another, holds the lock of a file or folder. Some file systems
/// lock only what is open for writing, which a folder cannot be.
fn is_unlocked(path: &Path) -> bool {
    let file = OpenOptions::new().read(true).write(!path.is_dir()).open(path);
    file.is_ok_and(|file| file.try_lock().is_ok())
}

/// The file or folder a symbolic link leads to, so that the link itself is kept; else the path.
pub(crate) fn followed(path: &Path) -> PathBuf {
    let is_link = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
    if is_link { path.canonicalize().unwrap_or_else(|_| path.to_owned()) } else { path.to_owned() }
}

/// The folder an output lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Why the system would not take more, and what to do.
pub(crate) fn system_words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::StorageFull => {
            "the disk is full; free some space or choose another folder".to_owned()
        }
        _ => format!("{error}; choose another folder"),
    }
}
