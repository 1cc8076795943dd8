//! s2cloudless: Sentinel Hub's published LightGBM model for L1C, with its own post-processing.
//!
//! The model (`assets/masks/s2cloudless.bin`, CC BY-SA 4.0, converted from the Python package
//! s2cloudless 1.7.2) is evaluated by [`super::trees`]. It finds cloud only; shadow is added by
//! [`super::shadow`].

use std::sync::OnceLock;

use super::observe::{Detector, mask_by};
use super::trees::{Binned, Forest};
use super::{Error, Mask, MaskConfig, Method, Result};
use crate::bands::{Band, Level};
use crate::progress::Monitor;
use crate::raster::{Plane, Scene};

/// Name in the registry.
const NAME: &str = "s2cloudless";
/// Inputs of the model in its order, as reflectance at the top of the atmosphere.
const BANDS: [Band; 10] = [
    Band::B01,
    Band::B02,
    Band::B04,
    Band::B05,
    Band::B08,
    Band::B8A,
    Band::B09,
    Band::B10,
    Band::B11,
    Band::B12,
];
/// Pixels taken through the whole forest at a time.
const BLOCK: usize = 1024;

/// The converted model.
const MODEL: &[u8] = include_bytes!("../../assets/masks/s2cloudless.bin");

fn forest() -> Option<&'static Forest> {
    static FOREST: OnceLock<Option<Forest>> = OnceLock::new();
    FOREST.get_or_init(|| Forest::parse(MODEL)).as_ref()
}

/// See the module.
pub(super) struct S2cloudless;

impl Method for S2cloudless {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Sentinel Hub's LightGBM model; L1C with B01 B02 B04 B05 B08 B8A B09 B10 B11 B12"
    }

    fn check(&self, scene: &Scene, _config: &MaskConfig) -> Result<()> {
        let refuse = |reason: String| Error::NotApplicable { method: NAME, reason, path: scene.path.clone() };
        if scene.level == Some(Level::L2A) {
            return Err(refuse(
                "the scene is L2A and the model knows reflectance at the top of the atmosphere (L1C) only; use --method product or threshold".into(),
            ));
        }
        let missing: Vec<_> =
            BANDS.iter().filter(|&&band| scene.index_of(band).is_none()).map(|band| band.name()).collect();
        if !missing.is_empty() {
            return Err(refuse(format!(
                "it needs {} too; the scene has {}; use --method threshold, or name the bands with --bands if the file does not",
                missing.join(", "),
                scene.band_list()
            )));
        }
        Ok(())
    }

    fn detect(&self, scene: &Scene, config: &MaskConfig, monitor: &dyn Monitor) -> Result<Mask> {
        self.check(scene, config)?;
        let forest = forest()
            .ok_or_else(|| Error::damaged("assets/masks/s2cloudless.bin", "the built-in model is damaged"))?;
        let (mut mask, _) = mask_by(&Model { forest }, scene, config, config.threshold, monitor)?;
        mask.source = format!(
            "s2cloudless (probability > {}, averaged over {} px, grown by {} px){}",
            config.threshold, config.average_px, config.grow_px, mask.source
        );
        Ok(mask)
    }
}

/// The probability of cloud of each pixel of an image in memory (reflectance, a plane a band), before any averaging
/// or growing; none at L2A and where a band of the model is lacking.
#[must_use]
pub fn cloud_probability(bands: &[Band], level: Option<Level>, image: &[Plane<f32>]) -> Option<Vec<f32>> {
    if level == Some(Level::L2A) {
        return None;
    }
    let place = |band: &Band| bands.iter().position(|known| known == band);
    let planes: Option<Vec<_>> = BANDS.iter().map(|band| Some(image.get(place(band)?)?.clone())).collect();
    Some(Model { forest: forest()? }.likelihood(&planes?))
}

struct Model {
    forest: &'static Forest,
}

impl Detector for Model {
    fn bands(&self) -> &[Band] {
        &BANDS
    }

    fn likelihood(&self, planes: &[Plane<f32>]) -> Vec<f32> {
        let len = planes.first().map_or(0, |plane| plane.data.len());
        let mut out = Vec::with_capacity(len);
        for start in (0..len).step_by(BLOCK) {
            let end = (start + BLOCK).min(len);
            let mut pixels = vec![Binned::default(); end - start];
            for (feature, plane) in planes.iter().enumerate() {
                for (pixel, &value) in pixels.iter_mut().zip(&plane.data[start..end]) {
                    pixel[feature] = self.forest.bin(feature, value);
                }
            }
            out.extend(self.forest.probabilities(&pixels));
        }
        out
    }
}
