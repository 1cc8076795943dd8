//! BigEarthNet: version 1 as patch folders with the published lists, version 2 as patch folders or an
//! LMDB with its metadata.
//!
//! | | version 1 | version 2 |
//! |---|---|---|
//! | labels | 43 classes from each patch's JSON, and the 19 they map to | 19 classes from the metadata |
//! | domain | cloudy if in the list of cloud and shadow, else clear | `contains_cloud_or_shadow` |
//! | snow | the list of seasonal snow; left out | `contains_seasonal_snow`; left out |
//! | split | train, val, test lists | `split` |
//! | Sentinel-1 | the folder whose JSON names the patch | `s1_name`, in the LMDB or the folders |
//!
//! Without lists or metadata, domains follow from masks and splits from places, as for any scene.
//!
//! A place is a tile. The official splits of both versions divide tiles, so where they apply a place
//! is a tile in one split (`T33UUP/train`): no place is in two, though neighbours may be. Listed
//! patches without an official split (version 1's cloudy ones) go to the split of their tile's name.

mod facts;
mod lmdb;
mod pixels;
mod tree;

use std::path::{Path, PathBuf};

use facts::{Facts, Register};
use pixels::{Pixels, Radar};

use super::scenes::subject;
use super::subject::{Plan, Subject};
use super::{Opened, PrepareConfig, Source, SourceConfig, SourceKind};
use crate::bands::Level;
use crate::patches::labels::{encode_43, to_19};
use crate::patches::{Domain, Error, Result};
use crate::raster::{PatchMetadata, patch_metadata, place_of, stated_place};

/// The data's licence and whom to name.
const LICENCE: (&str, &str) = (
    "CDLA-Permissive-1.0",
    "BigEarthNet (BIFOLD and TU Berlin, bigearth.net); contains modified Copernicus Sentinel data 2017-2018",
);

/// A BigEarthNet data set.
struct BigEarthNet<'a> {
    config: &'a SourceConfig,
    prepare: &'a PrepareConfig,
    pixels: Pixels,
    register: Register,
    radar: Radar,
}

/// Finds the patches of a data set, its lists or metadata, and its radar.
///
/// # Errors
/// [`Error::Source`] where there is no patch, or a list or the metadata cannot be read.
pub(super) fn open<'a>(config: &'a SourceConfig, prepare: &'a PrepareConfig) -> Result<Box<dyn Source + 'a>> {
    if config.masks.is_some() || config.references.is_some() {
        let problem = "BigEarthNet patches are masked by a method, and have no other day";
        return Err(Error::option("--masks", problem));
    }
    let pixels = Pixels::find(config)?;
    let places = list_places(config);
    let register = match config.kind {
        SourceKind::BigearthnetV1 => Register::of_lists(&places)?,
        _ => Register::of_metadata(&places)?,
    };
    if let Some(folder) = config.lists.as_ref().filter(|_| register.is_empty()) {
        let expected = match config.kind {
            SourceKind::BigearthnetV1 => "train.csv, patches_with_cloud_and_shadow.csv and the like",
            _ => "metadata.parquet",
        };
        return Err(Error::option("--lists", format!("there is no {expected} in {}", folder.display())));
    }
    let radar = Radar::find(config, &pixels)?;
    Ok(Box::new(BigEarthNet { config, prepare, pixels, register, radar }))
}

/// Where lists and metadata may be: where the analyst says, else with the patches or above them.
fn list_places(config: &SourceConfig) -> Vec<PathBuf> {
    if let Some(folder) = &config.lists {
        return vec![folder.clone()];
    }
    let full = config.path.canonicalize().unwrap_or_else(|_| config.path.clone());
    let with_lists = |folder: &Path| [folder.to_owned(), folder.join("lists")];
    full.ancestors().take(3).flat_map(with_lists).collect()
}

impl Source for BigEarthNet<'_> {
    fn len(&self) -> usize {
        self.pixels.len()
    }

    fn level(&self) -> Result<Level> {
        Ok(Level::L2A)
    }

    fn open(&self, index: usize, plan: &Plan<'_>) -> Result<Opened> {
        let name = self.pixels.name(index);
        let facts = self.register.of(name);
        if facts.snow && !self.config.keep_snow {
            return Ok(Opened::Snow);
        }
        let scene = self.pixels.open(index, &self.config.scene)?;
        let metadata = match self.pixels.folder(index) {
            Some(folder) => patch_metadata(folder)?,
            None => None,
        };
        let s1 = self.radar.open(name, facts, &self.pixels, index)?;
        let base = SourceConfig { s1: None, ..self.config.clone() };
        let mut subject = subject(scene, &base, None, plan)?;
        subject.s1 = s1;
        label(&mut subject, facts, metadata.as_ref())?;
        self.put_in_split(&mut subject, name, facts, metadata.as_ref());
        subject.domain = subject
            .domain
            .or_else(|| facts.cloudy.map(|cloudy| if cloudy { Domain::Cloudy } else { Domain::Clear }));
        Ok(Opened::Subject(Box::new(subject)))
    }

    fn split_rule(&self) -> Option<String> {
        self.register
            .has_splits
            .then(|| format!("the official split of {}, which divides tiles by patches", self.config.kind))
    }

    fn licence(&self) -> Option<(&'static str, &'static str)> {
        Some(LICENCE)
    }
}

impl BigEarthNet<'_> {
    /// Place and split as the module's documentation says.
    fn put_in_split(
        &self,
        subject: &mut Subject,
        name: &str,
        facts: &Facts,
        metadata: Option<&PatchMetadata>,
    ) {
        if self.config.place.is_none() {
            let product = metadata.and_then(|metadata| metadata.tile_source.as_deref());
            subject.place = product
                .and_then(stated_place)
                .or_else(|| stated_place(name))
                .unwrap_or_else(|| place_of(Path::new(name)));
        }
        if self.register.has_splits && self.config.split.is_none() {
            let split = facts.split.unwrap_or_else(|| self.prepare.split.split_of(&subject.place));
            subject.place = format!("{}/{split}", subject.place);
            subject.split = Some(split);
        }
    }
}

/// Labels of the metadata, or of the patch's own label file.
fn label(subject: &mut Subject, facts: &Facts, metadata: Option<&PatchMetadata>) -> Result<()> {
    subject.labels_19 = facts.labels_19;
    let names = metadata.map(|metadata| metadata.labels.as_slice()).unwrap_or_default();
    if !names.is_empty() {
        let flags = encode_43(names.iter().map(String::as_str)).map_err(|name| {
            let problem = format!("its label \"{name}\" is none of the 43 classes");
            Error::source(&subject.scene.path, problem)
        })?;
        subject.labels_43 = Some(flags);
        subject.labels_19 = subject.labels_19.or_else(|| Some(to_19(&flags)));
    }
    Ok(())
}
