//! The bands of a result that say what was made and how sure it is, as overlays of their own.

use std::sync::Arc;

use crate::raster::{Plane, Scene, SceneReader};
use crate::view::{Overlay, Strips};

use super::app::App;
use super::arrivals::Arrival;
use super::display::Over;
use super::layer::LayerId;
use super::tokens;

/// Scene rows read at once.
const ROWS: usize = 512;

impl App {
    /// Has the overlay of a result read when it is to be shown and is not there.
    pub(super) fn prepare_result_overlay(&mut self) {
        let over = self.display.over;
        let Some((band, full)) = over.result_band() else { return };
        let Some(id) = self.result_id() else { return };
        let Some(layer) = self.layer_mut(id) else { return };
        let scene = layer.scene.clone();
        if let Some(version) = layer.over_result(over).ask() {
            self.away(move || Arrival::ResultOverlay {
                layer: id,
                over,
                version,
                read: read(&scene, band, full).map(|weights| Overlay::weights(Strips::of(&weights))),
            });
        }
    }

    pub(super) fn result_overlay_read(
        &mut self,
        (id, over, version): (LayerId, Over, u64),
        read: Result<Overlay, String>,
    ) {
        match read {
            Ok(overlay) => {
                if let Some(layer) = self.layer_mut(id) {
                    layer.over_result(over).take(version, overlay);
                }
            }
            Err(words) => self.messages.error(words),
        }
    }
}

/// A band over the scene's grid in 255ths of `full`, which is in reflectance; `None` takes stored values as
/// they are.
fn read(scene: &Arc<Scene>, name: &str, full: Option<f32>) -> Result<Plane<u8>, String> {
    let index = scene.bands.iter().position(|band| band.name == name);
    let index = index.ok_or_else(|| format!("{}: there is no band {name}", scene.path.display()))?;
    let band = &scene.bands[index];
    let mut reader = SceneReader::new(scene);
    let mut plane = Plane::filled(scene.grid.width, scene.grid.height, 0_u8);
    for strip in scene.grid.strips(ROWS) {
        let native = strip.coarser(band.ratio, band.grid.width, band.grid.height);
        let samples = reader.samples(index, native).map_err(|error| error.to_string())?;
        for y in strip.y..strip.y + strip.height {
            let row = (y / band.ratio).saturating_sub(native.y).min(native.height - 1) * native.width;
            for (x, value) in plane.row_mut(y).iter_mut().enumerate() {
                let stored = samples.get(row + (x / band.ratio).min(native.width - 1));
                // The spread is a difference: its DN have the scale, not the offset.
                let weight =
                    full.map_or(stored, |full| 255.0 * stored * band.radiometry.scale / f64::from(full));
                *value = weight.round().clamp(0.0, 255.0) as u8;
            }
        }
    }
    Ok(plane)
}

impl Over {
    /// The band of a result that is shown, and the reflectance at which its colour is full.
    pub fn result_band(self) -> Option<(&'static str, Option<f32>)> {
        match self {
            Self::Synthetic => Some(("synthetic", None)),
            Self::Spread => Some(("spread", Some(tokens::SPREAD_FULL))),
            Self::Nothing | Self::Mask | Self::Made => None,
        }
    }
}
