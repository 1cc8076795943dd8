//! Batches made ahead of their use on a thread of their own.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

/// Why there is no next batch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrefetchError {
    /// Making a batch panicked; what it said follows.
    #[error("preparing the batch of step {step} failed: {message}")]
    Panicked {
        /// The step whose batch was being made.
        step: u64,
        /// The panic's own words.
        message: String,
    },
    /// The system would not start a thread.
    #[error("the thread that prepares batches cannot be started: {0}")]
    NoThread(String),
    /// An earlier call already reported why no more comes.
    #[error("no more batches come after an earlier error")]
    Ended,
}

/// Runs a function of the step on a background thread, a bounded number of steps ahead of whoever
/// takes the results, in order. Since each result is a function of its step alone, it does not
/// matter how far ahead the thread runs. Dropping it ends the thread, after the step in hand.
#[derive(Debug)]
pub struct Prefetch<T> {
    /// `None` only while being dropped.
    results: Option<Receiver<Result<T, PrefetchError>>>,
    thread: Option<JoinHandle<()>>,
    next_step: u64,
}

impl<T: Send + 'static> Prefetch<T> {
    /// Begins with step `first`, at most `ahead` (at least 1) results made and not yet taken. A
    /// function that can fail returns a `Result` as its `T`; a panic becomes
    /// [`PrefetchError::Panicked`].
    ///
    /// # Errors
    /// [`PrefetchError::NoThread`].
    pub fn new(
        ahead: usize,
        first: u64,
        make: impl Fn(u64) -> T + Send + 'static,
    ) -> Result<Self, PrefetchError> {
        // One result waits in the thread's hands until the channel has room.
        let (sender, results) = sync_channel(ahead.saturating_sub(1));
        let work = move || {
            for step in first.. {
                let made = catch_unwind(AssertUnwindSafe(|| make(step)))
                    .map_err(|panic| PrefetchError::Panicked { step, message: words(panic.as_ref()) });
                let failed = made.is_err();
                if sender.send(made).is_err() || failed {
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("prefetch".into())
            .spawn(work)
            .map_err(|error| PrefetchError::NoThread(error.to_string()))?;
        Ok(Self { results: Some(results), thread: Some(thread), next_step: first })
    }

    /// The step that [`Prefetch::next`] returns next.
    #[must_use]
    pub fn next_step(&self) -> u64 {
        self.next_step
    }

    /// The result of the next step, waiting for it if need be.
    ///
    /// # Errors
    /// [`PrefetchError::Panicked`] once, then [`PrefetchError::Ended`].
    #[allow(clippy::should_implement_trait, reason = "an iterator would end at an error in silence")]
    pub fn next(&mut self) -> Result<T, PrefetchError> {
        let received = self.results.as_ref().and_then(|results| results.recv().ok());
        let result = received.unwrap_or(Err(PrefetchError::Ended))?;
        self.next_step += 1;
        Ok(result)
    }
}

impl<T> Drop for Prefetch<T> {
    fn drop(&mut self) {
        // Without a receiver the thread's next send fails, and it ends.
        self.results = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "it panicked without words".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn results_come_in_order_from_the_first_step() {
        let mut prefetch = Prefetch::new(3, 40, |step| step * 2).expect("a thread");
        for step in 40..60 {
            assert_eq!(prefetch.next_step(), step);
            assert_eq!(prefetch.next(), Ok(step * 2));
        }
    }

    #[test]
    fn no_more_than_the_bound_is_made_ahead() {
        let made = Arc::new(AtomicU64::new(0));
        let (entered, step_entered) = mpsc::channel();
        let counter = Arc::clone(&made);
        let mut prefetch = Prefetch::new(2, 0, move |step| {
            counter.fetch_add(1, Ordering::SeqCst);
            let _ = entered.send(step);
            step
        })
        .expect("a thread");
        assert_eq!((step_entered.recv(), step_entered.recv()), (Ok(0), Ok(1)));
        for taken in 1..50 {
            assert_eq!(prefetch.next(), Ok(taken - 1));
            // The step that the taken one made room for, and none beyond it.
            assert_eq!(step_entered.recv(), Ok(taken + 1));
            assert!(made.load(Ordering::SeqCst) <= taken + 2);
        }
    }

    #[test]
    fn a_panic_is_reported_with_its_step_and_words() {
        let mut prefetch = Prefetch::new(2, 0, |step| {
            assert!(step < 2, "shard 7 is gone");
            step
        })
        .expect("a thread");
        assert_eq!((prefetch.next(), prefetch.next()), (Ok(0), Ok(1)));
        match prefetch.next() {
            Err(PrefetchError::Panicked { step: 2, message }) => assert!(message.contains("shard 7 is gone")),
            other => panic!("{other:?}"),
        }
        assert_eq!(prefetch.next(), Err(PrefetchError::Ended));
    }

    #[test]
    fn an_error_of_the_function_is_passed_on_and_the_thread_goes_on() {
        let mut prefetch =
            Prefetch::new(1, 0, |step| if step == 1 { Err("damaged") } else { Ok(step) }).expect("a thread");
        assert_eq!(prefetch.next(), Ok(Ok(0)));
        assert_eq!(prefetch.next(), Ok(Err("damaged")));
        assert_eq!(prefetch.next(), Ok(Ok(2)));
    }

    #[test]
    fn dropping_it_ends_the_thread() {
        struct Told(mpsc::Sender<()>);
        impl Drop for Told {
            fn drop(&mut self) {
                let _ = self.0.send(());
            }
        }
        let (sender, gone) = mpsc::channel();
        let told = Told(sender);
        let prefetch = Prefetch::new(4, 0, move |step| {
            let _ = &told;
            step
        })
        .expect("a thread");
        drop(prefetch);
        assert_eq!(gone.try_recv(), Ok(()), "the function and all it holds are gone");
    }
}
