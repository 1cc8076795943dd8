//! When the session is written.

use std::time::Instant;

use super::app::App;
use super::layer::Kind;
use super::tokens;

/// The program's name, as windows show it.
const NAME: &str = "Declouder";

impl App {
    /// Something worth keeping has changed.
    pub(super) fn touch(&mut self) {
        self.changed.get_or_insert_with(Instant::now);
    }

    /// Names the shown scene in the window's frame, so that several windows can be told apart.
    pub(super) fn keep_title(&mut self) {
        let title = self.source().map_or_else(|| NAME.to_owned(), |layer| format!("{} – {NAME}", layer.name));
        if title != self.title {
            self.context.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }

    /// Saves the session when it has changed and rested for a moment.
    pub(super) fn keep_session(&mut self) {
        if self.session_path.is_none() {
            return;
        }
        let Some(since) = self.changed else { return };
        let rest = tokens::AUTOSAVE.saturating_sub(since.elapsed());
        if rest.is_zero() {
            self.changed = None;
            self.keep_masks();
            self.save_session(true);
        } else {
            self.context.request_repaint_after(rest);
        }
    }

    pub(super) fn save_session(&mut self, running: bool) {
        let Some(path) = self.session_path.clone() else { return };
        let sources: Vec<_> = self.layers.iter().filter(|layer| layer.kind == Kind::Source).collect();
        let selected = self.source_id();
        self.session.running = running;
        self.session.selected = sources.iter().position(|layer| Some(layer.id) == selected).unwrap_or(0);
        self.session.scenes = sources.iter().map(|layer| layer.path.clone()).collect();
        let open: Vec<_> = sources.iter().map(|layer| (layer.id, layer.path.clone())).collect();
        let results = self.layers.iter().filter_map(|layer| {
            let (_, source) = open.iter().find(|(id, _)| layer.kind == Kind::Result { of: *id })?;
            Some((source.clone(), layer.path.clone()))
        });
        for pair in results {
            if !self.session.results.contains(&pair) {
                self.session.results.push(pair);
            }
        }
        // Those of scenes that are closed now wait until their scene is opened again.
        self.session.results.retain(|(_, path)| path.exists());
        self.session.recipes.retain(|(path, _)| path.exists());
        self.session.hows.retain(|(path, _)| path.exists());
        self.session.settings.retain(|(path, _)| path.exists());
        self.session.camera = (!self.fit_pending).then_some(self.camera);
        self.session.display = Some(self.display.clone());
        self.session.device = Some(self.decloud.device);
        self.session.decloud = Some(self.decloud.clone());
        self.session.pins = self.shown_pins().map(|pin| pin.at).collect();
        self.session.dark = Some(self.context.theme() == egui::Theme::Dark);
        self.session.runs = self.training.folders();
        self.session.layout = Some(self.tree.clone());
        let text = serde_json::to_string(&self.session).unwrap_or_default();
        if text == self.saved {
            return;
        }
        match self.session.write(&path) {
            Ok(()) => (self.saved, self.session_refused) = (text, false),
            // It is tried again with every change; telling it once is enough.
            Err(error) => {
                if !std::mem::replace(&mut self.session_refused, true) {
                    let path = path.display();
                    self.messages
                        .warn(format!("{path}: the session cannot be kept ({error}); it is tried again"));
                }
            }
        }
    }
}
