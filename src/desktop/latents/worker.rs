//! The thread that decodes. It keeps the encoder's features of a place, so that another code costs a decoder
//! pass only.

use std::sync::Arc;
use std::time::Instant;

use super::cells::SheetImages;
use super::place::{self, Place};
use super::slot::{Ask, Slot};
use crate::compute::Compute;
use crate::decloud::{DecloudConfig, Preview};
use crate::latents::{Direction, Directions, Held, Subject, clouded, principal, prior, trust};
use crate::networks::file::Loaded;
use crate::progress::Silent;
use crate::raster::{Plane, Window};

/// Side of a sheet's cells, in scene pixels.
const CELL_PX: usize = 128;
/// Patches over which directions are found.
const PATCHES: usize = 6;

/// What a model's code is like.
#[derive(Debug, Clone)]
pub(in crate::desktop) struct Known {
    /// Numbers of the land code; 0 for a model without.
    pub numbers: usize,
    pub sha256: String,
    /// What was kept with the model.
    pub directions: Vec<Direction>,
    /// Whether a decoder pass takes its time, as on the CPU.
    pub slow: bool,
}

/// How far samples differ.
pub(in crate::desktop) struct Differing {
    pub samples: u32,
    /// Mean over masked pixels of the RMS over bands of the standard deviation, in reflectance.
    pub spread: f64,
    /// The two codes whose surfaces differ most.
    pub pair: [Vec<f32>; 2],
}

/// What comes back.
pub(in crate::desktop) enum Answer {
    Model {
        config: Box<DecloudConfig>,
        known: Known,
    },
    Surface {
        place: Arc<Place>,
        code: Vec<f32>,
        preview: Preview,
        seconds: f64,
    },
    Sheet {
        images: Box<SheetImages>,
    },
    Directions {
        found: Directions,
    },
    Trust {
        place: Arc<Place>,
        found: Differing,
    },
    /// Words, and the place they are about.
    Failed {
        words: String,
    },
}

/// Answers until the window is gone.
pub(super) fn run(slot: &Slot, tell: &dyn Fn(Answer)) {
    let mut opened: Option<(DecloudConfig, Compute, Loaded)> = None;
    let mut next = slot.next();
    while let Some(ask) = next {
        let config = match &ask {
            Ask::Model(config) => config,
            Ask::Surface { place, .. }
            | Ask::Sheet { place, .. }
            | Ask::Directions { place }
            | Ask::Trust { place, .. } => &place.config,
        };
        let same = |(known, ..): &(DecloudConfig, Compute, Loaded)| {
            known.model == config.model && known.device == config.device
        };
        if !opened.as_ref().is_some_and(same) || matches!(ask, Ask::Model(_)) {
            opened = match place::open(config) {
                Ok((compute, loaded)) => Some((DecloudConfig::clone(config), compute, loaded)),
                Err(words) => {
                    tell(Answer::Failed { words });
                    None
                }
            };
        }
        next = match (&opened, ask) {
            (Some((_, compute, loaded)), Ask::Model(config)) => {
                let known = known(compute, loaded, &config);
                tell(Answer::Model { config, known });
                slot.next()
            }
            (Some((_, compute, loaded)), ask) => at_place(ask, compute, loaded, slot, tell),
            (None, _) => slot.next(),
        };
    }
}

fn known(compute: &Compute, loaded: &Loaded, config: &DecloudConfig) -> Known {
    let directions = Directions::kept(config.model.as_deref(), loaded);
    Known {
        numbers: loaded.model.config.land_code(),
        sha256: loaded.sha256.clone(),
        directions: directions.map(|kept| kept.directions).unwrap_or_default(),
        slow: is_slow(compute),
    }
}

/// Whether a decoder pass takes its time: on the CPU, whether by Flex or by a software rasteriser.
pub(super) fn is_slow(compute: &Compute) -> bool {
    compute.setup.is_none() || compute.summary.software
}

/// The place of a question.
fn place_of(ask: &Ask) -> Option<&Arc<Place>> {
    match ask {
        Ask::Model(_) => None,
        Ask::Surface { place, .. }
        | Ask::Sheet { place, .. }
        | Ask::Directions { place }
        | Ask::Trust { place, .. } => Some(place),
    }
}

