//! The thread that decodes. It keeps the encoder's features of a place, so that another code costs a decoder
//! pass only.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;

use super::answers::At;
use super::cells::SheetImages;
use super::place::{self, Place};
use super::sky::Rendered;
use super::slot::{Ask, Slot};
use super::trust::Differing;
use crate::bands::{Band, Level};
use crate::compute::Compute;
use crate::decloud::{DecloudConfig, Preview};
use crate::latents::{Classes, Direction, Directions, FitErrors};
use crate::networks::Networks;
use crate::networks::file::Loaded;

/// What a model's code is like.
#[derive(Debug, Clone)]
pub(in crate::desktop) struct Known {
    /// Numbers of the land code; 0 for a model without.
    pub numbers: usize,
    /// The level it was trained on.
    pub level: Level,
    /// The bands that it needs.
    pub bands: Vec<Band>,
    /// Whether its cloud code is a map.
    pub cloud_map: bool,
    pub sha256: String,
    /// What was kept with the model.
    pub directions: Vec<Direction>,
    /// The classes that they move, where that was measured.
    pub land_cover: Option<Classes>,
    /// Whether a decoder pass takes its time, as on the CPU.
    pub slow: bool,
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
    /// A cloud over its ground.
    Clouds {
        rendered: Box<Rendered>,
    },
    Sheet {
        images: Box<SheetImages>,
    },
    Directions {
        found: Directions,
    },
    Trust {
        place: Arc<Place>,
        found: Box<Differing>,
    },
    /// The code that `E_land` finds for a clear date.
    Encoded {
        place: Arc<Place>,
        code: Vec<f32>,
        /// Part of the cloud's ground that the date shows.
        seen: f64,
        /// How far surfaces are from the date, where it was fitted to it.
        errors: Option<FitErrors>,
        date: PathBuf,
    },
    /// An animation was written.
    Animation {
        path: PathBuf,
        images: usize,
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
            | Ask::Clouds { place, .. }
            | Ask::Sheet { place, .. }
            | Ask::Directions { place }
            | Ask::Trust { place, .. }
            | Ask::Encode { place, .. }
            | Ask::Animation { place, .. } => &place.config,
        };
        let same = |(known, compute, _): &(DecloudConfig, Compute, Loaded)| {
            known.model == config.model && known.device == config.device && compute.lost().is_none()
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
        level: loaded.model.config.level,
        bands: loaded.model.config.bands.clone(),
        cloud_map: matches!(loaded.model.networks, Networks::Declouder(_)),
        sha256: loaded.sha256.clone(),
        land_cover: directions.as_ref().and_then(|kept| kept.land_cover.clone()),
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
        | Ask::Clouds { place, .. }
        | Ask::Sheet { place, .. }
        | Ask::Directions { place }
        | Ask::Trust { place, .. }
        | Ask::Encode { place, .. }
        | Ask::Animation { place, .. } => Some(place),
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
    let sky = RefCell::default();
    let at = At { place: &place, compute, loaded, subject: &subject, held: &held, sky, slot, tell };
    let mut next = Some(first);
    while let Some(ask) = next {
        if !place_of(&ask).is_some_and(|other| Arc::ptr_eq(other, &place)) {
            return Some(ask);
        }
        // What was given up may end in any words.
        if let Err(words) = at.answer(ask)
            && !slot.is_overtaken()
        {
            tell(Answer::Failed { words });
        }
        next = slot.next();
    }
    None
}
