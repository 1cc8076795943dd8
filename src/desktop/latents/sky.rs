//! The cloud's own code in the window: what was found, and how it is changed.

use std::sync::Arc;
use std::time::Instant;

use super::answers::At;
use super::place::Place;
use super::slot::Ask;
use super::worker::Answer;
use crate::decloud::Preview;
use crate::latents::{ClearDate, CloudChange, Held, Sky, Subject};
use crate::raster::{Plane, Window};

use super::super::app::App;
use super::super::dialogs::expanded;
use super::super::display::Compare;
use super::super::layer::LayerId;
use super::super::preview_layer::PreviewLayer;
use super::super::tokens;

/// The cloud's code as the panel has it.
#[derive(Default)]
pub(in crate::desktop) struct CloudPanel {
    pub change: CloudChange,
    /// Whether it is put over the clear date instead of the surface of the land code.
    pub over_date: bool,
    /// What is on the map; none where that is a surface.
    pub shown: Option<CloudShown>,
}

/// A rendered cloud on the map.
pub(in crate::desktop) struct CloudShown {
    pub change: CloudChange,
    /// Opacity and shadow as they were found, a pixel a cell of 8 × 8.
    pub maps: egui::TextureHandle,
    /// How well what is seen follows the map, where the cloud was moved.
    pub follows: Option<f64>,
    pub seconds: f64,
}

/// What comes back of a rendered cloud.
pub(in crate::desktop) struct Rendered {
    pub place: Arc<Place>,
    pub change: CloudChange,
    pub preview: Preview,
    /// Opacity and depth of shadow, 0 to 1.
    pub maps: [Plane<f32>; 2],
    pub follows: Option<f64>,
    pub seconds: f64,
}

/// A cloud that was found, for as long as it is asked for over the same ground.
pub(super) struct Found<'m> {
    code: Vec<f32>,
    date: Option<ClearDate>,
    pub sky: Sky<'m>,
}

impl<'s> At<'s> {
    /// Renders the cloud of the place.
    pub(super) fn clouds(
        &self,
        code: Vec<f32>,
        date: Option<ClearDate>,
        change: CloudChange,
    ) -> Result<(), String> {
        let started = Instant::now();
        let mut kept = self.sky.borrow_mut();
        if kept.as_ref().is_none_or(|found| found.code != code || found.date != date) {
            let sky = self.find(self.place.window, (self.subject, self.held), &code, date.as_ref())?;
            *kept = Some(Found { code, date, sky });
        }
        let Some(Found { sky, .. }) = kept.as_ref() else { return Ok(()) };
        let moved = change.right != 0 || change.down != 0;
        let work = || (sky.image(change), if moved { sky.follows(change) } else { None });
        let (image, follows) = self.attempt(work)?;
        let cloud = sky.cloud();
        let rendered = Rendered {
            place: Arc::clone(self.place),
            change,
            preview: self.place.preview(self.subject, image),
            maps: [cloud.opacity.clone(), cloud.shadow.clone()],
            follows,
            seconds: started.elapsed().as_secs_f64(),
        };
        (self.tell)(Answer::Clouds { rendered: Box::new(rendered) });
        Ok(())
    }

    /// The cloud over a part of the place.
    pub(super) fn find(
        &self,
        window: Window,
        (subject, held): (&Subject, &Held<'_>),
        code: &[f32],
        date: Option<&ClearDate>,
    ) -> Result<Sky<'s>, String> {
        let (loaded, device) = (self.loaded, &self.compute.device);
        let found = self.attempt(|| Sky::of(subject, held, code, &loaded.model, device))?;
        let sky = found.ok_or("the cloud code of this model is no map")?;
        let Some(date) = date else { return Ok(sky) };
        let (config, slot) = (&self.place.config, self.slot);
        let ground = self.place.look(loaded, window, |source, window| {
            Ok(date.over(source, window, &loaded.model, config, slot)?.ground())
        })?;
        Ok(sky.over(ground))
    }
}

impl App {
    /// The clear date that clouds are put over, where it is chosen.
    pub(super) fn ground_date(&self) -> Option<ClearDate> {
        let date = &self.explorer.date;
        let path = date.path.trim();
        (self.explorer.sky.over_date && !path.is_empty())
            .then(|| ClearDate { path: expanded(path), as_is: date.as_is })
    }

    /// Asks for the cloud on the screen as its code holds it, changed.
    pub(in crate::desktop) fn ask_clouds(&mut self, change: CloudChange) {
        self.explorer.sky.change = change;
        let (code, date) = (self.explorer.code.clone(), self.ground_date());
        self.ask_at_place(|_, place| Ask::Clouds { place, code, date, change });
    }

    /// A rendered cloud has come.
    pub(super) fn take_clouds(&mut self, rendered: Rendered) {
        let Rendered { place, change, preview, maps, follows, seconds } = rendered;
        let maps = self.context.load_texture("cloud code", picture(&maps), egui::TextureOptions::NEAREST);
        self.explorer.sky.shown = Some(CloudShown { change, maps, follows, seconds });
        (self.explorer.shown, self.explorer.trouble) = (None, None);
        self.show_explored(place.key.of, preview);
    }

    /// Puts what the explorer made on the map, in place of a map of differences.
    pub(super) fn show_explored(&mut self, of: LayerId, preview: Preview) {
        if let Some(trust) = &mut self.explorer.trust {
            trust.shown = None;
        }
        self.preview = Some(PreviewLayer::explored(of, preview));
        self.leave_difference();
    }

    /// Leaves the difference of layers, over which nothing of the explorer's is shown.
    pub(super) fn leave_difference(&mut self) {
        if self.display.compare == Compare::Difference {
            self.display.compare = Compare::Single;
        }
    }
}

/// A cloud's maps in the colours of the mask: opacity over shadow.
fn picture([opacity, shadow]: &[Plane<f32>; 2]) -> egui::ColorImage {
    let mixed = |below: u8, color: u8, share: f32| {
        (f32::from(below) + share * (f32::from(color) - f32::from(below))).round() as u8
    };
    let pixel = |(&opacity, &shadow): (&f32, &f32)| {
        let [r, g, b] = [0, 1, 2].map(|channel| {
            let below = mixed(tokens::CLOUD_MAP_GROUND, tokens::SHADOW[channel], shadow);
            mixed(below, tokens::CLOUD[channel], opacity)
        });
        egui::Color32::from_rgb(r, g, b)
    };
    let pixels = opacity.data.iter().zip(&shadow.data).map(pixel).collect();
    egui::ColorImage::new([opacity.width, opacity.height], pixels)
}
