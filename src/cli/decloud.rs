//! `declouder decloud`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;

use super::mask_args::{MaskArgs, radius};
use super::scene_args::SceneArgs;
use super::{Context, Usage};
use crate::compute::Choice;
use crate::decloud::provenance::Report;
use crate::decloud::{self, DEFAULT_TILE_PX, DecloudConfig, MOST_SAMPLES, Outcome, TILE_PX};
use crate::mask::DEFAULT_FEATHER_PX;
use crate::progress::Monitor;

/// Options of `declouder decloud`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scenes: GeoTIFF, SAFE, BigEarthNet patch or band folder
    #[arg(required = true, value_name = "SCENE")]
    scenes: Vec<PathBuf>,
    /// The result: a .tif, or a folder that takes one result a scene
    #[arg(short, long, value_name = "OUT.tif|DIR")]
    output: PathBuf,
    /// What makes the pixels under cloud: fill or model (default: model where --model is given)
    #[arg(long)]
    engine: Option<String>,
    /// The trained model of the engine model (default: the shipped L1C model)
    #[arg(long, value_name = "M")]
    model: Option<PathBuf>,
    /// Sentinel-1 of the same place, VV and VH in dB, for a model that takes it
    #[arg(long, value_name = "S1.tif")]
    s1: Option<PathBuf>,
    /// A clear date of the same place with the model's bands, for a model that takes it
    #[arg(long, value_name = "CLEAR")]
    reference: Option<PathBuf>,
    /// A land code to be used instead of the prior's middle
    #[arg(long, value_name = "Z.json")]
    latent: Option<PathBuf>,
    #[command(flatten)]
    mask: MaskArgs,
    /// Feathering outside the mask in pixels
    #[arg(long, value_name = "PX", default_value_t = DEFAULT_FEATHER_PX, value_parser = radius)]
    feather: u32,
    /// Samples for the spread: 0, or at least 2
    #[arg(long, value_name = "K", default_value_t = 0, value_parser = samples)]
    samples: u32,
    /// Seed of everything random
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Side of a rendered tile in pixels; it does not change the result
    #[arg(long, value_name = "PX", default_value_t = DEFAULT_TILE_PX, value_parser = tile)]
    tile: usize,
    /// Keep the result's bands as the source's, with what was made in OUT.synthetic.tif
    #[arg(long)]
    plain: bool,
    /// Write cloud-optimised GeoTIFF
    #[arg(long)]
    cog: bool,
    /// Write a QGIS style beside each raster
    #[arg(long)]
    qml: bool,
    /// Write a STAC item, OUT.stac.json
    #[arg(long)]
    stac: bool,
    /// Go on where the scene does not fit the engine
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    scene: SceneArgs,
}

fn tile(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|side| TILE_PX.contains(side)).ok_or_else(|| {
        format!("expected a whole number of pixels from {} to {}", TILE_PX.start(), TILE_PX.end())
    })
}

fn samples(text: &str) -> Result<u32, String> {
    text.parse().ok().filter(|&samples| samples != 1 && samples <= MOST_SAMPLES).ok_or_else(|| {
        format!("expected 0 for none, or a whole number from 2 (one sample has no spread) to {MOST_SAMPLES}")
    })
}

