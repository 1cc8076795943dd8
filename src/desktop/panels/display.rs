//! How the map is coloured and what it compares.

use egui::Ui;

use super::super::app::App;
use super::super::commands::{self, Command};
use super::super::display::{Compare, Over};
use super::{combo, title_ui};
use crate::view::{ColorMap, Mode, Stretch, presets};

impl App {
    pub(in crate::desktop) fn display_ui(&mut self, ui: &mut Ui) {
        let before = self.display.clone();
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            self.composite_ui(ui);
            ui.separator();
            self.stretch_ui(ui);
            ui.separator();
            self.compare_ui(ui);
        });
        if self.display != before {
            self.touch();
        }
    }

    fn composite_ui(&mut self, ui: &mut Ui) {
        let names: Vec<String> = self
            .selected
            .and_then(|id| self.layer(id))
            .map(|layer| layer.scene.bands.iter().map(|band| band.name.clone()).collect())
            .unwrap_or_default();
        combo(ui, "Composite", self.display.composite.clone(), |ui| {
            for preset in presets() {
                let there = names.is_empty() || preset.bands.iter().all(|band| names.contains(band));
                ui.add_enabled_ui(there, |ui| {
                    let on = self.display.composite == preset.name;
                    let response = ui
                        .selectable_label(on, preset.name.as_str())
                        .on_hover_text(preset.about.as_str())
                        .on_disabled_hover_text("the scene lacks a band of it");
                    if response.clicked() {
                        self.display.choose(preset);
                    }
                });
            }
        });
        let channels = self.display.channels();
        let titles: &[&str] = match self.display.mode {
            Mode::Single => &["Band"],
            Mode::Index => &["Index of", "and"],
            _ => &["Red", "Green", "Blue"],
        };
        for (channel, title) in titles.iter().enumerate().take(channels) {
            combo(ui, title, self.display.bands[channel].clone(), |ui| {
                for name in &names {
                    if ui.selectable_label(self.display.bands[channel] == *name, name.as_str()).clicked() {
                        self.display.bands[channel].clone_from(name);
                        "Own bands".clone_into(&mut self.display.composite);
                    }
                }
            });
        }
        if self.display.mode != Mode::Rgb {
            combo(ui, "Colours", self.display.map.name().to_owned(), |ui| {
                for map in ColorMap::ALL {
                    ui.selectable_value(&mut self.display.map, map, map.name());
                }
            });
        }
    }

    fn stretch_ui(&mut self, ui: &mut Ui) {
        let name = |stretch: Stretch| match stretch {
            Stretch::Ground => "2 – 98 % of ground",
            Stretch::MinMax => "Min – max",
            Stretch::Percent => "2 – 98 %",
            Stretch::Sigma(_) => "Mean ± 2 σ",
            Stretch::Manual => "By hand",
        };
        let fixed = self.display.range.is_some() && !matches!(self.display.stretch, Stretch::Manual);
        let shown = if fixed { "Fixed range" } else { name(self.display.stretch) };
        combo(ui, "Stretch", shown.to_owned(), |ui| {
            for stretch in
                [Stretch::Ground, Stretch::Percent, Stretch::MinMax, Stretch::Sigma(2.0), Stretch::Manual]
            {
                if ui.selectable_label(!fixed && self.display.stretch == stretch, name(stretch)).clicked() {
                    self.freeze_limits();
                    self.display.stretch = stretch;
                    self.display.range = None;
                }
            }
        });
        ui.checkbox(&mut self.display.of_view, "Of what is seen")
            .on_hover_text("Find the limits on the part on the screen instead of the whole scene");
        ui.add(egui::Slider::new(&mut self.display.gamma, 0.3..=3.0).text("Gamma").fixed_decimals(2));
        let limits = self.present_limits();
        let single = self.display.channels() != 3 || self.display.range.is_some();
        for channel in 0..if single { 1 } else { 3 } {
            let mut pair = limits[channel];
            ui.horizontal(|ui| {
                let name = if single { "Limits" } else { ["Red", "Green", "Blue"][channel] };
                title_ui(ui, name);
                for (end, title) in ["Low", "High"].into_iter().enumerate() {
                    let value = egui::DragValue::new(&mut pair[end]).speed(0.002).fixed_decimals(4);
                    let response = ui.add(value).on_hover_text(format!("{title} limit in reflectance"));
                    let text = format!("{title} limit {}", channel + 1);
                    response.widget_info(|| {
                        egui::WidgetInfo::labeled(egui::Role::SpinButton, true, text.clone())
                    });
                }
            });
            if pair != limits[channel] {
                self.set_limit(channel, pair);
            }
        }
    }

    /// The limits now shown become those set by hand.
    fn freeze_limits(&mut self) {
        self.display.manual = self.present_limits();
    }

    pub(in crate::desktop) fn present_limits(&mut self) -> [[f32; 2]; 3] {
        let (seen, display) = (self.seen(), self.display.clone());
        let Some(id) = self.source_id() else { return display.manual };
        self.layer_mut(id).map_or(display.manual, |layer| display.limits(layer, seen))
    }

    pub(in crate::desktop) fn set_limit(&mut self, channel: usize, limits: [f32; 2]) {
        self.freeze_limits();
        self.display.stretch = Stretch::Manual;
        let limits = [limits[0], limits[1].max(limits[0] + 1e-4)];
        if self.display.channels() == 3 {
            self.display.manual[channel] = limits;
        } else {
            self.display.manual = [limits; 3];
        }
        self.display.range = None;
    }

    fn compare_ui(&mut self, ui: &mut Ui) {
        ui.weak("Compare");
        let modes = [
            (Compare::Single, Command::Single),
            (Compare::Swipe, Command::Swipe),
            (Compare::SideBySide, Command::SideBySide),
            (Compare::Difference, Command::Difference),
        ];
        ui.horizontal_wrapped(|ui| {
            for (mode, command) in modes {
                let spec = commands::of(command);
                let refusal = self.refusal(command);
                let button = egui::Button::selectable(self.display.compare == mode, spec.name);
                let response = ui
                    .add_enabled(refusal.is_none(), button)
                    .on_hover_text(spec.tip)
                    .on_disabled_hover_text(refusal.unwrap_or_default());
                if response.clicked() {
                    self.todo.push_back(command);
                }
            }
        });
        if self.display.compare == Compare::Difference {
            ui.horizontal(|ui| {
                let title = title_ui(ui, "Scale ±");
                ui.spacing_mut().slider_width = (ui.available_width() - 60.0).max(40.0);
                ui.add(egui::Slider::new(&mut self.display.difference, 0.005..=0.5).logarithmic(true))
                    .labelled_by(title.id)
                    .on_hover_text("Difference in reflectance at which the colours end");
            });
        }
        // Else the choice seems to do nothing where the preview lies.
        let preview = self.preview.as_ref().is_some_and(|preview| Some(preview.of) == self.source_id());
        let bare = preview && matches!(self.display.over, Over::Mask | Over::Made);
        ui.weak(if bare { "Over the map, not the preview" } else { "Over the map" });
        ui.horizontal_wrapped(|ui| {
            let choices = [
                (Over::Nothing, None, "Nothing"),
                (Over::Mask, Some(Command::ShowMask), "Mask"),
                (Over::Made, Some(Command::ShowMade), "To be made"),
                (Over::Synthetic, Some(Command::ShowSynthetic), "Was made"),
                (Over::Spread, Some(Command::ShowSpread), "Spread"),
            ];
            for (over, command, name) in choices {
                let refusal = command.and_then(|command| self.refusal(command));
                let response = ui
                    .add_enabled(refusal.is_none(), egui::Button::selectable(self.display.over == over, name))
                    .on_hover_text(command.map_or("The map alone", |command| commands::of(command).tip))
                    .on_disabled_hover_text(refusal.unwrap_or_default());
                if response.clicked() {
                    self.display.over = over;
                }
            }
        });
    }
}
