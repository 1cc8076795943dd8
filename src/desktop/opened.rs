//! Scenes that were opened become layers.

use std::path::Path;
use std::sync::Arc;

use crate::raster::{Scene, SceneOptions};
use crate::view::Tiles;

use super::app::{App, Restoring};
use super::display::Compare;
use super::layer::{self, Kind, Layer, LayerId};
use super::mask_edit::MaskEdit;

impl App {
    /// Takes in a scene that was read: as a new layer, in the place of one, or not at all.
    pub(super) fn arrived(
        &mut self,
        path: &Path,
        kind: Kind,
        said: SceneOptions,
        opened: Result<Arc<Scene>, String>,
    ) {
        self.opening = self.opening.saturating_sub(1);
        let scene = match opened {
            Ok(scene) => scene,
            Err(words) => {
                self.messages.error(words);
                self.unread = (kind == Kind::Source).then(|| path.to_owned());
                return;
            }
        };
        self.unread = None;
        if kind == Kind::Source {
            self.session.note_said(path, &said);
        }
        if let Some(twin) = self.twin(kind, &scene, &said) {
            let name = layer::name_of(path);
            let words =
                format!("{name} is a part of {}, which is open: all of its bands are shown there.", twin.1);
            self.messages.info(words);
            self.select(twin.0);
            return;
        }
        // What a result lacks its source lacked too, and that was told.
        for warning in scene.warnings.iter().filter(|_| kind == Kind::Source) {
            self.messages.warn(format!("{}: {warning}", layer::name_of(path)));
        }
        if let Some(id) =
            self.layers.iter().find(|layer| layer.path == path && layer.kind == kind).map(|l| l.id)
        {
            self.read_anew(id, scene, said);
            return;
        }
        let id = self.next_layer;
        self.next_layer += 1;
        let tiles = self.tiles_of(id, &scene);
        let mut layer = Layer::new(id, kind, scene, tiles);
        layer.said = said;
        if let (Kind::Result { of }, true) = (kind, path.is_dir()) {
            // A result of several files lies in a folder of ours whose name says nothing.
            let source = self.layer(of).map(|source| source.name.as_str()).unwrap_or_default();
            layer.name = format!("{source}.declouded");
        }
        if let Kind::Result { of } = kind {
            let before = self.layers.iter().filter(|layer| layer.kind == Kind::Result { of }).count();
            let how = self.session.how(path).unwrap_or("another session");
            layer.label = Some(format!("Result {} · {how}", before + 1));
        }
        let restored = self.restoring.as_ref().is_some_and(|wanted| wanted.scene == path);
        match kind {
            Kind::Source => {
                self.session.note_recent(path);
                self.restore_mask(id, &layer.scene);
                // What was made of it and never exported comes back with it.
                for result in self.session.results_of(path) {
                    self.open_as(result, Kind::Result { of: id });
                }
                let first = self.selected.is_none();
                if first || restored || self.wanted.as_deref() == Some(path) {
                    self.display.suit(&layer);
                    self.selected = Some(id);
                    // A series lies on one grid: its dates are looked at from one place.
                    self.fit_pending |= first || !self.same_grid(&layer);
                }
                // The dates of a series arrive as they are read; they are listed by name.
                let after = |other: &Layer| {
                    other.path.parent() == layer.path.parent()
                        && layer::natural(&other.name, &layer.name).is_gt()
                };
                let at = self.layers.iter().position(after).unwrap_or(self.layers.len());
                self.layers.insert(at, layer);
            }
            Kind::Result { of } if self.layer(of).is_none() => {
                self.drop_result(path);
                return;
            }
            Kind::Result { of } => {
                let at = self
                    .layers
                    .iter()
                    .rposition(|other| other.family() == of)
                    .map_or(self.layers.len(), |at| at + 1);
                self.layers.insert(at, layer);
                // A restored result changes nothing of how the session was left.
                if self.session.results.iter().any(|(_, known)| known == path) {
                    return;
                }
                self.selected = Some(of);
                if self.display.compare == Compare::Single {
                    self.display.compare = Compare::Swipe;
                }
            }
        }
        self.follow_selection();
        if restored && let Some(Restoring { camera, pins, .. }) = self.restoring.take() {
            if let Some(camera) = camera {
                self.camera = camera;
                self.fit_pending = false;
            }
            for at in pins {
                self.pin(at);
            }
        }
        self.touch();
    }

    /// The open scene that has the very same bands, where a product was opened by another of its folders.
    fn twin(&self, kind: Kind, scene: &Scene, said: &SceneOptions) -> Option<(LayerId, String)> {
        let own = || scene.bands.iter().map(|band| &band.source);
        let same = |layer: &&Layer| {
            let sources = layer.scene.bands.iter().map(|band| &band.source);
            layer.kind == kind && layer.path != scene.path && layer.said == *said && sources.eq(own())
        };
        let twin = self.layers.iter().find(same).filter(|_| kind == Kind::Source)?;
        Some((twin.id, twin.name.clone()))
    }

    fn tiles_of(&self, id: LayerId, scene: &Arc<Scene>) -> Tiles {
        let context = self.context.clone();
        Tiles::new(id, scene.clone(), Arc::new(move || context.request_repaint()))
    }

    /// Shows a scene that is open as it is described now. What was seen of it before was of other bands or
    /// reflectance; results and a mask that somebody made or gave stay, since they are made of pixels. A mask that was found
    /// is not what would be found now.
    fn read_anew(&mut self, id: LayerId, scene: Arc<Scene>, said: SceneOptions) {
        self.view.forget(id);
        let tiles = self.tiles_of(id, &scene);
        if self.preview.as_ref().is_some_and(|preview| preview.of == id) {
            self.preview = None;
        }
        self.pins.retain(|pin| pin.of != id);
        self.explorer.leave();
        self.selected = Some(id);
        let Some(layer) = self.layers.iter_mut().find(|layer| layer.id == id) else { return };
        if layer.said != said {
            layer.mask = layer.mask.take().filter(MaskEdit::is_own);
            layer.made.forget();
        }
        (layer.scene, layer.tiles, layer.said) = (scene, tiles, said);
        self.display.suit(layer);
        self.touch();
    }

    /// Whether a new scene lies where the one on the screen does.
    fn same_grid(&self, new: &Layer) -> bool {
        self.source()
            .is_some_and(|shown| crate::raster::grid_difference(&shown.scene.grid, &new.scene.grid).is_none())
    }
}
