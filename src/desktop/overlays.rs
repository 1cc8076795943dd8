//! What lies over the map, and when it is made.

use crate::view::{Overlay, OverlayStyle, Strips};

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
            let mask = mask.snapshot();
            self.away(move || {
                let weights = alpha(&mask.mask(), &config).0;
                Arrival::Made { layer: source, version, overlay: Overlay::weights(Strips::of(&weights)) }
            });
        }
    }

    /// The layer that what lies over the map belongs to: the shown result for its own bands, else the source.
    fn overlaid(&self, source: LayerId) -> LayerId {
        if self.display.over.result_band().is_some() { self.result_id().unwrap_or(source) } else { source }
    }

    /// Takes what lies over the map out of its layer for as long as it is drawn.
    pub(super) fn take_overlay(&mut self, source: LayerId) -> (Option<Overlay>, OverlayStyle) {
        let over = self.display.over;
        let style = over.style();
        let id = self.overlaid(source);
        let Some(layer) = self.layer_mut(id) else { return (None, style) };
        let overlay = match over {
            Over::Nothing => None,
            Over::Mask => layer.mask.as_mut().map(super::mask_edit::MaskEdit::take_overlay),
            Over::Made => layer.made.overlay.take(),
            Over::Synthetic | Over::Spread => layer.over_result(over).overlay.take(),
        };
        (overlay, style)
    }

    pub(super) fn put_overlay(&mut self, source: LayerId, overlay: Option<Overlay>) {
        let Some(overlay) = overlay else { return };
        let over = self.display.over;
        let id = self.overlaid(source);
        let Some(layer) = self.layer_mut(id) else { return };
        match over {
            Over::Synthetic | Over::Spread => layer.over_result(over).overlay = Some(overlay),
            Over::Made => layer.made.overlay = Some(overlay),
            Over::Mask | Over::Nothing => {
                if let Some(mask) = &mut layer.mask {
                    mask.overlay = overlay;
                }
            }
        }
    }
}

impl Over {
    /// How it is coloured.
    pub fn style(self) -> OverlayStyle {
        match self {
            Self::Nothing | Self::Mask => {
                OverlayStyle::Classes { cloud: tokens::CLOUD, shadow: tokens::SHADOW }
            }
            Self::Made | Self::Synthetic => OverlayStyle::Weights { color: tokens::MADE },
            Self::Spread => OverlayStyle::Weights { color: tokens::SPREAD },
        }
    }
}
