//! Files that the analyst chooses, and what becomes of them.

use std::path::PathBuf;

use crate::raster::export::{commit, stage_text};

use super::app::App;
use super::arrivals::{Arrival, Purpose};
use super::dialogs::Dialog;
use super::mask_method::of_model;

impl App {
    /// Asks for files in the system's dialog, which must not stop the window.
    pub(super) fn ask(&mut self, purpose: Purpose) {
        let name = self.source().map(|layer| {
            let stem = layer.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            match purpose {
                Purpose::ExportMask => format!("{stem}.mask.tif"),
                Purpose::ExportSpectra => format!("{stem}.spectra.csv"),
                _ => format!("{stem}.declouded.tif"),
            }
        });
        self.away(move || Arrival::Chosen {
            purpose,
            paths: choose(purpose, name.as_deref().unwrap_or_default()),
        });
    }

    pub(super) fn chosen(&mut self, purpose: Purpose, paths: Vec<PathBuf>) {
        let Some(first) = paths.first().cloned() else {
            self.messages.info("No file was chosen. If no dialog appeared, this system has none: use File > Open path…, drop files on the window, or type the path.");
            return;
        };
        match purpose {
            Purpose::Open => self.open_all(paths),
            Purpose::ImportMask => {
                if let Some(Dialog::ImportMask(import)) = &mut self.dialog {
                    import.name(&first);
                }
            }
            Purpose::ExportMask => self.export_mask(first),
            Purpose::ExportSpectra => self.export_spectra(&first),
            Purpose::ExportTo => {
                if let Some(Dialog::Export(export)) = &mut self.dialog {
                    export.path = first.display().to_string();
                }
            }
            Purpose::GivenMask => {
                if let Some(Dialog::Export(export)) = &mut self.dialog {
                    export.typed.mask = first.display().to_string();
                }
            }
            Purpose::MaskModel => self.decloud.mask.method = of_model(&first),
            Purpose::ClearDate => self.explorer.date.path = first.display().to_string(),
            Purpose::ExportAnimation => {
                if let Some(Dialog::Animation(animation)) = &mut self.dialog {
                    animation.path = first.display().to_string();
                }
            }
            Purpose::Training(choose) => self.chosen_for_training(choose, first),
            Purpose::EvaluateModel
            | Purpose::EvaluateData
            | Purpose::EvaluateMasks
            | Purpose::Classifier
            | Purpose::Protocol
            | Purpose::OpenReport
            | Purpose::ExportReport => self.chosen_for_evaluation(purpose, &paths),
            Purpose::Model => {
                self.decloud.engine = "model".into();
                self.decloud.model = Some(first);
            }
            Purpose::S1 => self.decloud.s1 = Some(first),
            Purpose::Reference => self.decloud.reference = Some(first),
        }
    }

    fn export_spectra(&mut self, path: &std::path::Path) {
        // The system's dialog has asked whether to replace an existing file.
        let staged = stage_text(path, &self.pins_csv(), true);
        match staged.and_then(|staged| commit(vec![staged])) {
            Ok(_) => self.messages.info(format!("wrote {}", path.display())),
            Err(error) => self.messages.error(format!("the spectra cannot be written: {error}")),
        }
    }
}

fn choose(purpose: Purpose, name: &str) -> Vec<PathBuf> {
    let dialog = rfd::FileDialog::new();
    let rasters = ["tif", "tiff", "jp2"];
    match purpose {
        Purpose::Open => dialog
            .set_title("Open scenes")
            .add_filter("Scenes", &["tif", "tiff", "jp2", "xml", "zip"])
            .pick_files()
            .unwrap_or_default(),
        Purpose::ImportMask | Purpose::GivenMask => {
            let title = if purpose == Purpose::ImportMask { "Import mask" } else { "Choose a mask" };
            dialog.set_title(title).add_filter("Rasters", &rasters).pick_file().into_iter().collect()
        }
        Purpose::MaskModel => {
            let dialog = dialog.set_title("Choose an ONNX model").add_filter("ONNX models", &["onnx"]);
            dialog.pick_file().into_iter().collect()
        }
        Purpose::Model | Purpose::Classifier => dialog
            .set_title(if purpose == Purpose::Model { "Choose a model" } else { "Choose a classifier" })
            .add_filter("Models", &["safetensors"])
            .pick_file()
            .into_iter()
            .collect(),
        Purpose::S1 | Purpose::Reference | Purpose::ClearDate => {
            let title = if purpose == Purpose::S1 { "Choose Sentinel-1" } else { "Choose a clear date" };
            let dialog = dialog.set_title(title).add_filter("Scenes", &["tif", "tiff", "jp2", "xml", "zip"]);
            dialog.pick_file().into_iter().collect()
        }
        Purpose::EvaluateModel => dialog
            .set_title("Choose models")
            .add_filter("Models", &["safetensors"])
            .pick_files()
            .unwrap_or_default(),
        Purpose::EvaluateData => dialog.set_title("Choose test folders").pick_folders().unwrap_or_default(),
        Purpose::EvaluateMasks => {
            dialog.set_title("Choose the masks' folder").pick_folder().into_iter().collect()
        }
        Purpose::Protocol => {
            dialog.set_title("Protocol").add_filter("Protocols", &["toml"]).pick_file().into_iter().collect()
        }
        Purpose::OpenReport => {
            dialog.set_title("Open report").add_filter("Reports", &["json"]).pick_file().into_iter().collect()
        }
        Purpose::ExportReport => {
            dialog.set_title("Export report").set_file_name("report.html").save_file().into_iter().collect()
        }
        Purpose::ExportAnimation => dialog
            .set_title("Export animation")
            .set_file_name("surfaces.gif")
            .save_file()
            .into_iter()
            .collect(),
        // It asks for itself.
        Purpose::Training(_) => Vec::new(),
        Purpose::ExportMask | Purpose::ExportTo | Purpose::ExportSpectra => {
            dialog.set_title("Export").set_file_name(name).save_file().into_iter().collect()
        }
    }
}
