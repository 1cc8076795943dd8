//! How far samples of the prior differ under the cloud on the screen: numbers, and maps over it.

use std::sync::Arc;

use egui::{Rect, Ui};

use super::answers::{At, TURN};
use super::worker::Answer;
use crate::bands::Band;
use crate::decloud::Preview;
use crate::evaluation::labels::Labeller;
use crate::latents::{Held, LandCover, Subject, Trust, mean_under, prior, trust};
use crate::raster::{Plane, Window};
use crate::view::{ColorMap, Mode, OverlayStyle, Shading, paint};

use super::super::app::App;
use super::super::display::Compare;
use super::super::layer::LayerId;
use super::super::legend::legend;
use super::super::preview_layer::PreviewLayer;
use super::super::tokens;

/// Bytes of samples that are kept to be compared; where the cloud on the screen takes more, its thickest part is
/// looked at.
const MOST_BYTES: usize = 1 << 30;

/// What a map of differences is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::desktop) enum Of {
    /// Root mean square over bands, the numbers of an export's band `spread`.
    Bands,
    Ndvi,
    Band(Band),
}

/// Standard deviations over samples.
pub(in crate::desktop) struct Deviation {
    pub of: Of,
    /// Mean over masked pixels.
    pub mean: f64,
    /// Pixel by pixel, NaN outside the mask, until it is drawn.
    map: Option<Plane<f32>>,
}

/// How far samples differ.
pub(in crate::desktop) struct Differing {
    pub samples: u32,
    /// Where.
    pub window: Window,
    /// Over all bands first.
    pub deviations: Vec<Deviation>,
    /// Mean of the samples, a plane a band of the scene.
    mean: Preview,
    /// The two codes whose surfaces differ most.
    pub pair: [Vec<f32>; 2],
    /// How land-cover labels differ, or why there are none.
    pub land_cover: LandCover,
}

/// The last comparison of samples, and which of its maps lies over the image.
pub(in crate::desktop) struct TrustPanel {
    pub of: LayerId,
    pub found: Differing,
    /// The shown one of the deviations.
    pub shown: Option<usize>,
    /// Whether it was not in sight yet.
    pub fresh: bool,
    maps: PreviewLayer,
}

impl Of {
    pub fn name(self) -> String {
        match self {
            Self::Bands => "All bands".into(),
            Self::Ndvi => "NDVI".into(),
            Self::Band(band) => band.to_string(),
        }
    }

    /// Where the colours of its map end.
    fn full(self) -> f32 {
        if self == Self::Ndvi { tokens::NDVI_SPREAD_FULL } else { tokens::SPREAD_FULL }
    }
}

impl At<'_> {
    /// Compares samples of the place: of all of it, where they are not too many to be held.
    pub(super) fn trust(&self, samples: u32, seed: u64) -> Result<(), String> {
        let whole = self.wide(self.place.window);
        let bands = self.loaded.model.config.bands.len();
        let bytes = samples as usize * bands * whole.width * whole.height * size_of::<f32>();
        let window = if bytes > MOST_BYTES { self.wide(self.cell()) } else { whole };
        if window == self.place.window {
            return self.compare(window, (self.subject, self.held), samples, seed);
        }
        let subject = self.place.subject(self.loaded, window)?;
        let held = self.held_of(&subject)?;
        self.compare(window, (&subject, &held), samples, seed)
    }

    fn compare(
        &self,
        window: Window,
        (subject, held): (&Subject, &Held<'_>),
        samples: u32,
        seed: u64,
    ) -> Result<(), String> {
        let numbers = self.loaded.model.config.land_code();
        let codes: Vec<_> = (0..u64::from(samples)).map(|sample| prior(seed, sample, numbers)).collect();
        let mut images = Vec::new();
        let whole = self.in_turns(&codes, TURN, |codes| {
            images.extend(self.images(held, codes)?);
            Ok(())
        })?;
        if !whole {
            return Ok(());
        }
        let mask = subject.mask();
        let found = trust(&images, &subject.bands, &mask);
        let (a, b) = found.most_different;
        let pair = [codes[a].clone(), codes[b].clone()];
        let land_cover = self.land_cover(subject, &images)?;
        let found = Differing {
            samples,
            window,
            deviations: deviations(&found, &subject.bands, &mask),
            mean: self.place.preview_at(window, subject, found.mean),
            pair,
            land_cover,
        };
        (self.tell)(Answer::Trust { place: Arc::clone(self.place), found: Box::new(found) });
        Ok(())
    }

    /// What the shipped classifier says of samples.
    fn land_cover(&self, subject: &Subject, samples: &[Vec<Plane<f32>>]) -> Result<LandCover, String> {
        let (about, force) = (self.about(), self.place.config.force);
        let work = || {
            let labeller = Labeller::open(None, &self.compute.device).map_err(|error| error.to_string())?;
            LandCover::of(&labeller, &about, force, subject, samples, &mut || Ok(()))
                .map_err(|error| error.to_string())
        };
        self.attempt(work)?
    }
}

