//! A trained model as a method of the tables.

use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::methods::{Case, Method};
use super::provenance::ModelReport;
use super::{Error, Result};
#[cfg(feature = "gdal")]
use crate::fill::FillContext;
use crate::fill::fill_planes;
use crate::networks::Model;
use crate::networks::file::{self, Loaded};
use crate::networks::infer::{Codes, Image, encode};
use crate::networks::optional::Beside;
use crate::progress::Monitor;
use crate::random::Stream;
use crate::raster::Plane;
#[cfg(feature = "gdal")]
use crate::raster::pixel_m;

/// Purpose under which samples draw their codes.
const PURPOSE: &str = "latent/evaluation";

/// A model on a device, whole or without what the conditioning bands bring.
pub struct ModelMethod {
    name: String,
    summary: String,
    path: PathBuf,
    loaded: Loaded,
    device: Device,
    /// Whether the conditioning bands are replaced by the fill under the mask.
    blind: bool,
    /// Whether Sentinel-1 and reference dates are kept from it.
    alone: bool,
}

impl ModelMethod {
    /// Reads a model; its name in tables is the file's, without the extension.
    ///
    /// # Errors
    /// [`Error::Model`] where the file is no model.
    pub fn open(path: &Path, device: &Device) -> Result<Self> {
        Ok(Self::of(path, file::load(path, device)?, device))
    }

    /// A model that was read already, under the name of its file.
    #[must_use]
    pub fn of(path: &Path, loaded: Loaded, device: &Device) -> Self {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Model { config, info, .. } = &loaded.model;
        let code = if config.preset.has_codes() { ", land code 0" } else { "" };
        let summary = format!("{} trained for {} steps{code} ({})", config.preset, info.step, path.display());
        Self {
            name,
            summary,
            path: path.to_owned(),
            loaded,
            device: device.clone(),
            blind: false,
            alone: false,
        }
    }

    /// The same model with exactly its conditioning bands replaced by the fill under the mask: what the
    /// long waves bring.
    #[must_use]
    pub fn blinded(self) -> Self {
        let bands: Vec<_> = self.loaded.model.config.conditioning.iter().map(|band| band.name()).collect();
        Self {
            name: format!("{} without {}", self.name, bands.join(" ")),
            summary: format!("{}; the fill in place of {} under the mask", self.summary, bands.join(", ")),
            blind: true,
            ..self
        }
    }

    /// The same model without Sentinel-1 and reference dates; none for one that does not see any.
    #[must_use]
    pub fn alone(self) -> Option<Self> {
        let config = &self.loaded.model.config;
        let seen = [("S1", config.s1), ("reference", config.reference)];
        let names: Vec<&str> = seen.into_iter().filter(|(_, sees)| *sees).map(|(name, _)| name).collect();
        (!names.is_empty()).then(|| Self {
            name: format!("{} without {}", self.name, names.join(" ")),
            summary: format!("{}; {} kept from it", self.summary, names.join(" and ")),
            alone: true,
            ..self
        })
    }

