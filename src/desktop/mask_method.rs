//! Choosing how cloud is looked for, in the panel and in the export dialog.

use std::path::Path;

use egui::Ui;

use super::dialogs::{expanded, label};
use super::export_fields::problem_ui;
use super::panels::{combo, title_ui};
use crate::mask::{MaskConfig, ONNX, methods};

/// How a model of one's own is called among the methods.
const MODEL: &str = "ONNX model";

/// The method of a mask, and the file of an ONNX model. Says whether a file is to be chosen in the system's dialog.
pub(super) fn method_ui(ui: &mut Ui, config: &mut MaskConfig) -> bool {
    let model = config.method.strip_prefix(ONNX).map(str::to_owned);
    let shown = model.as_ref().map_or(config.method.as_str(), |_| MODEL).to_owned();
    combo(ui, "Mask by", shown, |ui| {
        for (name, about) in methods() {
            if ui.selectable_label(config.method == name, name).on_hover_text(about).clicked() {
                name.clone_into(&mut config.method);
            }
        }
        if cfg!(feature = "onnx") {
            let about = "A segmentation model of your own, with its description beside it";
            if ui.selectable_label(model.is_some(), MODEL).on_hover_text(about).clicked() && model.is_none() {
                ONNX.clone_into(&mut config.method);
            }
        }
    });
    let Some(mut model) = model.filter(|_| config.method.starts_with(ONNX)) else { return false };
    let mut choose = false;
    ui.horizontal(|ui| {
        title_ui(ui, "Model file");
        let width = (ui.available_width() - 76.0).max(60.0);
        let field = egui::TextEdit::singleline(&mut model).hint_text("MODEL.onnx").desired_width(width);
        let field = ui.add(field);
        label(&field, "ONNX model file");
        if field.changed() {
            config.method = format!("{ONNX}{}", expanded(model.trim()).display());
        }
        choose = ui.button("Choose…").clicked();
    });
    problem_ui(ui, config.model_problem().as_ref());
    choose
}

/// The method that runs a model.
pub(super) fn of_model(path: &Path) -> String {
    format!("{ONNX}{}", path.display())
}
