//! Scenes and pairs of scenes on disk.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::subject::{Plan, Subject, unknown_level};
use super::{Opened, Source, SourceConfig};
use crate::bands::Level;
use crate::mask::MaskConfig;
use crate::patches::{Domain, Error, Result};
use crate::raster::{self, Pair, Scene, file_names, find_pairs, is_pairs, place_of, scene_name};

/// Extensions of files that may be scenes; what they hold is known by content.
const EXTENSIONS: [&str; 4] = ["tif", "tiff", "jp2", "zip"];

/// One scene, or those in a folder.
pub(super) struct Scenes<'a> {
    config: &'a SourceConfig,
    /// In the order of their names.
    paths: Vec<PathBuf>,
}

impl<'a> Scenes<'a> {
    /// Finds the scenes of a source without opening them.
    ///
    /// # Errors
    /// [`Error::Source`] where there is none; what is wrong with a path that is no folder.
    pub(super) fn list(config: &'a SourceConfig) -> Result<Self> {
        let path = &config.path;
        let paths = match raster::open(path, &config.scene) {
            Ok(_) => vec![path.clone()],
            Err(raster::Error::NotAScene { .. }) if path.is_dir() => inside(path)?,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { config, paths })
    }
}

/// What may be a scene directly in a folder.
fn inside(folder: &Path) -> Result<Vec<PathBuf>> {
    if is_pairs(folder) {
        return Err(Error::source(
            folder,
            "the folder has cloudy/ and clear/; give --pairs if they hold the same scenes, else give each folder with --domain",
        ));
    }
    let names: BTreeSet<String> = file_names(folder)?;
    let may_be = |path: &PathBuf| {
        let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        path.is_dir() || extension.is_some_and(|own| EXTENSIONS.contains(&own.as_str()))
    };
    let paths: Vec<_> = names.iter().map(|name| folder.join(name)).filter(may_be).collect();
    if paths.is_empty() {
        return Err(Error::source(
            folder,
            "there is no scene in this folder; expected GeoTIFF files, products or folders of band files directly in it",
        ));
    }
    Ok(paths)
}

impl Source for Scenes<'_> {
    fn len(&self) -> usize {
        self.paths.len()
    }

    fn level(&self) -> Result<Level> {
        for path in &self.paths {
            if let Some(scene) = open_or_skip(path, self.config)? {
                return scene.level.ok_or_else(|| unknown_level(&scene));
            }
        }
        Err(Error::source(&self.config.path, "none of the folders in this folder is a scene"))
    }

    fn open(&self, index: usize, plan: &Plan<'_>) -> Result<Opened> {
        let path = &self.paths[index];
        let Some(scene) = open_or_skip(path, self.config)? else {
            return Ok(Opened::NoScene(format!("left out, since it is no scene: {}", path.display())));
        };
        let name = file_name(path);
        let mask = match &self.config.masks {
            Some(masks) => Some(companion(masks, &name, "--masks", "mask")?),
            None => None,
        };
        subject(scene, self.config, mask, plan).map(|subject| Opened::Subject(Box::new(subject)))
    }
}

