//! One raster file with all bands: GeoTIFF, COG, or a multi-band JPEG 2000.

use std::path::Path;

use gdal::Dataset;

use super::assemble::{Origin, assemble};
use super::names::{self, NameFacts};
use super::parts::{bands_of, value_of};
use crate::bands::Band;
use crate::raster::content::{self, Content};
use crate::raster::driver::{dataset_name, metadata_of};
use crate::raster::{
    Radiometry, RadiometrySource, Result, Scene, SceneBand, SceneKind, SceneOptions, SceneReader, Window,
};

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
    as_tagged(&mut bands, &metadata);
    let facts = stated(&metadata).or(NameFacts::of(&name));
    let origin = Origin { path, kind: SceneKind::GeoTiff, facts };
    let mut scene = assemble(&origin, bands, options)?;
    scene.metadata = metadata;
    scene.warnings.extend(missing_offset(&scene));
    scene.warnings.extend(left_behind(&dataset));
    scene.warnings.extend(large_floats(&scene));
    Ok(scene)
}

/// What a file says in ways that are not followed.
fn left_behind(dataset: &Dataset) -> Vec<String> {
    let mut warnings = Vec::new();
    let flags = dataset.rasterband(1).and_then(|band| band.mask_flags());
    if flags.is_ok_and(|flags| flags.is_per_dataset() && !flags.is_alpha()) {
        warnings.push("it has a mask of its own, which is not read: what that hides counts as measured here, and the result will not have it; make it nodata first (gdalwarp -dstnodata 0 IN OUT)".into());
    }
    let points = dataset.gcps().len();
    if points > 0 && dataset.geo_transform().is_err() {
        warnings.push(format!("its place is told by {points} ground control points, which the result will not have; warp it first (gdalwarp IN OUT)"));
    }
    warnings
}

/// Floats above this, in the middle of a band's middle, are no reflectances.
const BRIGHT: f64 = 2.0;
/// Pixels along the side of the part that is looked at.
const LOOKED_AT: usize = 64;

/// A warning where floats that nobody explains are too large for reflectance: DN or percent.
fn large_floats(scene: &Scene) -> Option<String> {
    let unexplained = |band: &SceneBand| {
        band.is_reflectance()
            && !band.dtype.is_integer()
            && band.radiometry.source == RadiometrySource::Default
    };
    let index = scene.bands.iter().position(unexplained)?;
    let grid = &scene.bands[index].grid;
    let (width, height) = (grid.width.min(LOOKED_AT), grid.height.min(LOOKED_AT));
    let middle = Window::new((grid.width - width) / 2, (grid.height - height) / 2, width, height);
    let samples = SceneReader::new(scene).samples(index, middle).ok()?;
    let known =
        (0..samples.len()).map(|i| samples.get(i)).filter(|&value| !scene.bands[index].nodata.matches(value));
    let mut known: Vec<f64> = known.collect();
    known.sort_by(f64::total_cmp);
    let median = *known.get(known.len() / 2)?;
    (median > BRIGHT).then(|| {
        format!(
            "its numbers are floats of about {median:.0} and taken for reflectance, which hardly exceeds 1; say what they are, such as --radiometry 10000 (or 100 for percent)"
        )
    })
}

/// Takes the relation of numbers to reflectance that our own exports state: their numbers are the product's, whose own
/// metadata they no longer have.
pub(super) fn as_tagged(bands: &mut [SceneBand], metadata: &[String]) {
    let listed =
        |key| value_of(metadata, key).map(|text| text.split(',').collect::<Vec<_>>()).unwrap_or_default();
    let (names, scales, offsets) =
        (listed("DECLOUDER_BANDS"), listed("DECLOUDER_SCALE"), listed("DECLOUDER_OFFSET"));
    if names.len() != scales.len() || names.len() != offsets.len() {
        return;
    }
    for band in bands.iter_mut().filter(|band| band.radiometry.source == RadiometrySource::Default) {
        let Some(at) = names.iter().position(|name| *name == band.name) else { continue };
        let (Ok(scale), Ok(offset)) = (scales[at].parse::<f64>(), offsets[at].parse::<f64>()) else {
            continue;
        };
        let found = Radiometry { scale, offset, source: RadiometrySource::Tags };
        let assumed = band.radiometry;
        let differs = (scale / assumed.scale - 1.0).abs() > 1e-9 || offset != assumed.offset;
        if differs && scale.is_finite() && scale > 0.0 && offset.is_finite() {
            band.radiometry = found;
        }
    }
}

/// What a file's tags state: our own, or a product's.
pub(super) fn stated(metadata: &[String]) -> NameFacts {
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
    let assumed = scene.bands.iter().any(|band| {
        band.is_reflectance()
            && band.radiometry.source == RadiometrySource::Default
            && band.dtype.is_integer()
    });
    assumed.then(|| {
        format!(
            "the name or a tag tells of baseline {baseline}, whose products have an offset of −1000, but the files state none; give --radiometry 10000,-1000 if their numbers are the product's own"
        )
    })
}
