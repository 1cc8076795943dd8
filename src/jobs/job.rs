//! A job as it is seen from outside, and what is told of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::progress::CancelFlag;

use super::estimate::Estimate;

/// Names a job.
pub type JobId = u64;

/// What happens to a job.
#[derive(Debug)]
pub enum Event<T> {
    /// Its turn has come.
    Started(JobId),
    /// A new phase, or more of the present one, is done.
    Progress {
        /// Which job.
        id: JobId,
        /// What it is doing, a short lower-case name.
        stage: String,
        /// Units done.
        done: u64,
        /// Units in all; 0 where unknown.
        total: u64,
    },
    /// Something the analyst should know.
    Warning(JobId, String),
    /// Something worth keeping in the log.
    Note(JobId, String),
    /// It is done.
    Finished(JobId, T),
    /// It stopped because it was asked to.
    Cancelled(JobId),
    /// It could not be done.
    Failed(JobId, String),
}

/// A job as the window shows it.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// What it is, for people: "Decloud betsiboka".
    pub title: String,
    /// The present phase.
    pub stage: String,
    /// Units of the phase done, and in all.
    pub progress: (u64, u64),
    /// Whether it gives way to the others.
    pub background: bool,
    pub(super) cancel: Arc<CancelFlag>,
    pub(super) started: Option<Instant>,
    pub(super) estimate: Estimate,
}

impl Job {
    /// Share of the present phase that is done, 0..1; none where it cannot be told.
    #[must_use]
    pub fn share(&self) -> Option<f32> {
        let (done, total) = self.progress;
        (total > 0).then(|| (done as f32 / total as f32).min(1.0))
    }

    /// How long the present phase will still take; none while it is too early to say.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        self.estimate.left(self.progress, Instant::now())
    }

    /// Whether its turn has come.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.started.is_some()
    }

    /// Whether it was asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_raised()
    }
}
