//! The labelled patches of a store: which there are, whose ground they show, and what they are labelled.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::networks::classifier::{ClassifierConfig, Nomenclature};
use crate::networks::{DataSource, Encoding};
use crate::patches::labels::{NAMES_19, names_43};
use crate::patches::{Domain, Split, Store};
use crate::training::{Error, Result};

/// Names of a nomenclature's classes, in order.
#[must_use]
pub fn class_names(labels: Nomenclature) -> Vec<String> {
    let names: &[&str] = match labels {
        Nomenclature::Of19 => &NAMES_19,
        Nomenclature::Of43 => &names_43(),
    };
    names.iter().map(|&name| name.to_owned()).collect()
}

/// A labelled patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Example {
    /// Its row in the store.
    pub row: usize,
    /// The store's split of its place.
    pub split: Split,
    /// Its ground, an index into [`Labelled::groups`].
    pub group: usize,
}

/// A store with what a classifier learns from: its clear patches with at least one class.
#[derive(Debug, Clone)]
pub struct Labelled {
    store: Arc<Store>,
    labels: Nomenclature,
    /// The patches, in the store's order.
    pub examples: Vec<Example>,
    /// Names of the grounds.
    pub groups: Vec<String>,
    /// Patches left out because there is cloud on them.
    pub cloudy: usize,
    /// Clear patches left out because they have no class of the nomenclature.
    pub unlabelled: usize,
}

impl Labelled {
    /// Opens a store and checks that it fits a network.
    ///
    /// # Errors
    /// What opening meets, other bands, level or patch size, and a store without labels of the nomenclature.
    pub fn open(folder: &Path, config: &ClassifierConfig) -> Result<Self> {
        let store = Store::open(folder)?;
        store.check_fits(&config.bands, config.level)?;
        let side = store.shape().1;
        if side != config.patch_px {
            return Err(stores(format!(
                "{} has patches of {side} pixels, the network is for {}; prepare it with --patch {}, or set network.patch_px = {side}",
                folder.display(),
                config.patch_px,
                config.patch_px
            )));
        }
        let mut new = Self {
            store: Arc::new(store),
            labels: config.labels,
            examples: Vec::new(),
            groups: Vec::new(),
            cloudy: 0,
            unlabelled: 0,
        };
        new.gather();
        if new.examples.is_empty() {
            return Err(stores(new.without_labels(folder)));
        }
        Ok(new)
    }

    fn gather(&mut self) {
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for row in 0..self.store.len() {
            let (domain, split, place) = self.store.kind(row);
            if domain == Domain::Cloudy {
                self.cloudy += 1;
                continue;
            }
            if !self.labels(row).contains(&1) {
                self.unlabelled += 1;
                continue;
            }
            let name = ground(&self.store.manifest().places[place as usize].name);
            let next = known.len();
            let group = *known.entry(name.to_owned()).or_insert(next);
            if group == next {
                self.groups.push(name.to_owned());
            }
            self.examples.push(Example { row, split, group });
        }
    }

    /// Why there is nothing to learn from.
    fn without_labels(&self, folder: &Path) -> String {
        let other = (0..self.store.len()).any(|row| self.store.row(row).labels_19.is_some());
        let advice = if self.labels == Nomenclature::Of43 && other {
            "it has labels of 19 classes; use --labels 19"
        } else {
            "prepare one with --preset bigearthnet-v1 or bigearthnet-v2"
        };
        format!("{} has no clear patch with labels of {}; {advice}", folder.display(), self.labels)
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Zeros and ones of a row, a number a class; nothing where the source says nothing.
    #[must_use]
    pub fn labels(&self, row: usize) -> &[u8] {
        let row = self.store.row(row);
        match self.labels {
            Nomenclature::Of19 => row.labels_19,
            Nomenclature::Of43 => row.labels_43,
        }
        .unwrap_or(&[])
    }

    /// Names of the classes, in order.
    #[must_use]
    pub fn class_names(&self) -> Vec<String> {
        class_names(self.labels)
    }

    /// Labels of several rows, `[rows · classes]`.
    #[must_use]
    pub fn truth(&self, rows: &[usize]) -> Vec<u8> {
        rows.iter().flat_map(|&row| self.labels(row).iter().copied()).collect()
    }

    /// Rows of a split.
    ///
    /// # Errors
    /// [`Error::Stores`] where it has none.
    pub fn rows(&self, split: Split) -> Result<Vec<usize>> {
        let own = self.examples.iter().filter(|example| example.split == split);
        let rows: Vec<usize> = own.map(|example| example.row).collect();
        if rows.is_empty() {
            let purpose = match split {
                Split::Train => "to learn from",
                Split::Validation => "to choose thresholds and the best step by",
                Split::Test => "to measure on",
            };
            return Err(stores(format!(
                "{} has no labelled {split} patch {purpose}; prepare one with --split {split}, or cross-validate with --folds",
                self.store.folder().display()
            )));
        }
        Ok(rows)
    }

    /// The network's range: mean and standard deviation of √ρ over the measured pixels of some rows, each row
    /// counting the same.
    #[must_use]
    pub fn encoding(&self, rows: &[usize]) -> Encoding {
        let (bands, side) = self.store.shape();
        let mut sums = vec![(0.0_f64, 0.0_f64, 0.0_f64); bands];
        for &row in rows {
            for (sum, plane) in sums.iter_mut().zip(self.store.row(row).pixels.chunks_exact(side * side)) {
                let measured = plane.iter().filter(|&&number| number != 0);
                let (mut count, mut root, mut total) = (0.0, 0.0, 0.0);
                for &number in measured {
                    let reflectance = f64::from(number) / f64::from(crate::patches::QUANTIFICATION);
                    (count, root, total) = (count + 1.0, root + reflectance.sqrt(), total + reflectance);
                }
                if count > 0.0 {
                    *sum = (sum.0 + 1.0, sum.1 + root / count, sum.2 + total / count);
                }
            }
        }
        let mut encoding = Encoding { mean: Vec::new(), std: Vec::new() };
        for (rows, root, total) in sums {
            let mean = root / rows.max(1.0);
            encoding.mean.push(mean as f32);
            encoding.std.push((total / rows.max(1.0) - mean * mean).max(1e-8).sqrt() as f32);
        }
        encoding
    }

    /// The data with their licences, as a model file states them.
    #[must_use]
    pub fn sources(&self) -> Vec<DataSource> {
        let sources = self.store.manifest().sources.iter();
        sources
            .map(|source| DataSource {
                name: source.name.clone(),
                licence: source.licence.clone().unwrap_or_default(),
                attribution: source.attribution.clone(),
                patches: source.rows as u64,
            })
            .collect()
    }
}

/// The ground of a place: `BigEarthNet`'s official splits cut tiles in three, and name each part after its split.
fn ground(place: &str) -> &str {
    let parts = Split::ALL.iter().find_map(|split| place.strip_suffix(&format!("/{split}")));
    parts.unwrap_or(place)
}

pub(super) fn stores(problem: String) -> Error {
    Error::Stores { problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_tile_are_one_ground() {
        assert_eq!(ground("T33UUP/train"), "T33UUP");
        assert_eq!(ground("T33UUP/validation"), "T33UUP");
        assert_eq!(ground("T33UUP"), "T33UUP");
        assert_eq!(ground("a/test/b"), "a/test/b");
    }
}
