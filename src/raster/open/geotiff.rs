//! One raster file with all bands: GeoTIFF, COG, or a multi-band JPEG 2000.

use std::path::Path;

use super::assemble::{Origin, assemble};
use super::names::{self, NameFacts};
use super::parts::{bands_of, value_of};
use crate::bands::Band;
use crate::raster::content::{self, Content};
use crate::raster::driver::{dataset_name, metadata_of};
use crate::raster::{RadiometrySource, Result, Scene, SceneKind, SceneOptions};

/// By the first bytes: TIFF, BigTIFF, JP2 or a raw JPEG 2000 codestream.
pub(super) fn recognises(path: &Path) -> bool {
    path.is_file() && matches!(content::of(path), Ok(Content::Tiff | Content::Jpeg2000))
}

pub(super) fn open(path: &Path, options: &SceneOptions) -> Result<Scene> {
    let (dataset, mut bands) = bands_of(&dataset_name(path)?)?;
    let metadata = metadata_of(&dataset);
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    if let [only] = bands.as_mut_slice()
        && only.band.is_none()
        && let Some(band) = Band::find_in(&name)
    {
        only.band = Some(band);
        band.name().clone_into(&mut only.name);
    }
    let facts = stated(&metadata).or(NameFacts::of(&name));
    let origin = Origin { path, kind: SceneKind::GeoTiff, facts };
    let mut scene = assemble(&origin, bands, options)?;
    scene.metadata = metadata;
    scene.warnings.extend(missing_offset(&scene));
    Ok(scene)
}

/// What a file's tags state: our own, or a product's.
fn stated(metadata: &[String]) -> NameFacts {
    let first = |keys: &[&str]| keys.iter().find_map(|key| value_of(metadata, key));
    NameFacts {
        level: first(&["DECLOUDER_LEVEL", "PROCESSING_LEVEL", "LEVEL"]).and_then(|text| text.parse().ok()),
        baseline: first(&["DECLOUDER_BASELINE", "PROCESSING_BASELINE"]).map(str::to_owned),
        sensed: first(&["DECLOUDER_SENSED", "PRODUCT_START_TIME", "TIFFTAG_DATETIME"]).map(str::to_owned),
    }
}

/// A warning where a file without radiometry seems to be of a baseline that has an offset.
pub(super) fn missing_offset(scene: &Scene) -> Option<String> {
    let baseline = scene.baseline.as_deref().filter(|baseline| names::has_offset(baseline))?;
    let assumed = scene
        .bands
        .iter()
        .any(|band| band.radiometry.source == RadiometrySource::Default && band.dtype.is_integer());
    assumed.then(|| {
        format!(
            "the name tells of baseline {baseline}, whose products have an offset of −1000, but the files state none; give --radiometry 10000,-1000 if their numbers are the product's own"
        )
    })
}
