//! The patch store: square patches of scenes, ready for training.
//!
//! A store is a folder of `store.json` (the [`Manifest`]) and shards `shard-00000.safetensors`, one
//! row a patch. [`Store`] maps the shards into memory and hands out rows without copying;
//! [`StoreWriter`] makes a store that takes its name only when it is complete. On top of the reader
//! stand [`Sampler`] (which row comes next), [`Augment`] (how it is turned and cropped) and
//! [`Prefetch`] (batches made ahead on another thread); all are functions of a seed and a step, so a
//! run that is resumed sees the same patches.
//!
//! | tensor | type and shape | meaning |
//! |---|---|---|
//! | `pixels` | u16 `[N, C, S, S]` | reflectance × 10000 at 10 m, bands in the manifest's order; 0 only where nothing was measured |
//! | `mask` | u8 `[N, S, S]` | 0 clear, 1 cloud, 2 shadow, 255 invalid |
//! | `domain` | u8 `[N]` | 0 clear, 1 cloudy ([`Domain`]) |
//! | `split` | u8 `[N]` | 0 train, 1 validation, 2 test ([`Split`]) |
//! | `place` | u32 `[N]` | index into the manifest's places |
//! | `pair` | i64 `[N]` | row of the same ground on a clear day, −1 for none |
//! | `labels_43`, `labels_19` | u8 `[N, 43]`, `[N, 19]` | 1 for each class ([`labels`]); all 0 where the source says nothing |
//! | `s1`, `has_s1` | f32 `[N, 2, S, S]`, u8 `[N]` | VV and VH in dB, NaN for nodata; in shards that have any |
//! | `reference`, `has_reference` | u16 `[N, C, S, S]`, u8 `[N]` | the same ground on another clear day; in shards that have any |
//!
//! Numbers are little-endian. Tensors lie in the order of their alignment, so that every row of a
//! mapped file is a slice of its type.

mod augment;
mod buffer;
mod error;
mod folder;
mod kinds;
pub mod labels;
mod manifest;
mod prefetch;
mod sampler;
mod shard;
mod statistics;
mod store;
mod synthetic;
mod tensors;
mod writer;

#[cfg(feature = "gdal")]
pub mod prepare;

pub use augment::Augment;
pub use error::{Error, Result};
pub use folder::{check_output, is_store};
pub use kinds::{Domain, Split, SplitRule};
pub use manifest::{Manifest, Place, ShardFacts, SourceFacts, VERSION};
pub use prefetch::{Prefetch, PrefetchError};
pub use sampler::Sampler;
pub use statistics::BandStatistics;
pub use store::{Row, Store};
pub use synthetic::write_synthetic;
pub use writer::{About, Patch, StoreSpec, StoreWriter};

/// Reflectance times this is a stored number.
pub const QUANTIFICATION: f32 = 10_000.0;
/// Sizes a patch may have, in pixels along one side.
pub const PATCH_PX: std::ops::RangeInclusive<usize> = 8..=2048;
