//! Work of hours that gives way: to the window, and to every other job.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::progress::give_way;

/// How much less than the window such work counts for the system.
const NICE: i32 = 10;

/// Runs work on threads of its own that the system serves after all others, so that a window stays fluid
/// beside work on every core. Threads that the work starts inherit that.
///
/// # Errors
/// When the system gives no threads.
pub(super) fn run<R: Send>(work: impl FnOnce() -> R + Send) -> Result<R, String> {
    let pool = rayon::ThreadPoolBuilder::new()
        .thread_name(|number| format!("background-{number}"))
        .start_handler(|_| give_way(NICE))
        .build()
        .map_err(|error| {
            format!("the system gives no threads ({error}); close other programs and try again")
        })?;
    Ok(pool.install(work))
}

/// When work in the background rests.
#[derive(Debug, Default)]
pub(super) struct Turn {
    /// The analyst wants it to.
    pub paused: AtomicBool,
    /// Jobs that go first and have not ended.
    pub before: AtomicUsize,
}

impl Turn {
    pub fn is_paused(&self) -> bool {
        self.paused.load(Ordering::SeqCst) || self.before.load(Ordering::SeqCst) > 0
    }
}

#[cfg(test)]
mod tests {
    #[cfg(target_os = "linux")]
    #[test]
    fn its_threads_and_those_they_start_give_way_and_the_caller_does_not() {
        use rayon::prelude::*;
        // SAFETY: reads the calling thread's own number.
        let nice = || unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) };
        let own = nice();
        let (inside, started) = super::run(|| {
            let inside: Vec<i32> = (0..64).into_par_iter().map(|_| nice()).collect();
            (inside, std::thread::spawn(nice).join().expect("a thread"))
        })
        .expect("threads");
        assert!(inside.iter().all(|&inside| inside == super::NICE.max(own)), "{inside:?}");
        assert_eq!((started, nice()), (super::NICE.max(own), own));
    }
}
