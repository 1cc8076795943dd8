//! What is asked of the explorer's thread, and about which part of the scene.

use std::sync::Arc;

use super::place::{self, Key, Place};
use super::slot::{Ask, Slot};
use super::worker;
use crate::decloud::DecloudConfig;
use crate::mask::{CLOUD, SHADOW};
use crate::raster::Window;
use crate::view::Strips;

use super::super::app::App;
use super::super::arrivals::Arrival;

/// Side of the largest part that is regenerated live, on the CPU and on a GPU.
const LIVE_PX: (usize, usize) = (384, 1024);

impl App {
    /// Asks the explorer's thread, which begins with the first question.
    pub(super) fn ask_explorer(&mut self, ask: Ask) {
        if self.explorer.slot.is_none() {
            let slot = Arc::new(Slot::default());
            let (own, sender, context) = (slot.clone(), self.arrivals.0.clone(), self.context.clone());
            let work = move || {
                worker::run(&own, &|answer| {
                    // The window may have closed meanwhile; then nobody waits.
                    let _ = sender.send(Arrival::Latent(Box::new(answer)));
                    context.request_repaint();
                });
            };
            if let Err(error) = std::thread::Builder::new().name("latents".into()).spawn(work) {
                self.messages.error(format!("the system gives no thread ({error})"));
                return;
            }
            self.explorer.slot = Some(slot);
        }
        if let Some(slot) = &self.explorer.slot {
            slot.ask(ask);
        }
    }

    /// Asks about the chosen model where it is another than before.
    pub(in crate::desktop) fn learn_model(&mut self) {
        let wanted = (self.decloud.model.clone(), self.decloud.device);
        if self.explorer.asked.as_ref() != Some(&wanted) {
            self.explorer.asked = Some(wanted);
            self.explorer.known = None;
            self.ask_explorer(Ask::Model(Box::new(self.decloud.clone())));
        }
    }

    /// The cloud on the screen, or why there is nothing to explore.
    pub(super) fn explored_place(&mut self) -> Result<Arc<Place>, &'static str> {
        let source = self.source().ok_or("open a scene first")?;
        let mask = source.mask.as_ref().ok_or("find the clouds first")?;
        let config = &self.decloud;
        let key = Key {
            of: source.id,
            visible: self.camera.window(self.map.rect, &source.scene.grid),
            mask: mask.version,
            dilate_px: config.mask.dilation_px(),
            feather_px: config.mask.feather_px,
            model: config.model.clone(),
            force: config.force,
            s1: config.s1.clone(),
            reference: config.reference.clone(),
        };
        if let Some(place) = self.explorer.place.as_ref().filter(|place| place.key == key) {
            return Ok(place.clone());
        }
        let grow = (key.dilate_px + key.feather_px) as usize;
        let clouded =
            clouded(mask.overlay.codes(), key.visible, grow).ok_or("there is no cloud on the screen")?;
        let slow = self.explorer.known.as_ref().is_none_or(|known| known.slow);
        let window = middle(clouded, if slow { LIVE_PX.0 } else { LIVE_PX.1 });
        let around = place::reach(&source.scene, window);
        let place = Arc::new(Place {
            key,
            window,
            scene: source.scene.clone(),
            codes: mask.overlay.codes().crop(around),
            around,
            config: DecloudConfig { scene: source.said.clone(), ..config.clone() },
        });
        self.explorer.place = Some(place.clone());
        Ok(place)
    }

    /// Asks for the surface of the code under the cloud on the screen.
    pub(super) fn ask_surface(&mut self) {
        match self.explored_place() {
            Ok(place) => {
                let code = self.explorer.code.clone();
                self.ask_explorer(Ask::Surface { place, code });
            }
            Err(why) => self.explorer.trouble = Some(format!("Nothing to explore: {why}.")),
        }
    }

    pub(super) fn ask_at_place(&mut self, ask: impl FnOnce(&Self, Arc<Place>) -> Ask) {
        match self.explored_place() {
            Ok(place) => {
                let ask = ask(self, place);
                self.ask_explorer(ask);
            }
            Err(why) => self.messages.info(format!("Nothing to explore: {why}.")),
        }
    }
}

/// The smallest window that holds the cloud and shadow of a part of a mask, grown by `grow` pixels within it.
fn clouded(codes: &Strips, visible: Window, grow: usize) -> Option<Window> {
    let covered = |code: &u8| *code == CLOUD || *code == SHADOW;
    let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
    for y in visible.y..visible.y + visible.height {
        let row = &codes.row(y)[visible.x..visible.x + visible.width];
        if let (Some(first), Some(last)) = (row.iter().position(covered), row.iter().rposition(covered)) {
            (left, right) = (left.min(first), right.max(last));
            (top, bottom) = (top.min(y), y);
        }
    }
    (top <= bottom).then(|| {
        let grown = |from: usize, to: usize, begin: usize, size: usize| {
            let from = from.saturating_sub(grow).max(begin);
            (from, (to + 1 + grow).min(begin + size) - from)
        };
        let (x, width) = grown(visible.x + left, visible.x + right, visible.x, visible.width);
        let (y, height) = grown(top, bottom, visible.y, visible.height);
        Window::new(x, y, width, height)
    })
}

/// The middle of a window, at most `side` × `side`.
fn middle(window: Window, side: usize) -> Window {
    let (width, height) = (window.width.min(side), window.height.min(side));
    Window::new(window.x + (window.width - width) / 2, window.y + (window.height - height) / 2, width, height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Plane;

    #[test]
    fn the_cloud_on_the_screen_is_found() {
        let mut codes = Plane::filled(40, 30, 0_u8);
        codes.set(12, 8, CLOUD);
        codes.set(20, 15, SHADOW);
        codes.set(0, 0, CLOUD);
        let codes = Strips::of(&codes);
        let seen = Window::new(10, 5, 20, 20);
        assert_eq!(clouded(&codes, seen, 0), Some(Window::new(12, 8, 9, 8)));
        assert_eq!(clouded(&codes, seen, 5), Some(Window::new(10, 5, 16, 16)), "cut at the screen");
        assert_eq!(clouded(&codes, Window::new(25, 20, 5, 5), 3), None);
        assert_eq!(middle(Window::new(10, 10, 100, 20), 40), Window::new(40, 10, 40, 20));
    }
}
