//! Pictures of the dates that a report from a file names: of results it holds figures only.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::job::SIDE_PX;
use crate::bands::Band;
use crate::desktop::app::App;
use crate::desktop::wording::worded;
use crate::evaluation::album::Shows;
use crate::evaluation::picture::Picture;
use crate::evaluation::report::{ImageReport, Report};
use crate::raster::{self, SceneOptions, SceneReader};

/// An image of a set.
type Key = (usize, String);

/// Why there is no picture of an image.
#[derive(Debug, Clone)]
pub(in crate::desktop) struct Trouble {
    /// In a word or two, for a card.
    pub short: &'static str,
    /// The whole of it, with the file.
    pub full: String,
}

/// Pictures of an image's dates.
type Found = Result<Vec<(Shows, Picture)>, Trouble>;

/// What the files of a report's images show.
#[derive(Default)]
pub(in crate::desktop) struct Dates {
    /// Where the report lies: paths that are not found from here may be meant from there.
    folder: PathBuf,
    /// What was found: pictures, or why there are none. Nothing yet where it is being read.
    found: HashMap<Key, Option<Found>>,
    /// What is to be read, the next last.
    wanted: Vec<(Key, Asked)>,
    is_reading: bool,
}

/// What is to be read of an image.
struct Asked {
    files: Vec<(Shows, PathBuf)>,
    said: SceneOptions,
}

impl Dates {
    /// Of a report that was read from a file.
    pub fn of(report: &Path) -> Self {
        Self { folder: report.parent().map(Path::to_owned).unwrap_or_default(), ..Self::default() }
    }

    /// A path as it is found from here, or else from where the report lies.
    pub fn located(&self, path: &Path) -> PathBuf {
        let beside = self.folder.join(path);
        if !path.exists() && beside.exists() { beside } else { path.to_owned() }
    }

    /// A date's picture.
    pub fn picture(&self, key: &Key, shows: Shows) -> Option<&Picture> {
        let pictures = self.found.get(key)?.as_ref()?.as_ref().ok()?;
        pictures.iter().find(|(own, _)| *own == shows).map(|(_, picture)| picture)
    }

    /// Why an image has no picture; nothing while it is being read, or where it has one.
    pub fn trouble(&self, key: &Key) -> Option<&Trouble> {
        self.found.get(key)?.as_ref()?.as_ref().err()
    }

    /// Has an image's dates read, once. Says whether nobody reads yet.
    fn want(&mut self, key: Key, image: &ImageReport, said: SceneOptions) -> bool {
        if self.found.contains_key(&key) {
            return false;
        }
        let Some(files) = &image.files else {
            let full = "The report does not say where the dates of this image lie.".to_owned();
            self.found.insert(key, Some(Err(Trouble { short: "the report names no file", full })));
            return false;
        };
        // Under lent cloud the cloudy file is the donor's.
        let mut wanted = vec![(Shows::Truth, self.located(&files.clear))];
        if image.lent.is_none() {
            wanted.insert(0, (Shows::Input, self.located(&files.cloudy)));
        }
        self.found.insert(key.clone(), None);
        self.wanted.push((key, Asked { files: wanted, said }));
        !std::mem::replace(&mut self.is_reading, true)
    }
}

impl App {
    /// Has the dates of an image of a report from a file read.
    pub(in crate::desktop) fn want_dates(&mut self, (set, name): Key, image: &ImageReport, report: &Report) {
        let said = report.config.sets.get(set).map(|set| set.scenes.clone()).unwrap_or_default();
        let Some(dates) = &self.evaluation.dates else { return };
        if lock(dates).want((set, name), image, said) {
            let (dates, context) = (dates.clone(), self.context.clone());
            let work = move || {
                while let Some((key, asked)) = next(&dates) {
                    let read = read(&asked);
                    lock(&dates).found.insert(key, Some(read));
                    context.request_repaint();
                }
            };
            if let Err(error) = std::thread::Builder::new().name("dates".into()).spawn(work) {
                self.messages.error(format!(
                    "the system gives no thread ({error}); close other programs and try again"
                ));
            }
        }
    }
}

/// Looks at what was read.
pub(in crate::desktop) fn lock(dates: &Mutex<Dates>) -> std::sync::MutexGuard<'_, Dates> {
    dates.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The image that was wanted last: it is the likeliest to be on the screen.
fn next(dates: &Arc<Mutex<Dates>>) -> Option<(Key, Asked)> {
    let mut dates = lock(dates);
    let next = dates.wanted.pop();
    dates.is_reading = next.is_some();
    next
}

fn read(asked: &Asked) -> Found {
    let mut pictures = Vec::new();
    for (shows, path) in &asked.files {
        if !path.exists() {
            let full = format!("It is no longer where the report says: {}", path.display());
            return Err(Trouble { short: "its file is gone", full });
        }
        let picture = picture(path, &asked.said).map_err(|error| Trouble {
            short: "its file cannot be read",
            full: worded(&error.to_string()).into_owned(),
        })?;
        pictures.push((*shows, picture));
    }
    Ok(pictures)
}

/// A scene in true colour, small.
fn picture(path: &Path, said: &SceneOptions) -> raster::Result<Picture> {
    let scene = raster::open(path, said)?;
    let bands = scene.indices_of(&[Band::B04, Band::B03, Band::B02], "its picture");
    let bands = bands.unwrap_or_else(|_| (0..scene.bands.len().min(3)).collect());
    let mut reader = SceneReader::new(&scene);
    let (width, height) = (scene.grid.width, scene.grid.height);
    let factor = width.max(height).div_ceil(SIDE_PX).max(1);
    let mut planes = Vec::with_capacity(bands.len());
    for &band in &bands {
        let grid = &scene.bands[band].grid;
        planes.push(reader.decimated(
            band,
            grid.window(),
            width.div_ceil(factor),
            height.div_ceil(factor),
        )?);
    }
    Ok(Picture::of(&[Band::B04, Band::B03, Band::B02][..planes.len()], &planes, SIDE_PX))
}
