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
use crate::evaluation::report::{MIN_COVER, Report, SetReport};
use crate::evaluation::verdict::verdict;
use crate::metrics::Measure;
use figures::{scatter_ui, table_ui, value};

/// What a part of the report shows.
type Part = fn(&mut Ui, &Report, &SetReport);

/// The parts below the gallery.
const PARTS: [(&str, Part); 4] = [
    ("Honesty", honesty::ui),
    ("Spread calibration", calibration::ui),
    ("Distribution", distribution::ui),
    ("Land-cover labels", labels::ui),
];

impl App {
    pub(in crate::desktop) fn evaluation_ui(&mut self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            self.command_ui(ui, Command::Evaluate);
            self.command_ui(ui, Command::OpenReport);
            self.command_ui(ui, Command::ExportReport);
        });
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| match self.evaluation.report.take() {
            Some(report) => {
                self.report_ui(ui, &report);
                // A new one may have been asked for meanwhile.
                self.evaluation.report.get_or_insert(report);
            }
            None if self.evaluation.is_running(&self.jobs) => self.running_ui(ui),
            None => {
                ui.weak("Measure models on pairs of cloudy and clear dates, or open a report.");
            }
        });
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
        ui.horizontal_top(|ui| {
            egui::Grid::new("means so far")
                .num_columns(3)
                .striped(true)
                .spacing([tokens::COLUMN_GAP, 3.0])
                .show(ui, |ui| {
                    for head in ["Method", "PSNR (dB)", "MAE"] {
                        ui.weak(head);
                    }
                    ui.end_row();
                    for method in &methods {
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
            let model = methods
                .iter()
                .rev()
                .find(|name| !["input", "constant", "fillnodata", BASELINE].contains(&name.as_str()));
            scatter_ui(ui, &images, model.map_or(BASELINE, String::as_str), BASELINE, Measure::Psnr);
        });
    }

    fn report_ui(&mut self, ui: &mut Ui, report: &Report) {
        let verdict = verdict(report);
        ui.add(egui::Label::new(egui::RichText::new(&verdict.headline).strong()).wrap());
        let Some(set) = report.sets.get(self.evaluation.set).or(report.sets.first()) else {
            ui.weak("The report has no test set.");
            return;
        };
        for judgement in verdict.judgements.iter().filter(|judgement| judgement.set == set.name) {
            ui.add(egui::Label::new(&judgement.words).wrap());
        }
        egui::CollapsingHeader::new("What limits this").show(ui, |ui| {
            for words in verdict.cautions.iter().chain(&report.notes).chain(&report.warnings) {
                ui.add(egui::Label::new(format!("• {words}")).wrap());
            }
        });
        self.choices_ui(ui, report, set);
        let measure = self.evaluation.rank.measure;
        ui.horizontal_top(|ui| {
            ui.vertical(|ui| table_ui(ui, set, measure, &report.baseline));
            scatter_ui(ui, &set.images, &self.evaluation.method, &report.baseline, measure);
        });
        ui.separator();
        self.gallery_ui(ui, report, set);
        ui.separator();
        for (title, part) in PARTS {
            let header = egui::CollapsingHeader::new(RichText::new(title).strong()).default_open(true);
            header.show(ui, |ui| part(ui, report, set));
        }
    }

    /// Set, method and measure that are shown.
    fn choices_ui(&mut self, ui: &mut Ui, report: &Report, set: &SetReport) {
        let evaluation = &mut self.evaluation;
        if !set.methods.iter().any(|method| method.name == evaluation.method) {
            let first = report.models.first().map(|model| &model.name);
            evaluation.method =
                first.or(set.methods.last().map(|method| &method.name)).cloned().unwrap_or_default();
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
