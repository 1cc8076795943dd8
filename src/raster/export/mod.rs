//! Scenes to disk: GeoTIFF and COG with everything the source had, complete or not at all.
//!
//! A [`RasterWriter`] fills a hidden file beside the output's name; [`RasterWriter::finish`] closes
//! it, syncs it and reads its structure back; [`commit`] gives all outputs of an export their names
//! in one last step, or none of them. At every moment, also after `kill -9` or a full disk, the
//! output's name holds either what it held before or the complete new file. What a killed process
//! leaves behind is recognised by its lock being gone and removed by the next export of the same
//! output.
//!
//! # Nodata in a file with a `synthetic` band
//! GeoTIFF has one nodata value for the whole file (`GDAL_NODATA`), so a source that declares 0
//! makes 0 nodata in `synthetic` too, although it means "copied" there. The source's declaration is
//! kept, because without it programs would show its empty border as black: true-colour views, which
//! do not show `synthetic`, are right, and `synthetic` shown alone is transparent where nothing was
//! made, which is how an overlay of what was made should look. The stored values are untouched by
//! this, and the overviews are averaged here rather than by GDAL so that a 0 counts as 0 in
//! `synthetic` ([`Overview::Mean`]). Without a declared nodata value none is written.

mod check;
mod ffi;
mod footprint;
mod layout;
mod naming;
mod pyramid;
mod staged;
mod writer;

use std::path::PathBuf;

use super::{Dtype, Grid, SceneBand};

pub use footprint::{Footprint, footprint};
pub use layout::{OutputFile, beside, layout};
pub use naming::{commit, remove_output};
pub use staged::{Staged, check_output, stage_bytes, stage_text};
pub use writer::{RasterWriter, file_nodata};

/// What a pixel of an overview says of the four pixels under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overview {
    /// The mean of those that are not nodata.
    MeasuredMean,
    /// The mean of all: 0 is a value like any other, even where it is nodata in the other bands.
    Mean,
    /// The first of them: classes have no mean.
    Nearest,
}

/// One band of an output, with everything the file says about it.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputBand {
    /// The name used in messages: `B04`, `synthetic`.
    pub name: String,
    /// Description in the file.
    pub description: String,
    /// Type of the values; all bands of a GeoTIFF have the same.
    pub dtype: Dtype,
    /// Nodata value to declare.
    pub nodata: Option<f64>,
    /// What its overviews leave out besides: a value that means nodata though the file does not declare it.
    pub unmeasured: Option<f64>,
    /// Scale tag; none is not written.
    pub scale_tag: Option<f64>,
    /// Offset tag; none is not written.
    pub offset_tag: Option<f64>,
    /// Unit tag; empty is not written.
    pub unit: String,
    /// GDAL's name of the colour interpretation (`Red`, `Gray`, `Undefined`).
    pub color: String,
    /// Metadata in the default domain, `KEY=VALUE`.
    pub metadata: Vec<String>,
    /// What its overviews show.
    pub overview: Overview,
}

impl OutputBand {
    /// A band that says all that the source's band says, except statistics of pixels that are no
    /// longer the same.
    #[must_use]
    pub fn like(band: &SceneBand) -> Self {
        let description =
            if band.description.is_empty() { band.band.map(|known| known.name().to_owned()) } else { None };
        Self {
            name: band.name.clone(),
            description: description.unwrap_or_else(|| band.description.clone()),
            dtype: band.dtype,
            nodata: band.nodata.declared,
            unmeasured: band.nodata.zero.then_some(0.0),
            scale_tag: band.scale_tag,
            offset_tag: band.offset_tag,
            unit: band.unit.clone(),
            color: band.color.clone(),
            metadata: band.metadata.iter().filter(|item| !item.starts_with("STATISTICS_")).cloned().collect(),
            overview: Overview::MeasuredMean,
        }
    }

    /// The band that says how much of each pixel was made: round(255·m), 0 = copied.
    #[must_use]
    pub fn synthetic(dtype: Dtype) -> Self {
        Self::extra("synthetic", dtype)
    }

    /// The band of the samples' spread: RMS over bands of their standard deviation, in DN.
    #[must_use]
    pub fn spread(dtype: Dtype) -> Self {
        Self::extra("spread", dtype)
    }

    fn extra(name: &str, dtype: Dtype) -> Self {
        Self {
            name: name.to_owned(),
            description: name.to_owned(),
            dtype,
            nodata: None,
            unmeasured: None,
            scale_tag: None,
            offset_tag: None,
            unit: String::new(),
            color: "Undefined".to_owned(),
            metadata: Vec::new(),
            overview: Overview::Mean,
        }
    }
}

/// How an output is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Tiled GeoTIFF, one band after the other.
    #[default]
    GeoTiff,
    /// Cloud-optimised GeoTIFF.
    Cog,
}

/// Everything that is decided before the first pixel is written.
#[derive(Debug, Clone)]
pub struct OutputSpec {
    /// The output's final name.
    pub path: PathBuf,
    /// Size and place.
    pub grid: Grid,
    /// Its bands in order.
    pub bands: Vec<OutputBand>,
    /// Dataset metadata (default domain): the source's and `DECLOUDER_*`.
    pub metadata: Vec<(String, String)>,
    /// Layout.
    pub format: Format,
}
