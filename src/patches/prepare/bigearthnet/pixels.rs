//! Where the pixels of BigEarthNet's patches are: patch folders, or a database of safetensors.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::facts::Facts;
use super::lmdb::Lmdb;
use super::tree::{Satellite, by_name, patches};
use crate::bands::{Band, Level};
use crate::patches::prepare::{SourceConfig, SourceKind};
use crate::patches::tensors::{Dtype, Tensor, read_header};
use crate::patches::{Error, Result};
use crate::raster::{self, MemoryBand, Samples, Scene, SceneOptions, patch_metadata};

/// The Sentinel-2 patches of a data set, in the order of their names.
pub(super) enum Pixels {
    /// Patch folders.
    Folders(Vec<(String, PathBuf)>),
    /// Keys of a database.
    Database { lmdb: Lmdb, path: PathBuf, keys: Vec<String> },
}

impl Pixels {
    /// Finds the patches of a source.
    ///
    /// # Errors
    /// [`Error::Source`] where there is none.
    pub(super) fn find(config: &SourceConfig) -> Result<Self> {
        if !config.path.exists() {
            return Err(raster::Error::NotFound(config.path.clone()).into());
        }
        let pixels = match database_in(&config.path) {
            Some(path) if config.kind == SourceKind::BigearthnetV2 => {
                let lmdb = Lmdb::open(&path)?;
                let keys = lmdb.keys("S2")?;
                Self::Database { lmdb, path, keys }
            }
            _ if config.path.is_dir() => Self::Folders(patches(&config.path, Satellite::Sentinel2)?),
            _ => Self::Folders(Vec::new()),
        };
        if pixels.len() > 0 {
            return Ok(pixels);
        }
        Err(Error::source(
            &config.path,
            format!(
                "there is no patch of {} here; expected folders named S2A_MSIL2A_…_COLUMN_ROW, directly or in a folder a scene{}",
                config.kind,
                if config.kind == SourceKind::BigearthnetV2 { ", or an LMDB (data.mdb)" } else { "" }
            ),
        ))
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Folders(folders) => folders.len(),
            Self::Database { keys, .. } => keys.len(),
        }
    }

    pub(super) fn name(&self, index: usize) -> &str {
        match self {
            Self::Folders(folders) => &folders[index].0,
            Self::Database { keys, .. } => &keys[index],
        }
    }

    /// The patch's folder, where it has one.
    pub(super) fn folder(&self, index: usize) -> Option<&Path> {
        match self {
            Self::Folders(folders) => Some(&folders[index].1),
            Self::Database { .. } => None,
        }
    }

    /// A patch as a scene.
    ///
    /// # Errors
    /// What is wrong with its files or its value.
    pub(super) fn open(&self, index: usize, options: &SceneOptions) -> Result<Scene> {
        match self {
            Self::Folders(folders) => Ok(raster::open(&folders[index].1, options)?),
            Self::Database { lmdb, path, keys } => {
                scene_of_value(lmdb, path, &keys[index], Some(Level::L2A), Band::is_optical)
            }
        }
    }
}

/// The database that a path is or holds: the file itself, `data.mdb` in the folder or in one of its
/// folders.
fn database_in(path: &Path) -> Option<PathBuf> {
    if path.is_file() {
        return Some(path.to_owned());
    }
    let holds = |folder: &Path| folder.join("data.mdb").is_file();
    if holds(path) {
        return Some(path.to_owned());
    }
    let mut folders: Vec<_> = std::fs::read_dir(path)
        .ok()?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| holds(path))
        .collect();
    folders.sort();
    folders.into_iter().next()
}

/// A database's value as a scene in memory: safetensors of one tensor a band, named after it.
fn scene_of_value(
    lmdb: &Lmdb,
    path: &Path,
    key: &str,
    level: Option<Level>,
    wanted: fn(Band) -> bool,
) -> Result<Scene> {
    let name = path.join(key);
    let wrong = |problem: String| Error::source(&name, format!("the patch is damaged: {problem}"));
    let value = lmdb.get(key)?.ok_or_else(|| wrong("the database has no such key".into()))?;
    let mut bands = Vec::new();
    for (tensor_name, tensor) in read_header(value).map_err(wrong)? {
        let Some(band) = tensor_name.parse().ok().filter(|&band| wanted(band)) else { continue };
        bands.push(band_of(band, &tensor, value).map_err(wrong)?);
    }
    bands.sort_by_key(|band| band.band);
    Ok(Scene::in_memory(&name, level, bands)?)
}

