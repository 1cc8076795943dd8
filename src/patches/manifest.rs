//! `store.json`: what a store holds, where it comes from, and how to know that it is whole.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{BandStatistics, Error, PATCH_PX, Result, Split};
use crate::bands::{Band, Level};
use crate::raster;

/// Version of the format, raised whenever an older program could misread a store.
pub const VERSION: u32 = 1;
/// What `store.json` calls itself.
pub(super) const FORMAT: &str = "declouder patch store";
/// The manifest's file name.
pub(super) const FILE: &str = "store.json";
/// Longest manifest that is read: a hundred bytes each for some hundred thousand places.
const MAX_BYTES: u64 = 128 << 20;

/// Everything about a store but its pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `declouder patch store`.
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// Version of the program that made it.
    pub declouder: String,
    /// Bands of `pixels`, in order.
    pub bands: Vec<Band>,
    /// Processing level of every patch.
    pub level: Level,
    /// Side of a patch in pixels of 10 m.
    pub patch_px: usize,
    /// Patches in all shards.
    pub rows: usize,
    /// How splits were chosen, in words.
    pub split_rule: String,
    /// The places, which rows name by their index.
    pub places: Vec<Place>,
    /// The network range of every band that was measured in clear training pixels.
    pub statistics: Vec<BandStatistics>,
    /// Where the patches come from.
    pub sources: Vec<SourceFacts>,
    /// The configuration it was prepared with.
    pub config: serde_json::Value,
    /// The shards, in the order of their rows.
    pub shards: Vec<ShardFacts>,
    /// SHA-256 over all that makes the store what it is; see [`Manifest::content_fingerprint`].
    pub fingerprint: String,
}

/// Ground that is never on two sides: of a split, or of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Its name; the same place has the same name in every store.
    pub name: String,
    /// The split of all its patches.
    pub split: Split,
    /// Patches that show it.
    pub rows: usize,
    /// Bands that some scene of this place lacks; their pixels are 0 there, and a loss must leave
    /// them out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_bands: Vec<Band>,
}

/// One source of patches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFacts {
    /// Its file or folder name.
    pub name: String,
    /// How it was read: `scenes`, `pairs`, `bigearthnet-v1`, `bigearthnet-v2`.
    pub kind: String,
    /// Licence of the data, where it was stated.
    pub licence: Option<String>,
    /// Whom to name.
    pub attribution: String,
    /// Patches taken from it.
    pub rows: usize,
    /// How its masks were made, each way once.
    pub masks: Vec<String>,
}

/// One shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShardFacts {
    /// File name in the store's folder.
    pub file: String,
    /// Patches in it.
    pub rows: usize,
    /// Size of the file.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// The fields that are looked at before all others.
#[derive(Deserialize)]
struct Header {
    format: Option<String>,
    version: Option<u64>,
}

/// What the fingerprint covers. Not among it: the program's version, and the configuration with its
/// paths, so that equal data prepared elsewhere has the same fingerprint.
#[derive(Serialize)]
struct Content<'a> {
    version: u32,
    bands: &'a [Band],
    level: Level,
    patch_px: usize,
    split_rule: &'a str,
    places: &'a [Place],
    statistics: Vec<(Band, String, String, u64, u64)>,
    sources: &'a [SourceFacts],
    shards: &'a [ShardFacts],
}

