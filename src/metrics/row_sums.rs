//! What one row of two images adds to the paired measures.

use std::ops::Range;

use rayon::prelude::*;

use super::paired::Region;
use super::ssim::{MapRows, RADIUS, WINDOW};
use super::sums::Strip;
use crate::mask;
use crate::raster::Plane;

/// All, cloud, clear, and aligned, which stays empty: the order of [`Region::EVERY`].
pub(super) const REGIONS: usize = Region::EVERY.len();

/// Sums over one band.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BandSums {
    pub squared: f64,
    pub absolute: f64,
    pub difference: f64,
    pub reference: f64,
    pub ssim: f64,
    pub windows: u64,
}

/// Sums over whole pixels.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PixelSums {
    pub pixels: u64,
    pub angle_rad: f64,
    pub angles: u64,
    pub ndvi: f64,
    pub ndvis: u64,
}

impl BandSums {
    pub fn add(&mut self, row: Self) {
        self.squared += row.squared;
        self.absolute += row.absolute;
        self.difference += row.difference;
        self.reference += row.reference;
        self.ssim += row.ssim;
        self.windows += row.windows;
    }
}

impl PixelSums {
    pub fn add(&mut self, row: Self) {
        self.pixels += row.pixels;
        self.angle_rad += row.angle_rad;
        self.angles += row.angles;
        self.ndvi += row.ndvi;
        self.ndvis += row.ndvis;
    }
}

/// The region besides "all" that a mask's code puts a pixel in.
fn region_of(code: u8) -> Option<Region> {
    match code {
        mask::CLEAR => Some(Region::Clear),
        mask::INVALID => None,
        _ => Some(Region::Cloud),
    }
}

/// The rows of a strip that are being added.
pub(super) struct Part<'a> {
    pub strip: &'a Strip,
    pub first_row: usize,
    pub height: usize,
    pub rows: Range<usize>,
}

impl Part<'_> {
    /// Calls `f` for "all" and for the region of pixel `x` of the strip's row `y`.
    fn in_regions<T>(&self, x: usize, y: usize, sums: &mut [T; REGIONS], f: impl Fn(&mut T)) {
        f(&mut sums[Region::All as usize]);
        let region = self.strip.codes.as_ref().and_then(|codes| region_of(codes.get(x, y)));
        if let Some(region) = region {
            f(&mut sums[region as usize]);
        }
    }

    pub fn add_band(&self, totals: &mut [BandSums; REGIONS], image: &Plane<f32>, reference: &Plane<f32>) {
        let mut similarities = MapRows::new(image.width);
        for row in self.rows.clone() {
            let y = row - self.first_row;
            let mut sums = [BandSums::default(); REGIONS];
            for (x, (&a, &b)) in image.row(y).iter().zip(reference.row(y)).enumerate() {
                let (b, error) = (f64::from(b), f64::from(a) - f64::from(b));
                if !error.is_nan() {
                    self.in_regions(x, y, &mut sums, |sums| {
                        sums.squared += error * error;
                        sums.absolute += error.abs();
                        sums.difference += error;
                        sums.reference += b;
                    });
                }
            }
            if row >= RADIUS && row + RADIUS < self.height && image.width >= WINDOW {
                for (x, &value) in similarities.row(image, reference, y - RADIUS).iter().enumerate() {
                    if !value.is_nan() {
                        self.in_regions(x + RADIUS, y, &mut sums, |sums| {
                            sums.ssim += value;
                            sums.windows += 1;
                        });
                    }
                }
            }
            for (total, row) in totals.iter_mut().zip(sums) {
                total.add(row);
            }
        }
    }

    /// The sums of each row's pixels, in order.
    pub fn pixel_rows(&self, ndvi: Option<(usize, usize)>) -> Vec<[PixelSums; REGIONS]> {
        self.rows.clone().into_par_iter().map(|row| self.pixel_row(row - self.first_row, ndvi)).collect()
    }

    fn pixel_row(&self, y: usize, ndvi: Option<(usize, usize)>) -> [PixelSums; REGIONS] {
        let rows: Vec<_> = self.strip.image.iter().zip(&self.strip.reference).collect();
        let rows: Vec<_> = rows.iter().map(|(image, reference)| (image.row(y), reference.row(y))).collect();
        let width = rows.first().map_or(0, |(image, _)| image.len());
        let mut sums = [PixelSums::default(); REGIONS];
        let mut spectra = vec![(0.0, 0.0); rows.len()];
        for x in 0..width {
            for (pair, (image, reference)) in spectra.iter_mut().zip(&rows) {
                *pair = (f64::from(image[x]), f64::from(reference[x]));
            }
            // An invalid pixel is NaN in every band, so the first speaks for all.
            if spectra[0].0.is_nan() {
                continue;
            }
            let angle = spectral_angle_rad(&spectra);
            let ndvi = ndvi.and_then(|(red, nir)| {
                let (red, nir) = (spectra[red], spectra[nir]);
                Some((index(nir.0, red.0)? - index(nir.1, red.1)?).abs())
            });
            self.in_regions(x, y, &mut sums, |sums| {
                sums.pixels += 1;
                if let Some(angle) = angle {
                    sums.angle_rad += angle;
                    sums.angles += 1;
                }
                if let Some(ndvi) = ndvi {
                    sums.ndvi += ndvi;
                    sums.ndvis += 1;
                }
            });
        }
        sums
    }
}

/// `(a − b) / (a + b)`; `None` where both are 0.
fn index(a: f64, b: f64) -> Option<f64> {
    (a + b > 0.0).then(|| (a - b) / (a + b))
}

/// The angle between two spectra; `None` where one is zero.
///
/// `2·atan2(|â − b̂|, |â + b̂|)` of the unit vectors (Kahan, *How futile are mindless assessments
/// of roundoff*, §12) in place of `acos(â·b̂)`, which turns equal spectra into 1e-8.
fn spectral_angle_rad(spectra: &[(f64, f64)]) -> Option<f64> {
    let norms = spectra.iter().fold((0.0, 0.0), |sum: (f64, f64), (a, b)| (sum.0 + a * a, sum.1 + b * b));
    let (norm_a, norm_b) = (norms.0.sqrt(), norms.1.sqrt());
    if norm_a == 0.0 || norm_b == 0.0 {
        return None;
    }
    let (mut less, mut more) = (0.0, 0.0);
    for (a, b) in spectra {
        let (a, b) = (a / norm_a, b / norm_b);
        less += (a - b) * (a - b);
        more += (a + b) * (a + b);
    }
    Some(2.0 * less.sqrt().atan2(more.sqrt()))
}
