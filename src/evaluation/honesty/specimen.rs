//! The images that the tests look at.

use super::cycle::Planes;
use crate::bands::{Band, Level};
use crate::evaluation::image::Image;
use crate::mask::{CLOUD, INVALID, SHADOW};
use crate::raster::{Plane, Window};

/// Largest side of a specimen in pixels: larger images give one square of this size.
const MAX_SIDE_PX: usize = 256;
/// Networks take sides that are multiples of it.
const CELL_PX: usize = 8;
/// A specimen has at least this part of its pixels under cloud, and as much in the clear.
pub const MIN_PART: f64 = 0.02;

/// A square of a test image that holds both cloud and clear pixels, without gaps.
#[derive(Debug, Clone, PartialEq)]
pub struct Specimen {
    /// The image's name, with the donor's where cloud was lent.
    pub name: String,
    /// The scene it was cut from.
    pub scene: String,
    /// Whose cloud lies over it, where that was transplanted.
    pub donor: Option<String>,
    /// The bands of the planes.
    pub bands: Vec<Band>,
    /// Processing level, where known.
    pub level: Option<Level>,
    /// Reflectance of the cloudy date; the fill where nothing was measured.
    pub cloudy: Planes,
    /// Reflectance of the clear date; the fill where nothing was measured.
    pub clear: Planes,
    /// The fill.
    pub context: Planes,
    /// The reference mask's codes; [`INVALID`] wherever a date lacks a band.
    pub codes: Plane<u8>,
    /// The mask m in 255ths.
    pub alpha: Plane<u8>,
}

impl Specimen {
    /// Cuts a specimen out of an image with its fill; none where no square of it has both cloud and clear.
    pub(in crate::evaluation) fn of(image: &Image, context: &[Plane<f32>]) -> Option<Self> {
        let window = window(&image.mask.codes)?;
        let crop =
            |planes: &[Plane<f32>]| -> Planes { planes.iter().map(|plane| plane.crop(window)).collect() };
        let (mut cloudy, mut clear, context) = (crop(&image.cloudy), crop(&image.clear), crop(context));
        let (mut codes, alpha) = (image.mask.codes.crop(window), image.alpha.0.crop(window));
        for planes in [&mut cloudy, &mut clear] {
            for (plane, fill) in planes.iter_mut().zip(&context) {
                for ((value, &fill), code) in plane.data.iter_mut().zip(&fill.data).zip(&mut codes.data) {
                    if !value.is_finite() {
                        *value = fill;
                        *code = INVALID;
                    }
                }
            }
        }
        let donor = image.lent.as_ref().map(|lent| lent.donor.clone());
        let name = donor
            .as_ref()
            .map_or_else(|| image.name.clone(), |donor| format!("{} under {donor}", image.name));
        let specimen = Self {
            name,
            scene: image.scene.clone(),
            donor,
            bands: image.bands.clone(),
            level: image.level,
            cloudy,
            clear,
            context,
            codes,
            alpha,
        };
        let all = specimen.codes.data.len() as f64 * MIN_PART;
        let enough = |part: usize| part as f64 >= all;
        (enough(specimen.count(Part::Covered)) && enough(specimen.count(Part::Clear))).then_some(specimen)
    }

    /// The same with other bands in another order; none where one is lacking.
    #[must_use]
    pub fn with_bands(&self, bands: &[Band]) -> Option<Self> {
        let order: Option<Vec<usize>> =
            bands.iter().map(|band| self.bands.iter().position(|known| known == band)).collect();
        let order = order?;
        let pick = |planes: &Planes| order.iter().map(|&band| planes[band].clone()).collect();
        Some(Self {
            bands: bands.to_vec(),
            cloudy: pick(&self.cloudy),
            clear: pick(&self.clear),
            context: pick(&self.context),
            ..self.clone()
        })
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.codes.width, self.codes.height)
    }

    /// Which part a pixel belongs to; none under the feather and where nothing was measured.
    #[must_use]
    pub fn part(&self, pixel: usize) -> Option<Part> {
        match self.codes.data[pixel] {
            CLOUD | SHADOW => Some(Part::Covered),
            INVALID => None,
            _ => (self.alpha.data[pixel] == 0).then_some(Part::Clear),
        }
    }

    /// The pixels of a part.
    #[must_use]
    pub fn pixels(&self, part: Part) -> Vec<usize> {
        (0..self.codes.data.len()).filter(|&pixel| self.part(pixel) == Some(part)).collect()
    }

    fn count(&self, part: Part) -> usize {
        self.pixels(part).len()
    }
}

/// What is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Under cloud or shadow by the reference mask.
    Covered,
    /// Kept as it is: m = 0.
    Clear,
}

/// The square whose cover comes nearest to two fifths, among squares a quarter of a side apart.
fn window(codes: &Plane<u8>) -> Option<Window> {
    let side = codes.width.min(codes.height).min(MAX_SIDE_PX) / CELL_PX * CELL_PX;
    if side == 0 {
        return None;
    }
    let starts = |length: usize| (0..=length - side).step_by((side / 4).max(1));
    let missed = |window: &Window| {
        let codes = codes.crop(*window);
        let covered = codes.data.iter().filter(|code| matches!(**code, CLOUD | SHADOW)).count();
        (covered as f64 / codes.data.len() as f64 - 0.4).abs()
    };
    starts(codes.height)
        .flat_map(|y| starts(codes.width).map(move |x| Window::new(x, y, side, side)))
        .map(|window| (missed(&window), window))
        .min_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, window)| window)
}
