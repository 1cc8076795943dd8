//! The files of an export take their names together or not at all.
#![cfg(feature = "gdal")]

use std::fs;
use std::path::{Path, PathBuf};

use declouder::raster::export::{Staged, commit, stage_text};

const PARTS: [&str; 3] = ["OUT.R10m.tif", "OUT.R20m.tif", "OUT.R60m.tif"];

fn paths(folder: &Path) -> [PathBuf; 3] {
    PARTS.map(|name| folder.join(name))
}

fn staged(paths: &[PathBuf], overwrite: bool) -> Vec<Staged> {
    paths.iter().map(|path| stage_text(path, "new", overwrite).unwrap()).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_name_that_cannot_be_given_leaves_all_others_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second, third] = paths(folder.path());
    fs::write(&first, "old").unwrap();
    fs::write(folder.path().join("OUT.R10m.tif.aux.xml"), "statistics").unwrap();
    let staged = staged(&[first.clone(), second.clone(), third.clone()], true);
    // A folder takes the last name meanwhile, and no file can be renamed onto it.
    fs::create_dir(&third).unwrap();
    let error = commit(staged).unwrap_err().to_string();
    assert!(error.contains("OUT.R60m.tif"), "{error}");
    assert_eq!(fs::read_to_string(&first).unwrap(), "old", "the replaced file is back");
    assert_eq!(names(folder.path()), ["OUT.R10m.tif", "OUT.R10m.tif.aux.xml", "OUT.R60m.tif"]);

    fs::remove_dir(&third).unwrap();
    let named = commit(self::staged(&[first.clone(), second, third], true)).unwrap();
    assert_eq!(named.len(), 3);
    assert_eq!(fs::read_to_string(&first).unwrap(), "new");
    assert_eq!(names(folder.path()), PARTS, "no second names, no old statistics");
}

#[test]
fn a_name_taken_meanwhile_is_seen_before_the_first_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let paths = paths(folder.path());
    let staged = staged(&paths, false);
    fs::write(&paths[2], "mine").unwrap();
    let error = commit(staged).unwrap_err().to_string();
    assert!(error.contains("OUT.R60m.tif") && error.contains("--overwrite"), "{error}");
    assert_eq!(names(folder.path()), ["OUT.R60m.tif"]);
    assert_eq!(fs::read_to_string(&paths[2]).unwrap(), "mine");
}
