//! The jobs of the window: the same functions as the command line, with the same configuration.

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::decloud::{self, Clouds, DecloudConfig};
use crate::mask::{self, Alpha, FileOptions, Mask, MaskConfig};
use crate::raster::Window;

use super::app::App;
use super::arrivals::Done;
use super::export_fields::Said;
use super::layer::{LayerId, name_of};
use super::mask_edit::{MaskEdit, Snapshot};
use super::recipe::recipe;
use super::told::Told;

/// Scene pixels along the side of the largest preview.
const PREVIEW_PX: usize = 1024;
/// Part of the measured pixels beyond which a result is called made as a whole.
const HARDLY: f64 = 0.9;

impl App {
    /// Finds cloud and shadow of the shown source as the panel says.
    pub(super) fn find_clouds(&mut self) {
        let Some(source) = self.source() else { return };
        let (layer, scene) = (source.id, source.scene.clone());
        let config = MaskConfig { file: None, ..self.decloud.mask.clone() };
        let title = format!("Find clouds in {}", source.name);
        self.jobs.submit(
            title,
            Box::new(move |monitor| {
                let mask = mask::detect(&scene, &config, monitor).map_err(|error| error.to_string())?;
                Ok(Done::Mask { layer, mask: Box::new(MaskEdit::found(mask, &config)) })
            }),
        );
    }

    /// Takes a mask from a file, of which the analyst has said what it holds.
    pub(super) fn import_mask(&mut self, path: PathBuf, options: FileOptions) {
        let Some(source) = self.source() else { return };
        let (layer, scene) = (source.id, source.scene.clone());
        self.jobs.submit(
            format!("Import mask {}", name_of(&path)),
            Box::new(move |monitor| {
                let mask =
                    mask::from_file(&path, &scene, &options, monitor).map_err(|error| error.to_string())?;
                Ok(Done::Mask { layer, mask: Box::new(MaskEdit::new(mask)) })
            }),
        );
    }

    pub(super) fn export_mask(&mut self, path: PathBuf) {
        let Some(source) = self.source() else { return };
        let Some(edit) = &source.mask else { return };
        let (scene, mask) = (source.scene.clone(), edit.snapshot());
        self.jobs.submit(
            format!("Export mask {}", name_of(&path)),
            Box::new(move |monitor| {
                // The system's dialog has asked whether to replace an existing file.
                mask::to_file(&mask.mask(), &scene, &path, true, monitor)
                    .map_err(|error| error.to_string())?;
                Ok(Done::MaskWritten(path))
            }),
        );
    }

    /// The configuration that applies to a source: a mask painted or imported goes along as a file.
    fn effective(&self, source: LayerId) -> (DecloudConfig, Option<Snapshot>) {
        let mut config = self.decloud.clone();
        config.mask.file = None;
        config.scene = self.layer(source).map(|layer| layer.said.clone()).unwrap_or_default();
        let edited = self.layer(source).and_then(|layer| layer.mask.as_ref()).filter(|mask| mask.is_own());
        if edited.is_some() {
            // A file's own default is no dilation; what the panel shows is what applies.
            config.mask.dilate_px = Some(config.mask.dilation_px());
        }
        (config, edited.map(MaskEdit::snapshot))
    }

    /// The mask that the present settings have found in a source, so that they need not look for it again.
    fn known(&self, source: LayerId) -> Option<Snapshot> {
        let mask = self.layer(source).and_then(|layer| layer.mask.as_ref())?;
        mask.is_found_by(&self.decloud.mask).then(|| mask.snapshot())
    }