/// Answers what is asked about one place; returns the first question about another one.
fn at_place(
    first: Ask,
    compute: &Compute,
    loaded: &Loaded,
    slot: &Slot,
    tell: &dyn Fn(Answer),
) -> Option<Ask> {
    let Some(place) = place_of(&first).map(Arc::clone) else { return Some(first) };
    let made = place.subject(loaded, place.window).and_then(|subject| {
        let held = compute
            .attempt(|| subject.held(&loaded.model, &compute.device))
            .map_err(|fault| fault.to_string())?;
        Ok((subject.clone(), held))
    });
    let (subject, held) = match made {
        Ok(made) => made,
        Err(words) => {
            tell(Answer::Failed { words });
            return slot.next();
        }
    };
    let at = At { place: &place, compute, loaded, subject: &subject, held: &held, slot, tell };
    let mut next = Some(first);
    while let Some(ask) = next {
        if !place_of(&ask).is_some_and(|other| Arc::ptr_eq(other, &place)) {
            return Some(ask);
        }
        if let Err(words) = at.answer(ask) {
            tell(Answer::Failed { words });
        }
        next = slot.next();
    }
    None
}

/// A place whose encoder has run.
pub(super) struct At<'a> {
    pub place: &'a Arc<Place>,
    pub compute: &'a Compute,
    pub loaded: &'a Loaded,
    subject: &'a Subject,
    held: &'a Held<'a>,
    pub slot: &'a Slot,
    pub tell: &'a dyn Fn(Answer),
}

impl At<'_> {
    fn answer(&self, ask: Ask) -> Result<(), String> {
        match ask {
            Ask::Model(_) => Ok(()),
            Ask::Surface { code, .. } => self.surface(code),
            Ask::Sheet { sheet, window, .. } => self.sheet(sheet, window.as_ref()),
            Ask::Directions { .. } => self.directions(),
            Ask::Trust { samples, seed, .. } => self.trust(samples, seed),
        }
    }

    pub(super) fn attempt<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, String> {
        self.compute.attempt(work).map_err(|fault| fault.to_string())
    }

    fn images(&self, held: &Held<'_>, codes: &[Vec<f32>]) -> Result<Vec<Vec<Plane<f32>>>, String> {
        self.attempt(|| held.images(codes))
    }

    pub(super) fn surface(&self, code: Vec<f32>) -> Result<(), String> {
        let started = Instant::now();
        let image = self.images(self.held, std::slice::from_ref(&code))?.remove(0);
        let preview = self.place.preview(self.subject, image);
        let seconds = started.elapsed().as_secs_f64();
        (self.tell)(Answer::Surface { place: Arc::clone(self.place), code, preview, seconds });
        Ok(())
    }

    /// Where the cells of a sheet lie: the part of the place with most cloud.
    pub(super) fn cell(&self) -> Window {
        let window = self.place.window;
        let m = crate::mask::Alpha(self.subject.mask());
        clouded(&m, CELL_PX, 1).first().map_or(
            Window::new(window.x, window.y, window.width.min(CELL_PX), window.height.min(CELL_PX)),
            |cell| Window { x: cell.x + window.x, y: cell.y + window.y, ..*cell },
        )
    }

    pub(super) fn held_of<'s>(&'s self, subject: &Subject) -> Result<Held<'s>, String> {
        self.attempt(|| subject.held(&self.loaded.model, &self.compute.device))
    }

    fn directions(&self) -> Result<(), String> {
        let window = self.place.window;
        let m = crate::mask::Alpha(self.subject.mask());
        let cells = clouded(&m, CELL_PX / 2, PATCHES);
        let patches = cells
            .iter()
            .map(|cell| {
                let cell = Window { x: cell.x + window.x, y: cell.y + window.y, ..*cell };
                self.place.subject(self.loaded, cell)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let source = self.place.scene.path.display().to_string();
        let found = self
            .attempt(|| principal(self.loaded, &patches, source, &self.compute.device, &Silent))?
            .map_err(|error| error.to_string())?;
        (self.tell)(Answer::Directions { found });
        Ok(())
    }

    fn trust(&self, samples: u32, seed: u64) -> Result<(), String> {
        let numbers = self.loaded.model.config.land_code();
        let window = self.cell();
        let subject = self.place.subject(self.loaded, window)?;
        let held = self.held_of(&subject)?;
        let codes: Vec<_> = (0..u64::from(samples)).map(|sample| prior(seed, sample, numbers)).collect();
        let images = self.images(&held, &codes)?;
        let mask = subject.mask();
        let found = trust(&images, &subject.bands, &mask);
        let (sum, weight) =
            found.spread.data.iter().zip(&mask.data).fold((0.0, 0.0), |(sum, weight), (v, &m)| {
                if m > 0 && v.is_finite() { (sum + f64::from(*v), weight + 1.0) } else { (sum, weight) }
            });
        let (a, b) = found.most_different;
        let found = Differing {
            samples,
            spread: if weight > 0.0 { sum / weight } else { 0.0 },
            pair: [codes[a].clone(), codes[b].clone()],
        };
        (self.tell)(Answer::Trust { place: Arc::clone(self.place), found });
        Ok(())
    }
}
