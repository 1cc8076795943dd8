//! A scene made of bands: names, the reference grid, how the bands nest in it, what is doubtful.

use std::path::Path;

use super::names::NameFacts;
use super::nesting;
use crate::bands::{Band, Level};
use crate::raster::{Dtype, Error, RadiometrySource, Result, Scene, SceneBand, SceneKind, SceneOptions};

/// Everything a reader knows besides the bands.
pub(super) struct Origin<'a> {
    pub path: &'a Path,
    pub kind: SceneKind,
    pub facts: NameFacts,
}

/// Makes a scene of bands: applies the analyst's options, finds the reference grid, checks that
/// the grids nest, and sorts the bands into the project's order.
///
/// # Errors
/// [`Error::Option`] where `--bands` does not fit, [`Error::GridMismatch`] where the bands do not
/// nest, [`Error::DuplicateBand`] where two bands are the same.
pub(super) fn assemble(
    origin: &Origin<'_>,
    mut bands: Vec<SceneBand>,
    options: &SceneOptions,
) -> Result<Scene> {
    let mut warnings = Vec::new();
    name_bands(&mut bands, origin.kind, options)?;
    refuse_duplicates(origin.path, &bands)?;
    if let Some(option) = options.radiometry {
        for band in bands.iter_mut().filter(|band| band.is_reflectance()) {
            band.radiometry = option.radiometry();
        }
    }
    warnings.extend(nesting::share_georeference(&mut bands));
    let grid = nesting::finest_grid(&bands, origin.path)?;
    let mut shifts = Vec::new();
    for band in &mut bands {
        let (ratio, shift) = nesting::nest(&grid, band, origin.path)?;
        band.ratio = ratio;
        if shift > 0.0 {
            shifts.push((band.name.clone(), shift));
        }
    }
    warnings.extend(nesting::shift_warning(&shifts));
    if origin.kind != SceneKind::GeoTiff {
        // A single file keeps its own band order: its export has the same bands in the same place.
        bands.sort_by_key(|band| band.band.map_or((1, 0), |known| (0, known as u8)));
    }
    warnings.extend(level_conflict(origin, options));
    let mut scene = Scene {
        path: origin.path.to_owned(),
        kind: origin.kind,
        level: options.level.or(origin.facts.level).or_else(|| level_by_bands(&bands)),
        baseline: origin.facts.baseline.clone(),
        sensed: origin.facts.sensed.clone(),
        sun: None,
        cloud_percent: None,
        grid,
        bands,
        masks: Vec::new(),
        metadata: Vec::new(),
        warnings,
        part_of: None,
        memory: None,
    };
    let about = warnings_about(&scene);
    scene.warnings.extend(about);
    Ok(scene)
}

fn name_bands(bands: &mut [SceneBand], kind: SceneKind, options: &SceneOptions) -> Result<()> {
    let Some(names) = &options.bands else { return Ok(()) };
    let problem = if matches!(kind, SceneKind::Safe | SceneKind::BigEarthNet) {
        Some("the product names its own bands; leave the option out".to_owned())
    } else if names.len() != bands.len() {
        Some(format!(
            "{} names were given for a scene of {} bands; give one for each",
            names.len(),
            bands.len()
        ))
    } else {
        let twice = names.iter().enumerate().find(|(index, name)| names[..*index].contains(name));
        twice.map(|(_, name)| format!("{name} is named twice"))
    };
    if let Some(problem) = problem {
        return Err(Error::Option { option: "--bands", problem });
    }
    for (band, &name) in bands.iter_mut().zip(names) {
        band.band = Some(name);
        name.name().clone_into(&mut band.name);
    }
    Ok(())
}

fn refuse_duplicates(path: &Path, bands: &[SceneBand]) -> Result<()> {
    for (index, band) in bands.iter().enumerate() {
        if band.band.is_some() && bands[..index].iter().any(|other| other.band == band.band) {
            return Err(Error::DuplicateBand { path: path.to_owned(), band: band.name.clone() });
        }
    }
    Ok(())
}

/// Only Level-1C has the cirrus band.
fn level_by_bands(bands: &[SceneBand]) -> Option<Level> {
    bands.iter().any(|band| band.band == Some(Band::B10)).then_some(Level::L1C)
}

fn level_conflict(origin: &Origin<'_>, options: &SceneOptions) -> Option<String> {
    let (said, found) = (options.level?, origin.facts.level?);
    (said != found).then(|| format!("--level says {said}, the scene says {found}; taken as {said}"))
}

fn warnings_about(scene: &Scene) -> Vec<String> {
    let mut warnings = Vec::new();
    if scene.grid.geotransform.is_none() || scene.grid.crs_wkt.is_empty() {
        warnings
            .push("the scene has no coordinate reference system; the result will have none either".into());
    }
    if scene.grid.is_rotated() {
        warnings.push("the geotransform is rotated; the result keeps it as it is".into());
    }
    let optical = scene.bands.iter().any(SceneBand::is_reflectance);
    if scene.level.is_none() && optical {
        warnings.push("the processing level is unknown; give --level L1C or L2A".into());
    }
    let unknown: Vec<_> = scene
        .bands
        .iter()
        .filter(|band| band.band.is_none() && !band.is_layer() && !band.is_own())
        .map(|band| band.name.as_str())
        .collect();
    if !unknown.is_empty() {
        let which = if unknown.len() > 4 {
            format!("{} of {} bands", unknown.len(), scene.bands.len())
        } else {
            unknown.join(", ")
        };
        warnings.push(format!(
            "not recognised as Sentinel bands: {which}; name the bands with --bands; as they are, they are taken for reflectance"
        ));
    }
    let layers: Vec<_> =
        scene.bands.iter().filter(|band| band.is_layer()).map(|band| band.name.as_str()).collect();
    if !layers.is_empty() {
        warnings.push(format!(
            "by their names no reflectance, therefore copied as they are: {}",
            layers.join(", ")
        ));
    }
    warnings.extend(picture_values(&scene.bands));
    warnings
}

/// A warning where values that nobody explains have 8 bits, as a picture's: no reflectance is kept so.
fn picture_values(bands: &[SceneBand]) -> Option<String> {
    let is_picture = |band: &SceneBand| {
        !band.is_own() && band.dtype == Dtype::U8 && band.radiometry.source == RadiometrySource::Default
    };
    bands.iter().any(is_picture).then(|| {
        "its values have 8 bits, as a picture's; taken as DN / 10000, as is usual, none is brighter than 0.026: open the product's own numbers, or say what these are with --radiometry".into()
    })
}
