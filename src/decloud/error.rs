//! What can go wrong on the way from a cloudy scene to a clear one.

use crate::compute::Fault;
use crate::{mask, raster};

/// A scene could not be declouded. Every message names the file or option and says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading the scene or writing the result.
    #[error(transparent)]
    Raster(#[from] raster::Error),
    /// Making the mask.
    #[error(transparent)]
    Mask(#[from] mask::Error),
    /// Reading the model.
    #[error("--model: {0}")]
    Model(crate::networks::file::FileError),
    /// The device is gone, its memory is full, or our own code panicked.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// An option is wrong or does not fit the engine.
    #[error("{option}: {problem}")]
    Option {
        /// The option as typed.
        option: &'static str,
        /// What was expected and found.
        problem: String,
    },
}

impl Error {
    /// Whether the analyst typed something that cannot be (exit code 2).
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Option { .. } | Self::Raster(raster::Error::Option { .. }) => true,
            Self::Mask(error) => error.is_usage(),
            Self::Raster(_) | Self::Model(_) | Self::Fault(_) => false,
        }
    }

    /// Whether the work was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Raster(raster::Error::Cancelled) => true,
            Self::Mask(error) => error.is_cancelled(),
            _ => false,
        }
    }
}

/// Result of declouding.
pub type Result<T> = std::result::Result<T, Error>;
