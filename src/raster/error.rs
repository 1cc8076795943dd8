//! What can go wrong between a file and an array.

use std::path::{Path, PathBuf};

/// A scene could not be read or written. Every message names the file and says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing at that path.
    #[error("there is no file or folder here; check the path: {}", .0.display())]
    NotFound(PathBuf),
    /// The path leads to something that no reader knows.
    #[error("this is no scene that Declouder can open: {reason}; expected a GeoTIFF, a Sentinel-2 SAFE folder, its MTD_MSIL1C/MTD_MSIL2A.xml or .zip, a BigEarthNet patch folder, or a folder of one-band files named like B04.tif: {}", .path.display())]
    NotAScene {
        /// What was given.
        path: PathBuf,
        /// Why it is not one.
        reason: String,
    },
    /// The file opened but is damaged or contradicts itself.
    #[error("{problem}: {}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        problem: String,
    },
    /// Two bands of a scene have the same name.
    #[error("band {band} occurs twice; name the bands in order with --bands: {}", .path.display())]
    DuplicateBand {
        /// The scene.
        path: PathBuf,
        /// The name.
        band: String,
    },
    /// The folder is not one of pairs.
    #[error("{problem}; expected a folder with cloudy/ and clear/, both holding scenes of the same names: {}", .path.display())]
    Pairs {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A band that the work needs is not there.
    #[error("band {band} is missing ({found}); {advice}: {}", .path.display())]
    MissingBand {
        /// The scene.
        path: PathBuf,
        /// The name of the band.
        band: String,
        /// What the scene has.
        found: String,
        /// What to do.
        advice: String,
    },
    /// Two rasters that must lie on the same grid do not.
    #[error("{problem}: {}", .path.display())]
    GridMismatch {
        /// The offending file.
        path: PathBuf,
        /// What was expected and found.
        problem: String,
    },
    /// An option does not fit the scene.
    #[error("{option}: {problem}")]
    Option {
        /// The option's name as typed, such as `--bands`.
        option: &'static str,
        /// What was expected and found.
        problem: String,
    },
    /// The scene is a result of this program: what is made of it would pass made pixels for measured ones.
    #[error(
        "this is a result of Declouder, in which pixels were made and not measured; use the scene that it was made from{}: {}",
        .made_from.as_ref().map_or_else(String::new, |name| format!(" ({name})")),
        .path.display()
    )]
    Made {
        /// The scene.
        path: PathBuf,
        /// The scene it was made from, where it says so.
        made_from: Option<String>,
    },
    /// An output could not be written.
    #[error("cannot write: {problem}: {}", .path.display())]
    Write {
        /// The output.
        path: PathBuf,
        /// Why, and what to do.
        problem: String,
    },
    /// An output exists and `--overwrite` was not given.
    #[error("the output exists; give another name or --overwrite: {}", .0.display())]
    Exists(PathBuf),
    /// The system refused.
    #[error("{doing}: {source}: {}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// The system's own words.
        source: std::io::Error,
    },
    /// The work was cancelled; nothing was left behind.
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    /// A damaged or contradictory file.
    pub fn damaged(path: impl AsRef<Path>, problem: impl Into<String>) -> Self {
        Self::Damaged { path: path.as_ref().to_owned(), problem: problem.into() }
    }

    /// An output that cannot be written.
    pub fn write(path: impl AsRef<Path>, problem: impl Into<String>) -> Self {
        Self::Write { path: path.as_ref().to_owned(), problem: problem.into() }
    }

    /// A system error at a path.
    pub fn io(path: impl AsRef<Path>, doing: &'static str, source: std::io::Error) -> Self {
        Self::Io { path: path.as_ref().to_owned(), doing, source }
    }
}

/// Result of raster work.
pub type Result<T> = std::result::Result<T, Error>;
