//! A scene cut into tiles, and what the classifier says of each.

use burn::tensor::Device;
use serde::Serialize;

use super::Error;
use crate::networks::classifier::Classifier;
use crate::progress::Monitor;
use crate::raster::{self, Scene, SceneReader, Window};

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
    let (columns, rows) = (starts(scene.grid.width, side), starts(scene.grid.height, side));
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
            let (patch, measured) = patch(classifier, &mut reader, &bands, window)?;
            let probabilities = classifier.network.probabilities(&patch, &classifier.config, device);
            let said = probabilities.iter().zip(&classifier.thresholds).enumerate();
            let labels = said.filter(|(_, (one, least))| one >= least).map(|(class, _)| class).collect();
            let made = synthetic.map(|band| made(&mut reader, band, window)).transpose()?;
            tiles.push(Tile { x, y, measured, made, probabilities, labels });
            monitor.advance(1);
        }
    }
    Ok(tiles)
}

/// Where tiles begin along an axis: side by side, the last moved inwards.
fn starts(length: usize, side: usize) -> Vec<usize> {
    let last = length.saturating_sub(side);
    (0..length.div_ceil(side)).map(|index| (index * side).min(last)).collect()
}

/// A tile in network range, what lies beyond the scene or was not measured as the mean, and the part that was
/// measured in every band.
fn patch(
    classifier: &Classifier,
    reader: &mut SceneReader<'_>,
    bands: &[usize],
    window: Window,
) -> Result<(Vec<f32>, f64), Error> {
    let side = classifier.config.patch_px;
    let mut patch = vec![0.0; bands.len() * side * side];
    let mut measured = vec![true; window.len()];
    for (index, &band) in bands.iter().enumerate() {
        let plane = reader.reflectance(band, window)?;
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
        assert_eq!(starts(240, 120), [0, 120]);
        assert_eq!(starts(250, 120), [0, 120, 130]);
        assert_eq!(starts(50, 120), [0]);
    }
}
