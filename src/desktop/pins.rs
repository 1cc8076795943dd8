//! Pinned spectra: each belongs to a scene, and goes along with the dates of a series.

use std::sync::Arc;

use crate::raster::{Scene, grid_difference};

use super::app::App;
use super::layer::LayerId;
use super::spectra::{Pin, Place, csv};

/// What was on the screen when pins and view last followed it.
#[derive(Debug, Default)]
pub(super) struct Followed {
    source: Option<(LayerId, Arc<Scene>)>,
    result: Option<LayerId>,
}

impl App {
    /// The pins of the shown scene.
    pub(super) fn shown_pins(&self) -> impl Iterator<Item = &Pin> {
        let shown = self.source_id();
        self.pins.iter().filter(move |pin| Some(pin.of) == shown)
    }

    /// Pins a place of the shown scene; its values are read in the background.
    pub(super) fn pin(&mut self, at: (usize, usize)) {
        let Some(of) = self.source_id() else { return };
        self.pins.push(Pin { of, at, source: None, result: None, awaits: true });
        self.touch();
    }

    /// Takes the pins of the shown scene away.
    pub(super) fn clear_pins(&mut self) {
        let shown = self.source_id();
        self.pins.retain(|pin| Some(pin.of) != shown);
        self.touch();
    }

    /// Whether values of a pin on the screen are still to be read.
    pub(super) fn awaits_pins(&self) -> bool {
        self.shown_pins().any(|pin| pin.awaits)
    }

    /// Gives the first pin that waits its values, or asks for them.
    pub(super) fn take_pins(&mut self) {
        let (source, result) = (self.source_id(), self.result_id());
        let Some(index) = self.pins.iter().position(|pin| pin.awaits && Some(pin.of) == source) else {
            return;
        };
        let at = self.pins[index].at;
        let found = |id: Option<LayerId>| {
            let layer = id.and_then(|id| self.layer(id))?;
            layer.tiles.probed().filter(|probe| probe.at == at).cloned()
        };
        let (of_source, of_result) = (found(source), found(result));
        if of_source.is_none() || result.is_some() && of_result.is_none() {
            self.ask_probes(at);
            return;
        }
        let pin = &mut self.pins[index];
        (pin.source, pin.result, pin.awaits) = (of_source, of_result, false);
        self.context.request_repaint();
    }

    /// The shown pins as a table.
    pub(super) fn pins_csv(&self) -> String {
        let Some(source) = self.source() else { return csv(&[]) };
        let place = |pin: &Pin| {
            let [x, y] = [pin.at.0 as f64 + 0.5, pin.at.1 as f64 + 0.5];
            let grid = &source.scene.grid;
            Place {
                scene: source.name.clone(),
                world: grid.geotransform.is_some().then(|| grid.world_from_pixel(x, y)),
                lat_lon: source.locator.as_ref().and_then(|locator| locator.lat_lon(x, y)),
            }
        };
        let pins: Vec<_> = self.shown_pins().map(|pin| (pin, place(pin))).collect();
        csv(&pins)
    }

    /// Lets pins and view follow what is selected: pins go along with the dates of a series and get the values of
    /// a newer result; a scene that lies elsewhere is seen whole, or as it was left.
    pub(super) fn follow_selection(&mut self) {
        let (source, result) = (self.source_id(), self.result_id());
        let before = self.followed.source.as_ref().map(|(id, _)| *id);
        if before == source && self.followed.result == result {
            return;
        }
        let scene = self.source().map(|layer| layer.scene.clone());
        let left = std::mem::take(&mut self.followed);
        self.followed = Followed { source: source.zip(scene.clone()), result };
        if let (Some((from, left)), Some(to), Some(scene)) = (left.source, source, scene)
            && from != to
        {
            if grid_difference(&left.grid, &scene.grid).is_none() {
                for pin in self.pins.iter_mut().filter(|pin| pin.of == from) {
                    *pin = Pin { of: to, source: None, result: None, ..*pin };
                }
            } else {
                self.change_view(from, to);
            }
        }
        for pin in self.pins.iter_mut().filter(|pin| Some(pin.of) == source) {
            pin.awaits = true;
        }
    }

    /// Keeps how a scene is looked at, and takes up how another was.
    fn change_view(&mut self, from: LayerId, to: LayerId) {
        let camera = (!self.fit_pending).then_some(self.camera);
        if let Some(layer) = self.layer_mut(from) {
            layer.camera = camera.or(layer.camera);
        }
        match self.layer(to).and_then(|layer| layer.camera) {
            Some(camera) => (self.camera, self.fit_pending) = (camera, false),
            None => self.fit_pending = true,
        }
    }
}
