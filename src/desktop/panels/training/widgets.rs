//! A field of the configuration as a widget.

use egui::{RichText, Ui, WidgetInfo};
use toml::Value;

use crate::desktop::dialogs::label;
use crate::training::fields::{Field, Kind};

/// Width of a field's name, and of its widget.
const NAME: f32 = 124.0;
const WIDGET: f32 = 110.0;

/// Draws a field; says whether it was changed. `wrong` where it is at fault.
pub(super) fn field_ui(ui: &mut Ui, draft: &mut toml::Table, field: &Field, wrong: bool) -> bool {
    let (table, name) = field.split();
    let place =
        if table.is_empty() { Some(draft) } else { draft.get_mut(table).and_then(Value::as_table_mut) };
    let Some(value) = place.and_then(|table| table.get_mut(name)) else { return false };
    let before = value.clone();
    ui.horizontal(|ui| {
        let height = ui.spacing().interact_size.y;
        let left = egui::Layout::left_to_right(egui::Align::Center);
        ui.allocate_ui_with_layout(egui::vec2(NAME, height), left, |ui| {
            ui.set_min_width(NAME);
            let color = if wrong { ui.visuals().error_fg_color } else { ui.visuals().text_color() };
            ui.add(egui::Label::new(RichText::new(name.replace('_', " ")).color(color)).truncate())
                .on_hover_text(field.path);
        });
        ui.allocate_ui_with_layout(egui::vec2(WIDGET, height), left, |ui| {
            ui.set_min_width(WIDGET);
            widget_ui(ui, value, field);
        });
        ui.add(egui::Label::new(RichText::new(field.about).weak()).truncate()).on_hover_text(field.about);
    });
    *value != before
}

fn widget_ui(ui: &mut Ui, value: &mut Value, field: &Field) {
    let name = |response: &egui::Response| {
        response.widget_info(|| WidgetInfo::labeled(egui::Role::SpinButton, true, field.path));
    };
    match (field.kind, value) {
        (Kind::Count(low, high), Value::Integer(number)) => {
            let speed = (*number as f64 * 0.01).clamp(0.05, 100.0);
            name(&ui.add_sized(
                [WIDGET - 8.0, 20.0],
                egui::DragValue::new(number).range(low..=high).speed(speed),
            ));
        }
        (Kind::Number(low, high), Value::Float(number)) => {
            // An f32 of the configuration has no more digits than this.
            let speed = (number.abs() * 0.01).clamp(1e-6, 10.0);
            let value = egui::DragValue::new(number)
                .range(low..=high)
                .speed(speed)
                .custom_formatter(|n, _| digits(n));
            name(&ui.add_sized([WIDGET - 8.0, 20.0], value));
        }
        (Kind::Switch, Value::Boolean(on)) => {
            let response = ui.checkbox(on, "");
            response.widget_info(|| WidgetInfo::labeled(egui::Role::CheckBox, true, field.path));
        }
        (Kind::Choice(names), Value::String(chosen)) => {
            let combo = egui::ComboBox::from_id_salt(field.path)
                .selected_text(chosen.clone())
                .width(WIDGET - 8.0)
                .show_ui(ui, |ui| {
                    for name in names {
                        ui.selectable_value(chosen, (*name).to_owned(), *name);
                    }
                });
            let info = || WidgetInfo::labeled(egui::Role::ComboBox, true, field.path);
            combo.response.widget_info(info);
        }
        (Kind::Bands, Value::Array(bands)) => {
            let text = bands.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
            let id = ui.scope_id().with(field.path);
            // What is typed stays as it is typed; what it says is the value.
            let kept = ui.data(|data| data.get_temp::<String>(id));
            let same = |kept: &String| kept.split_whitespace().eq(text.split_whitespace());
            let mut typed = kept.filter(same).unwrap_or(text);
            let response = ui.add(egui::TextEdit::singleline(&mut typed).desired_width(WIDGET - 8.0));
            label(&response, field.path);
            if response.changed() {
                *bands = typed.split_whitespace().map(|band| Value::String(band.to_owned())).collect();
                ui.data_mut(|data| data.insert_temp(id, typed.clone()));
            }
            response.on_hover_text(typed);
        }
        (_, other) => {
            ui.weak(other.to_string());
        }
    }
}

/// A number as short as it can be told: `0.9` where f32 holds 0.89999998.
fn digits(value: f64) -> String {
    (value as f32).to_string()
}
