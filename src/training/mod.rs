//! Training: losses, steps, schedules, checkpoints, events.
//!
//! [`samples`] makes what a step sees, a function of stores, configuration, seed and step; [`step`]
//! moves the networks; [`run`] does so until the end, validates, and keeps checkpoints from which a
//! killed run goes on as if nothing had happened.

mod best;
pub mod budget;
pub mod checkpoint;
mod claim;
pub mod classifier;
pub mod config;
mod course;
mod data_config;
pub mod dataset;
pub mod distribution;
mod error;
mod events;
pub mod fields;
pub mod folder;
pub mod follow;
pub mod history;
pub mod latent;
pub mod losses;
pub mod memory;
pub mod optimiser;
mod placing;
mod presets;
mod provenance;
mod refused;
pub mod run;
pub mod samples;
mod show;
pub mod start;
pub mod step;
pub mod strips;
pub mod tensorboard;
pub mod validate;
pub mod warnings;
mod weights;

pub use claim::Claim;
pub use config::TrainConfig;
pub use error::{Error, Result};
pub use presets::changed;
