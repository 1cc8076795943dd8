//! Where every pixel of a result comes from: the report beside an output, and the same facts as
//! tags inside it.

#[cfg(feature = "gdal")]
mod qml;
#[cfg(feature = "gdal")]
mod stac;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::bands::Level;
use crate::raster::{Dtype, Error, Result, Scene, SceneBand, SceneKind};

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
    /// Pixel size in metres, where the band is known.
    pub resolution_m: Option<u32>,
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
            resolution_m: band.band.filter(|known| known.is_optical()).map(crate::bands::Band::resolution_m),
            dtype: band.dtype,
            radiometry: format!("{} ({})", band.radiometry, source_words(band)),
            scale: band.radiometry.scale,
            offset: band.radiometry.offset,
            copied: 0,
            made: 0,
            nodata: 0,
        }
    }
}

fn source_words(band: &SceneBand) -> &'static str {
    use crate::raster::RadiometrySource as From;
    match band.radiometry.source {
        From::Product => "from the product's metadata",
        From::Tags => "from the file's tags",
        From::Option => "given with --radiometry",
        From::Default => "assumed",
    }
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
            files,
        })
    }
}

/// The files on disk that a scene's pixels come from: each once, in band order; an archive for its
/// members. Outputs must be none of them.
#[must_use]
pub fn source_files(scene: &Scene) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    for band in &scene.bands {
        let file = file_of_dataset(&band.source.dataset);
        if !files.contains(&file) {
            files.push(file);
        }
    }
    files
}

/// The file behind a GDAL dataset name: the archive for `/vsizip/{archive.zip}/member` and
/// `/vsizip/archive.zip/member`.
fn file_of_dataset(dataset: &str) -> PathBuf {
    let Some(rest) = dataset.strip_prefix("/vsizip/") else { return dataset.into() };
    if let Some((archive, _)) = rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        return archive.into();
    }
    let inside = Path::new(rest);
    inside.ancestors().find(|candidate| candidate.is_file()).unwrap_or(inside).to_owned()
}

/// Size and SHA-256 of a whole file, read in pieces.
///
/// # Errors
/// [`Error::Io`], [`Error::Cancelled`].
pub fn digest(path: &Path, is_cancelled: &dyn Fn() -> bool) -> Result<FileFacts> {
    let fail = |error| Error::io(path, "cannot read the file for its digest", error);
    let mut file = File::open(path).map_err(fail)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0_u8; 1 << 20];
    let mut bytes = 0_u64;
    loop {
        let read = file.read(&mut piece).map_err(fail)?;
        if read == 0 {
            break;
        }
        if is_cancelled() {
            return Err(Error::Cancelled);
        }
        hash.update(&piece[..read]);
        bytes += read as u64;
    }
    Ok(FileFacts { name: file_name(path), bytes, sha256: hex(&hash.finalize()) })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
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

    /// The same facts as `DECLOUDER_*` tags of the output `file` (its name, to choose its bands).
    /// Facts of bands are lists in the order of `DECLOUDER_BANDS`.
    #[must_use]
    pub fn tags(&self, file: &str) -> Vec<(String, String)> {
        let bands: Vec<_> = self.bands.iter().filter(|band| band.file == file).collect();
        let listed = |value: &dyn Fn(&BandFacts) -> String| {
            bands.iter().map(|band| value(band)).collect::<Vec<_>>().join(",")
        };
        let mut tags = vec![
            ("VERSION", self.version.clone()),
            ("CREATED", self.created.clone()),
            ("ENGINE", self.engine.name.clone()),
            ("SOURCE", self.source.name.clone()),
            ("SOURCE_SHA256", self.source.digest()),
            ("MASK", self.mask.source.clone()),
            (
                "MASK_COVER",
                format!(
                    "cloud:{:.6} shadow:{:.6} invalid:{:.6}",
                    self.mask.cloud, self.mask.shadow, self.mask.invalid
                ),
            ),
            ("BANDS", bands.iter().map(|band| band.name.as_str()).collect::<Vec<_>>().join(",")),
            ("SCALE", listed(&|band| band.scale.to_string())),
            ("OFFSET", listed(&|band| band.offset.to_string())),
            ("COPIED", listed(&|band| band.copied.to_string())),
            ("MADE", listed(&|band| band.made.to_string())),
            ("NODATA", listed(&|band| band.nodata.to_string())),
            ("OPTIONS", self.options.to_string()),
            ("WARNINGS", self.warnings.join("; ")),
            ("ATTRIBUTION", self.attribution.clone()),
        ];
        let optional = [
            ("MODEL", self.engine.model.clone()),
            ("MODEL_SHA256", self.engine.model_sha256.clone()),
            ("SEED", self.engine.seed.map(|seed| seed.to_string())),
            ("LATENT", self.engine.latent.as_ref().and_then(|code| serde_json::to_string(code).ok())),
            ("LEVEL", self.source.level.map(|level| level.to_string())),
            ("BASELINE", self.source.baseline.clone()),
            ("SENSED", self.source.sensed.clone()),
        ];
        tags.extend(optional.into_iter().filter_map(|(key, value)| Some((key, value?))));
        tags.into_iter().map(|(key, value)| (format!("DECLOUDER_{key}"), value)).collect()
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

/// The time now, UTC, `2026-07-31T12:34:56Z`.
#[must_use]
pub fn now_utc() -> String {
    let seconds = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs());
    utc(seconds)
}

/// Civil date of seconds since 1970 (H. Hinnant, "chrono-compatible low-level date algorithms",
/// `civil_from_days`), for years after 1970.
fn utc(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3_600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_the_calendar_s() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(utc(1_798_761_599), "2026-12-31T23:59:59Z");
    }

    #[test]
    fn the_digest_is_sha256sum_s() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), b"abc").expect("written");
        let facts = digest(file.path(), &|| false).expect("digested");
        assert_eq!(facts.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(facts.bytes, 3);
    }

    #[test]
    fn an_archive_stands_for_its_members() {
        assert_eq!(file_of_dataset("/vsizip/{/a/b.zip}/c/d.jp2"), Path::new("/a/b.zip"));
        assert_eq!(file_of_dataset("/a/b.tif"), Path::new("/a/b.tif"));
    }
}
