//! A mask from a file: the analyst's own, another program's, or a product's classification.

use std::path::Path;

use super::nearest::{Placement, paint};
use super::values::Values;
use super::{CLEAR, CLOUD, Classes, Error, INVALID, Mask, Result, validity};
use crate::progress::Monitor;
use crate::raster::{self, Error as RasterError, Grid, Plane, Scene, SceneKind, SceneOptions, SceneReader};

/// How to read a mask file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FileOptions {
    /// What its values mean.
    pub classes: Classes,
    /// Which band, from 1; none where the file has only one.
    pub band: Option<usize>,
}

/// Reads a mask onto the scene's grid: as it is where the sizes agree, else nearest neighbour by
/// the geotransforms of two rasters of the same CRS. Pixels outside the file are clear, with a
/// warning; pixels where the scene measured nothing are invalid.
///
/// Other programs write 255 for cloud: where a file holds nothing but 0 and 255 and is none of ours, that
/// is how it is read, with a warning.
///
/// A soft mask (floats 0..1) is cut at 0.5: m must be 255 on everything that is to be replaced and
/// 0 on everything copied, and a probability is neither; the feathering makes the transition.
///
/// # Errors
/// A file that is no raster, has several bands and no choice of one, lies on another size without
/// a CRS, in another CRS, or nowhere on the scene, or that is invalid all over it.
pub fn from_file(path: &Path, scene: &Scene, options: &FileOptions, monitor: &dyn Monitor) -> Result<Mask> {
    let file = raster::open(path, &SceneOptions::default())?;
    let band = choose_band(&file, options)?;
    let placement = place(scene, &file)?;
    let mut codes = Plane::filled(scene.grid.width, scene.grid.height, CLEAR);
    let mut reader = SceneReader::new(&file);
    let mut values = Values::of(&file, band, options);
    monitor.stage("reading mask", (scene.grid.width * scene.grid.height) as u64);
    let covered = paint(&mut codes, &placement, monitor, |window| {
        let samples = reader.samples(band, window)?;
        (0..samples.len())
            .map(|index| {
                let value = samples.get(index);
                values.code(value).ok_or_else(|| unexpected(path, value, options))
            })
            .collect()
    })?;
    if covered == 0 {
        return Err(lies_nowhere(path));
    }
    if covered < codes.data.len() {
        let share = 100.0 * (codes.data.len() - covered) as f64 / codes.data.len() as f64;
        monitor.warn(&format!(
            "the mask does not reach {share:.1} % of the scene, which is taken as clear: {}",
            path.display()
        ));
    }
    if let Some(count) = values.too_many() {
        return Err(Error::damaged(
            path,
            format!(
                "the mask holds {count} different values, too many for classes; if it is a probability or weights, say from which value on it is cloud with --mask-classes (from:50)"
            ),
        ));
    }
    if values.are_black_and_white() {
        monitor.warn(&format!(
            "the mask holds only 0 and 255, so 255 is taken for cloud; if it means that nothing was measured, say --mask-classes 255=invalid: {}",
            path.display()
        ));
        for code in codes.data.iter_mut().filter(|code| **code == INVALID) {
            *code = CLOUD;
        }
    }
    refuse_empty(path, &codes, scene, monitor)?;
    validity::apply(&mut codes, scene, monitor)?;
    Ok(Mask { codes, source: format!("file {} (values: {})", name_of(path), values.words()) })
}

/// Refuses a mask that is invalid all over where the scene is not: nothing would be replaced, and the
/// scene would seem to be at fault.
fn refuse_empty(path: &Path, codes: &Plane<u8>, scene: &Scene, monitor: &dyn Monitor) -> Result<()> {
    if codes.data.iter().any(|&code| code != INVALID) {
        return Ok(());
    }
    let mut measured = Plane::filled(codes.width, codes.height, CLEAR);
    validity::apply(&mut measured, scene, monitor)?;
    if measured.data.iter().all(|&code| code == INVALID) {
        return Ok(());
    }
    Err(Error::damaged(
        path,
        "the mask says nothing about the scene: it holds only NaN, nodata or 255, which is invalid; expected 0 clear, 1 cloud, 2 shadow, or say what its values mean with --mask-classes (255=cloud)",
    ))
}

fn lies_nowhere(path: &Path) -> Error {
    let problem = "the mask lies nowhere on the scene; expected a mask of the same place".into();
    RasterError::GridMismatch { path: path.to_owned(), problem }.into()
}

/// Refuses a file that cannot be laid over a scene, or lies elsewhere.
pub(super) fn check_place(scene: &Scene, file: &Scene) -> Result<()> {
    if place(scene, file)?.reaches(&scene.grid) { Ok(()) } else { Err(lies_nowhere(&file.path)) }
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn unexpected(path: &Path, value: f64, options: &FileOptions) -> Error {
    Error::damaged(
        path,
        format!(
            "the mask holds the value {value}, which is unknown (values: {}); a float mask is 0..1, codes are 0 clear, 1 cloud, 2 shadow, 255 invalid; for a percentage or weights say from which value on it is cloud with --mask-classes (from:50)",
            options.classes
        ),
    )
}

pub(super) fn choose_band(file: &Scene, options: &FileOptions) -> Result<usize> {
    if file.kind != SceneKind::GeoTiff {
        return Err(Error::damaged(&file.path, "a mask must be one raster file, not a folder or product"));
    }
    let count = file.bands.len();
    match options.band {
        None if count == 1 => Ok(0),
        None => Err(Error::damaged(
            &file.path,
            format!("the mask has {count} bands; expected one, or choose one with --mask-band 1 … {count}"),
        )),
        Some(band) if (1..=count).contains(&band) => Ok(band - 1),
        Some(band) => Err(Error::Option {
            option: "--mask-band",
            problem: format!("there is no band {band}; {} has {count}", file.path.display()),
        }),
    }
}

fn place(scene: &Scene, file: &Scene) -> Result<Placement> {
    let (grid, other) = (&scene.grid, &file.grid);
    let mismatch = |problem: String| RasterError::GridMismatch { path: file.path.clone(), problem };
    let same_size = (grid.width, grid.height) == (other.width, other.height);
    let has_crs = |grid: &Grid| !grid.crs_wkt.is_empty() && grid.geotransform.is_some();
    if has_crs(grid) && has_crs(other) {
        if !raster::same_crs(&grid.crs_wkt, &other.crs_wkt) {
            return Err(mismatch(
                "the mask has another coordinate reference system than the scene; warp it to the scene's grid first (gdalwarp -r near)".into(),
            )
            .into());
        }
        return Placement::georeferenced(grid, other)
            .ok_or_else(|| mismatch("the mask's geotransform cannot be inverted".into()).into());
    }
    if same_size {
        return Ok(Placement::stretched(grid, other));
    }
    Err(mismatch(format!(
        "the mask has {} × {} pixels and the scene {} × {}, and {} no coordinate reference system to place it by; expected the same size",
        other.width,
        other.height,
        grid.width,
        grid.height,
        if has_crs(grid) { "the mask has" } else { "the scene has" }
    ))
    .into())
}
