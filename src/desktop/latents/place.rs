//! The part of a scene under whose cloud the explorer looks.

use std::path::Path;
use std::sync::Arc;

use crate::compute::Compute;
use crate::decloud::model_engine::fits;
use crate::decloud::{self, DecloudConfig, Preview};
use crate::latents::{Source, Subject};
use crate::mask::{self, Mask};
use crate::networks::file::Loaded;
use crate::progress::Silent;
use crate::raster::{Plane, Scene, Window};

use super::super::layer::LayerId;

/// What makes a place another one.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::desktop) struct Key {
    pub of: LayerId,
    /// What was on the screen.
    pub visible: Window,
    /// Version of the mask.
    pub mask: u64,
    pub dilate_px: u32,
    pub feather_px: u32,
    pub model: Option<std::path::PathBuf>,
    pub force: bool,
    pub s1: Option<std::path::PathBuf>,
    pub reference: Option<std::path::PathBuf>,
}

/// A part of a scene with its mask, as it was when it was asked for.
pub(in crate::desktop) struct Place {
    pub key: Key,
    /// What is regenerated.
    pub window: Window,
    pub scene: Arc<Scene>,
    /// Classes of `around`: as much of the mask as is looked at.
    pub codes: Plane<u8>,
    pub around: Window,
    pub config: DecloudConfig,
}

/// Scene pixels beyond those looked at from which a mask reaches in, by dilation and feathering.
const REACH_PX: usize = 128;

/// The window with all pixels whose mask is looked at for it.
pub(super) fn reach(scene: &Scene, window: Window) -> Window {
    let seen = decloud::seen_around(scene, window);
    let (x, y) = (seen.x.saturating_sub(REACH_PX), seen.y.saturating_sub(REACH_PX));
    let right = (seen.x + seen.width + REACH_PX).min(scene.grid.width);
    let bottom = (seen.y + seen.height + REACH_PX).min(scene.grid.height);
    Window::new(x, y, right - x, bottom - y)
}

impl Place {
    /// Reads what the networks see of `window` (a part of the place): it, an apron, and its fill.
    pub fn subject(&self, loaded: &Loaded, window: Window) -> Result<Subject, String> {
        self.look(loaded, window, |source, window| source.subject(window, &loaded.model))
    }

    /// Reads the scene around `window` (a part of the place) and looks at it; the window is given as it lies there.
    pub fn look<T>(
        &self,
        loaded: &Loaded,
        window: Window,
        look: impl FnOnce(&Source<'_>, Window) -> decloud::Result<T>,
    ) -> Result<T, String> {
        let words = |error: decloud::Error| error.to_string();
        let path = self.config.model.as_deref().unwrap_or(Path::new("the shipped model"));
        fits(&loaded.model, &self.scene, path, &self.config).map_err(words)?;
        let (alpha, origin) = self.alpha();
        let (part, seen) = decloud::scene_around(&self.scene, window, &Silent).map_err(words)?;
        let local = |window: Window, from: (usize, usize)| Window {
            x: window.x - from.0,
            y: window.y - from.1,
            ..window
        };
        let there = local(seen, origin);
        let alpha = mask::Alpha(alpha.0.crop(there));
        let name = path.display().to_string();
        let source =
            Source::new(&part, &alpha, &Silent).map_err(words)?.with_classes(&self.codes.crop(there));
        let (source, _) = source.with_beside(&loaded.model, &name, &self.config).map_err(words)?;
        look(&source, local(window, (seen.x, seen.y))).map_err(words)
    }

    /// m over `around`, and where that begins.
    pub fn alpha(&self) -> (mask::Alpha, (usize, usize)) {
        let mask = Mask { codes: self.codes.clone(), source: String::new() };
        let config = &self.config.mask;
        (mask::alpha(&mask, config.dilation_px(), config.feather_px), (self.around.x, self.around.y))
    }

    /// An image of the model's bands as a preview of the scene's, with nothing where nothing was measured.
    pub fn preview(&self, subject: &Subject, image: Vec<Plane<f32>>) -> Preview {
        self.preview_at(self.window, subject, image)
    }

    /// The same of a window of the scene that the subject was read for.
    pub fn preview_at(&self, window: Window, subject: &Subject, image: Vec<Plane<f32>>) -> Preview {
        let mut bands = vec![None; self.scene.bands.len()];
        for (own, plane) in image.into_iter().enumerate() {
            if let Some(index) = self.scene.index_of(subject.bands[own]) {
                bands[index] = Some(subject.measured(own, plane));
            }
        }
        Preview { window, bands }
    }
}

/// Opens the device of a configuration and loads its model there.
pub(super) fn open(config: &DecloudConfig) -> Result<(Compute, Loaded), String> {
    let compute = crate::compute::open(config.device).map_err(|error| error.to_string())?;
    let loaded = compute
        .attempt(|| decloud::model_engine::load(config, &compute.device))
        .map_err(|fault| fault.to_string())?
        .map_err(|error| error.to_string())?;
    Ok((compute, loaded))
}
