//! The plots of a run, and of those it is compared with.

use std::collections::BTreeSet;

use egui::Ui;

use super::plot::{Card, card_ui};
use super::run::Run;
use super::state::Training;
use crate::desktop::app::App;

/// From this width on plots stand in two columns.
const TWO_COLUMNS: f32 = 560.0;

/// A group of curves: title, what it tells, group, what names end in, log axis.
type Group = (&'static str, &'static str, &'static str, &'static [&'static str], bool);

const STEPS: [Group; 6] = [
    ("Losses", "Unweighted, by name; smoothed", "losses", &[""], true),
    (
        "Discriminators: share judged right",
        "Near 1 they win and teach nothing; near 0.5 they guess",
        "discriminators",
        &["_right_real", "_right_fake"],
        false,
    ),
    (
        "Discriminators: margin",
        "How far real and fake lie apart on their right sides; below 0 they are fooled",
        "discriminators",
        &["_margin"],
        false,
    ),
    ("Gradient norms", "Of all parameters together, before clipping", "gradients", &[""], true),
    ("Learning rates", "With warmup and decay", "rates", &[""], false),
    ("Steps per second", "Over the last 20 steps", "speed", &[""], false),
];

const VALIDATIONS: [Group; 8] = [
    (
        "Error under cloud (MAE)",
        "Mean absolute error in reflectance: the model against the fill, on real and on lent cloud",
        "validation",
        &["mae/model", "mae/fill"],
        false,
    ),
    ("PSNR under cloud (dB)", "The more the better", "validation", &["psnr/model", "psnr/fill"], false),
    (
        "Score",
        "Error in parts of the fill's; below 1 the model is better. The lowest is kept (dotted line)",
        "validation",
        &["score"],
        false,
    ),
    (
        "Latent use",
        "How far surfaces of four codes lie apart under cloud, reflectance; below 0.005 the code does nothing",
        "validation",
        &["latent_spread"],
        false,
    ),
    (
        "The truth's code",
        "Error with the code that the encoder finds in the clear date, in parts of the error without; below 1 the code carries land",
        "validation",
        &["latent_coded"],
        false,
    ),
    (
        "Distribution: distances",
        "Fréchet distance of 64 px crops from the clear dates', also led to infinitely many crops; the lower the nearer",
        "distribution",
        &["fd", "fd_infinity"],
        false,
    ),
    ("Distribution: kernel distance", "KID of the same crops, unbiased", "distribution", &["kid"], false),
    (
        "Distribution: quality and variety",
        "Precision and density: are the crops plausible? Recall and coverage: is the whole variety made? Coverage that falls while FD falls is mode collapse",
        "distribution",
        &["precision", "recall", "density", "coverage"],
        false,
    ),
];

impl App {
    pub(super) fn training_curves_ui(&mut self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            ui.checkbox(&mut self.training.look.log, "Log axis")
                .on_hover_text("Losses and gradients on a logarithmic axis");
            let slider = egui::Slider::new(&mut self.training.look.smoothing, 0.0..=0.99).text("Smoothing");
            ui.add(slider).on_hover_text("How much of the past a point carries along");
            self.training.compare_ui(ui);
        });
        self.training.groups_ui(ui, &STEPS, true);
    }

    pub(super) fn training_validation_ui(&mut self, ui: &mut Ui) {
        ui.horizontal_wrapped(|ui| {
            if let Some(best) = self.training.run().and_then(|run| run.history().best()) {
                ui.label(format!("Best model after step {}:", best.step));
                ui.weak(best.validation.words());
            }
            let last = self.training.run().and_then(|run| run.history().validations().last());
            if let Some(shortage) = last.and_then(|last| last.validation.distribution?.shortage()) {
                ui.weak(shortage);
            }
            self.training.compare_ui(ui);
        });
        self.training.groups_ui(ui, &VALIDATIONS, false);
    }
}

impl Training {
    /// Which other runs are in the plots.
    fn compare_ui(&mut self, ui: &mut Ui) {
        let selected = self.selected;
        for (number, run) in self.runs.iter_mut().enumerate().filter(|(number, _)| *number != selected) {
            ui.push_id(number, |ui| ui.checkbox(&mut run.shown, format!("with {}", run.name)));
        }
    }

    fn groups_ui(&mut self, ui: &mut Ui, groups: &[Group], smooth: bool) {
        let Some(run) = self.runs.get(self.selected) else {
            ui.weak("No run yet. Start a training on the page Set up, or open the folder of one that was made on the command line.");
            return;
        };
        if run.history().curves().is_empty() {
            ui.weak("Nothing was told yet: data are read, kernels prepared.");
            return;
        }
        let others = self.runs.iter().enumerate().filter(|(n, run)| *n != self.selected && run.shown);
        let runs: Vec<&Run> = std::iter::once(run).chain(others.map(|(_, run)| run)).collect();
        let best = (!smooth).then(|| run.history().best().map(|best| best.step)).flatten();
        let look = &mut self.look;
        let cards: Vec<_> = groups.iter().filter_map(|group| card(group, &runs, look.log, smooth)).collect();
        egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let columns = if ui.available_width() < TWO_COLUMNS { 1 } else { 2 };
            for row in cards.chunks(columns) {
                ui.columns(columns, |columns| {
                    for (ui, card) in columns.iter_mut().zip(row) {
                        card_ui(ui, card, &runs, best, look);
                    }
                });
            }
        });
    }
}

/// The card of a group; none where no run has such curves.
fn card<'a>(
    &(title, about, group, ends, log): &Group,
    runs: &[&Run],
    wants_log: bool,
    smooth: bool,
) -> Option<Card<'a>> {
    let fits = |name: &str| ends.iter().any(|end| name.ends_with(end));
    let names: BTreeSet<String> = runs
        .iter()
        .flat_map(|run| run.history().group(group).map(|(name, _)| name))
        .filter(|name| fits(name))
        .map(str::to_owned)
        .collect();
    let curves: Vec<_> =
        names.into_iter().map(|name| (format!("{group}/{name}"), name.replace(['_', '/'], " "))).collect();
    (!curves.is_empty()).then_some(Card { title, about, curves, log: log && wants_log, smooth })
}
