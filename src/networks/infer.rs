//! Images in memory through the network that takes cloud away: reflectance in, reflectance out.
//!
//! Declouding, evaluation and the validation of a training all come here, so a pixel is made the
//! same way in all of them.

use burn::tensor::{Device, Tensor, TensorData};

use super::declouder::{Features, GLand, LandInput, Optional};
use super::images::{planes, read};
use super::optional::{Beside, Given};
use super::paper::Generator;
use super::{Clearing, Encoding};
use crate::raster::Plane;

/// What the networks need of an image, in reflectance on one 10 m grid.
#[derive(Debug, Clone, Copy)]
pub struct Image<'a> {
    /// The cloudy image, a plane a band in the model's order; NaN where nothing was measured.
    pub cloudy: &'a [Plane<f32>],
    /// The fill of the same bands, never NaN.
    pub context: &'a [Plane<f32>],
    /// The mask m in 255ths.
    pub alpha: &'a Plane<u8>,
    /// What else is known of the place; a network without a way in for it does not look at it.
    pub beside: Beside<'a>,
}

/// Land codes over an image.
#[derive(Debug, Clone, PartialEq)]
pub enum Codes {
    /// The prior's middle, 0: the surface that is exported.
    Middle,
    /// One code everywhere.
    One(Vec<f32>),
    /// A code for each cell of 8 × 8 pixels, `[Z, ⌈H/8⌉, ⌈W/8⌉]`, flat. For tileable presets.
    Map(Vec<f32>),
}

/// An image that went through what does not depend on the land code.
pub struct Encoded<'m> {
    seen: Seen<'m>,
    encoding: &'m Encoding,
    codes: usize,
    size: (usize, usize),
    device: Device,
}

/// A network, and what it knows of an image before it is told a land code.
#[expect(clippy::large_enum_variant, reason = "one at a time, beside images of megabytes")]
enum Seen<'m> {
    /// Features: each surface costs a decoder pass only.
    Land(&'m GLand, Features),
    /// The image in network range: each surface costs a whole pass.
    Image(&'m Generator, Tensor<4>),
}

/// Runs what does not depend on the land code, which has `numbers` numbers (0 for a network without).
#[must_use]
pub fn encode<'m>(
    network: Clearing<'m>,
    encoding: &'m Encoding,
    image: &Image<'_>,
    numbers: usize,
    device: &Device,
) -> Encoded<'m> {
    let size = (image.alpha.width, image.alpha.height);
    let cloudy = planes(image.cloudy, device, |band, value| encoding.encode(band, value));
    let seen = match network {
        Clearing::Land(network) => {
            let mask = image.alpha.map(|m| f32::from(m) / 255.0);
            let Beside { s1, reference } = image.beside;
            let s1 = s1.filter(|_| network.takes_s1()).map(Given::s1);
            let reference = reference.filter(|_| network.takes_reference());
            let reference = reference.map(|planes| Given::reference(planes, encoding));
            let input = LandInput {
                cloudy,
                mask: planes(std::slice::from_ref(&mask), device, |_, value| value),
                context: planes(image.context, device, |band, value| encoding.encode(band, value)),
                s1: s1.map(|given| optional(&given, device)),
                reference: reference.map(|given| optional(&given, device)),
            };
            Seen::Land(network, network.encode(&input))
        }
        Clearing::Image(network) => Seen::Image(network, cloudy),
    };
    Encoded { seen, encoding, codes: numbers, size, device: device.clone() }
}

/// An optional input as tensors, filled up as [`planes`] are.
fn optional(given: &Given, device: &Device) -> Optional {
    let available = std::slice::from_ref(&given.available);
    Optional {
        values: planes(&given.values, device, |_, value| value),
        available: planes(available, device, |_, value| value),
    }
}

