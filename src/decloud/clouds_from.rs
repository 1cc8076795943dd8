//! Where a run has its mask from.

use super::{Error, Result};
use crate::mask::{self, Mask, MaskConfig};
use crate::progress::Monitor;
use crate::raster::Scene;

/// Where a run has its mask from.
pub enum Clouds<'m> {
    /// It looks for cloud as its configuration says.
    Find,
    /// It does, and leaves here what it found.
    FindAndKeep(&'m mut Option<Mask>),
    /// They were found before, in this scene and by the very configuration: the result is the same.
    Known(&'m Mask),
}

impl<'m> Clouds<'m> {
    /// The mask of a scene; one that is found and not kept lies in `own`.
    ///
    /// # Errors
    /// What looking for cloud meets; a known mask of another size than the scene.
    pub(super) fn mask(
        self,
        scene: &Scene,
        config: &MaskConfig,
        own: &'m mut Option<Mask>,
        monitor: &dyn Monitor,
    ) -> Result<&'m Mask> {
        let found = match self {
            Self::Known(mask) => {
                check_size(mask, scene)?;
                return Ok(mask);
            }
            Self::Find => own,
            Self::FindAndKeep(kept) => kept,
        };
        Ok(found.insert(mask::detect(scene, config, monitor)?))
    }
}

/// A mask that was found before must be this scene's.
fn check_size(mask: &Mask, scene: &Scene) -> Result<()> {
    let (found, wanted) = ((mask.codes.width, mask.codes.height), (scene.grid.width, scene.grid.height));
    if found == wanted {
        return Ok(());
    }
    let problem = format!(
        "the mask has {} × {} pixels, the scene {} × {}; look for cloud in this scene",
        found.0, found.1, wanted.0, wanted.1
    );
    Err(Error::Option { option: "--mask", problem })
}
