//! Reading an LMDB file: what is needed of it is a walk through one B+ tree.
//!
//! LMDB's own library trusts the file, so a damaged page can end the process, and it needs a lock
//! file beside the data, which a read-only copy does not have. The layout is that of `mdb.c` (LMDB
//! 0.9, data version 1): pages of one size, each with a header of 16 bytes; pages 0 and 1 are two
//! versions of the meta page; branch and leaf pages hold sorted nodes; a value that does not fit into
//! a leaf lies on overflow pages of its own. Every offset is checked before it is followed.

use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use crate::patches::{Error, Result};
use crate::raster;

const MAGIC: u32 = 0xBEEF_C0DE;
const VERSION: u32 = 1;
/// Bytes of a page's header; a node's offset is counted from the page's start.
const PAGE_HEADER: usize = 16;
/// Bytes of a node before its key.
const NODE_HEADER: usize = 8;
/// Deepest tree: far beyond what 2⁴⁸ bytes need.
const MAX_DEPTH: usize = 32;

/// Kinds of pages.
const BRANCH: u16 = 0x01;
const LEAF: u16 = 0x02;
const OVERFLOW: u16 = 0x04;

/// A leaf's value lies on overflow pages.
const BIG: u16 = 0x01;
/// A leaf's value is a database or a list of duplicates.
const NESTED: u16 = 0x02 | 0x04;

/// A database file, mapped into memory; threads may share it.
#[derive(Debug)]
pub(super) struct Lmdb {
    path: PathBuf,
    map: Mmap,
    page_bytes: usize,
    /// Page of the tree's root; none for an empty database.
    root: Option<u64>,
}

/// One entry of a page.
struct Node<'m> {
    /// Child page of a branch; length of a leaf's value.
    low: u32,
    flags: u16,
    key: &'m [u8],
    /// Where the value of a leaf begins, in the page.
    value: usize,
}

/// A branch or leaf page.
#[derive(Clone, Copy)]
struct Page<'m> {
    bytes: &'m [u8],
    kind: u16,
    nodes: usize,
}

