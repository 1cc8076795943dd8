//! The open layers, and which of them is shown.

use std::path::PathBuf;

use super::app::App;
use super::layer::{Kind, Layer, LayerId};

impl App {
    pub(super) fn layer(&self, id: LayerId) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.id == id)
    }

    pub(super) fn layer_mut(&mut self, id: LayerId) -> Option<&mut Layer> {
        self.layers.iter_mut().find(|layer| layer.id == id)
    }

    /// The source of what is selected: itself, or what the selected result was made of.
    pub(super) fn source_id(&self) -> Option<LayerId> {
        self.layer(self.selected?).map(Layer::family)
    }

    pub(super) fn source(&self) -> Option<&Layer> {
        self.layer(self.source_id()?)
    }

    /// The newest result of the shown source, or the selected one.
    pub(super) fn result_id(&self) -> Option<LayerId> {
        let source = self.source_id()?;
        let selected = self.selected.filter(|&id| id != source);
        selected.or_else(|| {
            let made = |layer: &&Layer| layer.kind == Kind::Result { of: source };
            self.layers.iter().rfind(made).map(|layer| layer.id)
        })
    }

    /// Paths opened lately, newest first.
    pub(super) fn recent(&self) -> &[PathBuf] {
        &self.session.recent
    }

    /// Selects the layer below or above; the list is a ring.
    pub(super) fn step_layer(&mut self, down: bool) {
        let count = self.layers.len();
        let Some(at) = self.layers.iter().position(|layer| Some(layer.id) == self.selected) else { return };
        let next = if down { (at + 1) % count } else { (at + count - 1) % count };
        self.select(self.layers[next].id);
    }

    /// Shows a layer, in bands that it has.
    pub(super) fn select(&mut self, id: LayerId) {
        self.selected = Some(id);
        if let Some(layer) = self.layers.iter().find(|layer| layer.id == id) {
            self.display.suit(layer);
        }
        self.touch();
    }

    /// Removes a result that waited in our own folder.
    pub(super) fn drop_result(&self, path: &std::path::Path) {
        let ours = self.results.as_deref().is_some_and(|folder| path.starts_with(folder));
        if let (true, Some(folder)) = (ours, path.parent()) {
            // A folder that cannot be removed is cleared by the system's own housekeeping.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
