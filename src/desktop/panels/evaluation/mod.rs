//! An evaluation: its verdict, its figures with intervals, its images, and what the tests behind the figures found.

mod calibration;
mod distribution;
mod figures;
mod gallery;
mod honesty;
mod labels;

use egui::{RichText, Ui};

use super::combo;
use crate::desktop::app::App;
use crate::desktop::commands::Command;
use crate::desktop::tokens;
use crate::evaluation::BASELINE;
use crate::evaluation::album::Rank;
use crate::evaluation::report::{ImageReport, MIN_COVER, Report, SetReport};
use crate::evaluation::verdict::{Verdict, verdict};
use crate::metrics::Measure;
use figures::{scatter_ui, table_ui, value};

/// A part of the report: all of them together are longer than a panel is high.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::desktop) enum Part {
    /// A table with intervals, and every image as a point.
    #[default]
    Figures,
    Gallery,
    Verdict,
    Honesty,
    Calibration,
    Distribution,
    Labels,
}

impl Part {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Figures, "Figures"),
        (Self::Gallery, "Gallery"),
        (Self::Verdict, "Verdict"),
        (Self::Honesty, "Honesty"),
        (Self::Calibration, "Spread calibration"),
        (Self::Distribution, "Distribution"),
        (Self::Labels, "Land-cover labels"),
    ];
}

impl App {
    pub(in crate::desktop) fn evaluation_ui(&mut self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            self.command_ui(ui, Command::Evaluate);
            self.command_ui(ui, Command::OpenReport);
            self.command_ui(ui, Command::ExportReport);
        });
        match self.evaluation.report.take() {
            Some(report) => {
                self.report_ui(ui, &report);
                // A new one may have been asked for meanwhile.
                self.evaluation.report.get_or_insert(report);
            }
            None if self.evaluation.is_running(&self.jobs) => {
                egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| self.running_ui(ui));
            }
            None => {
                ui.weak("Measure models on pairs of cloudy and clear dates, or open a report.");
            }
        }
    }

    /// What is known so far: points and plain means. Intervals come with the report.
    fn running_ui(&mut self, ui: &mut Ui) {
        let set = self.evaluation.with_live(|live| live.images.len().saturating_sub(1));
        let images = self.evaluation.with_live(|live| live.images.get(set).cloned().unwrap_or_default());
        if images.is_empty() {
            ui.weak("The first image is being measured…");
            return;
        }
        let counted: Vec<_> = images.iter().filter(|image| image.cover >= MIN_COVER).collect();
        let methods: Vec<String> = images[0].results.keys().cloned().collect();
        ui.label(format!("Set {}: {} images so far. Intervals come with the report.", set + 1, images.len()));
        let model = methods
            .iter()
            .rev()
            .find(|name| !["input", "constant", "fillnodata", BASELINE].contains(&name.as_str()));
        let model = model.map_or(BASELINE, String::as_str);
        beside_ui(
            ui,
            |ui| means_ui(ui, &methods, &counted),
            |ui| scatter_ui(ui, &images, model, BASELINE, Measure::Psnr),
        );
    }

    fn report_ui(&mut self, ui: &mut Ui, report: &Report) {
        let verdict = verdict(report);
        let headline = egui::Label::new(RichText::new(&verdict.headline).strong()).truncate();
        ui.add(headline).on_hover_text(&verdict.headline);
        let Some(set) = report.sets.get(self.evaluation.set).or(report.sets.first()) else {
            ui.weak("The report has no test set.");
            return;
        };
        self.choices_ui(ui, report, set);
        ui.horizontal_wrapped(|ui| {
            for (part, title) in Part::ALL {
                ui.selectable_value(&mut self.evaluation.part, part, title);
            }
        });
        ui.separator();
        let part = self.evaluation.part;
        let area = egui::ScrollArea::vertical().id_salt(part as u8).auto_shrink(false);
        area.show(ui, |ui| match part {
            Part::Figures => {
                let (measure, method) = (self.evaluation.rank.measure, &self.evaluation.method);
                beside_ui(
                    ui,
                    |ui| table_ui(ui, set, measure, &report.baseline),
                    |ui| scatter_ui(ui, &set.images, method, &report.baseline, measure),
                );
            }
            Part::Gallery => self.gallery_ui(ui, report, set),
            Part::Verdict => verdict_ui(ui, &verdict, report, set),
            Part::Honesty => honesty::ui(ui, report, set),
            Part::Calibration => calibration::ui(ui, report, set),
            Part::Distribution => wide_ui(ui, "crops", |ui| distribution::ui(ui, report, set)),
            Part::Labels => labels::ui(ui, report, set),
        });
    }

    /// Set, method and measure that are shown.
    fn choices_ui(&mut self, ui: &mut Ui, report: &Report, set: &SetReport) {
        let evaluation = &mut self.evaluation;
        if !set.methods.iter().any(|method| method.name == evaluation.method) {
            let first = report.models.first().map(|model| &model.name);
            // The baseline beside itself would say nothing.
            let other =
                || set.methods.iter().rev().map(|method| &method.name).find(|name| **name != report.baseline);
            evaluation.method = first.or_else(other).or(Some(&report.baseline)).cloned().unwrap_or_default();
        }
        ui.horizontal_wrapped(|ui| {
            let narrow = |ui: &mut Ui, name: &str, shown: &str, contents: &mut dyn FnMut(&mut Ui)| {
                ui.scope(|ui| {
                    ui.set_max_width(230.0);
                    combo(ui, name, shown.to_owned(), |ui| contents(ui));
                });
            };
            if report.sets.len() > 1 {
                narrow(ui, "Test set", &set.name, &mut |ui| {
                    for (number, set) in report.sets.iter().enumerate() {
                        ui.selectable_value(&mut evaluation.set, number, &set.name);
                    }
                });
            }
            narrow(ui, "Method", &evaluation.method.clone(), &mut |ui| {
                for method in &set.methods {
                    ui.selectable_value(&mut evaluation.method, method.name.clone(), &method.name);
                }
            });
            let rank = evaluation.rank;
            narrow(ui, "Measure", rank.measure.title(), &mut |ui| {
                for measure in Measure::EVERY {
                    ui.selectable_value(&mut evaluation.rank.measure, measure, measure.title());
                }
            });
            let Rank { gain, .. } = &mut evaluation.rank;
            ui.checkbox(gain, format!("Rank by gain over {}", report.baseline))
                .on_hover_text("Otherwise the gallery is sorted by the measure itself");
        });
    }
}

