//! Whether made crops are distributed as real ones: FD, FD∞, KID, precision, recall, density, coverage.
//!
//! Paired metrics ask whether an image is near its truth; these ask whether a whole set of images looks like
//! the real set, in its middle **and in its variety**. No single one is enough: a generator that knows only
//! a few images can have a lower Fréchet distance than one that knows all of them a little wrongly, and
//! only coverage tells (`docs/distribution.md` shows it). So they stand side by side.
//!
//! From features of 64 px crops ([`crate::metrics::features`], or a classifier's) to numbers:
//!
//! 1. [`Projection`]: each feature standardised, then principal components, both fitted on the real crops.
//!    `d` = the smallest of 32, a tenth of the smaller set of crops, and the directions in which the real
//!    crops differ.
//! 2. Fewer than 8 places on either side, or fewer than 80 crops (`d` would be under 8), is "not enough
//!    data": a distance in so few directions over so little ground says nothing of a generator.
//! 3. In these `d` coordinates: [`frechet()`], [`extrapolate()`], [`kid()`], [`neighbours()`].
//!
//! | measure | range | equal distributions | what it sees |
//! |---|---|---|---|
//! | FD | 0 … ∞ | above 0, as 1/N | middle and spread, as of Gaussians |
//! | FD∞ | around 0 … ∞ | around 0 | the same without the bias of few crops |
//! | KID | around 0 … ∞ | around 0 | all moments up to the third |
//! | precision | 0 … 1 | high | are made crops plausible? |
//! | recall | 0 … 1 | high | could real crops have been made? |
//! | density | 0 … | 1 | as precision, robust against stray real crops |
//! | coverage | 0 … 1 | 0.97 | how much of the real variety is made? |
//!
//! FD and KID carry the units of the projection (squared standard deviations of real features), so they compare
//! methods on one real set and with one `d`, never across sets.

mod eigen;
mod extrapolate;
mod features;
mod frechet;
mod kernel;
mod neighbours;
mod projection;
mod result;
mod watch;

use std::cmp::Reverse;

pub use extrapolate::{Extrapolation, SIZES, extrapolate};
pub use features::{Features, Points};
pub use frechet::{Frechet, frechet};
pub use kernel::kid;
pub use neighbours::{NEIGHBOUR, Neighbours, neighbours};
pub use projection::Projection;
pub use result::{Both, Distances, Distribution, Shift, Shortage};
pub use watch::{COVERAGE_SLACK, Collapse, Evaluated, best_checkpoint, collapse};

use super::Error;

/// Most directions that are kept.
pub const MAX_DIMENSIONS: usize = 32;
/// Crops needed for each direction.
pub const CROPS_PER_DIMENSION: usize = 10;
/// Fewest directions the crops must allow.
pub const MIN_DIMENSIONS: usize = 8;
/// Fewest places, of the real crops and of the made.
pub const MIN_PLACES: usize = 8;
/// Features named as those whose mean moved most.
const SHIFTS: usize = 5;

/// Compares made crops with real ones, or says that there are too few. `seed` draws the subsets of FD∞.
///
/// # Errors
/// [`Error::Shape`] where the two sets have different features.
pub fn distribution(real: &Features, made: &Features, seed: u64) -> Result<Distribution, Error> {
    if real.names() != made.names() {
        let found = format!("{} features ({})", made.names().len(), some(made));
        let expected = format!("the {} of the real ones ({})", real.names().len(), some(real));
        return Err(Error::Shape { what: "the made crops have", found, expected });
    }
    let shortage = |alike| Distribution::NotEnoughData(Shortage::new(real, made, alike));
    let fewest = real.len().min(made.len());
    if fewest < MIN_DIMENSIONS * CROPS_PER_DIMENSION || real.places().min(made.places()) < MIN_PLACES {
        return Ok(shortage(false));
    }
    let projection = Projection::fit(real)?;
    let d = MAX_DIMENSIONS.min(fewest / CROPS_PER_DIMENSION).min(projection.rank());
    if d == 0 {
        return Ok(shortage(true));
    }
    let (at, made_at) = (projection.project(real, d)?, projection.project(made, d)?);
    let distance = frechet(&at, &made_at)?;
    Ok(Distribution::Measured(Box::new(Distances {
        crops: (real.len(), made.len()).into(),
        places: (real.places(), made.places()).into(),
        dimensions: d,
        explained: projection.explained(d),
        fd: distance.distance(),
        fd_mean_part: distance.mean_part,
        fd_infinity: extrapolate(&at, &made_at, seed)?,
        kid: kid(&at, &made_at)?,
        neighbours: neighbours(&at, &made_at, NEIGHBOUR)?,
        outside: (projection.outside(real, d)?, projection.outside(made, d)?).into(),
        moved: moved(&projection, made)?,
    })))
}

/// The features whose means lie farthest from the real ones.
fn moved(projection: &Projection, made: &Features) -> Result<Vec<Shift>, Error> {
    let mut shifts: Vec<_> = projection.shift(made)?.into_iter().enumerate().collect();
    shifts.sort_by_key(|&(index, shift)| (Reverse((shift.abs() * 1e9) as u64), index));
    let shift =
        |(index, deviations): (usize, f64)| Shift { feature: made.names()[index].clone(), deviations };
    Ok(shifts.into_iter().take(SHIFTS).map(shift).collect())
}

fn some(features: &Features) -> String {
    features.names().iter().take(3).map(String::as_str).chain(["…"]).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
