//! Clouds over a scene on disk: two passes, windows at a time, any size of scene.
//!
//! The first pass averages the ground and finds which sample places are valid (the cover is set over
//! those), the second renders, composes and writes.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{
    CloudField, Clouds, Config, EXCESS_FLOOR, Error as SimulationError, Ground, LayerInfo, SHADOW_FLOOR, Site,
};
use crate::bands::{Band, Level};
use crate::mask;
use crate::progress::Monitor;
use crate::raster::export::{
    Format, OutputBand, OutputFile, OutputSpec, RasterWriter, Staged, beside, check_output, commit, layout,
    stage_text,
};
use crate::raster::{Dtype, Error, Plane, Result, Samples, Scene, SceneReader, Sun, Window};

/// Side of the windows of the second pass: a multiple of the writer's tiles and of 6.
const WINDOW: usize = 1536;
/// Rows of the strips of the first pass, a multiple of every block of [`Ground`] at ratios 1, 2, 3, 5
/// and 6.
const STRIP: usize = 480;

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
    let reference = reference_band(scene)?;
    let plan = Plan::of(scene, request);
    plan.check(scene, request)?;
    for warning in &scene.warnings {
        monitor.warn(warning);
    }
    let site = Site::of(&scene.grid, scene.sun, scene.level);
    let (grounds, places) = survey(scene, reference, &site, monitor)?;
    let clouds = Clouds::new(request.config, request.seed, site, &places).map_err(|error| match error {
        SimulationError::Cover(_) => Error::Option { option: "--cover", problem: error.to_string() },
        SimulationError::NoPixels => Error::damaged(&scene.path, format!("{error}; choose another scene")),
    })?;
    let folder = plan.make_folder()?;
    let mut outputs = Outputs::create(scene, request, &plan, &clouds)?;
    let counts = write_all(scene, reference, &clouds, &grounds, &mut outputs, monitor)?;
    let mut staged = outputs.finish(monitor)?;
    let mut report = report_of(scene, request, &clouds, counts);
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

/// Which files there will be.
struct Plan {
    files: Vec<OutputFile>,
    report: PathBuf,
    /// The output folder, where it has to be made.
    missing_folder: Option<PathBuf>,
}

/// Removes a folder that was made for outputs which were then not written.
struct FolderGuard(PathBuf);

impl Drop for FolderGuard {
    fn drop(&mut self) {
        // Refused by the system where anything is in it, and that is what is wanted.
        let _ = std::fs::remove_dir(&self.0);
    }
}

impl Plan {
    fn of(scene: &Scene, request: &Request) -> Self {
        if !request.as_folder {
            let report = beside(&request.output, "report.json");
            return Self { files: layout(&request.output, scene, false), report, missing_folder: None };
        }
        let mut names = HashSet::new();
        let files = scene.bands.iter().enumerate().map(|(index, band)| {
            let mut name: String =
                band.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            if !names.insert(name.clone()) {
                name = format!("{name}_{index}");
            }
            OutputFile {
                path: request.output.join(name + ".tif"),
                ratio: band.ratio,
                grid: band.grid.clone(),
                bands: vec![index],
                extras: None,
            }
        });
        Self {
            files: files.collect(),
            report: request.output.join("report.json"),
            missing_folder: (!request.output.exists()).then(|| request.output.clone()),
        }
    }

    /// Every output may be written, and none is an input or another output.
    fn check(&self, scene: &Scene, request: &Request) -> Result<()> {
        let sources: Vec<&Path> = std::iter::once(scene.path.as_path())
            .chain(scene.bands.iter().map(|band| Path::new(band.source.dataset.as_str())))
            .collect();
        let mut names = HashSet::new();
        let mask = request.mask_out.as_ref();
        let paths = self.files.iter().map(|file| &file.path).chain([&self.report]).chain(mask);
        for path in paths {
            if !names.insert(path) {
                let problem = format!("{} is an output already; give another name", path.display());
                return Err(Error::Option { option: "--mask-out", problem });
            }
            let inside_missing =
                self.missing_folder.as_deref().is_some_and(|folder| path.starts_with(folder));
            if !inside_missing {
                check_output(path, request.overwrite, &sources)?;
            }
        }
        Ok(())
    }

