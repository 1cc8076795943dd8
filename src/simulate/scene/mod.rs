//! Clouds over a scene on disk: two passes, a strip at a time, any size of scene.
//!
//! The first pass averages the ground and finds which sample places are valid (the cover is set over
//! those), the second renders, composes and writes.

mod outputs;
mod passes;

use std::path::PathBuf;

use serde::Serialize;

use outputs::{Outputs, Plan};
use passes::{Counts, survey, write_all};

use super::{Clouds, Config, EXCESS_FLOOR, Error as SimulationError, LayerInfo, SHADOW_FLOOR, Site};
use crate::bands::{Band, Level};
use crate::progress::Monitor;
use crate::raster::export::{commit, stage_text};
use crate::raster::{Error, Result, Scene, Sun};

/// What is to be written, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// `CLOUDY.tif`; or a folder, where every band gets its own file at its own size.
    pub output: PathBuf,
    /// Whether `output` is a folder.
    pub as_folder: bool,
    /// Where the truth goes: mask codes on the scene's grid.
    pub mask_out: Option<PathBuf>,
    /// Kind and cover.
    pub config: Config,
    /// Everything random follows from it.
    pub seed: u64,
    /// Replace existing outputs.
    pub overwrite: bool,
}

/// What was done. `OUT.report.json` holds it.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The clear scene, which stays the truth.
    pub source: PathBuf,
    /// What was written, the report last.
    pub outputs: Vec<PathBuf>,
    /// Where the mask is, if it was asked for.
    pub mask: Option<PathBuf>,
    /// Program and version.
    pub code: String,
    /// Kind and cover asked for.
    pub config: Config,
    /// The seed.
    pub seed: u64,
    /// Part of the valid pixels under cloud.
    pub cover: f64,
    /// Part of the valid pixels in shadow and not under cloud.
    pub shadow: f64,
    /// The sun that the shadows follow.
    pub sun: Sun,
    /// Whether the sun was drawn from the seed because the scene does not say where it stood.
    pub sun_drawn: bool,
    /// The layers, from the lowest to the highest.
    pub layers: Vec<LayerInfo>,
    /// Side of a pixel in metres as the clouds took it.
    pub pixel_m: f64,
    /// Level, where known.
    pub level: Option<Level>,
    /// Least excess with mask code 1 and least shadow with mask code 2; below, nothing is touched.
    pub floors: [f32; 2],
    /// What the analyst should know.
    pub warnings: Vec<String>,
}

/// Puts clouds over a scene.
///
/// # Errors
/// [`Error::MissingBand`] for a scene without optical bands, [`Error::Damaged`] for one that is all
/// nodata, [`Error::Option`] for a cover outside 0 to 1, or what is wrong with input and output.
/// Whatever the error, no output's name holds anything new.
pub fn run(scene: &Scene, request: &Request, monitor: &dyn Monitor) -> Result<Report> {
    scene.refuse_made()?;
    let reference = reference_band(scene)?;
    let plan = Plan::of(scene, request);
    plan.check(scene, request)?;
    for warning in &scene.warnings {
        monitor.warn(warning);
    }
    let site = Site::of(&scene.grid, scene.sun, scene.level);
    let survey = survey(scene, reference, &site, monitor)?;
    let clouds =
        Clouds::new(request.config, request.seed, site, &survey.places).map_err(|error| match error {
            SimulationError::Cover(_) => Error::Option { option: "--cover", problem: error.to_string() },
            SimulationError::NoPixels => {
                Error::damaged(&scene.path, format!("{error}; choose another scene"))
            }
        })?;
    let folder = plan.make_folder()?;
    let mut outputs = Outputs::create(scene, request, &plan, &clouds)?;
    let counts = write_all(scene, reference, &clouds, &survey, &mut outputs, monitor)?;
    let mut staged = outputs.finish(monitor)?;
    let mut report = report_of(scene, request, &clouds, &counts);
    report.outputs =
        staged.iter().map(|file| file.output().to_owned()).chain([plan.report.clone()]).collect();
    let text = serde_json::to_string_pretty(&report)
        .map_err(|error| Error::write(&plan.report, error.to_string()))?;
    staged.push(stage_text(&plan.report, &text, request.overwrite)?);
    if monitor.is_cancelled() {
        return Err(Error::Cancelled);
    }
    commit(staged)?;
    // Not empty any more, so this leaves it.
    drop(folder);
    Ok(report)
}

/// The finest optical band: where it has no measurement the mask is invalid and nothing is touched.
fn reference_band(scene: &Scene) -> Result<usize> {
    (0..scene.bands.len())
        .filter(|&i| scene.bands[i].band.is_some_and(Band::is_optical))
        .min_by_key(|&i| scene.bands[i].ratio)
        .ok_or_else(|| Error::MissingBand {
            path: scene.path.clone(),
            band: "B01 … B12".into(),
            found: format!("the scene has {}", scene.band_list()),
            advice: "cloud needs at least one optical band; name the bands with --bands if the file does not"
                .into(),
        })
}

fn report_of(scene: &Scene, request: &Request, clouds: &Clouds, counts: &Counts) -> Report {
    let part = |count: u64| if counts.valid == 0 { 0.0 } else { count as f64 / counts.valid as f64 };
    let left = |band: &&crate::raster::SceneBand| !band.band.is_some_and(Band::is_optical);
    let mut warnings = scene.warnings.clone();
    let untouched: Vec<_> = scene.bands.iter().filter(left).map(|band| band.name.as_str()).collect();
    if !untouched.is_empty() {
        warnings.push(format!("not optical, therefore left as they are: {}", untouched.join(", ")));
    }
    Report {
        source: scene.path.clone(),
        outputs: Vec::new(),
        mask: request.mask_out.clone(),
        code: format!("declouder {}", env!("CARGO_PKG_VERSION")),
        config: request.config,
        seed: request.seed,
        cover: part(counts.cloud),
        shadow: part(counts.shadow),
        sun: clouds.sun(),
        sun_drawn: scene.sun.is_none(),
        layers: clouds.layers(),
        pixel_m: clouds.site.pixel_m,
        level: scene.level,
        floors: [EXCESS_FLOOR, SHADOW_FLOOR],
        warnings,
    }
}
