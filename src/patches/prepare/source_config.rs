//! What is said of one source.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::mask::Classes;
use crate::patches::{Domain, Split};
use crate::raster::SceneOptions;

/// One source, and what its files do not say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SourceConfig {
    /// A scene, or a folder whose direct children are scenes; for the other kinds the data set's
    /// folder (or LMDB).
    pub path: PathBuf,
    /// How it is read.
    pub kind: SourceKind,
    /// The domain of all its patches; none to sort them by their masks, or as the data set says.
    pub domain: Option<Domain>,
    /// The split of all its places; none for the data set's own, else by [`crate::patches::SplitRule`].
    pub split: Option<Split>,
    /// The place of all its scenes; none to read it from their names.
    pub place: Option<String>,
    /// Licence of the data.
    pub licence: Option<String>,
    /// Whom to name.
    pub attribution: Option<String>,
    /// Folder of masks named like the scenes.
    pub masks: Option<PathBuf>,
    /// Band of the masks, from 1; none for files that have only one.
    pub mask_band: Option<usize>,
    /// What the masks' values mean.
    pub mask_classes: Classes,
    /// Folder of Sentinel-1 images (VV and VH in dB) named like the scenes and on their grids; for
    /// BigEarthNet its Sentinel-1 folder, where it is not beside the Sentinel-2 folder.
    pub s1: Option<PathBuf>,
    /// Folder of scenes of another clear day, named like the scenes and on their grids.
    pub references: Option<PathBuf>,
    /// BigEarthNet: folder of the published lists (version 1) or of the `metadata*.parquet` files
    /// (version 2), where they are not with the patches.
    pub lists: Option<PathBuf>,
    /// BigEarthNet: keep patches under seasonal snow.
    pub keep_snow: bool,
    /// Bands, level and radiometry of its scenes.
    pub scene: SceneOptions,
}

/// How a source is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// Scenes, each on its own.
    #[default]
    Scenes,
    /// A folder with `cloudy/` and `clear/` that hold scenes of the same names.
    Pairs,
    /// BigEarthNet version 1: patch folders.
    BigearthnetV1,
    /// BigEarthNet version 2: patch folders, or an LMDB.
    BigearthnetV2,
}

impl SourceKind {
    const ALL: [Self; 4] = [Self::Scenes, Self::Pairs, Self::BigearthnetV1, Self::BigearthnetV2];

    /// Whether it is a version of BigEarthNet.
    #[must_use]
    pub const fn is_bigearthnet(self) -> bool {
        matches!(self, Self::BigearthnetV1 | Self::BigearthnetV2)
    }

    /// The word in options and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scenes => "scenes",
            Self::Pairs => "pairs",
            Self::BigearthnetV1 => "bigearthnet-v1",
            Self::BigearthnetV2 => "bigearthnet-v2",
        }
    }
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for SourceKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| {
            format!("\"{text}\" is no kind of source; expected {}", Self::ALL.map(Self::name).join(", "))
        })
    }
}
