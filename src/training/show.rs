//! What a training shows of itself: some validation images beside what it makes of them.

use std::path::Path;

use burn::tensor::{Tensor, TensorData};

use super::step::{Family, Trainer};
use super::validate::{ValidationPair, ValidationSet};
use super::{Error, Result, strips};
use crate::raster::Plane;

/// Images of each kind shown in a strip.
const SHOWN: usize = 5;

/// Writes a strip of some of both kinds of validation images into a folder, which is made where there is none:
/// cloudy, fill, result, the cloud put back, clear.
///
/// # Errors
/// [`Error::Run`] where it cannot be written.
pub(super) fn show<F: Family>(trainer: &Trainer<F>, set: &ValidationSet, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| Error::Run {
        path: folder.to_owned(),
        problem: format!("this cannot be made ({error})"),
    })?;
    let some = set.real.iter().take(SHOWN).chain(set.lent.iter().take(SHOWN));
    let rows: Vec<_> = some.map(|pair| shown(pair, trainer)).collect();
    let path = folder.join(format!("step-{:06}.png", trainer.step));
    strips::write(&path, &trainer.config.network.bands, &rows)
}

/// The images of a pair's row in a strip.
fn shown<F: Family>(pair: &ValidationPair, trainer: &Trainer<F>) -> Vec<Vec<Plane<f32>>> {
    let network = F::clearing(&trainer.average);
    let result = pair.composite(&pair.surface(network, &trainer.encoding, &trainer.config));
    let again = put_back(pair, &result, trainer);
    vec![pair.cloudy.clone(), pair.composite(&pair.context), result, again, pair.clear.clone()]
}

/// The pair's own cloud, encoded and rendered over the result: the cycle A→B→A.
fn put_back<F: Family>(
    pair: &ValidationPair,
    result: &[Plane<f32>],
    trainer: &Trainer<F>,
) -> Vec<Plane<f32>> {
    let (width, height) = (pair.alpha.0.width, pair.alpha.0.height);
    if !width.is_multiple_of(8) || !height.is_multiple_of(8) {
        return result.to_vec();
    }
    let device = trainer.device().clone().without_autodiff();
    let tensor = |planes: &[Plane<f32>]| {
        let encode = |(band, plane): (usize, &Plane<f32>)| {
            plane.data.iter().map(|&value| trainer.encoding.encode(band, value)).collect::<Vec<_>>()
        };
        let values: Vec<f32> = planes.iter().enumerate().flat_map(encode).collect();
        Tensor::<4>::from_data(TensorData::new(values, [1, planes.len(), height, width]), &device)
    };
    let again = F::put_back(&trainer.average, tensor(&pair.cloudy), tensor(result));
    let values: Vec<f32> = again.into_data().try_to_vec().unwrap_or_default();
    let decode = |(band, values): (usize, &[f32])| {
        let data = values.iter().map(|&value| trainer.encoding.decode(band, value)).collect();
        Plane::from_vec(width, height, data)
    };
    values.chunks_exact(width * height).enumerate().map(decode).collect()
}
