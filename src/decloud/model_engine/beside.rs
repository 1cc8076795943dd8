//! Sentinel-1 and a reference date beside the scene, for models that see them.

use std::path::{Path, PathBuf};

use crate::bands::Level;
use crate::decloud::{DecloudConfig, Error, Result};
use crate::mask;
use crate::networks::optional::BesidePlanes;
use crate::networks::{Model, NetworkConfig};
use crate::progress::Monitor;
use crate::raster::{self, Aligned, Scene, SceneOptions, SceneReader, Window, open_s1};

/// What a model is given beside a scene, on the scene's grid.
#[derive(Debug, Default)]
pub(crate) struct Given {
    s1: Option<Aligned>,
    reference: Option<Aligned>,
    /// What was found by looking at them.
    found: Option<String>,
}

/// Part of a reference date under cloud from which it is spoken of.
const CLOUDY: f64 = 0.01;

impl Given {
    /// Opens what the configuration names and lays it over the scene.
    ///
    /// # Errors
    /// A model without a way in for it, files that do not fit the scene or the model.
    pub fn open(model: &Model, name: &str, scene: &Scene, config: &DecloudConfig) -> Result<Self> {
        let NetworkConfig { s1, reference, .. } = model.config;
        let wanted = |option, what, path: &Option<PathBuf>, takes: bool| match path {
            Some(_) if !takes => Err(Error::Option {
                option,
                problem: format!(
                    "{name} was made without {what}; leave the option out, or use a model trained with it"
                ),
            }),
            path => Ok(path.clone()),
        };
        let radar = wanted("--s1", "Sentinel-1", &config.s1, s1)?;
        let date = wanted("--reference", "a reference date", &config.reference, reference)?;
        let radar = radar.map(|path| {
            let (image, bands) = open_s1(&path)?;
            Aligned::new(scene, image, bands.to_vec(), "the Sentinel-1 image")
        });
        let date = date.map(|path| open_reference(&path, model, scene, config));
        Ok(Self { s1: radar.transpose()?, reference: date.transpose()?, found: None })
    }

    /// Reads a window of the scene's grid. Files are opened anew for each: against a pass through the networks that
    /// is nothing, and no reader has to be handed between threads.
    ///
    /// # Errors
    /// What reading meets.
    pub fn read(&self, window: Window) -> Result<BesidePlanes> {
        let planes = |aligned: &Aligned| aligned.read(&mut SceneReader::new(aligned.scene()), window);
        Ok(BesidePlanes {
            s1: self.s1.as_ref().map(planes).transpose()?,
            reference: self.reference.as_ref().map(planes).transpose()?,
        })
    }

    /// Looks for cloud in the reference date, which the model would take for land, by the scene's own method; what is
    /// found stands among the warnings.
    ///
    /// # Errors
    /// What looking meets, and cancellation.
    pub fn looked_at(mut self, config: &DecloudConfig, monitor: &dyn Monitor) -> Result<Self> {
        let Some(reference) = &self.reference else { return Ok(self) };
        let found = mask::detect(reference.scene(), &config.mask.of_another_date(), monitor)?;
        let cover = found.cover().cloud;
        self.found = (cover >= CLOUDY).then(|| {
            format!(
                "the reference is {:.0} % cloud itself ({}), which the model takes for land; choose a clearer date",
                100.0 * cover,
                found.source
            )
        });
        Ok(self)
    }

    /// What the analyst should know of them.
    pub fn warnings(&self, level: Level) -> Vec<String> {
        let mut warnings = Vec::new();
        for (what, aligned) in [("the Sentinel-1 image", &self.s1), ("the reference", &self.reference)] {
            let Some(aligned) = aligned else { continue };
            let cover = aligned.cover();
            if cover < 0.9995 {
                warnings.push(format!(
                    "{what} covers {:.1} % of the scene; elsewhere the model works without it",
                    100.0 * cover
                ));
            }
            warnings.extend(aligned.scene().warnings.iter().map(|warning| format!("{what}: {warning}")));
        }
        if let Some(reference) = &self.reference {
            match reference.scene().level {
                Some(own) if own != level => warnings.push(format!(
                    "FORCED: the reference is {own}, the model was trained on {level}; what it made is not to be trusted"
                )),
                None => warnings.push(format!(
                    "the reference's level is not known; the model was trained on {level}"
                )),
                Some(_) => {}
            }
        }
        warnings.extend(self.found.clone());
        warnings
    }
}

/// A reference date that has the model's bands. What the analyst says of the scene's bands and radiometry holds
/// for it too; the level only where the file does not tell. `option` is at fault in messages.
///
/// # Errors
/// What opening meets; a band that is missing; another level than the model's, unless forced.
pub(crate) fn open_date(
    path: &Path,
    option: &'static str,
    model: &Model,
    config: &DecloudConfig,
) -> Result<Scene> {
    let mut date = raster::open(path, &SceneOptions { level: None, ..config.scene.clone() })?;
    date.level = date.level.or(config.scene.level);
    date.indices_of(&model.config.bands, "the model, of a reference date")?;
    match date.level {
        Some(level) if level != model.config.level && !config.force => Err(Error::Option {
            option,
            problem: format!(
                "{} is {level}, the model was trained on {}; give a reference of that level, or --force",
                path.display(),
                model.config.level
            ),
        }),
        _ => Ok(date),
    }
}

fn open_reference(path: &Path, model: &Model, scene: &Scene, config: &DecloudConfig) -> Result<Aligned> {
    let reference = open_date(path, "--reference", model, config)?;
    let bands = reference.indices_of(&model.config.bands, "the model, of a reference date")?;
    Ok(Aligned::new(scene, reference, bands, "the reference")?)
}
