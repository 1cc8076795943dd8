//! A folder of raster files named after their band (`B04.tif`, `T33UUP_…_B04.jp2`, `B8A.jp2`), or
//! of files with several described bands each (`10m.tif`, `20m.tif`, `60m.tif`).

use std::path::{Path, PathBuf};

use super::assemble::{Origin, assemble};
use super::geotiff::{as_tagged, missing_offset, stated};
use super::names::NameFacts;
use super::parts::bands_of;
use crate::bands::Band;
use crate::raster::driver::{dataset_name, metadata_of};
use crate::raster::{Error, Result, Scene, SceneBand, SceneKind, SceneOptions};

/// Extensions of files that may be bands; what they hold is known by content.
const EXTENSIONS: [&str; 5] = ["tif", "tiff", "jp2", "j2k", "jpx"];

/// Sizes after which a file with several bands is named; with an R in our own exports.
const SIZES: [&str; 6] = ["10m", "20m", "60m", "R10m", "R20m", "R60m"];

/// Layers of our own exports that are no bands of the scene.
const LAYERS: [&str; 2] = ["synthetic", "spread"];

/// A folder in which at least one raster file is named after a band or a native size.
pub(super) fn recognises(path: &Path) -> bool {
    path.is_dir() && !candidates(path).is_empty()
}

/// A raster file and the band its name tells.
struct Candidate {
    path: PathBuf,
    band: Option<Band>,
}

/// Raster files named after a band or a native size, in name order.
fn candidates(folder: &Path) -> Vec<Candidate> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.filter_map(|entry| candidate(entry.ok()?.path())).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

fn candidate(path: PathBuf) -> Option<Candidate> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    let stem = path.file_stem()?.to_str()?.to_owned();
    if !EXTENSIONS.contains(&extension.as_str()) || !path.is_file() {
        return None;
    }
    if LAYERS.iter().any(|layer| stem.ends_with(layer)) {
        return None;
    }
    let band = Band::find_in(&stem);
    let is_size = || stem.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| SIZES.contains(&word));
    (band.is_some() || is_size()).then_some(Candidate { path, band })
}

/// The name of the folder, even where it was given as `.`.
pub(super) fn folder_name(path: &Path) -> String {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    full.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

pub(super) fn open(path: &Path, options: &SceneOptions) -> Result<Scene> {
    let files = candidates(path);
    let mut bands = Vec::new();
    let mut metadata: Vec<String> = Vec::new();
    for file in &files {
        let (found, tags) = bands_in(file)?;
        bands.extend(found);
        // Ours, which all files of a result have alike; a product's own tags may differ from band to band.
        let own = tags.into_iter().filter(|tag| tag.starts_with("DECLOUDER_"));
        metadata.extend(own.filter(|_| metadata.is_empty()).collect::<Vec<_>>());
    }
    let first = files.first().and_then(|file| file.path.file_stem()).unwrap_or_default().to_string_lossy();
    let facts = stated(&metadata).or(NameFacts::of(&folder_name(path))).or(NameFacts::of(&first));
    let mut scene = assemble(&Origin { path, kind: SceneKind::BandFolder, facts }, bands, options)?;
    scene.metadata = metadata;
    scene.warnings.extend(missing_offset(&scene));
    Ok(scene)
}

/// The bands of a file, and its tags.
fn bands_in(file: &Candidate) -> Result<(Vec<SceneBand>, Vec<String>)> {
    let (dataset, mut found) = bands_of(&dataset_name(&file.path)?)?;
    let tags = metadata_of(&dataset);
    match (file.band, found.as_mut_slice()) {
        (Some(band), [only]) => {
            only.band = Some(band);
            band.name().clone_into(&mut only.name);
        }
        (Some(band), several) => {
            return Err(Error::damaged(
                &file.path,
                format!(
                    "the file is named after {band}, but has {} bands; expected one, or open the file itself",
                    several.len()
                ),
            ));
        }
        (None, _) => found.retain(|band| !LAYERS.contains(&band.description.as_str())),
    }
    as_tagged(&mut found, &tags);
    Ok((found, tags))
}
