//! The few GDAL drivers that are allowed, and how they are opened.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Once;

use gdal::errors::CplErrType;
use gdal::raster::{ColorInterpretation, GdalDataType};
use gdal::{Dataset, DatasetOptions, GdalOpenFlags, Metadata};

use super::{Dtype, Error, Grid, Result, content};

/// Raster drivers that may read a user's file. VRT, network and scripting drivers are not among
/// them: a scene must not be able to make Declouder open another file.
const ALLOWED_DRIVERS: [&str; 3] = ["GTiff", "COG", "JP2OpenJPEG"];

/// No Sentinel-2 mosaic comes near these; a file beyond them is hostile or damaged.
const MAX_SIDE: usize = 1_000_000;

/// GDAL's archive prefix; with braces around the archive's own path.
const ZIP_PREFIX: &str = "/vsizip/{";

static SETUP: Once = Once::new();

thread_local! {
    /// Complaints of GDAL on this thread since [`heed`] began to listen.
    static COMPLAINTS: RefCell<Vec<(CplErrType, String)>> = const { RefCell::new(Vec::new()) };
}

/// Sets GDAL up once for the process: a bounded block cache, and its messages kept off the
/// terminal (they reach the analyst inside our own errors).
pub(super) fn setup() {
    SETUP.call_once(|| {
        let options = [
            ("GDAL_CACHEMAX", "256"),
            ("GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR"),
            ("GDAL_PAM_ENABLED", "NO"),
            ("CPL_VSIL_CURL_ALLOWED_EXTENSIONS", "none"),
        ];
        for (key, value) in options {
            // A setting that an old GDAL does not know is harmless.
            let _ = gdal::config::set_config_option(key, value);
        }
        gdal::config::set_error_handler(|class, number, message| {
            tracing::debug!(?class, number, message, "GDAL");
            COMPLAINTS.with_borrow_mut(|kept| {
                // A damaged file can complain once a block; the first complaint says enough.
                if kept.len() < 32 {
                    kept.push((class, message.to_owned()));
                }
            });
        });
        // Opening registers drivers by itself; what is written before anything was opened needs them too.
        gdal::DriverManager::register_all();
    });
}

/// Runs GDAL work and also fails where GDAL answers with success but has complained of an error,
/// or of data that it could not read and replaced by nothing.
pub(super) fn heed<T>(work: impl FnOnce() -> gdal::errors::Result<T>) -> std::result::Result<T, String> {
    COMPLAINTS.with_borrow_mut(Vec::clear);
    let done = work().map_err(|error| gdal_words(&error))?;
    let complaint = COMPLAINTS.with_borrow(|kept| {
        kept.iter().find(|(class, words)| is_damage(*class, words)).map(|(_, words)| words.clone())
    });
    complaint.map_or(Ok(done), Err)
}

/// Whether a complaint means that data is missing. Warnings do when a read failed (an "IO error" while the
/// metadata tag is read, which GDAL then ignores, loses scale and offset) or a codec filled up with grey.
fn is_damage(class: CplErrType, words: &str) -> bool {
    match class {
        CplErrType::Failure | CplErrType::Fatal => true,
        CplErrType::Warning => {
            ["IO error", "Premature end", "truncated", "Read error"].iter().any(|sign| words.contains(sign))
        }
        CplErrType::None | CplErrType::Debug => false,
    }
}

/// The absolute path of a file as GDAL takes it. Being absolute, it cannot be taken for one of
/// GDAL's own prefixes (`GTIFF_DIR:…`).
pub(super) fn dataset_name(path: &Path) -> Result<String> {
    let absolute = std::path::absolute(path).map_err(|error| Error::io(path, "finding the file", error))?;
    absolute.into_os_string().into_string().map_err(|_| Error::NotAScene {
        path: path.to_owned(),
        reason: "its path is not valid UTF-8; rename the file or folder".into(),
    })
}

