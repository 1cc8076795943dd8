//! What the values of a mask mean, as it is chosen in the window.

use egui::Ui;

use crate::mask::{CLEAR, CLOUD, Classes, INVALID, SHADOW, Survey};

use super::panels::{combo, title_ui};
use super::tokens;

/// Height of the list of values, in points.
const LIST: f32 = 180.0;
/// Classes by name.
const NAMES: [(u8, &str); 4] =
    [(CLEAR, "clear"), (CLOUD, "cloud"), (SHADOW, "shadow"), (INVALID, "not measured")];

/// Ways to say it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Way {
    #[default]
    Codes,
    Scl,
    From,
    Each,
}

impl Way {
    const ALL: [Self; 4] = [Self::Codes, Self::Scl, Self::From, Self::Each];

    fn title(self) -> &'static str {
        match self {
            Self::Codes => "Codes, or a probability of 0 to 1",
            Self::Scl => "Scene classification (SCL)",
            Self::From => "Cloud from a value on",
            Self::Each => "Each value by itself",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Codes => "0 clear, 1 cloud, 2 shadow, 255 not measured; a probability is cut at 0.5",
            Self::Scl => {
                "The classes of Sentinel-2 L2A: 3 shadow, 8 to 10 cloud, 0 not measured, others clear"
            }
            Self::From => "A probability in percent, or weights: cloud from the value on, clear below",
            Self::Each => "Say of every value in the file what it means",
        }
    }
}

/// What is chosen; what was chosen in another way is kept while one looks.
#[derive(Debug, Clone, Default)]
pub(super) struct Meaning {
    way: Way,
    from: f64,
    each: Vec<(i64, u8)>,
    /// Whether it can hardly mean anything else.
    is_sure: bool,
}

impl Meaning {
    /// What a file's values most likely mean.
    pub fn of(survey: &Survey) -> Self {
        let (guess, is_sure) = survey.guess();
        let from = survey.range().map_or(0.0, |(least, greatest)| f64::midpoint(least, greatest));
        let code = |value: i64| guess.code(value as f64, false).unwrap_or(CLEAR);
        let each = survey.classes().unwrap_or_default().into_iter().map(|(value, _)| (value, code(value)));
        let meaning = Self { way: Way::Each, from, each: each.collect(), is_sure };
        match guess {
            Classes::Codes => Self { way: Way::Codes, ..meaning },
            Classes::Scl => Self { way: Way::Scl, ..meaning },
            Classes::From(from) => Self { way: Way::From, from, ..meaning },
            Classes::Pairs(_) => meaning,
        }
    }

    /// The same as `--mask-classes` takes it.
    pub fn classes(&self) -> Classes {
        match self.way {
            Way::Codes => Classes::Codes,
            Way::Scl => Classes::Scl,
            Way::From => Classes::From(self.from),
            Way::Each => {
                Classes::Pairs(self.each.iter().copied().filter(|(_, code)| *code != CLEAR).collect())
            }
        }
    }

    /// Asks; where it is sure, only on demand.
    pub fn ui(&mut self, ui: &mut Ui, survey: &Survey) {
        if !self.is_sure {
            self.choice_ui(ui, survey);
            return;
        }
        ui.horizontal(|ui| {
            title_ui(ui, "Values");
            ui.label(Way::Codes.title());
            if ui.small_button("Change").on_hover_text("Say that they mean something else").clicked() {
                self.is_sure = false;
            }
        });
    }

    fn choice_ui(&mut self, ui: &mut Ui, survey: &Survey) {
        let classes = survey.classes();
        combo(ui, "Values", self.way.title().to_owned(), |ui| {
            for way in Way::ALL {
                let can = way != Way::Each || classes.is_some();
                ui.add_enabled_ui(can, |ui| {
                    ui.selectable_value(&mut self.way, way, way.title())
                        .on_hover_text(way.about())
                        .on_disabled_hover_text("The file holds too many different values");
                });
            }
        });
        ui.add(egui::Label::new(egui::RichText::new(self.way.about()).weak()).wrap());
        match self.way {
            Way::From => self.least_ui(ui, survey),
            Way::Each => self.each_ui(ui, &classes.unwrap_or_default()),
            Way::Codes | Way::Scl => {}
        }
    }

    fn least_ui(&mut self, ui: &mut Ui, survey: &Survey) {
        let (least, greatest) = survey.range().unwrap_or_default();
        ui.horizontal(|ui| {
            let title = title_ui(ui, "Cloud from");
            let speed = (greatest - least).abs().max(1e-3) / 200.0;
            ui.add(egui::DragValue::new(&mut self.from).speed(speed)).labelled_by(title.id);
            ui.weak(format!("of {least} to {greatest}"));
        });
    }

    fn each_ui(&mut self, ui: &mut Ui, classes: &[(i64, f64)]) {
        let area = egui::ScrollArea::vertical().max_height(LIST).auto_shrink([false, true]);
        area.show(ui, |ui| {
            let grid = egui::Grid::new("values of the mask").num_columns(3).striped(true);
            grid.spacing([tokens::COLUMN_GAP, 3.0]).show(ui, |ui| {
                for (index, (value, code)) in self.each.iter_mut().enumerate() {
                    let shown =
                        NAMES.iter().find(|(known, _)| known == code).map_or("clear", |(_, name)| name);
                    let title = ui.monospace(value.to_string());
                    ui.weak(format!("{:.1} %", 100.0 * classes.get(index).map_or(0.0, |(_, share)| *share)));
                    egui::ComboBox::from_id_salt(("meaning of", *value))
                        .selected_text(shown)
                        .show_ui(ui, |ui| {
                            for (known, name) in NAMES {
                                ui.selectable_value(code, known, name);
                            }
                        })
                        .response
                        .labelled_by(title.id);
                    ui.end_row();
                }
            });
        });
    }
}
