//! The suite, one file a subject.

mod bad_input;
mod bad_output;
mod bad_products;
mod bad_scenes;
mod bad_store;
mod bigearthnet;
#[cfg(feature = "gdal")]
mod command_line;
mod compare;
mod decloud;
mod evaluation;
mod export;
mod fill;
#[cfg(feature = "gdal")]
mod fixtures;
mod floors;
mod masks;
mod metrics;
pub mod patches;
mod prepare;
mod scenes;
mod simulate;
pub mod support;
