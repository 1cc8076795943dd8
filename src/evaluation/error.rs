//! What can go wrong while images are measured.

use std::path::PathBuf;

use crate::{mask, metrics, raster};

/// Images could not be measured. Every message names the file, folder or option and says what to
/// do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A scene could not be read.
    #[error(transparent)]
    Raster(#[from] raster::Error),
    /// A mask could not be made or read.
    #[error(transparent)]
    Mask(#[from] mask::Error),
    /// Two images do not fit together.
    #[error(transparent)]
    Metrics(#[from] metrics::Error),
    /// The two scenes lie on different grids.
    #[error("the images cannot be compared pixel by pixel: {problem}: {} and {}", .image.display(), .reference.display())]
    Grids {
        /// What differs and what to do.
        problem: String,
        /// The image that was to be measured.
        image: PathBuf,
        /// What it was to be measured against.
        reference: PathBuf,
    },
    /// The two scenes have no optical band in common.
    #[error("the images have no Sentinel-2 band in common ({}: {image_bands}; {}: {reference_bands}); name them in file order with --bands if the files do not", .image.display(), .reference.display())]
    NoCommonBand {
        /// The image that was to be measured.
        image: PathBuf,
        /// Its bands.
        image_bands: String,
        /// What it was to be measured against.
        reference: PathBuf,
        /// Its bands.
        reference_bands: String,
    },
    /// There is no pixel that both scenes measured.
    #[error("no pixel is valid in every common band of both images, so there is nothing to measure: {} and {}", .image.display(), .reference.display())]
    NothingValid {
        /// The image that was to be measured.
        image: PathBuf,
        /// What it was to be measured against.
        reference: PathBuf,
    },
    /// A scene is too large to be held in memory with its results.
    #[error("{} is too large to be evaluated in memory ({samples} samples, at most {limit}); run declouder decloud on it and compare the result with declouder compare, which reads in strips", .path.display())]
    TooLarge {
        /// The scene.
        path: PathBuf,
        /// Pixels times bands.
        samples: usize,
        /// How many are held at most.
        limit: usize,
    },
    /// An option names something that does not exist.
    #[error("{option}: {problem}")]
    Option {
        /// The option as typed.
        option: &'static str,
        /// What was found and what is expected.
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
            _ => false,
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

/// Result of measuring.
pub type Result<T> = std::result::Result<T, Error>;
