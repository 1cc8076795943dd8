//! An image in memory under whose cloud is looked.

use burn::tensor::{Device, Tensor};

use crate::bands::Band;
use crate::networks::Model;
use crate::networks::images::planes;
use crate::networks::infer::{Codes, Encoded, Image, encode};
use crate::networks::optional::BesidePlanes;
use crate::raster::{Plane, Window};

/// What images to be drawn hold where nothing was measured: far beyond any reflectance, since a GPU's
/// arithmetic need not keep NaN.
pub const UNMEASURED: f32 = -1.0e9;

/// A part of a scene with as much around it as the networks look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// The part that is shown, in the scene.
    pub window: Window,
    /// What the networks see for it: the part and an apron, begun at multiples of 8.
    pub seen: Window,
    /// The bands of the planes, in the model's order.
    pub bands: Vec<Band>,
    /// Reflectance of `seen`, a plane a band; NaN where nothing was measured.
    pub cloudy: Vec<Plane<f32>>,
    /// The fill of `seen`, a plane a band.
    pub context: Vec<Plane<f32>>,
    /// The mask m over `seen`, in 255ths.
    pub alpha: Plane<u8>,
    /// What the networks see besides, over `seen`.
    pub beside: BesidePlanes,
}

/// A [`Subject`] whose encoder has run: each surface is a decoder pass.
pub struct Held<'m> {
    /// The encoder's features.
    pub encoded: Encoded<'m>,
    /// The cloudy image in reflectance, `[1, C, H, W]`, 0 where nothing was measured.
    image: Tensor<4>,
    /// m, `[1, 1, H, W]`; 0 where nothing was measured.
    mask: Tensor<4>,
    /// [`UNMEASURED`] in the bands and places that were not measured, else 0, `[1, C, H, W]`; none where all were.
    holes: Option<Tensor<4>>,
    inner: Window,
}

impl Subject {
    /// An image in memory, seen whole.
    ///
    /// # Panics
    /// When sizes differ: a programming error.
    #[must_use]
    pub fn of_planes(
        bands: &[Band],
        cloudy: Vec<Plane<f32>>,
        context: Vec<Plane<f32>>,
        alpha: Plane<u8>,
    ) -> Self {
        let window = Window::new(0, 0, alpha.width, alpha.height);
        assert!(cloudy.len() == bands.len() && context.len() == bands.len(), "a plane for each band");
        Self {
            window,
            seen: window,
            bands: bands.to_vec(),
            cloudy,
            context,
            alpha,
            beside: BesidePlanes::default(),
        }
    }

    /// Where the part that is shown lies in what is seen.
    #[must_use]
    pub fn inner(&self) -> Window {
        Window { x: self.window.x - self.seen.x, y: self.window.y - self.seen.y, ..self.window }
    }

    /// The mask m of what is shown, in 255ths.
    #[must_use]
    pub fn mask(&self) -> Plane<u8> {
        self.alpha.crop(self.inner())
    }

    /// What is shown with the fill under the cloud: `(1 − m)·x + m·fill` in reflectance, a plane a band; NaN where
    /// nothing was measured. It costs no network, and its range of values is near that of any surface.
    #[must_use]
    pub fn filled(&self) -> Vec<Plane<f32>> {
        let (inner, mask) = (self.inner(), self.mask());
        let band = |(cloudy, context): (&Plane<f32>, &Plane<f32>)| {
            let mut mixed = cloudy.crop(inner);
            let fill = context.crop(inner);
            for ((value, fill), &m) in mixed.data.iter_mut().zip(fill.data).zip(&mask.data) {
                let m = f32::from(m) / 255.0;
                *value = (1.0 - m) * *value + m * fill;
            }
            mixed
        };
        self.cloudy.iter().zip(&self.context).map(band).collect()
    }

    /// A plane of what is shown, NaN where the band (counted from 0) was not measured.
    ///
    /// # Panics
    /// When the plane's size is not that of what is shown: a programming error.
    #[must_use]
    pub fn measured(&self, band: usize, mut plane: Plane<f32>) -> Plane<f32> {
        let inner = self.inner();
        assert_eq!((plane.width, plane.height), (inner.width, inner.height), "the size of what is shown");
        for (value, measured) in plane.data.iter_mut().zip(self.cloudy[band].crop(inner).data) {
            if !measured.is_finite() {
                *value = f32::NAN;
            }
        }
        plane
    }

