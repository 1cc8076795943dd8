//! The sweep sheet: surfaces of many codes beside each other, to be looked through and adopted.

use egui::{Align2, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::super::app::App;
use super::super::commands::Command;
use super::super::latents::AxesChoice;
use super::super::tokens;
use super::combo;
use crate::latents::{CloudChange, MAP_CELL_PX, Sheet};
use crate::view::{SweepLook, paint_sweep};

/// Most columns and rows.
const MOST: usize = 9;

impl App {
    pub(in crate::desktop) fn sweep_ui(&mut self, ui: &mut Ui) {
        self.learn_model();
        self.sweep_choices_ui(ui);
        let Some(look) = self.sweep_look() else {
            ui.weak(if self.explorer.sweep.axes == AxesChoice::Clouds {
                "The cloud on the screen as its code holds it, moved and thinned; click one to put it on the map."
            } else {
                "Many surfaces of the cloud on the screen beside each other; click one to go to its code."
            });
            match self.source().map(|layer| layer.mask.is_none()) {
                None => _ = ui.weak("Open a scene first."),
                Some(true) => {
                    ui.horizontal_wrapped(|ui| {
                        ui.weak("First the clouds of the scene are to be found:");
                        self.command_ui(ui, Command::FindClouds);
                    });
                }
                Some(false) => {}
            }
            if let Some(trouble) = &self.explorer.trouble {
                ui.add(egui::Label::new(egui::RichText::new(trouble).weak()).wrap());
            }
            return;
        };
        self.sheet_ui(ui, look);
    }

    fn sweep_choices_ui(&mut self, ui: &mut Ui) {
        let numbers = self.explorer.numbers();
        ui.horizontal_wrapped(|ui| {
            let sweep = &mut self.explorer.sweep;
            ui.scope(|ui| {
                ui.set_max_width(300.0);
                combo(ui, "Sweep along", sweep.axes.name().to_owned(), |ui| {
                    for axes in AxesChoice::ALL {
                        ui.selectable_value(&mut sweep.axes, axes, axes.name());
                    }
                });
            });
            let mut number = |name: &str, value: &mut usize, range: std::ops::RangeInclusive<usize>| {
                ui.weak(name);
                let field = ui.add(egui::DragValue::new(value).range(range).speed(0.05));
                field.widget_info(|| WidgetInfo::labeled(egui::Role::SpinButton, true, name));
            };
            number("Columns", &mut sweep.columns, 1..=MOST);
            number("Rows", &mut sweep.rows, 1..=MOST);
            if sweep.axes == AxesChoice::Raw {
                let last = numbers.saturating_sub(1);
                number("Across z", &mut sweep.raw.0, 0..=last);
                number("Down z", &mut sweep.raw.1, 0..=last);
            }
            self.primary_ui(ui, Command::SweepSheet);
        });
        ui.horizontal_wrapped(|ui| {
            if self.explorer.is_busy() {
                self.computing_ui(ui);
            } else if let Some(shown) = &self.explorer.sweep.shown {
                let (cells, seconds) = (shown.images.sheet.codes.len(), shown.images.seconds);
                let what = if shown.images.sheet.changes.is_empty() { "surfaces" } else { "clouds" };
                let crate::raster::Window { x, y, width, height } = shown.images.window;
                let labels = axes_words(&shown.images.sheet);
                ui.weak(format!(
                    "{cells} {what} of {width} × {height} pixels from {x}, {y} in {seconds:.1} s"
                ))
                .on_hover_text("The part with most cloud of what is on the screen");
                ui.weak(format!("· {labels}"));
            }
        });
    }

    fn sheet_ui(&mut self, ui: &mut Ui, look: SweepLook) {
        let line = ui.text_style_height(&egui::TextStyle::Small) + 2.0;
        let room = ui.available_rect_before_wrap();
        let Some(shown) = &self.explorer.sweep.shown else { return };
        let sheet = &shown.images.sheet;
        let font = egui::TextStyle::Small.resolve(ui.style());
        let color = ui.visuals().weak_text_color();
        let galley = |text: &String| ui.painter().layout_no_wrap(text.clone(), font.clone(), color);
        let left = sheet.row_labels.iter().map(|label| galley(label).size().x).fold(0.0, f32::max) + 6.0;
        let inner = room.with_min_x(room.left() + left).with_min_y(room.top() + line);
        let rect = fitted(inner, &look);
        let response = ui.allocate_rect(rect, Sense::click());
        let words = format!("Sweep sheet of {} × {} cells", look.columns, look.rows);
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, words.clone()));
        if let (Some(renderer), Some(buffer)) = (&self.explorer.sweep.renderer, &shown.buffer) {
            ui.painter_at(rect).add(paint_sweep(rect, renderer, look, buffer));
        }
        let cell = |at: usize| cell_rect(rect, &look, at);
        for (column, label) in sheet.column_labels.iter().enumerate() {
            let at = cell(column).center_top();
            ui.painter().text(at, Align2::CENTER_BOTTOM, label, font.clone(), color);
        }
        for (row, label) in sheet.row_labels.iter().enumerate() {
            let at = cell(row * look.columns).left_center() - vec2(5.0, 0.0);
            ui.painter().text(at, Align2::RIGHT_CENTER, label, font.clone(), color);
        }
        let mark = |at: usize, width: f32| {
            let stroke = Stroke::new(width, tokens::ACCENT);
            ui.painter().rect_stroke(cell(at), 0.0, stroke, StrokeKind::Inside);
        };
        let own = if sheet.changes.is_empty() {
            sheet.codes.iter().position(|code| *code == self.explorer.code)
        } else {
            sheet.changes.iter().position(|change| *change == self.explorer.sky.change)
        };
        if let Some(own) = own {
            mark(own, 2.0);
        }
        let ppp = ui.ctx().pixels_per_point();
        let pixels = |vector: egui::Vec2| [vector.x * ppp, vector.y * ppp];
        let found = response
            .hover_pos()
            .or(response.interact_pointer_pos())
            .and_then(|at| look.at(pixels(at - rect.min), pixels(rect.size())));
        let Some((number, _)) = found else { return };
        mark(number, 1.0);
        if let Some(&change) = sheet.changes.get(number) {
            let clicked = response.clicked();
            response.on_hover_text_at_pointer(words_of_cloud(change));
            if clicked {
                self.ask_clouds(change);
            }
            return;
        }
        let code = sheet.codes[number].clone();
        let clicked = response.clicked();
        response.on_hover_text_at_pointer(words_of(&code));
        if clicked {
            self.explorer.dragging = false;
            self.explore(code);
        }
    }
}

