//! The files of a simulation: planned and checked before any work, written, given their names.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::super::{Clouds, Config};
use super::Request;
use crate::progress::Monitor;
use crate::raster::export::{
    Format, OutputBand, OutputFile, OutputSpec, Overview, RasterWriter, Staged, beside, check_output, layout,
};
use crate::raster::{Dtype, Error, Result, Scene, SceneBand};

/// Which files there will be.
pub(super) struct Plan {
    files: Vec<OutputFile>,
    pub report: PathBuf,
    /// The output folder, where it has to be made.
    missing_folder: Option<PathBuf>,
}

/// Removes a folder that was made for outputs which were then not written.
pub(super) struct FolderGuard(PathBuf);

impl Drop for FolderGuard {
    fn drop(&mut self) {
        // Refused by the system where anything is in it, and that is what is wanted.
        let _ = std::fs::remove_dir(&self.0);
    }
}

impl Plan {
    pub(super) fn of(scene: &Scene, request: &Request) -> Self {
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
    pub(super) fn check(&self, scene: &Scene, request: &Request) -> Result<()> {
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
    pub(super) fn make_folder(&self) -> Result<Option<FolderGuard>> {
        let Some(folder) = &self.missing_folder else { return Ok(None) };
        std::fs::create_dir(folder)
            .map_err(|error| Error::write(folder, format!("the folder cannot be made ({error})")))?;
        Ok(Some(FolderGuard(folder.clone())))
    }
}

/// The rasters being written.
pub(super) struct Outputs {
    pub rasters: Vec<(OutputFile, RasterWriter)>,
    pub mask: Option<RasterWriter>,
}

impl Outputs {
    pub(super) fn create(scene: &Scene, request: &Request, plan: &Plan, clouds: &Clouds) -> Result<Self> {
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
            band.overview = Overview::Nearest;
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

    pub(super) fn finish(self, monitor: &dyn Monitor) -> Result<Vec<Staged>> {
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
    let listed = |value: &dyn Fn(&SceneBand) -> String| {
        Some(scene.bands.iter().map(value).collect::<Vec<_>>().join(","))
    };
    // What a product's own metadata say of its numbers, which a GeoTIFF has no place for.
    let facts = [
        ("DECLOUDER_LEVEL", scene.level.map(|level| level.to_string())),
        ("DECLOUDER_BASELINE", scene.baseline.clone()),
        ("DECLOUDER_SENSED", scene.sensed.clone()),
        ("DECLOUDER_BANDS", listed(&|band| band.name.clone())),
        ("DECLOUDER_SCALE", listed(&|band| band.radiometry.scale.to_string())),
        ("DECLOUDER_OFFSET", listed(&|band| band.radiometry.offset.to_string())),
    ];
    for (key, value) in facts.into_iter().filter_map(|(key, value)| Some((key, value?))) {
        tags.retain(|(known, _)| known != key);
        tags.push((key.into(), value));
    }
    tags
}
