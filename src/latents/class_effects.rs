//! What principal directions do to the probabilities of land-cover classes.

use burn::tensor::Device;

use super::directions::{both_ways, step, usable};
use super::land_cover::why;
use super::{Classes, Directions, Result, Subject};
use crate::evaluation::labels::{About, Labeller};
use crate::networks::file::Loaded;
use crate::progress::Monitor;
use crate::raster::Plane;

/// A classifier, and what it is told of the patches.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The classifier.
    pub labeller: &'a Labeller,
    /// What the patches are; their bands are the model's.
    pub about: &'a About,
    /// Whether another level or pixel size is let pass.
    pub force: bool,
}

impl Directions {
    /// Measures what a step of one deviation along each of the first eight directions does to the probabilities of
    /// classes: half the difference of a step forth and a step back, as a mean over the tiles of patches (the same
    /// as the directions were found over) and over patches. Returns why there is nothing to measure, where that
    /// is so; the directions are then left as they are.
    ///
    /// # Errors
    /// Cancellation.
    pub fn measure_classes(
        &mut self,
        asked: Asked<'_>,
        loaded: &Loaded,
        patches: &[Subject],
        device: &Device,
        monitor: &dyn Monitor,
    ) -> Result<Option<String>> {
        let Asked { labeller, about, force } = asked;
        let about = About { bands: loaded.model.config.bands.clone(), ..about.clone() };
        let demonstration = match labeller.reasons(&about, force) {
            Ok(reasons) => reasons,
            Err(error) => return Ok(Some(why(error))),
        };
        let patches = usable(patches);
        monitor.stage("classes", patches.len() as u64);
        let mut sums = vec![vec![0.0; labeller.classes().len()]; both_ways(&self.directions, 0).len() / 2];
        let mut counted = 0;
        for (index, patch) in patches.iter().enumerate() {
            let images = patch.held(&loaded.model, device).images(&both_ways(&self.directions, index));
            let seen: Vec<_> = images.iter().map(|image| probabilities(labeller, patch, image)).collect();
            step(monitor)?;
            let Some(seen) = seen.into_iter().collect::<Option<Vec<_>>>() else { continue };
            counted += 1;
            for (sum, pair) in sums.iter_mut().zip(seen.chunks_exact(2)) {
                for (sum, (back, forth)) in sum.iter_mut().zip(pair[0].iter().zip(&pair[1])) {
                    *sum += 0.5 * (forth - back);
                }
            }
        }
        if counted == 0 {
            let (name, side) = (labeller.name(), labeller.side_px());
            return Ok(Some(format!(
                "{name} looks at {side} × {side} pixels, at least half of them measured; no patch has as many"
            )));
        }
        for (direction, sum) in self.directions.iter_mut().zip(sums) {
            direction.classes = Some(sum.into_iter().map(|sum| sum / f64::from(counted)).collect());
        }
        self.land_cover = Some(Classes {
            classifier: labeller.name().to_owned(),
            classifier_sha256: labeller.sha256().to_owned(),
            demonstration,
            names: labeller.classes().to_vec(),
        });
        Ok(None)
    }
}

/// Mean probabilities over the valid tiles of an image; none where there is none.
fn probabilities(labeller: &Labeller, patch: &Subject, image: &[Plane<f32>]) -> Option<Vec<f64>> {
    let planes: Vec<_> =
        image.iter().enumerate().map(|(band, plane)| patch.measured(band, plane.clone())).collect();
    let mut tiles = labeller.tiles(&patch.bands, &planes, labeller.side_px());
    tiles.retain(crate::evaluation::labels::Tile::is_valid);
    let count = tiles.len() as f64;
    let class =
        |class: usize| tiles.iter().map(|tile| f64::from(tile.probabilities[class])).sum::<f64>() / count;
    (!tiles.is_empty()).then(|| (0..labeller.classes().len()).map(class).collect())
}
