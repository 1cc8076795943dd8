//! What is to be evaluated: the dialog, and the same as the library takes it.

use std::path::PathBuf;

use crate::desktop::arrivals::Purpose;
use crate::desktop::dialogs::{After, expanded, label};
use crate::desktop::tokens;
use crate::evaluation::{EvaluateConfig, HonestyConfig, LabelsConfig, SetConfig};
use crate::mask::MaskConfig;

/// What is to be evaluated, as it is typed: a path a line.
#[derive(Debug, Clone, Default)]
pub(in crate::desktop) struct Setup {
    pub shipped: bool,
    pub models: String,
    pub data: String,
    pub masks: String,
    /// Band of the masks, from 1; 0 where they have one only.
    pub mask_band: usize,
    pub protocol: String,
    /// Whether models are put to the honesty tests.
    pub honesty: bool,
    /// Whether a classifier is asked for labels; the shipped one where no other is named.
    pub labels: bool,
    pub classifier: String,
}

impl Setup {
    /// The same as the library takes it.
    pub fn config(&self) -> Result<EvaluateConfig, String> {
        let protocol = self.protocol.trim();
        let mut config = if protocol.is_empty() {
            let masks = Some(self.masks.trim()).filter(|path| !path.is_empty()).map(expanded);
            let band = masks.as_ref().and((self.mask_band > 0).then_some(self.mask_band));
            let set = |data: PathBuf| {
                let usual = SetConfig::default();
                SetConfig { data, masks: masks.clone(), mask: MaskConfig { band, ..usual.mask }, ..usual }
            };
            EvaluateConfig { sets: paths(&self.data).map(set).collect(), ..EvaluateConfig::default() }
        } else {
            EvaluateConfig::read(&expanded(protocol)).map_err(|error| error.to_string())?
        };
        // A protocol may ask for them itself, with its own parameters.
        if self.honesty && config.honesty.is_none() {
            config.honesty = Some(HonestyConfig::default());
        }
        if self.labels {
            let own = config.labels.take().and_then(|labels| labels.classifier);
            config.labels = Some(LabelsConfig { classifier: paths(&self.classifier).next().or(own) });
        }
        config.check().map_err(|error| error.to_string())?;
        Ok(config)
    }

    pub fn ui(&mut self, ui: &mut egui::Ui) -> After {
        ui.heading("Evaluate");
        ui.weak("Measures models and baselines against clear dates, as declouder evaluate does.");
        let mut after = After::Stay;
        ui.checkbox(&mut self.shipped, "Shipped model")
            .on_hover_text("The L1C model that the program brings");
        let mut field =
            |ui: &mut egui::Ui, text: &mut String, name: &str, hint: &str, rows: usize, purpose: Purpose| {
                ui.horizontal(|ui| {
                    ui.label(name);
                    let choose =
                        ui.button("Choose…").on_hover_text(format!("Choose: {}", name.to_lowercase()));
                    if choose.clicked() {
                        after = After::Choose(purpose);
                    }
                });
                let edit = egui::TextEdit::multiline(text).desired_rows(rows).hint_text(hint);
                let response = ui.add(edit.desired_width(f32::INFINITY));
                label(&response, name);
            };
        field(ui, &mut self.models, "Models", "other .safetensors, one a line", 2, Purpose::EvaluateModel);
        field(
            ui,
            &mut self.data,
            "Test folders",
            "with cloudy/ and clear/, one a line",
            2,
            Purpose::EvaluateData,
        );
        field(
            ui,
            &mut self.masks,
            "Masks folder",
            "reference masks named like the pairs; empty to detect",
            1,
            Purpose::EvaluateMasks,
        );
        if !self.masks.trim().is_empty() {
            band_ui(ui, &mut self.mask_band);
        }
        field(
            ui,
            &mut self.protocol,
            "Protocol file",
            "a .toml with test sets, instead of folders",
            1,
            Purpose::Protocol,
        );
        ui.checkbox(&mut self.honesty, "Honesty tests").on_hover_text(
            "Is cloud hidden in a model's clear images, do its samples say something? 16 samples an image",
        );
        ui.checkbox(&mut self.labels, "Land-cover labels")
            .on_hover_text("A classifier labels the clear date, the cloudy date and every result");
        if self.labels {
            let hint = "a classifier's .safetensors; empty for the shipped one";
            field(ui, &mut self.classifier, "Classifier", hint, 1, Purpose::Classifier);
        }
        let some = !(self.data.trim().is_empty() && self.protocol.trim().is_empty());
        ui.add_space(tokens::GAP);
        ui.horizontal(|ui| {
            let button = ui.add_enabled(some, egui::Button::new("Evaluate now"));
            if button.on_disabled_hover_text("name a test folder or a protocol file").clicked() {
                after = After::Evaluate(self.clone());
            }
            if ui.button("Cancel").clicked() {
                after = After::Close;
            }
        });
        after
    }
}

/// Which band of the masks holds the codes.
fn band_ui(ui: &mut egui::Ui, band: &mut usize) {
    ui.horizontal(|ui| {
        let words = ui.label("Band of the masks").id;
        let value = egui::DragValue::new(band).range(0..=99).speed(0.1);
        let value = value
            .custom_formatter(|band, _| if band < 1.0 { "the only one".into() } else { band.to_string() });
        ui.add(value).labelled_by(words).on_hover_text("From 1, where the masks have several bands");
    });
}

/// The paths of some lines.
pub(super) fn paths(text: &str) -> impl Iterator<Item = PathBuf> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_band_of_the_masks_is_that_of_the_command_line() {
        let setup = Setup { data: "/data/test".into(), mask_band: 2, ..Setup::default() };
        let sets = |setup: &Setup| setup.config().expect("a configuration").sets;
        assert_eq!(sets(&setup)[0].mask.band, None, "no masks, no band");
        let setup = Setup { masks: "/data/masks".into(), ..setup };
        assert_eq!(sets(&setup)[0].mask.band, Some(2));
        assert_eq!(sets(&Setup { mask_band: 0, ..setup })[0].mask.band, None);
    }
}
