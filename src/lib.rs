//! Declouder takes clouds out of Sentinel-2 scenes and says how far each pixel can be trusted.
//!
//! The library is the whole product; the command line ([`cli`]) and the window are two thin faces
//! over it. Modules are arranged in floors (see `ARCHITECTURE.md`): each imports only from floors
//! below it.

#![cfg_attr(
    not(feature = "gdal"),
    allow(dead_code, unused_imports, reason = "what only scenes on disk need stays, unused, without GDAL")
)]

pub mod bands;
pub mod benchmark;
pub mod cli;
pub mod compute;
pub mod decloud;
#[cfg(feature = "desktop")]
pub mod desktop;
pub mod evaluation;
pub mod fill;
#[cfg(feature = "desktop")]
pub mod jobs;
pub mod latents;
pub mod mask;
pub mod metrics;
pub mod networks;
pub mod patches;
pub mod progress;
pub mod random;
pub mod raster;
pub mod simulate;
pub mod training;
#[cfg(feature = "desktop")]
pub mod view;
