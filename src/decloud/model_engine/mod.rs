//! The engine `model`: a trained network over the fill.

mod beside;
mod fits;
mod halves;
mod made;

use std::path::Path;

use burn::tensor::Device;

use super::latent::Latent;
use super::shipped::{SHIPPED_NAME, shipped_model};
use super::{DecloudConfig, Engine, Error, Result, Surface};
use crate::compute;
use crate::fill::FillContext;
use crate::mask::Alpha;
use crate::networks::file::{self, Loaded};
use crate::progress::Monitor;
use crate::raster::Scene;
pub(crate) use beside::{Given, open_date};
pub(crate) use fits::fits;
use made::Made;

/// The engine.
pub(super) struct Model;

/// The model of a configuration: the one it names, else the shipped one.
///
/// # Errors
/// [`Error::Model`].
pub(crate) fn load(config: &DecloudConfig, device: &Device) -> Result<Loaded> {
    let loaded = match &config.model {
        Some(path) => file::load(path, device),
        None => return shipped_model(device),
    };
    loaded.map_err(Error::Model)
}

impl Engine for Model {
    fn name(&self) -> &'static str {
        "model"
    }

    fn summary(&self) -> &'static str {
        "a trained conditional Augmented CycleGAN: the shipped L1C model, or --model FILE"
    }

    fn check(&self, scene: &Scene, config: &DecloudConfig) -> Result<()> {
        // The header alone would do, but a model is small and a damaged one should stop here.
        let loaded = load(config, &Device::flex())?;
        let path = config.model.as_deref().unwrap_or(Path::new(SHIPPED_NAME));
        fits(&loaded.model, scene, path, config)?;
        if let Some(path) = &config.latent {
            Latent::read(path, &loaded)?;
        }
        Given::open(&loaded.model, &path.display().to_string(), scene, config).map(drop)
    }

    fn prepare<'s>(
        &self,
        scene: &'s Scene,
        alpha: &'s Alpha,
        config: &DecloudConfig,
        monitor: &'s dyn Monitor,
    ) -> Result<Box<dyn Surface + 's>> {
        self.check(scene, config)?;
        let path = config.model.as_deref().unwrap_or(Path::new(SHIPPED_NAME));
        let compute = compute::open(config.device)
            .map_err(|error| Error::Option { option: "--device", problem: error.to_string() })?;
        let loaded = compute.attempt(|| load(config, &compute.device))??;
        let latent = match &config.latent {
            Some(path) => Latent::read(path, &loaded)?,
            None => Latent::default(),
        };
        let bands = scene.indices_of(&loaded.model.config.bands, "the model")?;
        let context = FillContext::build(scene, alpha, monitor)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let given = Given::open(&loaded.model, &name, scene, config)?.looked_at(config, monitor)?;
        let seen = (context, bands, given);
        Ok(Box::new(Made::new((scene, alpha), (loaded, name), latent, seen, compute, config, monitor)))
    }
}
