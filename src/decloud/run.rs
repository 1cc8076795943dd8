//! The whole route of one scene.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::clouds_from::Clouds;
use super::companions;
use super::composite::Counts;
use super::outputs::{Outputs, check_types, output_facts};
use super::pipeline::{self, Work};
use super::provenance::{
    ATTRIBUTION, BandFacts, EngineFacts, MaskFacts, Report, SourceFacts, check_stac, now_utc,
    radiometry_words, source_files,
};
use super::{DecloudConfig, Engine, Result, Surface, engine};
use crate::compute::Fault;
use crate::mask::{self, Alpha};
use crate::progress::Monitor;
use crate::raster::export::{OutputFile, beside, check_output, commit, layout, remove_output, stage_text};
use crate::raster::{self, Scene, SceneKind, SceneOptions};

/// What was done.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Everything about it; the same as `OUT.report.json`.
    pub report: Report,
    /// Every file that was written, the report last.
    pub files: Vec<PathBuf>,
}

/// Declouds one scene into `output` (`OUT.tif`; one file a native size where the scene has
/// several), with `OUT.report.json` beside it. The outputs take their names together, at the very
/// end.
///
/// # Errors
/// What opening, masking, the engine or writing meets; nothing is left behind then.
pub fn decloud(
    path: &Path,
    output: &Path,
    config: &DecloudConfig,
    overwrite: bool,
    monitor: &dyn Monitor,
) -> Result<Outcome> {
    decloud_under(Clouds::Find, path, output, config, overwrite, monitor)
}

/// As [`decloud`], for who has the mask already or wants to see it.
///
/// # Errors
/// As [`decloud`]; a known mask of another size than the scene.
pub fn decloud_under(
    clouds: Clouds<'_>,
    path: &Path,
    output: &Path,
    config: &DecloudConfig,
    overwrite: bool,
    monitor: &dyn Monitor,
) -> Result<Outcome> {
    config.check()?;
    let engine = engine(&config.engine)?;
    let scene = raster::open(path, &config.scene)?;
    scene.refuse_made()?;
    engine.check(&scene, config)?;
    let files = layout(output, &scene, config.plain);
    check_types(&scene, &files)?;
    check_outputs(&scene, output, &files, config, overwrite)?;
    if config.stac {
        check_stac(&scene)?;
    }
    let mut run = Run { scene: &scene, config, monitor, warnings: Vec::new(), timings: BTreeMap::new() };
    for warning in &scene.warnings {
        run.warn(warning.clone());
    }
    monitor.note(&stored_as(&scene));
    let (mask, alpha) = run.mask(clouds)?;
    let surface = run.surface(engine, &alpha)?;
    let work = Work {
        scene: &scene,
        alpha: &alpha,
        surface: surface.as_deref(),
        files: &files,
        tile_px: config.tile_px,
        spread: config.samples > 0,
    };
    let mut outputs = Outputs::create(&scene, files.clone(), config, overwrite)?;
    let (counts, source) = run.write(&work, &mut outputs)?;
    let facts = surface.as_ref().map_or_else(|| without_surface(engine), |surface| surface.facts());
    let given = if surface.is_some() { run.given()? } else { [None, None] };
    let mut report = run.report(facts, (source, given), mask, &files, &counts);
    let started = Instant::now();
    let mut staged = outputs.finish(|file| tags(&scene, &report, file), monitor)?;
    report.outputs = output_facts(&scene, &files, &staged, config, monitor)?;
    report.timings_s.insert("finishing".into(), seconds(started));
    staged.extend(companions::stage(output, &scene, &files, &report, config, overwrite)?);
    let report_path = beside(output, "report.json");
    staged.push(stage_text(&report_path, &report.to_json(&report_path)?, overwrite)?);
    // Known from the former report, which is replaced now.
    let stale = companions::stale(output, &staged, &inputs(&scene, config));
    let files = commit(staged)?;
    for file in stale {
        remove_output(&file);
        monitor.note(&format!("removed, as a part of the result that was replaced: {}", file.display()));
    }
    Ok(Outcome { report, files })
}

/// Every file that is read.
fn inputs(scene: &Scene, config: &DecloudConfig) -> Vec<PathBuf> {
    let given = [&config.mask.file, &config.model, &config.latent, &config.s1, &config.reference];
    source_files(scene).into_iter().chain(given.into_iter().flatten().cloned()).collect()
}

/// A configuration as it is told: a mask's file that only stands for something is no file that anybody has.
fn stated(config: &DecloudConfig) -> DecloudConfig {
    let mut config = config.clone();
    if let Some(words) = &config.mask.stands_for {
        config.mask.file = Some(words.into());
    }
    config
}

/// What the stored values are taken for: wrong here means wrong everywhere, and shows nowhere else.
fn stored_as(scene: &Scene) -> String {
    let level = scene.level.map_or_else(|| "unknown".to_owned(), |level| level.to_string());
    format!("stored values: {}; level {level}", radiometry_words(scene))
}

/// Every name must be free, and none may be a file that is read.
fn check_outputs(
    scene: &Scene,
    output: &Path,
    files: &[OutputFile],
    config: &DecloudConfig,
    overwrite: bool,
) -> Result<()> {
    let inputs = inputs(scene, config);
    let inputs: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
    let mut small = companions::names(output, files, config);
    small.push(beside(output, "report.json"));
    let rasters = files.iter().flat_map(|file| std::iter::once(&file.path).chain(&file.extras));
    for name in rasters.chain(&small) {
        check_output(name, overwrite, &inputs)?;
    }
    Ok(())
}