impl Encoded<'_> {
    /// The surface for land codes, in reflectance: one plane a band.
    ///
    /// # Panics
    /// Where a code has other than the model's numbers: a programming error, checked where codes are
    /// read.
    #[must_use]
    pub fn surface(&self, codes: &Codes) -> Vec<Plane<f32>> {
        read(self.decode(codes), self.encoding, self.size).remove(0)
    }

    /// Surfaces for codes that hold everywhere, in one pass, in reflectance and on the device:
    /// `[codes, C, ⌈H/8⌉·8, ⌈W/8⌉·8]`. What lies beyond the image's size fills it up and means nothing.
    ///
    /// # Panics
    /// As [`Encoded::surface`].
    #[must_use]
    pub fn surfaces(&self, codes: &[Vec<f32>]) -> Tensor<4> {
        let (count, numbers) = (codes.len(), self.codes);
        let values = codes.concat();
        let z = (numbers > 0)
            .then(|| Tensor::from_data(TensorData::new(values, [count, numbers, 1, 1]), &self.device));
        let made = match (&self.seen, z) {
            (Seen::Land(network, features), Some(z)) => network.decode(&features.repeat(count), &z).surface,
            (Seen::Land(..), None) => unreachable!("G_land always has a code"),
            (Seen::Image(network, image), z) => {
                network.forward(image.clone().repeat_dim(0, count), z.as_ref())
            }
        };
        self.encoding.decode_tensor(made)
    }

    /// The surface for land codes in network range, filled up to multiples of 8.
    fn decode(&self, codes: &Codes) -> Tensor<4> {
        match (&self.seen, self.code(codes)) {
            (Seen::Land(network, features), Some(z)) => network.decode(features, &z).surface,
            (Seen::Land(..), None) => unreachable!("G_land always has a code"),
            (Seen::Image(network, image), z) => network.forward(image.clone(), z.as_ref()),
        }
    }

    /// Land codes as a tensor; none for a network without.
    fn code(&self, codes: &Codes) -> Option<Tensor<4>> {
        let (cells_x, cells_y) = (self.size.0.div_ceil(8), self.size.1.div_ceil(8));
        let (values, shape) = match codes {
            Codes::Middle => (vec![0.0; self.codes], [1, self.codes, 1, 1]),
            Codes::One(code) => (code.clone(), [1, self.codes, 1, 1]),
            Codes::Map(map) => (map.clone(), [1, self.codes, cells_y, cells_x]),
        };
        (self.codes > 0).then(|| Tensor::from_data(TensorData::new(values, shape), &self.device))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bands::Band;
    use crate::networks::NetworkConfig;
    use crate::networks::init::Init;

    fn config() -> NetworkConfig {
        NetworkConfig {
            bands: vec![Band::B02, Band::B11],
            conditioning: vec![Band::B11],
            width: 8,
            z_land: 3,
            ..NetworkConfig::default()
        }
    }

    fn plane(width: usize, height: usize, seed: usize) -> Plane<f32> {
        let value = |i: usize| 0.05 + 0.4 * ((i * 37 + seed * 11) % 101) as f32 / 101.0;
        Plane::from_vec(width, height, (0..width * height).map(value).collect())
    }

    /// A network whose heads are not near zero, so that every layer counts.
    fn network() -> GLand {
        let device = Device::flex();
        let fresh = GLand::new(&mut Init::new(4, "g", &device), &config());
        let mut stream = crate::random::Stream::new(4, 0, "weights");
        crate::networks::params::set(fresh, "", &mut |name, shape| {
            let fan = shape[1..].iter().product::<usize>().max(1) as f64;
            let scale = if name.ends_with("bias") { 0.2 } else { 1.2 / fan.sqrt() };
            Ok((0..shape.iter().product()).map(|_| (stream.normal() * scale) as f32).collect())
        })
        .expect("every parameter is set")
    }

    fn surface(network: &GLand, size: (usize, usize), cut: Option<crate::raster::Window>) -> Vec<Plane<f32>> {
        let encoding = Encoding { mean: vec![0.4, 0.4], std: vec![0.1, 0.15] };
        let whole: Vec<_> = (0..4).map(|seed| plane(size.0, size.1, seed)).collect();
        let alpha = plane(size.0, size.1, 9).map(|value| (value * 500.0) as u8);
        let part = |plane: &Plane<f32>| cut.map_or_else(|| plane.clone(), |cut| plane.crop(cut));
        let planes: Vec<_> = whole.iter().map(part).collect();
        let alpha = cut.map_or_else(|| alpha.clone(), |cut| alpha.crop(cut));
        let image =
            Image { cloudy: &planes[..2], context: &planes[2..], alpha: &alpha, beside: Beside::default() };
        encode(Clearing::Land(network), &encoding, &image, 3, &Device::flex()).surface(&Codes::Middle)
    }

    #[test]
    fn any_size_goes_through_and_codes_change_the_surface() {
        let network = network();
        let encoding = Encoding { mean: vec![0.4, 0.4], std: vec![0.1, 0.15] };
        for (width, height) in [(1, 1), (13, 7), (16, 8), (30, 41)] {
            let planes: Vec<_> = (0..4).map(|seed| plane(width, height, seed)).collect();
            let alpha = Plane::filled(width, height, 200);
            let image = Image {
                cloudy: &planes[..2],
                context: &planes[2..],
                alpha: &alpha,
                beside: Beside::default(),
            };
            let encoded = encode(Clearing::Land(&network), &encoding, &image, 3, &Device::flex());
            let middle = encoded.surface(&Codes::Middle);
            assert_eq!((middle.len(), middle[0].width, middle[0].height), (2, width, height));
            assert_eq!(middle, encoded.surface(&Codes::One(vec![0.0; 3])));
            assert_ne!(middle, encoded.surface(&Codes::One(vec![1.0, -1.0, 0.5])));
            let cells = width.div_ceil(8) * height.div_ceil(8);
            let map: Vec<f32> = [1.0, -1.0, 0.5].iter().flat_map(|&z| vec![z; cells]).collect();
            let (one, map) =
                (encoded.surface(&Codes::One(vec![1.0, -1.0, 0.5])), encoded.surface(&Codes::Map(map)));
            for (one, map) in one.iter().flat_map(|p| &p.data).zip(map.iter().flat_map(|p| &p.data)) {
                assert!((one - map).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn beyond_the_receptive_radius_a_pixel_does_not_see_where_the_image_was_cut() {
        let network = network();
        let radius = network.receptive_radius();
        let size = (3 * radius + 40, 2 * radius + 16);
        let whole = surface(&network, size, None);
        let cut = crate::raster::Window::new(8 * ((radius - 8) / 8), 0, 2 * radius + 24, size.1);
        let part = surface(&network, size, Some(cut));
        let mut checked = 0;
        for (whole, part) in whole.iter().zip(&part) {
            for y in 0..size.1 {
                for x in radius..cut.width - radius {
                    let difference = (whole.get(cut.x + x, y) - part.get(x, y)).abs();
                    assert!(difference < 1e-5, "{difference} at {x}, {y}");
                    checked += 1;
                }
            }
        }
        assert!(checked > 1000);
    }
}
