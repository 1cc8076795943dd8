//! What each command does, and when it can.

use crate::view::Camera;

use super::app::App;
use super::arrivals::Purpose;
use super::commands::{COMMANDS, Command};
use super::dialogs::Dialog;
use super::display::{Compare, Over};
use super::mask_edit::MaskEdit;
use super::tokens;

impl App {
    /// Why a command cannot be given now; none where it can.
    pub(super) fn refusal(&self, command: Command) -> Option<&'static str> {
        let no_scene = self.source().is_none().then_some("open a scene first");
        let mask = self.source().and_then(|layer| layer.mask.as_ref());
        let stroke = |can: fn(&MaskEdit) -> bool| mask.is_some_and(can);
        match command {
            Command::Export
            | Command::Previous
            | Command::Next
            | Command::ImportMask
            | Command::Close
            | Command::Fit
            | Command::Native
            | Command::ZoomIn
            | Command::ZoomOut
            | Command::FindClouds
            | Command::Decloud
            | Command::Preview
            | Command::Single => no_scene,
            Command::Difference => {
                no_scene.or_else(|| self.result_id().is_none().then_some("decloud the whole scene first"))
            }
            Command::Swipe | Command::SideBySide => no_scene
                .or_else(|| (!self.has_result()).then_some("decloud the scene first, or make a preview")),
            Command::ExportMask | Command::ShowMask | Command::Brush => {
                no_scene.or_else(|| mask.is_none().then_some("find the clouds first, or import a mask"))
            }
            Command::ShowSynthetic => no_scene
                .or_else(|| (!self.result_has("synthetic")).then_some("decloud the whole scene first")),
            Command::ShowSpread => no_scene.or_else(|| {
                (!self.result_has("spread"))
                    .then_some("decloud the whole scene with engine model and samples first")
            }),
            Command::ShowMade => no_scene.or_else(|| mask.is_none().then_some("find the clouds first")),
            Command::CopyPosition => no_scene
                .or_else(|| self.pointed_words().is_none().then_some("point at the map, then press its key")),
            Command::ExportSpectra => {
                self.shown_pins().next().is_none().then_some("click on the map to pin a spectrum first")
            }
            Command::Evaluate => {
                self.evaluation.is_running(&self.jobs).then_some("an evaluation is running already")
            }
            Command::ExportReport => {
                self.evaluation.report.is_none().then_some("evaluate a model first, or open a report")
            }
            Command::BrushSmaller | Command::BrushLarger => {
                (!self.brush.on).then_some("take the mask brush first")
            }
            Command::Undo => (!stroke(MaskEdit::can_undo)).then_some("there is no stroke to take back"),
            Command::Redo => (!stroke(MaskEdit::can_redo)).then_some("no stroke was taken back"),
            Command::Cancel => {
                let idle = self.jobs.jobs().all(|job| job.background) && !self.explorer.is_busy();
                idle.then_some("no job is running")
            }
            Command::LatentReset
            | Command::LatentUndo
            | Command::LatentRandom
            | Command::LatentPin
            | Command::LatentEncode
            | Command::LatentAnimate
            | Command::LatentUse
            | Command::LatentDirections
            | Command::LatentTrust
            | Command::LatentCloud
            | Command::SweepSheet => self.latent_refusal(command),
            _ => self.training_refusal(command),
        }
    }

    /// Whether the shown result has a band.
    fn result_has(&self, band: &str) -> bool {
        self.result_id().and_then(|id| self.layer(id)).is_some_and(|layer| layer.has_band(band))
    }

    /// Whether there is something to compare the source with.
    pub(super) fn has_result(&self) -> bool {
        self.result_id().is_some()
            || self.preview.as_ref().is_some_and(|preview| Some(preview.of) == self.source_id())
    }

    /// Shortcuts of this frame become commands.
    pub(super) fn take_shortcuts(&mut self, ui: &egui::Ui) {
        let typing = ui.ctx().egui_wants_keyboard_input();
        let menu = egui::Popup::is_any_open(ui.ctx());
        // Keys with Shift are taken for those without it too, so they come first.
        let (shifted, others): (Vec<_>, Vec<_>) = COMMANDS
            .iter()
            .filter_map(|spec| Some((spec.key?, spec.command)))
            .partition(|(key, _)| key.modifiers.shift);
        for (key, command) in shifted.into_iter().chain(others) {
            let plain = key.modifiers == egui::Modifiers::NONE;
            if plain && typing {
                continue;
            }
            // A menu that is open is closed first.
            if command == Command::Cancel && menu {
                continue;
            }
            if ui.input_mut(|input| input.consume_shortcut(&key)) {
                self.todo.push_back(command);
            }
        }
    }

    /// Does everything that was asked for.
    pub(super) fn work_off(&mut self) {
        while let Some(command) = self.todo.pop_front() {
            match self.refusal(command) {
                Some(_) if command == Command::Cancel => {
                    self.dialog = None;
                    self.messages.dismiss();
                }
                Some(why) => self.messages.info(format!("{}: {why}", super::commands::of(command).name)),
                None => self.perform(command),
            }
        }
    }

    fn perform(&mut self, command: Command) {
        self.touch();
        match command {
            Command::Open => self.ask(Purpose::Open),
            Command::OpenPath => self.dialog = Some(Dialog::open_path()),
            Command::Describe => self.dialog = Some(self.describe_dialog()),
            Command::Close => self.ask_to_close(),
            Command::Previous => self.step_layer(false),
            Command::Next => self.step_layer(true),
            Command::Export => self.dialog = Some(self.export_dialog()),
            Command::ImportMask => self.dialog = Some(Dialog::import_mask()),
            Command::ExportMask => self.ask(Purpose::ExportMask),
            Command::ExportSpectra => self.ask(Purpose::ExportSpectra),
            Command::Quit => self.context.send_viewport_cmd(egui::ViewportCommand::Close),
            Command::Palette => self.dialog = Some(Dialog::palette()),
            Command::Settings => self.dialog = Some(Dialog::Settings),
            Command::About => self.dialog = Some(Dialog::About),
            Command::ResetLayout => self.unarranged = true,
            Command::Theme => self.change_theme(),
            Command::Cancel => self.cancel_first(),
            Command::FindClouds => self.find_clouds(),
            Command::Decloud => self.decloud_all(),
            Command::Preview => self.make_preview(),
            Command::Evaluate => self.dialog = Some(self.evaluate_dialog()),
            Command::OpenReport => self.dialog = Some(Dialog::report(false)),
            Command::ExportReport => self.dialog = Some(Dialog::report(true)),
            Command::BrushSmaller => self.brush.scale(1.0 / tokens::BRUSH_STEP),
            Command::BrushLarger => self.brush.scale(tokens::BRUSH_STEP),
            Command::Undo | Command::Redo => self.step_mask(command == Command::Undo),
            Command::LatentPanel
            | Command::LatentReset
            | Command::LatentUndo
            | Command::LatentRandom
            | Command::LatentPin
            | Command::LatentEncode
            | Command::LatentAnimate
            | Command::LatentUse
            | Command::LatentDirections
            | Command::LatentTrust
            | Command::LatentCloud
            | Command::SweepSheet => self.perform_latent(command),
            Command::TrainPanel
            | Command::TrainStart
            | Command::TrainPause
            | Command::TrainResume
            | Command::TrainStop
            | Command::TrainContinue
            | Command::UseModel => self.perform_training(command),
            _ => self.perform_on_map(command),
        }
    }

    fn perform_on_map(&mut self, command: Command) {
        match command {
            Command::Fit => self.fit_pending = true,
            Command::Native => self.camera.native(self.context.pixels_per_point()),
            Command::CopyPosition => {
                if let Some(words) = self.pointed_words() {
                    self.context.copy_text(words.clone());
                    self.messages.info(format!("Copied: {words}"));
                }
            }
            Command::ZoomIn => self.zoom(tokens::ZOOM_STEP),
            Command::ZoomOut => self.zoom(1.0 / tokens::ZOOM_STEP),
            Command::Single => self.display.compare = Compare::Single,
            Command::Swipe => self.display.compare = Compare::Swipe,
            Command::SideBySide => {
                // What was seen whole is seen whole in half of the map.
                let whole = self.source().is_some_and(|source| {
                    self.camera.window(self.map.rect, &source.scene.grid) == source.scene.grid.window()
                });
                self.fit_pending |= whole && self.display.compare != Compare::SideBySide;
                self.display.compare = Compare::SideBySide;
            }
            Command::Difference => self.display.compare = Compare::Difference,
            Command::ShowMask => self.toggle(Over::Mask),
            Command::ShowMade => self.toggle(Over::Made),
            Command::ShowSynthetic => self.toggle(Over::Synthetic),
            Command::ShowSpread => self.toggle(Over::Spread),
            Command::Brush => {
                self.brush.on = !self.brush.on;
                if self.brush.on {
                    self.display.over = Over::Mask;
                }
            }
            _ => {}
        }
    }

    fn toggle(&mut self, over: Over) {
        self.display.over = if self.display.over == over { Over::Nothing } else { over };
    }

    fn zoom(&mut self, factor: f64) {
        let rect = self.map.rect;
        self.camera.zoom_at(rect, rect.center(), factor);
    }

    fn change_theme(&mut self) {
        let dark = self.context.theme() == egui::Theme::Dark;
        self.context.set_theme(if dark { egui::ThemePreference::Light } else { egui::ThemePreference::Dark });
    }

    fn cancel_first(&mut self) {
        match self.jobs.jobs().find(|job| !job.background).map(|job| job.id) {
            Some(id) => self.jobs.cancel(id),
            None => self.explorer.stop(),
        }
    }

    fn step_mask(&mut self, back: bool) {
        let Some(id) = self.source_id() else { return };
        let Some(layer) = self.layer_mut(id) else { return };
        layer.made.forget();
        if let Some(mask) = &mut layer.mask {
            if back {
                mask.undo();
            } else {
                mask.redo();
            }
        }
    }

    /// Fits the scene into the map once the map's size is known.
    pub(super) fn fit_if_pending(&mut self) {
        if self.fit_pending
            && let Some(source) = self.source()
        {
            let mut size = self.map.rect.size();
            if self.display.compare == Compare::SideBySide {
                size.x *= 0.5;
            }
            self.camera = Camera::fit(&source.scene.grid, size);
            self.fit_pending = false;
        }
    }
}
