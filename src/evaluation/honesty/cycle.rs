//! What the tests ask of a model. A generator made by hand can answer too, so each test is itself tested on
//! generators whose answer is known.

use burn::tensor::Device;

use super::specimen::Specimen;
use crate::evaluation::composite;
use crate::mask::Alpha;
use crate::networks::Model;
use crate::networks::infer::{Codes, Image, encode};
use crate::networks::optional::Beside;
use crate::networks::put_back::FoundCloud;
use crate::raster::Plane;

/// Reflectance, a plane a band.
pub type Planes = Vec<Plane<f32>>;

/// Cloudy → clear → cloudy, over arrays of reflectance in the bands of [`Cycle`]'s own order.
pub trait Cycle {
    /// A cloud code; `()` for a generator that has none.
    type Cloud;

    /// How many numbers the land code has; 0 where there is one surface only.
    fn land_numbers(&self) -> usize;

    /// The surface under the cloud for each land code, everywhere, before any composite.
    fn surfaces(&self, specimen: &Specimen, codes: &[Codes]) -> Vec<Planes>;

    /// The land code of the truth; none without land codes.
    fn land_of_truth(&self, specimen: &Specimen) -> Option<Vec<f32>>;

    /// The image between the two halves of the cycle, made of a surface.
    fn between(&self, specimen: &Specimen, surface: &Planes) -> Planes;

    /// The cloud code of a cloudy image beside a clear one; none in a generator without.
    fn cloud(&self, cloudy: &Planes, clear: &Planes) -> Option<Self::Cloud>;

    /// Where a code says that there is cloud or shadow, 0..1 a pixel; none where it says no place.
    fn cover(&self, code: &Self::Cloud, size: (usize, usize)) -> Option<Plane<f32>>;

    /// The clear image under the cloud of a code.
    fn render(&self, clear: &Planes, code: Option<&Self::Cloud>) -> Planes;
}

/// The product's result: `(1 − m)·x + m·ŷ`.
#[must_use]
pub fn composited(specimen: &Specimen, surface: &Planes) -> Planes {
    let alpha = Alpha(specimen.alpha.clone());
    specimen.cloudy.iter().zip(surface).map(|(x, y)| composite(x, y, &alpha)).collect()
}

/// A trained model on its device.
pub(super) struct ModelCycle<'m> {
    pub model: &'m Model,
    pub device: &'m Device,
}

impl Cycle for ModelCycle<'_> {
    type Cloud = FoundCloud;

    fn land_numbers(&self) -> usize {
        self.model.config.land_code()
    }

    fn surfaces(&self, specimen: &Specimen, codes: &[Codes]) -> Vec<Planes> {
        let image = Image {
            cloudy: &specimen.cloudy,
            context: &specimen.context,
            alpha: &specimen.alpha,
            beside: Beside::default(),
        };
        let network = self.model.networks.clearing();
        let encoded = encode(network, &self.model.encoding, &image, self.land_numbers(), self.device);
        codes.iter().map(|code| encoded.surface(code)).collect()
    }

    fn land_of_truth(&self, specimen: &Specimen) -> Option<Vec<f32>> {
        self.model.land_code(&specimen.clear, &specimen.cloudy, &specimen.alpha, self.device)
    }

    /// As in training: `declouder` composites, the others' generators answer for every pixel.
    fn between(&self, specimen: &Specimen, surface: &Planes) -> Planes {
        if self.model.config.preset.is_tileable() { composited(specimen, surface) } else { surface.clone() }
    }

    fn cloud(&self, cloudy: &Planes, clear: &Planes) -> Option<FoundCloud> {
        self.model.cloud_code(cloudy, clear, self.device)
    }

    fn cover(&self, code: &FoundCloud, size: (usize, usize)) -> Option<Plane<f32>> {
        code.cover(size, self.device)
    }

    fn render(&self, clear: &Planes, code: Option<&FoundCloud>) -> Planes {
        self.model.put_back(clear, code, self.device)
    }
}
