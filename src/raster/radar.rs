//! Sentinel-1 images: VV and VH, backscatter in dB.

use std::path::Path;

use super::{Error, Result, Scene, SceneOptions, SceneReader};
use crate::bands::Band;

/// Side of the look at an image that tells dB from linear power.
const LOOK_PX: usize = 64;

/// Opens a Sentinel-1 image and finds VV and VH in it. A file of two bands without names is taken as VV, VH, with
/// a warning in the scene.
///
/// # Errors
/// One that lacks a polarisation, or whose values cannot be dB.
pub fn open_s1(path: &Path) -> Result<(Scene, [usize; 2])> {
    let mut scene = super::open(path, &SceneOptions::default())?;
    if scene.bands.len() == 2 && scene.bands.iter().all(|band| band.band.is_none()) {
        let bands = Some(vec![Band::VV, Band::VH]);
        scene = super::open(path, &SceneOptions { bands, ..SceneOptions::default() })?;
        scene.warnings.push("its two bands have no names, so they are taken as VV and VH".into());
    }
    let mut found = [0; 2];
    for (place, band) in found.iter_mut().zip([Band::VV, Band::VH]) {
        *place = scene.index_of(band).ok_or_else(|| Error::MissingBand {
            path: path.to_owned(),
            band: band.name().to_owned(),
            found: format!("the file has {}", scene.band_list()),
            advice: "a Sentinel-1 image needs VV and VH in dB; say so in the bands' descriptions".into(),
        })?;
        if scene.bands[*place].dtype.is_integer() {
            let problem = format!("{band} holds integers; expected floats, backscatter in dB");
            return Err(Error::damaged(path, problem));
        }
    }
    refuse_linear(&scene, found[0])?;
    Ok((scene, found))
}

/// Land scatters back less than it gets: in dB some of it is below 0. Linear power never is.
fn refuse_linear(scene: &Scene, band: usize) -> Result<()> {
    let grid = &scene.bands[band].grid;
    let (width, height) = (grid.width.min(LOOK_PX), grid.height.min(LOOK_PX));
    let look = SceneReader::new(scene).decimated(band, grid.window(), width, height)?;
    let mut measured = look.data.iter().filter(|value| value.is_finite() && **value != 0.0).peekable();
    if measured.peek().is_some() && measured.all(|&value| value > 0.0) {
        return Err(Error::damaged(
            &scene.path,
            "VV holds only positive numbers, so it is no backscatter in dB; convert it first, 10·log10(power)",
        ));
    }
    Ok(())
}
