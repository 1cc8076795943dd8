//! How a scene is to be declouded: one struct for the TOML file, the command line and the settings.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Error, Result};
use crate::compute::Choice;
use crate::mask::MaskConfig;
use crate::raster::SceneOptions;

/// Side of the tiles an engine renders, in pixels of the scene.
pub const DEFAULT_TILE_PX: usize = 512;

/// Sides of a tile that make sense: below, more is apron than tile; above, memory grows for nothing.
pub const TILE_PX: std::ops::RangeInclusive<usize> = 8..=8192;

/// Most samples for a spread: its own error is then 2 %.
pub const MOST_SAMPLES: u32 = 1024;

/// Everything that decides a result, and nothing else: the same configuration, scene and version
/// give the same pixels. It is stored in the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DecloudConfig {
    /// Name of the engine (`--engine`), one of [`super::engines`].
    pub engine: String,
    /// The model of the engine `model` (`--model`).
    pub model: Option<PathBuf>,
    /// Sentinel-1 of the same place, VV and VH in dB (`--s1`).
    pub s1: Option<PathBuf>,
    /// A clear date of the same place (`--reference`).
    pub reference: Option<PathBuf>,
    /// A land code to be used instead of the prior's middle (`--latent`).
    pub latent: Option<PathBuf>,
    /// Where networks compute (`--device`).
    pub device: Choice,
    /// Where cloud is: method or file, dilation, feathering.
    pub mask: MaskConfig,
    /// What the analyst says about the scene.
    pub scene: SceneOptions,
    /// Samples for the spread (`--samples`): 0, or 2 to 1024.
    pub samples: u32,
    /// Seed of everything random (`--seed`).
    pub seed: u64,
    /// Side of a rendered tile in pixels of the scene (`--tile`); it does not change the result.
    pub tile_px: usize,
    /// Whether `synthetic` and `spread` go to a file of their own (`--plain`).
    pub plain: bool,
    /// Whether to write cloud-optimised GeoTIFF (`--cog`).
    pub cog: bool,
    /// Whether to write a QGIS style beside each raster (`--qml`).
    pub qml: bool,
    /// Whether to write a STAC item (`--stac`).
    pub stac: bool,
    /// Whether to go on where the scene does not fit the engine (`--force`).
    pub force: bool,
}

impl Default for DecloudConfig {
    fn default() -> Self {
        Self {
            engine: "fill".to_owned(),
            model: None,
            s1: None,
            reference: None,
            latent: None,
            device: Choice::default(),
            mask: MaskConfig::default(),
            scene: SceneOptions::default(),
            samples: 0,
            seed: 0,
            tile_px: DEFAULT_TILE_PX,
            plain: false,
            cog: false,
            qml: false,
            stac: false,
            force: false,
        }
    }
}

impl DecloudConfig {
    /// Checks what can be checked without a scene.
    ///
    /// # Errors
    /// [`Error::Option`].
    pub fn check(&self) -> Result<()> {
        if !TILE_PX.contains(&self.tile_px) {
            return Err(Error::Option {
                option: "--tile",
                problem: format!(
                    "{} is no useful size; expected {} to {} pixels",
                    self.tile_px,
                    TILE_PX.start(),
                    TILE_PX.end()
                ),
            });
        }
        self.mask.check()?;
        if self.samples > MOST_SAMPLES {
            return Err(Error::Option {
                option: "--samples",
                problem: format!(
                    "{} is more than anybody needs; expected 0, or 2 to {MOST_SAMPLES}",
                    self.samples
                ),
            });
        }
        if self.samples == 1 {
            return Err(Error::Option {
                option: "--samples",
                problem: "one sample has no spread; give 0 (none) or at least 2".into(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_survives_toml_and_knows_its_fields() {
        let config = DecloudConfig { tile_px: 256, cog: true, ..DecloudConfig::default() };
        let text = toml::to_string(&config).expect("written");
        assert_eq!(toml::from_str::<DecloudConfig>(&text).expect("read"), config);
        assert!(toml::from_str::<DecloudConfig>("tiles = 3").is_err());
    }

    #[test]
    fn useless_tiles_and_a_single_sample_are_refused() {
        for (tile_px, samples) in [(0, 0), (7, 0), (9000, 0), (512, 1), (512, 100_000)] {
            let config = DecloudConfig { samples, tile_px, ..DecloudConfig::default() };
            assert!(config.check().expect_err("refused").is_usage());
        }
    }
}
