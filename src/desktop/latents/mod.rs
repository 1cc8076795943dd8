//! The latent explorer: which surface of those that the model holds possible is looked at.

mod actions;
mod animate;
mod answers;
mod asking;
mod cells;
mod date;
mod keep;
mod misfit;
mod place;
mod sheet;
mod sky;
mod slot;
mod trust;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::compute::Choice;
use crate::latents::{Directions, along, interpolated};
use crate::raster::Window;

use super::layer::LayerId;
pub(super) use animate::Animation;
use place::Place;
pub(super) use sheet::{AxesChoice, Sweep};
use sky::CloudPanel;
use slot::{Progress, Slot};
pub(super) use trust::{Differing, Of as DifferenceOf, TrustPanel};
pub(super) use worker::{Answer, Known};

/// Codes that can be taken back.
const UNDO_DEPTH: usize = 200;

/// A code that was kept, with a picture of its surface.
pub(super) struct CodePin {
    pub code: Vec<f32>,
    pub picture: egui::TextureHandle,
}

/// What of the explorer is on the map.
pub(super) struct Shown {
    pub of: LayerId,
    pub code: Vec<f32>,
    pub window: Window,
    /// How long the decoder took.
    pub seconds: f64,
}

/// A mixture of two pins, counted from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Mix {
    pub from: usize,
    pub to: usize,
    /// 0 is `from`, 1 is `to`.
    pub share: f32,
    /// Where it is going by itself.
    pub playing: Option<Heading>,
}

/// A mixture that goes by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Heading {
    /// Whether it goes to the second pin, else back.
    pub forth: bool,
    /// When it took its last step.
    pub since: Option<Instant>,
}

/// The explorer's state in the window.
#[derive(Default)]
pub(super) struct Explorer {
    /// The thread's questions; the thread starts with the first.
    slot: Option<Arc<Slot>>,
    /// The model that was asked about.
    asked: Option<(Option<PathBuf>, Choice)>,
    pub known: Option<Known>,
    /// Directions found under the cloud on the screen, where none were kept with the model.
    pub found: Option<Directions>,
    pub code: Vec<f32>,
    past: Vec<Vec<f32>>,
    /// Whether a slider is being dragged: one drag is one step back.
    pub dragging: bool,
    /// Samples drawn so far.
    draws: u64,
    /// The code that was last taken for declouding.
    pub adopted: Option<Vec<f32>>,
    pub pins: Vec<CodePin>,
    pub mix: Mix,
    place: Option<Arc<Place>>,
    pub shown: Option<Shown>,
    /// The clear date that is to be encoded.
    pub date: date::Date,
    pub trust: Option<TrustPanel>,
    pub trouble: Option<String>,
    pub sweep: Sweep,
    /// The cloud's own code.
    pub sky: CloudPanel,
    /// Whether sliders stop at quarters of a deviation.
    pub snap: bool,
}

impl Drop for Explorer {
    fn drop(&mut self) {
        if let Some(slot) = &self.slot {
            slot.close();
        }
    }
}

impl Explorer {
    /// Whether anything is asked or being answered.
    pub fn is_busy(&self) -> bool {
        self.slot.as_ref().is_some_and(|slot| slot.is_busy())
    }

    /// What is being done, and how far it is.
    pub fn doing(&self) -> String {
        let Some(slot) = &self.slot else { return String::new() };
        match slot.progress() {
            _ if slot.is_stopped() => "Stopping…".into(),
            Some(Progress { stage, done, total }) if total > 1 => {
                format!("{stage}: {done} of {total}…")
            }
            _ => "Computing…".into(),
        }
    }

    /// Gives up what is asked and being answered; the code stays.
    pub fn stop(&mut self) {
        self.mix.playing = None;
        if let Some(slot) = &self.slot {
            slot.stop();
        }
    }

    /// Numbers of the model's code; 0 where the model is not known or has none.
    pub fn numbers(&self) -> usize {
        self.known.as_ref().map_or(0, |known| known.numbers)
    }

    /// The principal directions, kept with the model or found here.
    pub fn directions(&self) -> &[crate::latents::Direction] {
        let kept = self.known.as_ref().map(|known| known.directions.as_slice()).unwrap_or_default();
        match &self.found {
            Some(found) if kept.is_empty() => &found.directions,
            _ => kept,
        }
    }

