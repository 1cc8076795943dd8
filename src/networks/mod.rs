//! The networks: shapes in, shapes out. Losses, files of pixels and windows are elsewhere.
//!
//! Images are `[N, C, H, W]` in network range ([`Encoding`]), H and W multiples of 8, channels in the
//! order of the model's bands. A cloudy image is `A`, a clear one `B`.

pub mod classifier;
pub mod declouder;
pub mod file;
pub(crate) mod images;
pub mod infer;
pub mod init;
pub mod layers;
pub mod ops;
pub mod optional;
pub mod paper;
pub mod params;
pub mod put_back;
pub mod spectral;

mod config;
mod encoding;
mod model;

pub use config::{ImpossibleNetwork, NetworkConfig, Preset, Upsampling};
pub use encoding::Encoding;
pub use model::{Clearing, DataSource, Model, ModelInfo, Networks, TooLarge};
