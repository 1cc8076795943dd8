//! The fill: what lies under cloud, told from the clear pixels around it.
//!
//! Normalised convolution (Knutsson and Westin 1993) of the clear pixels over Gaussians from coarse
//! to fine. With `w` = 1 on clear pixels and `x` their reflectance, the estimate of level k is
//!
//! ```text
//! f_k = (G_σk ∗ (w·x) + λ_k · f_k−1) / (G_σk ∗ w + λ_k)
//! ```
//!
//! so near clear pixels a fine level speaks, and far from any the coarser one; `f_−1` is the mean of
//! the scene's clear pixels, itself shrunk towards the mean of the training pixels
//! ([`Prior`]). It is the networks' context, an engine of its own, and the baseline that every model
//! must beat. [`FillContext`] makes it of a scene on disk, [`fill_planes`] of an image in memory.
//!
//! # Why it is cheap and seamless
//! Clear pixels are gathered once into cells of [`CELL`] × [`CELL`] scene pixels (streamed: memory
//! does not grow with bands × pixels but with cells), everything else happens on cells, and
//! [`FillContext::render`] interpolates the cells. A rendered pixel depends on its place in the
//! scene only, so no cut shows, whatever the windows; sums run in a fixed order, so the number of
//! threads does not matter either.
//!
//! # Parameters
//! Chosen on `sen12ms-cr/series` (a cloudy date against the nearest clear one) and on clear training
//! patches under borrowed masks, never on the test pairs.

mod base;
mod cells;
mod field;
mod planes;
mod prior;
mod smooth;

#[cfg(feature = "gdal")]
mod context;
#[cfg(feature = "gdal")]
mod gather;

pub use field::Field;
pub use planes::fill_planes;
pub use prior::Prior;

#[cfg(feature = "gdal")]
pub use context::FillContext;

/// Side of a cell in pixels of the scene's grid.
pub const CELL: usize = 8;

/// Standard deviations of the Gaussians, in pixels of the scene's grid, with the weight λ of the
/// coarser estimate in clear cells.
///
/// λ grows towards fine levels: what a single cell beside a cloud shows is often the cloud's fringe
/// or its shadow.
const LEVELS: [(f64, f32); 5] = [(64.0, 0.05), (32.0, 0.1), (16.0, 0.2), (8.0, 0.4), (4.0, 0.8)];

/// How many clear cells the training mean counts for against the scene's own mean.
const PRIOR_CELLS: f64 = 200.0;

/// Reflectances outside this range are no measurement of the ground and are left out: the least and
/// the greatest that a product of any baseline can hold are −0.1 and 6.5.
pub(crate) const PLAUSIBLE: std::ops::RangeInclusive<f32> = -1.0..=10.0;
