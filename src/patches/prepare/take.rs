//! All scenes of a source through mask, cut and sink, with all cores busy and memory bounded.

use rayon::prelude::*;

use super::cut::{Cut, Cutter, windows};
use super::quiet::Quiet;
use super::sink::{Shared, Sink};
use super::subject::{Plan, Subject};
use super::{Opened, Source};
use crate::mask::Mask;
use crate::patches::Result;
use crate::progress::Monitor;
use crate::raster::{Error, Window};

/// Steps of progress a scene.
pub(super) const UNITS: u64 = 1000;
/// Scenes of at most this many pixels are masked and cut whole, several at a time.
const SMALL_PIXELS: usize = 512 * 512;
/// Scenes, or patches of a large scene, that each core has in hand.
const EACH_CORE: usize = 4;

/// What one core made of a scene.
enum Work {
    Done(Shared, Vec<Cut>),
    Large(Box<Subject>),
    NoScene(String),
    Snow,
}

/// Takes every patch of a source.
///
/// # Errors
/// What opening, masking, reading or writing meets; cancelled work.
pub(super) fn take(
    source: &dyn Source,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
    quiet: &Quiet<'_>,
    monitor: &dyn Monitor,
) -> Result<()> {
    let batch = EACH_CORE * rayon::current_num_threads();
    for start in (0..source.len()).step_by(batch) {
        let end = (start + batch).min(source.len());
        let works: Vec<_> =
            (start..end).into_par_iter().map(|index| work(source, index, plan, quiet)).collect();
        for work in works {
            match work? {
                Work::Done(shared, cuts) => sink.add(&shared, cuts)?,
                Work::Large(subject) => {
                    large(&subject, plan, sink, quiet, monitor)?;
                    continue;
                }
                Work::NoScene(message) => quiet.warn(&message),
                Work::Snow => sink.snow(),
            }
            monitor.advance(UNITS);
        }
    }
    Ok(())
}

fn stop_if_cancelled(monitor: &dyn Monitor) -> Result<()> {
    if monitor.is_cancelled() { Err(Error::Cancelled.into()) } else { Ok(()) }
}

/// Opens a scene and, if it is small, cuts it.
fn work(source: &dyn Source, index: usize, plan: &Plan<'_>, quiet: &Quiet<'_>) -> Result<Work> {
    stop_if_cancelled(quiet)?;
    let subject = match source.open(index, plan)? {
        Opened::Subject(subject) => subject,
        Opened::NoScene(message) => return Ok(Work::NoScene(message)),
        Opened::Snow => return Ok(Work::Snow),
    };
    subject.check_companions()?;
    for warning in &subject.scene.warnings {
        quiet.warn_once(warning, &format!("{warning}: {}", subject.scene.path.display()));
    }
    let grid = &subject.scene.grid;
    if grid.width * grid.height > SMALL_PIXELS {
        return Ok(Work::Large(subject));
    }
    let (masks, shared) = masks(&subject, plan, quiet)?;
    let mut cutter = Cutter::new(&subject, &masks);
    let cuts =
        patches(&subject, plan).into_iter().map(|window| cutter.cut(plan, window)).collect::<Result<_>>()?;
    Ok(Work::Done(shared, cuts))
}

fn patches(subject: &Subject, plan: &Plan<'_>) -> Vec<Window> {
    let grid = &subject.scene.grid;
    windows(grid.width, grid.height, plan.config.patch_px, plan.config.stride())
}

/// The subject's mask and its pair's, and what all its patches share.
fn masks(subject: &Subject, plan: &Plan<'_>, quiet: &Quiet<'_>) -> Result<(Vec<Mask>, Shared)> {
    let mut masks = Vec::with_capacity(2);
    let mut words = Vec::with_capacity(2);
    for subject in std::iter::once(subject).chain(subject.pair.as_deref()) {
        let mask = subject.find_mask(quiet)?;
        words.push(subject.mask_words.clone().unwrap_or_else(|| mask.source.clone()));
        masks.push(mask);
    }
    let shared = Shared::of(subject, plan, words);
    Ok((masks, shared))
}

/// A large scene: masked alone, then cut in chunks of patches.
fn large(
    subject: &Subject,
    plan: &Plan<'_>,
    sink: &mut Sink<'_>,
    quiet: &Quiet<'_>,
    monitor: &dyn Monitor,
) -> Result<()> {
    let (masks, shared) = masks(subject, plan, quiet)?;
    let windows = patches(subject, plan);
    let mut told = 0;
    let chunk = EACH_CORE * rayon::current_num_threads();
    for (index, chunk) in windows.chunks(chunk).enumerate() {
        stop_if_cancelled(monitor)?;
        let cuts = chunk
            .par_iter()
            .map_init(|| Cutter::new(subject, &masks), |cutter, &window| cutter.cut(plan, window))
            .collect::<Result<Vec<_>>>()?;
        sink.add(&shared, cuts)?;
        let done = ((index + 1) * chunk.len()).min(windows.len()) as u64 * UNITS / windows.len() as u64;
        monitor.advance(done.saturating_sub(told));
        told = told.max(done);
    }
    monitor.advance(UNITS - told);
    Ok(())
}
