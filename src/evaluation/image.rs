//! One image to be measured, in memory.

use std::path::PathBuf;

use super::methods::Case;
use super::report::Lent;
use crate::bands::{Band, Level};
use crate::mask::{Alpha, Mask};
use crate::raster::{Plane, Scene};

/// A cloudy image, its mask, and the truth.
#[derive(Debug, Clone)]
pub(super) struct Image {
    /// Its name, without an extension.
    pub name: String,
    /// The scene it was cut from.
    pub scene: String,
    /// Whose cloud lies over it, where that was transplanted.
    pub lent: Option<Lent>,
    /// The bands of the planes.
    pub bands: Vec<Band>,
    /// Processing level, where known.
    pub level: Option<Level>,
    /// The cloudy date on disk; none where it was made in memory.
    pub on_disk: Option<Scene>,
    /// Reflectance of the cloudy date, a plane a band; NaN where nothing was measured.
    pub cloudy: Vec<Plane<f32>>,
    /// Reflectance of the clear date: the truth.
    pub clear: Vec<Plane<f32>>,
    /// The mask by which cloud and clear are told apart.
    pub mask: Mask,
    /// The mask m: how much of each pixel is replaced.
    pub alpha: Alpha,
    /// Mean visible excess of its cloud, where that can be told.
    pub excess: Option<f64>,
    /// Paths of both dates, for messages.
    pub paths: (PathBuf, PathBuf),
    /// Its place in the report.
    pub order: (usize, usize),
}

impl Image {
    /// What a method may look at.
    pub(super) fn case(&self) -> Case<'_> {
        Case {
            name: &self.name,
            bands: &self.bands,
            level: self.level,
            cloudy: &self.cloudy,
            scene: self.on_disk.as_ref(),
            mask: &self.mask,
            alpha: &self.alpha,
        }
    }
}

/// A file name without the extension of a scene.
pub(super) fn without_extension(name: &str) -> &str {
    [".tif", ".tiff", ".zip", ".SAFE", ".jp2"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

/// The scene a patch was cut from, by its name: what stands before a trailing `_p123`
/// (`SEN12MS-CR`), `_patch_4` (`SEN12MS-CR-TS`) or `_12_34` (`BigEarthNet`'s column, row); the name
/// itself where there is none of these.
pub(super) fn scene_of(name: &str) -> &str {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((before, last)) = name.rsplit_once('_') else { return name };
    if last.strip_prefix('p').is_some_and(number) {
        return before;
    }
    match before.rsplit_once('_') {
        Some((scene, "patch")) if number(last) => scene,
        Some((scene, column)) if number(last) && number(column) => scene,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_are_known_by_their_scene() {
        assert_eq!(scene_of("ROIs1158_spring_s2_39_p100"), "ROIs1158_spring_s2_39");
        assert_eq!(
            scene_of("s2_ROIs2017_146_ImgNo_0_2018-01-06_patch_0"),
            "s2_ROIs2017_146_ImgNo_0_2018-01-06"
        );
        assert_eq!(scene_of("S2A_MSIL2A_20170613T101031_45_62"), "S2A_MSIL2A_20170613T101031");
        assert_eq!(scene_of("place_2018"), "place_2018");
        assert_eq!(scene_of("p839"), "p839");
    }
}
