//! Spectrum and histogram.

use egui::Ui;

use super::super::app::App;
use super::super::commands::Command;
use super::super::histogram::{self, Channel};
use super::super::spectra;
use crate::view::Mode;

impl App {
    pub(in crate::desktop) fn spectrum_ui(&mut self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            self.command_ui(ui, Command::ExportSpectra);
            let some = self.shown_pins().next().is_some();
            if ui.add_enabled(some, egui::Button::new("Copy CSV")).clicked() {
                ui.ctx().copy_text(self.pins_csv());
                self.messages.info("The pinned spectra are on the clipboard as CSV.");
            }
            if ui.add_enabled(some, egui::Button::new("Clear pins")).clicked() {
                self.clear_pins();
            }
        });
        let hover = self.map.hover.and_then(|at| self.pixel(at));
        let probe = |id: Option<u64>| {
            let layer = id.and_then(|id| self.layer(id))?;
            layer.tiles.probed().filter(|probe| Some(probe.at) == hover)
        };
        let result = self.result_id();
        let cursor = (probe(self.source_id()), probe(result));
        let pins: Vec<_> = self.shown_pins().collect();
        if pins.is_empty() && cursor.0.is_none() {
            ui.weak("Move over the map for a spectrum; click to pin one.");
        } else if pins.iter().any(|pin| pin.result.is_some()) {
            ui.weak("Solid: source. Dashed: result.");
        }
        spectra::plot(ui, cursor, &pins);
    }

    pub(in crate::desktop) fn histogram_ui(&mut self, ui: &mut Ui) {
        if self.display.mode == Mode::Index {
            ui.weak("An index has no histogram of its own; choose a composite or a band.");
            return;
        }
        let limits = self.present_limits();
        let (seen, display) = (self.seen().filter(|_| self.display.of_view), self.display.clone());
        let Some(id) = self.source_id() else {
            ui.weak("The values of the shown bands, with limits that can be dragged.");
            return;
        };
        let Some(layer) = self.layer_mut(id) else { return };
        let count = display.channels();
        let bands = layer.bands(&display.bands);
        let found: Vec<_> =
            bands[..count].iter().map(|&band| layer.tiles.statistics(band, seen).cloned()).collect();
        let channels: Vec<_> = (0..count)
            .map(|channel| Channel {
                name: display.bands[channel].clone(),
                color: histogram::color(channel, count),
                statistics: found[channel].as_ref(),
                limits: limits[channel],
            })
            .collect();
        if let Some((channel, end, value)) = histogram::plot(ui, &channels) {
            let mut pair = limits[channel];
            pair[end] = value;
            self.set_limit(channel, pair);
        }
    }
}
