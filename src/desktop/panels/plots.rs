//! Spectrum and histogram.

use egui::Ui;

use super::super::app::App;
use super::super::commands::Command;
use super::super::histogram::{self, Channel};
use super::super::spectra::{self, Pin};
use crate::view::Mode;

impl App {
    pub(in crate::desktop) fn spectrum_ui(&mut self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            self.command_ui(ui, Command::ExportSpectra);
            let some = !self.pins.is_empty();
            if ui.add_enabled(some, egui::Button::new("Copy CSV")).clicked() {
                ui.ctx().copy_text(spectra::csv(&self.pins));
                self.messages.info("The pinned spectra are on the clipboard as CSV.");
            }
            if ui.add_enabled(some, egui::Button::new("Clear pins")).clicked() {
                self.pins.clear();
                self.touch();
            }
        });
        let hover = self.map.hover.and_then(|at| self.pixel(at));
        let probe = |id: Option<u64>| {
            let layer = id.and_then(|id| self.layer(id))?;
            layer.tiles.probed().filter(|probe| Some(probe.at) == hover)
        };
        let result = self.result_id();
        let cursor = (probe(self.source_id()), probe(result));
        if self.pins.is_empty() && cursor.0.is_none() {
            ui.weak("Move over the map for a spectrum; click to pin one.");
        }
        spectra::plot(ui, cursor, &self.pins);
    }

    /// Pins whose values have arrived are kept; for the others they are asked for.
    pub(in crate::desktop) fn take_pins(&mut self) {
        let Some(&at) = self.pending_pins.front() else { return };
        let found = |id: Option<u64>| {
            let layer = id.and_then(|id| self.layer(id))?;
            layer.tiles.probed().filter(|probe| probe.at == at).cloned()
        };
        let (source, result) = (self.source_id(), self.result_id());
        let (of_source, of_result) = (found(source), found(result));
        let whole = of_source.is_some() && (result.is_none() || of_result.is_some());
        if source.is_none() {
            self.pending_pins.clear();
        } else if whole {
            self.pending_pins.pop_front();
            self.pins.push(Pin { at, source: of_source, result: of_result.filter(|_| result != source) });
            self.context.request_repaint();
        } else {
            self.ask_probes(at);
        }
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