    /// Runs the encoder. `device` is where the model is.
    #[must_use]
    pub fn held<'m>(&self, model: &'m Model, device: &Device) -> Held<'m> {
        let image = Image {
            cloudy: &self.cloudy,
            context: &self.context,
            alpha: &self.alpha,
            beside: self.beside.lent(),
        };
        let encoded =
            encode(model.networks.clearing(), &model.encoding, &image, model.config.land_code(), device);
        let measured = |i: usize| self.cloudy.iter().all(|plane| plane.data[i].is_finite());
        let m = self
            .alpha
            .data
            .iter()
            .enumerate()
            .map(|(i, &m)| if measured(i) { f32::from(m) / 255.0 } else { 0.0 });
        let m = Plane::from_vec(self.alpha.width, self.alpha.height, m.collect());
        let plain = |_, value: f32| if value.is_finite() { value } else { 0.0 };
        let hole = |_, value: f32| if value.is_finite() { 0.0 } else { UNMEASURED };
        let whole = self.cloudy.iter().all(|plane| plane.data.iter().all(|value| value.is_finite()));
        Held {
            encoded,
            image: planes(&self.cloudy, device, plain),
            mask: planes(std::slice::from_ref(&m), device, plain),
            holes: (!whole).then(|| planes(&self.cloudy, device, hole)),
            inner: self.inner(),
        }
    }
}

impl Held<'_> {
    /// What is shown of the surfaces of some codes, in one pass, put into the image: `(1 − m)·x + m·ŷ` in
    /// reflectance, `[codes, C, h, w]`. Where m is 0 it is the image, exactly. The tensor is a view: its
    /// strides are those of what the networks saw.
    #[must_use]
    pub fn composites(&self, codes: &[Vec<f32>]) -> Tensor<4> {
        self.inner_of(self.mixed(codes))
    }

    /// The same to be drawn: [`UNMEASURED`], or near it, in the bands and places where nothing was measured.
    #[must_use]
    pub fn drawable(&self, codes: &[Vec<f32>]) -> Tensor<4> {
        let mixed = self.mixed(codes);
        self.inner_of(match &self.holes {
            Some(holes) => mixed + holes.clone(),
            None => mixed,
        })
    }

    /// Surfaces put into the image, over all that is seen.
    fn mixed(&self, codes: &[Vec<f32>]) -> Tensor<4> {
        let made = self.encoded.surfaces(codes);
        self.image.clone() * (-self.mask.clone() + 1.0) + self.mask.clone() * made
    }

    /// The part of images that is shown.
    fn inner_of(&self, images: Tensor<4>) -> Tensor<4> {
        let (inner, [count, bands, ..]) = (self.inner, images.dims());
        images.slice([0..count, 0..bands, inner.y..inner.y + inner.height, inner.x..inner.x + inner.width])
    }

    /// The same as planes, one list a code. Codes go through in turns of as many as memory lets.
    #[must_use]
    pub fn images(&self, codes: &[Vec<f32>]) -> Vec<Vec<Plane<f32>>> {
        codes.chunks(self.batch()).flat_map(|codes| planes_of(self.composites(codes))).collect()
    }

    /// The surface of codes over the image, before it is put into it.
    #[must_use]
    pub fn surface(&self, codes: &Codes) -> Vec<Plane<f32>> {
        self.encoded.surface(codes).iter().map(|plane| plane.crop(self.inner)).collect()
    }

    /// How many codes go through the decoder in one pass: what holds its features within 256 MiB.
    #[must_use]
    pub fn batch(&self) -> usize {
        let [_, _, height, width] = self.image.dims();
        (PASS_PX / (height * width)).max(1)
    }
}

/// Pixels of one decoder pass, at about 400 bytes each (design/6-pitfalls: Flex at 1024²).
const PASS_PX: usize = 640 * 1024;

/// Images `[N, C, h, w]` as planes, one list an image.
#[must_use]
pub fn planes_of(images: Tensor<4>) -> Vec<Vec<Plane<f32>>> {
    let [count, bands, height, width] = images.dims();
    let values: Vec<f32> = images.into_data().try_to_vec().unwrap_or_default();
    let mut planes = values
        .chunks_exact((height * width).max(1))
        .map(|part| Plane::from_vec(width, height, part.to_vec()));
    (0..count).map(|_| planes.by_ref().take(bands).collect()).collect()
}
