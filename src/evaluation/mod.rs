//! Data in, a report out: scenes compared, engines and baselines measured on pairs.
//!
//! [`compare()`] measures one scene against another in strips. [`evaluate_pairs`] runs every method
//! on a folder of cloudy and clear scenes and gathers a [`Report`]. How numbers are taken is in
//! [`report::notes`] and in [`crate::metrics`]; figures on the shared data are in
//! `docs/baselines.md`.

pub mod bootstrap;
mod error;
pub mod report;
mod table;

#[cfg(feature = "gdal")]
mod compare;
#[cfg(feature = "gdal")]
pub mod methods;
#[cfg(feature = "gdal")]
pub mod pairs;
#[cfg(feature = "gdal")]
mod run;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use error::{Error, Result};
pub use report::Report;

#[cfg(feature = "gdal")]
pub use compare::{Compared, check_grids, common_bands, compare};
#[cfg(feature = "gdal")]
pub use run::evaluate_pairs;

use crate::mask::MaskConfig;
use crate::raster::SceneOptions;

/// Parameters of an evaluation on pairs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PairsConfig {
    /// Folder of reference masks, each named like its pair; none to detect them.
    pub masks: Option<PathBuf>,
    /// How a mask is read or made, dilated and feathered; its `file` is set pair by pair.
    pub mask: MaskConfig,
    /// Methods to run, by name; empty for all.
    pub methods: Vec<String>,
    /// What the files do not say of the scenes.
    pub scenes: SceneOptions,
}
