//! A BigEarthNet patch folder, version 1 or 2: one file a band at native size (120, 60 and 20 px),
//! named after the folder.
//!
//! Patches are Level-2A products cut to 1.2 km; their numbers carry no offset (Sumbul et al. 2019,
//! Clasen et al. 2024), so reflectance is DN / 10000 in both versions.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::assemble::{Origin, assemble};
use super::folder::folder_name;
use super::names::NameFacts;
use super::parts::bands_of;
use crate::bands::{Band, Level};
use crate::raster::driver::dataset_name;
use crate::raster::{
    Error, Radiometry, RadiometrySource, Result, Scene, SceneBand, SceneKind, SceneOptions, read_text,
};

/// A label file has a few hundred bytes.
const MAX_LABELS_BYTES: u64 = 1 << 20;

/// A folder `S2A_MSIL2A_…` in which a file repeats its name before the band.
pub(super) fn recognises(path: &Path) -> bool {
    path.is_dir() && folder_name(path).contains("_MSIL2A_") && !band_files(path).is_empty()
}

fn band_files(folder: &Path) -> Vec<(Band, PathBuf)> {
    let name = folder_name(folder);
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let extension = path.extension()?.to_str()?.to_ascii_lowercase();
            let band = path.file_stem()?.to_str()?.strip_prefix(&name)?.strip_prefix('_')?.parse().ok()?;
            (matches!(extension.as_str(), "tif" | "tiff") && path.is_file()).then_some((band, path))
        })
        .collect();
    files.sort();
    files
}

pub(super) fn open(path: &Path, options: &SceneOptions) -> Result<Scene> {
    let bands =
        band_files(path).into_iter().map(|(band, file)| one_band(band, &file)).collect::<Result<Vec<_>>>()?;
    let missing: Vec<_> =
        Level::L2A.bands().iter().filter(|band| bands.iter().all(|own| own.band != Some(**band))).collect();
    let name = folder_name(path);
    let stated = patch_metadata(path).ok().flatten();
    let mut facts = NameFacts::of(&name);
    facts.level = Some(Level::L2A);
    if let Some(acquired) = stated.as_ref().and_then(|stated| stated.acquisition_date.as_deref()) {
        facts.sensed = Some(format!("{}Z", acquired.trim().replace(' ', "T")));
    }
    let mut scene = assemble(&Origin { path, kind: SceneKind::BigEarthNet, facts }, bands, options)?;
    if !missing.is_empty() {
        let names: Vec<_> = missing.iter().map(|band| band.name()).collect();
        scene.warnings.push(format!("the patch lacks {}", names.join(", ")));
    }
    Ok(scene)
}

/// What the label file of a version 1 patch states (`NAME_labels_metadata.json`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PatchMetadata {
    /// Classes of the 43, by name.
    pub labels: Vec<String>,
    /// When it was taken, `2017-06-13 10:10:31` (Sentinel-2).
    pub acquisition_date: Option<String>,
    /// Name of the product it was cut from (Sentinel-2).
    pub tile_source: Option<String>,
    /// Name of the Sentinel-2 patch of the same ground (Sentinel-1).
    pub corresponding_s2_patch: Option<String>,
}

/// The label file of a patch folder; none where there is none, as in version 2.
///
/// # Errors
/// [`Error::Damaged`] where it cannot be understood.
pub fn patch_metadata(folder: &Path) -> Result<Option<PatchMetadata>> {
    let file = folder.join(format!("{}_labels_metadata.json", folder_name(folder)));
    if !file.is_file() {
        return Ok(None);
    }
    let text = read_text(&dataset_name(&file)?, MAX_LABELS_BYTES)?;
    let parsed = serde_json::from_str(&text);
    parsed.map(Some).map_err(|error| Error::damaged(&file, format!("the label file is wrong ({error})")))
}

fn one_band(band: Band, file: &Path) -> Result<SceneBand> {
    let (_, found) = bands_of(&dataset_name(file)?)?;
    let count = found.len();
    let mut one = found
        .into_iter()
        .next()
        .filter(|_| count == 1)
        .ok_or_else(|| Error::damaged(file, format!("expected one band, found {count}")))?;
    one.band = Some(band);
    band.name().clone_into(&mut one.name);
    if one.radiometry.source == RadiometrySource::Default {
        one.radiometry = Radiometry::from_quantification(10_000.0, 0.0, RadiometrySource::Product);
    }
    Ok(one)
}
