//! Land-cover labels of a scene, and of a declouded scene beside it.
//!
//! The scene is cut into tiles of the classifier's patch size. Each tile has a probability a class; over the scene
//! they are averaged, and a tile counts only where at least half of it was measured. [`LabelCheck`] does the same to the
//! images of an evaluation.

mod agreement;
mod check;
mod fits;
mod tiles;

use std::path::Path;

use burn::tensor::Device;
use serde::Serialize;

use crate::bands::Band;
use crate::networks::classifier::Classifier;
use crate::networks::classifier::file::{self, Loaded};
use crate::networks::file::FileError;
use crate::progress::Monitor;
use crate::raster::{self, Plane, Scene};

pub use agreement::Agreement;
pub use check::LabelCheck;
pub use fits::About;
pub use tiles::{Tile, VALID_LEAST};

/// Macro average precision below which labels are a demonstration only.
pub const TRUSTED_AP: f64 = 0.5;

/// Why a scene has no labels.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A scene could not be read.
    #[error(transparent)]
    Raster(#[from] raster::Error),
    /// The classifier's file.
    #[error(transparent)]
    Model(#[from] FileError),
    /// The scene and the classifier, or the two scenes, do not fit.
    #[error("{option}: {problem}")]
    Misfit {
        /// The option at fault.
        option: &'static str,
        /// What was expected and found, and what to do.
        problem: String,
    },
}

/// A classifier, and under which name it is reported.
#[derive(Debug)]
pub struct Labeller {
    classifier: Classifier,
    sha256: String,
    name: String,
    device: Device,
}

/// A class over a scene.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassLabel {
    /// Its name.
    pub name: String,
    /// Mean of the valid tiles' probabilities.
    pub mean_probability: f64,
    /// Greatest of the valid tiles' probabilities.
    pub most_probability: f64,
    /// Part of the valid tiles that are said to show it.
    pub tiles: f64,
    /// Training patches that showed it.
    pub examples: u64,
}

/// A scene's labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SceneLabels {
    /// The scene's name.
    pub scene: String,
    /// Every class, those of most tiles first.
    pub classes: Vec<ClassLabel>,
    /// Every tile, row by row.
    pub tiles: Vec<Tile>,
    /// Tiles at least half of which was measured.
    pub valid_tiles: usize,
}

/// Everything that is said of a scene, and of a result beside it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Labels {
    /// File name of the classifier.
    pub model: String,
    /// SHA-256 of its file.
    pub model_sha256: String,
    /// Macro average precision at places that it had never seen, where that was measured.
    pub held_out_macro_ap: Option<f64>,
    /// Whether the labels show how the program works rather than what is on the ground.
    pub demonstration: bool,
    /// Why, and what else was let pass.
    pub reasons: Vec<String>,
    /// The scene.
    pub before: SceneLabels,
    /// The result.
    pub after: Option<SceneLabels>,
    /// How far the two agree.
    pub agreement: Option<Agreement>,
}

