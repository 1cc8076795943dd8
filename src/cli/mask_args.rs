//! The options by which an analyst says where cloud is, the same for every command that needs to know.

use std::path::PathBuf;

use clap::Args;

use crate::mask::{self, Classes, MaskConfig};

/// A mask that is given, or how to find one.
#[derive(Debug, Clone, Args)]
pub struct MaskArgs {
    /// How to find cloud where no mask is given: auto, product, threshold, s2cloudless or onnx:FILE
    #[arg(long, default_value = "auto", conflicts_with = "mask")]
    method: String,
    /// Take this mask instead of looking for cloud: 0 clear, 1 cloud, 2 shadow, 255 invalid, or floats
    /// 0..1; 0 and 255 alone are clear and cloud
    #[arg(long, value_name = "MASK.tif", conflicts_with_all = DETECTOR)]
    pub mask: Option<PathBuf>,
    /// What the mask's values mean: codes, scl, from:50, or pairs such as 4=cloud,0=shadow
    #[arg(long, value_name = "CLASSES", requires = "mask", default_value = "codes")]
    mask_classes: Classes,
    /// Band of the mask, from 1, where it has several
    #[arg(long, value_name = "N", requires = "mask")]
    mask_band: Option<usize>,
    #[command(flatten)]
    detector: DetectorArgs,
    /// Grow cloud and shadow by this many pixels (Euclidean) [default: 4 for a method, 0 for --mask]
    #[arg(long, value_name = "PX", value_parser = radius)]
    pub dilate: Option<u32>,
}

/// The options of [`DetectorArgs`]: where a mask is given nothing is looked for.
pub(super) const DETECTOR: [&str; 4] = ["threshold", "average", "grow", "no_shadow"];

/// How the methods that look at pixels decide.
#[derive(Debug, Clone, Args)]
pub struct DetectorArgs {
    /// Probability from which s2cloudless calls a pixel cloud
    #[arg(long, value_name = "P", default_value_t = 0.5, value_parser = probability)]
    threshold: f32,
    /// Radius in pixels over which s2cloudless and threshold average before they cut
    #[arg(long, value_name = "PX", default_value_t = 4, value_parser = radius)]
    average: u32,
    /// Pixels by which s2cloudless and threshold grow what they cut
    #[arg(long, value_name = "PX", default_value_t = 2, value_parser = radius)]
    grow: u32,
    /// Do not look for shadow where the method itself finds cloud only
    #[arg(long)]
    no_shadow: bool,
}

impl MaskArgs {
    /// The same as the library takes it, with the feathering of the command.
    #[must_use]
    pub fn config(&self, feather_px: u32) -> MaskConfig {
        self.detector.apply(MaskConfig {
            method: self.method.clone(),
            file: self.mask.clone(),
            classes: self.mask_classes.clone(),
            band: self.mask_band,
            dilate_px: self.dilate,
            feather_px,
            ..MaskConfig::default()
        })
    }
}

impl DetectorArgs {
    /// A configuration with these parameters in it.
    #[must_use]
    pub fn apply(&self, config: MaskConfig) -> MaskConfig {
        MaskConfig {
            threshold: self.threshold,
            average_px: self.average,
            grow_px: self.grow,
            shadow: !self.no_shadow,
            ..config
        }
    }
}

fn probability(text: &str) -> Result<f32, String> {
    text.parse()
        .ok()
        .filter(|value| (0.0..1.0).contains(value))
        .ok_or_else(|| "expected a probability from 0 to below 1".to_owned())
}

/// A number of pixels that a disc may have as its radius.
pub(super) fn radius(text: &str) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|&value| value <= mask::MAX_RADIUS_PX)
        .ok_or_else(|| format!("expected a whole number of pixels from 0 to {}", mask::MAX_RADIUS_PX))
}
