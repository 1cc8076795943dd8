//! Small files beside an export that make other programs understand it: QGIS styles and a STAC item.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::DecloudConfig;
use super::provenance::{Report, qml_style, stac_item};
use crate::raster::export::{OutputFile, Staged, beside, stage_text};
use crate::raster::hidden::followed;
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

/// Files of the result that this one replaces which it does not write itself, so that no old style, item
/// or mark stands beside new pixels. The former report says which they are; without one nothing is
/// touched, nor is any file that is read, nor one whose name is not of this output.
pub(super) fn stale(output: &Path, staged: &[Staged], inputs: &[PathBuf]) -> Vec<PathBuf> {
    let Ok(former) = Report::read(&beside(output, "report.json")) else { return Vec::new() };
    let asked = |option: &str| former.options.get(option).and_then(Value::as_bool) == Some(true);
    let names = former.outputs.iter().map(|facts| Path::new(&facts.name));
    let mut files: Vec<PathBuf> =
        names.filter(|name| is_of(output, name)).map(|name| output.with_file_name(name)).collect();
    if asked("qml") {
        files.extend(files.iter().map(|raster| beside(raster, "qml")).collect::<Vec<_>>());
    }
    if asked("stac") {
        files.push(beside(output, "stac.json"));
    }
    files.retain(|file| {
        let is_written = staged.iter().any(|one| one.output() == followed(file));
        file.is_file() && !is_written && !inputs.iter().any(|input| is_same(input, file))
    });
    files
}

/// Whether an export to `output` may have given this name: `OUT.tif`, `OUT.….tif`, no other folder.
fn is_of(output: &Path, name: &Path) -> bool {
    let stem = beside(output, "");
    let (Some(stem), Some(own)) = (stem.file_name(), name.file_name()) else { return false };
    name.components().count() == 1 && own.as_encoded_bytes().starts_with(stem.as_encoded_bytes())
}

fn is_same(first: &Path, second: &Path) -> bool {
    match (std::fs::metadata(first), std::fs::metadata(second)) {
        (Ok(first), Ok(second)) => (first.dev(), first.ino()) == (second.dev(), second.ino()),
        _ => false,
    }
}
