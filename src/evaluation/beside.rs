//! What models may see of an image's place besides: Sentinel-1, another date.

use std::path::{Path, PathBuf};

use super::{Error, Result};
use crate::bands::Band;
use crate::raster::{self, Aligned, Error as RasterError, Plane, Scene, SceneOptions, SceneReader, open_s1};

/// The optional inputs of an image on its grid; none that were not given.
#[derive(Debug, Clone, Default)]
pub(super) struct Beside {
    /// VV and VH in dB.
    pub s1: Option<Vec<Plane<f32>>>,
    /// Reflectance of the image's bands on another date.
    pub reference: Option<Vec<Plane<f32>>>,
}

/// The file of an image in a folder of companions, which must have one for every image.
///
/// # Errors
/// [`Error::Option`] naming the file that is missing.
pub(super) fn companion(folder: Option<&Path>, option: &'static str, name: &str) -> Result<Option<PathBuf>> {
    let Some(folder) = folder else { return Ok(None) };
    let path = folder.join(name);
    if path.exists() {
        return Ok(Some(path));
    }
    let problem = format!("there is no {}; expected one for every scene, of the same name", path.display());
    Err(Error::Option { option, problem })
}

impl Beside {
    /// Reads what is given onto a scene's grid. `truth` is what the image is measured against.
    ///
    /// # Errors
    /// Files that cannot be read or do not fit the scene; a reference of another level, or that is the truth.
    pub(super) fn read(
        scene: &Scene,
        bands: &[Band],
        options: &SceneOptions,
        (s1, reference): (Option<&Path>, Option<&Path>),
        truth: &Path,
    ) -> Result<Self> {
        let read =
            |aligned: &Aligned| aligned.read(&mut SceneReader::new(aligned.scene()), scene.grid.window());
        let mut beside = Self::default();
        if let Some(path) = s1 {
            let (image, found) = open_s1(path)?;
            let aligned = Aligned::new(scene, image, found.to_vec(), "the Sentinel-1 image")?;
            beside.s1 = Some(read(&aligned)?);
        }
        if let Some(path) = reference {
            let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
            let refuse = |problem: String| RasterError::Damaged { path: path.to_owned(), problem };
            if real(path) == real(truth) {
                return Err(refuse("the reference is the clear date that is measured against".into()).into());
            }
            let other = raster::open(path, options)?;
            if let (Some(a), Some(b)) = (other.level, scene.level)
                && a != b
            {
                return Err(
                    refuse(format!("the reference is {a}, the scene {b}; give one of its level")).into()
                );
            }
            let found = other.indices_of(bands, "the evaluation, of a reference date")?;
            beside.reference = Some(read(&Aligned::new(scene, other, found, "the reference")?)?);
        }
        Ok(beside)
    }
}
