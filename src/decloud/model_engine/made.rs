//! The surface that a model makes of a scene.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::beside::Given;
use crate::compute::Compute;
use crate::decloud::clouds::{CELL, Pieces, drawn};
use crate::decloud::fill_engine::little_clear;
use crate::decloud::latent::Latent;
use crate::decloud::provenance::EngineFacts;
use crate::decloud::{DecloudConfig, Deviation, Result, Surface};
use crate::fill::FillContext;
use crate::mask::Alpha;
use crate::networks::Model;
use crate::networks::file::Loaded;
use crate::networks::infer::{Codes, Encoded, Image, encode};
use crate::progress::Monitor;
use crate::raster::{self, Plane, Scene, SceneReader, Window};

use super::halves::{Room, in_halves};

/// A scene through the networks: tile by tile, or as a whole where they cannot be tiled.
pub(super) struct Made<'s> {
    scene: &'s Scene,
    alpha: &'s Alpha,
    loaded: Loaded,
    name: String,
    /// The scene's bands that the model knows, in the model's order.
    bands: Vec<usize>,
    context: FillContext,
    /// What the model sees beside the scene.
    given: Given,
    pieces: Pieces,
    latent: Latent,
    samples: u32,
    seed: u64,
    compute: Compute,
    /// Asked between samples whether the work was cancelled.
    monitor: &'s dyn Monitor,
    /// What goes through the networks at once.
    room: Room,
    /// Readers that no thread is using.
    readers: Mutex<Vec<SceneReader<'s>>>,
    /// The spread of tiles that were rendered and not yet asked for theirs.
    spreads: Mutex<HashMap<Window, Plane<f32>>>,
    /// One tile at a time: a network already uses all cores, and a GPU wants one thread.
    turn: Mutex<()>,
    /// The whole scene, once it was rendered, for networks that cannot be tiled.
    whole: Mutex<Option<Rendered>>,
}

/// What the networks made of a window.
pub(super) struct Rendered {
    /// The model's bands.
    pub planes: Vec<Plane<f32>>,
    /// The spread of samples, where any are wanted.
    pub spread: Option<Plane<f32>>,
}

impl Rendered {
    /// Parts that tile a window, put together.
    pub fn joined(window: Window, parts: &[(Window, Self)]) -> Self {
        let paste = |of: &dyn Fn(&Self) -> Option<&Plane<f32>>| {
            let mut whole = Plane::filled(window.width, window.height, f32::NAN);
            for (place, part) in parts {
                let part = of(part)?;
                for y in 0..place.height {
                    let row = &mut whole.row_mut(place.y - window.y + y)[place.x - window.x..];
                    row[..place.width].copy_from_slice(part.row(y));
                }
            }
            Some(whole)
        };
        let bands = parts.first().map_or(0, |(_, part)| part.planes.len());
        let planes = (0..bands).filter_map(|band| paste(&|part| part.planes.get(band))).collect();
        Self { planes, spread: paste(&|part| part.spread.as_ref()) }
    }

    fn crop(&self, window: Window) -> Self {
        let planes = self.planes.iter().map(|plane| plane.crop(window)).collect();
        Self { planes, spread: self.spread.as_ref().map(|plane| plane.crop(window)) }
    }
}

