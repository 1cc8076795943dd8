//! What every long piece of work takes: somebody to tell how far it is, and to ask whether to stop.

use std::sync::atomic::{AtomicBool, Ordering};

/// Listens to a piece of work and may cancel it.
///
/// Work calls [`Monitor::stage`] once per phase and [`Monitor::advance`] as units of it are done;
/// it asks [`Monitor::is_cancelled`] at least a few times a second and then ends with its module's
/// `Cancelled` error, leaving nothing half-written.
pub trait Monitor: Sync {
    /// A new phase begins: a short lower-case name ("masking") and its number of units.
    fn stage(&self, name: &str, total: u64) {
        let _ = (name, total);
    }
    /// `units` more of the present phase are done.
    fn advance(&self, units: u64) {
        let _ = units;
    }
    /// Something the analyst should know, which does not stop the work.
    fn warn(&self, message: &str) {
        let _ = message;
    }
    /// A fact worth a line that is nothing to worry about.
    fn note(&self, message: &str) {
        let _ = message;
    }
    /// Whether long work should rest now, until this is no longer so or it is cancelled. Asked by work that can
    /// stand still at no cost, between two units.
    fn is_paused(&self) -> bool {
        false
    }
    /// Whether the work should stop as soon as it can.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// A monitor that listens to nothing and never cancels.
#[derive(Debug, Default, Clone, Copy)]
pub struct Silent;

impl Monitor for Silent {}

/// The calling thread, and those it starts, count less for the system from now on: by `nice` steps, and they wait for
/// their turn when they are woken. A thread that somebody looks at is then served at once, though every core works.
pub fn give_way(nice: i32) {
    // Refused or unknown elsewhere: the work is done all the same.
    // SAFETY: the parameter lives as long as the call; on Linux process 0 means the calling thread.
    #[cfg(target_os = "linux")]
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, nice);
        let priority = libc::sched_param { sched_priority: 0 };
        libc::sched_setscheduler(0, libc::SCHED_BATCH, &raw const priority);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = nice;
}

/// A flag that signals and tests set to cancel work.
#[derive(Debug, Default)]
pub struct CancelFlag(AtomicBool);

impl CancelFlag {
    /// A flag that is not raised.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicBool::new(false))
    }

    /// Asks the work to stop.
    pub fn raise(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether [`CancelFlag::raise`] was called.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