fn band_of(band: Band, tensor: &Tensor, value: &[u8]) -> std::result::Result<MemoryBand, String> {
    let &[height, width] = &tensor.shape[..] else {
        return Err(format!("{band} has the shape {:?}; expected two sides", tensor.shape));
    };
    // Values begin anywhere in a database, so they are copied out byte by byte.
    let bytes = &value[tensor.bytes.clone()];
    let samples = match tensor.dtype {
        Dtype::U16 => Samples::U16(bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect()),
        Dtype::F32 => Samples::F32(
            bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
        ),
        other => return Err(format!("{band} is of type {other}; expected U16 or F32")),
    };
    Ok(MemoryBand { band, size: (width, height), samples })
}

/// Where the Sentinel-1 patches are.
pub(super) enum Radar {
    None,
    /// Folders, by the name of the Sentinel-2 patch (version 1).
    ByOptical(HashMap<String, PathBuf>),
    /// Folders, by their own name (version 2).
    ByName(HashMap<String, PathBuf>),
    /// In the same database.
    Database,
}

impl Radar {
    /// Finds the Sentinel-1 patches that belong to a source.
    ///
    /// # Errors
    /// A folder that was named and is not there; label files that cannot be read.
    pub(super) fn find(config: &SourceConfig, pixels: &Pixels) -> Result<Self> {
        if let (Pixels::Database { .. }, None) = (pixels, &config.s1) {
            return Ok(Self::Database);
        }
        let full = config.path.canonicalize().unwrap_or_else(|_| config.path.clone());
        let beside = || {
            let places = full.ancestors().take(2).map(|folder| folder.join("BigEarthNet-S1"));
            places.into_iter().find(|folder| folder.is_dir())
        };
        let Some(root) = config.s1.clone().or_else(beside) else { return Ok(Self::None) };
        let folders = by_name(&root, Satellite::Sentinel1)?;
        if config.kind == SourceKind::BigearthnetV2 {
            return Ok(Self::ByName(folders));
        }
        let by_optical = |(_, folder): (String, PathBuf)| {
            let optical = patch_metadata(&folder)?.and_then(|metadata| metadata.corresponding_s2_patch);
            Ok(optical.map(|name| (name, folder)))
        };
        let found: Vec<_> = folders.into_par_iter().map(by_optical).collect::<Result<Vec<_>>>()?;
        Ok(Self::ByOptical(found.into_iter().flatten().collect()))
    }

    /// The radar image of a patch, where there is one. A version 1 patch may also have it in its own
    /// folder, as `NAME_S1.tif`.
    ///
    /// # Errors
    /// What is wrong with its files or its value.
    pub(super) fn open(
        &self,
        name: &str,
        facts: &Facts,
        pixels: &Pixels,
        index: usize,
    ) -> Result<Option<(Scene, [usize; 2])>> {
        let own = pixels.folder(index).map(|folder| folder.join(format!("{name}_S1.tif")));
        if let Some(path) = own.filter(|path| path.is_file()) {
            return Ok(Some(raster::open_s1(&path)?));
        }
        let stated = facts.s1.as_deref();
        match (self, pixels, stated) {
            (Self::ByOptical(folders), ..) => {
                Ok(folders.get(name).map(|folder| raster::open_s1(folder)).transpose()?)
            }
            (Self::ByName(folders), _, Some(s1)) => {
                Ok(folders.get(s1).map(|folder| raster::open_s1(folder)).transpose()?)
            }
            (Self::Database, Pixels::Database { lmdb, path, .. }, Some(s1)) if lmdb.get(s1)?.is_some() => {
                let scene = scene_of_value(lmdb, path, s1, None, |band| !band.is_optical())?;
                let found = scene.indices_of(&[Band::VV, Band::VH], "Sentinel-1 patches")?;
                Ok(Some((scene, [found[0], found[1]])))
            }
            _ => Ok(None),
        }
    }
}
