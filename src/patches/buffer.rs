//! The rows of a shard that is being filled, and how it gets into a file.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::labels::{CLASSES_19, CLASSES_43};
use super::manifest::hex;
use super::shard::{Optional, S1_BANDS, Shape};
use super::{Patch, Split};

/// Bytes written between two updates of the digest, so that they are still in the cache.
const CHUNK: usize = 1 << 20;

/// The rows of the shard that is being filled.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    pub rows: usize,
    pair: Vec<i64>,
    s1: Vec<f32>,
    place: Vec<u32>,
    pixels: Vec<u16>,
    reference: Vec<u16>,
    mask: Vec<u8>,
    domain: Vec<u8>,
    split: Vec<u8>,
    labels_43: Vec<u8>,
    labels_19: Vec<u8>,
    has_s1: Vec<u8>,
    has_reference: Vec<u8>,
}

impl Buffer {
    /// Which optional tensors some row has.
    pub(super) fn optional(&self) -> Optional {
        Optional { s1: !self.s1.is_empty(), reference: !self.reference.is_empty() }
    }

    pub(super) fn push(&mut self, patch: &Patch, split: Split, shape: Shape) {
        self.rows += 1;
        self.pair.push(patch.pair.map_or(-1, |pair| pair as i64));
        self.place.push(patch.place);
        self.pixels.extend_from_slice(&patch.pixels);
        self.mask.extend_from_slice(&patch.mask);
        self.domain.push(patch.domain.code());
        self.split.push(split.code());
        self.labels_43.extend(patch.labels_43.unwrap_or([0; CLASSES_43]));
        self.labels_19.extend(patch.labels_19.unwrap_or([0; CLASSES_19]));
        self.has_s1.push(u8::from(patch.s1.is_some()));
        self.has_reference.push(u8::from(patch.reference.is_some()));
        // Rows without the tensor have a gap in it, but only in shards where some row has it.
        let (s1, reference) = (S1_BANDS * shape.plane(), shape.pixels());
        match &patch.s1 {
            Some(values) => {
                self.s1.resize((self.rows - 1) * s1, f32::NAN);
                self.s1.extend_from_slice(values);
            }
            None if self.s1.is_empty() => {}
            None => self.s1.resize(self.rows * s1, f32::NAN),
        }
        match &patch.reference {
            Some(values) => {
                self.reference.resize((self.rows - 1) * reference, 0);
                self.reference.extend_from_slice(values);
            }
            None if self.reference.is_empty() => {}
            None => self.reference.resize(self.rows * reference, 0),
        }
    }

    /// The bytes of a tensor.
    pub(super) fn bytes(&self, tensor: &str) -> &[u8] {
        match tensor {
            "pair" => bytemuck::cast_slice(&self.pair),
            "s1" => bytemuck::cast_slice(&self.s1),
            "place" => bytemuck::cast_slice(&self.place),
            "pixels" => bytemuck::cast_slice(&self.pixels),
            "reference" => bytemuck::cast_slice(&self.reference),
            "mask" => &self.mask,
            "domain" => &self.domain,
            "split" => &self.split,
            "labels_43" => &self.labels_43,
            "labels_19" => &self.labels_19,
            "has_s1" => &self.has_s1,
            "has_reference" => &self.has_reference,
            other => unreachable!("no shard has a tensor {other}"),
        }
    }

    /// Empties the buffer and keeps its memory for the next shard.
    pub(super) fn clear(&mut self) {
        self.rows = 0;
        for bytes in [&mut self.mask, &mut self.domain, &mut self.split, &mut self.labels_43] {
            bytes.clear();
        }
        for bytes in [&mut self.labels_19, &mut self.has_s1, &mut self.has_reference] {
            bytes.clear();
        }
        self.pair.clear();
        self.s1.clear();
        self.place.clear();
        self.pixels.clear();
        self.reference.clear();
    }
}

/// Writes and syncs a file; returns its size and SHA-256.
pub(super) fn write_file<'b>(
    path: &Path,
    parts: impl Iterator<Item = &'b [u8]>,
) -> std::io::Result<(u64, String)> {
    let mut file = File::create_new(path)?;
    let mut digest = Sha256::new();
    let mut bytes = 0;
    for chunk in parts.flat_map(|part| part.chunks(CHUNK)) {
        file.write_all(chunk)?;
        digest.update(chunk);
        bytes += chunk.len() as u64;
    }
    file.sync_all()?;
    Ok((bytes, hex(&digest.finalize())))
}

#[cfg(target_endian = "big")]
compile_error!("stores are little-endian and are mapped as they are; a big-endian machine cannot read them");
