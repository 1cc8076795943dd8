//! Where every pixel of a result comes from: the report beside an output, and the same facts as
//! tags inside it.

mod clock;
mod digest;
#[cfg(feature = "gdal")]
mod qml;
#[cfg(feature = "gdal")]
mod stac;
mod tags;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::bands::Level;
use crate::raster::{Dtype, Error, Grid, Result, Scene, SceneBand, SceneKind};
use digest::hex;

pub use clock::now_utc;
pub use digest::{digest, source_files};
#[cfg(feature = "gdal")]
pub use qml::qml_style;
#[cfg(feature = "gdal")]
pub use stac::{check_stac, stac_item};

/// What the licence of Copernicus data asks of everything made from it.
pub const ATTRIBUTION: &str = "Contains modified Copernicus Sentinel data";

/// Everything that must be known to trust, repeat or refute a result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of Declouder that made it.
    pub version: String,
    /// When it was made, UTC, ISO 8601.
    pub created: String,
    /// What made the pixels under cloud.
    pub engine: EngineFacts,
    /// What it was made from.
    pub source: SourceFacts,
    /// The Sentinel-1 image that the model saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s1: Option<SourceFacts>,
    /// The reference date that the model saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<SourceFacts>,
    /// Where cloud was seen.
    pub mask: MaskFacts,
    /// What was copied and made, a band at a time, in the scene's order.
    pub bands: Vec<BandFacts>,
    /// The raster files.
    pub outputs: Vec<OutputFacts>,
    /// Every option of the run, as its configuration file would state it.
    pub options: serde_json::Value,
    /// Seconds by stage.
    pub timings_s: BTreeMap<String, f64>,
    /// What the analyst should know.
    pub warnings: Vec<String>,
    /// Attribution that the source's licence asks for.
    pub attribution: String,
}

/// The engine that made the pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EngineFacts {
    /// `fill` or `model`.
    pub name: String,
    /// File name of the model; none for an engine without one.
    pub model: Option<String>,
    /// SHA-256 of the model file.
    pub model_sha256: Option<String>,
    /// Seed of everything random.
    pub seed: Option<u64>,
    /// The latent code, where the engine has one.
    pub latent: Option<Vec<f32>>,
}

/// The source scene.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceFacts {
    /// Name of the file or folder, without the folders above it.
    pub name: String,
    /// What kind of scene it is.
    pub kind: SceneKind,
    /// Processing level, where known.
    pub level: Option<Level>,
    /// Processing baseline, where known.
    pub baseline: Option<String>,
    /// Sensing time, where known.
    pub sensed: Option<String>,
    /// How stored values were taken for reflectance, and where that is from ([`radiometry_words`]).
    #[serde(default)]
    pub radiometry: String,
    /// The files that were read, and their content's digests.
    pub files: Vec<FileFacts>,
}

/// A file and the digest of its whole content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// File name, without folders.
    pub name: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256 of the content, hexadecimal.
    pub sha256: String,
}

/// The cloud mask that was used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MaskFacts {
    /// How it was made: method, parameters, file.
    pub source: String,
    /// Fraction of the scene's measured pixels that are cloud, before dilation: 0..1.
    pub cloud: f64,
    /// The same for shadow.
    pub shadow: f64,
    /// Fraction of all pixels where nothing was measured.
    pub invalid: f64,
}

/// What happened to one band. The three counts add up to its pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BandFacts {
    /// Its name.
    pub name: String,
    /// File name of the output that holds it.
    pub file: String,
    /// Columns and rows.
    pub size: [usize; 2],
    /// Pixel size in metres by the geotransform; none where there is none, or where the coordinate
    /// reference system counts in degrees.
    pub resolution_m: Option<f64>,
    /// Type of its values.
    pub dtype: Dtype,
    /// Its relation to reflectance, in words, and where that is from.
    pub radiometry: String,
    /// Reflectance of one DN.
    pub scale: f64,
    /// Reflectance of DN 0.
    pub offset: f64,
    /// Measured pixels copied bit for bit.
    pub copied: u64,
    /// Pixels changed, wholly or partly: `synthetic` > 0.
    pub made: u64,
    /// Pixels where nothing was measured, copied too.
    pub nodata: u64,
}