/// The deviations of a comparison, with nothing outside the mask.
fn deviations(found: &Trust, bands: &[Band], mask: &Plane<u8>) -> Vec<Deviation> {
    let of_bands = bands.iter().map(|&band| Of::Band(band)).zip(&found.bands);
    let all =
        [(Of::Bands, &found.spread)].into_iter().chain(found.ndvi.as_ref().map(|plane| (Of::Ndvi, plane)));
    let one = |(of, plane): (Of, &Plane<f32>)| {
        let pixels = plane.data.iter().zip(&mask.data);
        let masked = pixels.map(|(&value, &m)| if m > 0 { value } else { f32::NAN }).collect();
        let map = Plane::from_vec(plane.width, plane.height, masked);
        Deviation { of, mean: mean_under(plane, mask), map: Some(map) }
    };
    all.chain(of_bands).map(one).collect()
}

impl Differing {
    /// The mean over masked pixels of a deviation.
    pub fn mean_of(&self, of: Of) -> Option<f64> {
        self.deviations.iter().find(|deviation| deviation.of == of).map(|deviation| deviation.mean)
    }
}

impl TrustPanel {
    /// A comparison whose first map is shown.
    pub fn new(of: LayerId, mut found: Differing) -> Self {
        let bands = found.deviations.iter_mut().map(|deviation| deviation.map.take()).collect();
        let maps = PreviewLayer::new(of, Preview { window: found.window, bands });
        Self { of, found, shown: Some(0), fresh: true, maps }
    }

    /// The deviation whose map is shown.
    fn shown(&self) -> Option<(usize, &Deviation)> {
        self.shown.and_then(|index| Some((index, self.found.deviations.get(index)?)))
    }
}

impl App {
    /// Draws the chosen map of differences over the right half of the map.
    pub(in crate::desktop) fn trust_map_ui(&mut self, ui: &Ui, rect: Rect) {
        let hidden = self.map.flicker || self.display.compare == Compare::Difference;
        let (Some(source), (_, right), false) = (self.source_id(), self.halves(rect), hidden) else { return };
        let (camera, renderer) = (self.camera, self.view.renderer().cloned());
        let grid = self.layer(source).map(|layer| layer.scene.grid.clone());
        let Some(trust) = self.explorer.trust.as_mut().filter(|trust| trust.of == source) else { return };
        let Some((index, deviation)) = trust.shown() else { return };
        let (of, full) = (deviation.of, deviation.of.full());
        let (Some(renderer), Some(grid)) = (renderer, grid) else { return };
        let draws = trust.maps.draws(&renderer, &grid, [index; 3], &camera, right);
        // The mask's own colours lie hidden under it, and need no legend; beside it they are seen.
        let alone = self.display.compare != Compare::SideBySide;
        self.map.overlaid &= !(alone && trust.maps.covers(camera.window(right, &grid)));
        let map = ColorMap::Magma;
        let shading = Shading { mode: Mode::Single, lo: [0.0; 3], hi: [full; 3], gamma: 1.0, map };
        let style = OverlayStyle::Weights { color: tokens::SPREAD };
        ui.painter_at(right).add(paint(right, &renderer, draws, shading, style));
        let words = match of {
            Of::Bands => "std. of samples, RMS over bands".to_owned(),
            Of::Ndvi => "std. of samples, NDVI".to_owned(),
            Of::Band(band) => format!("std. of samples, {band}"),
        };
        // Below the word that says what the map shows.
        let below = right.with_min_y(right.top() + tokens::TAG_ROW);
        legend(ui, below, map, ["0".into(), words, format!("{full} +")]);
    }

    /// Puts the mean of the compared samples on the map.
    pub(in crate::desktop) fn show_sample_mean(&mut self) {
        let Some(trust) = &self.explorer.trust else { return };
        let (of, mean) = (trust.of, trust.found.mean.clone());
        self.explorer.sky.shown = None;
        self.explorer.shown = None;
        self.show_explored(of, mean);
    }
}