/// The largest place of the sheet's form in a rectangle, from its left upper corner.
fn fitted(room: Rect, look: &SweepLook) -> Rect {
    let (wide, high) = ((look.columns * look.width) as f32, (look.rows * look.height) as f32);
    let scale = (room.width() / wide).min(room.height() / high).max(0.0);
    Rect::from_min_size(
        pos2(room.left().round(), room.top().round()),
        vec2((wide * scale).floor(), (high * scale).floor()),
    )
}

/// Where a cell lies.
fn cell_rect(rect: Rect, look: &SweepLook, cell: usize) -> Rect {
    let pitch = vec2(rect.width() / look.columns as f32, rect.height() / look.rows as f32);
    let at = vec2((cell % look.columns) as f32, (cell / look.columns) as f32);
    Rect::from_min_size(rect.min + at * pitch, pitch).shrink(0.5)
}

/// What the labels of a sheet count.
fn axes_words(sheet: &Sheet) -> &'static str {
    match sheet.row_labels.first().and_then(|label| label.chars().next()) {
        Some('t') => "x: pixels to the right, t: times as thick",
        Some('p') => "p: deviations along a principal direction",
        Some('z') => "z: value of a raw dimension",
        Some('n') => "n: number of a row's first sample",
        _ => "rows: share of the way to the second pin at their start",
    }
}

fn words_of_cloud(change: CloudChange) -> String {
    let right = change.right * MAP_CELL_PX as i32;
    format!("{right:+} px to the right, {:.2} times as thick\nClick to put it on the map", change.thickness)
}

fn words_of(code: &[f32]) -> String {
    let numbers: Vec<_> = code.iter().enumerate().map(|(i, z)| format!("z{i} {z:+.2}")).collect();
    let rows: Vec<_> = numbers.chunks(4).map(|row| row.join("  ")).collect();
    format!("{}\nClick to go there", rows.join("\n"))
}
