//! A scene cut into tiles, and what the classifier says of each.

use std::convert::Infallible;

use burn::tensor::Device;
use serde::Serialize;

use super::Error;
use crate::bands::Band;
use crate::networks::classifier::Classifier;
use crate::progress::Monitor;
use crate::raster::{self, Plane, Scene, SceneReader, Window};

/// Part of a tile that must be measured for it to count.
pub const VALID_LEAST: f64 = 0.5;
/// Name of the band in which a result says which pixels were made.
const SYNTHETIC: &str = "synthetic";

/// A tile of a scene.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tile {
    /// Its left column.
    pub x: usize,
    /// Its top row.
    pub y: usize,
    /// Part of a whole tile that was measured in every band.
    pub measured: f64,
    /// Part of it whose pixels were made by an engine; none where the scene does not say.
    pub made: Option<f64>,
    /// A number a class.
    pub probabilities: Vec<f32>,
    /// The classes that are said to be there, by index, ascending.
    pub labels: Vec<usize>,
}

impl Tile {
    /// Whether enough of it was measured.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.measured >= VALID_LEAST
    }
}

/// Every tile of a scene, row by row.
pub(super) fn all(
    classifier: &Classifier,
    scene: &Scene,
    device: &Device,
    monitor: &dyn Monitor,
) -> Result<Vec<Tile>, Error> {
    let side = classifier.config.patch_px;
    let windows: Vec<_> = windows(scene.grid.width, scene.grid.height, side, side).collect();
    let bands = scene.indices_of(&classifier.config.bands, "the classifier")?;
    let synthetic = scene.bands.iter().position(|band| {
        band.band.is_none() && [&band.name, &band.description].iter().any(|name| *name == SYNTHETIC)
    });
    let mut reader = SceneReader::new(scene);
    let mut tiles = Vec::with_capacity(windows.len());
    monitor.stage("labels", windows.len() as u64);
    for window in windows {
        if monitor.is_cancelled() {
            return Err(raster::Error::Cancelled.into());
        }
        let mut read = |index: usize| reader.reflectance(bands[index], window).map_err(Error::from);
        let (patch, measured) = patch(classifier, window, &mut read)?;
        let probabilities = classifier.network.probabilities(&patch, &classifier.config, device);
        let labels = said(classifier, &probabilities);
        let made = synthetic.map(|band| made(&mut reader, band, window)).transpose()?;
        tiles.push(Tile { x: window.x, y: window.y, measured, made, probabilities, labels });
        monitor.advance(1);
    }
    Ok(tiles)
}

/// Where tiles begin along an axis: every `step` pixels, the last moved inwards.
fn starts(length: usize, side: usize, step: usize) -> Vec<usize> {
    let last = length.saturating_sub(side);
    (0..last).step_by(step.max(1)).chain([last]).collect()
}

/// Some windows of an image in memory, its planes in the order of the classifier's bands. A window is a tile's, or
/// less where the image is smaller.
pub(super) fn of_planes(
    classifier: &Classifier,
    planes: &[&Plane<f32>],
    windows: &[Window],
    device: &Device,
) -> Vec<Tile> {
    let (mut patches, mut parts) = (Vec::new(), Vec::with_capacity(windows.len()));
    for &window in windows {
        let mut read = |index: usize| Ok::<_, Infallible>(planes[index].crop(window));
        let Ok((patch, measured)) = patch(classifier, window, &mut read);
        patches.extend(patch);
        parts.push(measured);
    }
    let probabilities = classifier.network.probabilities(&patches, &classifier.config, device);
    let classes = classifier.thresholds.len().max(1);
    let tile = |((window, measured), probabilities): ((&Window, f64), &[f32])| Tile {
        x: window.x,
        y: window.y,
        measured,
        made: None,
        probabilities: probabilities.to_vec(),
        labels: said(classifier, probabilities),
    };
    windows.iter().zip(parts).zip(probabilities.chunks_exact(classes)).map(tile).collect()
}

/// Every tile of an image in memory whose planes are of `bands`, row by row.
///
/// # Panics
/// Without every band of the classifier: looked at before, by [`super::fits`].
pub(super) fn of_image(
    classifier: &Classifier,
    bands: &[Band],
    image: &[Plane<f32>],
    step: usize,
    device: &Device,
) -> Vec<Tile> {
    let wanted = classifier.config.bands.iter().map(|band| bands.iter().position(|own| own == band));
    let planes: Vec<&Plane<f32>> = wanted.flatten().map(|own| &image[own]).collect();
    assert_eq!(planes.len(), classifier.config.bands.len(), "every band of the classifier");
    let (width, height) = (planes[0].width, planes[0].height);
    let windows: Vec<_> = windows(width, height, classifier.config.patch_px, step).collect();
    of_planes(classifier, &planes, &windows, device)
}

/// The windows of the tiles of an image, one every `step` pixels, row by row.
pub(super) fn windows(width: usize, height: usize, side: usize, step: usize) -> impl Iterator<Item = Window> {
    let columns = starts(width, side, step);
    starts(height, side, step).into_iter().flat_map(move |y| {
        let row: Vec<_> =
            columns.iter().map(|&x| Window::new(x, y, side.min(width - x), side.min(height - y))).collect();
        row
    })
}

/// The classes whose probability reaches its threshold. One that no training patch showed is never said: what its
/// number would mean was never learned.
pub(super) fn said(classifier: &Classifier, probabilities: &[f32]) -> Vec<usize> {
    let learned = |class: usize| classifier.info.examples.get(class).is_none_or(|&count| count > 0);
    let said = probabilities.iter().zip(&classifier.thresholds).enumerate();
    said.filter(|(class, (one, least))| one >= least && learned(*class)).map(|(class, _)| class).collect()
}

/// A tile in network range, what lies beyond the image or was not measured as the mean, and the part that was
/// measured in every band. `read` gives the reflectance of a band, by its place among the classifier's, in the window.
fn patch<E>(
    classifier: &Classifier,
    window: Window,
    read: &mut dyn FnMut(usize) -> Result<Plane<f32>, E>,
) -> Result<(Vec<f32>, f64), E> {
    let (bands, side) = (classifier.config.bands.len(), classifier.config.patch_px);
    let mut patch = vec![0.0; bands * side * side];
    let mut measured = vec![true; window.len()];
    for index in 0..bands {
        let plane = read(index)?;
        let target = &mut patch[index * side * side..][..side * side];
        for (row, values) in plane.data.chunks_exact(window.width).enumerate() {
            for (column, &value) in values.iter().enumerate() {
                target[row * side + column] = classifier.encoding.encode(index, value);
                measured[row * window.width + column] &= value.is_finite();
            }
        }
    }
    let count = measured.iter().filter(|&&is| is).count();
    Ok((patch, count as f64 / (side * side) as f64))
}

/// Part of a tile that its `synthetic` band marks.
fn made(reader: &mut SceneReader<'_>, band: usize, window: Window) -> Result<f64, Error> {
    let ratio = reader.scene().bands[band].ratio;
    let own = Window::new(
        window.x / ratio,
        window.y / ratio,
        window.width.div_ceil(ratio),
        window.height.div_ceil(ratio),
    );
    let samples = reader.samples(band, own)?;
    let marked = (0..own.len()).filter(|&index| samples.get(index) > 0.0).count();
    Ok(marked as f64 / own.len().max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_an_axis_and_stay_on_it() {
        assert_eq!(starts(240, 120, 120), [0, 120]);
        assert_eq!(starts(250, 120, 120), [0, 120, 130]);
        assert_eq!(starts(50, 120, 120), [0]);
    }
}
