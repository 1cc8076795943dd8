//! How each question about a place is answered.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

use super::super::layer::name_of;
use super::animate::Shot;
use super::place::Place;
use super::sky::Found;
use super::slot::{Ask, Slot};
use super::worker::Answer;
use crate::compute::Compute;
use crate::evaluation::labels::{About, Labeller};
use crate::latents::{
    Asked, CELL_PX, ClearDate, Error, Film, Held, Subject, clouded, most_clouded, principal,
};
use crate::networks::file::Loaded;
use crate::progress::Monitor;
use crate::raster::export::{check_output, commit, stage_bytes};
use crate::raster::{Plane, Window};

/// Codes that are decoded at once where that takes its time: a slider waits for no more.
pub(super) const TURN: usize = 2;
/// Patches over which directions are found.
const PATCHES: usize = 6;
/// Patches over which it is measured what directions do to classes.
const CLASS_PATCHES: usize = 2;

/// A place whose encoder has run.
pub(super) struct At<'a> {
    pub place: &'a Arc<Place>,
    pub compute: &'a Compute,
    pub loaded: &'a Loaded,
    pub subject: &'a Subject,
    pub held: &'a Held<'a>,
    /// The cloud that was rendered last.
    pub sky: RefCell<Option<Found<'a>>>,
    pub slot: &'a Slot,
    pub tell: &'a dyn Fn(Answer),
}

impl At<'_> {
    pub fn answer(&self, ask: Ask) -> Result<(), String> {
        match ask {
            Ask::Model(_) => Ok(()),
            Ask::Surface { code, .. } => self.surface(code),
            Ask::Clouds { code, date, change, .. } => self.clouds(code, date, change),
            Ask::Sheet { sheet, date, .. } if !sheet.changes.is_empty() => {
                self.cloud_sheet(sheet, date.as_ref())
            }
            Ask::Sheet { sheet, window, .. } => self.sheet(sheet, window.as_ref()),
            Ask::Directions { .. } => self.directions(),
            Ask::Trust { samples, seed, .. } => self.trust(samples, seed),
            Ask::Encode { date, .. } => self.encode(date),
            Ask::Animation { shot, .. } => self.animation(&shot),
        }
    }

    pub(super) fn attempt<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, String> {
        self.compute.attempt(work).map_err(|fault| fault.to_string())
    }

    pub(super) fn images(&self, held: &Held<'_>, codes: &[Vec<f32>]) -> Result<Vec<Vec<Plane<f32>>>, String> {
        self.attempt(|| held.images(codes))
    }

    /// Does something with codes, so many at a time; between two turns a slider that was moved is answered. False
    /// where the answer is no longer wanted.
    pub(super) fn in_turns(
        &self,
        codes: &[Vec<f32>],
        turn: usize,
        mut work: impl FnMut(&[Vec<f32>]) -> Result<(), String>,
    ) -> Result<bool, String> {
        self.slot.stage("making surfaces", codes.len() as u64);
        for codes in codes.chunks(turn) {
            work(codes)?;
            self.slot.advance(codes.len() as u64);
            if let Some(code) = self.slot.surface_at(self.place) {
                self.surface(code)?;
            }
            if self.slot.is_overtaken() {
                return Ok(false);
            }
        }
        Ok(true)
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
        most_clouded(self.subject.mask(), self.place.window)
    }

    /// The code of a clear date: what `E_land` finds over the whole place, fitted to the date where most cloud is.
    fn encode(&self, date: ClearDate) -> Result<(), String> {
        let (model, config) = (&self.loaded.model, &self.place.config);
        let (place, loaded, slot, device) = (self.place, self.loaded, self.slot, &self.compute.device);
        let work = || {
            place.look(loaded, place.window, |source, window| {
                date.code(source, window, (model, device), config, slot)
            })
        };
        let found = self.attempt(work)??;
        let (place, code) = (Arc::clone(self.place), found.code().to_vec());
        let errors = found.fitted.as_ref().map(|fit| fit.errors);
        (self.tell)(Answer::Encoded { place, code, seen: found.seen, errors, date: date.path });
        Ok(())
    }

    /// Makes and writes an animation of the whole place. A slider that is moved meanwhile is answered between two
    /// turns; another animation takes this one's place.
    fn animation(&self, shot: &Shot) -> Result<(), String> {
        check_output(&shot.path, shot.overwrite, &[&self.place.scene.path])
            .map_err(|error| error.to_string())?;
        let mut film = Film::new(&self.subject.bands);
        let whole = self.in_turns(&shot.codes, TURN, |codes| {
            film.add(self.subject, &self.images(self.held, codes)?);
            Ok(())
        })?;
        if !whole {
            return Ok(());
        }
        let bytes = film.gif(shot.pace).map_err(|error| format!("{}: {error}", shot.path.display()))?;
        stage_bytes(&shot.path, &bytes, shot.overwrite)
            .and_then(|staged| commit(vec![staged]))
            .map_err(|error| error.to_string())?;
        (self.tell)(Answer::Animation { path: shot.path.clone(), images: film.len() });
        Ok(())
    }

    pub(super) fn held_of<'s>(&'s self, subject: &Subject) -> Result<Held<'s>, String> {
        self.attempt(|| subject.held(&self.loaded.model, &self.compute.device))
    }

    fn directions(&self) -> Result<(), String> {
        let window = self.place.window;
        let m = crate::mask::Alpha(self.subject.mask());
        let in_scene = |cell: Window| Window { x: cell.x + window.x, y: cell.y + window.y, ..cell };
        let patches = clouded(&m, CELL_PX / 2, PATCHES)
            .iter()
            .map(|cell| self.place.subject(self.loaded, in_scene(*cell)))
            .collect::<Result<Vec<_>, _>>()?;
        let source = self.place.scene.path.display().to_string();
        let wide = clouded(&m, CELL_PX, CLASS_PATCHES)
            .iter()
            .map(|cell| self.place.subject(self.loaded, self.wide(in_scene(*cell))))
            .collect::<Result<Vec<_>, _>>()?;
        let (loaded, device) = (self.loaded, &self.compute.device);
        let (about, force) = (self.about(), self.place.config.force);
        let work = || -> Result<_, String> {
            let words = |error: Error| error.to_string();
            let mut found = principal(loaded, &patches, source, device, self.slot).map_err(words)?;
            let labeller = Labeller::open(None, device).map_err(|error| error.to_string())?;
            let asked = Asked { labeller: &labeller, about: &about, force };
            found.measure_classes(asked, loaded, &wide, device, self.slot).map_err(words)?;
            Ok(found)
        };
        let found = self.attempt(work)??;
        (self.tell)(Answer::Directions { found });
        Ok(())
    }

    /// What is made here: of the scene's level, or of the model's where that is not known. Its name is the file's alone,
    /// which a panel has room for.
    pub(super) fn about(&self) -> About {
        let own = About::scene(&self.place.scene);
        let level = own.level.or(Some(self.loaded.model.config.level));
        About { name: name_of(&self.place.scene.path), level, ..own }
    }

    /// A part of the place, and as much around it as a classifier looks at.
    pub(super) fn wide(&self, cell: Window) -> Window {
        let grid = &self.place.scene.grid;
        let axis = |start: usize, length: usize, size: usize| {
            let wanted = length.max(CELL_PX).min(size);
            (start.saturating_sub((wanted - length) / 2).min(size - wanted), wanted)
        };
        let (x, width) = axis(cell.x, cell.width, grid.width);
        let (y, height) = axis(cell.y, cell.height, grid.height);
        Window::new(x, y, width, height)
    }
}
