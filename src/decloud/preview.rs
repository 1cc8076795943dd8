//! A look at what an engine would make of a part of a scene, without writing anything.

use super::{DecloudConfig, Result, engine};
use crate::bands::Band;
use crate::mask::Alpha;
use crate::progress::Monitor;
use crate::raster::{Error, MemoryBand, Plane, Samples, Scene, SceneReader, Window};

/// Scene pixels around the part that are looked at too: the reach of the fill's coarsest useful
/// Gaussian and of the networks.
const AROUND_PX: usize = 256;
/// Origins and sizes are multiples of it: of the networks' cells (8) and of 10, 20 and 60 m pixels.
const STEP_PX: usize = 24;

/// A part of a scene as an engine would leave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// Where it lies in the scene.
    pub window: Window,
    /// Reflectance on the scene's grid by the scene's bands, composited; NaN where nodata. `None` for
    /// bands that are copied, or that nobody knows.
    pub bands: Vec<Option<Plane<f32>>>,
}

/// Declouds a window of a scene and a margin around it in memory. What lies farther away than
/// the margin is not asked, so the fill far from clear pixels can differ a little from the whole scene's.
///
/// # Errors
/// As [`super::decloud`].
pub fn preview(
    scene: &Scene,
    alpha: &Alpha,
    window: Window,
    config: &DecloudConfig,
    monitor: &dyn Monitor,
) -> Result<Preview> {
    config.check()?;
    scene.refuse_made()?;
    let seen = around(scene, window);
    let inner = window.intersection(seen);
    if inner.is_empty() {
        return Ok(Preview { window: inner, bands: vec![None; scene.bands.len()] });
    }
    let known: Vec<(usize, Band)> =
        scene.bands.iter().enumerate().filter_map(|(index, band)| Some((index, band.band?))).collect();
    monitor.stage("reading", known.len() as u64);
    let part = part(scene, &known, seen, monitor)?;
    let alpha = Alpha(alpha.0.crop(seen));
    let surface = engine(&config.engine)?.prepare(&part, &alpha, config, monitor)?;
    let optical: Vec<usize> = (0..known.len()).filter(|&own| known[own].1.is_optical()).collect();
    let local = Window { x: inner.x - seen.x, y: inner.y - seen.y, ..inner };
    monitor.stage("making", optical.len() as u64);
    let made = surface.render(&optical, local)?;
    let m = alpha.0.crop(local);
    let mut reader = SceneReader::new(scene);
    let mut bands = vec![None; scene.bands.len()];
    for (&own, made) in optical.iter().zip(made) {
        if monitor.is_cancelled() {
            return Err(Error::Cancelled.into());
        }
        let index = known[own].0;
        let mut plane = reader.reflectance(index, inner)?;
        for ((value, &m), &made) in plane.data.iter_mut().zip(&m.data).zip(&made.data) {
            if m > 0 && !made.is_nan() && !value.is_nan() {
                let m = f32::from(m) / 255.0;
                *value = (1.0 - m) * *value + m * made;
            }
        }
        bands[index] = Some(plane);
        monitor.advance(1);
    }
    Ok(Preview { window: inner, bands })
}

/// A window and the margin a preview looks at as a scene of their own, with the place of both in the scene.
///
/// # Errors
/// What reading meets, and cancellation.
pub fn scene_around(scene: &Scene, window: Window, monitor: &dyn Monitor) -> Result<(Scene, Window)> {
    let seen = around(scene, window);
    let known: Vec<(usize, Band)> =
        scene.bands.iter().enumerate().filter_map(|(index, band)| Some((index, band.band?))).collect();
    Ok((part(scene, &known, seen, monitor)?, seen))
}

/// The window with its margin, on multiples of [`STEP_PX`] where bands have several sizes.
#[must_use]
pub fn around(scene: &Scene, window: Window) -> Window {
    let span = |first: usize, length: usize, size: usize| {
        let from = first.saturating_sub(AROUND_PX) / STEP_PX * STEP_PX;
        let to = (first + length + AROUND_PX).next_multiple_of(STEP_PX).min(size);
        // Ratios are 1, 2 and 6: what the greatest divides, all do.
        let nests = scene.ratios().last().copied().unwrap_or(1);
        (from, to.saturating_sub(from) / nests * nests)
    };
    let (x, width) = span(window.x, window.width, scene.grid.width);
    let (y, height) = span(window.y, window.height, scene.grid.height);
    Window::new(x, y, width, height)
}

/// The known bands of a window as a scene of their own.
fn part(scene: &Scene, known: &[(usize, Band)], seen: Window, monitor: &dyn Monitor) -> Result<Scene> {
    let mut reader = SceneReader::new(scene);
    let mut bands = Vec::with_capacity(known.len());
    for &(index, band) in known {
        if monitor.is_cancelled() {
            return Err(Error::Cancelled.into());
        }
        let info = &scene.bands[index];
        let native = seen.coarser(info.ratio, info.grid.width, info.grid.height);
        let plane = reader.reflectance_native(index, native)?;
        bands.push(MemoryBand {
            band,
            size: (native.width, native.height),
            samples: Samples::F32(plane.data),
        });
        monitor.advance(1);
    }
    let part = Scene::in_memory(&scene.path, scene.level, bands)?;
    Ok(Scene { part_of: Some((scene.grid.clone(), seen)), ..part })
}
