//! A folder of pairs: `cloudy/` and `clear/` with scenes of the same names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Error, Result, scene_name};

/// Two scenes of one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Their name, without an extension.
    pub name: String,
    /// Their file (or folder) name, which a mask shares.
    pub file_name: String,
    /// The cloudy date.
    pub cloudy: PathBuf,
    /// The clear date.
    pub clear: PathBuf,
}

/// Whether a folder is one of pairs.
#[must_use]
pub fn is_pairs(path: &Path) -> bool {
    path.join("cloudy").is_dir() && path.join("clear").is_dir()
}

/// The pairs of a folder, by name.
///
/// # Errors
/// [`Error::Pairs`] where it is no folder of pairs, has none, or a scene lacks its partner.
pub fn find_pairs(folder: &Path) -> Result<Vec<Pair>> {
    let fail = |problem: String| Error::Pairs { path: folder.to_owned(), problem };
    if !folder.exists() {
        return Err(Error::NotFound(folder.to_owned()));
    }
    if !is_pairs(folder) {
        return Err(fail("this is no folder of pairs".into()));
    }
    let cloudy = file_names(&folder.join("cloudy"))?;
    let clear = file_names(&folder.join("clear"))?;
    let lonely = |from: &BTreeSet<String>, other: &BTreeSet<String>, place: &str| {
        let alone: Vec<_> = from.difference(other).map(String::as_str).collect();
        (!alone.is_empty()).then(|| format!("only in {place}/: {}", some_of(&alone)))
    };
    let lonely: Vec<_> =
        [lonely(&cloudy, &clear, "cloudy"), lonely(&clear, &cloudy, "clear")].into_iter().flatten().collect();
    if !lonely.is_empty() {
        return Err(fail(format!("some scenes lack their partner ({})", lonely.join("; "))));
    }
    if cloudy.is_empty() {
        return Err(fail("cloudy/ and clear/ are empty".into()));
    }
    Ok(cloudy
        .into_iter()
        .map(|file_name| Pair {
            name: scene_name(&file_name).to_owned(),
            cloudy: folder.join("cloudy").join(&file_name),
            clear: folder.join("clear").join(&file_name),
            file_name,
        })
        .collect())
}

/// The first few of many names.
fn some_of(names: &[&str]) -> String {
    const SHOWN: usize = 4;
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{shown} and {} more", names.len() - SHOWN) } else { shown }
}

/// Names in a folder that may be scenes: nothing hidden, no sidecar.
///
/// # Errors
/// [`Error::Io`] where the folder cannot be listed.
pub fn file_names(folder: &Path) -> Result<BTreeSet<String>> {
    let fail = |error| Error::io(folder, "listing the folder", error);
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let name = entry.map_err(fail)?.file_name().to_string_lossy().into_owned();
        let extension = Path::new(&name).extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        let sidecar = matches!(extension.as_deref(), Some("xml" | "json" | "txt" | "md" | "csv" | "ovr"));
        if !name.starts_with('.') && !sidecar {
            names.insert(name);
        }
    }
    Ok(names)
}
