//! A folder that takes its name only when it is complete.
//!
//! Until then it is `.NAME.PID-N.partial` beside its name, locked as long as its process lives; what
//! killed processes left is removed by the next one that writes the same name.

use std::ffi::CString;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{Result, manifest};
use crate::raster::Error;
use crate::raster::hidden::{folder_of, followed, hidden_name, leftovers, system_words};

/// A hidden folder of this process; dropping it removes it and all in it.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    output: PathBuf,
    overwrite: bool,
    /// Keeps the lock; also what is synced.
    handle: File,
    renamed: bool,
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.renamed {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Whether a folder holds a patch store, whole or not.
#[must_use]
pub fn is_store(folder: &Path) -> bool {
    folder.join(manifest::FILE).is_file()
}

/// Files in a store's folder that are not the store's own: they would go with it.
fn foreign(store: &Path) -> Vec<String> {
    let own = |name: &str| {
        let number = name.strip_prefix("shard-").and_then(|name| name.strip_suffix(".safetensors"));
        name == manifest::FILE
            || number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let entries = std::fs::read_dir(store).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !own(name)).collect();
    names.sort();
    names
}

/// Checks, before any work, that a store may be written: nothing is there, or an older store and it
/// may be replaced. Anything else is never replaced.
///
/// # Errors
/// [`Error::Exists`] or [`Error::Write`].
pub fn check_output(output: &Path, overwrite: bool) -> Result<()> {
    if std::fs::symlink_metadata(output).is_ok() {
        let is_store = is_store(output);
        let is_empty = std::fs::read_dir(output).is_ok_and(|mut entries| entries.next().is_none());
        if !is_store && !is_empty {
            return Err(Error::write(
                output,
                "something else than a patch store has this name; give another name",
            )
            .into());
        }
        if is_store && !overwrite {
            return Err(Error::Exists(output.to_owned()).into());
        }
        if let Some(first) = foreign(output).first() {
            let problem = format!(
                "the folder holds more than a patch store ({first}), which would be removed with it; move that away, or give another name"
            );
            return Err(Error::write(output, problem).into());
        }
    }
    let parent = folder_of(output);
    if !parent.is_dir() {
        return Err(Error::write(
            output,
            format!("there is no folder {}; create it first", parent.display()),
        )
        .into());
    }
    Ok(())
}

impl Folder {
    /// A new, empty, locked folder beside `output`.
    pub(super) fn create(output: &Path, overwrite: bool) -> Result<Self> {
        check_output(output, overwrite)?;
        let output = followed(output);
        for leftover in leftovers(&output) {
            let _ = std::fs::remove_dir_all(leftover);
        }
        let path = folder_of(&output).join(hidden_name(&output));
        let fail = |error: std::io::Error| Error::write(&output, system_words(&error));
        std::fs::create_dir(&path).map_err(fail)?;
        let handle = File::open(&path).map_err(fail)?;
        // File systems without locks exist; leftovers are then recognised by process number only.
        let _ = handle.try_lock();
        Ok(Self { path, output, overwrite, handle, renamed: false })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The name it will take.
    pub(super) fn output(&self) -> &Path {
        &self.output
    }

    /// Why writing in it failed, in the output's name.
    pub(super) fn error(&self, error: &std::io::Error) -> super::Error {
        Error::write(&self.output, system_words(error)).into()
    }

    /// Gives the folder its name, in one step, even where an older store has it.
    ///
    /// # Errors
    /// [`Error::Exists`] where the name was taken meanwhile, [`Error::Write`].
    pub(super) fn commit(mut self) -> Result<()> {
        self.handle.sync_all().map_err(|error| self.error(&error))?;
        check_output(&self.output, self.overwrite)?;
        let fail = |error: &std::io::Error| {
            Error::write(&self.output, format!("the finished store cannot be renamed ({error})"))
        };
        if is_store(&self.output) {
            exchange(&self.path, &self.output).map_err(|error| fail(&error))?;
            // The old store now has the hidden name.
            let _ = std::fs::remove_dir_all(&self.path);
        } else {
            std::fs::rename(&self.path, &self.output).map_err(|error| fail(&error))?;
        }
        self.renamed = true;
        if let Ok(parent) = File::open(folder_of(&self.output)) {
            // The name itself survives a power cut only when the folder is synced too.
            let _ = parent.sync_all();
        }
        Ok(())
    }
}

/// Lets two names change places in one step; where the system cannot, one after the other.
fn exchange(new: &Path, old: &Path) -> std::io::Result<()> {
    let c_path = |path: &Path| CString::new(path.as_os_str().as_bytes()).map_err(std::io::Error::other);
    let (first, second) = (c_path(new)?, c_path(old)?);
    // SAFETY: both are strings that end in NUL and outlive the call.
    let swapped = unsafe {
        libc::renameat2(
            libc::AT_FDCWD,
            first.as_ptr(),
            libc::AT_FDCWD,
            second.as_ptr(),
            libc::RENAME_EXCHANGE,
        )
    };
    if swapped == 0 {
        return Ok(());
    }
    let error = std::io::Error::last_os_error();
    if !matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOSYS)) {
        return Err(error);
    }
    let aside = folder_of(old).join(hidden_name(old));
    std::fs::rename(old, &aside)?;
    std::fs::rename(new, old).inspect_err(|_| {
        let _ = std::fs::rename(&aside, old);
    })?;
    std::fs::rename(&aside, new)
}
