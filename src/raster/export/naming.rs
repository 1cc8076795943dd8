//! The last step of an export: all its files take their names, or none does.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::staged::{Staged, Temp};
use crate::raster::hidden::{folder_of, hidden_name};
use crate::raster::{Error, Result};

/// Gives every file its name, in order, as the last step of an export, and returns the names.
///
/// # Errors
/// [`Error::Exists`] where a name was taken meanwhile, [`Error::Write`] where it cannot be given. No
/// name holds anything new then: files that were replaced already are put back. Only a process that is
/// killed between two renames, or a file system without hard links, leaves a part of the new files; each
/// of them is whole.
pub fn commit(staged: Vec<Staged>) -> Result<Vec<PathBuf>> {
    for Staged(temp) in &staged {
        check_free(temp)?;
    }
    let several = staged.len() > 1;
    let mut named: Vec<Named> = Vec::with_capacity(staged.len());
    for Staged(temp) in staged {
        match Named::give(temp, several) {
            Ok(one) => named.push(one),
            Err(error) => {
                named.into_iter().rev().for_each(Named::undo);
                return Err(error);
            }
        }
    }
    Ok(named.into_iter().map(Named::keep).collect())
}

/// Removes a file of an earlier export, with what GDAL keeps beside it.
pub fn remove_output(output: &Path) {
    let _ = std::fs::remove_file(output);
    remove_sidecars(output);
}

fn check_free(temp: &Temp) -> Result<()> {
    if !temp.overwrite && temp.output.exists() {
        return Err(Error::Exists(temp.output.clone()));
    }
    Ok(())
}

/// A file that has its name, and how to take it away again.
struct Named {
    output: PathBuf,
    former: Former,
}

/// What had the name before.
enum Former {
    Nothing,
    /// A second name of the replaced file.
    Kept(PathBuf),
    /// It cannot be put back, or need not be.
    Gone,
}

impl Named {
    fn give(mut temp: Temp, several: bool) -> Result<Self> {
        check_free(&temp)?;
        let output = temp.output.clone();
        if let Ok(old) = std::fs::metadata(&output) {
            let _ = std::fs::set_permissions(temp.path(), old.permissions());
        }
        let former = if several { former(&output) } else { Former::Gone };
        if let Err(error) = std::fs::rename(temp.path(), &output) {
            former.forget();
            return Err(Error::write(&output, format!("the finished file cannot be renamed ({error})")));
        }
        temp.renamed = true;
        if let Ok(folder) = File::open(folder_of(&output)) {
            // The name itself survives a power cut only when the folder is synced too.
            let _ = folder.sync_all();
        }
        Ok(Self { output, former })
    }

    fn undo(self) {
        let _ = match self.former {
            Former::Nothing => std::fs::remove_file(&self.output),
            Former::Kept(former) => std::fs::rename(former, &self.output),
            Former::Gone => Ok(()),
        };
    }

    fn keep(self) -> PathBuf {
        self.former.forget();
        remove_sidecars(&self.output);
        self.output
    }
}

impl Former {
    /// Takes the second name away.
    fn forget(self) {
        if let Self::Kept(former) = self {
            let _ = std::fs::remove_file(former);
        }
    }
}

/// Gives a file that is about to be replaced a second, hidden name, which the next export removes
/// should this process be killed.
fn former(output: &Path) -> Former {
    let second = folder_of(output).join(hidden_name(output));
    match std::fs::hard_link(output, &second) {
        Ok(()) => Former::Kept(second),
        Err(error) if error.kind() == ErrorKind::NotFound => Former::Nothing,
        Err(_) => Former::Gone,
    }
}

/// GDAL's side files of the file that was replaced would be taken for the new one's.
fn remove_sidecars(output: &Path) {
    for extension in [".aux.xml", ".ovr", ".msk"] {
        let mut name = output.as_os_str().to_owned();
        name.push(extension);
        let _ = std::fs::remove_file(name);
    }
}