    /// Makes the output folder where it is missing.
    fn make_folder(&self) -> Result<Option<FolderGuard>> {
        let Some(folder) = &self.missing_folder else { return Ok(None) };
        std::fs::create_dir(folder)
            .map_err(|error| Error::write(folder, format!("the folder cannot be made ({error})")))?;
        Ok(Some(FolderGuard(folder.clone())))
    }
}

/// First pass: the blurred ground of every optical band, and the valid sample places.
fn survey(
    scene: &Scene,
    reference: usize,
    site: &Site,
    monitor: &dyn Monitor,
) -> Result<(Vec<Option<Ground>>, Vec<(usize, usize)>)> {
    let mut reader = SceneReader::new(scene);
    let mut grounds: Vec<_> = scene
        .bands
        .iter()
        .map(|band| {
            let optical = band.band.is_some_and(Band::is_optical);
            optical.then(|| Ground::empty(band.grid.width, band.grid.height, band.ratio))
        })
        .collect();
    let samples = site.sample_places();
    let mut places = Vec::with_capacity(samples.len());
    monitor.stage("measuring", scene.grid.height as u64);
    let mut next = 0;
    for (index, slot) in grounds.iter_mut().enumerate() {
        let Some(ground) = slot else { continue };
        let band = &scene.bands[index];
        let rows = (STRIP / band.ratio).next_multiple_of(Ground::block(band.ratio)).max(1);
        for strip in band.grid.strips(rows) {
            if monitor.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let pixels = reader.reflectance_native(index, strip)?;
            ground.take(strip.y, &pixels);
            if index == reference {
                while let Some(&(x, y)) =
                    samples.get(next).filter(|(_, y)| y / band.ratio < strip.y + strip.height)
                {
                    let column = (x / band.ratio).min(pixels.width - 1);
                    if !pixels.get(column, y / band.ratio - strip.y).is_nan() {
                        places.push((x, y));
                    }
                    next += 1;
                }
                monitor.advance((strip.height * band.ratio) as u64);
            }
        }
    }
    Ok((grounds, places))
}

/// The rasters being written.
struct Outputs {
    rasters: Vec<(OutputFile, RasterWriter)>,
    mask: Option<RasterWriter>,
}

impl Outputs {
    fn create(scene: &Scene, request: &Request, plan: &Plan, clouds: &Clouds) -> Result<Self> {
        let metadata = tags(scene, request, clouds);
        let rasters = plan.files.iter().map(|file| {
            let spec = OutputSpec {
                path: file.path.clone(),
                grid: file.grid.clone(),
                bands: file.bands.iter().map(|&i| OutputBand::like(&scene.bands[i])).collect(),
                metadata: metadata.clone(),
                format: Format::GeoTiff,
            };
            Ok((file.clone(), RasterWriter::create(spec, request.overwrite)?))
        });
        let rasters = rasters.collect::<Result<_>>()?;
        let mask = request.mask_out.as_ref().map(|path| {
            let mut band = OutputBand::synthetic(Dtype::U8);
            band.name = "mask".into();
            band.description = "cloud mask: 0 clear, 1 cloud, 2 shadow, 255 invalid".into();
            let bands = vec![band];
            let spec = OutputSpec {
                path: path.clone(),
                grid: scene.grid.clone(),
                bands,
                metadata: metadata.clone(),
                format: Format::GeoTiff,
            };
            RasterWriter::create(spec, request.overwrite)
        });
        Ok(Self { rasters, mask: mask.transpose()? })
    }

    fn finish(self, monitor: &dyn Monitor) -> Result<Vec<Staged>> {
        self.rasters
            .into_iter()
            .map(|(_, raster)| raster)
            .chain(self.mask)
            .map(|raster| raster.finish(monitor))
            .collect()
    }
}

