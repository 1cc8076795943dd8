//! Which scenes and options a model can be used with.

use std::path::Path;

use crate::decloud::{DecloudConfig, Error, Result};
use crate::networks::{Model, TooLarge};
use crate::raster::Scene;

/// Refuses a scene that the model was not made for.
pub(crate) fn fits(model: &Model, scene: &Scene, path: &Path, config: &DecloudConfig) -> Result<()> {
    let name = path.display();
    let missing = model.config.bands.iter().find(|&&band| scene.index_of(band).is_none());
    // First, since bands follow from it: no L2A scene has B10, whatever its bands are called.
    if let Some(level) = scene.level.filter(|level| *level != model.config.level && !config.force) {
        let own = model.config.level;
        let rest = match missing {
            // Forced it would ask for the band next.
            Some(band) => format!(" and lacks band {band}; use a model of that level, or --engine fill"),
            None => "; use a model of that level, --engine fill, or --force".into(),
        };
        let problem = format!("{name} was trained on {own}, the scene is {level}{rest}");
        return Err(Error::Option { option: "--model", problem });
    }
    if let Some(band) = missing {
        return Err(Error::Option {
            option: "--model",
            problem: format!(
                "{name} needs band {band}, the scene has {}; name the bands with --bands, or use --engine fill",
                scene.band_list()
            ),
        });
    }
    let (width, height) = (scene.grid.width, scene.grid.height);
    let fail = |error: TooLarge| Error::Option { option: "--model", problem: format!("{name}: {error}") };
    model.check_size(width, height).map_err(fail)?;
    check_code(model, &name.to_string(), config)
}

/// Refuses options that only a model with a latent code understands.
fn check_code(model: &Model, name: &str, config: &DecloudConfig) -> Result<()> {
    let preset = model.config.preset;
    if preset.has_codes() {
        return Ok(());
    }
    let asked = [("--latent", config.latent.is_some()), ("--samples", config.samples > 0)];
    match asked.into_iter().find(|(_, asked)| *asked) {
        Some((option, _)) => {
            let problem = format!(
                "{name} is of the preset {preset}, which has no latent code and makes one surface only; leave the option out, or use a model of the preset paper or declouder"
            );
            Err(Error::Option { option, problem })
        }
        None => Ok(()),
    }
}
