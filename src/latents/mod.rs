//! The codes behind what lies under cloud: drawn, found, mixed, followed, and understood.
//!
//! A land code `z_land` chooses one of the surfaces that could lie under a cloud. Its prior is the
//! standard normal; 0 is the surface that is exported. A cloud code `z_cloud` says where a cloud is (two
//! maps, at an eighth of the size) and of what sort. Everything here works on an image in memory
//! ([`Subject`]), whose encoder runs once: each further surface costs a decoder pass.

#[cfg(feature = "gdal")]
mod class_effects;
mod cloud;
mod code;
#[cfg(feature = "gdal")]
mod date;
mod directions;
mod effects;
mod eigen;
mod film;
mod fit;
mod glyphs;
mod land;
#[cfg(feature = "gdal")]
mod land_cover;
mod palette;
mod patches;
mod picture;
mod sheet;
mod sky;
#[cfg(feature = "gdal")]
mod source;
mod spread;
mod subject;
mod windows;

pub use crate::decloud::{Error, Result};
#[cfg(feature = "gdal")]
pub use class_effects::Asked;
pub use cloud::{Cloud, cloud_of, intersection_over_union, render};
pub use code::{LIMIT, along, interpolated, prior};
#[cfg(feature = "gdal")]
pub use date::{ClearDate, DateCode, DateOver, FitErrors, Fitted};
pub use directions::{Classes, Direction, Directions, principal};
pub use effects::{Effect, effect};
pub use film::{FPS, Film, Pace, STEPS};
pub use fit::fitted;
pub use land::{LandDistribution, land_of};
#[cfg(feature = "gdal")]
pub use land_cover::{LabelChange, LandCover};
pub use patches::of_store;
pub use picture::{Picture, Stretch};
pub use sheet::{Axes, Sheet};
pub use sky::{CloudChange, MAP_CELL_PX, Sky, THICKNESS};
#[cfg(feature = "gdal")]
pub use source::Source;
pub use spread::{Trust, deviation, mean_under, trust};
pub use subject::{Held, Subject, UNMEASURED, planes_of};
pub use windows::{CELL_PX, clouded, most_clouded};
