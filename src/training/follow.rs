//! Follows a run's events on a thread of its own, so that nobody waits for the disk.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use super::history::{History, Portion, Tail};

/// How often the file is looked at.
const INTERVAL: Duration = Duration::from_millis(250);
/// How often a thread that waits looks whether it is still wanted.
const PATIENCE: Duration = Duration::from_millis(25);
/// Portions that wait for being taken.
const WAITING: usize = 4;

/// A run that is followed.
pub struct Follower {
    folder: PathBuf,
    news: Receiver<Portion>,
    over: Arc<AtomicBool>,
    history: History,
    version: u64,
}

impl Follower {
    /// Begins to follow a folder; `wake` is called when there is news.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(folder: &Path, wake: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let (sender, news) = sync_channel(WAITING);
        let over = Arc::new(AtomicBool::new(false));
        let (tail, ended) = (Tail::new(folder), over.clone());
        let follow = move || follow(tail, &sender, &ended, &wake);
        std::thread::Builder::new().name("follow".into()).spawn(follow)?;
        Ok(Self { folder: folder.to_owned(), news, over, history: History::default(), version: 0 })
    }

    /// Takes in what has come; says whether there was anything.
    pub fn receive(&mut self) -> bool {
        let before = self.version;
        loop {
            match self.news.try_recv() {
                Ok(portion) => {
                    self.history.take(portion);
                    self.version += 1;
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return self.version != before,
            }
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Everything so far.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// A number that grows with every change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
    }
}

fn follow(mut tail: Tail, news: &SyncSender<Portion>, over: &AtomicBool, wake: &dyn Fn()) {
    while !over.load(Ordering::SeqCst) {
        // What cannot be read now may be later: a network folder comes back.
        let portion = tail.read().unwrap_or_default();
        let more = portion.more;
        if portion.restarted || !portion.lines.is_empty() {
            if news.send(portion).is_err() {
                return;
            }
            wake();
        }
        let mut rested = Duration::ZERO;
        while !more && rested < INTERVAL && !over.load(Ordering::SeqCst) {
            std::thread::sleep(PATIENCE);
            rested += PATIENCE;
        }
    }
}
