//! A run's folder belongs to one training at a time.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::{Error, Result};
use crate::patches;

/// What is locked as long as a training runs. It stays in the folder; nobody reads it.
const LOCK: &str = ".lock";

/// A run's folder, claimed: as long as this lives no other training can begin or go on there, in whatever process.
#[derive(Debug)]
pub struct Claim {
    _lock: Option<File>,
}

impl Claim {
    /// Claims a folder, which is made where it is not there. What a killed training left half-written is removed.
    ///
    /// # Errors
    /// [`Error::Run`] where the folder is a patch store, where another training runs in it, and where it cannot be
    /// written.
    pub fn of(folder: &Path) -> Result<Self> {
        let fail = |problem: String| Error::Run { path: folder.to_owned(), problem };
        if patches::is_store(folder) {
            let problem =
                "this is a patch store, and a run would be removed with it; give the run a folder of its own";
            return Err(fail(problem.into()));
        }
        let unwritable =
            |error: std::io::Error| fail(format!("the run's folder cannot be written ({error})"));
        std::fs::create_dir_all(folder).map_err(unwritable)?;
        let lock = File::create(folder.join(LOCK)).map_err(unwritable)?;
        let lock = match lock.try_lock() {
            Ok(()) => Some(lock),
            Err(TryLockError::WouldBlock) => {
                let problem = "another training runs in this folder; stop it first, or give this one a folder of its own";
                return Err(fail(problem.into()));
            }
            // File systems without locks exist; then nobody is kept out.
            Err(TryLockError::Error(_)) => None,
        };
        remove_leftovers(folder);
        Ok(Self { _lock: lock })
    }
}

/// Nobody else writes in a claimed folder, so what is not complete never will be.
fn remove_leftovers(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(".partial") {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_one_trainings_until_it_ends() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("run");
        let claim = Claim::of(&folder).expect("it is free");
        let error = Claim::of(&folder).expect_err("it is taken").to_string();
        assert!(error.contains("another training") && error.contains("run"), "{error}");
        drop(claim);
        std::fs::write(folder.join(".declouderXYZ.partial"), "half").expect("written");
        std::fs::write(folder.join("mine.txt"), "whole").expect("written");
        let _claim = Claim::of(&folder).expect("free again");
        let left = std::fs::read_dir(&folder).expect("it is there").flatten();
        let mut names: Vec<_> = left.map(|entry| entry.file_name()).collect();
        names.sort();
        assert_eq!(names, [LOCK, "mine.txt"]);
    }

    #[test]
    fn a_store_is_no_folder_for_a_run() {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::write(home.path().join("store.json"), "{}").expect("written");
        let error = Claim::of(home.path()).expect_err("it is a store").to_string();
        assert!(error.contains("patch store"), "{error}");
        assert!(!home.path().join(LOCK).exists());
    }
}
