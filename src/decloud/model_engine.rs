//! The engine `model`: a trained network over the fill.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use burn::tensor::Device;

use super::clouds::{CELL, Pieces};
use super::latent::Latent;
use super::provenance::EngineFacts;
use super::{DecloudConfig, Engine, Error, Result, Surface};
use crate::compute::{self, Compute};
use crate::fill::FillContext;
use crate::mask::Alpha;
use crate::networks::file::{self, Loaded};
use crate::networks::infer::{Codes, Encoded, Image, encode};
use crate::networks::{Model as Trained, Networks};
use crate::progress::Monitor;
use crate::raster::{self, Plane, Scene, SceneReader, Window};

/// The model that the program brings: L1C, 13 bands (`assets/models/README.md`).
const SHIPPED: &[u8] = include_bytes!("../../assets/models/l1c.safetensors");
/// Its name in reports.
const SHIPPED_NAME: &str = "l1c.safetensors";

/// The engine.
pub(super) struct Model;

/// The model of a configuration: the one it names, else the shipped one.
fn load(config: &DecloudConfig, device: &Device) -> Result<Loaded> {
    let loaded = match &config.model {
        Some(path) => file::load(path, device),
        None => file::parse(SHIPPED, Path::new(SHIPPED_NAME), device),
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
        fits(&loaded.model, scene, path, config)
    }

    fn prepare<'s>(
        &self,
        scene: &'s Scene,
        alpha: &'s Alpha,
        config: &DecloudConfig,
        monitor: &dyn Monitor,
    ) -> Result<Box<dyn Surface + 's>> {
        self.check(scene, config)?;
        let path = config.model.as_deref().unwrap_or(Path::new(SHIPPED_NAME));
        let compute = compute::open(config.device)
            .map_err(|error| Error::Option { option: "--device", problem: error.to_string() })?;
        let loaded = compute.run(|| load(config, &compute.device))?;
        let latent = match &config.latent {
            Some(path) => Latent::read(path, &loaded)?,
            None => Latent::default(),
        };
        let bands = scene.indices_of(&loaded.model.config.bands, "the model")?;
        let context = FillContext::build(scene, alpha, monitor)?;
        Ok(Box::new(Made {
            scene,
            alpha,
            name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            pieces: Pieces::of(alpha),
            compute,
            samples: config.samples,
            seed: config.seed,
            readers: Mutex::default(),
            spreads: Mutex::default(),
            turn: Mutex::new(()),
            latent,
            loaded,
            context,
            bands,
        }))
    }
}

/// Refuses a scene that the model was not made for.
fn fits(model: &Trained, scene: &Scene, path: &Path, config: &DecloudConfig) -> Result<()> {
    let name = path.display();
    let Networks::Declouder(_) = &model.networks;
    let missing = model.config.bands.iter().find(|&&band| scene.index_of(band).is_none());
    if let Some(band) = missing {
        return Err(Error::Option {
            option: "--model",
            problem: format!(
                "{name} needs band {band}, the scene has {}; name the bands with --bands, or use --engine fill",
                scene.band_list()
            ),
        });
    }
    match scene.level {
        Some(level) if level != model.config.level && !config.force => Err(Error::Option {
            option: "--model",
            problem: format!(
                "{name} was trained on {}, the scene is {level}; use a model of that level, --engine fill, or --force",
                model.config.level
            ),
        }),
        _ => Ok(()),
    }
}

/// A scene that the networks look at tile by tile.
struct Made<'s> {
    scene: &'s Scene,
    alpha: &'s Alpha,
    loaded: Loaded,
    name: String,
    /// The scene's bands that the model knows, in the model's order.
    bands: Vec<usize>,
    context: FillContext,
    pieces: Pieces,
    latent: Latent,
    samples: u32,
    seed: u64,
    compute: Compute,
    /// Readers that no thread is using.
    readers: Mutex<Vec<SceneReader<'s>>>,
    /// The spread of tiles that were rendered and not yet asked for theirs.
    spreads: Mutex<HashMap<Window, Plane<f32>>>,
    /// One tile at a time: a network already uses all cores, and a GPU wants one thread.
    turn: Mutex<()>,
}

