//! What can go wrong in training.

use std::path::PathBuf;

use super::config::Impossible;
use crate::networks::file::FileError;
use crate::patches;

/// A training cannot begin or go on. Every message names the file or field and says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration.
    #[error("configuration: {0}")]
    Config(#[from] Impossible),
    /// A patch store.
    #[error(transparent)]
    Patches(#[from] patches::Error),
    /// The stores do not fit each other or the configuration.
    #[error("patch stores: {problem}")]
    Stores {
        /// What was expected and found.
        problem: String,
    },
    /// Preparing a batch.
    #[error(transparent)]
    Prefetch(#[from] patches::PrefetchError),
    /// A model or checkpoint file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The model that a training is to begin with.
    #[error("a training cannot begin with this model: {problem}; leave --from out, or give a configuration with its networks: {}", path.display())]
    Start {
        /// The model.
        path: PathBuf,
        /// What was expected and found.
        problem: String,
    },
    /// The run's folder.
    #[error("{problem}: {}", path.display())]
    Run {
        /// The folder or file.
        path: PathBuf,
        /// What was expected and found.
        problem: String,
    },
    /// Memory would not hold a batch.
    #[error("{problem}")]
    Memory {
        /// What was estimated, and what would fit.
        problem: String,
    },
    /// A loss is no number.
    #[error(
        "training diverged at step {step}: \"{loss}\" is {value}; lower generator.rate or the weight of a loss in a new run, or in this run's config.toml before it goes on with --resume from its last checkpoint, if it has one"
    )]
    Diverged {
        /// The step.
        step: u64,
        /// The loss's name.
        loss: &'static str,
        /// Its value.
        value: f64,
    },
    /// Somebody cancelled before anything was worth keeping.
    #[error("cancelled")]
    Cancelled,
}

/// Result of training.
pub type Result<T, E = Error> = std::result::Result<T, E>;