    /// The classes that those directions move, where that was measured.
    pub fn land_cover(&self) -> Option<&crate::latents::Classes> {
        let kept = self.known.as_ref().filter(|known| !known.directions.is_empty());
        match (kept, &self.found) {
            (Some(known), _) => known.land_cover.as_ref(),
            (None, found) => found.as_ref()?.land_cover.as_ref(),
        }
    }

    /// How far the code lies along a unit vector.
    pub fn coordinate(&self, vector: &[f32]) -> f32 {
        self.code.iter().zip(vector).map(|(z, v)| z * v).sum()
    }

    /// The code with another coordinate along a unit vector.
    pub fn moved(&self, vector: &[f32], to: f32) -> Vec<f32> {
        along(&self.code, vector, to - self.coordinate(vector))
    }

    /// The mixture's code, where both pins are there.
    pub fn mixture(&self) -> Option<Vec<f32>> {
        let (from, to) = (self.pins.get(self.mix.from)?, self.pins.get(self.mix.to)?);
        Some(interpolated(&from.code, &to.code, self.mix.share))
    }

    /// Goes to a code; the one before can be taken back to, but for those in the middle of a drag.
    fn go_to(&mut self, code: Vec<f32>) {
        if code == self.code {
            return;
        }
        let before = std::mem::replace(&mut self.code, code);
        if !self.dragging {
            self.past.push(before);
            if self.past.len() > UNDO_DEPTH {
                self.past.remove(0);
            }
        }
    }

    /// Forgets what was seen of a scene that is read anew.
    pub fn leave(&mut self) {
        (self.place, self.shown, self.trust) = (None, None, None);
        (self.sweep.shown, self.sky.shown) = (None, None);
    }

    /// Forgets what belongs to another model.
    fn begin(&mut self, known: Known) {
        let same = self.known.as_ref().is_some_and(|old| old.sha256 == known.sha256);
        if !same {
            self.code = vec![0.0; known.numbers];
            self.past.clear();
            self.pins.clear();
            (self.mix, self.draws) = (Mix::default(), 0);
            (self.found, self.trust, self.shown) = (None, None, None);
            (self.sweep.shown, self.sky) = (None, CloudPanel::default());
            self.adopted = None;
        }
        self.trouble = None;
        self.known = Some(known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(sha256: &str, numbers: usize) -> Known {
        let level = crate::bands::Level::L1C;
        Known {
            numbers,
            level,
            bands: Vec::new(),
            cloud_map: true,
            sha256: sha256.into(),
            directions: Vec::new(),
            land_cover: None,
            slow: true,
        }
    }

    #[test]
    fn a_drag_is_one_step_back() {
        let mut explorer = Explorer::default();
        explorer.begin(known("a", 2));
        explorer.go_to(vec![0.1, 0.0]);
        explorer.dragging = true;
        explorer.go_to(vec![0.2, 0.0]);
        explorer.go_to(vec![0.3, 0.0]);
        assert_eq!((explorer.code.clone(), explorer.past.pop()), (vec![0.3, 0.0], Some(vec![0.0, 0.0])));
        assert!(explorer.past.is_empty());
    }

    #[test]
    fn another_model_begins_anew_and_the_same_goes_on() {
        let mut explorer = Explorer::default();
        explorer.begin(known("a", 2));
        explorer.go_to(vec![1.0, 0.0]);
        explorer.begin(known("a", 2));
        assert_eq!(explorer.code, [1.0, 0.0]);
        explorer.begin(known("b", 3));
        assert_eq!(explorer.code, [0.0; 3]);
        assert!(explorer.past.is_empty());
    }

    #[test]
    fn a_coordinate_is_moved_and_the_others_stay() {
        let mut explorer = Explorer::default();
        explorer.begin(known("a", 2));
        explorer.code = vec![1.0, 2.0];
        let (along, across) = ([0.6, 0.8], [-0.8, 0.6]);
        let kept = explorer.coordinate(&across);
        explorer.code = explorer.moved(&along, -1.0);
        assert!((explorer.coordinate(&along) + 1.0).abs() < 1e-6);
        assert!((explorer.coordinate(&across) - kept).abs() < 1e-6);
    }
}
