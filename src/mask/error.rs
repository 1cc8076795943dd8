//! What can go wrong while a mask is made.

use std::path::{Path, PathBuf};

use crate::raster;

/// A mask could not be made. Every message names the file or option and says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The scene or the mask file could not be read.
    #[error(transparent)]
    Raster(#[from] raster::Error),
    /// The method's name or parameters are wrong.
    #[error("{option}: {problem}")]
    Option {
        /// The option as typed, such as `--method`.
        option: &'static str,
        /// What was expected and found.
        problem: String,
    },
    /// The method cannot work on this scene.
    #[error("method {method} cannot be used: {reason}: {}", .path.display())]
    NotApplicable {
        /// Name of the method.
        method: &'static str,
        /// What the scene lacks, and what to do.
        reason: String,
        /// The scene.
        path: PathBuf,
    },
    /// A model or a mask of the product is damaged or of an unknown kind.
    #[error("{problem}: {}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
}

impl Error {
    /// Whether the analyst typed something that cannot be (exit code 2).
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(self, Self::Option { .. } | Self::Raster(raster::Error::Option { .. }))
    }

    /// Whether the work was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Raster(raster::Error::Cancelled))
    }

    /// A damaged file.
    pub(crate) fn damaged(path: impl AsRef<Path>, problem: impl Into<String>) -> Self {
        Self::Damaged { path: path.as_ref().to_owned(), problem: problem.into() }
    }
}

/// Result of mask work.
pub type Result<T> = std::result::Result<T, Error>;
