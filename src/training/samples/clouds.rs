//! Cloud over clear patches: lent by real ones, simulated, and the haze that no mask tells.

use std::sync::{Arc, PoisonError};

use super::{DONORS, Samples};
use crate::mask::{CLEAR, CLOUD, DEFAULT_FEATHER_PX, INVALID};
use crate::random::Stream;
use crate::raster::{Plane, Window};
use crate::simulate::transplant::{Donor, Source};
use crate::simulate::{self, CloudField, Clouds, Ground, Kind, Site};
use crate::training::dataset::{Patch, RowId};

/// Peak visible excess of the haze that no mask tells, least and most: drawn evenly in its logarithm. Clear pixels of
/// cloudy training patches are up to 0.1 brighter in B01 than the same land on clear dates.
const HAZE_LEAST: f32 = 0.02;
const HAZE_MOST: f32 = 0.25;

impl Samples {
    /// Real cloud of another place's training patch over a clear one, with its codes; none where no donor was
    /// found.
    pub fn transplanted(&self, patch: &Patch, stream: &mut Stream) -> Option<(Vec<Plane<f32>>, Plane<u8>)> {
        let id = self.dataset.draw(&self.cloudy, &[patch.place], stream);
        let donor = self.donor(id)?;
        let placing = donor.draw(stream, (patch.codes.width, patch.codes.height));
        let under = donor.over(&patch.planes, placing.turn, placing.shift);
        Some((under.planes, under.codes))
    }

    /// A donor, prepared once: a function of its row, so keeping it changes nothing.
    pub(super) fn donor(&self, id: RowId) -> Option<Arc<Donor>> {
        if let Some(known) = self.donors.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
            return known.clone();
        }
        let patch = self.dataset.patch(id);
        let ground = self.fill(&patch.planes, &self.alpha(&patch.codes, 0));
        let network = &self.config.network;
        let source = Source {
            bands: &network.bands,
            cloudy: &patch.planes,
            ground: &ground,
            codes: &patch.codes,
            level: Some(network.level),
            fade_px: DEFAULT_FEATHER_PX,
        };
        let donor = Donor::from_source(&source).map(Arc::new);
        let mut donors = self.donors.lock().unwrap_or_else(PoisonError::into_inner);
        if donors.len() >= DONORS {
            donors.clear();
        }
        donors.insert(id, donor.clone());
        donor
    }

    /// Simulated cloud over a clear patch. The mask leaves out what a detector would not see.
    pub(super) fn simulated(&self, patch: &Patch, stream: &mut Stream) -> (Vec<Plane<f32>>, Plane<u8>) {
        let kind = [Kind::Thick, Kind::Thin, Kind::Mixed][stream.below(3) as usize];
        let config = simulate::Config { kind, cover: stream.between(0.15, 0.95) };
        let seed = stream.next_u64();
        let least = stream.between(0.0, 0.06) as f32;
        let mut image = patch.planes.clone();
        // A cover between 0 and 1 over a patch of pixels always can be drawn.
        let Ok(clouds) = Clouds::over(config, seed, self.site(&patch.codes)) else {
            return (image, patch.codes.clone());
        };
        let field = clouds.render(whole(&patch.codes));
        self.lay(&field, &mut image);
        let opacity = field.opacity();
        let mut codes = field.codes();
        for ((code, &opacity), &known) in codes.data.iter_mut().zip(&opacity.data).zip(&patch.codes.data) {
            if known == INVALID {
                *code = INVALID;
            } else if *code == CLOUD && opacity < least {
                *code = CLEAR;
            }
        }
        (image, codes)
    }

    /// Haze or cirrus over most of an image, thinner than detectors see, in no mask: real cloudy dates have it, and
    /// what is continued from their clear pixels is too bright.
    pub(super) fn hazed(&self, image: &mut [Plane<f32>], stream: &mut Stream) {
        let config = simulate::Config { kind: Kind::Thin, cover: stream.between(0.5, 1.0) };
        let peak = HAZE_LEAST * (HAZE_MOST / HAZE_LEAST).powf(stream.uniform_f32());
        let seed = stream.next_u64();
        let Ok(clouds) = Clouds::over(config, seed, self.site(&image[0])) else { return };
        let mut field = clouds.render(whole(&image[0]));
        field.thin_to(peak);
        self.lay(&field, image);
    }

    /// A field's cloud over an image, a plane a band of the network.
    fn lay(&self, field: &CloudField<'_>, image: &mut [Plane<f32>]) {
        for (plane, &band) in image.iter_mut().zip(&self.config.network.bands) {
            let ground = Ground::of(plane, 1).window(field.window);
            let _ = field.apply(band, 1, plane, &ground);
        }
    }

    /// Where a patch lies, for the clouds over it.
    fn site<T>(&self, plane: &Plane<T>) -> Site {
        let level = Some(self.config.network.level);
        Site { width: plane.width, height: plane.height, pixel_m: 10.0, sun: None, level }
    }
}

/// All of a plane.
fn whole<T>(plane: &Plane<T>) -> Window {
    Window::new(0, 0, plane.width, plane.height)
}
