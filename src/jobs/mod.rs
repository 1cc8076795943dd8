//! Work in the background of a window: one worker, one queue, one kind of message.
//!
//! Work of hours (a training) has a worker of its own and gives way: its threads count less for the system than the
//! window's, and it rests, between two units, while any other job is there. So two jobs never compute at once.
//!
//! A job is a function that takes a [`Monitor`] and gives a result. Its life is told in [`Event`]s:
//! `Started`, any number of `Progress` and `Warning`, then exactly one of `Finished`, `Cancelled` and
//! `Failed`. A job that panics has failed; the worker goes on with the next.

mod background;
mod estimate;
mod job;
mod worker;

use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::progress::{CancelFlag, Monitor};

use background::Turn;
use estimate::Estimate;

pub use job::{Event, Job, JobId};

/// What a job does. An error is worded for the analyst.
pub type Work<T> = Box<dyn FnOnce(&dyn Monitor) -> Result<T, String> + Send>;

/// The queues and their workers.
pub struct Jobs<T> {
    next: JobId,
    queue: Sender<worker::Order<T>>,
    background: Sender<worker::Order<T>>,
    /// When work in the background rests.
    turn: Arc<Turn>,
    events: Receiver<Event<T>>,
    /// Jobs that have not ended, the running one first, those in the background last.
    open: VecDeque<Job>,
}

impl<T: Send + 'static> Jobs<T> {
    /// Starts the workers; `wake` is called after every event.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (queue, orders) = channel();
        let (background, long_orders) = channel();
        let (sender, events) = channel();
        let (wake, turn): (Arc<Mutex<dyn Fn() + Send>>, _) =
            (Arc::new(Mutex::new(wake)), Arc::<Turn>::default());
        let first = worker::Lane {
            name: "jobs",
            turn: Arc::default(),
            goes_before: Some(turn.clone()),
            events: sender.clone(),
        };
        let second =
            worker::Lane { name: "long jobs", turn: turn.clone(), goes_before: None, events: sender };
        worker::start(first, orders, wake.clone())?;
        worker::start(second, long_orders, wake)?;
        Ok(Self { next: 1, queue, background, turn, events, open: VecDeque::new() })
    }

    /// Queues a job.
    pub fn submit(&mut self, title: impl Into<String>, work: Work<T>) -> JobId {
        self.turn.before.fetch_add(1, Ordering::SeqCst);
        let (id, cancel) = self.note(title.into(), false);
        // The worker lives as long as this queue.
        let _ = self.queue.send(worker::Order { id, cancel, work });
        id
    }

    /// Queues a job of hours, which gives way to the window and to all jobs of [`Jobs::submit`].
    pub fn submit_background(&mut self, title: impl Into<String>, work: Work<T>) -> JobId {
        let (id, cancel) = self.note(title.into(), true);
        let work: Work<T> = Box::new(move |monitor| background::run(move || work(monitor))?);
        let _ = self.background.send(worker::Order { id, cancel, work });
        id
    }

    fn note(&mut self, title: String, background: bool) -> (JobId, Arc<CancelFlag>) {
        let id = self.next;
        self.next += 1;
        let cancel = Arc::new(CancelFlag::new());
        let job = Job {
            id,
            title,
            stage: "waiting".to_owned(),
            progress: (0, 0),
            background,
            cancel: cancel.clone(),
            started: None,
            estimate: Estimate::default(),
        };
        let behind = |other: &Job| other.background && !background;
        let at = self.open.iter().position(behind).unwrap_or(self.open.len());
        self.open.insert(at, job);
        (id, cancel)
    }

    /// Lets work in the background rest, or go on.
    pub fn pause(&mut self, paused: bool) {
        self.turn.paused.store(paused, Ordering::SeqCst);
        // A rest says nothing of how fast it goes.
        for job in self.open.iter_mut().filter(|job| job.background) {
            job.estimate = Estimate::default();
        }
    }

    /// Whether work in the background was told to rest.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        self.turn.paused.load(Ordering::SeqCst)
    }

    /// Asks a job to stop; it ends with [`Event::Cancelled`].
    pub fn cancel(&self, id: JobId) {
        if let Some(job) = self.open.iter().find(|job| job.id == id) {
            job.cancel.raise();
        }
    }

    /// Jobs that have not ended, the running one first, those in the background last.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.open.iter()
    }

    /// The next event, if there is one.
    pub fn poll(&mut self) -> Option<Event<T>> {
        let event = self.events.try_recv().ok()?;
        match &event {
            Event::Started(id) => {
                if let Some(job) = self.job(*id) {
                    job.started = Some(Instant::now());
                }
            }
            Event::Progress { id, stage, done, total } => {
                if let Some(job) = self.job(*id) {
                    if job.stage != *stage {
                        job.estimate = Estimate::default();
                    }
                    job.stage.clone_from(stage);
                    job.progress = (*done, *total);
                    job.estimate.note(*done, Instant::now());
                }
            }
            Event::Warning(..) | Event::Note(..) => {}
            Event::Finished(id, _) | Event::Cancelled(id) | Event::Failed(id, _) => {
                let id = *id;
                self.open.retain(|job| job.id != id);
            }
        }
        Some(event)
    }

    fn job(&mut self, id: JobId) -> Option<&mut Job> {
        self.open.iter_mut().find(|job| job.id == id)
    }
}

