//! Data in, a report out: scenes compared, engines, models and baselines measured.
//!
//! [`compare()`] measures one scene against another in strips. [`evaluate()`] runs every method on test
//! sets (cloudy and clear scenes of one place, or clear scenes under transplanted cloud) and gathers a
//! [`Report`]. How numbers are taken is in [`report::notes`] and in [`crate::metrics`]; figures on
//! the shared data are in `docs/baselines.md`.

pub mod album;
pub mod bootstrap;
mod config;
pub mod curves;
mod error;
pub mod honesty;
pub mod html;
#[cfg(feature = "gdal")]
pub mod labels;
mod methods;
mod model;
pub mod picture;
pub mod provenance;
pub mod report;
mod table;
pub mod verdict;

mod aligned;
mod baselines;
mod cautions;
mod distribution;
mod distribution_table;
mod image;
mod label_report;
mod label_table;
mod run;
mod subset;
mod summary;
mod thin;
mod watch;

#[cfg(feature = "gdal")]
mod beside;
#[cfg(feature = "gdal")]
mod compare;
#[cfg(feature = "gdal")]
mod donors;
#[cfg(feature = "gdal")]
mod pairs;
#[cfg(feature = "gdal")]
mod transplants;

pub use config::{DEFAULT_PER_IMAGE, DonorsConfig, EvaluateConfig, LabelsConfig, PairConfig, SetConfig};
pub use error::{Error, Result};
pub use honesty::HonestyConfig;
pub use methods::{BASELINE, Case, Method, composite};
pub use model::ModelMethod;
pub use report::Report;
pub use run::{evaluate, evaluate_watched};
pub use thin::THIN_EXCESS;
pub use watch::{Made, Unwatched, Watch, Watchers};

#[cfg(feature = "gdal")]
pub use compare::{Compared, check_grids, common_bands, compare};
