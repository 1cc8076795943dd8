//! Scenes on disk ↔ arrays. The only module that calls GDAL.
//!
//! [`open`] turns a path into a [`Scene`]; a [`SceneReader`] (one a thread) reads windows of it as
//! stored values or as reflectance; [`resample`] moves between 10, 20 and 60 m grids.

mod error;
mod grid;
pub(crate) mod hidden;
mod memory;
mod pairs;
mod place;
mod plane;
mod radiometry;
pub mod resample;
mod samples;
mod scene;
mod text;

#[cfg(feature = "gdal")]
mod aligned;
#[cfg(feature = "gdal")]
mod blocks;
#[cfg(feature = "gdal")]
mod content;
#[cfg(feature = "gdal")]
mod crs;
#[cfg(feature = "gdal")]
mod driver;
#[cfg(feature = "gdal")]
pub mod export;
#[cfg(feature = "gdal")]
mod fillnodata;
#[cfg(feature = "gdal")]
mod open;
#[cfg(feature = "gdal")]
mod radar;
#[cfg(feature = "gdal")]
mod read;

pub use error::{Error, Result};
pub use grid::{Grid, Window};
pub use memory::{Memory, MemoryBand};
pub use pairs::{Pair, file_names, find_pairs, is_pairs};
pub use place::{ground_of, place_of, scene_name, scene_of, stated as stated_place};
pub use plane::Plane;
pub use radiometry::{Radiometry, RadiometryOption, RadiometrySource};
pub use samples::{Dtype, Nodata, Samples};
pub use scene::{BandSource, ProductMask, Scene, SceneBand, SceneKind, SceneOptions, Sun};
pub use text::read_text;

#[cfg(feature = "gdal")]
pub use aligned::Aligned;
#[cfg(feature = "gdal")]
pub use blocks::work_blocks;
#[cfg(feature = "gdal")]
pub use crs::{CrsName, Locator, center_lat_lon, crs_name, grid_difference, pixel_m, same_crs};
#[cfg(feature = "gdal")]
pub use fillnodata::fill_nodata;
#[cfg(feature = "gdal")]
pub use open::{PatchMetadata, open, patch_metadata};
#[cfg(feature = "gdal")]
pub use radar::open_s1;
#[cfg(feature = "gdal")]
pub use read::SceneReader;
