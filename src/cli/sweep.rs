//! `declouder sweep`.

mod args;
mod clouds;
mod make;

use std::path::PathBuf;

use serde::Serialize;

use super::Context;
use crate::compute;
use crate::decloud::Latent;
use crate::latents::{Axes, FitErrors, LandCover};
use crate::mask;
use crate::networks::file;
use crate::progress::Monitor as _;
use crate::raster;
use crate::raster::export::{commit, stage_bytes, stage_text};

pub use args::Args;

/// What is written beside a sheet.
#[derive(Debug, Serialize)]
struct Codes {
    model_sha256: String,
    scene: PathBuf,
    window: [usize; 4],
    seed: u64,
    axes: Axes,
    columns: usize,
    rows: usize,
    column_labels: Vec<String>,
    row_labels: Vec<String>,
    /// Reflectance drawn darkest and brightest in red, green and blue.
    stretch: [[f32; 3]; 2],
    /// Row by row, each as `decloud --latent` takes it.
    cells: Vec<Latent>,
    /// How far samples differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<Differing>,
    /// The clear date in the middle, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    clear: Option<Clear>,
    /// The cloud, for a sheet of clouds.
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud: Option<CloudFound>,
    /// The animation, where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    animation: Option<Animation>,
}

/// The cloud of a sheet of clouds, and what was done to it.
#[derive(Debug, Clone, Serialize)]
struct CloudFound {
    /// Opacity, 0 to 1, a row of numbers for each row of cells of 8 × 8 pixels.
    opacity: Vec<Vec<f32>>,
    /// Depth of shadow, likewise.
    shadow: Vec<Vec<f32>>,
    /// What sort of cloud.
    spectrum: Vec<f32>,
    /// The clear date that it lies over; none over the surface of the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    over: Option<PathBuf>,
    /// A cell each, row by row.
    cells: Vec<CloudCell>,
}

/// A cell of a sheet of clouds.
#[derive(Debug, Clone, Serialize)]
struct CloudCell {
    right_px: i32,
    down_px: i32,
    /// Factor of opacity and shadow.
    thickness: f32,
    /// Intersection over union of where the moved cloud is seen and where the unmoved one is, moved by as much; none
    /// where neither is seen.
    follows: Option<f64>,
}

/// How far samples of the prior differ.
#[derive(Debug, Clone, Serialize)]
struct Differing {
    samples: usize,
    /// Mean under the mask of the RMS over bands of the standard deviation, in reflectance.
    spread: f64,
    /// Mean under the mask of the standard deviation of NDVI.
    ndvi: Option<f64>,
    /// The two cells that differ most.
    most_different: [usize; 2],
    land_cover: LandCover,
}

/// What the encoder found for a clear date.
#[derive(Debug, Clone, Serialize)]
struct Clear {
    path: PathBuf,
    /// Part of the cloud's ground that it shows, 0 to 1.
    seen: f64,
    /// What the encoder finds.
    encoded: Vec<f32>,
    /// Standard deviations of its numbers, as it gives them.
    deviation: Vec<f32>,
    /// Errors of surfaces against the date where most cloud is, reflectance; none where it shows too little of that part.
    errors: Option<FitErrors>,
    /// The code near the encoder's whose surface is nearest to the date there, as `decloud --latent` takes it.
    code: Latent,
}

/// What is said of an animation.
#[derive(Debug, Serialize)]
struct Animation {
    /// Steps from one end (or sample) to the next.
    steps: u16,
    /// How long a frame stays, in hundredths of a second.
    delay_cs: u16,
    /// Frames on the way there; on the way back they are shown again, but for both ends.
    frames: usize,
    /// Reflectance drawn darkest and brightest in red, green and blue.
    stretch: [[f32; 3]; 2],
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<()> {
    let overwrite = context.global.overwrite;
    let outputs = args.outputs(overwrite)?;
    let cells = args.cells()?;
    let config = args.mask.config(args.feather);
    config.check()?;
    let scene = raster::open(&args.scene, &args.about.options())?;
    args.check_window(&scene)?;
    for warning in &scene.warnings {
        context.warn(warning);
    }
    let found = mask::detect(&scene, &config, context)?;
    let alpha = mask::alpha(&found, config.dilation_px(), config.feather_px);
    let compute = compute::open(context.device()?)?;
    let made = compute.run(|| {
        let loaded = file::load(&args.model, &compute.device)?;
        make::make(args, cells, (&scene, &found.codes, &alpha), &loaded, &compute.device, context)
    })?;
    let mut staged = vec![
        stage_bytes(&args.output, &made.picture.png()?, overwrite)?,
        stage_text(&outputs.codes, &pretty(&made.codes)?, overwrite)?,
    ];
    if let (Some(path), Some((row, column))) = (&outputs.adopted, args.adopt) {
        let adopted = pretty(&made.codes.cells[row * cells.0 + column])?;
        staged.push(stage_text(path, &adopted, overwrite)?);
    }
    if let (Some(path), Some(clear)) = (&outputs.clear, &made.codes.clear) {
        staged.push(stage_text(path, &pretty(&clear.code)?, overwrite)?);
    }
    if let (Some(path), Some(gif)) = (&args.animate, &made.gif) {
        staged.push(stage_bytes(path, gif, overwrite)?);
    }
    let files = commit(staged)?;
    let words = words(args, &made.codes, &files);
    context.result(&serde_json::json!({ "files": files, "sheet": made.codes }), &words)
}

fn pretty(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn words(args: &Args, codes: &Codes, files: &[PathBuf]) -> String {
    let [x, y, width, height] = codes.window;
    let mut words = format!(
        "{}\n  sheet   {} × {} cells of {width} × {height} pixels from {x}, {y}",
        args.scene.display(),
        codes.columns,
        codes.rows
    );
    if let Some(trust) = &codes.trust {
        let (samples, spread) = (trust.samples, trust.spread);
        words += &format!("\n  spread  {spread:.4} reflectance over {samples} samples");
        words += &match &trust.land_cover {
            LandCover::Labelled(change) => format!(
                "\n  labels  {}change over {:.0} % of the masked pixels",
                if change.demonstration { "DEMONSTRATION: " } else { "" },
                100.0 * change.likeliest
            ),
            LandCover::Unlabelled { why_not } => format!("\n  labels  none: {why_not}"),
        };
    }
    if let Some(clear) = &codes.clear {
        let (share, date) = (100.0 * clear.seen, clear.path.display());
        words += &format!("\n  middle  the code of {date}, which shows {share:.0} % of the ground");
    }
    if let Some(cloud) = &codes.cloud {
        let over = cloud
            .over
            .as_ref()
            .map_or("the surface of the code".to_owned(), |path| path.display().to_string());
        let moved = cloud.cells.iter().filter(|cell| cell.right_px != 0 || cell.down_px != 0);
        let follows: Vec<f64> = moved.filter_map(|cell| cell.follows).collect();
        words += &format!("\n  cloud   as its code holds it, over {over}");
        if let Some(least) = follows.iter().copied().reduce(f64::min) {
            let mean = follows.iter().sum::<f64>() / follows.len() as f64;
            words += &format!(
                "\n  moved   what is seen lies where the map was moved to: IoU {mean:.2} in the mean, {least:.2} at least"
            );
        }
    }
    if let Some(animation) = &codes.animation {
        let seconds = f32::from(animation.delay_cs) / 100.0;
        words += &format!("\n  film    {} frames and back, {seconds} s each", animation.frames);
    }
    words + &files.iter().map(|file| format!("\n  wrote   {}", file.display())).collect::<String>()
}