/// The name by which GDAL opens a member of a zip archive.
pub(super) fn member_name(archive: &Path, member: &str) -> Result<String> {
    let archive_name = dataset_name(archive)?;
    if archive_name.contains(['{', '}']) {
        return Err(Error::NotAScene {
            path: archive.to_owned(),
            reason: "GDAL reads no archive whose path has braces in it; rename it".into(),
        });
    }
    Ok(format!("{ZIP_PREFIX}{archive_name}}}/{member}"))
}

/// Opens a raster read-only with an allowed driver, whatever its name's extension.
pub(super) fn open_raster(dataset: &str) -> Result<Dataset> {
    setup();
    if zip_parts(dataset).is_none() {
        content::expect_raster(Path::new(dataset))?;
    }
    let options = DatasetOptions {
        allowed_drivers: Some(&ALLOWED_DRIVERS),
        open_flags: GdalOpenFlags::GDAL_OF_RASTER | GdalOpenFlags::GDAL_OF_VERBOSE_ERROR,
        ..DatasetOptions::default()
    };
    let opened = heed(|| Dataset::open_ex(dataset, options)).map_err(|words| {
        Error::damaged(
            shown_path(dataset),
            format!("the raster cannot be opened ({words}); it is truncated or damaged, fetch it again"),
        )
    })?;
    let (width, height) = opened.raster_size();
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(Error::damaged(
            shown_path(dataset),
            format!("the file claims {width} × {height} pixels; expected at most {MAX_SIDE} a side"),
        ));
    }
    Ok(opened)
}

/// The path an analyst recognises: without GDAL's archive prefix and braces.
pub(super) fn shown_path(dataset: &str) -> PathBuf {
    match dataset.strip_prefix(ZIP_PREFIX).and_then(|rest| rest.split_once("}/")) {
        Some((archive, member)) => Path::new(archive).join(member),
        None => dataset.into(),
    }
}

/// Archive and member of a dataset name that [`member_name`] made.
pub(super) fn zip_parts(dataset: &str) -> Option<(&str, &str)> {
    dataset.strip_prefix(ZIP_PREFIX)?.split_once("}/")
}

/// GDAL's own words, or the wrapper's where it has none.
pub(super) fn gdal_words(error: &gdal::errors::GdalError) -> String {
    use gdal::errors::GdalError;
    match error {
        GdalError::CplError { msg, .. } | GdalError::NullPointer { msg, .. } if !msg.is_empty() => {
            msg.clone()
        }
        other => other.to_string(),
    }
}

/// The grid of a dataset.
pub(super) fn grid_of(dataset: &Dataset) -> Grid {
    let (width, height) = dataset.raster_size();
    Grid { width, height, geotransform: dataset.geo_transform().ok(), crs_wkt: dataset.projection() }
}

/// Our type for GDAL's.
pub(super) fn dtype_of(kind: GdalDataType, path: &Path, band: usize) -> Result<Dtype> {
    Ok(match kind {
        GdalDataType::UInt8 => Dtype::U8,
        GdalDataType::UInt16 => Dtype::U16,
        GdalDataType::Int16 => Dtype::I16,
        GdalDataType::UInt32 => Dtype::U32,
        GdalDataType::Int32 => Dtype::I32,
        GdalDataType::Float32 => Dtype::F32,
        GdalDataType::Float64 => Dtype::F64,
        other => {
            // The wrapper knows no name for GDAL's complex types.
            let name = other.name();
            let name = if name == "Unknown" { "complex or unknown".to_owned() } else { name };
            return Err(Error::damaged(
                path,
                format!(
                    "band {band} has the type {name}, which cannot hold reflectance; expected an integer of 8 to 32 bits or a float"
                ),
            ));
        }
    })
}

/// GDAL's name of a colour interpretation.
#[allow(clippy::needless_pass_by_value, reason = "the wrapper hands it out by value")]
pub(super) fn color_name(color: ColorInterpretation) -> String {
    color.name()
}

/// Metadata of a GDAL object's default domain as `KEY=VALUE`.
pub(super) fn metadata_of(object: &impl Metadata) -> Vec<String> {
    object.metadata_domain("").unwrap_or_default()
}
