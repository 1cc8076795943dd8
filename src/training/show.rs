//! What a training shows of itself: some validation images, what it makes of them, and both cycles.

use std::path::Path;

use super::placing::over;
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
    // Each image lends its cloud to the next one's ground, where that is of its size.
    let size = |pair: &ValidationPair| (pair.codes.width, pair.codes.height);
    let next = |index: usize| {
        let mut after = (1..=some.len()).map(|step| some[(index + step) % some.len()]);
        after.find(|other| size(other) == size(some[index])).unwrap_or(some[index])
    };
    let rows: Vec<_> =
        some.iter().enumerate().map(|(index, pair)| shown(pair, next(index), trainer)).collect();
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
