//! The sums behind the paired measures, gathered strip by strip.
//!
//! Sums are taken along a row first, then row after row, a band at a time: the result does not
//! depend on how an image is cut into strips, nor on the number of threads.

use std::ops::Range;

use rayon::prelude::*;

use super::paired::{BandMeasures, Comparison, Error, Measures, Region};
use super::ssim::{MapRows, RADIUS, WINDOW};
use crate::bands::Band;
use crate::mask;
use crate::raster::{Plane, Window};

/// All, cloud, clear: the order of [`Region::EVERY`].
const REGIONS: usize = Region::EVERY.len();

/// Rows of two images. The planes cover the rows that [`PairedSums::support`] asks for.
#[derive(Debug, Clone)]
pub struct Strip {
    /// What is measured: one plane of reflectance a band, NaN where nothing was measured.
    pub image: Vec<Plane<f32>>,
    /// What it is measured against.
    pub reference: Vec<Plane<f32>>,
    /// Codes of the mask, where there is one.
    pub codes: Option<Plane<u8>>,
}

/// Sums over one band.
#[derive(Debug, Clone, Copy, Default)]
struct BandSums {
    squared: f64,
    absolute: f64,
    difference: f64,
    reference: f64,
    ssim: f64,
    windows: u64,
}

/// Sums over whole pixels.
#[derive(Debug, Clone, Copy, Default)]
struct PixelSums {
    pixels: u64,
    angle_rad: f64,
    angles: u64,
    ndvi: f64,
    ndvis: u64,
}

/// Gathers the paired measures of two images, strip by strip from the top.
#[derive(Debug, Clone)]
pub struct PairedSums {
    width: usize,
    height: usize,
    ndvi: Option<(usize, usize)>,
    masked: bool,
    bands: Vec<[BandSums; REGIONS]>,
    pixels: [PixelSums; REGIONS],
}

impl PairedSums {
    /// For images of this size with these bands, in this order.
    #[must_use]
    pub fn new(bands: &[Band], width: usize, height: usize) -> Self {
        let place = |band| bands.iter().position(|&candidate| candidate == band);
        Self {
            width,
            height,
            ndvi: place(Band::B04).zip(place(Band::B08)),
            masked: false,
            bands: vec![[BandSums::default(); REGIONS]; bands.len()],
            pixels: [PixelSums::default(); REGIONS],
        }
    }

    /// The window of the images that [`PairedSums::add`] needs for `rows`: SSIM looks 5 rows up
    /// and down.
    #[must_use]
    pub fn support(&self, rows: &Range<usize>) -> Window {
        let top = rows.start.saturating_sub(RADIUS);
        let bottom = (rows.end + RADIUS).min(self.height);
        Window::new(0, top, self.width, bottom.saturating_sub(top))
    }

    /// Adds `rows` of the images. Every row must be added once, from the top down.
    ///
    /// # Errors
    /// [`Error::Shape`] where the strip is not what [`PairedSums::support`] asks for.
    pub fn add(&mut self, rows: Range<usize>, mut strip: Strip) -> Result<(), Error> {
        let support = self.support(&rows);
        self.check(&strip, support)?;
        self.masked |= strip.codes.is_some();
        clip_and_pair(&mut strip, self.width);
        let part = Part { strip: &strip, first_row: support.y, height: self.height, rows };
        self.bands
            .par_iter_mut()
            .zip(strip.image.par_iter().zip(&strip.reference))
            .for_each(|(sums, (image, reference))| part.add_band(sums, image, reference));
        for row in part.pixel_rows(self.ndvi) {
            for (total, row) in self.pixels.iter_mut().zip(row) {
                total.add(row);
            }
        }
        Ok(())
    }

    fn check(&self, strip: &Strip, support: Window) -> Result<(), Error> {
        let bands = self.bands.len();
        for (what, planes) in [("the image has", &strip.image), ("the reference has", &strip.reference)] {
            if planes.len() != bands {
                let found = format!("{} bands", planes.len());
                return Err(Error::Shape { what, found, expected: format!("{bands}") });
            }
            for plane in planes {
                check_size(what, plane.width, plane.height, support)?;
            }
        }
        match &strip.codes {
            Some(codes) => check_size("the mask has", codes.width, codes.height, support),
            None => Ok(()),
        }
    }

    /// The measures of everything added so far.
    #[must_use]
    pub fn comparison(&self) -> Comparison {
        let region = |region| {
            let measures = self.measures(region);
            (self.masked && measures.pixels > 0).then_some(measures)
        };
        Comparison {
            all: self.measures(Region::All),
            cloud: region(Region::Cloud),
            clear: region(Region::Clear),
        }
    }

