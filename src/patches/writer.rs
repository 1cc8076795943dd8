//! Writing a store: rows in, shards out, a name only at the end.

use std::collections::HashMap;
use std::path::Path;

use super::buffer::{Buffer, write_file};
use super::folder::Folder;
use super::labels::{CLASSES_19, CLASSES_43};
use super::manifest::{FILE, FORMAT};
use super::shard::{S1_BANDS, Shape};
use super::statistics::Gatherer;
use super::tensors::header;
use super::{Domain, Error, Manifest, PATCH_PX, Place, Result, ShardFacts, SourceFacts, Split, VERSION};
use crate::bands::{Band, Level};

/// Size of a shard unless told otherwise.
pub const DEFAULT_SHARD_MIB: usize = 256;

/// What all patches of a store have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSpec {
    /// Bands of every patch, in order.
    pub bands: Vec<Band>,
    /// Their processing level.
    pub level: Level,
    /// Side of a patch in pixels, within [`PATCH_PX`].
    pub patch_px: usize,
    /// Size at which a shard is closed; also about the memory that writing takes.
    pub shard_mib: usize,
}

/// A patch to be written. Arrays are as in [`super::Row`].
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    /// `[C, S, S]`.
    pub pixels: Vec<u16>,
    /// `[S, S]`.
    pub mask: Vec<u8>,
    /// Clear or cloudy.
    pub domain: Domain,
    /// From [`StoreWriter::place`].
    pub place: u32,
    /// The row of the same place on a clear day; it must have been written before.
    pub pair: Option<usize>,
    /// 43 zeros and ones.
    pub labels_43: Option<[u8; CLASSES_43]>,
    /// 19 zeros and ones.
    pub labels_19: Option<[u8; CLASSES_19]>,
    /// `[2, S, S]`.
    pub s1: Option<Vec<f32>>,
    /// `[C, S, S]`.
    pub reference: Option<Vec<u16>>,
}

/// What is known of a store only when all patches are in.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// How splits were chosen, in words.
    pub split_rule: String,
    /// Where the patches come from.
    pub sources: Vec<SourceFacts>,
    /// The configuration it was prepared with.
    pub config: serde_json::Value,
}

/// Fills a hidden folder beside the store's name. Dropped before [`StoreWriter::finish`] it leaves
/// nothing.
#[derive(Debug)]
pub struct StoreWriter {
    spec: StoreSpec,
    shape: Shape,
    folder: Folder,
    buffer: Buffer,
    shards: Vec<ShardFacts>,
    places: Vec<Place>,
    by_name: HashMap<String, u32>,
    statistics: Gatherer,
    /// Domain and place of every row, to check pairs by.
    kinds: Vec<(Domain, u32)>,
}

impl StoreWriter {
    /// Begins a store that will be called `output`.
    ///
    /// # Errors
    /// [`crate::raster::Error::Exists`] without `overwrite`, [`crate::raster::Error::Write`] where
    /// the name or the folder cannot be used, [`crate::raster::Error::Option`] for an impossible size.
    pub fn create(output: &Path, spec: StoreSpec, overwrite: bool) -> Result<Self> {
        if !PATCH_PX.contains(&spec.patch_px) {
            let problem = format!(
                "{} is no useful size; expected {} to {} pixels",
                spec.patch_px,
                PATCH_PX.start(),
                PATCH_PX.end()
            );
            return Err(Error::option("--patch", problem));
        }
        Ok(Self {
            shape: Shape { bands: spec.bands.len(), side: spec.patch_px },
            folder: Folder::create(output, overwrite)?,
            buffer: Buffer::default(),
            shards: Vec::new(),
            places: Vec::new(),
            by_name: HashMap::new(),
            statistics: Gatherer::new(&spec.bands),
            kinds: Vec::new(),
            spec,
        })
    }