/// Opens a scene; a folder among others that no reader knows is none, a file must be one.
fn open_or_skip(path: &Path, config: &SourceConfig) -> Result<Option<Scene>> {
    match raster::open(path, &config.scene) {
        Ok(scene) => Ok(Some(scene)),
        Err(raster::Error::NotAScene { .. }) if path.is_dir() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Pairs of scenes.
pub(super) struct Pairs<'a> {
    config: &'a SourceConfig,
    pairs: Vec<Pair>,
}

impl<'a> Pairs<'a> {
    /// Finds the pairs of a source.
    ///
    /// # Errors
    /// [`raster::Error::Pairs`].
    pub(super) fn list(config: &'a SourceConfig) -> Result<Self> {
        if let Some(domain) = config.domain {
            let problem = format!("{domain} cannot be said of pairs, which have a clear and a cloudy side");
            return Err(Error::option("--domain", problem));
        }
        Ok(Self { config, pairs: find_pairs(&config.path)? })
    }

    /// The folders of the masks of the cloudy and of the clear days: `cloudy/` and `clear/` in the
    /// one that was given, or itself for the cloudy days only.
    fn masks(&self) -> [Option<PathBuf>; 2] {
        match &self.config.masks {
            None => [None, None],
            Some(masks) if is_pairs(masks) => [Some(masks.join("cloudy")), Some(masks.join("clear"))],
            Some(masks) => [Some(masks.clone()), None],
        }
    }
}

impl Source for Pairs<'_> {
    fn len(&self) -> usize {
        self.pairs.len()
    }

    fn level(&self) -> Result<Level> {
        let scene = raster::open(&self.pairs[0].cloudy, &self.config.scene)?;
        scene.level.ok_or_else(|| unknown_level(&scene))
    }

    fn open(&self, index: usize, plan: &Plan<'_>) -> Result<Opened> {
        let pair = &self.pairs[index];
        let side = |path: &Path, masks: &Option<PathBuf>, domain| {
            let scene = raster::open(path, &self.config.scene)?;
            let mask = masks
                .as_ref()
                .map(|folder| companion(folder, &pair.file_name, "--masks", "mask"))
                .transpose()?;
            let subject = subject(scene, self.config, mask, plan)?;
            Ok::<_, Error>(Subject { domain: Some(domain), ..subject })
        };
        let [cloudy_masks, clear_masks] = self.masks();
        let clear = side(&pair.clear, &clear_masks, Domain::Clear)?;
        let mut cloudy = side(&pair.cloudy, &cloudy_masks, Domain::Cloudy)?;
        cloudy.pair = Some(Box::new(clear));
        Ok(Opened::Subject(Box::new(cloudy)))
    }
}

/// A scene with all that the source's configuration says of it.
pub(super) fn subject(
    scene: Scene,
    config: &SourceConfig,
    mask: Option<PathBuf>,
    plan: &Plan<'_>,
) -> Result<Subject> {
    scene.refuse_made()?;
    let name = file_name(&scene.path);
    let bands = plan.bands_in(&scene)?;
    let s1 = match &config.s1 {
        None => None,
        Some(folder) => Some(raster::open_s1(&companion(folder, &name, "--s1", "Sentinel-1 image")?)?),
    };
    let reference = match &config.references {
        None => None,
        Some(folder) => {
            let path = companion(folder, &name, "--references", "reference")?;
            let scene = raster::open(&path, &config.scene)?;
            let bands = plan.bands_in(&scene)?;
            Some((scene, bands))
        }
    };
    let mask_words = mask.as_ref().map(|path| {
        let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
        let band = config.mask_band.map_or_else(String::new, |band| format!(", band {band}"));
        format!("files of {folder}/ (values: {}{band})", config.mask_classes)
    });
    let own = MaskConfig {
        file: mask,
        band: config.mask_band,
        classes: config.mask_classes.clone(),
        ..plan.config.mask.clone()
    };
    Ok(Subject {
        place: config.place.clone().unwrap_or_else(|| place_of(&scene.path)),
        scene,
        bands,
        mask: own,
        mask_words,
        domain: config.domain,
        split: config.split,
        labels_43: None,
        labels_19: None,
        s1,
        reference,
        pair: None,
    })
}

/// The file that belongs to a scene in a folder of companions: of the same name, or of the same name
/// as a GeoTIFF.
fn companion(folder: &Path, name: &str, option: &'static str, what: &str) -> Result<PathBuf> {
    let plain = scene_name(name);
    let names = [name.to_owned(), format!("{plain}.tif"), format!("{plain}.tiff"), plain.to_owned()];
    names.iter().map(|name| folder.join(name)).find(|path| path.exists()).ok_or_else(|| {
        let problem = format!(
            "there is no {what} {}; expected one for every scene, of the same name",
            folder.join(name).display()
        );
        Error::option(option, problem)
    })
}

/// The name of a scene, even where it was given as `.`.
fn file_name(path: &Path) -> String {
    let full = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    full.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
