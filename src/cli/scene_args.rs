//! The options by which an analyst says about a scene what its files do not.

use clap::Args;

use crate::bands::{Band, Level};
use crate::raster::{RadiometryOption, SceneOptions};

/// `--bands`, `--level` and `--radiometry`, the same for every command that opens a scene.
#[derive(Debug, Clone, Default, Args)]
pub struct SceneArgs {
    /// Names of the scene's bands in file order, one for each: B02,B03,B04,B08
    #[arg(long, value_name = "BANDS", value_delimiter = ',')]
    pub bands: Option<Vec<Band>>,
    /// Processing level of the scene: L1C or L2A
    #[arg(long, value_name = "LEVEL")]
    pub level: Option<Level>,
    /// How stored numbers relate to reflectance: 10000, 10000,-1000 or reflectance
    #[arg(long, value_name = "R")]
    pub radiometry: Option<RadiometryOption>,
}

impl SceneArgs {
    /// The same as the library takes it.
    #[must_use]
    pub fn options(&self) -> SceneOptions {
        SceneOptions { bands: self.bands.clone(), level: self.level, radiometry: self.radiometry }
    }
}
