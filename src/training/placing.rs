//! Where a cloud's code puts cloud: over the surface of another image.

use super::step::{Family, Trainer};
use super::validate::{ValidationPair, ValidationSet};
use crate::evaluation::honesty::place::{CHANGED, change, iou};
use crate::mask::{CLOUD, INVALID, SHADOW};
use crate::networks::images;
use crate::raster::Plane;

/// Mean over images of the intersection over union of what each one's cloud code changes on the next one's surface
/// with its mask, the feather left out; none without images of one size.
pub(super) fn placed<F: Family>(trainer: &Trainer<F>, set: &ValidationSet) -> Option<f64> {
    let pairs: Vec<_> = set.real.iter().chain(&set.lent).collect();
    let network = F::clearing(&trainer.average);
    let surface =
        |pair: &&ValidationPair| pair.composite(&pair.surface(network, &trainer.encoding, &trainer.config));
    let between: Vec<_> = pairs.iter().map(surface).collect();
    let mut found = Vec::new();
    for (index, pair) in pairs.iter().enumerate() {
        let ground = &between[(index + 1) % pairs.len()];
        if ground[0].data.len() == pair.codes.data.len() {
            found.extend(agreement(trainer, pair, &between[index], ground));
        }
    }
    (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
}

/// The pair's cloud, encoded from it and its result, rendered over a ground of the same size.
pub(super) fn over<F: Family>(
    pair: &ValidationPair,
    result: &[Plane<f32>],
    ground: &[Plane<f32>],
    trainer: &Trainer<F>,
) -> Vec<Plane<f32>> {
    let device = trainer.device().clone().without_autodiff();
    let image = |planes: &[Plane<f32>]| {
        images::planes(planes, &device, |band, value| trainer.encoding.encode(band, value))
    };
    let rendered = F::put_over(&trainer.average, image(&pair.cloudy), image(result), image(ground));
    let size = (pair.alpha.0.width, pair.alpha.0.height);
    images::read(rendered, &trainer.encoding, size).remove(0)
}

/// How well what is put over a ground agrees with the pair's mask.
fn agreement<F: Family>(
    trainer: &Trainer<F>,
    pair: &ValidationPair,
    clear: &[Plane<f32>],
    ground: &[Plane<f32>],
) -> Option<f64> {
    let changed = change(ground, &over(pair, clear, ground, trainer));
    iou((0..changed.data.len()).map(|pixel| {
        let covered = match pair.codes.data[pixel] {
            CLOUD | SHADOW => true,
            INVALID => return None,
            _ if pair.alpha.0.data[pixel] > 0 => return None,
            _ => false,
        };
        Some((changed.data[pixel] > CHANGED, covered))
    }))
}
