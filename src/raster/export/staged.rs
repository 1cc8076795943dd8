//! Files that take their final name only when they are complete. Until then they have the hidden
//! name that [`crate::raster::hidden`] describes.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::raster::hidden::{folder_of, followed, hidden_name, leftovers, system_words};
use crate::raster::{Error, Result};

/// A hidden file of this process; dropping it removes it.
#[derive(Debug)]
pub(super) struct Temp {
    path: PathBuf,
    pub(super) output: PathBuf,
    pub(super) overwrite: bool,
    /// Keeps the lock; also what is synced.
    file: File,
    /// Whether it has its final name, so that nothing is left to remove.
    pub(super) renamed: bool,
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
        let mut name = hidden_name(&output);
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

/// A complete, synced file that lacks only its name. Dropped without
/// [`commit`](super::commit) it is removed.
#[derive(Debug)]
pub struct Staged(pub(super) Temp);

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

/// Writes a small text file the same way: complete and synced, lacking only its name.
///
/// # Errors
/// As [`super::RasterWriter::create`].
pub fn stage_text(path: &Path, contents: &str, overwrite: bool) -> Result<Staged> {
    stage_bytes(path, contents.as_bytes(), overwrite)
}

/// Writes a small file of any content, as [`stage_text`].
///
/// # Errors
/// As [`super::RasterWriter::create`].
pub fn stage_bytes(path: &Path, contents: &[u8], overwrite: bool) -> Result<Staged> {
    let mut temp = Temp::create(path, overwrite)?;
    temp.file.write_all(contents).map_err(|error| Error::write(path, system_words(&error)))?;
    temp.seal()
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

/// Removes hidden files of the same output whose process is gone.
fn remove_leftovers(output: &Path) {
    for leftover in leftovers(output) {
        let _ = std::fs::remove_file(leftover);
    }
}
