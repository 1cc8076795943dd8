//! What a window wants to see of one scene, and the threads that read it.
//!
//! The window says in every frame what it wants, best first; workers take what is wanted now, so a
//! tile that was panned away is never read. The window never waits.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, TryLockError};

use super::pyramid::TileId;
use super::reader::Probe;
use super::statistics::Statistics;
use super::workers::{Answer, Shared, Wanted, make_means, read};
use crate::raster::{Plane, Scene, Window};

/// Threads that read one scene.
const READERS: usize = 2;

/// Called when something new can be shown.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// A scene's tiles.
pub struct Tiles {
    /// Names its textures in the shared cache.
    pub(super) id: u64,
    pub(super) scene: Arc<Scene>,
    pub(super) shared: Arc<Shared>,
    answers: Receiver<Answer>,
    /// What this frame wants, best first.
    wanted: Vec<(usize, TileId)>,
    /// Tiles that showed only a part when they were read, with the state of the means then.
    pub(super) partial: HashMap<(usize, TileId), u64>,
    /// Tiles that cannot be read: asking again would fail again.
    broken: HashSet<(usize, TileId)>,
    pub(super) ready: VecDeque<(usize, TileId, Plane<f32>)>,
    statistics: HashMap<(usize, Option<Window>), Option<Statistics>>,
    asked: HashSet<(usize, Option<Window>)>,
    probe: Option<Probe>,
    errors: Vec<String>,
}

impl Tiles {
    /// Starts reading a scene; `wake` is called when there is something new to show.
    #[must_use]
    pub fn new(id: u64, scene: Arc<Scene>, wake: Wake) -> Self {
        let shared = Arc::new(Shared::new(wake));
        let (sender, answers) = channel();
        let mut errors = Vec::new();
        for index in 0..=READERS {
            let (scene, shared, sender) = (scene.clone(), shared.clone(), sender.clone());
            let work = move || {
                if index == READERS {
                    make_means(&scene, &shared, &sender);
                } else {
                    read(&scene, &shared, &sender);
                }
            };
            if let Err(error) = std::thread::Builder::new().name("read".into()).spawn(work) {
                errors.push(format!("cannot start reading: the system gives no thread ({error})"));
            }
        }
        Self {
            id,
            scene,
            shared,
            answers,
            wanted: Vec::new(),
            partial: HashMap::new(),
            broken: HashSet::new(),
            ready: VecDeque::new(),
            statistics: HashMap::new(),
            asked: HashSet::new(),
            probe: None,
            errors,
        }
    }

    /// The scene it reads.
    #[must_use]
    pub fn scene(&self) -> &Arc<Scene> {
        &self.scene
    }

    /// Asks for all bands at a pixel; [`Tiles::probed`] has the newest answer.
    pub fn ask_probe(&self, at: (usize, usize)) {
        self.shared.wanted().probe = Some(at);
        self.shared.changed.notify_one();
    }

    /// The newest answer to [`Tiles::ask_probe`].
    #[must_use]
    pub fn probed(&self) -> Option<&Probe> {
        self.probe.as_ref()
    }

    /// Statistics of a band over the scene (or a window of it); asked for on the first call, `None`
    /// until they are there.
    pub fn statistics(&mut self, band: usize, window: Option<Window>) -> Option<&Statistics> {
        if self.asked.insert((band, window)) {
            self.shared.wanted().statistics.push_back((band, window));
            self.shared.changed.notify_one();
        }
        self.statistics.get(&(band, window)).and_then(Option::as_ref)
    }

    /// Forgets the statistics of windows, which are many.
    pub fn forget_windows(&mut self) {
        self.statistics.retain(|(_, window), _| window.is_none());
        self.asked.retain(|(_, window)| window.is_none());
        self.shared.wanted().statistics.retain(|(_, window)| window.is_none());
    }

    /// What could not be read since the last call, worded for the analyst.
    pub fn take_errors(&mut self) -> Vec<String> {
        std::mem::take(&mut self.errors)
    }

    /// How much of the means that stand in for overviews is made, 0..1; `None` while none are in work.
    #[must_use]
    pub fn preparing(&self) -> Option<f32> {
        self.shared.prepared()
    }

    /// Whether tiles are being read or waited for.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let wanted = self.shared.wanted();
        !wanted.tiles.is_empty() || !wanted.busy.is_empty() || !self.ready.is_empty()
    }

    pub(super) fn want(&mut self, band: usize, id: TileId) {
        if !self.wanted.contains(&(band, id)) && !self.broken.contains(&(band, id)) {
            self.wanted.push((band, id));
        }
    }

    pub(super) fn receive(&mut self) {
        while let Ok(answer) = self.answers.try_recv() {
            match answer {
                Answer::Tile { band, id, plane, version } => {
                    match version {
                        Some(version) => self.partial.insert((band, id), version),
                        None => self.partial.remove(&(band, id)),
                    };
                    self.ready.push_back((band, id, plane));
                }
                Answer::Pending { band, id, version } => {
                    self.partial.insert((band, id), version);
                }
                Answer::Statistics { band, window, found } => {
                    self.statistics.insert((band, window), found);
                }
                Answer::Probe(probe) => self.probe = Some(probe),
                Answer::Broken { band, id } => {
                    self.broken.insert((band, id));
                }
                Answer::Failed(words) => {
                    if !self.errors.contains(&words) {
                        self.errors.push(words);
                    }
                }
            }
        }
    }

    /// Hands what the frame wants to the workers. It never waits for one of them: where one has the list just now,
    /// this says no, and the next frame tries again.
    pub(super) fn commit(&mut self) -> bool {
        let own = std::mem::take(&mut self.wanted);
        let mut wanted = match self.shared.wanted.try_lock() {
            Ok(wanted) => wanted,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        wanted.tiles = own;
        let Wanted { tiles, busy, .. } = &mut *wanted;
        tiles.retain(|key| !busy.contains(key));
        let some = !tiles.is_empty();
        drop(wanted);
        if some {
            self.shared.changed.notify_all();
        }
        true
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        self.shared.wanted().closed = true;
        self.shared.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::raster::{SceneOptions, open};

    #[test]
    fn the_window_waits_for_no_reader() {
        let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/betsiboka.tif");
        let scene = Arc::new(open(&demo, &SceneOptions::default()).expect("the demo"));
        let mut tiles = Tiles::new(1, scene, Arc::new(|| {}));
        let shared = tiles.shared.clone();
        // A reader that the system has stopped in the middle of everything.
        let (wanted, cells) = (shared.wanted(), shared.cells());
        let (sender, done) = channel();
        std::thread::spawn(move || {
            tiles.want(0, TileId { level: 0, x: 0, y: 0 });
            let _ = sender.send((tiles.preparing(), tiles.commit()));
        });
        assert_eq!(done.recv_timeout(Duration::from_secs(20)), Ok((None, false)), "it must not wait");
        drop((wanted, cells));
    }
}
