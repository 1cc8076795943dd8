//! Reading a store.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::manifest::hex;
use super::shard::{Columns, Shape, Shard};
use super::{Domain, Error, Manifest, Result, Split};
use crate::bands::{Band, Level};
use crate::progress::Monitor;
use crate::raster;

/// Bytes hashed between two questions whether to stop.
const CHUNK: usize = 4 << 20;

/// A store on disk, mapped into memory. Opening one reads no pixel; it may be shared by threads.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    manifest: Manifest,
    shape: Shape,
    shards: Vec<Shard>,
    /// First row of each shard.
    starts: Vec<usize>,
    domain: Vec<Domain>,
    split: Vec<Split>,
    place: Vec<u32>,
    pair: Vec<Option<usize>>,
}

/// One patch, borrowed from the store.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    /// `[C, S, S]`, reflectance × 10000; 0 where nothing was measured.
    pub pixels: &'a [u16],
    /// `[S, S]`, codes of [`crate::mask`].
    pub mask: &'a [u8],
    /// Clear or cloudy.
    pub domain: Domain,
    /// The split of its place.
    pub split: Split,
    /// Index into [`Manifest::places`].
    pub place: u32,
    /// Row of the same ground on a clear day.
    pub pair: Option<usize>,
    /// 43 zeros and ones, where the source has labels.
    pub labels_43: Option<&'a [u8]>,
    /// 19 zeros and ones, where the source has labels that the 19 classes know.
    pub labels_19: Option<&'a [u8]>,
    /// `[2, S, S]`, VV and VH in dB; NaN where nothing was measured.
    pub s1: Option<&'a [f32]>,
    /// `[C, S, S]`, the same ground on another clear day, as `pixels`.
    pub reference: Option<&'a [u16]>,
}

impl Store {
    /// Opens a store: checks its version, and that every shard has the size and exactly the tensors
    /// that `store.json` says. Digests are checked by [`Store::verify`] only.
    ///
    /// # Errors
    /// [`Error::NotAStore`], [`Error::Version`], or [`Error::Damaged`] with the file at fault.
    pub fn open(folder: &Path) -> Result<Self> {
        let manifest = Manifest::read(folder)?;
        let shape = Shape { bands: manifest.bands.len(), side: manifest.patch_px };
        let mut shards = Vec::with_capacity(manifest.shards.len());
        let mut starts = Vec::with_capacity(manifest.shards.len());
        let mut all = Columns::default();
        for facts in &manifest.shards {
            let path = folder.join(&facts.file);
            check_size(&path, facts.bytes)?;
            let (shard, columns) = Shard::open(&path, shape, facts.rows)?;
            starts.push(all.place.len());
            check_columns(&path, &manifest, &columns)?;
            all.domain.extend(columns.domain);
            all.split.extend(columns.split);
            all.place.extend(columns.place);
            all.pair.extend(columns.pair);
            shards.push(shard);
        }
        let domain: Vec<_> = all.domain.iter().filter_map(|&code| Domain::of_code(code)).collect();
        let pair = pairs(folder, &all, &domain)?;
        Ok(Self {
            folder: folder.to_owned(),
            shape,
            shards,
            starts,
            split: all.split.iter().filter_map(|&code| Split::of_code(code)).collect(),
            place: all.place,
            domain,
            pair,
            manifest,
        })
    }

    /// Reads every byte and compares it with the digests in `store.json`.
    ///
    /// # Errors
    /// [`Error::Damaged`] with the file that was changed; cancelled work.
    pub fn verify(&self, monitor: &dyn Monitor) -> Result<()> {
        let total = self.manifest.shards.iter().map(|shard| shard.bytes).sum();
        monitor.stage("verifying", total);
        for (shard, facts) in self.shards.iter().zip(&self.manifest.shards) {
            let mut digest = Sha256::new();
            for chunk in shard.bytes().chunks(CHUNK) {
                if monitor.is_cancelled() {
                    return Err(raster::Error::Cancelled.into());
                }
                digest.update(chunk);
                monitor.advance(chunk.len() as u64);
            }
            let found = hex(&digest.finalize());
            if found != facts.sha256 {
                return Err(Error::damaged(
                    self.folder.join(&facts.file),
                    format!(
                        "the shard was changed: its SHA-256 is {found}, store.json says {}",
                        facts.sha256
                    ),
                ));
            }
        }
        if self.manifest.content_fingerprint() != self.manifest.fingerprint {
            return Err(Error::damaged(
                self.folder.join(super::manifest::FILE),
                "store.json was changed: its fingerprint does not fit its content",
            ));
        }
        Ok(())
    }

