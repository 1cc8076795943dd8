//! The patch stores of a training as one: which rows there are, and who may be drawn beside whom.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Error, Result};
use crate::bands::{Band, Level};
use crate::mask::{self, Mask};
use crate::networks::Encoding;
use crate::patches::{Domain, QUANTIFICATION, Sampler, Split, Store};
use crate::random::{Stream, mix};
use crate::raster::Plane;

/// Pixels around cloud of another date that its land is not taken from either.
pub(super) const MARGIN_PX: u32 = 8;

/// A row of one of the stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowId {
    /// Which store.
    pub store: usize,
    /// Which of its rows.
    pub row: usize,
}

/// Several stores of the same bands and level. Their patches may differ in size: a training crops them.
#[derive(Debug, Clone)]
pub struct Dataset {
    stores: Arc<Vec<Store>>,
    /// A number for every place of every store; equal names have equal numbers.
    places: Vec<Vec<u64>>,
    /// For each store, the cloudy rows that are paired with a clear one.
    cloudy_of: Arc<Vec<HashMap<usize, Vec<usize>>>>,
}

/// Draws rows of one domain of the training split.
#[derive(Debug, Clone)]
pub struct Drawer {
    /// Each store that has such rows, with its share of the places.
    samplers: Vec<(usize, Sampler)>,
    weights: Vec<f64>,
}

/// A patch ready to be worked on.
#[derive(Debug, Clone)]
pub struct Patch {
    /// Where it is from.
    pub id: RowId,
    /// The number of its place.
    pub place: u64,
    /// Reflectance, a plane a band; NaN where nothing was measured.
    pub planes: Vec<Plane<f32>>,
    /// Codes of [`crate::mask`].
    pub codes: Plane<u8>,
    /// 1 for a band that was measured, 0 for one that its source lacks.
    pub measured: Vec<f32>,
}

