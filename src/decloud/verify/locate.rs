//! From the name an analyst gives to all files of the export.

use std::path::{Path, PathBuf};

use super::file_name;
use crate::raster::export::{OutputFile, beside, layout};
use crate::raster::{Error, Result, Scene};

/// The files of an export.
pub(super) struct Export {
    /// One raster a native size.
    pub files: Vec<Located>,
    /// Its report, where there is one.
    pub report: Option<PathBuf>,
}

/// One raster, and where its `synthetic` band is.
pub(super) struct Located {
    /// What it is called and should hold.
    pub layout: OutputFile,
    /// The file of a plain export that holds `synthetic`; none where the raster itself does.
    pub extras: Option<PathBuf>,
}

pub(super) fn locate(given: &Path, scene: &Scene) -> Result<Export> {
    let output = output_name(given, scene);
    let files: Vec<_> = layout(&output, scene, true)
        .into_iter()
        .map(|layout| {
            let extras = layout.extras.clone().filter(|path| path.is_file());
            Located { layout, extras }
        })
        .collect();
    if files.iter().all(|file| !file.layout.path.is_file()) {
        return Err(nothing_there(given, &files));
    }
    let report = Some(beside(&output, "report.json")).filter(|path| path.is_file());
    Ok(Export { files, report })
}

/// Why what was given leads to no export.
fn nothing_there(given: &Path, files: &[Located]) -> Error {
    if given.is_dir() {
        let problem = "this is a folder, not an export; give the raster that declouder decloud wrote, or its .report.json";
        return Error::damaged(given, problem);
    }
    if !given.exists() {
        return Error::NotFound(given.to_owned());
    }
    let names: Vec<_> = files.iter().map(|file| file_name(&file.layout.path)).collect();
    let problem = format!(
        "this is not an export of the source, which would be {}; give one of these or its .report.json",
        names.join(", ")
    );
    Error::damaged(given, problem)
}

/// The name the export was made with: `OUT.tif` for `OUT.report.json`, `OUT.R20m.tif` and
/// `OUT.synthetic.tif`.
fn output_name(given: &Path, scene: &Scene) -> PathBuf {
    let text = given.to_string_lossy();
    if let Some(stem) = text.strip_suffix(".report.json") {
        return format!("{stem}.tif").into();
    }
    let plain = text.strip_suffix(".synthetic.tif");
    let candidates =
        [given.to_owned(), plain.map_or_else(|| given.to_owned(), |stem| format!("{stem}.tif").into())];
    for candidate in &candidates {
        // A part of an export in several sizes: take the size's name out and see whether the
        // layout puts it in again.
        let parts = candidate.to_string_lossy().into_owned();
        let whole = parts.strip_suffix(".tif").and_then(|stem| stem.rsplit_once('.'));
        if let Some((stem, _)) = whole {
            let name = PathBuf::from(format!("{stem}.tif"));
            if layout(&name, scene, false).iter().any(|file| &file.path == candidate) && name != *candidate {
                return name;
            }
        }
    }
    match plain {
        Some(stem) if Path::new(&format!("{stem}.tif")).is_file() => format!("{stem}.tif").into(),
        _ => given.to_owned(),
    }
}
