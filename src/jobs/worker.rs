//! The thread that does the work.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::background::Turn;
use super::{Event, JobId, Work};
use crate::compute::caught;
use crate::progress::{CancelFlag, Monitor};

/// Progress is told at most this often; a window cannot show more.
const INTERVAL: Duration = Duration::from_millis(50);

/// A job on its way to the worker.
pub(super) struct Order<T> {
    pub id: JobId,
    pub cancel: Arc<CancelFlag>,
    pub work: Work<T>,
}

/// A worker's place among the others.
#[derive(Clone)]
pub(super) struct Lane<T> {
    /// Its thread's name.
    pub name: &'static str,
    /// When its work is to rest.
    pub turn: Arc<Turn>,
    /// Whose work waits while there are jobs here.
    pub goes_before: Option<Arc<Turn>>,
    /// Who is told.
    pub events: Sender<Event<T>>,
}

/// Starts a worker; it ends when the queue does.
pub(super) fn start<T: Send + 'static>(
    lane: Lane<T>,
    orders: Receiver<Order<T>>,
    wake: Arc<Mutex<dyn Fn() + Send>>,
) -> std::io::Result<()> {
    let name = lane.name.to_owned();
    let work = move || {
        let Lane { turn, goes_before, events, .. } = lane;
        let tell = |event: Event<T>| {
            if let (Event::Finished(..) | Event::Cancelled(_) | Event::Failed(..), Some(turn)) =
                (&event, &goes_before)
            {
                turn.before.fetch_sub(1, Ordering::SeqCst);
            }
            // A window that is gone hears nothing.
            let _ = events.send(event);
            wake.lock().unwrap_or_else(PoisonError::into_inner)();
        };
        for order in orders {
            if order.cancel.is_raised() {
                tell(Event::Cancelled(order.id));
                continue;
            }
            tell(Event::Started(order.id));
            let (id, cancel, work) = (order.id, order.cancel, order.work);
            let listener =
                Listener { id, cancel: &cancel, turn: &turn, tell: &tell, state: Mutex::default() };
            tell(match caught(|| work(&listener)) {
                Ok(Ok(result)) => Event::Finished(id, result),
                Ok(Err(_)) if cancel.is_raised() => Event::Cancelled(id),
                Ok(Err(words)) => Event::Failed(id, words),
                Err(fault) => Event::Failed(id, fault.to_string()),
            });
        }
    };
    std::thread::Builder::new().name(name).spawn(work)?;
    Ok(())
}

#[derive(Default)]
struct State {
    stage: String,
    done: u64,
    total: u64,
    told: Option<Instant>,
}

struct Listener<'a, T> {
    id: JobId,
    cancel: &'a CancelFlag,
    turn: &'a Turn,
    tell: &'a (dyn Fn(Event<T>) + Sync),
    state: Mutex<State>,
}

impl<T> Monitor for Listener<'_, T> {
    fn stage(&self, name: &str, total: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = State { stage: name.to_owned(), done: 0, total, told: Some(Instant::now()) };
        (self.tell)(Event::Progress { id: self.id, stage: name.to_owned(), done: 0, total });
    }

    fn advance(&self, units: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.done += units;
        let due = state.told.is_none_or(|told| told.elapsed() >= INTERVAL) || state.done >= state.total;
        if due {
            state.told = Some(Instant::now());
            (self.tell)(Event::Progress {
                id: self.id,
                stage: state.stage.clone(),
                done: state.done,
                total: state.total,
            });
        }
    }

    fn warn(&self, message: &str) {
        (self.tell)(Event::Warning(self.id, message.to_owned()));
    }

    fn note(&self, message: &str) {
        (self.tell)(Event::Note(self.id, message.to_owned()));
    }

    fn is_paused(&self) -> bool {
        self.turn.is_paused()
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.is_raised()
    }
}
