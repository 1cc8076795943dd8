//! The sums behind the paired measures, gathered strip by strip.
//!
//! Sums are taken along a row first, then row after row, a band at a time: the result does not
//! depend on how an image is cut into strips, nor on the number of threads.

use std::ops::Range;

use rayon::prelude::*;

use super::paired::{BandMeasures, Comparison, Error, Measures, Region};
use super::row_sums::{BandSums, Part, PixelSums, REGIONS};
use super::ssim::RADIUS;
use crate::bands::Band;
use crate::raster::{Plane, Window};

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
            aligned: None,
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
