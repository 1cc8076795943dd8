//! How far readers may run ahead of the writer.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Lets workers claim blocks in order, at most `ahead` beyond what is written.
pub(super) struct Gate {
    state: Mutex<GateState>,
    moved: Condvar,
    total: usize,
    ahead: usize,
}

struct GateState {
    claimed: usize,
    written: usize,
    open: bool,
}

impl Gate {
    /// For `total` blocks.
    pub fn new(total: usize, ahead: usize) -> Self {
        let state = GateState { claimed: 0, written: 0, open: true };
        Self { state: Mutex::new(state), moved: Condvar::new(), total, ahead }
    }

    fn state(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next block, as soon as there is room for it; `None` when all are claimed or the gate is
    /// closed.
    pub fn claim(&self) -> Option<usize> {
        let mut state = self.state();
        loop {
            if !state.open || state.claimed == self.total {
                return None;
            }
            if state.claimed < state.written + self.ahead {
                state.claimed += 1;
                return Some(state.claimed - 1);
            }
            state = self.moved.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// One more block is written.
    pub fn release(&self) {
        self.state().written += 1;
        self.moved.notify_all();
    }

    /// Sends all workers home.
    pub fn close(&self) {
        self.state().open = false;
        self.moved.notify_all();
    }
}