    /// Declouds the whole source into our own folder; the result becomes a layer.
    pub(super) fn decloud_all(&mut self) {
        let Some(source) = self.source() else { return };
        let (id, name, path) = (source.id, source.name.clone(), source.path.clone());
        let Some(results) = self.results.clone() else {
            self.messages.error("there is no folder for results (no home); use File > Export…");
            return;
        };
        let (config, mask) = self.effective(id);
        let known = self.known(id);
        let settings = Box::new(self.decloud.clone());
        let scene = source.scene.clone();
        let job = self.jobs.submit(
            format!("Decloud {name}"),
            Box::new(move |monitor| {
                let folder = fresh_folder(&results)?;
                let stem = Path::new(&name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let output = folder.join(format!("{stem}.declouded.tif"));
                let run = || {
                    let own = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
                    let mask = mask.as_ref().map(Snapshot::mask);
                    let recipe = recipe(&path, &config, mask.as_ref());
                    let config = with_mask_file(config, mask.as_ref(), &scene, own.path(), monitor)?;
                    let told = Told::of(&scene, monitor);
                    let mut found = None;
                    let known = known.as_ref().map(Snapshot::mask);
                    let clouds = match &known {
                        Some(mask) => Clouds::Known(mask),
                        None if config.mask.file.is_some() => Clouds::Find,
                        None => Clouds::FindAndKeep(&mut found),
                    };
                    let outcome = decloud::decloud_under(clouds, &path, &output, &config, true, &told)
                        .map_err(|error| error.to_string())?;
                    let mask = found.map(|mask| Box::new(MaskEdit::found(mask, &config.mask)));
                    let words = words(&outcome);
                    // Several native sizes make several files; the folder opens as one scene.
                    let rasters: Vec<_> = outcome.files.iter().filter(|file| is_raster(file)).collect();
                    let opened = if rasters.len() == 1 { rasters[0].clone() } else { folder.clone() };
                    Ok(Done::Result {
                        of: id,
                        path: opened,
                        words,
                        recipe,
                        how: how(&config),
                        settings,
                        mask,
                    })
                };
                run().inspect_err(|_: &String| {
                    // Nothing half-made stays behind.
                    let _ = std::fs::remove_dir_all(&folder);
                })
            }),
        );
        let jobs = &self.jobs;
        self.making.retain(|(known, _)| jobs.jobs().any(|job| job.id == *known));
        self.making.push((job, id));
    }

    /// Declouds the whole source into a file of the analyst's choice.
    pub(super) fn export_to(&mut self, output: PathBuf, overwrite: bool, said: Said) {
        let Some(source) = self.source() else { return };
        let (id, path, scene) = (source.id, source.path.clone(), source.scene.clone());
        let (config, mask) =
            if said.mask.is_some() { (self.decloud.clone(), None) } else { self.effective(id) };
        let same = said.mask.is_none() && said.scene == source.said;
        let known = same.then(|| self.known(id)).flatten();
        let config = said.into_config(&config);
        self.export_folder = output.parent().map(Path::to_owned);
        self.jobs.submit(
            format!("Export {}", name_of(&output)),
            Box::new(move |monitor| {
                let own = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
                let mask = mask.as_ref().map(Snapshot::mask);
                let recipe = recipe(&path, &config, mask.as_ref());
                let config = with_mask_file(config, mask.as_ref(), &scene, own.path(), monitor)?;
                let told = Told::of(&scene, monitor);
                let known = known.as_ref().map(Snapshot::mask);
                let clouds = known.as_ref().map_or(Clouds::Find, Clouds::Known);
                let outcome = decloud::decloud_under(clouds, &path, &output, &config, overwrite, &told)
                    .map_err(|error| error.to_string())?;
                Ok(Done::Exported { words: words(&outcome), files: outcome.files, recipe })
            }),
        );
    }

    /// Declouds what is on the screen; a newer request stops an older one.
    pub(super) fn make_preview(&mut self) {
        let Some(source) = self.source() else { return };
        let (id, scene) = (source.id, source.scene.clone());
        let window = middle(self.camera.window(self.map.rect, &scene.grid), PREVIEW_PX);
        if window.is_empty() {
            self.messages.info("Preview: the scene is not on the screen; press F to see it whole");
            return;
        }
        // What Decloud would not use is not previewed either.
        let ready = source.mask.as_ref().filter(|mask| !mask.is_stale(&self.decloud.mask));
        let ready = ready.map(MaskEdit::snapshot);
        let config = DecloudConfig { scene: source.said.clone(), ..self.decloud.clone() };
        let title = format!("Preview {}", source.name);
        if let Some(old) = self.preview_job.take() {
            self.jobs.cancel(old);
        }
        let job = self.jobs.submit(
            title,
            Box::new(move |monitor| {
                let started = Instant::now();
                let (mask, found) = if let Some(mask) = ready {
                    (mask.mask(), None)
                } else {
                    let config = MaskConfig { file: None, ..config.mask.clone() };
                    let mask = mask::detect(&scene, &config, monitor).map_err(|error| error.to_string())?;
                    (mask.clone(), Some(Box::new(MaskEdit::found(mask, &config))))
                };
                let alpha = alpha(&mask, &config.mask);
                let preview = decloud::preview(&scene, &alpha, window, &config, monitor)
                    .map_err(|error| error.to_string())?;
                Ok(Done::Preview { of: id, preview, mask: found, seconds: started.elapsed().as_secs_f64() })
            }),
        );
        self.preview_job = Some(job);
    }
}

/// m as the settings make it of a mask.
pub(super) fn alpha(mask: &Mask, config: &MaskConfig) -> Alpha {
    mask::alpha(mask, config.dilation_px(), config.feather_px)
}

/// Puts a mask of the window's own into a file, where `decloud` reads it.
fn with_mask_file(
    mut config: DecloudConfig,
    mask: Option<&Mask>,
    scene: &crate::raster::Scene,
    folder: &Path,
    monitor: &dyn crate::progress::Monitor,
) -> Result<DecloudConfig, String> {
    if let Some(mask) = mask {
        let path = folder.join("mask.tif");
        mask::to_file(mask, scene, &path, true, monitor).map_err(|error| error.to_string())?;
        config.mask.file = Some(path);
        config.mask.stands_for = Some(mask.source.clone());
        config.mask.classes = mask::Classes::default();
        config.mask.band = None;
    }
    Ok(config)
}

/// A folder of its own for one result.
fn fresh_folder(results: &Path) -> Result<PathBuf, String> {
    let make = || {
        std::fs::create_dir_all(results)?;
        let folder = tempfile::Builder::new().prefix("result-").tempdir_in(results)?;
        Ok::<_, std::io::Error>(folder.keep())
    };
    make().map_err(|error| format!("{}: no folder for the result ({error})", results.display()))
}

fn is_raster(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "tif")
}