/// The source's metadata and what was done.
fn tags(scene: &Scene, request: &Request, clouds: &Clouds) -> Vec<(String, String)> {
    let mut tags: Vec<_> = scene
        .metadata
        .iter()
        .filter_map(|item| item.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    let Config { kind, cover } = request.config;
    let sun = clouds.sun();
    let done = format!("kind={kind:?} cover={cover} seed={}", request.seed).to_lowercase();
    tags.push(("DECLOUDER_SIMULATED".into(), done));
    tags.push(("DECLOUDER_SUN".into(), format!("{:.2} {:.2}", sun.zenith_deg, sun.azimuth_deg)));
    tags.push(("DECLOUDER_VERSION".into(), env!("CARGO_PKG_VERSION").into()));
    if let Some(level) = scene.level {
        tags.retain(|(key, _)| key != "DECLOUDER_LEVEL");
        tags.push(("DECLOUDER_LEVEL".into(), level.to_string()));
    }
    tags
}

/// Pixels of the reference grid by mask code.
#[derive(Default)]
struct Counts {
    valid: u64,
    cloud: u64,
    shadow: u64,
}

/// Second pass: window by window, every band.
fn write_all(
    scene: &Scene,
    reference: usize,
    clouds: &Clouds,
    grounds: &[Option<Ground>],
    outputs: &mut Outputs,
    monitor: &dyn Monitor,
) -> Result<Counts> {
    let mut reader = SceneReader::new(scene);
    let mut counts = Counts::default();
    let windows = windows(scene);
    monitor.stage("simulating", windows.len() as u64);
    for window in windows {
        if monitor.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let mut field = clouds.render(window);
        let codes = truth(&mut field, scene, reference, &mut reader)?;
        for &code in &codes.data {
            counts.valid += u64::from(code != mask::INVALID);
            counts.cloud += u64::from(code == mask::CLOUD);
            counts.shadow += u64::from(code == mask::SHADOW);
        }
        for (file, raster) in &mut outputs.rasters {
            for (position, &index) in file.bands.iter().enumerate() {
                let part = window.coarser(file.ratio, file.grid.width, file.grid.height);
                let samples = cloudy_samples(&field, scene, index, part, grounds, &mut reader)?;
                raster.write(position, part, &samples)?;
            }
        }
        if let Some(raster) = &mut outputs.mask {
            raster.write(0, window, &Samples::U8(codes.data))?;
        }
        monitor.advance(1);
    }
    Ok(counts)
}

/// Windows that begin on a pixel of every band.
fn windows(scene: &Scene) -> Vec<Window> {
    let side = scene.ratios().into_iter().fold(
        WINDOW,
        |side, ratio| {
            if side % ratio == 0 { side } else { side * ratio }
        },
    );
    let (width, height) = (scene.grid.width, scene.grid.height);
    let part = |x: usize, y: usize| Window::new(x, y, side.min(width - x), side.min(height - y));
    (0..height).step_by(side).flat_map(|y| (0..width).step_by(side).map(move |x| part(x, y))).collect()
}

/// The mask of a window; where nothing was measured the field is cleared, so that nothing is touched.
fn truth(
    field: &mut CloudField<'_>,
    scene: &Scene,
    reference: usize,
    reader: &mut SceneReader<'_>,
) -> Result<Plane<u8>> {
    let band = &scene.bands[reference];
    let part = field.window.coarser(band.ratio, band.grid.width, band.grid.height);
    let measured = reader.reflectance_native(reference, part)?;
    let invalid = |i: usize| {
        let (x, y) = (i % field.window.width / band.ratio, i / field.window.width / band.ratio);
        measured.get(x.min(part.width - 1), y.min(part.height - 1)).is_nan()
    };
    let holes: Vec<usize> = (0..field.window.len()).filter(|&i| invalid(i)).collect();
    field.clear(&holes);
    let mut codes = field.codes();
    for i in holes {
        codes.data[i] = mask::INVALID;
    }
    Ok(codes)
}

/// Stored values of a band in a window of its own grid, with cloud and shadow.
fn cloudy_samples(
    field: &CloudField<'_>,
    scene: &Scene,
    index: usize,
    part: Window,
    grounds: &[Option<Ground>],
    reader: &mut SceneReader<'_>,
) -> Result<Samples> {
    let mut samples = reader.samples(index, part)?;
    let info = &scene.bands[index];
    let (Some(ground), Some(band)) = (&grounds[index], info.band) else { return Ok(samples) };
    let clear = samples.reflectance(&info.radiometry, &info.nodata);
    let mut pixels = Plane::from_vec(part.width, part.height, clear);
    let touched = field.apply(band, info.ratio, &mut pixels, &ground.window(part));
    for (i, _) in touched.iter().enumerate().filter(|(_, touched)| **touched) {
        samples.set(i, info.radiometry.dn(f64::from(pixels.data[i]), info.dtype, &info.nodata));
    }
    Ok(samples)
}

fn report_of(scene: &Scene, request: &Request, clouds: &Clouds, counts: Counts) -> Report {
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
