//! Small files beside an export that make other programs understand it: QGIS styles and a STAC item.

use std::path::{Path, PathBuf};

use super::DecloudConfig;
use super::provenance::{Report, qml_style, stac_item};
use crate::raster::export::{OutputFile, Staged, beside, stage_text};
use crate::raster::{Error, Result, Scene};

/// The names that were asked for.
pub(super) fn names(output: &Path, files: &[OutputFile], config: &DecloudConfig) -> Vec<PathBuf> {
    let styles = files.iter().filter(|_| config.qml).map(|file| beside(&file.path, "qml"));
    styles.chain(config.stac.then(|| beside(output, "stac.json"))).collect()
}

/// Writes them, complete but for their names.
pub(super) fn stage(
    output: &Path,
    scene: &Scene,
    files: &[OutputFile],
    report: &Report,
    config: &DecloudConfig,
    overwrite: bool,
) -> Result<Vec<Staged>> {
    let own = if config.plain { 0 } else { 1 + usize::from(config.samples > 0) };
    let mut staged = Vec::new();
    if config.qml {
        for file in files {
            let path = beside(&file.path, "qml");
            staged.push(stage_text(&path, &qml_style(scene, file, own), overwrite)?);
        }
    }
    if config.stac {
        let path = beside(output, "stac.json");
        let item = stac_item(report, scene, files, output, config.cog);
        let text =
            serde_json::to_string_pretty(&item).map_err(|error| Error::write(&path, error.to_string()))?;
        staged.push(stage_text(&path, &text, overwrite)?);
    }
    Ok(staged)
}
