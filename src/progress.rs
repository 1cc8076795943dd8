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
    // On Linux 0 means the calling thread.
    lower(0, nice);
}

/// As [`give_way`], for the threads of this process whose names begin with `name`: those that a driver started.
pub fn threads_give_way(name: &str, nice: i32) {
    // Elsewhere there is no such folder, and nothing is done.
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let threads = tasks
        .filter(|task| {
            std::fs::read_to_string(task.path().join("comm")).is_ok_and(|own| own.starts_with(name))
        })
        .filter_map(|task| task.file_name().to_str()?.parse().ok());
    threads.for_each(|thread| lower(thread, nice));
}

/// Lowers the priority of a thread of this process.
fn lower(thread: u32, nice: i32) {
    // Refused or unknown elsewhere: the work is done all the same.
    // SAFETY: the parameter lives as long as the call; a thread that has ended is an error and nothing more.
    #[cfg(target_os = "linux")]
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, thread, nice);
        let priority = libc::sched_param { sched_priority: 0 };
        libc::sched_setscheduler(thread.cast_signed(), libc::SCHED_BATCH, &raw const priority);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (thread, nice);
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

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[test]
    fn named_threads_give_way_and_others_do_not() {
        use std::sync::mpsc::channel;
        // SAFETY: reads the calling thread's own number.
        let nice = || unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
        let own = nice();
        let watched = |name: &str| {
            let ((ready, is_ready), (go, may_go)) = (channel(), channel::<()>());
            let body = move || {
                ready.send(()).expect("somebody waits");
                may_go.recv().expect("a word");
                nice()
            };
            let thread = std::thread::Builder::new().name(name.to_owned()).spawn(body).expect("a thread");
            is_ready.recv().expect("it runs");
            (thread, go)
        };
        let (first, second, other) = (watched("giveway-0"), watched("giveway-1"), watched("keeps-0"));
        super::threads_give_way("giveway-", 7);
        let found = [first, second, other].map(|(thread, go)| {
            go.send(()).expect("it waits");
            thread.join().expect("it ends")
        });
        assert_eq!(found, [7.max(own), 7.max(own), own]);
        assert_eq!(nice(), own);
    }
}