    /// The model behind it.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.loaded.model
    }

    /// The surfaces of some codes.
    fn surfaces(
        &self,
        case: &Case<'_>,
        codes: &[Codes],
        monitor: &dyn Monitor,
    ) -> Result<Vec<Vec<Plane<f32>>>> {
        let model = &self.loaded.model;
        let fail = |problem: String| Error::Method {
            method: self.name.clone(),
            image: case.name.to_owned(),
            source: problem.into(),
        };
        let mut order = Vec::with_capacity(model.config.bands.len());
        for band in &model.config.bands {
            let place = case.bands.iter().position(|known| known == band);
            order.push(
                place.ok_or_else(|| fail(format!("the model needs band {band}, which the image lacks")))?,
            );
        }
        if let Some(level) = case.level
            && level != model.config.level
        {
            return Err(fail(format!(
                "it was trained on {}, the image is {level}; leave the model out, or state the images' level with --level",
                model.config.level
            )));
        }
        let (width, height) = (case.alpha.0.width, case.alpha.0.height);
        model.check_size(width, height).map_err(|error| fail(error.to_string()))?;
        #[cfg(feature = "gdal")]
        if let Some(words) = case.scene.and_then(|scene| Model::pixel_warning(pixel_m(&scene.grid))) {
            monitor.warn(&words);
        }
        let context = Self::context(case, monitor)?;
        let pick = |planes: &[Plane<f32>]| order.iter().map(|&band| planes[band].clone()).collect::<Vec<_>>();
        let (mut cloudy, filled) = (pick(case.cloudy), pick(&context));
        if self.blind {
            self.hide(&mut cloudy, &filled, case);
        }
        let reference = case.reference.filter(|_| !self.alone).map(pick);
        let s1 = case.s1.filter(|_| !self.alone);
        let beside = Beside { s1, reference: reference.as_deref() };
        let image = Image { cloudy: &cloudy, context: &filled, alpha: &case.alpha.0, beside };
        let (network, numbers) = (model.networks.clearing(), model.config.land_code());
        let encoded = encode(network, &model.encoding, &image, numbers, &self.device);
        let back = |made: Vec<Plane<f32>>| {
            // Bands that the model does not know keep the fill.
            let mut planes = context.clone();
            for (&place, plane) in order.iter().zip(made) {
                planes[place] = plane;
            }
            planes
        };
        Ok(codes.iter().map(|codes| back(encoded.surface(codes))).collect())
    }

    /// The fill, from the scene on disk where there is one.
    #[cfg_attr(not(feature = "gdal"), allow(clippy::unnecessary_wraps, reason = "only reading can fail"))]
    pub(super) fn context(case: &Case<'_>, monitor: &dyn Monitor) -> Result<Vec<Plane<f32>>> {
        #[cfg(feature = "gdal")]
        if let Some(scene) = case.scene {
            let context = FillContext::build(scene, case.alpha, monitor)?;
            let indices = scene.indices_of(case.bands, "the evaluation")?;
            return Ok(context.render(&indices, scene.grid.window()));
        }
        let _ = monitor;
        Ok(fill_planes(case.cloudy, case.bands, case.level, case.alpha))
    }

    /// Puts the fill in place of the conditioning bands, as far as the mask covers a pixel.
    fn hide(&self, cloudy: &mut [Plane<f32>], filled: &[Plane<f32>], case: &Case<'_>) {
        let config = &self.loaded.model.config;
        for ((band, plane), fill) in config.bands.iter().zip(cloudy).zip(filled) {
            if config.conditioning.contains(band) {
                for ((value, &fill), &alpha) in plane.data.iter_mut().zip(&fill.data).zip(&case.alpha.0.data)
                {
                    let m = f32::from(alpha) / 255.0;
                    if alpha > 0 {
                        *value = (1.0 - m) * *value + m * fill;
                    }
                }
            }
        }
    }
}

impl Method for ModelMethod {
    fn name(&self) -> &str {
        &self.name
    }

    fn summary(&self) -> &str {
        &self.summary
    }

    /// None for what is kept from it: the tests would ask the same model twice.
    fn model(&self) -> Option<(&Model, &Device)> {
        (!self.blind && !self.alone).then_some((&self.loaded.model, &self.device))
    }

    fn surface(&self, case: &Case<'_>, monitor: &dyn Monitor) -> Result<Vec<Plane<f32>>> {
        Ok(self.surfaces(case, &[Codes::Middle], monitor)?.remove(0))
    }

    fn sample(
        &self,
        case: &Case<'_>,
        seed: u64,
        index: u64,
        monitor: &dyn Monitor,
    ) -> Option<Result<Vec<Plane<f32>>>> {
        let config = &self.loaded.model.config;
        if !config.preset.has_codes() {
            return None;
        }
        let mut code = vec![0.0; config.land_code()];
        Stream::new(seed, index, PURPOSE).fill_normal(&mut code);
        Some(self.surfaces(case, &[Codes::One(code)], monitor).map(|mut made| made.remove(0)))
    }

    fn put_back(
        &self,
        case: &Case<'_>,
        result: &[Plane<f32>],
        _: &dyn Monitor,
    ) -> Option<Result<Vec<Plane<f32>>>> {
        let model = &self.loaded.model;
        let place = |band| case.bands.iter().position(|known| known == band);
        let order: Vec<usize> = model.config.bands.iter().map(place).collect::<Option<_>>()?;
        let pick = |planes: &[Plane<f32>]| order.iter().map(|&at| planes[at].clone()).collect::<Vec<_>>();
        let (cloudy, clear) = (pick(case.cloudy), pick(result));
        let code = model.cloud_code(&cloudy, &clear, &self.device);
        let again = model.put_back(&clear, code.as_ref(), &self.device);
        // Bands that the model lacks stay as they were made.
        let mut all = result.to_vec();
        for (at, plane) in order.into_iter().zip(again) {
            all[at] = plane;
        }
        Some(Ok(all))
    }

    fn provenance(&self) -> Option<ModelReport> {
        Some(ModelReport::of(&self.name, self.path.clone(), &self.loaded))
    }
}
