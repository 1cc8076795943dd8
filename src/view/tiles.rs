//! What a window wants to see of one scene, and the threads that read it.
//!
//! The window says in every frame what it wants, best first; workers take what is wanted now, so a
//! tile that was panned away is never read. The window never waits.

use std::cell::Cell;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, MutexGuard, TryLockError};

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
    ready: VecDeque<(usize, TileId, Plane<f32>)>,
    /// Tiles whose answer was dealt with since workers were last told: till then they are not read again.
    landed: Vec<(usize, TileId)>,
    /// The pixel whose values are asked for, until workers are told.
    ask: Cell<Option<(usize, usize)>>,
    /// The statistics that are asked for, until workers are told.
    ask_statistics: Vec<(usize, Option<Window>)>,
    /// Whether workers shall forget the statistics of windows that they have not begun.
    forget: bool,
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
            landed: Vec::new(),
            ask: Cell::new(None),
            ask_statistics: Vec::new(),
            forget: false,
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

    /// Asks for all bands at a pixel, from the end of this frame on; [`Tiles::probed`] has the newest answer.
    pub fn ask_probe(&self, at: (usize, usize)) {
        self.ask.set(Some(at));
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
            self.ask_statistics.push((band, window));
        }
        self.statistics.get(&(band, window)).and_then(Option::as_ref)
    }

    /// Forgets the statistics of windows, which are many.
    pub fn forget_windows(&mut self) {
        self.statistics.retain(|(_, window), _| window.is_none());
        self.asked.retain(|(_, window)| window.is_none());
        self.ask_statistics.retain(|(_, window)| window.is_none());
        self.forget = true;
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
        let held = self.lock().is_none_or(|wanted| !wanted.tiles.is_empty() || !wanted.busy.is_empty());
        held || !self.ready.is_empty()
    }

    /// The next tile that was read; it counts as dealt with.
    pub(super) fn take_ready(&mut self) -> Option<(usize, TileId, Plane<f32>)> {
        let (band, id, plane) = self.ready.pop_front()?;
        self.landed.push((band, id));
        Some((band, id, plane))
    }

    /// Whether tiles that were read wait to be taken.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
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
                    self.landed.push((band, id));
                    self.partial.insert((band, id), version);
                }
                Answer::Statistics { band, window, found } => {
                    self.statistics.insert((band, window), found);
                }
                Answer::Probe(probe) => self.probe = Some(probe),
                Answer::Broken { band, id } => {
                    self.landed.push((band, id));
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

    /// What workers are told, unless one of them has it just now: the window waits for none of them.
    fn lock(&self) -> Option<MutexGuard<'_, Wanted>> {
        match self.shared.wanted.try_lock() {
            Ok(wanted) => Some(wanted),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// Hands what the frame wants and asks to the workers. Where one of them has the list just now, this says no, and
    /// the next frame tries again.
    pub(super) fn commit(&mut self) -> bool {
        let own = std::mem::take(&mut self.wanted);
        let Some(mut wanted) = self.lock() else { return false };
        let Wanted { tiles, busy, statistics, probe, .. } = &mut *wanted;
        for key in &self.landed {
            busy.remove(key);
        }
        *tiles = own;
        tiles.retain(|key| !busy.contains(key));
        if self.forget {
            statistics.retain(|(_, window)| window.is_none());
        }
        statistics.extend(&self.ask_statistics);
        let ask = self.ask.take();
        *probe = ask.or(*probe);
        let some = !tiles.is_empty() || ask.is_some() || !self.ask_statistics.is_empty();
        drop(wanted);
        self.landed.clear();
        self.ask_statistics.clear();
        self.forget = false;
        // All of them: one that waits for other work would let the news go by.
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

    fn demo() -> Tiles {
        let demo = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/betsiboka.tif");
        Tiles::new(1, Arc::new(open(&demo, &SceneOptions::default()).expect("the demo")), Arc::new(|| {}))
    }

    /// Frames until something has come.
    fn frames(tiles: &mut Tiles, what: &str, has_come: impl Fn(&Tiles) -> bool) {
        let started = std::time::Instant::now();
        while !has_come(tiles) {
            assert!(started.elapsed() < Duration::from_secs(20), "{what} never came");
            std::thread::sleep(Duration::from_millis(1));
            tiles.receive();
        }
    }

    #[test]
    fn every_question_is_answered_whoever_else_waits() {
        let mut tiles = demo();
        for x in 0..40 {
            // All threads have gone to sleep, those that make means too, and no later frame wakes them.
            std::thread::sleep(Duration::from_millis(3));
            tiles.ask_probe((x, 5));
            while !tiles.commit() {}
            frames(&mut tiles, "the probe", |tiles| tiles.probed().is_some_and(|probe| probe.at == (x, 5)));
        }
        assert!(tiles.statistics(0, None).is_none());
        while !tiles.commit() {}
        frames(&mut tiles, "the statistics", |tiles| tiles.statistics.contains_key(&(0, None)));
    }

    #[test]
    fn a_tile_that_waits_for_its_upload_is_not_read_again() {
        let mut tiles = demo();
        let key = (0, TileId { level: 0, x: 0, y: 0 });
        for _ in 0..30 {
            tiles.want(key.0, key.1);
            let _ = tiles.commit();
            std::thread::sleep(Duration::from_millis(2));
            tiles.receive();
        }
        frames(&mut tiles, "the tile", Tiles::has_ready);
        assert!(tiles.is_busy() && tiles.take_ready().is_some());
        assert!(!tiles.has_ready(), "it was read once");
        while !tiles.commit() {}
        assert!(!tiles.is_busy());
    }
}
