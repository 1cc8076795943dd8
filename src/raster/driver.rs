//! The few GDAL drivers that are allowed, and how they are opened.

use std::path::Path;
use std::sync::Once;

use gdal::raster::{ColorInterpretation, GdalDataType};
use gdal::{Dataset, DatasetOptions, Metadata};

use super::{Dtype, Error, Grid, Result};

/// Raster drivers that may read a user's file. VRT, network and scripting drivers are not among
/// them: a scene must not be able to make Declouder open another file.
const ALLOWED_DRIVERS: [&str; 3] = ["GTiff", "COG", "JP2OpenJPEG"];

static SETUP: Once = Once::new();

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
        });
    });
}

/// Opens a raster read-only with an allowed driver, whatever its name's extension.
pub(super) fn open_raster(dataset: &str) -> Result<Dataset> {
    setup();
    let options = DatasetOptions { allowed_drivers: Some(&ALLOWED_DRIVERS), ..DatasetOptions::default() };
    Dataset::open_ex(dataset, options).map_err(|error| Error::NotAScene {
        path: shown_path(dataset),
        reason: format!("no allowed driver reads it ({})", gdal_words(&error)),
    })
}

/// The path an analyst recognises: without GDAL's archive prefix and braces.
pub(super) fn shown_path(dataset: &str) -> std::path::PathBuf {
    dataset.trim_start_matches("/vsizip/").replace(['{', '}'], "").into()
}

/// GDAL's own words, or the wrapper's where it has none.
pub(super) fn gdal_words(error: &gdal::errors::GdalError) -> String {
    use gdal::errors::GdalError;
    match error {
        GdalError::CplError { msg, .. } if !msg.is_empty() => msg.clone(),
        GdalError::NullPointer { msg, .. } if !msg.is_empty() => msg.clone(),
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
            return Err(Error::damaged(
                path,
                format!(
                    "band {band} has the type {}, which cannot hold reflectance; expected an integer of 8 to 32 bits or a float",
                    other.name()
                ),
            ));
        }
    })
}

/// GDAL's name of a colour interpretation.
pub(super) fn color_name(color: ColorInterpretation) -> String {
    color.name()
}

/// Metadata of a GDAL object's default domain as `KEY=VALUE`.
pub(super) fn metadata_of(object: &impl Metadata) -> Vec<String> {
    object.metadata_domain("").unwrap_or_default()
}
