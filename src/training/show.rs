//! What a training shows of itself: some validation images, what it makes of them, and both cycles.

use std::path::Path;

use burn::tensor::{Tensor, TensorData};

use super::step::{Family, Trainer};
use super::strips::Written;
use super::validate::{ValidationPair, ValidationSet};
use super::{Error, Result, strips};
use crate::fill::fill_planes;
use crate::raster::Plane;

/// Images of each kind shown in a strip.
const SHOWN: usize = 5;

/// What the columns show. The cycle A→B→A goes from the cloudy image over the result to the cloud put back;
/// B→A→B from the clear image over the cloud that was lent to it to what is cleared again.
const COLUMNS: [&str; 7] =
    ["cloudy", "fill", "result", "cloud put back", "clear", "cloud lent", "cleared again"];

/// Writes a strip of some of both kinds of validation images into a folder, which is made where there is none.
///
/// # Errors
/// [`Error::Run`] where it cannot be written.
pub(super) fn show<F: Family>(
    trainer: &Trainer<F>,
    set: &ValidationSet,
    folder: &Path,
) -> Result<Option<Written>> {
    std::fs::create_dir_all(folder).map_err(|error| Error::Run {
        path: folder.to_owned(),
        problem: format!("this cannot be made ({error})"),
    })?;
    let some: Vec<_> = set.real.iter().take(SHOWN).chain(set.lent.iter().take(SHOWN)).collect();
    // Each image lends its cloud to the next one's ground.
    let others = some.iter().cycle().skip(1);
    let rows: Vec<_> = some.iter().zip(others).map(|(pair, other)| shown(pair, other, trainer)).collect();
    let path = folder.join(format!("step-{:06}.png", trainer.step));
    strips::write(&path, &trainer.config.network.bands, &COLUMNS, &rows)
}

/// The images of a pair's row in a strip.
fn shown<F: Family>(
    pair: &ValidationPair,
    other: &ValidationPair,
    trainer: &Trainer<F>,
) -> Vec<Vec<Plane<f32>>> {
    let network = F::clearing(&trainer.average);
    let result = pair.composite(&pair.surface(network, &trainer.encoding, &trainer.config));
    let again = over(pair, &result, &result, trainer);
    let lent = over(pair, &result, &other.clear, trainer);
    let under = under(pair, lent.clone(), trainer);
    let cleared = under.composite(&under.surface(network, &trainer.encoding, &trainer.config));
    vec![
        pair.cloudy.clone(),
        pair.composite(&pair.context),
        result,
        again,
        other.clear.clone(),
        lent,
        cleared,
    ]
}

/// An image under a pair's mask, with its own fill.
fn under<F: Family>(pair: &ValidationPair, cloudy: Vec<Plane<f32>>, trainer: &Trainer<F>) -> ValidationPair {
    let network = &trainer.config.network;
    let context = fill_planes(&cloudy, &network.bands, Some(network.level), &pair.alpha);
    ValidationPair { cloudy, context, ..pair.clone() }
}

/// The pair's cloud, encoded from it and its result, rendered over a ground. Images that no generator takes
/// (sides that are no multiples of 8) come back as the ground.
fn over<F: Family>(
    pair: &ValidationPair,
    result: &[Plane<f32>],
    ground: &[Plane<f32>],
    trainer: &Trainer<F>,
) -> Vec<Plane<f32>> {
    let (width, height) = (pair.alpha.0.width, pair.alpha.0.height);
    if !width.is_multiple_of(8) || !height.is_multiple_of(8) {
        return ground.to_vec();
    }
    let device = trainer.device().clone().without_autodiff();
    let tensor = |planes: &[Plane<f32>]| {
        let encode = |(band, plane): (usize, &Plane<f32>)| {
            plane.data.iter().map(|&value| trainer.encoding.encode(band, value)).collect::<Vec<_>>()
        };
        let values: Vec<f32> = planes.iter().enumerate().flat_map(encode).collect();
        Tensor::<4>::from_data(TensorData::new(values, [1, planes.len(), height, width]), &device)
    };
    let again = F::put_over(&trainer.average, tensor(&pair.cloudy), tensor(result), tensor(ground));
    let values: Vec<f32> = again.into_data().try_to_vec().unwrap_or_default();
    let decode = |(band, values): (usize, &[f32])| {
        let data = values.iter().map(|&value| trainer.encoding.decode(band, value)).collect();
        Plane::from_vec(width, height, data)
    };
    values.chunks_exact(width * height).enumerate().map(decode).collect()
}