impl Lmdb {
    /// Maps a database: a file, or a folder with `data.mdb` in it.
    ///
    /// # Errors
    /// [`Error::Source`] where it is no LMDB of a known version.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let path = if path.is_dir() { path.join("data.mdb") } else { path.to_owned() };
        let io = |error| raster::Error::io(&path, "opening the database", error);
        let file = File::open(&path).map_err(io)?;
        // SAFETY: the map is only read, through checked ranges.
        let map = unsafe { Mmap::map(&file) }.map_err(io)?;
        let no_lmdb = || Error::source(&path, "this is no LMDB database of data version 1");
        let first = Meta::read(&map, 0).ok_or_else(no_lmdb)?;
        let second = Meta::read(&map, first.page_bytes).filter(|other| other.page_bytes == first.page_bytes);
        let newest = second.filter(|other| other.transaction > first.transaction).unwrap_or(first);
        let root = (newest.root != u64::MAX).then_some(newest.root);
        Ok(Self { page_bytes: newest.page_bytes, root, map, path })
    }

    /// All keys that begin with `prefix`, in the order of the tree.
    ///
    /// # Errors
    /// [`Error::Source`] where the tree is damaged.
    pub(super) fn keys(&self, prefix: &str) -> Result<Vec<String>> {
        let mut keys = Vec::new();
        // A sound tree visits each page once.
        let mut left = self.map.len() / self.page_bytes;
        if let Some(root) = self.root {
            self.collect(root, 0, &mut left, &mut |key| {
                if let Some(key) = std::str::from_utf8(key).ok().filter(|key| key.starts_with(prefix)) {
                    keys.push(key.to_owned());
                }
            })?;
        }
        Ok(keys)
    }

    fn collect(
        &self,
        number: u64,
        depth: usize,
        left: &mut usize,
        take: &mut dyn FnMut(&[u8]),
    ) -> Result<()> {
        if depth > MAX_DEPTH || *left == 0 {
            return Err(self.damaged("its tree has a loop"));
        }
        *left -= 1;
        let page = self.page(number)?;
        for index in 0..page.nodes {
            let node = self.node(page, index)?;
            if page.kind == LEAF {
                take(node.key);
            } else {
                self.collect(node.child(), depth + 1, left, take)?;
            }
        }
        Ok(())
    }

    /// The value of a key.
    ///
    /// # Errors
    /// [`Error::Source`] where the tree is damaged.
    pub(super) fn get(&self, key: &str) -> Result<Option<&[u8]>> {
        let Some(mut number) = self.root else { return Ok(None) };
        for _ in 0..=MAX_DEPTH {
            let page = self.page(number)?;
            // The last node whose key is not above the one sought; a branch's first key stands for
            // everything below it.
            let (mut low, mut high) = (usize::from(page.kind == BRANCH), page.nodes);
            while low < high {
                let middle = usize::midpoint(low, high);
                if self.node(page, middle)?.key <= key.as_bytes() { low = middle + 1 } else { high = middle }
            }
            let Some(index) = low.checked_sub(1) else { return Ok(None) };
            let node = self.node(page, index)?;
            if page.kind == BRANCH {
                number = node.child();
            } else if node.key == key.as_bytes() {
                return self.value(page, &node).map(Some);
            } else {
                return Ok(None);
            }
        }
        Err(self.damaged("its tree has a loop"))
    }

    fn value<'m>(&'m self, page: Page<'m>, node: &Node<'m>) -> Result<&'m [u8]> {
        let length = node.low as usize;
        if node.flags & NESTED != 0 {
            return Err(self.damaged("a value is a database of its own, which BigEarthNet's are not"));
        }
        let outside = || self.damaged("a value lies outside the file");
        if node.flags & BIG == 0 {
            return page.bytes.get(node.value..node.value + length).ok_or_else(outside);
        }
        let number = read_u64(page.bytes, node.value).ok_or_else(outside)?;
        let start = self.offset(number).ok_or_else(outside)?;
        if read_u16(&self.map, start + 10).is_none_or(|flags| flags & OVERFLOW == 0) {
            return Err(self.damaged("a value should lie on an overflow page and does not"));
        }
        self.map.get(start + PAGE_HEADER..start + PAGE_HEADER + length).ok_or_else(outside)
    }

    /// Where a page begins, if it lies in the file.
    fn offset(&self, number: u64) -> Option<usize> {
        let start = usize::try_from(number).ok()?.checked_mul(self.page_bytes)?;
        (start.checked_add(self.page_bytes)? <= self.map.len()).then_some(start)
    }

    fn page(&self, number: u64) -> Result<Page<'_>> {
        let start = self.offset(number).ok_or_else(|| self.damaged("a page lies outside the file"))?;
        let bytes = &self.map[start..start + self.page_bytes];
        let kind = read_u16(bytes, 10).unwrap_or(0) & (BRANCH | LEAF);
        let end = usize::from(read_u16(bytes, 12).unwrap_or(0));
        if read_u64(bytes, 0) != Some(number) || kind.count_ones() != 1 || end < PAGE_HEADER {
            return Err(self.damaged("a page of its tree is none"));
        }
        Ok(Page { bytes, kind, nodes: (end - PAGE_HEADER) / 2 })
    }

    fn node<'m>(&self, page: Page<'m>, index: usize) -> Result<Node<'m>> {
        let read = || {
            let start = usize::from(read_u16(page.bytes, PAGE_HEADER + 2 * index)?);
            let field = |at: usize| read_u16(page.bytes, start + at);
            let (low, high, flags, length) = (field(0)?, field(2)?, field(4)?, usize::from(field(6)?));
            let key = page.bytes.get(start + NODE_HEADER..start + NODE_HEADER + length)?;
            let low = u32::from(high) << 16 | u32::from(low);
            Some(Node { low, flags, key, value: start + NODE_HEADER + length })
        };
        read().ok_or_else(|| self.damaged("an entry lies outside its page"))
    }

    fn damaged(&self, problem: &str) -> Error {
        Error::source(&self.path, format!("the database is damaged ({problem}); fetch it again"))
    }
}

impl Node<'_> {
    /// The page below a branch's node: 48 bits, the upper ones where a leaf has its flags.
    fn child(&self) -> u64 {
        u64::from(self.flags) << 32 | u64::from(self.low)
    }
}

/// What is needed of a meta page.
#[derive(Clone, Copy)]
struct Meta {
    page_bytes: usize,
    root: u64,
    transaction: u64,
}

impl Meta {
    /// The meta page at an offset. After the page header stand magic, version, an address and the
    /// map's size (8 bytes each of the latter two), two trees of 48 bytes (free pages, then the data;
    /// the first begins with the page size, each ends with its root), the last page and the
    /// transaction.
    fn read(map: &[u8], start: usize) -> Option<Self> {
        let meta = start.checked_add(PAGE_HEADER)?;
        if read_u32(map, meta)? != MAGIC || read_u32(map, meta + 4)? != VERSION {
            return None;
        }
        let page_bytes = read_u32(map, meta + 24)? as usize;
        let sound = page_bytes.is_power_of_two() && (512..=65_536).contains(&page_bytes);
        sound.then_some(Self {
            page_bytes,
            root: read_u64(map, meta + 24 + 48 + 40)?,
            transaction: read_u64(map, meta + 24 + 2 * 48 + 8)?,
        })
    }
}

