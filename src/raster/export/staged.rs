//! Files that take their final name only when they are complete.
//!
//! The hidden file is `.NAME.PID.partial.EXT` in the output's own folder (a rename is atomic only
//! within one file system) and is locked (`flock`) as long as its process lives, so that a leftover
//! is known for sure, even when its process number was given to another process.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use sha2::{Digest, Sha256};

use crate::raster::{Error, Result};

/// A hidden file of this process; dropping it removes it.
#[derive(Debug)]
pub(super) struct Temp {
    path: PathBuf,
    output: PathBuf,
    overwrite: bool,
    /// Keeps the lock; also what is synced.
    file: File,
    renamed: bool,
}

impl Drop for Temp {
    fn drop(&mut self) {
        if !self.renamed {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Temp {
    /// A new, empty, locked file beside `output`; leftovers of dead processes are removed first.
    pub(super) fn create(output: &Path, overwrite: bool) -> Result<Self> {
        let output = followed(output);
        if !overwrite && output.exists() {
            return Err(Error::Exists(output));
        }
        remove_leftovers(&output);
        Self::beside(output, overwrite)
    }

    /// A second hidden file for the same output.
    pub(super) fn sibling(&self) -> Result<Self> {
        Self::beside(self.output.clone(), self.overwrite)
    }

    fn beside(output: PathBuf, overwrite: bool) -> Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut name = hidden_prefix(&output);
        name.push(format!("{}-{number}.partial", std::process::id()));
        if let Some(extension) = output.extension() {
            name.push(".");
            name.push(extension);
        }
        let path = folder_of(&output).join(name);
        let file =
            OpenOptions::new().write(true).read(true).create_new(true).open(&path).map_err(|error| {
                let words = match error.kind() {
                    std::io::ErrorKind::StorageFull => system_words(&error),
                    _ => format!("the folder cannot be written ({error}); choose another"),
                };
                Error::write(&output, words)
            })?;
        // File systems without locks exist; leftovers are then recognised by process number only.
        let _ = file.try_lock();
        Ok(Self { path, output, overwrite, file, renamed: false })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the content survive a power cut; it now only lacks its name.
    pub(super) fn seal(self) -> Result<Staged> {
        // Opened again: a driver may have replaced the file this process created and locked.
        File::open(&self.path)
            .and_then(|file| file.sync_all())
            .map_err(|error| Error::write(&self.output, system_words(&error)))?;
        Ok(Staged(self))
    }
}

/// A complete, synced file that lacks only its name. Dropped without [`commit`] it is removed.
#[derive(Debug)]
pub struct Staged(Temp);

impl Staged {
    /// The name it will take.
    #[must_use]
    pub fn output(&self) -> &Path {
        &self.0.output
    }

    /// The complete file under its hidden name, to be measured or read.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Size in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        std::fs::metadata(&self.0.path).map_or(0, |metadata| metadata.len())
    }
}

/// Gives every file its name, in order, as the last step of an export, and returns the names.
///
/// # Errors
/// [`Error::Exists`] where a name was taken meanwhile, [`Error::Write`] where it cannot be given;
/// files named before it stay, the others are removed.
pub fn commit(staged: Vec<Staged>) -> Result<Vec<PathBuf>> {
    let mut named = Vec::with_capacity(staged.len());
    for Staged(mut temp) in staged {
        rename(&temp)?;
        temp.renamed = true;
        if let Ok(folder) = File::open(folder_of(&temp.output)) {
            // The name itself survives a power cut only when the folder is synced too.
            let _ = folder.sync_all();
        }
        remove_sidecars(&temp.output);
        named.push(temp.output.clone());
    }
    Ok(named)
}

fn rename(temp: &Temp) -> Result<()> {
    if !temp.overwrite && temp.output.exists() {
        return Err(Error::Exists(temp.output.clone()));
    }
    if let Ok(old) = std::fs::metadata(&temp.output) {
        let _ = std::fs::set_permissions(&temp.path, old.permissions());
    }
    std::fs::rename(&temp.path, &temp.output)
        .map_err(|error| Error::write(&temp.output, format!("the finished file cannot be renamed ({error})")))
}

/// GDAL's side files of the file that was replaced would be taken for the new one's.
fn remove_sidecars(output: &Path) {
    for extension in [".aux.xml", ".ovr", ".msk"] {
        let mut name = output.as_os_str().to_owned();
        name.push(extension);
        let _ = std::fs::remove_file(name);
    }
}

/// Writes a small text file the same way: complete and synced, lacking only its name.
///
/// # Errors
/// As [`super::RasterWriter::create`].
pub fn stage_text(path: &Path, contents: &str, overwrite: bool) -> Result<Staged> {
    let mut temp = Temp::create(path, overwrite)?;
    temp.file.write_all(contents.as_bytes()).map_err(|error| Error::write(path, system_words(&error)))?;
    temp.seal()
}

/// Why the system would not take more, and what to do.
fn system_words(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::StorageFull => {
            "the disk is full; free some space or choose another folder".to_owned()
        }
        _ => format!("{error}; choose another folder"),
    }
}

/// Checks, before any work, that an output may be written: it is none of the inputs, by whatever
/// name, it does not exist (or may be replaced), and its folder takes new files.
///
/// # Errors
/// [`Error::Option`] where it is an input, [`Error::Exists`], [`Error::Write`].
pub fn check_output(path: &Path, overwrite: bool, inputs: &[&Path]) -> Result<()> {
    let output = followed(path);
    if let Ok(existing) = std::fs::metadata(&output) {
        let same = |input: &&&Path| {
            std::fs::metadata(input)
                .is_ok_and(|other| (other.dev(), other.ino()) == (existing.dev(), existing.ino()))
        };
        if let Some(input) = inputs.iter().find(same) {
            return Err(Error::Option {
                option: "--output",
                problem: format!(
                    "{} is the input {} itself; give another name",
                    path.display(),
                    input.display()
                ),
            });
        }
        if !existing.is_file() {
            return Err(Error::write(path, "this is no regular file; give the name of a file"));
        }
        if !overwrite {
            return Err(Error::Exists(path.to_owned()));
        }
    }
    let folder = folder_of(&output);
    if !folder.is_dir() {
        return Err(Error::write(path, format!("there is no folder {}; create it first", folder.display())));
    }
    remove_leftovers(&output);
    // Permissions, read-only file systems and quotas all show in one way only: by trying.
    Temp::beside(output, overwrite).map(drop)
}

/// The file a symbolic link leads to, so that the link itself is kept; else the path.
fn followed(path: &Path) -> PathBuf {
    let is_link = std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
    if is_link { path.canonicalize().unwrap_or_else(|_| path.to_owned()) } else { path.to_owned() }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
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

/// Removes hidden files of the same output whose process is gone.
fn remove_leftovers(output: &Path) {
    let prefix = hidden_prefix(output);
    let Ok(entries) = std::fs::read_dir(folder_of(output)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(rest) = name.as_encoded_bytes().strip_prefix(prefix.as_encoded_bytes()) else { continue };
        let Some(process) = process_of(rest) else { continue };
        if !is_alive(process) && is_unlocked(&entry.path()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
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

/// Whether nobody, on this machine or another, holds the file's lock.
fn is_unlocked(path: &Path) -> bool {
    OpenOptions::new().write(true).open(path).is_ok_and(|file| file.try_lock().is_ok())
}
