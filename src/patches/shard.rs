//! One shard: which tensors it has, and a mapped file whose rows are slices.

use std::fs::File;
use std::ops::Range;
use std::path::Path;

use bytemuck::Pod;
use memmap2::Mmap;

use super::labels::{CLASSES_19, CLASSES_43};
use super::tensors::{Dtype, Tensor, read_header};
use super::{Error, Result};
use crate::raster;

/// Bands of Sentinel-1 in a row: VV and VH.
pub(super) const S1_BANDS: usize = 2;

/// What all rows of a store have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// Bands C.
    pub bands: usize,
    /// Side S in pixels.
    pub side: usize,
}

/// Which tensors a shard has besides those that every shard has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Optional {
    pub s1: bool,
    pub reference: bool,
}

impl Shape {
    /// Pixels of one band of a patch.
    pub(super) const fn plane(self) -> usize {
        self.side * self.side
    }

    /// Stored numbers of one patch.
    pub(super) const fn pixels(self) -> usize {
        self.bands * self.plane()
    }

    /// Bytes a row takes.
    pub(super) const fn row_bytes(self, optional: Optional) -> usize {
        let s1 = if optional.s1 { 1 + 4 * S1_BANDS * self.plane() } else { 0 };
        let reference = if optional.reference { 1 + 2 * self.pixels() } else { 0 };
        2 * self.pixels() + self.plane() + 14 + CLASSES_43 + CLASSES_19 + s1 + reference
    }

    /// The tensors of a shard in their order in the file: by falling alignment, so that none needs
    /// padding before it.
    pub(super) fn tensors(self, rows: usize, optional: Optional) -> Vec<(&'static str, Dtype, Vec<usize>)> {
        let Self { bands, side } = self;
        let all = [
            (true, "pair", Dtype::I64, vec![rows]),
            (optional.s1, "s1", Dtype::F32, vec![rows, S1_BANDS, side, side]),
            (true, "place", Dtype::U32, vec![rows]),
            (true, "pixels", Dtype::U16, vec![rows, bands, side, side]),
            (optional.reference, "reference", Dtype::U16, vec![rows, bands, side, side]),
            (true, "mask", Dtype::U8, vec![rows, side, side]),
            (true, "domain", Dtype::U8, vec![rows]),
            (true, "split", Dtype::U8, vec![rows]),
            (true, "labels_43", Dtype::U8, vec![rows, CLASSES_43]),
            (true, "labels_19", Dtype::U8, vec![rows, CLASSES_19]),
            (optional.s1, "has_s1", Dtype::U8, vec![rows]),
            (optional.reference, "has_reference", Dtype::U8, vec![rows]),
        ];
        let present = all.into_iter().filter(|(present, ..)| *present);
        present.map(|(_, name, dtype, shape)| (name, dtype, shape)).collect()
    }
}

/// A mapped shard. What is in the file is trusted only as far as [`Shard::open`] has checked it: a
/// file that another program shortens while it is mapped ends the process (SIGBUS), as it does with
/// every mapped file.
#[derive(Debug)]
pub(super) struct Shard {
    map: Mmap,
    shape: Shape,
    pixels: Range<usize>,
    mask: Range<usize>,
    labels_43: Range<usize>,
    labels_19: Range<usize>,
    s1: Option<Range<usize>>,
    reference: Option<Range<usize>>,
    /// Rows that have the optional tensors, a byte each.
    has_s1: Range<usize>,
    has_reference: Range<usize>,
}

/// The small tensors of a shard, copied out of it.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub domain: Vec<u8>,
    pub split: Vec<u8>,
    pub place: Vec<u32>,
    pub pair: Vec<i64>,
}

