//! The threads that read one scene: two for what is wanted now, one for the means that stand in for
//! missing overviews.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::pyramid::TileId;
use super::reader::{self, Probe};
use super::shade::NODATA;
use super::statistics::Statistics;
use super::tiles::Wake;
use crate::progress::give_way;
use crate::raster::{Plane, Scene, SceneReader, Window};

/// How much less than the window the threads that read for it count: they are as many as the cores of a small machine,
/// and a frame that waits for them is seen.
const NICE: i32 = 5;

/// Scene pixels along a cell of the means that stand in for missing overviews: level 3.
const CELL: usize = 8;
/// Scene rows read at once while those means are made.
const STRIP_ROWS: usize = 256;

pub(super) enum Answer {
    Tile {
        band: usize,
        id: TileId,
        plane: Plane<f32>,
        version: Option<u64>,
    },
    /// Nothing of it is there yet.
    Pending {
        band: usize,
        id: TileId,
        version: u64,
    },
    Statistics {
        band: usize,
        window: Option<Window>,
        found: Option<Statistics>,
    },
    Probe(Probe),
    Broken {
        band: usize,
        id: TileId,
    },
    Failed(String),
}

#[derive(Default)]
pub(super) struct Wanted {
    pub probe: Option<(usize, usize)>,
    pub statistics: VecDeque<(usize, Option<Window>)>,
    pub tiles: Vec<(usize, TileId)>,
    /// Tiles that are being read, or are read and not on the screen yet.
    pub busy: HashSet<(usize, TileId)>,
    /// Bands whose means are to be made; the first is in work.
    pub coarse: VecDeque<usize>,
    pub coarse_asked: HashSet<usize>,
    pub closed: bool,
}

pub(super) struct Shared {
    pub wanted: Mutex<Wanted>,
    pub changed: Condvar,
    pub cells: Mutex<HashMap<usize, (Plane<f32>, usize)>>,
    /// Grows whenever more of the means is there.
    pub version: AtomicU64,
    /// Ten-thousandths of the means that are made; [`NOTHING`] while none are in work. The window looks at it in every
    /// frame and must not wait for it.
    pub prepared: AtomicU32,
    pub wake: Wake,
}

/// No means are in work.
const NOTHING: u32 = u32::MAX;

impl Shared {
    pub fn new(wake: Wake) -> Self {
        Self {
            wanted: Mutex::default(),
            changed: Condvar::new(),
            cells: Mutex::default(),
            version: AtomicU64::new(0),
            prepared: AtomicU32::new(NOTHING),
            wake,
        }
    }

    /// How much of the means is made, 0..1; none while none are in work.
    pub fn prepared(&self) -> Option<f32> {
        let share = self.prepared.load(Ordering::SeqCst);
        (share != NOTHING).then_some(share as f32 / 10_000.0)
    }

    /// Notes how much is made, with `part` of the first waiting band.
    fn note_prepared(&self, part: f32) {
        let wanted = self.wanted();
        let (asked, waiting) = (wanted.coarse_asked.len(), wanted.coarse.len());
        let share = match waiting {
            0 => NOTHING,
            _ => (10_000.0 * ((asked - waiting) as f32 + part) / asked.max(1) as f32) as u32,
        };
        self.prepared.store(share, Ordering::SeqCst);
    }

