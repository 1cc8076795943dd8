//! Questions to the explorer's thread: of each kind only the newest counts.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::animate::Shot;
use super::place::Place;
use crate::compute::Canvas;
use crate::decloud::DecloudConfig;
use crate::latents::{ClearDate, CloudChange, Sheet};
use crate::progress::Monitor;

/// A question, with all that is needed to answer it.
pub(in crate::desktop) enum Ask {
    /// What a model's code is like.
    Model(Box<DecloudConfig>),
    /// The surface of a code.
    Surface { place: Arc<Place>, code: Vec<f32> },
    /// The surfaces of a sheet's codes, or its clouds, over a clear date where one is named. What the window draws with, where it does: a sheet that is computed there
    /// stays there.
    Sheet { place: Arc<Place>, sheet: Sheet, date: Option<ClearDate>, window: Option<Canvas> },
    /// The cloud as its code holds it, changed, over the surface of a land code or a clear date.
    Clouds { place: Arc<Place>, code: Vec<f32>, date: Option<ClearDate>, change: CloudChange },
    /// The directions in which the surface under this cloud answers most.
    Directions { place: Arc<Place> },
    /// How far samples of the prior differ.
    Trust { place: Arc<Place>, samples: u32, seed: u64 },
    /// The code of a clear date.
    Encode { place: Arc<Place>, date: ClearDate },
    /// The surfaces between two codes, in a file.
    Animation { place: Arc<Place>, shot: Shot },
}

/// Kinds of questions, the one that is answered first standing first.
const KINDS: usize = 8;

impl Ask {
    fn kind(&self) -> usize {
        match self {
            Self::Model(_) => 0,
            Self::Surface { .. } => 1,
            Self::Clouds { .. } => 2,
            Self::Sheet { .. } => 3,
            Self::Directions { .. } => 4,
            Self::Trust { .. } => 5,
            Self::Encode { .. } => 6,
            Self::Animation { .. } => 7,
        }
    }
}

#[derive(Default)]
struct State {
    waiting: [Option<Ask>; KINDS],
    /// Which kind is being answered.
    working: Option<usize>,
    /// How far the answer is, where it says so.
    progress: Option<Progress>,
    /// Whether what is being answered is no longer wanted.
    stopped: bool,
    closed: bool,
}

/// How far an answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::desktop) struct Progress {
    pub stage: String,
    pub done: u64,
    pub total: u64,
}

/// One place for the newest question of each kind. A question that was not begun is replaced by a newer one, so
/// a dragged slider leaves no queue behind.
#[derive(Default)]
pub(in crate::desktop) struct Slot {
    state: Mutex<State>,
    changed: Condvar,
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks; an older question of the same kind that was not begun is forgotten.
    pub fn ask(&self, ask: Ask) {
        let mut state = self.state();
        let kind = ask.kind();
        state.waiting[kind] = Some(ask);
        self.changed.notify_one();
    }

    /// Waits for a question; none when the window is gone.
    pub fn next(&self) -> Option<Ask> {
        let mut state = self.state();
        (state.working, state.progress, state.stopped) = (None, None, false);
        loop {
            if state.closed {
                return None;
            }
            if let Some(ask) = state.waiting.iter_mut().find_map(Option::take) {
                state.working = Some(ask.kind());
                return Some(ask);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The newest code asked for at a place, taken between the cells of a sheet so that a slider does not wait
    /// for all of them.
    pub fn surface_at(&self, at: &Arc<Place>) -> Option<Vec<f32>> {
        let waiting = &mut self.state().waiting[1];
        match waiting.take() {
            Some(Ask::Surface { place, code }) if Arc::ptr_eq(&place, at) => Some(code),
            other => {
                *waiting = other;
                None
            }
        }
    }

    /// Whether what is being answered is no longer wanted: it was stopped, or overtaken by a question of the same kind
    /// or by the window's end.
    pub fn is_overtaken(&self) -> bool {
        let state = self.state();
        let same = state.working.is_some_and(|kind| state.waiting[kind].is_some());
        state.closed || state.stopped || same
    }

    /// Gives up what waits and what is being answered.
    pub fn stop(&self) {
        let mut state = self.state();
        state.waiting = <[Option<Ask>; KINDS]>::default();
        state.stopped = state.working.is_some();
    }

    /// Whether what is being answered was given up.
    pub fn is_stopped(&self) -> bool {
        self.state().stopped
    }

    /// How far the present answer is, where it says so.
    pub fn progress(&self) -> Option<Progress> {
        self.state().progress.clone()
    }

    /// Whether anything is asked or being answered.
    pub fn is_busy(&self) -> bool {
        let state = self.state();
        state.working.is_some() || state.waiting.iter().any(Option::is_some)
    }

    /// Ends the thread after what it is doing now.
    pub fn close(&self) {
        self.state().closed = true;
        self.changed.notify_one();
    }
}

impl Monitor for Slot {
    fn stage(&self, name: &str, total: u64) {
        self.state().progress = Some(Progress { stage: name.to_owned(), done: 0, total });
    }

    fn advance(&self, units: u64) {
        if let Some(progress) = &mut self.state().progress {
            progress.done += units;
        }
    }

    fn is_cancelled(&self) -> bool {
        self.is_overtaken()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(seed: u64) -> Ask {
        Ask::Model(Box::new(DecloudConfig { seed, ..DecloudConfig::default() }))
    }

    #[test]
    fn of_two_questions_the_newer_is_answered() {
        let slot = Slot::default();
        assert!(!slot.is_busy());
        slot.ask(model(1));
        slot.ask(model(2));
        let seed = match slot.next() {
            Some(Ask::Model(config)) => config.seed,
            _ => 0,
        };
        assert_eq!(seed, 2);
        assert!(slot.is_busy() && !slot.is_overtaken(), "it is being answered");
        slot.ask(model(3));
        assert!(slot.is_overtaken());
        slot.close();
        assert!(slot.next().is_none(), "a closed window is not answered");
    }
    #[test]
    fn what_is_stopped_is_forgotten_and_the_next_question_is_answered() {
        let slot = Slot::default();
        slot.ask(model(1));
        assert!(slot.next().is_some());
        slot.stage("surfaces", 25);
        slot.advance(2);
        let progress = Progress { stage: "surfaces".into(), done: 2, total: 25 };
        assert_eq!(slot.progress(), Some(progress));
        slot.ask(model(2));
        slot.stop();
        assert!(slot.is_cancelled() && slot.is_stopped());
        slot.ask(model(3));
        assert!(slot.next().is_some());
        assert!(!slot.is_cancelled() && slot.progress().is_none(), "another answer begins anew");
        slot.stop();
        slot.close();
        assert!(slot.next().is_none() && !slot.is_busy());
    }
}
