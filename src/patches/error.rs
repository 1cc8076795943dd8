//! What can go wrong between scenes, a store and a batch.

use std::path::{Path, PathBuf};

use crate::{mask, raster};

/// A store could not be made or read. Every message names the file or option and says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A scene could not be read, an output not be written, or the work was cancelled.
    #[error(transparent)]
    Raster(#[from] raster::Error),
    /// A mask could not be made or read.
    #[error(transparent)]
    Mask(#[from] mask::Error),
    /// The path leads to no store.
    #[error("this is no patch store ({reason}); expected a folder that declouder prepare made, with store.json in it: {}", .path.display())]
    NotAStore {
        /// What was given.
        path: PathBuf,
        /// Why it is none.
        reason: String,
    },
    /// The store was written in another version of the format.
    #[error("the store has version {found} and this program reads version {expected}; prepare it again: {}", .path.display())]
    Version {
        /// Its `store.json`.
        path: PathBuf,
        /// What it states.
        found: u64,
        /// What can be read.
        expected: u32,
    },
    /// A file of the store is damaged or contradicts the others.
    #[error("{problem}; the store is damaged, copy or prepare it again: {}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A store or a scene does not fit what it is to be used with.
    #[error("{problem}: {}", .path.display())]
    Misfit {
        /// The store or scene.
        path: PathBuf,
        /// What was expected and found, and what to do.
        problem: String,
    },
    /// A source holds nothing that can be used.
    #[error("{problem}: {}", .path.display())]
    Source {
        /// The source.
        path: PathBuf,
        /// What was found, and what to do.
        problem: String,
    },
    /// Nothing is left to draw from.
    #[error(
        "the store has no {domain} patch in the {split} split; prepare one with more scenes, or set --domain and --split"
    )]
    NothingToDraw {
        /// The domain asked for.
        domain: super::Domain,
        /// The split asked for.
        split: super::Split,
    },
    /// A caller handed over a patch that does not fit the store: a programming error.
    #[error("a patch does not fit the store: {0}")]
    BadPatch(String),
}

impl Error {
    /// A damaged file of a store.
    pub(super) fn damaged(path: impl AsRef<Path>, problem: impl Into<String>) -> Self {
        Self::Damaged { path: path.as_ref().to_owned(), problem: problem.into() }
    }

    /// A source that cannot be used.
    pub(super) fn source(path: impl AsRef<Path>, problem: impl Into<String>) -> Self {
        Self::Source { path: path.as_ref().to_owned(), problem: problem.into() }
    }

    /// A store or scene that does not fit.
    pub(super) fn misfit(path: impl AsRef<Path>, problem: impl Into<String>) -> Self {
        Self::Misfit { path: path.as_ref().to_owned(), problem: problem.into() }
    }

    /// An option that cannot be.
    pub(super) fn option(option: &'static str, problem: impl Into<String>) -> Self {
        raster::Error::Option { option, problem: problem.into() }.into()
    }

    /// Whether the analyst typed something that cannot be (exit code 2).
    #[must_use]
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Raster(raster::Error::Option { .. }) => true,
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

/// Result of work with patches.
pub type Result<T> = std::result::Result<T, Error>;