impl<T> Drop for Jobs<T> {
    fn drop(&mut self) {
        for job in &self.open {
            job.cancel.raise();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn wait<T: Send + 'static>(jobs: &mut Jobs<T>) -> Event<T> {
        loop {
            match jobs.poll() {
                Some(Event::Started(_) | Event::Progress { .. } | Event::Warning(..) | Event::Note(..)) => {}
                Some(event) => return event,
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        }
    }

    #[test]
    fn jobs_end_in_order_and_each_in_its_way() {
        let mut jobs = Jobs::new(|| {}).expect("a thread");
        let good = jobs.submit(
            "good",
            Box::new(|monitor| {
                monitor.stage("counting", 3);
                monitor.advance(3);
                Ok(7)
            }),
        );
        let bad = jobs.submit("bad", Box::new(|_| Err("no".to_owned())));
        let wild = jobs.submit("wild", Box::new(|_| panic!("boom")));
        let last = jobs.submit("last", Box::new(|_| Ok(8)));
        assert!(matches!(wait(&mut jobs), Event::Finished(id, 7) if id == good));
        assert!(matches!(wait(&mut jobs), Event::Failed(id, words) if id == bad && words == "no"));
        assert!(matches!(wait(&mut jobs), Event::Failed(id, words) if id == wild && words.contains("boom")));
        assert!(matches!(wait(&mut jobs), Event::Finished(id, 8) if id == last));
        assert_eq!(jobs.jobs().count(), 0);
    }

    #[test]
    fn a_cancelled_job_stops_and_a_waiting_one_never_starts() {
        let mut jobs = Jobs::new(|| {}).expect("a thread");
        let endless = jobs.submit(
            "endless",
            Box::new(|monitor| {
                while !monitor.is_cancelled() {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err("stopped".to_owned())
            }),
        );
        let waiting = jobs.submit("waiting", Box::new(|_| Ok(())));
        jobs.cancel(waiting);
        jobs.cancel(endless);
        assert!(matches!(wait(&mut jobs), Event::Cancelled(id) if id == endless));
        assert!(matches!(wait(&mut jobs), Event::Cancelled(id) if id == waiting));
    }

    #[test]
    fn long_work_rests_while_others_work_and_while_it_is_told_to() {
        let mut jobs: Jobs<u64> = Jobs::new(|| {}).expect("a thread");
        let long = jobs.submit_background(
            "long",
            Box::new(|monitor| {
                let (mut rests, mut rested) = (0, false);
                monitor.stage("training", 0);
                while !monitor.is_cancelled() {
                    rests += u64::from(monitor.is_paused() && !rested);
                    rested = monitor.is_paused();
                    std::thread::sleep(Duration::from_millis(1));
                }
                Ok(rests)
            }),
        );
        let next = |jobs: &mut Jobs<u64>| loop {
            match jobs.poll() {
                Some(event) => break event,
                None => std::thread::sleep(Duration::from_millis(1)),
            }
        };
        assert!(matches!(next(&mut jobs), Event::Started(id) if id == long));
        assert!(matches!(next(&mut jobs), Event::Progress { id, .. } if id == long));
        let nap = || std::thread::sleep(Duration::from_millis(30));
        let short = jobs.submit(
            "short",
            Box::new(move |_| {
                nap();
                Ok(0)
            }),
        );
        let order: Vec<_> = jobs.jobs().map(|job| (job.id, job.background)).collect();
        assert_eq!(order, [(short, false), (long, true)]);
        assert!(matches!(wait(&mut jobs), Event::Finished(id, 0) if id == short));
        nap();
        jobs.pause(true);
        assert!(jobs.is_paused());
        nap();
        jobs.pause(false);
        nap();
        jobs.cancel(long);
        // It ends with what it has, though it was asked to stop.
        assert!(matches!(wait(&mut jobs), Event::Finished(id, 2) if id == long));
    }
}