impl Dataset {
    /// Opens stores and checks that they fit a model's bands and each other.
    ///
    /// # Errors
    /// What opening meets, and a store of other bands or level.
    pub fn open(folders: &[PathBuf], bands: &[Band], level: Level) -> Result<Self> {
        let stores = folders.iter().map(|folder| Store::open(folder)).collect::<Result<Vec<_>, _>>()?;
        for store in &stores {
            store.check_fits(bands, level)?;
        }
        if stores.is_empty() {
            return Err(Error::Stores { problem: "no patch store was given".into() });
        }
        let number = |name: &str| name.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte)));
        let places = stores
            .iter()
            .map(|store| store.manifest().places.iter().map(|place| number(&place.name)).collect())
            .collect();
        let cloudy_of = stores.iter().map(paired).collect();
        Ok(Self { stores: Arc::new(stores), places, cloudy_of: Arc::new(cloudy_of) })
    }

    /// The stores.
    #[must_use]
    pub fn stores(&self) -> &[Store] {
        &self.stores
    }

    /// Side of a store's patches in pixels.
    fn side(&self, store: usize) -> usize {
        self.stores[store].shape().1
    }

    /// One fingerprint for all stores.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let all: Vec<_> = self.stores.iter().map(|store| store.manifest().fingerprint.as_str()).collect();
        all.join("+")
    }

    /// The network range over the clear training pixels of all stores, each place counting the same.
    ///
    /// # Errors
    /// [`Error::Stores`] for a band that no clear training pixel was measured in.
    pub fn encoding(&self, bands: &[Band]) -> Result<Encoding> {
        let mut encoding = Encoding { mean: Vec::new(), std: Vec::new() };
        for &band in bands {
            let all = self.stores.iter().flat_map(|store| &store.manifest().statistics);
            let (mut weight, mut mean, mut square) = (0.0, 0.0, 0.0);
            for facts in all.filter(|facts| facts.band == band) {
                let places = facts.places as f64;
                weight += places;
                mean += places * facts.mean;
                square += places * (facts.std * facts.std + facts.mean * facts.mean);
            }
            if weight == 0.0 {
                return Err(Error::Stores {
                    problem: format!("no clear training pixel was measured in {band}; add a clear source"),
                });
            }
            let mean = mean / weight;
            encoding.mean.push(mean as f32);
            encoding.std.push((square / weight - mean * mean).max(1e-8).sqrt() as f32);
        }
        Ok(encoding)
    }

    /// A drawer of training rows of a domain.
    ///
    /// # Errors
    /// [`Error::Stores`] where no store has any.
    pub fn drawer(&self, domain: Domain) -> Result<Drawer> {
        let samplers: Vec<_> = self
            .stores
            .iter()
            .enumerate()
            .filter_map(|(index, store)| Some((index, Sampler::new(store, domain, Split::Train).ok()?)))
            .collect();
        if samplers.is_empty() {
            let kind = if domain == Domain::Clear { "clear" } else { "cloudy" };
            return Err(Error::Stores {
                problem: format!("there is no {kind} training patch; prepare a source with --domain {kind}"),
            });
        }
        let weights = samplers.iter().map(|(_, sampler)| sampler.places().count() as f64).collect();
        Ok(Drawer { samplers, weights })
    }

    /// The number of a row's place.
    #[must_use]
    pub fn place(&self, id: RowId) -> u64 {
        let (_, _, place) = self.stores[id.store].kind(id.row);
        self.places[id.store][place as usize]
    }

    /// Draws a row of a place that is not excluded, each place of all stores equally often; of any place where all are
    /// excluded.
    #[must_use]
    pub fn draw(&self, drawer: &Drawer, excluded: &[u64], stream: &mut Stream) -> RowId {
        let own = |store: usize| -> Vec<u32> {
            let places = (0_u32..).zip(&self.places[store]);
            places.filter(|(_, place)| excluded.contains(place)).map(|(id, _)| id).collect()
        };
        let taken: Vec<_> = match excluded {
            [] => vec![Vec::new(); drawer.samplers.len()],
            _ => drawer.samplers.iter().map(|(store, _)| own(*store)).collect(),
        };
        let free = drawer.samplers.iter().zip(&taken).map(|((_, sampler), own)| sampler.left(own) as f64);
        let free: Vec<f64> = free.collect();
        let weights = if free.iter().sum::<f64>() > 0.0 { &free } else { &drawer.weights };
        let index = stream.weighted(weights).unwrap_or(0);
        let (store, sampler) = &drawer.samplers[index];
        let row = sampler.draw_elsewhere(&taken[index], stream).unwrap_or_else(|| sampler.draw(stream));
        RowId { store: *store, row }
    }

    /// A patch in reflectance.
    #[must_use]
    pub fn patch(&self, id: RowId) -> Patch {
        let store = &self.stores[id.store];
        let (row, side) = (store.row(id.row), self.side(id.store));
        let planes = reflectance(row.pixels, side);
        let manifest = store.manifest();
        let missing = &manifest.places[row.place as usize].missing_bands;
        let measured =
            manifest.bands.iter().map(|band| f32::from(u8::from(!missing.contains(band)))).collect();
        let codes = Plane::from_vec(side, side, row.mask.to_vec());
        Patch { id, place: self.place(id), planes, codes, measured }
    }

    /// VV and VH of a row in dB, NaN where nothing was measured; none where it has no radar.
    #[must_use]
    pub fn s1(&self, id: RowId) -> Option<Vec<Plane<f32>>> {
        let side = self.side(id.store);
        let values = self.stores[id.store].row(id.row).s1?;
        Some(values.chunks_exact(side * side).map(|v| Plane::from_vec(side, side, v.to_vec())).collect())
    }

    /// Another date of a row's ground in reflectance, NaN where its land is not seen: the reference that the
    /// store holds for the row, else a date that a pair ties to the same ground, a clear one before cloudy ones,
    /// of which only the clear pixels count. Never an excluded row, so that no truth is its own reference.
    #[must_use]
    pub fn reference(&self, id: RowId, excluded: &[RowId], stream: &mut Stream) -> Option<Vec<Plane<f32>>> {
        let store = &self.stores[id.store];
        if let Some(stored) = store.row(id.row).reference {
            return Some(reflectance(stored, self.side(id.store)));
        }
        let clear = store.row(id.row).pair.unwrap_or(id.row);
        let may_be = |&row: &usize| row != id.row && !excluded.contains(&RowId { store: id.store, row });
        let other = if may_be(&clear) {
            clear
        } else {
            let cloudy = self.cloudy_of[id.store].get(&clear)?;
            let others: Vec<usize> = cloudy.iter().copied().filter(may_be).collect();
            *others.get(stream.below(others.len().max(1) as u64) as usize)?
        };
        Some(self.seen(RowId { store: id.store, row: other }))
    }

    /// A row's pixels away from cloud and shadow; the others are NaN.
    fn seen(&self, id: RowId) -> Vec<Plane<f32>> {
        let Patch { mut planes, codes, .. } = self.patch(id);
        let alpha = mask::alpha(&Mask { codes, source: String::new() }, MARGIN_PX, 0);
        for plane in &mut planes {
            for (value, &m) in plane.data.iter_mut().zip(&alpha.0.data) {
                if m > 0 {
                    *value = f32::NAN;
                }
            }
        }
        planes
    }

    /// Rows of the training split as `has` asks for them: whether there is one.
    #[must_use]
    pub fn has_training_row(&self, has: impl Fn(&Self, RowId) -> bool) -> bool {
        self.stores.iter().enumerate().any(|(store, rows)| {
            (0..rows.len()).any(|row| rows.kind(row).1 == Split::Train && has(self, RowId { store, row }))
        })
    }

    /// Whether another date of a row's ground can be had without drawing.
    #[must_use]
    pub fn has_reference(&self, id: RowId) -> bool {
        let row = self.stores[id.store].row(id.row);
        row.reference.is_some() || row.pair.is_some() || self.cloudy_of[id.store].contains_key(&id.row)
    }

    /// Rows of the validation split that have a partner: a cloudy patch and the same ground on a clear
    /// day.
    #[must_use]
    pub fn validation_pairs(&self) -> Vec<(RowId, RowId)> {
        let mut pairs = Vec::new();
        for (index, store) in self.stores.iter().enumerate() {
            for row in 0..store.len() {
                let (domain, split, _) = store.kind(row);
                if (domain, split) == (Domain::Cloudy, Split::Validation)
                    && let Some(pair) = store.row(row).pair
                {
                    pairs.push((RowId { store: index, row }, RowId { store: index, row: pair }));
                }
            }
        }
        pairs
    }
}

/// Stored numbers of a patch as reflectance, a plane a band; NaN where nothing was measured.
fn reflectance(numbers: &[u16], side: usize) -> Vec<Plane<f32>> {
    let one = |&number: &u16| {
        if number == 0 { f32::NAN } else { f32::from(number) / QUANTIFICATION }
    };
    let plane = |numbers: &[u16]| Plane::from_vec(side, side, numbers.iter().map(one).collect());
    numbers.chunks_exact(side * side).map(plane).collect()
}

/// The cloudy rows of a store by the clear row they are paired with.
fn paired(store: &Store) -> HashMap<usize, Vec<usize>> {
    let mut cloudy_of: HashMap<usize, Vec<usize>> = HashMap::new();
    for row in 0..store.len() {
        if let Some(clear) = store.pair(row) {
            cloudy_of.entry(clear).or_default().push(row);
        }
    }
    cloudy_of
}
