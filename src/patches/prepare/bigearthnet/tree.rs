//! Where BigEarthNet's patch folders are: directly in a folder (version 1), or in a folder a scene
//! (version 2).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::patches::{Error, Result};
use crate::raster::{self, scene_of};

/// Folders between a data set's root and its patches, at most.
const MAX_DEPTH: usize = 3;

/// Which satellite's patches are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Satellite {
    Sentinel1,
    Sentinel2,
}

impl Satellite {
    /// Whether a folder's name is a patch's: it ends with a column and a row.
    fn is_patch(self, name: &str) -> bool {
        let product = match self {
            Self::Sentinel1 => name.starts_with("S1"),
            Self::Sentinel2 => name.contains("_MSIL2A_"),
        };
        product && scene_of(name) != name
    }
}

/// Patch folders below `root`, or `root` itself, in the order of their names.
///
/// # Errors
/// A folder that cannot be listed; two patches of one name.
pub(super) fn patches(root: &Path, satellite: Satellite) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    let full = root.canonicalize().map_err(|_| raster::Error::NotFound(root.to_owned()))?;
    let name = full.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if satellite.is_patch(&name) {
        return Ok(vec![(name, root.to_owned())]);
    }
    walk(root, satellite, 0, &mut found)?;
    found.sort();
    if let Some(twice) = found.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(Error::source(
            &twice[1].1,
            format!("the patch occurs twice, also as {}; remove one", twice[0].1.display()),
        ));
    }
    Ok(found)
}

/// The same, by name.
///
/// # Errors
/// As [`patches`].
pub(super) fn by_name(root: &Path, satellite: Satellite) -> Result<HashMap<String, PathBuf>> {
    Ok(patches(root, satellite)?.into_iter().collect())
}

fn walk(folder: &Path, satellite: Satellite, depth: usize, found: &mut Vec<(String, PathBuf)>) -> Result<()> {
    let io = |error| raster::Error::io(folder, "listing the folder", error);
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_folder =
            entry.file_type().is_ok_and(|kind| kind.is_dir() || kind.is_symlink() && entry.path().is_dir());
        if !is_folder || name.starts_with('.') {
            continue;
        }
        if satellite.is_patch(&name) {
            found.push((name, entry.path()));
        } else if depth < MAX_DEPTH && !other(satellite, &name) {
            walk(&entry.path(), satellite, depth + 1, found)?;
        }
    }
    Ok(())
}

/// Folders in which there is nothing to find: the other satellite's, and the reference maps.
fn other(satellite: Satellite, name: &str) -> bool {
    let strange = match satellite {
        Satellite::Sentinel1 => ["BigEarthNet-S2", "Reference_Maps"],
        Satellite::Sentinel2 => ["BigEarthNet-S1", "Reference_Maps"],
    };
    strange.contains(&name)
}
