//! Engines: how what lies under cloud is made.

use super::{DecloudConfig, Result};
use crate::decloud::provenance::EngineFacts;
use crate::mask::Alpha;
use crate::progress::Monitor;
use crate::raster::{Plane, Scene, Window};

/// A way to make what lies under cloud. A new one is one file and one line in `ENGINES`.
pub trait Engine: Sync {
    /// The name typed after `--engine`.
    fn name(&self) -> &'static str;

    /// What it is, in a line, for help and menus.
    fn summary(&self) -> &'static str;

    /// Whether it can work on this scene as configured.
    ///
    /// # Errors
    /// What the scene or the configuration lacks, and what to do.
    fn check(&self, scene: &Scene, config: &DecloudConfig) -> Result<()>;

    /// Does everything that needs the whole scene, once. `alpha` lies on the scene's grid.
    ///
    /// # Errors
    /// As [`Engine::check`], what reading the scene meets, and cancellation.
    fn prepare<'s>(
        &self,
        scene: &'s Scene,
        alpha: &'s Alpha,
        config: &DecloudConfig,
        monitor: &'s dyn Monitor,
    ) -> Result<Box<dyn Surface + 's>>;
}

/// A scene without cloud, rendered where it is needed, on several threads at once.
pub trait Surface: Send + Sync {
    /// Reflectance of some bands (indices into the scene's) over a window of the scene's grid: one
    /// plane a band. A pixel has the same value whatever the window, so that cutting a scene into
    /// tiles cannot show. Where a value is NaN the source is kept.
    ///
    /// # Errors
    /// What reading the scene or computing meets.
    fn render(&self, bands: &[usize], window: Window) -> Result<Vec<Plane<f32>>>;

    /// RMS over bands of the samples' standard deviation, in reflectance, over a window of the
    /// scene's grid; `None` for an engine that makes one surface only.
    ///
    /// # Errors
    /// As [`Surface::render`].
    fn spread(&self, window: Window) -> Result<Option<Plane<f32>>> {
        let _ = window;
        Ok(None)
    }

    /// What made the pixels, for the report.
    fn facts(&self) -> EngineFacts;

    /// What the analyst should know about this scene's surface.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Every engine, the default first.
#[cfg(feature = "gdal")]
static ENGINES: [&dyn Engine; 2] = [&super::fill_engine::Fill, &super::model_engine::Model];

/// All engines, the default first.
#[cfg(feature = "gdal")]
pub fn engines() -> impl Iterator<Item = &'static dyn Engine> {
    ENGINES.into_iter()
}

/// The engine of a name.
///
/// # Errors
/// [`super::Error::Option`] naming those there are.
#[cfg(feature = "gdal")]
pub fn engine(name: &str) -> Result<&'static dyn Engine> {
    engines().find(|engine| engine.name() == name).ok_or_else(|| {
        let names: Vec<_> = engines().map(Engine::name).collect();
        let problem = format!("there is no engine \"{name}\"; expected one of {}", names.join(", "));
        super::Error::Option { option: "--engine", problem }
    })
}