impl BandFacts {
    /// The facts of a band, with counts still 0.
    #[must_use]
    pub fn of(band: &SceneBand, file: &Path) -> Self {
        Self {
            name: band.name.clone(),
            file: file_name(file),
            size: [band.grid.width, band.grid.height],
            resolution_m: resolution_m(&band.grid),
            dtype: band.dtype,
            radiometry: band_radiometry(band),
            scale: band.radiometry.scale,
            offset: band.radiometry.offset,
            copied: 0,
            made: 0,
            nodata: 0,
        }
    }
}

#[cfg(feature = "gdal")]
fn resolution_m(grid: &Grid) -> Option<f64> {
    crate::raster::pixel_m(grid)
}

/// Without GDAL nobody knows in what a coordinate reference system counts.
#[cfg(not(feature = "gdal"))]
fn resolution_m(_grid: &Grid) -> Option<f64> {
    None
}

/// How a scene's stored values are taken for reflectance: `reflectance = DN / 10000 (assumed)`, with
/// the bands named where they differ. Radar, which has no reflectance, is left out unless there is nothing else.
#[must_use]
pub fn radiometry_words(scene: &Scene) -> String {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for band in scene.bands.iter().filter(|band| band.is_reflectance()) {
        let words = band_radiometry(band);
        match groups.iter_mut().find(|(known, _)| *known == words) {
            Some((_, names)) => names.push(&band.name),
            None => groups.push((words, vec![&band.name])),
        }
    }
    match groups.as_slice() {
        [] => "backscatter in dB, as stored".into(),
        [(words, _)] => words.clone(),
        several => several
            .iter()
            .map(|(words, names)| format!("{}: {words}", names.join(", ")))
            .collect::<Vec<_>>()
            .join("; "),
    }
}

fn band_radiometry(band: &SceneBand) -> String {
    use crate::raster::RadiometrySource as From;
    let source = match band.radiometry.source {
        From::Product => "from the product's metadata",
        From::Tags => "from the file's tags",
        From::Option => "given with --radiometry",
        From::Default => "assumed",
    };
    format!("{} ({source})", band.radiometry)
}

/// A raster file of the export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputFacts {
    /// File name.
    pub name: String,
    /// Size.
    pub bytes: u64,
    /// Columns and rows.
    pub size: [usize; 2],
    /// Descriptions of its bands.
    pub bands: Vec<String>,
    /// SHA-256 of the content, hexadecimal; none in reports that were written before it was stated.
    #[serde(default)]
    pub sha256: Option<String>,
}

impl SourceFacts {
    /// The facts of an opened scene. Its files are read whole for their digests ([`digest`]), at
    /// about the speed of the disk.
    ///
    /// # Errors
    /// [`Error::Io`] where one cannot be read, [`Error::Cancelled`].
    pub fn of(scene: &Scene, is_cancelled: &dyn Fn() -> bool) -> Result<Self> {
        let files =
            source_files(scene).iter().map(|path| digest(path, is_cancelled)).collect::<Result<_>>()?;
        Ok(Self {
            name: file_name(&scene.path),
            kind: scene.kind,
            level: scene.level,
            baseline: scene.baseline.clone(),
            sensed: scene.sensed.clone(),
            radiometry: radiometry_words(scene),
            files,
        })
    }
}

/// The last part of a path, as text.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

impl Report {
    /// The report as the JSON text of `OUT.report.json`.
    ///
    /// # Errors
    /// [`Error::Write`] where a number in it is not finite.
    pub fn to_json(&self, path: &Path) -> Result<String> {
        let mut text =
            serde_json::to_string_pretty(self).map_err(|error| Error::write(path, error.to_string()))?;
        text.push('\n');
        Ok(text)
    }

    /// Reads a report.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Damaged`] where it is no report.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::io(path, "cannot read the report", error))?;
        serde_json::from_str(&text).map_err(|error| {
            Error::damaged(path, format!("this is no report of an export ({error}); make the export again"))
        })
    }
}

impl SourceFacts {
    /// One digest for all files: SHA-256 over `sha256sum`'s lines of them.
    #[must_use]
    pub fn digest(&self) -> String {
        if let [only] = self.files.as_slice() {
            return only.sha256.clone();
        }
        let lines = self.files.iter().fold(String::new(), |mut text, file| {
            let _ = writeln!(text, "{}  {}", file.sha256, file.name);
            text
        });
        hex(&Sha256::digest(lines.as_bytes()))
    }
}