impl Surface for Made<'_> {
    fn render(&self, bands: &[usize], window: Window) -> Result<Vec<Plane<f32>>> {
        let seen = self.seen(window);
        let planes = self.read(seen)?;
        let context = self.context.render(&self.bands, seen);
        let alpha = self.alpha.0.crop(seen);
        let image = Image { cloudy: &planes, context: &context, alpha: &alpha };
        let inner = Window { x: window.x - seen.x, y: window.y - seen.y, ..window };
        let (made, spread) = {
            let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
            self.compute.run(|| self.through(&image, seen, inner))
        };
        if let Some(spread) = spread {
            self.spreads.lock().unwrap_or_else(PoisonError::into_inner).insert(window, spread);
        }
        let unknown: Vec<usize> = bands.iter().copied().filter(|band| !self.bands.contains(band)).collect();
        let mut filled = self.context.render(&unknown, window).into_iter();
        let plane = |band: &usize| match self.bands.iter().position(|known| known == band) {
            Some(index) => made[index].crop(inner),
            None => filled.next().unwrap_or_else(|| unreachable!("one plane for each unknown band")),
        };
        Ok(bands.iter().map(plane).collect())
    }

    fn spread(&self, window: Window) -> Result<Option<Plane<f32>>> {
        if self.samples == 0 {
            return Ok(None);
        }
        let known = || self.spreads.lock().unwrap_or_else(PoisonError::into_inner).remove(&window);
        if let Some(spread) = known() {
            return Ok(Some(spread));
        }
        self.render(&[], window)?;
        Ok(known())
    }

    fn facts(&self) -> EngineFacts {
        EngineFacts {
            name: "model".into(),
            model: Some(self.name.clone()),
            model_sha256: Some(self.loaded.sha256.clone()),
            seed: Some(self.seed),
            latent: Some(self.latent.numbers(self.loaded.model.config.z_land)),
        }
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let config = &self.loaded.model.config;
        match self.scene.level {
            Some(level) if level != config.level => warnings.push(format!(
                "FORCED: the scene is {level}, the model was trained on {}; what it made is not to be trusted",
                config.level
            )),
            None => warnings.push(format!(
                "the scene's level is not known; the model was trained on {} (say --level)",
                config.level
            )),
            Some(_) => {}
        }
        let unknown: Vec<&str> = (0..self.scene.bands.len())
            .filter(|index| !self.bands.contains(index))
            .map(|index| &self.scene.bands[index])
            .filter(|band| band.band.is_none_or(crate::bands::Band::is_optical))
            .map(|band| band.name.as_str())
            .collect();
        if !unknown.is_empty() {
            warnings.push(format!(
                "the model does not know {}; the multi-scale fill was put there under cloud",
                unknown.join(", ")
            ));
        }
        if self.context.clear_fraction() < 0.05 {
            warnings.push(format!(
                "only {:.1} % of the scene is clear; far from it the result rests on the average of other places",
                100.0 * self.context.clear_fraction()
            ));
        }
        warnings
    }
}

impl<'s> Made<'s> {
    /// What the networks must see to make a window: an apron of the receptive radius, begun at
    /// multiples of the cell, cut at the scene's edges.
    fn seen(&self, window: Window) -> Window {
        let Networks::Declouder(networks) = &self.loaded.model.networks;
        let apron = networks.g_land.receptive_radius();
        let begin = |start: usize| start.saturating_sub(apron) / CELL * CELL;
        let end = |end: usize, limit: usize| (end + apron).next_multiple_of(CELL).min(limit);
        let (x, y) = (begin(window.x), begin(window.y));
        let right = end(window.x + window.width, self.scene.grid.width);
        let bottom = end(window.y + window.height, self.scene.grid.height);
        Window::new(x, y, right - x, bottom - y)
    }

    /// Reflectance of the model's bands.
    fn read(&self, window: Window) -> Result<Vec<Plane<f32>>> {
        let free = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut reader: SceneReader<'s> = free.unwrap_or_else(|| SceneReader::new(self.scene));
        let planes = self
            .bands
            .iter()
            .map(|&band| reader.reflectance(band, window))
            .collect::<raster::Result<Vec<_>>>()?;
        self.readers.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
        Ok(planes)
    }

    /// An image through the networks: the surface, and the spread of samples where any are wanted.
    fn through(
        &self,
        image: &Image<'_>,
        seen: Window,
        inner: Window,
    ) -> (Vec<Plane<f32>>, Option<Plane<f32>>) {
        let model = &self.loaded.model;
        let Networks::Declouder(networks) = &model.networks;
        let numbers = model.config.z_land;
        let encoded = encode(&networks.g_land, &model.encoding, image, numbers, &self.compute.device);
        let spread = (self.samples > 0).then(|| self.spread_of(&encoded, seen, inner));
        (encoded.surface(&self.latent.codes()), spread)
    }

    /// RMS over bands of the samples' standard deviation, each cloud with a code of its own in each
    /// sample.
    fn spread_of(&self, encoded: &Encoded<'_>, seen: Window, inner: Window) -> Plane<f32> {
        let numbers = self.loaded.model.config.z_land;
        let samples: Vec<Vec<Plane<f32>>> = (0..u64::from(self.samples))
            .map(|sample| {
                let codes = self.pieces.codes(seen, numbers, self.seed, sample);
                let surface = encoded.surface(&Codes::Map(codes));
                surface.iter().map(|plane| plane.crop(inner)).collect()
            })
            .collect();
        deviation(&samples, inner.width, inner.height)
    }
}

/// RMS over bands of the standard deviation over samples (with n − 1), a number a pixel.
fn deviation(samples: &[Vec<Plane<f32>>], width: usize, height: usize) -> Plane<f32> {
    let bands = samples.first().map_or(0, Vec::len);
    let count = samples.len() as f32;
    let one = |i: usize| {
        let variance = |band: usize| {
            let values = samples.iter().map(|sample| sample[band].data[i]);
            let mean = values.clone().sum::<f32>() / count;
            values.map(|value| (value - mean) * (value - mean)).sum::<f32>() / (count - 1.0).max(1.0)
        };
        ((0..bands).map(variance).sum::<f32>() / bands.max(1) as f32).sqrt()
    };
    Plane::from_vec(width, height, (0..width * height).map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_the_rms_of_deviations_over_bands() {
        let plane = |value: f32| Plane::filled(2, 1, value);
        let samples = [vec![plane(0.1), plane(0.5)], vec![plane(0.3), plane(0.5)]];
        let spread = deviation(&samples, 2, 1);
        // Deviations √0.02 and 0.
        assert!((spread.get(0, 0) - (0.02_f32 / 2.0).sqrt()).abs() < 1e-6);
    }
}