impl Labeller {
    /// Reads a classifier; without a path the shipped one.
    ///
    /// # Errors
    /// [`Error::Model`], and a classifier of other classes than this program knows.
    pub fn open(path: Option<&Path>, device: &Device) -> Result<Self, Error> {
        let shown = path.unwrap_or(Path::new(SHIPPED_NAME));
        let Loaded { classifier, sha256 } = match path {
            Some(path) => file::load(path, device)?,
            None => file::parse(SHIPPED, shown, device)?,
        };
        fits::nomenclature(&classifier, shown)?;
        let name = shown.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { classifier, sha256, name, device: device.clone() })
    }

    /// Labels a scene, and a result of the same ground.
    ///
    /// # Errors
    /// A scene without a band of the classifier; of another level or pixel size, unless `force`; two scenes on
    /// different grids; what reading meets; cancelled work.
    pub fn label(
        &self,
        scene: &Scene,
        result: Option<&Scene>,
        force: bool,
        monitor: &dyn Monitor,
    ) -> Result<Labels, Error> {
        let mut reasons = fits::model(&self.classifier);
        reasons.extend(fits::image(&self.classifier, &self.name, &About::scene(scene), force)?);
        if let Some(result) = result {
            let more = fits::image(&self.classifier, &self.name, &About::scene(result), force)?;
            reasons.extend(more.into_iter().filter(|reason| !reasons.contains(reason)).collect::<Vec<_>>());
            fits::same_ground(scene, result)?;
        }
        let before = self.scene(scene, monitor)?;
        let after = result.map(|result| self.scene(result, monitor)).transpose()?;
        let agreement = after.as_ref().map(|after| Agreement::of(&before.tiles, &after.tiles));
        Ok(Labels {
            model: self.name.clone(),
            model_sha256: self.sha256.clone(),
            held_out_macro_ap: self.classifier.info.held_out(),
            demonstration: !reasons.is_empty(),
            reasons,
            before,
            after,
            agreement,
        })
    }

    /// File name of the classifier.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of its file.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Names of its classes, in the order of its probabilities.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.classifier.classes
    }

    /// Side of its tiles in pixels.
    #[must_use]
    pub fn side_px(&self) -> usize {
        self.classifier.config.patch_px
    }

    /// Why its labels of such images are a demonstration; none where they are to be trusted.
    ///
    /// # Errors
    /// An image without a band of the classifier; of another level or pixel size, unless `force`.
    pub fn reasons(&self, about: &About, force: bool) -> Result<Vec<String>, Error> {
        let mut reasons = fits::model(&self.classifier);
        reasons.extend(fits::image(&self.classifier, &self.name, about, force)?);
        Ok(reasons)
    }

    /// Tiles of an image in memory (reflectance, a plane a band, NaN where nothing was measured), begun every `step`
    /// pixels and at its far edges, row by row.
    ///
    /// # Panics
    /// Where the image lacks a band of the classifier, which [`Labeller::reasons`] refuses.
    #[must_use]
    pub fn tiles(&self, bands: &[Band], image: &[Plane<f32>], step: usize) -> Vec<Tile> {
        tiles::of_image(&self.classifier, bands, image, step, &self.device)
    }

    /// The classes that are said to be there, by index, ascending.
    #[must_use]
    pub fn said(&self, probabilities: &[f32]) -> Vec<usize> {
        tiles::said(&self.classifier, probabilities)
    }

    fn scene(&self, scene: &Scene, monitor: &dyn Monitor) -> Result<SceneLabels, Error> {
        let tiles = tiles::all(&self.classifier, scene, &self.device, monitor)?;
        let valid: Vec<&Tile> = tiles.iter().filter(|tile| tile.is_valid()).collect();
        let count = valid.len().max(1) as f64;
        let class = |(index, name): (usize, &String)| {
            let own = valid.iter().map(|tile| f64::from(tile.probabilities[index]));
            ClassLabel {
                name: name.clone(),
                mean_probability: own.clone().sum::<f64>() / count,
                most_probability: own.fold(0.0, f64::max),
                tiles: valid.iter().filter(|tile| tile.labels.contains(&index)).count() as f64 / count,
                examples: self.classifier.info.examples.get(index).copied().unwrap_or(0),
            }
        };
        let mut classes: Vec<ClassLabel> = self.classifier.classes.iter().enumerate().map(class).collect();
        classes.sort_by(|a, b| {
            b.tiles.total_cmp(&a.tiles).then(b.mean_probability.total_cmp(&a.mean_probability))
        });
        let valid_tiles = valid.len();
        Ok(SceneLabels { scene: shown(&scene.path), classes, valid_tiles, tiles })
    }
}

/// A path's last part.
fn shown(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The classifier that the program brings: L2A, 19 classes (`assets/models/README.md`).
const SHIPPED: &[u8] = include_bytes!("../../../assets/models/land-cover-19.safetensors");
/// Its name in reports.
const SHIPPED_NAME: &str = "land-cover-19.safetensors";