    pub fn wanted(&self) -> MutexGuard<'_, Wanted> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn cells(&self) -> MutexGuard<'_, HashMap<usize, (Plane<f32>, usize)>> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Task {
    Probe((usize, usize)),
    Statistics(usize, Option<Window>),
    Tile(usize, TileId),
}

/// Waits for the most wanted thing; `None` when the scene is closed.
fn next(shared: &Shared) -> Option<Task> {
    let mut wanted = shared.wanted();
    loop {
        if wanted.closed {
            return None;
        }
        if let Some(at) = wanted.probe.take() {
            return Some(Task::Probe(at));
        }
        if let Some((band, window)) = wanted.statistics.pop_front() {
            return Some(Task::Statistics(band, window));
        }
        if !wanted.tiles.is_empty() {
            let (band, id) = wanted.tiles.remove(0);
            wanted.busy.insert((band, id));
            return Some(Task::Tile(band, id));
        }
        wanted = shared.changed.wait(wanted).unwrap_or_else(PoisonError::into_inner);
    }
}

/// What one of the reading threads does until the scene is closed.
pub(super) fn read(scene: &Scene, shared: &Shared, sender: &Sender<Answer>) {
    give_way(NICE);
    let mut reader = SceneReader::new(scene);
    let mut coarse: HashMap<usize, bool> = HashMap::new();
    while let Some(task) = next(shared) {
        let answer = match task {
            Task::Probe(at) => reader::probe(&mut reader, at).map(Answer::Probe),
            Task::Statistics(band, window) => {
                reader::statistics(&mut reader, band, window.unwrap_or(scene.grid.window()))
                    .map(|found| Answer::Statistics { band, window, found })
            }
            Task::Tile(band, id) => {
                let needs = match coarse.get(&band) {
                    _ if id.factor() < CELL => Ok(false),
                    Some(&needs) => Ok(needs),
                    None => reader::needs_coarse(&mut reader, band).inspect(|&needs| {
                        coarse.insert(band, needs);
                    }),
                };
                let answer = needs.and_then(|needs| {
                    if needs {
                        return Ok(from_means(scene, shared, band, id));
                    }
                    let plane = reader::tile(&mut reader, band, id)?;
                    Ok(Answer::Tile { band, id, plane, version: None })
                });
                // It stays busy until the window has dealt with the answer, so that it is not read twice.
                if answer.is_err() && sender.send(Answer::Broken { band, id }).is_err() {
                    return;
                }
                answer
            }
        };
        let answer = answer.unwrap_or_else(|error| Answer::Failed(error.to_string()));
        if sender.send(answer).is_err() {
            return;
        }
        (shared.wake)();
    }
}

/// A tile from the means made so far; they are begun when first asked for.
fn from_means(scene: &Scene, shared: &Shared, band: usize, id: TileId) -> Answer {
    let mut wanted = shared.wanted();
    if wanted.coarse_asked.insert(band) {
        wanted.coarse.push_back(band);
        let idle = wanted.coarse.len() == 1;
        drop(wanted);
        if idle {
            shared.note_prepared(0.0);
        }
        shared.changed.notify_all();
    } else {
        drop(wanted);
    }
    let version = shared.version.load(Ordering::SeqCst);
    let cells = shared.cells();
    let Some((plane, rows)) = cells.get(&band).filter(|(_, rows)| *rows > 0) else {
        return Answer::Pending { band, id, version };
    };
    let (plane, whole) = reader::tile_from_cells(plane, *rows, CELL, &scene.grid, id);
    Answer::Tile { band, id, plane, version: (!whole).then_some(version) }
}

/// Makes means over cells for bands whose files have no overviews, strip by strip.
pub(super) fn make_means(scene: &Scene, shared: &Shared, sender: &Sender<Answer>) {
    give_way(NICE);
    let mut reader = SceneReader::new(scene);
    loop {
        let mut wanted = shared.wanted();
        let band = loop {
            if wanted.closed {
                return;
            }
            if let Some(&band) = wanted.coarse.front() {
                break band;
            }
            wanted = shared.changed.wait(wanted).unwrap_or_else(PoisonError::into_inner);
        };
        drop(wanted);
        let (width, height) = (scene.grid.width.div_ceil(CELL), scene.grid.height.div_ceil(CELL));
        shared.cells().insert(band, (Plane::filled(width, height, NODATA), 0));
        for rows in scene.grid.strips(STRIP_ROWS) {
            if shared.wanted().closed {
                return;
            }
            match reader::cell_rows(&mut reader, band, rows, CELL) {
                Ok(means) => {
                    if let Some((plane, done)) = shared.cells().get_mut(&band) {
                        let first = rows.y / CELL;
                        plane.data[first * width..][..means.data.len()].copy_from_slice(&means.data);
                        *done = first + means.height;
                    }
                }
                Err(error) => {
                    if sender.send(Answer::Failed(error.to_string())).is_err() {
                        return;
                    }
                    if let Some((plane, done)) = shared.cells().get_mut(&band) {
                        *done = plane.height;
                    }
                    break;
                }
            }
            shared.note_prepared((rows.y + rows.height) as f32 / scene.grid.height.max(1) as f32);
            shared.version.fetch_add(1, Ordering::SeqCst);
            (shared.wake)();
        }
        shared.wanted().coarse.pop_front();
        shared.note_prepared(0.0);
        shared.version.fetch_add(1, Ordering::SeqCst);
        (shared.wake)();
    }
}