fn read_u16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn read_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn read_u64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    const PAGE: usize = 512;

    /// A page of nodes: key, then what stands in the node's first four bytes and flags, then data.
    fn page(number: u64, kind: u16, nodes: &[(&str, u32, u16, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = vec![0; PAGE];
        let mut top = PAGE;
        for (index, (key, low, flags, data)) in nodes.iter().enumerate() {
            let node = [
                &low.to_le_bytes()[..],
                &flags.to_le_bytes(),
                &(key.len() as u16).to_le_bytes(),
                key.as_bytes(),
                data,
            ]
            .concat();
            top -= node.len();
            bytes[top..top + node.len()].copy_from_slice(&node);
            let at = PAGE_HEADER + 2 * index;
            bytes[at..at + 2].copy_from_slice(&(top as u16).to_le_bytes());
        }
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        bytes[10..12].copy_from_slice(&kind.to_le_bytes());
        bytes[12..14].copy_from_slice(&((PAGE_HEADER + 2 * nodes.len()) as u16).to_le_bytes());
        bytes
    }

    fn meta(number: u64, transaction: u64, root: u64) -> Vec<u8> {
        let mut bytes = vec![0; PAGE];
        let mut put = |at: usize, part: &[u8]| bytes[at..at + part.len()].copy_from_slice(part);
        put(0, &number.to_le_bytes());
        put(16, &MAGIC.to_le_bytes());
        put(20, &VERSION.to_le_bytes());
        put(40, &(PAGE as u32).to_le_bytes());
        put(128, &root.to_le_bytes());
        put(144, &transaction.to_le_bytes());
        bytes
    }

    /// A tree of a branch, two leaves and one value of 600 bytes on overflow pages.
    fn database() -> Vec<u8> {
        let small = |key: &'static str| (key, 3, 0, vec![key.as_bytes()[0]; 3]);
        let mut overflow = vec![0; 2 * PAGE];
        overflow[..8].copy_from_slice(&5_u64.to_le_bytes());
        overflow[10] = OVERFLOW as u8;
        overflow[PAGE_HEADER..PAGE_HEADER + 600].fill(9);
        [
            meta(0, 4, 999),
            meta(1, 5, 2),
            page(2, BRANCH, &[("", 3, 0, vec![]), ("m", 4, 0, vec![])]),
            page(3, LEAF, &[small("a"), ("big", 600, BIG, 5_u64.to_le_bytes().to_vec())]),
            page(4, LEAF, &[small("m"), small("n")]),
            overflow,
        ]
        .concat()
    }

    fn open(bytes: &[u8]) -> (tempfile::NamedTempFile, Result<Lmdb>) {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(bytes).expect("written");
        let opened = Lmdb::open(file.path());
        (file, opened)
    }

    #[test]
    fn keys_come_in_order_and_values_from_leaves_and_overflow_pages() {
        let (_file, opened) = open(&database());
        let database = opened.expect("sound");
        assert_eq!(database.keys("").expect("sound"), ["a", "big", "m", "n"]);
        assert_eq!(database.keys("b").expect("sound"), ["big"]);
        assert_eq!(database.get("n").expect("sound"), Some(&b"nnn"[..]));
        assert_eq!(database.get("big").expect("sound"), Some(&[9_u8; 600][..]));
        for absent in ["", "0", "b", "c", "z"] {
            assert_eq!(database.get(absent).expect("sound"), None, "{absent}");
        }
    }

    #[test]
    fn what_is_no_database_or_has_a_loop_is_refused() {
        assert!(open(b"").1.is_err());
        assert!(open(&[7; 4000]).1.expect_err("no LMDB").to_string().contains("no LMDB"));
        let mut looped = database();
        looped[2 * PAGE..3 * PAGE].copy_from_slice(&page(2, BRANCH, &[("", 2, 0, vec![])]));
        let (_file, opened) = open(&looped);
        let database = opened.expect("the meta page is sound");
        assert!(database.keys("").expect_err("a loop").to_string().contains("loop"));
        assert!(database.get("a").expect_err("a loop").to_string().contains("loop"));
    }

    proptest! {
        #[test]
        fn no_damage_causes_a_panic(damage in prop::collection::vec((0_usize..3584, any::<u8>()), 1..6)) {
            let mut bytes = database();
            for (at, byte) in damage {
                bytes[at] = byte;
            }
            let (_file, opened) = open(&bytes);
            if let Ok(database) = opened {
                let _ = database.keys("");
                for key in ["a", "big", "m", "zz"] {
                    let _ = database.get(key);
                }
            }
        }
    }
}
