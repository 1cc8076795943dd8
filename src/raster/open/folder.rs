//! A folder of raster files named after their band: `B04.tif`, `T33UUP_…_B04.jp2`, `s2_B8A.jp2`.

use std::path::{Path, PathBuf};

use super::parts::{Origin, assemble, bands_of};
use crate::bands::Band;
use crate::raster::{Error, Result, Scene, SceneKind, SceneOptions};

/// A folder in which at least one raster file is named after a band.
pub(super) fn recognises(path: &Path) -> bool {
    path.is_dir() && !band_files(path).is_empty()
}

/// Raster files named after a band, in name order.
fn band_files(folder: &Path) -> Vec<(Band, PathBuf)> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let extension = path.extension()?.to_str()?.to_ascii_lowercase();
            let band = Band::find_in(path.file_stem()?.to_str()?)?;
            (["tif", "tiff", "jp2"].contains(&extension.as_str()) && path.is_file()).then_some((band, path))
        })
        .collect();
    files.sort();
    files
}

pub(super) fn open(path: &Path, options: &SceneOptions) -> Result<Scene> {
    let mut bands = Vec::new();
    for (band, file) in band_files(path) {
        let (_, mut found) = bands_of(&file.to_string_lossy())?;
        if found.len() != 1 {
            return Err(Error::damaged(
                &file,
                format!("expected one band, found {}; open the file itself instead", found.len()),
            ));
        }
        let mut one = found.remove(0);
        one.band = Some(band);
        band.name().clone_into(&mut one.name);
        bands.push(one);
    }
    assemble(&Origin { path, kind: SceneKind::BandFolder, level: None }, bands, options)
}