impl Manifest {
    /// Reads the manifest of the store in `folder`.
    ///
    /// # Errors
    /// [`Error::NotAStore`], [`Error::Version`], or [`Error::Damaged`] with the field at fault.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        let text = read_text(folder, &path)?;
        let wrong = |error: serde_json::Error| Error::damaged(&path, format!("store.json is wrong: {error}"));
        let header: Header = serde_json::from_str(&text).map_err(wrong)?;
        if header.format.as_deref() != Some(FORMAT) {
            return Err(Error::NotAStore {
                path: folder.to_owned(),
                reason: format!("its store.json does not say \"format\": \"{FORMAT}\""),
            });
        }
        let found = header.version.unwrap_or(0);
        if found != u64::from(VERSION) {
            return Err(Error::Version { path, found, expected: VERSION });
        }
        let manifest: Self = serde_json::from_str(&text).map_err(wrong)?;
        manifest.problem().map_or(Ok(manifest), |problem| Err(Error::damaged(&path, problem)))
    }

    /// What contradicts itself, if anything does.
    fn problem(&self) -> Option<String> {
        if !PATCH_PX.contains(&self.patch_px) {
            return Some(format!(
                "patch_px is {}; expected {} to {}",
                self.patch_px,
                PATCH_PX.start(),
                PATCH_PX.end()
            ));
        }
        let twice = (1..self.bands.len()).find(|&i| self.bands[..i].contains(&self.bands[i]));
        if let Some(index) = twice {
            return Some(format!("bands names {} twice", self.bands[index]));
        }
        if self.bands.is_empty() || !self.bands.iter().all(|band| band.is_optical()) {
            return Some("bands must be some of B01 … B12".into());
        }
        let rows = self.shards.iter().try_fold(0_usize, |sum, shard| sum.checked_add(shard.rows));
        if rows != Some(self.rows) {
            return Some(format!("rows is {}, but the shards have another sum", self.rows));
        }
        let outside = |shard: &&ShardFacts| {
            let path = Path::new(&shard.file);
            path.file_name().is_none_or(|name| name != path.as_os_str())
        };
        if let Some(shard) = self.shards.iter().find(outside) {
            return Some(format!("shard {:?} is no plain file name", shard.file));
        }
        let sound = |of: &BandStatistics| self.bands.contains(&of.band) && of.std >= 0.0 && of.mean >= 0.0;
        let strange = self.statistics.iter().find(|of| !sound(of))?;
        Some(format!("statistics of {} are of no band of the store, or no numbers", strange.band))
    }

    /// Checks that the store has these bands in this order at this level.
    ///
    /// # Errors
    /// [`Error::Misfit`] with what was expected and found.
    pub fn check_fits(&self, folder: &Path, bands: &[Band], level: Level) -> Result<()> {
        if self.level != level {
            return Err(Error::misfit(
                folder,
                format!("the store is {} and {level} is expected; levels are never mixed", self.level),
            ));
        }
        if self.bands != bands {
            return Err(Error::misfit(
                folder,
                format!(
                    "the store has the bands {} and {} are expected, in this order",
                    names(&self.bands),
                    names(bands)
                ),
            ));
        }
        Ok(())
    }

    /// The fingerprint that the store should have by the rest of the manifest: SHA-256 over the
    /// bands, level, size, split rule, places, statistics (to nine decimals), sources and the
    /// shards' digests, as JSON.
    #[must_use]
    pub fn content_fingerprint(&self) -> String {
        let rounded = |of: &BandStatistics| {
            (of.band, format!("{:.9}", of.mean), format!("{:.9}", of.std), of.pixels, of.places)
        };
        let content = Content {
            version: self.version,
            bands: &self.bands,
            level: self.level,
            patch_px: self.patch_px,
            split_rule: &self.split_rule,
            places: &self.places,
            statistics: self.statistics.iter().map(rounded).collect(),
            sources: &self.sources,
            shards: &self.shards,
        };
        // Strings, numbers and lists of them: there is nothing that JSON could not express.
        hex(&Sha256::digest(serde_json::to_vec(&content).unwrap_or_default()))
    }
}

/// Names separated by spaces, for messages.
pub(super) fn names(bands: &[Band]) -> String {
    bands.iter().map(|band| band.name()).collect::<Vec<_>>().join(" ")
}

/// Bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_text(folder: &Path, path: &PathBuf) -> Result<String> {
    if !folder.exists() {
        return Err(raster::Error::NotFound(folder.to_owned()).into());
    }
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text));
    match read {
        Ok(length) if length as u64 <= MAX_BYTES => Ok(text),
        Ok(_) => Err(Error::damaged(path, format!("store.json is larger than {} MiB", MAX_BYTES >> 20))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Error::NotAStore { path: folder.to_owned(), reason: "there is no store.json in it".into() })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            Err(Error::NotAStore { path: folder.to_owned(), reason: "it is a file".into() })
        }
        Err(error) => Err(raster::Error::io(path, "reading", error).into()),
    }
}
