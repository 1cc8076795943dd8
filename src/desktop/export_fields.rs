//! What is typed into the export dialog, and what it says: as `declouder decloud` takes it.

use std::path::PathBuf;

use egui::Ui;

use super::dialogs::{expanded, label};
use super::panels::{combo, title_ui};
use crate::bands::{Band, Level};
use crate::decloud::DecloudConfig;
use crate::mask::{Classes, MaskConfig};
use crate::raster::{RadiometryOption, SceneOptions};

/// The texts of the dialog's fields; an empty one says nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub bands: String,
    pub level: Option<Level>,
    pub radiometry: String,
    pub mask: String,
    pub mask_classes: String,
    pub mask_band: String,
}

/// A mask that the analyst has as a file (`--mask`).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GivenMask {
    file: PathBuf,
    classes: Classes,
    band: Option<usize>,
}

/// What the analyst says for one export only.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    pub scene: SceneOptions,
    pub mask: Option<GivenMask>,
}

impl Typed {
    /// The names of the scene's bands, where it is told.
    pub fn bands(&self) -> Result<Option<Vec<Band>>, String> {
        told(&self.bands)
            .map(|text| {
                text.split([',', ' '])
                    .filter(|name| !name.is_empty())
                    .map(|name| name.parse().map_err(|error| format!("{error}")))
                    .collect()
            })
            .transpose()
    }

    /// How stored numbers relate to reflectance, where it is told.
    pub fn radiometry(&self) -> Result<Option<RadiometryOption>, String> {
        told(&self.radiometry).map(str::parse).transpose()
    }

    /// The mask's file, where there is one.
    pub fn mask(&self) -> Result<Option<PathBuf>, String> {
        let Some(path) = told(&self.mask).map(expanded) else { return Ok(None) };
        if path.is_file() {
            return Ok(Some(path));
        }
        Err(format!("there is no mask file {}; clear the field to look for cloud instead", path.display()))
    }

    /// What the mask's values mean.
    pub fn mask_classes(&self) -> Result<Classes, String> {
        told(&self.mask_classes).map_or(Ok(Classes::default()), str::parse)
    }

    /// The mask's band, from 1, where it has several.
    pub fn mask_band(&self) -> Result<Option<usize>, String> {
        let Some(text) = told(&self.mask_band) else { return Ok(None) };
        match text.parse() {
            Ok(band) if band > 0 => Ok(Some(band)),
            _ => Err(format!("\"{text}\" is no band of the mask; expected its number, from 1")),
        }
    }

    /// What was said of a scene before, to be said anew.
    pub fn of(said: &SceneOptions) -> Self {
        let names = |bands: &Vec<Band>| bands.iter().map(|band| band.name()).collect::<Vec<_>>().join(",");
        Self {
            bands: said.bands.as_ref().map(names).unwrap_or_default(),
            level: said.level,
            radiometry: said.radiometry.map(|option| option.to_string()).unwrap_or_default(),
            ..Self::default()
        }
    }

    /// What is said about the scene, or the first thing that is wrong with it.
    pub fn scene(&self) -> Result<SceneOptions, String> {
        Ok(SceneOptions { bands: self.bands()?, level: self.level, radiometry: self.radiometry()? })
    }

    /// Everything together, or the first thing that is wrong.
    pub fn said(&self) -> Result<Said, String> {
        let scene = self.scene()?;
        let mask = match self.mask()? {
            Some(file) => Some(GivenMask { file, classes: self.mask_classes()?, band: self.mask_band()? }),
            None => None,
        };
        Ok(Said { scene, mask })
    }

    /// Whether what is said about the scene is wrong, and about the mask.
    pub fn faults(&self) -> (bool, bool) {
        let scene = self.bands().is_err() || self.radiometry().is_err();
        let given = told(&self.mask).is_some();
        let mask = self.mask().is_err() || self.mask_classes().is_err() || self.mask_band().is_err();
        (scene, given && mask)
    }
}

impl Said {
    /// The configuration of the export from the panel's. A given mask takes the place of a method, as on the
    /// command line.
    pub fn into_config(self, panel: &DecloudConfig) -> DecloudConfig {
        let mut config = DecloudConfig { scene: self.scene, ..panel.clone() };
        if let Some(GivenMask { file, classes, band }) = self.mask {
            let method = MaskConfig::default().method;
            config.mask = MaskConfig { method, file: Some(file), classes, band, ..config.mask };
        }
        config
    }
}

