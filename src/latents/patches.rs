//! Cloudy patches of a store as subjects.

use super::Subject;
use crate::fill::fill_planes;
use crate::mask::{self, INVALID, Mask, MaskConfig};
use crate::networks::Model;
use crate::patches::{Domain, QUANTIFICATION, Result, Store};
use crate::random::Stream;
use crate::raster::Plane;

/// Up to `count` cloudy patches of a store under their own masks, the same for the same seed, at most
/// evenly many a place.
///
/// # Errors
/// Where the store's bands or level are not the model's.
pub fn of_store(store: &Store, model: &Model, count: usize, seed: u64) -> Result<Vec<Subject>> {
    store.check_fits(&model.config.bands, model.config.level)?;
    let mut rows: Vec<usize> = (0..store.len()).filter(|&row| store.kind(row).0 == Domain::Cloudy).collect();
    Stream::new(seed, 0, "latent/patches").shuffle(&mut rows);
    // The first of each place, then the second of each.
    let turn = |index: usize| {
        let place = store.kind(rows[index]).2;
        rows[..index].iter().filter(|&&row| store.kind(row).2 == place).count()
    };
    let mut order: Vec<(usize, usize)> = (0..rows.len()).map(|index| (turn(index), index)).collect();
    order.sort_unstable();
    Ok(order.into_iter().take(count).map(|(_, index)| subject(store, model, rows[index])).collect())
}

fn subject(store: &Store, model: &Model, row: usize) -> Subject {
    let (bands, side) = store.shape();
    let patch = store.row(row);
    let reflectance = |&dn: &u16| if dn == 0 { f32::NAN } else { f32::from(dn) / QUANTIFICATION };
    let planes: Vec<_> = (0..bands)
        .map(|band| &patch.pixels[band * side * side..(band + 1) * side * side])
        .map(|pixels| Plane::from_vec(side, side, pixels.iter().map(reflectance).collect()))
        .collect();
    let codes = Plane::from_vec(side, side, patch.mask.to_vec());
    debug_assert!(codes.data.iter().all(|&code| code <= 2 || code == INVALID));
    let config = MaskConfig::default();
    let alpha = mask::alpha(&Mask { codes, source: "store".into() }, config.dilation_px(), config.feather_px);
    let context = fill_planes(&planes, &model.config.bands, Some(model.config.level), &alpha);
    Subject::of_planes(&model.config.bands, planes, context, alpha.0)
}
