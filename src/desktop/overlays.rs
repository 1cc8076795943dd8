//! What lies over the map, and when it is made.

use crate::view::{Overlay, OverlayStyle};

use super::app::App;
use super::arrivals::Arrival;
use super::display::Over;
use super::layer::LayerId;
use super::tokens;
use super::work::alpha;

impl App {
    /// Has m made of the shown source's mask when it is to be shown and mask or settings have changed.
    pub(super) fn prepare_made(&mut self, source: LayerId) {
        if self.display.over != Over::Made {
            return;
        }
        let config = self.decloud.mask.clone();
        let Some(layer) = self.layer_mut(source) else { return };
        let Some(mask) = &layer.mask else { return };
        if let Some(version) = layer.made.ask() {
            let mask = mask.mask();
            self.away(move || Arrival::Made { layer: source, version, alpha: alpha(&mask, &config) });
        }
    }

    /// Takes what lies over the map out of its layer for as long as it is drawn.
    pub(super) fn take_overlay(&mut self, source: LayerId) -> (Option<Overlay>, OverlayStyle) {
        let classes = OverlayStyle::Classes { cloud: tokens::CLOUD, shadow: tokens::SHADOW };
        let over = self.display.over;
        let Some(layer) = self.layer_mut(source) else { return (None, classes) };
        match over {
            Over::Nothing => (None, classes),
            Over::Mask => (layer.mask.as_mut().map(super::mask_edit::MaskEdit::take_overlay), classes),
            Over::Made => (layer.made.overlay.take(), OverlayStyle::Weights { color: tokens::MADE }),
        }
    }

    pub(super) fn put_overlay(&mut self, source: LayerId, overlay: Option<Overlay>) {
        let Some(overlay) = overlay else { return };
        let Some(layer) = self.layer_mut(source) else { return };
        if overlay.is_weights() {
            layer.made.overlay = Some(overlay);
        } else if let Some(mask) = &mut layer.mask {
            mask.overlay = overlay;
        }
    }
}