impl Shard {
    /// Maps a shard of `rows` rows and checks that it has exactly the tensors that such a shard has.
    ///
    /// # Errors
    /// [`Error::Damaged`] where it has not; what it claims is never allocated.
    pub(super) fn open(path: &Path, shape: Shape, rows: usize) -> Result<(Self, Columns)> {
        let file = File::open(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::damaged(path, "a shard is missing"),
            _ => raster::Error::io(path, "opening a shard", error).into(),
        })?;
        // SAFETY: the map is only read, through checked ranges; see the type about files that shrink.
        let map = unsafe { Mmap::map(&file) }
            .map_err(|error| raster::Error::io(path, "mapping a shard into memory", error))?;
        let found = read_header(&map).map_err(|problem| Error::damaged(path, problem))?;
        let optional = Optional { s1: found.contains_key("s1"), reference: found.contains_key("reference") };
        let expected = shape.tensors(rows, optional);
        if let Some(stranger) = found.keys().find(|name| expected.iter().all(|(known, ..)| known != name)) {
            return Err(Error::damaged(path, format!("the shard has an unknown tensor {stranger}")));
        }
        let range = |name: &str| -> Result<Range<usize>> {
            match expected.iter().find(|(known, ..)| *known == name) {
                None => Ok(0..0),
                Some((_, dtype, shape)) => checked(path, &map, name, found.get(name), *dtype, shape),
            }
        };
        let optional_range = |name: &str, present: bool| present.then(|| range(name)).transpose();
        let (pair, place) = (range("pair")?, range("place")?);
        let (domain, split) = (range("domain")?, range("split")?);
        let columns = Columns {
            domain: map[domain].to_vec(),
            split: map[split].to_vec(),
            place: bytemuck::cast_slice(&map[place]).to_vec(),
            pair: bytemuck::cast_slice(&map[pair]).to_vec(),
        };
        let shard = Self {
            shape,
            pixels: range("pixels")?,
            mask: range("mask")?,
            labels_43: range("labels_43")?,
            labels_19: range("labels_19")?,
            s1: optional_range("s1", optional.s1)?,
            reference: optional_range("reference", optional.reference)?,
            has_s1: range("has_s1")?,
            has_reference: range("has_reference")?,
            map,
        };
        Ok((shard, columns))
    }

    /// The whole file, to be hashed.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }

    pub(super) fn pixels(&self, row: usize) -> &[u16] {
        self.part(&self.pixels, row, self.shape.pixels())
    }

    pub(super) fn mask(&self, row: usize) -> &[u8] {
        self.part(&self.mask, row, self.shape.plane())
    }

    pub(super) fn labels_43(&self, row: usize) -> Option<&[u8]> {
        Some(self.part(&self.labels_43, row, CLASSES_43)).filter(|labels: &&[u8]| labels.contains(&1))
    }

    pub(super) fn labels_19(&self, row: usize) -> Option<&[u8]> {
        Some(self.part(&self.labels_19, row, CLASSES_19)).filter(|labels: &&[u8]| labels.contains(&1))
    }

    pub(super) fn s1(&self, row: usize) -> Option<&[f32]> {
        let range = self.s1.as_ref().filter(|_| self.map[self.has_s1.start + row] == 1)?;
        Some(self.part(range, row, S1_BANDS * self.shape.plane()))
    }

    pub(super) fn reference(&self, row: usize) -> Option<&[u16]> {
        let range = self.reference.as_ref().filter(|_| self.map[self.has_reference.start + row] == 1)?;
        Some(self.part(range, row, self.shape.pixels()))
    }

    /// The elements of one row of a tensor with `len` elements a row. Alignment was checked when the
    /// shard was opened.
    fn part<T: Pod>(&self, tensor: &Range<usize>, row: usize, len: usize) -> &[T] {
        let bytes = len * size_of::<T>();
        let start = tensor.start + row * bytes;
        bytemuck::cast_slice(&self.map[start..start + bytes])
    }
}

/// The place of a tensor, if it is what it must be.
fn checked(
    path: &Path,
    map: &[u8],
    name: &str,
    found: Option<&Tensor>,
    dtype: Dtype,
    shape: &[usize],
) -> Result<Range<usize>> {
    let Some(tensor) = found else {
        return Err(Error::damaged(path, format!("the shard has no tensor {name}")));
    };
    if tensor.dtype != dtype || tensor.shape != shape {
        return Err(Error::damaged(
            path,
            format!(
                "tensor {name} is {} {:?}; expected {dtype} {shape:?} by store.json",
                tensor.dtype, tensor.shape
            ),
        ));
    }
    if !(map.as_ptr() as usize + tensor.bytes.start).is_multiple_of(dtype.bytes()) {
        return Err(Error::damaged(path, format!("tensor {name} is not aligned to its element size")));
    }
    Ok(tensor.bytes.clone())
}
