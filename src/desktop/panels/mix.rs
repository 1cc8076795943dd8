//! Pinned codes, and the way from one to another.

use std::time::{Duration, Instant};

use egui::{Align2, Ui, WidgetInfo, vec2};

use super::super::app::App;
use super::super::commands::Command;
use super::super::latents::Heading;
use super::super::tokens;
use crate::latents::Pace;

impl App {
    pub(super) fn code_pins_ui(&mut self, ui: &mut Ui) {
        if self.explorer.pins.is_empty() {
            return;
        }
        ui.separator();
        let mut adopted = None;
        let mut dropped = None;
        ui.horizontal_wrapped(|ui| {
            for (number, pin) in self.explorer.pins.iter().enumerate() {
                let name = format!("Pinned code {}", number + 1);
                let size = vec2(tokens::CODE_PICTURE, tokens::CODE_PICTURE);
                let image = egui::Image::from_texture(&pin.picture).fit_to_exact_size(size);
                let button = ui.add(egui::Button::image(image).frame(false));
                button.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, name.clone()));
                let corner = button.rect.left_top() + vec2(4.0, 2.0);
                let font = egui::TextStyle::Small.resolve(ui.style());
                ui.painter().text(corner, Align2::LEFT_TOP, (number + 1).to_string(), font, tokens::INK);
                let button =
                    button.on_hover_text(format!("{name}: click to go there, right click to forget it"));
                if button.clicked() {
                    adopted = Some(pin.code.clone());
                }
                if button.secondary_clicked() {
                    dropped = Some(number);
                }
            }
        });
        if let Some(number) = dropped {
            self.explorer.pins.remove(number);
        }
        if let Some(code) = adopted {
            self.explorer.dragging = false;
            self.explore(code);
        }
        self.mix_ui(ui);
    }

    /// Between two pins.
    fn mix_ui(&mut self, ui: &mut Ui) {
        let count = self.explorer.pins.len();
        if count < 2 {
            ui.weak("Pin a second code to go from one to the other.");
            return;
        }
        let last = count - 1;
        let mix = &mut self.explorer.mix;
        (mix.from, mix.to) = (mix.from.min(last), mix.to.min(last));
        ui.horizontal(|ui| {
            for (name, pin) in [("From", &mut mix.from), ("to", &mut mix.to)] {
                ui.weak(name);
                let mut shown = *pin + 1;
                let field = ui.add(egui::DragValue::new(&mut shown).range(1..=count).speed(0.05));
                field.widget_info(|| {
                    WidgetInfo::labeled(egui::Role::SpinButton, true, format!("Mix {name} pin"))
                });
                *pin = shown - 1;
            }
        });
        let mut share = mix.share;
        ui.spacing_mut().slider_width = (ui.available_width() - 96.0).max(60.0);
        // Shown with two decimals, not rounded to them: a share between would count as moved by hand.
        let shown =
            egui::Slider::new(&mut share, 0.0..=1.0).custom_formatter(|share, _| format!("{share:.2}"));
        let slider = ui.add(shown.text("Mix"));
        if slider.changed() {
            self.explorer.mix.share = share;
            if let Some(code) = self.explorer.mixture() {
                self.slid(&slider, code);
            }
        }
        self.explorer.dragging &= !slider.drag_stopped();
        ui.horizontal(|ui| {
            let playing = self.explorer.mix.playing.is_some();
            let button =
                ui.selectable_label(playing, "Play").on_hover_text("Go from one to the other and back");
            if button.clicked() {
                self.explorer.dragging = false;
                self.explorer.mix.playing = (!playing).then_some(Heading { forth: true, since: None });
            }
            self.command_ui(ui, Command::LatentAnimate);
        });
        self.play(ui);
    }

    /// The next step of the way between the pins, once the last one is on the map and its time is over.
    fn play(&mut self, ui: &Ui) {
        let Some(Heading { forth, since }) = self.explorer.mix.playing else { return };
        let pace = Pace::default();
        let wait = Duration::from_secs_f64(1.0 / f64::from(pace.fps));
        let over = since.map_or(Duration::MAX, |since| since.elapsed());
        if self.explorer.is_busy() || over < wait {
            ui.ctx().request_repaint_after(wait.saturating_sub(over));
            return;
        }
        let steps = f32::from(pace.steps);
        let at = (self.explorer.mix.share * steps).round();
        let forth = if forth { at < steps } else { at <= 0.0 };
        self.explorer.mix.share = (if forth { at + 1.0 } else { at - 1.0 }) / steps;
        self.explorer.mix.playing = Some(Heading { forth, since: Some(Instant::now()) });
        match self.explorer.mixture() {
            Some(code) => self.explore(code),
            None => self.explorer.mix.playing = None,
        }
        // The whole play is one step back.
        self.explorer.dragging = true;
        ui.ctx().request_repaint_after(wait);
    }
}
