//! A scene: its bands on one reference grid, and everything its export must carry along.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Dtype, Error, Grid, Memory, Nodata, Radiometry, RadiometryOption, Result, Window};
use crate::bands::{Band, Level};

/// What a scene was opened from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SceneKind {
    /// One raster file with all bands.
    GeoTiff,
    /// A Sentinel-2 SAFE product (folder, zip or its metadata file).
    Safe,
    /// A BigEarthNet v1 or v2 patch folder.
    BigEarthNet,
    /// A folder of files with one or several bands each.
    BandFolder,
    /// Arrays in memory.
    Memory,
}

/// One band of one raster file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BandSource {
    /// What GDAL opens: a path, or a `/vsizip/` path into a product's archive; empty for a band in
    /// memory.
    pub dataset: String,
    /// Band number in it, from 1.
    pub index: usize,
}

/// One band of a scene.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SceneBand {
    /// Which Sentinel band it is; none where that is not known.
    pub band: Option<Band>,
    /// The name shown: `B04`, or `band 7` where unknown.
    pub name: String,
    /// Description in the file, kept for the export.
    pub description: String,
    /// Where its pixels are.
    pub source: BandSource,
    /// Its own (native) grid.
    pub grid: Grid,
    /// How many pixels of the scene's grid lie along one of its pixels: 1, 2 or 6.
    pub ratio: usize,
    /// Type of its stored values.
    pub dtype: Dtype,
    /// Its nodata values.
    pub nodata: Nodata,
    /// Its relation to reflectance.
    pub radiometry: Radiometry,
    /// Scale tag as stored, kept for the export.
    pub scale_tag: Option<f64>,
    /// Offset tag as stored, kept for the export.
    pub offset_tag: Option<f64>,
    /// Unit tag as stored.
    pub unit: String,
    /// GDAL's colour interpretation, kept for the export.
    pub color: String,
    /// GDAL metadata of the band (default domain), `KEY=VALUE`.
    pub metadata: Vec<String>,
}

/// Bands that Declouder's own exports add to a scene.
const OWN_BANDS: [&str; 2] = ["synthetic", "spread"];

/// Bands of classes, quality or what else is no reflectance, as products and archives name them.
const LAYERS: [&str; 14] = [
    "scl",
    "aot",
    "wvp",
    "tci",
    "qa10",
    "qa20",
    "qa60",
    "msk_cldprb",
    "msk_snwprb",
    "cldprb",
    "snwprb",
    "clm",
    "clp",
    "datamask",
];

impl SceneBand {
    /// Whether it holds reflectance, which cloud hides and declouding makes. Radar does not, nor do classes and quality
    /// by their names: they are copied. A band that nobody knows is taken for reflectance.
    #[must_use]
    pub fn is_reflectance(&self) -> bool {
        self.band.map_or_else(|| !self.is_layer() && !self.is_own(), Band::is_optical)
    }

    /// Whether it is a band that our own exports add: it needs no name.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.band.is_none() && OWN_BANDS.contains(&self.description.as_str())
    }

    /// Whether its name says that it holds classes or quality.
    #[must_use]
    pub fn is_layer(&self) -> bool {
        self.band.is_none() && LAYERS.iter().any(|layer| self.name.trim().eq_ignore_ascii_case(layer))
    }
}

/// Where the sun stood, from a product's metadata.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sun {
    /// Degrees from the zenith.
    pub zenith_deg: f64,
    /// Degrees clockwise from north, towards the sun.
    pub azimuth_deg: f64,
}

/// A cloud mask that came with the product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ProductMask {
    /// Scene classification layer of an L2A product.
    Scl {
        /// Its raster.
        source: BandSource,
        /// Its grid (usually 20 m).
        grid: Grid,
    },
    /// L1C cloud mask as polygons (`MSK_CLOUDS_B00.gml`, baselines before 04.00).
    CloudGml {
        /// The GML text's path: a file, or a member of the product's archive (`/vsizip/…`).
        path: String,
    },
    /// L1C cloud mask as a raster (`MSK_CLASSI_B00.jp2`, from baseline 04.00): bands opaque cloud,
    /// cirrus, snow.
    CloudRaster {
        /// Path of the raster.
        dataset: String,
        /// Its grid (60 m).
        grid: Grid,
    },
}