/// What is concluded, and what limits it.
fn verdict_ui(ui: &mut Ui, verdict: &Verdict, report: &Report, set: &SetReport) {
    ui.add(egui::Label::new(RichText::new(&verdict.headline).strong()).wrap());
    for judgement in verdict.judgements.iter().filter(|judgement| judgement.set == set.name) {
        ui.add(egui::Label::new(&judgement.words).wrap());
    }
    let cautions: Vec<_> = verdict.cautions.iter().chain(&report.notes).chain(&report.warnings).collect();
    if !cautions.is_empty() {
        ui.add_space(tokens::GAP);
        ui.weak("What limits this");
    }
    for words in cautions {
        ui.add(egui::Label::new(format!("• {words}")).wrap());
    }
}

/// Plain means of what was measured so far.
fn means_ui(ui: &mut Ui, methods: &[String], counted: &[&ImageReport]) {
    let grid = egui::Grid::new("means so far").num_columns(3).striped(true);
    grid.spacing([tokens::COLUMN_GAP, 3.0]).show(ui, |ui| {
        for head in ["Method", "PSNR (dB)", "MAE"] {
            ui.weak(head);
        }
        ui.end_row();
        for method in methods {
            ui.label(method);
            for measure in [Measure::Psnr, Measure::Mae] {
                let values: Vec<f64> =
                    counted.iter().filter_map(|image| value(image, method, measure)).collect();
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                ui.monospace(if values.is_empty() {
                    "–".into()
                } else {
                    format!("{mean:.*}", measure.digits())
                });
            }
            ui.end_row();
        }
    });
}

/// A table that scrolls by itself where it is wider than its place.
fn wide_ui(ui: &mut Ui, name: &str, table: impl FnOnce(&mut Ui)) {
    let area = egui::ScrollArea::horizontal().id_salt(name).auto_shrink([false, true]);
    area.show(ui, |ui| {
        table(ui);
        // The bar lies below the last row, not over it.
        ui.add_space(ui.spacing().scroll.bar_width);
    });
}

/// A table, and a plot that stays in sight whatever the table needs: beside it where there is room, else below.
fn beside_ui(ui: &mut Ui, table: impl FnOnce(&mut Ui), plot: impl FnOnce(&mut Ui)) {
    let all = ui.available_width();
    let left = all - tokens::PLOT[0] - 2.0 * tokens::COLUMN_GAP;
    if left < tokens::TABLE_LEAST {
        wide_ui(ui, "figures", table);
        ui.add_space(tokens::GAP);
        plot(ui);
        return;
    }
    ui.horizontal_top(|ui| {
        ui.vertical(|ui| {
            ui.set_max_width(left);
            wide_ui(ui, "figures", table);
        });
        ui.vertical(plot);
    });
}
