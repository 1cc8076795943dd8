//! A scene cut into tiles, and what the classifier says of each.

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
    let (columns, rows) = (starts(scene.grid.width, side, side), starts(scene.grid.height, side, side));
    let bands = scene.indices_of(&classifier.config.bands, "the classifier")?;
    let synthetic = scene.bands.iter().position(|band| {
        band.band.is_none() && [&band.name, &band.description].iter().any(|name| *name == SYNTHETIC)
    });
    let mut reader = SceneReader::new(scene);
    let mut tiles = Vec::with_capacity(columns.len() * rows.len());
    monitor.stage("labels", (columns.len() * rows.len()) as u64);
    for &y in &rows {
        for &x in &columns {
            if monitor.is_cancelled() {
                return Err(raster::Error::Cancelled.into());
            }
            let window = Window::new(x, y, side.min(scene.grid.width - x), side.min(scene.grid.height - y));
            let planes = bands
                .iter()
                .map(|&band| reader.reflectance(band, window))
                .collect::<raster::Result<Vec<_>>>()?;
            let (patch, measured) = patch(classifier, &planes);
            let probabilities = classifier.network.probabilities(&patch, &classifier.config, device);
            let labels = said(classifier, &probabilities);
            let made = synthetic.map(|band| made(&mut reader, band, window)).transpose()?;
            tiles.push(Tile { x, y, measured, made, probabilities, labels });
            monitor.advance(1);
        }
    }
    Ok(tiles)
}

/// Every tile of an image in memory, row by row.
pub(super) fn of_image(
    classifier: &Classifier,
    bands: &[Band],
    image: &[Plane<f32>],
    step: usize,
    device: &Device,
) -> Vec<Tile> {
    let side = classifier.config.patch_px;
    let wanted = classifier.config.bands.iter().map(|band| bands.iter().position(|own| own == band));
    let planes: Vec<&Plane<f32>> = wanted.flatten().map(|own| &image[own]).collect();
    assert_eq!(planes.len(), classifier.config.bands.len(), "every band of the classifier");
    let (width, height) = (planes[0].width, planes[0].height);
    let mut tiles = Vec::new();
    for y in starts(height, side, step) {
        for x in starts(width, side, step) {
            let window = Window::new(x, y, side.min(width - x), side.min(height - y));
            let own: Vec<_> = planes.iter().map(|plane| plane.crop(window)).collect();
            let (patch, measured) = patch(classifier, &own);
            let probabilities = classifier.network.probabilities(&patch, &classifier.config, device);
            let labels = said(classifier, &probabilities);
            tiles.push(Tile { x, y, measured, made: None, probabilities, labels });
        }
    }
    tiles
}

/// The classes whose probability reaches their threshold.
pub(super) fn said(classifier: &Classifier, probabilities: &[f32]) -> Vec<usize> {
    let said = probabilities.iter().zip(&classifier.thresholds).enumerate();
    said.filter(|(_, (one, least))| one >= least).map(|(class, _)| class).collect()
}

/// Where tiles begin along an axis: every `step` pixels, the last moved inwards.
fn starts(length: usize, side: usize, step: usize) -> Vec<usize> {
    let last = length.saturating_sub(side);
    (0..last).step_by(step.max(1)).chain([last]).collect()
}

/// A tile in network range, what lies beyond the scene or was not measured as the mean, and the part that was
/// measured in every band.
fn patch(classifier: &Classifier, planes: &[Plane<f32>]) -> (Vec<f32>, f64) {
    let side = classifier.config.patch_px;
    let mut patch = vec![0.0; planes.len() * side * side];
    let mut measured = vec![true; planes.first().map_or(0, |plane| plane.data.len())];
    for (index, plane) in planes.iter().enumerate() {
        let target = &mut patch[index * side * side..][..side * side];
        for (row, values) in plane.data.chunks_exact(plane.width).enumerate() {
            for (column, &value) in values.iter().enumerate() {
                target[row * side + column] = classifier.encoding.encode(index, value);
                measured[row * plane.width + column] &= value.is_finite();
            }
        }
    }
    let count = measured.iter().filter(|&&is| is).count();
    (patch, count as f64 / (side * side) as f64)
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
        assert_eq!(starts(128, 120, 40), [0, 8]);
        assert_eq!(starts(240, 120, 40), [0, 40, 80, 120]);
    }
}