/// An opened scene. It holds no file open and is cheap to clone; [`super::SceneReader`] reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scene {
    /// The path as the analyst gave it.
    pub path: PathBuf,
    /// What it was opened from.
    pub kind: SceneKind,
    /// Processing level, where known.
    pub level: Option<Level>,
    /// Processing baseline (`04.00`), where known.
    pub baseline: Option<String>,
    /// Sensing time (ISO 8601), where known.
    pub sensed: Option<String>,
    /// Sun position, where known.
    pub sun: Option<Sun>,
    /// Cloud cover of the whole tile in percent, as the product states it.
    #[serde(default)]
    pub cloud_percent: Option<f64>,
    /// The finest grid among its bands (10 m for Sentinel-2): the scene's reference grid.
    pub grid: Grid,
    /// Its bands in the project's order, unknown ones last.
    pub bands: Vec<SceneBand>,
    /// Cloud masks found in the product, best first.
    pub masks: Vec<ProductMask>,
    /// Dataset metadata (default domain) of a single-file source, `KEY=VALUE`.
    pub metadata: Vec<String>,
    /// Why the scene cannot be exactly what it seems; shown to the analyst.
    pub warnings: Vec<String>,
    /// The grid of the scene that this one was cut out of, and where.
    #[serde(skip)]
    pub part_of: Option<(Grid, Window)>,
    /// The pixels themselves, of a scene that was never a file ([`Scene::in_memory`]).
    #[serde(skip)]
    pub memory: Option<Memory>,
}

/// What the analyst says about a scene that its files do not.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SceneOptions {
    /// Names of the bands in file order (`--bands`).
    pub bands: Option<Vec<Band>>,
    /// Processing level (`--level`).
    pub level: Option<Level>,
    /// Relation of DN to reflectance (`--radiometry`).
    pub radiometry: Option<RadiometryOption>,
}

impl Scene {
    /// Refuses a result of this program, which its band `synthetic` or its tags tell.
    ///
    /// # Errors
    /// [`Error::Made`].
    pub fn refuse_made(&self) -> Result<()> {
        let tag = |key: &str| {
            let value = |item: &str| item.strip_prefix(key)?.strip_prefix('=').map(str::to_owned);
            self.metadata.iter().find_map(|item| value(item))
        };
        let marked = self.bands.iter().any(|band| band.band.is_none() && band.name == "synthetic");
        if marked || tag("DECLOUDER_MADE").is_some() {
            return Err(Error::Made { path: self.path.clone(), made_from: tag("DECLOUDER_SOURCE") });
        }
        Ok(())
    }

    /// Index of a band in [`Scene::bands`].
    #[must_use]
    pub fn index_of(&self, band: Band) -> Option<usize> {
        self.bands.iter().position(|candidate| candidate.band == Some(band))
    }

    /// Indices of several bands.
    ///
    /// # Errors
    /// [`Error::MissingBand`] for the first that the scene lacks; `purpose` completes the sentence
    /// "needed by …".
    pub fn indices_of(&self, bands: &[Band], purpose: &str) -> Result<Vec<usize>> {
        bands
            .iter()
            .map(|&band| {
                self.index_of(band).ok_or_else(|| Error::MissingBand {
                    path: self.path.clone(),
                    band: band.name().to_owned(),
                    found: format!("the scene has {}", self.band_list()),
                    advice: format!(
                        "it is needed by {purpose}; name the bands with --bands if the file does not"
                    ),
                })
            })
            .collect()
    }

    /// The names of its bands, separated by commas.
    #[must_use]
    pub fn band_list(&self) -> String {
        self.bands.iter().map(|band| band.name.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Whether all bands share the scene's grid.
    #[must_use]
    pub fn is_single_grid(&self) -> bool {
        self.bands.iter().all(|band| band.ratio == 1)
    }

    /// The distinct ratios of its bands, finest first.
    #[must_use]
    pub fn ratios(&self) -> Vec<usize> {
        let mut ratios: Vec<_> = self.bands.iter().map(|band| band.ratio).collect();
        ratios.sort_unstable();
        ratios.dedup();
        ratios
    }
}