/// What a run gathers on its way.
struct Run<'a> {
    scene: &'a Scene,
    config: &'a DecloudConfig,
    monitor: &'a dyn Monitor,
    warnings: Vec<String>,
    timings: BTreeMap<String, f64>,
}

impl Run<'_> {
    /// Says it now and keeps it for the report.
    fn warn(&mut self, warning: String) {
        self.monitor.warn(&warning);
        self.warnings.push(warning);
    }

    /// Where cloud is, and how much of each pixel is to be replaced.
    fn mask(&mut self, clouds: Clouds<'_>) -> Result<(MaskFacts, Alpha)> {
        let started = Instant::now();
        let config = &self.config.mask;
        let mut own = None;
        let mask = clouds.mask(self.scene, config, &mut own, self.monitor)?;
        let cover = mask.cover();
        let alpha = mask::alpha(mask, config.dilation_px(), config.feather_px);
        let facts = MaskFacts {
            source: mask.source.clone(),
            cloud: cover.cloud,
            shadow: cover.shadow,
            invalid: cover.invalid,
        };
        self.timings.insert("mask".into(), seconds(started));
        if cover.invalid >= 1.0 {
            self.warn("the scene holds nothing but nodata; the result is the input, pixel for pixel".into());
        }
        Ok((facts, alpha))
    }

    /// What lies under the cloud; none where there is no cloud.
    fn surface<'s>(&mut self, engine: &dyn Engine, alpha: &'s Alpha) -> Result<Option<Box<dyn Surface + 's>>>
    where
        Self: 's,
    {
        if alpha.0.data.iter().all(|&m| m == 0) {
            if self.warnings.last().is_none_or(|last| !last.contains("nothing but nodata")) {
                self.warn(
                    "the mask holds no cloud and no shadow; the result is the input, pixel for pixel".into(),
                );
            }
            return Ok(None);
        }
        let started = Instant::now();
        let surface = engine.prepare(self.scene, alpha, self.config, self.monitor)?;
        self.timings.insert("engine".into(), seconds(started));
        for warning in surface.warnings() {
            self.warn(warning);
        }
        Ok(Some(surface))
    }

    /// Writes all pixels, while the source's digests are taken beside.
    fn write(&mut self, work: &Work<'_>, outputs: &mut Outputs) -> Result<(Vec<Counts>, SourceFacts)> {
        let started = Instant::now();
        let monitor = self.monitor;
        // Where the pixels fail, nobody waits for the digests.
        let failed = AtomicBool::new(false);
        let (counts, source) = std::thread::scope(|scope| {
            let over = || failed.load(Ordering::Relaxed) || monitor.is_cancelled();
            let digests = scope.spawn(move || SourceFacts::of(work.scene, &over));
            let counts = pipeline::run(work, outputs, monitor);
            failed.store(counts.is_err(), Ordering::Relaxed);
            (counts, digests.join().map_err(|panic| Fault::of_panic(&*panic)))
        });
        self.timings.insert("declouding".into(), seconds(started));
        Ok((counts?, source??))
    }

    /// The facts of what the model saw beside the scene: Sentinel-1, a reference date.
    fn given(&self) -> Result<[Option<SourceFacts>; 2]> {
        let facts = |scene: Scene| SourceFacts::of(&scene, &|| self.monitor.is_cancelled());
        let radar = self.config.s1.as_ref().map(|path| facts(raster::open_s1(path)?.0));
        let options = SceneOptions { level: None, ..self.config.scene.clone() };
        let date = self.config.reference.as_ref().map(|path| facts(raster::open(path, &options)?));
        Ok([radar.transpose()?, date.transpose()?])
    }

    fn report(
        self,
        engine: EngineFacts,
        (source, [s1, reference]): (SourceFacts, [Option<SourceFacts>; 2]),
        mask: MaskFacts,
        files: &[OutputFile],
        counts: &[Counts],
    ) -> Report {
        let facts = |(index, band)| {
            let file = files.iter().find(|file| file.bands.contains(&index));
            let path = file.map_or_else(|| Path::new(""), |file| file.path.as_path());
            let Counts { copied, made, nodata } = counts.get(index).copied().unwrap_or_default();
            BandFacts { copied, made, nodata, ..BandFacts::of(band, path) }
        };
        // What applies, not what was left open.
        let mut config = self.config.clone();
        config.mask.dilate_px = Some(config.mask.dilation_px());
        Report {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            created: now_utc(),
            engine,
            source,
            s1,
            reference,
            mask,
            bands: self.scene.bands.iter().enumerate().map(facts).collect(),
            outputs: Vec::new(),
            options: serde_json::to_value(stated(&config)).unwrap_or_default(),
            timings_s: self.timings,
            warnings: self.warnings,
            attribution: ATTRIBUTION.to_owned(),
        }
    }
}

fn without_surface(engine: &dyn Engine) -> EngineFacts {
    EngineFacts { name: engine.name().to_owned(), model: None, model_sha256: None, seed: None, latent: None }
}

fn seconds(since: Instant) -> f64 {
    (since.elapsed().as_secs_f64() * 1000.0).round() / 1000.0
}

/// The source's tags and ours.
fn tags(scene: &Scene, report: &Report, file: &OutputFile) -> Vec<(String, String)> {
    let name = file.path.file_name().unwrap_or_default().to_string_lossy();
    let own = |item: &&String| !item.starts_with("DECLOUDER_");
    let mut tags: Vec<_> = match scene.kind {
        SceneKind::GeoTiff => scene.metadata.iter().filter(own).filter_map(|item| split(item)).collect(),
        _ => Vec::new(),
    };
    tags.extend(report.tags(&name));
    tags
}

fn split(item: &str) -> Option<(String, String)> {
    item.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned()))
}