/// What a text says; nothing where it is blank.
fn told(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// A titled text field that screen readers call `name`, with what is wrong with it below.
pub(super) fn text_ui(
    ui: &mut Ui,
    (title, name): (&str, &str),
    text: &mut String,
    hint: &str,
    problem: Option<&String>,
) {
    ui.horizontal(|ui| {
        title_ui(ui, title);
        let field = egui::TextEdit::singleline(text).hint_text(hint).desired_width(f32::INFINITY);
        label(&ui.add(field), name);
    });
    problem_ui(ui, problem);
}

/// What files do not say about a scene.
pub(super) fn scene_ui(ui: &mut Ui, typed: &mut Typed) {
    let bands = typed.bands().err();
    let hint = "as in the file; else names in its order: B02,B03,B04,B08";
    text_ui(ui, ("Bands", "Scene bands"), &mut typed.bands, hint, bands.as_ref());
    let name = |level: Option<Level>| level.map_or("As in the file".to_owned(), |level| level.to_string());
    combo(ui, "Level", name(typed.level), |ui| {
        for level in [None, Some(Level::L1C), Some(Level::L2A)] {
            ui.selectable_value(&mut typed.level, level, name(level));
        }
    });
    let radiometry = typed.radiometry().err();
    let hint = "as in the file; else 10000, 10000,-1000 or reflectance";
    text_ui(ui, ("Radiometry", "Scene radiometry"), &mut typed.radiometry, hint, radiometry.as_ref());
}

/// What is wrong with the field above, in a sentence.
pub(super) fn problem_ui(ui: &mut Ui, problem: Option<&String>) {
    if let Some(problem) = problem {
        let color = ui.visuals().warn_fg_color;
        ui.horizontal(|ui| {
            title_ui(ui, "");
            ui.add(egui::Label::new(egui::RichText::new(problem).color(color)).wrap());
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_say_what_the_command_line_says() {
        let mask = tempfile::NamedTempFile::new().expect("a file");
        let typed = Typed {
            bands: " B02, b3,B8A".into(),
            radiometry: "reflectance".into(),
            mask: mask.path().display().to_string(),
            mask_classes: "4=cloud,0=shadow".into(),
            mask_band: "2".into(),
            ..Typed::default()
        };
        let panel = DecloudConfig {
            mask: MaskConfig { method: "threshold".into(), feather_px: 3, ..MaskConfig::default() },
            tile_px: 64,
            ..DecloudConfig::default()
        };
        let config = typed.said().expect("all of it is right").into_config(&panel);
        assert_eq!(config.scene.bands, Some(vec![Band::B02, Band::B03, Band::B8A]));
        assert_eq!((config.mask.method.as_str(), config.mask.band, config.tile_px), ("auto", Some(2), 64));
        assert_eq!(config.mask.classes.to_string(), "4=cloud,0=shadow");
        assert_eq!((config.mask.dilation_px(), config.mask.feather_px), (0, 3), "a given mask is not grown");
        let nothing = Typed::default().said().expect("nothing is said").into_config(&panel);
        assert_eq!(nothing, panel);
    }

    #[test]
    fn each_wrong_field_is_one_sentence_that_names_what_was_expected() {
        let mask = tempfile::NamedTempFile::new().expect("a file");
        let given = Typed { mask: mask.path().display().to_string(), ..Typed::default() };
        for (typed, word) in [
            (Typed { bands: "B02,B99".into(), ..Typed::default() }, "B99"),
            (Typed { radiometry: "bright".into(), ..Typed::default() }, "bright"),
            (Typed { mask: "/nowhere/mask.tif".into(), ..Typed::default() }, "/nowhere/mask.tif"),
            (Typed { mask_classes: "4=fog".into(), ..given.clone() }, "4=cloud"),
            (Typed { mask_band: "0".into(), ..given }, "from 1"),
        ] {
            let error = typed.said().expect_err(word);
            assert!(error.contains(word) && error.lines().count() == 1, "{error}");
            assert_ne!(typed.faults(), (false, false));
        }
    }
}
