//! A scene on disk as a source of subjects.

use super::Subject;
use crate::decloud::model_engine::Given;
use crate::decloud::{DecloudConfig, Result};
use crate::fill::FillContext;
use crate::mask::{Alpha, CLOUD};
use crate::networks::Model;
use crate::progress::Monitor;
use crate::raster::{self, Plane, Scene, SceneReader, Window};

/// Side of the cells that codes and networks count in.
const CELL: usize = 8;

/// A scene, its mask and its fill: what subjects are cut from. The fill is that of the whole scene, so
/// what is seen here is what an export makes.
pub struct Source<'s> {
    pub(super) scene: &'s Scene,
    alpha: &'s Alpha,
    context: FillContext,
    given: Given,
    /// 255 where the mask says cloud, over the scene; none where only m is known.
    cloud: Option<Plane<u8>>,
}

impl<'s> Source<'s> {
    /// Reads the scene once for its fill.
    ///
    /// # Errors
    /// What reading meets, and cancellation.
    pub fn new(scene: &'s Scene, alpha: &'s Alpha, monitor: &dyn Monitor) -> Result<Self> {
        let context = FillContext::build(scene, alpha, monitor)?;
        Ok(Self { scene, alpha, context, given: Given::default(), cloud: None })
    }

    /// The same with the classes that m was made of, over the scene: which of it is the cloud itself.
    #[must_use]
    pub fn with_classes(self, codes: &Plane<u8>) -> Self {
        let cloud = codes.map(|code| if code == CLOUD { u8::MAX } else { 0 });
        Self { cloud: Some(cloud), ..self }
    }

    /// 255 where the mask says cloud inside a window, which is not its shadow and not what both were grown by; none
    /// where only m is known.
    #[must_use]
    pub fn cloud(&self, window: Window) -> Option<Plane<u8>> {
        self.cloud.as_ref().map(|cloud| cloud.crop(window))
    }

    /// The same with what a configuration names beside the scene (Sentinel-1, a reference date), laid over it as
    /// declouding does; returns what the analyst should know of it too. `name` is the model's in messages.
    ///
    /// # Errors
    /// A model without a way in for it, files that do not fit the scene or the model.
    pub fn with_beside(
        self,
        model: &Model,
        name: &str,
        config: &DecloudConfig,
    ) -> Result<(Self, Vec<String>)> {
        let given = Given::open(model, name, self.scene, config)?;
        let warnings = given.warnings(model.config.level);
        Ok((Self { given, ..self }, warnings))
    }

    /// The part inside `window` (cut at the scene's edges) as a model sees it.
    ///
    /// # Errors
    /// A band that the scene lacks; what reading meets.
    pub fn subject(&self, window: Window, model: &Model) -> Result<Subject> {
        let bands = self.scene.indices_of(&model.config.bands, "the model")?;
        let window = window.intersection(self.scene.grid.window());
        let seen = match model.networks.clearing().receptive_radius() {
            Some(apron) => around(window, apron, self.scene.grid.window()),
            None => self.scene.grid.window(),
        };
        let mut reader = SceneReader::new(self.scene);
        let cloudy =
            bands.iter().map(|&band| reader.reflectance(band, seen)).collect::<raster::Result<Vec<_>>>()?;
        Ok(Subject {
            window,
            seen,
            bands: model.config.bands.clone(),
            cloudy,
            context: self.context.render(&bands, seen),
            alpha: self.alpha.0.crop(seen),
            beside: self.given.read(seen)?,
        })
    }
}

/// A window and an apron around it, begun at multiples of a cell, cut at the edges of `all`.
fn around(window: Window, apron: usize, all: Window) -> Window {
    let begin = |start: usize| start.saturating_sub(apron) / CELL * CELL;
    let end = |end: usize, limit: usize| (end + apron).next_multiple_of(CELL).min(limit);
    let (x, y) = (begin(window.x), begin(window.y));
    let right = end(window.x + window.width, all.width);
    let bottom = end(window.y + window.height, all.height);
    Window::new(x, y, right - x, bottom - y)
}
