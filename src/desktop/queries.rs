//! What tests, benches and scripts may ask of a window, and tell it.

use crate::decloud::DecloudConfig;

use super::app::App;
use super::commands::Command;
use super::frame_times::FrameTimes;

impl App {
    /// Names of the open layers, in the order of the list.
    #[must_use]
    pub fn layer_names(&self) -> Vec<String> {
        self.layers.iter().map(|layer| layer.name.clone()).collect()
    }

    /// Names of the bands of the shown source, in its order; none without one.
    #[must_use]
    pub fn band_names(&self) -> Vec<String> {
        self.source()
            .map_or_else(Vec::new, |layer| layer.scene.bands.iter().map(|band| band.name.clone()).collect())
    }

    /// Whether nothing is being read, opened or made.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.opening == 0
            && self.jobs.jobs().next().is_none()
            && !self.awaits_pins()
            && !self.explorer.is_busy()
            && self.layers.iter().all(|layer| !layer.tiles.is_busy() && layer.tiles.preparing().is_none())
    }

    /// Everything said so far, oldest first.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.messages.lines().map(|line| line.text.clone()).collect()
    }

    /// Share of the shown source that its mask calls cloud, 0..1; none without a mask.
    #[must_use]
    pub fn cloud_cover(&self) -> Option<f64> {
        self.source()?.mask.as_ref().map(|mask| mask.cover().cloud)
    }

    /// Whether anything of what lies over the map can be seen, and is explained in the corner.
    #[must_use]
    pub fn is_overlaid(&self) -> bool {
        self.map.overlaid
    }

    /// Bytes of textures held.
    #[must_use]
    pub fn texture_bytes(&self) -> usize {
        self.view.texture_bytes()
    }

    /// How long our own work in the last frames took, in ms.
    #[must_use]
    pub fn frame_times(&self) -> &FrameTimes {
        &self.frame_times
    }

    /// How a scene is declouded with the present settings.
    pub fn config_mut(&mut self) -> &mut DecloudConfig {
        &mut self.decloud
    }

    /// Takes the messages off the window before they go by themselves; the log keeps them.
    pub fn dismiss_messages(&mut self) {
        self.messages.dismiss();
    }

    /// Steps done of the training run that is looked at.
    #[must_use]
    pub fn training_step(&self) -> u64 {
        self.training.step()
    }

    /// The land code that the explorer is at.
    #[must_use]
    pub fn latent_code(&self) -> &[f32] {
        &self.explorer.code
    }

    /// What was done to the cloud whose code is rendered on the map; none where a surface or nothing is.
    #[must_use]
    pub fn shown_cloud(&self) -> Option<crate::latents::CloudChange> {
        self.explorer.sky.shown.as_ref().map(|shown| shown.change)
    }

    /// The land code whose surface is on the map; none before the explorer has shown one.
    #[must_use]
    pub fn shown_code(&self) -> Option<&[f32]> {
        self.explorer.shown.as_ref().map(|shown| shown.code.as_slice())
    }

    /// Cells of the sweep sheet; 0 where none was made.
    #[must_use]
    pub fn sheet_cells(&self) -> usize {
        self.explorer.sweep.shown.as_ref().map_or(0, |shown| shown.images.sheet.codes.len())
    }

    /// Whether the sweep sheet is drawn from where it was computed, without a copy.
    #[must_use]
    pub fn is_sheet_shared(&self) -> bool {
        let shown = self.explorer.sweep.shown.as_ref();
        shown.and_then(|shown| shown.buffer.as_ref()).is_some_and(|buffer| buffer.is_shared())
    }

    /// The part of the scene that the explorer has regenerated; none before.
    #[must_use]
    pub fn shown_window(&self) -> Option<crate::raster::Window> {
        self.explorer.shown.as_ref().map(|shown| shown.window)
    }

    /// Pictures of the evaluation's gallery that were shown so far.
    #[must_use]
    pub fn gallery_pictures(&self) -> usize {
        let shows = self.evaluation.shows;
        self.evaluation.textures.keys().filter(|(_, _, _, own)| *own == shows).count()
    }

    /// Number of pinned codes.
    #[must_use]
    pub fn pinned_codes(&self) -> usize {
        self.explorer.pins.len()
    }

    /// Number of pinned spectra in the shown scene.
    #[must_use]
    pub fn pin_count(&self) -> usize {
        self.shown_pins().count()
    }

    /// Tells the application to do something, as its menus do.
    pub fn tell(&mut self, command: Command) {
        self.todo.push_back(command);
        self.context.request_repaint();
    }
}