    /// The measures of each band in a region, in the order given to [`PairedSums::new`].
    #[must_use]
    pub fn band_measures(&self, region: Region) -> Vec<BandMeasures> {
        let pixels = self.pixels[region as usize].pixels;
        let one = |sums: &[BandSums; REGIONS]| {
            let sums = sums[region as usize];
            BandMeasures {
                ssim: mean(sums.ssim, sums.windows),
                mae: mean(sums.absolute, pixels),
                rmse: mean(sums.squared, pixels).map(f64::sqrt),
                bias: mean(sums.difference, pixels),
            }
        };
        self.bands.iter().map(one).collect()
    }

    fn measures(&self, region: Region) -> Measures {
        let pixel = self.pixels[region as usize];
        let bands: Vec<_> = self.bands.iter().map(|sums| sums[region as usize]).collect();
        let samples = pixel.pixels * bands.len() as u64;
        let mse = mean(bands.iter().map(|band| band.squared).sum(), samples);
        let similarities: Option<Vec<_>> = bands.iter().map(|band| mean(band.ssim, band.windows)).collect();
        Measures {
            psnr: mse.filter(|&mse| mse > 0.0).map(|mse| -10.0 * mse.log10()),
            ssim: similarities.and_then(|values| mean(values.iter().sum(), values.len() as u64)),
            sam: mean(pixel.angle_rad, pixel.angles).map(f64::to_degrees),
            mae: mean(bands.iter().map(|band| band.absolute).sum(), samples),
            rmse: mse.map(f64::sqrt),
            ergas: ergas(&bands, pixel.pixels),
            ndvi_mae: mean(pixel.ndvi, pixel.ndvis),
            identical: mse == Some(0.0),
            pixels: pixel.pixels,
        }
    }
}

fn check_size(what: &'static str, width: usize, height: usize, support: Window) -> Result<(), Error> {
    if (width, height) == (support.width, support.height) {
        return Ok(());
    }
    let found = format!("{width} × {height} pixels");
    Err(Error::Shape { what, found, expected: format!("{} × {}", support.width, support.height) })
}

fn mean(sum: f64, count: u64) -> Option<f64> {
    (count > 0).then(|| sum / count as f64)
}

/// `100·√(mean over bands of MSE_b / μ_b²)`: Wald, *Quality of high resolution synthesised images*,
/// 2000, with h/l = 1.
fn ergas(bands: &[BandSums], pixels: u64) -> Option<f64> {
    let relative = |band: &BandSums| {
        let mean_reference = mean(band.reference, pixels).filter(|&value| value > 0.0)?;
        Some(mean(band.squared, pixels)? / (mean_reference * mean_reference))
    };
    let sum: Option<f64> = bands.iter().map(relative).sum();
    mean(sum?, bands.len() as u64).map(|value| 100.0 * value.sqrt())
}

impl BandSums {
    fn add(&mut self, row: Self) {
        self.squared += row.squared;
        self.absolute += row.absolute;
        self.difference += row.difference;
        self.reference += row.reference;
        self.ssim += row.ssim;
        self.windows += row.windows;
    }
}

impl PixelSums {
    fn add(&mut self, row: Self) {
        self.pixels += row.pixels;
        self.angle_rad += row.angle_rad;
        self.angles += row.angles;
        self.ndvi += row.ndvi;
        self.ndvis += row.ndvis;
    }
}

/// Clips reflectance to 0..1 and makes a pixel NaN in every band of both images where it is NaN
/// (or infinite) in any.
fn clip_and_pair(strip: &mut Strip, width: usize) {
    let planes = || strip.image.iter().chain(&strip.reference);
    let rows = planes().next().map_or(0, |plane| plane.height);
    let mut valid = vec![true; width * rows];
    for plane in planes() {
        for (valid, value) in valid.iter_mut().zip(&plane.data) {
            *valid &= value.is_finite();
        }
    }
    strip.image.par_iter_mut().chain(strip.reference.par_iter_mut()).for_each(|plane| {
        for (value, &valid) in plane.data.iter_mut().zip(&valid) {
            *value = if valid { value.clamp(0.0, 1.0) } else { f32::NAN };
        }
    });
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
struct Part<'a> {
    strip: &'a Strip,
    first_row: usize,
    height: usize,
    rows: Range<usize>,
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

    fn add_band(&self, totals: &mut [BandSums; REGIONS], image: &Plane<f32>, reference: &Plane<f32>) {
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
    fn pixel_rows(&self, ndvi: Option<(usize, usize)>) -> Vec<[PixelSums; REGIONS]> {
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
