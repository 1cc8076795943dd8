//! A whole scene through an engine, and the proof of what was done to it.
//!
//! [`decloud`] is the whole route: scene → mask → engine → composite → files. An [`Engine`] says
//! what lies under cloud; everything else (reading, copying bit for bit, compositing, writing) is
//! the same for all of them.

mod composite;
mod config;
mod deviation;
mod engine;
mod error;
pub mod provenance;

#[cfg(feature = "gdal")]
pub(crate) mod clouds;
#[cfg(feature = "gdal")]
mod clouds_from;
#[cfg(feature = "gdal")]
mod companions;
#[cfg(feature = "gdal")]
mod fill_engine;
#[cfg(feature = "gdal")]
mod gate;
#[cfg(feature = "gdal")]
mod latent;
#[cfg(feature = "gdal")]
pub(crate) mod model_engine;
#[cfg(feature = "gdal")]
mod outputs;
#[cfg(feature = "gdal")]
mod pipeline;
#[cfg(feature = "gdal")]
mod preview;
#[cfg(feature = "gdal")]
mod run;
mod shipped;
#[cfg(feature = "gdal")]
pub mod verify;

#[cfg(feature = "gdal")]
pub(crate) use deviation::Deviation;
pub(crate) use deviation::{deviation, variance};

pub use composite::{native_mask, native_part};
pub use config::{DEFAULT_TILE_PX, DecloudConfig, MOST_SAMPLES, TILE_PX};
pub use engine::{Engine, Surface};
pub use error::{Error, Result};
pub use shipped::{SHIPPED_MODEL, shipped_model};

#[cfg(feature = "gdal")]
pub use clouds_from::Clouds;
#[cfg(feature = "gdal")]
pub use engine::{engine, engines};
#[cfg(feature = "gdal")]
pub use latent::Latent;
#[cfg(feature = "gdal")]
pub use preview::{Preview, around as seen_around, preview, scene_around};
#[cfg(feature = "gdal")]
pub use run::{Outcome, decloud, decloud_under};