/// How a configuration makes a result, in a word or two.
fn how(config: &DecloudConfig) -> String {
    let mut how = config.engine.clone();
    if let Some(model) = &config.model {
        how = name_of(model);
    }
    if config.latent.is_some() {
        how += ", own code";
    }
    if config.samples > 0 {
        how += &format!(", {} samples", config.samples);
    }
    how
}

/// What a result is made of, as the command line says it, and whether hardly anything of it was measured.
fn words(outcome: &decloud::Outcome) -> (String, bool) {
    let (mut made, mut copied, mut nodata) = (0, 0, 0);
    for band in &outcome.report.bands {
        (made, copied, nodata) = (made + band.made, copied + band.copied, nodata + band.nodata);
    }
    let share = |count: u64| 100.0 * count as f64 / (made + copied + nodata).max(1) as f64;
    let nothing =
        if share(nodata) >= 0.05 { format!(", {:.1} % nodata", share(nodata)) } else { String::new() };
    let engine = &outcome.report.engine.name;
    let words = format!(
        "{:.1} % of the pixels made by {engine}, {:.1} % copied bit for bit{nothing}",
        share(made),
        share(copied)
    );
    let hardly = made as f64 > HARDLY * (made + copied) as f64;
    (
        if hardly {
            format!("{words}: hardly anything measured is left, so little of it can be trusted")
        } else {
            words
        },
        hardly,
    )
}

/// The middle of a window, at most `side` × `side`.
fn middle(window: Window, side: usize) -> Window {
    let (width, height) = (window.width.min(side), window.height.min(side));
    Window::new(window.x + (window.width - width) / 2, window.y + (window.height - height) / 2, width, height)
}
