//! How near one image is to another: pure functions over arrays, in `f64`.
//!
//! **Paired metrics.** An `image` is measured against a `reference` of the same place, both as one
//! plane of reflectance a band. Reflectance is clipped to \[0, 1\] first, so the data range is 1
//! and a bright cloud of 1.4 does not outweigh a field.
//!
//! | measure | definition | unit, range | best |
//! |---|---|---|---|
//! | PSNR | `10·log₁₀(1 / MSE)`, one MSE over all bands and pixels | dB, 0 … ∞ | high |
//! | SSIM | Wang et al. 2004, a band at a time, then the mean over bands; see [`ssim`] | −1 … 1 | 1 |
//! | SAM | mean angle between a pixel's two spectra (Kruse et al. 1993) | degrees, 0 … 90 | 0 |
//! | MAE | mean of \|x − y\| over bands and pixels | reflectance, 0 … 1 | 0 |
//! | RMSE | `√MSE` | reflectance, 0 … 1 | 0 |
//! | ERGAS | `100·(h/l)·√(mean over bands of (RMSE_b / μ_b)²)`, `μ_b` the reference's mean (Wald 2000) | %, 0 … ∞ | 0 |
//! | NDVI MAE | mean of \|NDVI(x) − NDVI(y)\|, `NDVI = (B08 − B04) / (B08 + B04)` | 0 … 2 | 0 |
//!
//! ERGAS's `h/l` is the ratio of pixel sizes in pan-sharpening; both images here have the same
//! pixels, so it is 1. (Libraries that divide by a default ratio of 4 give a quarter of this.)
//! ERGAS is the only measure that changes when image and reference are swapped.
//!
//! **What is left out, everywhere alike.** A pixel that is NaN in any band of either image counts
//! nowhere. SSIM leaves out every window that touches such a pixel or reaches over the edge. SAM
//! leaves out pixels where a spectrum is zero in all bands, NDVI MAE those where B04 + B08 is 0.
//! A measure with nothing left to measure, or that is not defined (NDVI without B04 or B08, SSIM
//! of an image smaller than its window of 11 × 11, ERGAS where the reference's band is 0
//! throughout, PSNR of equal images) is `None`, in JSON `null`. Equal images are marked
//! `"identical": true`, a key that appears nowhere else.
//!
//! **Regions.** With a mask every measure is also taken under cloud (cloud or shadow) and where
//! it is clear. Pixels the mask calls invalid are in neither; "all" never depends on the mask.
//! For SSIM a window belongs to the region of its centre. "Aligned" is under cloud once more, against a reference in the
//! light of the image's own date, where somebody made one (`evaluation`).
//!
//! **Whole sets of images** against each other: [`distribution`], over [`features`] of crops.
//! **Labels:** [`multilabel`].

pub mod distribution;
pub mod features;
pub mod multilabel;
mod paired;
mod row_sums;
pub mod ssim;
mod sums;

pub use paired::{BandMeasures, Comparison, Error, Measure, Measures, Region, paired};
pub use sums::{PairedSums, Strip};
