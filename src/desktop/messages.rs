//! What the window tells: a log that stays and toasts that go.

use std::collections::VecDeque;
use std::time::Instant;

use super::tokens;
use super::wording::worded;

/// Messages that lie over the window at once.
const MOST_TOASTS: usize = 3;
/// Lines the log keeps.
const LOG_LINES: usize = 500;

/// How important a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    Info,
    Warning,
    Error,
}

/// A line of the log.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub level: Level,
    pub text: String,
    pub time: String,
}

struct Toast {
    level: Level,
    text: String,
    born: Instant,
}

/// The log and the toasts.
#[derive(Default)]
pub(super) struct Messages {
    lines: VecDeque<Line>,
    toasts: Vec<Toast>,
}

impl Messages {
    pub fn info(&mut self, text: impl Into<String>) {
        self.say(Level::Info, &text.into());
    }

    pub fn warn(&mut self, text: impl Into<String>) {
        self.say(Level::Warning, &text.into());
    }

    pub fn error(&mut self, text: impl Into<String>) {
        self.say(Level::Error, &text.into());
    }

    /// Keeps something in the log without a toast.
    pub fn note(&mut self, text: impl Into<String>) {
        self.keep(Level::Info, worded(&text.into()).into_owned());
    }

    fn say(&mut self, level: Level, text: &str) {
        let text = worded(text).into_owned();
        self.keep(level, text.clone());
        // The same words twice at once help nobody.
        self.toasts.retain(|toast| toast.text != text);
        self.toasts.push(Toast { level, text, born: Instant::now() });
        // The log keeps all of them.
        let over = self.toasts.len().saturating_sub(MOST_TOASTS);
        self.toasts.drain(..over);
    }

    fn keep(&mut self, level: Level, text: String) {
        // What is said twice at once was asked twice at once.
        if self
            .lines
            .back()
            .is_some_and(|last| last.level == level && last.text == text && level != Level::Info)
        {
            return;
        }
        let now = crate::decloud::provenance::now_utc();
        let time = now.get(11..19).unwrap_or_default().to_owned();
        self.lines.push_back(Line { level, text, time });
        if self.lines.len() > LOG_LINES {
            self.lines.pop_front();
        }
    }

    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.lines.iter()
    }

    /// Takes all toasts off the window.
    pub fn dismiss(&mut self) {
        self.toasts.clear();
    }

    /// Shows the toasts from the window's lower edge up, to the left of `right`: below the map lies the log, which keeps
    /// what they say. Errors stay until they are dismissed.
    pub fn toasts_ui(&mut self, context: &egui::Context, right: f32) {
        self.toasts.retain(|toast| toast.level == Level::Error || toast.born.elapsed() < tokens::TOAST_TIME);
        if self.toasts.is_empty() {
            return;
        }
        if let Some(next) = self
            .toasts
            .iter()
            .filter(|toast| toast.level != Level::Error)
            .map(|toast| tokens::TOAST_TIME.saturating_sub(toast.born.elapsed()))
            .min()
        {
            context.request_repaint_after(next);
        }
        egui::Area::new(egui::Id::unique("toasts"))
            .fixed_pos(egui::pos2(right - 12.0, context.content_rect().bottom() - 40.0))
            .pivot(egui::Align2::RIGHT_BOTTOM)
            .constrain(true)
            .order(egui::Order::Foreground)
            .show(context, |ui| {
                ui.set_max_width(tokens::TOAST);
                self.toasts.retain(|toast| {
                    let mut stays = true;
                    egui::Frame::popup(ui.style()).show(ui, |ui| {
                        ui.set_width(tokens::TOAST);
                        ui.horizontal_top(|ui| {
                            let color = color(toast.level, ui.visuals());
                            dot(ui, color);
                            ui.vertical(|ui| {
                                ui.add(egui::Label::new(&toast.text).wrap());
                                if toast.level != Level::Info {
                                    ui.horizontal(|ui| {
                                        if ui
                                            .small_button("Dismiss")
                                            .on_hover_text("Esc dismisses all")
                                            .clicked()
                                        {
                                            stays = false;
                                        }
                                        if ui
                                            .small_button("Copy")
                                            .on_hover_text("Copy this message")
                                            .clicked()
                                        {
                                            ui.ctx().copy_text(toast.text.clone());
                                        }
                                    });
                                }
                            });
                        });
                    });
                    stays
                });
            });
    }

    /// The log, newest line last.
    pub fn log_ui(&self, ui: &mut egui::Ui) {
        if self.lines.is_empty() {
            ui.weak("Messages about files, masks and jobs are kept here.");
            return;
        }
        egui::ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show(ui, |ui| {
            for line in &self.lines {
                ui.horizontal_top(|ui| {
                    ui.weak(&line.time);
                    let color = color(line.level, ui.visuals());
                    ui.add(
                        egui::Label::new(egui::RichText::new(&line.text).color(color))
                            .wrap()
                            .selectable(true),
                    );
                });
            }
        });
    }
}

/// A mark in the colour of the message's importance.
fn dot(ui: &mut egui::Ui, color: egui::Color32) {
    let size = ui.spacing().interact_size.y * 0.5;
    let (rect, _) = ui.allocate_exact_size(egui::vec2(size, size * 2.0), egui::Sense::hover());
    ui.painter().circle_filled(rect.center_top() + egui::vec2(0.0, size * 0.8), size * 0.35, color);
}

fn color(level: Level, visuals: &egui::Visuals) -> egui::Color32 {
    match level {
        Level::Info => visuals.text_color(),
        Level::Warning => visuals.warn_fg_color,
        Level::Error => visuals.error_fg_color,
    }
}