impl Args {
    fn config(&self, device: Choice) -> DecloudConfig {
        let default = if self.model.is_some() { "model" } else { "fill" };
        DecloudConfig {
            engine: self.engine.clone().unwrap_or_else(|| default.to_owned()),
            model: self.model.clone(),
            s1: self.s1.clone(),
            reference: self.reference.clone(),
            latent: self.latent.clone(),
            device,
            mask: self.mask.config(self.feather),
            scene: self.scene.options(),
            samples: self.samples,
            seed: self.seed,
            tile_px: self.tile,
            plain: self.plain,
            cog: self.cog,
            qml: self.qml,
            stac: self.stac,
            force: self.force,
        }
    }
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<()> {
    let config = args.config(context.device()?);
    config.check().map_err(usage)?;
    let jobs = jobs(args.scenes, &args.output)?;
    let mut failures = Vec::new();
    for (scene, output) in &jobs {
        let started = Instant::now();
        match decloud::decloud(scene, output, &config, context.global.overwrite, context) {
            Ok(outcome) => {
                let seconds = started.elapsed().as_secs_f64();
                context.result(&json(scene, &outcome, seconds), &words(scene, &outcome, seconds))?;
            }
            Err(error) if jobs.len() == 1 || error.is_cancelled() || context.is_cancelled() => {
                return Err(usage(error));
            }
            Err(error) => {
                // The other scenes are not lost; why one failed is said now, which ones at the end, with the reason where
                // it was not seen.
                let (name, words) = (scene.display().to_string(), format!("{}: {error}", scene.display()));
                context.warn(&words);
                failures.push(if context.global.quiet || context.global.json { words } else { name });
            }
        }
    }
    if failures.is_empty() {
        return Ok(());
    }
    if failures.len() == jobs.len() {
        // Only where it is empty: a folder that was made for results of which there are none.
        let _ = std::fs::remove_dir(&args.output);
    }
    anyhow::bail!("{} of {} scenes failed:\n{}", failures.len(), jobs.len(), failures.join("\n"))
}

/// Wrong usage ends with its own exit code.
fn usage(error: decloud::Error) -> anyhow::Error {
    if error.is_usage() { Usage(error.to_string()).into() } else { error.into() }
}

/// Which scene goes where.
fn jobs(scenes: Vec<PathBuf>, output: &Path) -> anyhow::Result<Vec<(PathBuf, PathBuf)>> {
    if let [scene] = scenes.as_slice()
        && !output.is_dir()
    {
        if !is_named_as_tiff(output) {
            return Err(Usage(format!(
                "--output: \"{}\" is neither a name ending in .tif nor a folder that exists",
                output.display()
            ))
            .into());
        }
        return Ok(vec![(scene.clone(), output.to_owned())]);
    }
    if !output.is_dir() && is_named_as_tiff(output) {
        return Err(Usage(format!(
            "--output: {} scenes need a folder, \"{}\" looks like a file",
            scenes.len(),
            output.display()
        ))
        .into());
    }
    if !output.is_dir() {
        std::fs::create_dir(output).with_context(|| {
            format!("--output: several scenes need a folder, which cannot be made: {}", output.display())
        })?;
    }
    let mut jobs: Vec<(PathBuf, PathBuf)> = Vec::with_capacity(scenes.len());
    for scene in scenes {
        let target = output.join(format!("{}.tif", name_of(&scene)));
        if let Some((other, _)) = jobs.iter().find(|(_, taken)| *taken == target) {
            return Err(Usage(format!(
                "{} and {} would both become {}; decloud them one by one with names of their own",
                other.display(),
                scene.display(),
                target.display()
            ))
            .into());
        }
        jobs.push((scene, target));
    }
    Ok(jobs)
}

fn is_named_as_tiff(output: &Path) -> bool {
    let is = |known: &str| output.extension().is_some_and(|own| own.eq_ignore_ascii_case(known));
    is("tif") || is("tiff")
}

/// A result's name from its scene's: the file without extension, or the product's folder.
fn name_of(scene: &Path) -> String {
    let full = scene.canonicalize().unwrap_or_else(|_| scene.to_owned());
    let stem = full.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let is_metadata = stem.starts_with("MTD_MSI");
    let name = if is_metadata { full.parent().and_then(Path::file_stem) } else { None };
    let folder = if full.is_dir() && full.extension().is_none_or(|e| !e.eq_ignore_ascii_case("SAFE")) {
        full.file_name()
    } else {
        None
    };
    name.or(folder).map_or(stem, |name| name.to_string_lossy().into_owned())
}

fn json(scene: &Path, outcome: &Outcome, seconds: f64) -> serde_json::Value {
    let report = &outcome.report;
    serde_json::json!({
        "scene": scene,
        "files": outcome.files,
        "engine": report.engine,
        "mask": report.mask,
        "bands": report.bands,
        "warnings": report.warnings,
        "seconds": (seconds * 1000.0).round() / 1000.0,
    })
}

fn words(scene: &Path, outcome: &Outcome, seconds: f64) -> String {
    let report = &outcome.report;
    let (made, copied, nodata) = totals(report);
    let percent = |part: u64| 100.0 * part as f64 / (made + copied + nodata).max(1) as f64;
    let mut text = format!(
        "{}\n  mask    {}: {:.1} % cloud, {:.1} % shadow\n  pixels  {:.1} % made by {}, {:.1} % copied bit for bit",
        scene.display(),
        report.mask.source,
        100.0 * report.mask.cloud,
        100.0 * report.mask.shadow,
        percent(made),
        report.engine.name,
        percent(copied),
    );
    if nodata > 0 {
        let _ = write!(text, ", {:.1} % nodata", percent(nodata));
    }
    let invalid = 100.0 * report.mask.invalid;
    if invalid > percent(nodata) + 0.05 {
        let _ = write!(text, "; the mask says nothing of {invalid:.1} %, which stays as it is");
    }
    for file in &outcome.files {
        let _ = write!(text, "\n  wrote   {}", file.display());
    }
    let _ = write!(text, "\n  in      {seconds:.1} s");
    text
}

/// Pixels made, copied and nodata over all bands.
fn totals(report: &Report) -> (u64, u64, u64) {
    report.bands.iter().fold((0, 0, 0), |(made, copied, nodata), band| {
        (made + band.made, copied + band.copied, nodata + band.nodata)
    })
}