    /// The folder it was opened from.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Everything about the store but its pixels.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Checks that the store has these bands in this order at this level.
    ///
    /// # Errors
    /// [`Error::Misfit`] with what was expected and found.
    pub fn check_fits(&self, bands: &[Band], level: Level) -> Result<()> {
        self.manifest.check_fits(&self.folder, bands, level)
    }

    /// Number of patches.
    #[must_use]
    pub fn len(&self) -> usize {
        self.place.len()
    }

    /// Whether there is none; no store is written so.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.place.is_empty()
    }

    /// Bands C and side S of its patches.
    #[must_use]
    pub fn shape(&self) -> (usize, usize) {
        (self.shape.bands, self.shape.side)
    }

    /// Domain, split and place of patch `row`, without touching its pixels.
    ///
    /// # Panics
    /// Where there is no such row, as indexing a slice does.
    #[must_use]
    pub fn kind(&self, row: usize) -> (Domain, Split, u32) {
        (self.domain[row], self.split[row], self.place[row])
    }

    /// The clear row that patch `row` is paired with.
    ///
    /// # Panics
    /// Where there is no such row, as indexing a slice does.
    #[must_use]
    pub fn pair(&self, row: usize) -> Option<usize> {
        self.pair[row]
    }

    /// Patch `row`, borrowed: nothing is copied.
    ///
    /// # Panics
    /// Where there is no such row, as indexing a slice does.
    #[must_use]
    pub fn row(&self, row: usize) -> Row<'_> {
        let (domain, split, place) = self.kind(row);
        let index = self.starts.partition_point(|&start| start <= row) - 1;
        let (shard, own) = (&self.shards[index], row - self.starts[index]);
        Row {
            pixels: shard.pixels(own),
            mask: shard.mask(own),
            domain,
            split,
            place,
            pair: self.pair[row],
            labels_43: shard.labels_43(own),
            labels_19: shard.labels_19(own),
            s1: shard.s1(own),
            reference: shard.reference(own),
        }
    }
}

fn check_size(path: &Path, expected: u64) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.len() == expected => Ok(()),
        Ok(metadata) => Err(Error::damaged(
            path,
            format!("the shard has {} bytes; expected {expected} by store.json", metadata.len()),
        )),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Error::damaged(path, "a shard is missing"))
        }
        Err(error) => Err(raster::Error::io(path, "opening a shard", error).into()),
    }
}

/// Codes must be known, places exist, and a place lie in one split.
fn check_columns(path: &Path, manifest: &Manifest, columns: &Columns) -> Result<()> {
    let kinds = columns.domain.iter().zip(&columns.split).zip(&columns.place);
    for (row, ((&domain, &split), &place)) in kinds.enumerate() {
        let known = manifest.places.get(place as usize);
        let fits = known.is_some_and(|known| known.split.code() == split);
        if Domain::of_code(domain).is_none() || !fits {
            return Err(Error::damaged(
                path,
                format!(
                    "row {row} has domain {domain}, split {split} and place {place}, which do not fit store.json"
                ),
            ));
        }
    }
    Ok(())
}

/// A pair is a clear row of the same place.
fn pairs(folder: &Path, all: &Columns, domain: &[Domain]) -> Result<Vec<Option<usize>>> {
    let pair_of = |(row, &pair): (usize, &i64)| {
        if pair == -1 {
            return Ok(None);
        }
        let other = usize::try_from(pair).ok().filter(|&other| {
            domain.get(other) == Some(&Domain::Clear) && all.place.get(other) == all.place.get(row)
        });
        other.map(Some).ok_or_else(|| {
            Error::damaged(
                folder,
                format!("row {row} is paired with {pair}, which is no clear row of its place"),
            )
        })
    };
    all.pair.iter().enumerate().map(pair_of).collect()
}