    /// Patches written so far.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.kinds.len()
    }

    /// The index of a place in a split; a place that some scene has without a band lacks it.
    ///
    /// # Errors
    /// [`Error::Source`] where the place already lies in another split.
    pub fn place(&mut self, name: &str, split: Split, missing: &[Band]) -> Result<u32> {
        let index = if let Some(&index) = self.by_name.get(name) {
            index
        } else {
            let index = self.places.len() as u32;
            let rows = 0;
            self.places.push(Place { name: name.to_owned(), split, rows, missing_bands: Vec::new() });
            self.by_name.insert(name.to_owned(), index);
            index
        };
        let place = &mut self.places[index as usize];
        if place.split != split {
            return Err(Error::source(
                name,
                format!(
                    "this place is in the {} split already and would also be in {split}; a place is in one split only, so give all its scenes the same --split",
                    place.split
                ),
            ));
        }
        for band in missing {
            if !place.missing_bands.contains(band) {
                place.missing_bands.push(*band);
                place.missing_bands.sort_unstable();
            }
        }
        Ok(index)
    }

    /// Writes a patch and returns its row.
    ///
    /// # Errors
    /// [`Error::BadPatch`] where its arrays do not fit; [`crate::raster::Error::Write`] where the
    /// disk is full.
    pub fn push(&mut self, patch: &Patch) -> Result<usize> {
        self.check(patch)?;
        let split = self.places[patch.place as usize].split;
        self.statistics.add(patch.place, patch.domain, split, &patch.pixels, &patch.mask);
        self.places[patch.place as usize].rows += 1;
        self.buffer.push(patch, split, self.shape);
        self.kinds.push((patch.domain, patch.place));
        if self.shape.row_bytes(self.buffer.optional()) * (self.buffer.rows + 1) > self.spec.shard_mib << 20 {
            self.flush()?;
        }
        Ok(self.kinds.len() - 1)
    }

    fn check(&self, patch: &Patch) -> Result<()> {
        let lengths = [
            ("pixels", Some(patch.pixels.len()), self.shape.pixels()),
            ("mask", Some(patch.mask.len()), self.shape.plane()),
            ("s1", patch.s1.as_ref().map(Vec::len), S1_BANDS * self.shape.plane()),
            ("reference", patch.reference.as_ref().map(Vec::len), self.shape.pixels()),
        ];
        if let Some((name, found, expected)) =
            lengths.into_iter().find(|(_, found, expected)| found.is_some_and(|found| found != *expected))
        {
            let found = found.unwrap_or_default();
            return Err(Error::BadPatch(format!("{name} has {found} values; expected {expected}")));
        }
        if patch.place as usize >= self.places.len() {
            return Err(Error::BadPatch(format!("there is no place {}", patch.place)));
        }
        match patch.pair {
            Some(pair) if self.kinds.get(pair) != Some(&(Domain::Clear, patch.place)) => {
                Err(Error::BadPatch(format!("its pair {pair} is no clear row of its place before it")))
            }
            _ => Ok(()),
        }
    }

    /// Writes the buffered rows as a shard.
    fn flush(&mut self) -> Result<()> {
        let rows = self.buffer.rows;
        let file = format!("shard-{:05}.safetensors", self.shards.len());
        let tensors = self.shape.tensors(rows, self.buffer.optional());
        let head = header(&tensors);
        let parts = tensors.iter().map(|(name, ..)| self.buffer.bytes(name));
        let written = write_file(&self.folder.path().join(&file), std::iter::once(&head[..]).chain(parts));
        let (bytes, sha256) = written.map_err(|error| self.folder.error(&error))?;
        self.shards.push(ShardFacts { file, rows, bytes, sha256 });
        self.buffer.clear();
        Ok(())
    }

    /// Writes the rest and gives the store its name.
    ///
    /// # Errors
    /// [`Error::Source`] where no patch was written; [`crate::raster::Error::Write`].
    pub fn finish(mut self, about: About) -> Result<Manifest> {
        if self.kinds.is_empty() {
            return Err(Error::source(self.folder.output(), "no patch was written"));
        }
        if self.buffer.rows > 0 {
            self.flush()?;
        }
        let mut manifest = Manifest {
            format: FORMAT.to_owned(),
            version: VERSION,
            declouder: env!("CARGO_PKG_VERSION").to_owned(),
            bands: self.spec.bands,
            level: self.spec.level,
            patch_px: self.spec.patch_px,
            rows: self.kinds.len(),
            split_rule: about.split_rule,
            places: self.places,
            statistics: self.statistics.finish(),
            sources: about.sources,
            config: about.config,
            shards: self.shards,
            fingerprint: String::new(),
        };
        manifest.fingerprint = manifest.content_fingerprint();
        let json = serde_json::to_string_pretty(&manifest)
            .map_err(|error| self.folder.error(&std::io::Error::other(error)))?;
        write_file(&self.folder.path().join(FILE), [json.as_bytes(), b"\n"].into_iter())
            .map_err(|error| self.folder.error(&error))?;
        self.folder.commit()?;
        Ok(manifest)
    }
}