impl Surface for Made<'_> {
    fn render(&self, bands: &[usize], window: Window) -> Result<Vec<Plane<f32>>> {
        let Rendered { planes, spread } = self.rendered(window)?;
        if let Some(spread) = spread {
            self.spreads.lock().unwrap_or_else(PoisonError::into_inner).insert(window, spread);
        }
        let unknown: Vec<usize> = bands.iter().copied().filter(|band| !self.bands.contains(band)).collect();
        let mut filled = self.context.render(&unknown, window).into_iter();
        let plane = |band: &usize| match self.bands.iter().position(|known| known == band) {
            Some(index) => planes[index].clone(),
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
        let config = &self.loaded.model.config;
        EngineFacts {
            name: "model".into(),
            model: Some(self.name.clone()),
            model_sha256: Some(self.loaded.sha256.clone()),
            seed: Some(self.seed),
            latent: config.preset.has_codes().then(|| self.latent.numbers(config.land_code())),
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
            .filter(|band| band.is_reflectance())
            .map(|band| band.name.as_str())
            .collect();
        if !unknown.is_empty() {
            warnings.push(format!(
                "the model does not know {}; the multi-scale fill was put there under cloud",
                unknown.join(", ")
            ));
        }
        warnings.extend(Model::pixel_warning(raster::pixel_m(&self.scene.grid)));
        warnings.extend(self.given.warnings(config.level));
        warnings.extend(little_clear(self.context.clear_fraction()));
        warnings
    }
}

impl<'s> Made<'s> {
    /// A scene and its mask, a model and its name, a land code, the fill, the scene's bands that the model
    /// knows in its order and what it sees besides, where to compute, and how many samples; who listens.
    pub fn new(
        (scene, alpha): (&'s Scene, &'s Alpha),
        (loaded, name): (Loaded, String),
        latent: Latent,
        (context, bands, given): (FillContext, Vec<usize>, Given),
        compute: Compute,
        config: &DecloudConfig,
        monitor: &'s dyn Monitor,
    ) -> Self {
        Self {
            scene,
            alpha,
            pieces: Pieces::of(alpha),
            room: Room::of(&compute, &loaded.model.config, config.samples),
            samples: config.samples,
            seed: config.seed,
            readers: Mutex::default(),
            spreads: Mutex::default(),
            turn: Mutex::new(()),
            whole: Mutex::default(),
            loaded,
            name,
            latent,
            context,
            bands,
            given,
            compute,
            monitor,
        }
    }

    /// What the networks make of a window, the same whatever the window.
    fn rendered(&self, window: Window) -> Result<Rendered> {
        if let Some(apron) = self.loaded.model.networks.clearing().receptive_radius() {
            let seen = |part: Window| self.seen(part, apron);
            return in_halves(window, self.room, &seen, &|part| self.through(seen(part), part));
        }
        let mut whole = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(whole) = &*whole {
            return Ok(whole.crop(window));
        }
        let scene = self.scene.grid.window();
        let made = whole.insert(self.through(scene, scene)?);
        Ok(made.crop(window))
    }

    /// What networks with an apron must see to make a window: the apron around it, begun at multiples of the
    /// cell, cut at the scene's edges.
    fn seen(&self, window: Window, apron: usize) -> Window {
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

    /// The part of the scene that is seen, through the networks: what they make of `window` in it.
    fn through(&self, seen: Window, window: Window) -> Result<Rendered> {
        let planes = self.read(seen)?;
        let context = self.context.render(&self.bands, seen);
        let alpha = self.alpha.0.crop(seen);
        let given = self.given.read(seen)?;
        let image = Image { cloudy: &planes, context: &context, alpha: &alpha, beside: given.lent() };
        let inner = Window { x: window.x - seen.x, y: window.y - seen.y, ..window };
        let model = &self.loaded.model;
        let (network, numbers) = (model.networks.clearing(), model.config.land_code());
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let done = self.compute.attempt(|| {
            let encoded = encode(network, &model.encoding, &image, numbers, &self.compute.device);
            let spread = if self.samples > 0 { Some(self.spread_of(&encoded, seen, inner)?) } else { None };
            let surface = encoded.surface(&self.latent.codes());
            Some(Rendered { planes: surface.iter().map(|plane| plane.crop(inner)).collect(), spread })
        });
        done?.ok_or_else(|| raster::Error::Cancelled.into())
    }

    /// RMS over bands of the samples' standard deviation; none where the work was cancelled meanwhile. Each cloud has a
    /// code of its own in each sample, or the whole scene one where the preset's code is a vector.
    fn spread_of(&self, encoded: &Encoded<'_>, seen: Window, inner: Window) -> Option<Plane<f32>> {
        let config = &self.loaded.model.config;
        let numbers = config.land_code();
        let surface = |sample: u64| -> Vec<Plane<f32>> {
            let codes = if config.preset.is_tileable() {
                Codes::Map(self.pieces.codes(seen, numbers, self.seed, sample))
            } else {
                Codes::One(drawn(self.seed, sample, 0, numbers))
            };
            encoded.surface(&codes).iter().map(|plane| plane.crop(inner)).collect()
        };
        let mut deviation = Deviation::new(surface(0));
        for sample in 1..u64::from(self.samples) {
            if self.monitor.is_cancelled() {
                return None;
            }
            deviation.add(&surface(sample));
        }
        Some(deviation.finish(inner.width, inner.height))
    }
}
