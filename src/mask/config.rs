//! How a mask is to be made: one struct for the TOML file, the command line and the settings.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Classes;

/// Dilation of a mask that an algorithm made, in pixels of the scene. Chosen by measurement
/// (`docs/masks.md`, "Dilation").
pub const DEFAULT_DILATE_PX: u32 = 4;
/// Feathering outside the dilated mask, in pixels of the scene.
pub const DEFAULT_FEATHER_PX: u32 = 8;

/// What the name of a method begins with that runs a model of the analyst's own: `onnx:FILE`.
pub const ONNX: &str = "onnx:";

/// Parameters of a mask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MaskConfig {
    /// Name of the method (`auto`, or one of [`super::method_names`]); `onnx:FILE` names its model.
    pub method: String,
    /// A mask the analyst made (`--mask`); if given, no method runs.
    pub file: Option<PathBuf>,
    /// What `file` stands for, where it is only the way on which another program hands a mask over: the mask's source
    /// in reports, in place of the file's name.
    #[serde(skip)]
    pub stands_for: Option<String>,
    /// What the values of `file` mean.
    pub classes: Classes,
    /// Band of `file`, from 1; none for a file that has only one.
    pub band: Option<usize>,
    /// Euclidean dilation of cloud and shadow in pixels; none for the default, which is 0 for
    /// `file` and [`DEFAULT_DILATE_PX`] for a method.
    pub dilate_px: Option<u32>,
    /// Feathering outside the dilated mask in pixels.
    pub feather_px: u32,
    /// Probability from which a pixel is cloud (`s2cloudless`), 0..1.
    pub threshold: f32,
    /// Radius of the disc over which a detector's probabilities are averaged, in pixels.
    pub average_px: u32,
    /// Radius by which a detector's cut mask grows, in pixels; part of the method, unlike
    /// `dilate_px`.
    pub grow_px: u32,
    /// Whether to look for shadow where the method itself finds cloud only.
    pub shadow: bool,
}

impl Default for MaskConfig {
    fn default() -> Self {
        Self {
            method: "auto".to_owned(),
            file: None,
            stands_for: None,
            classes: Classes::default(),
            band: None,
            dilate_px: None,
            feather_px: DEFAULT_FEATHER_PX,
            threshold: 0.5,
            average_px: 4,
            grow_px: 2,
            shadow: true,
        }
    }
}

impl MaskConfig {
    /// Checks what can be checked without a scene.
    ///
    /// # Errors
    /// [`Error::Option`](super::Error::Option) where a number is none that a detector can take, dilation and feathering
    /// reach too far, or a model's file is not there.
    pub fn check(&self) -> super::Result<()> {
        if !(0.0..1.0).contains(&self.threshold) {
            let problem = format!("{} is no probability; expected 0 to below 1", self.threshold);
            return Err(super::Error::Option { option: "--threshold", problem });
        }
        let radii = [("--average", self.average_px), ("--grow", self.grow_px)];
        if let Some((option, px)) = radii.into_iter().find(|(_, px)| *px > super::MAX_RADIUS_PX) {
            let problem = format!("{px} pixels; expected at most {}", super::MAX_RADIUS_PX);
            return Err(super::Error::Option { option, problem });
        }
        if self.band == Some(0) {
            let problem = "there is no band 0; bands are counted from 1".to_owned();
            return Err(super::Error::Option { option: "--mask-band", problem });
        }
        if let Some(problem) = self.model_problem() {
            return Err(super::Error::Option { option: "--method", problem });
        }
        let reach = u64::from(self.dilation_px()) + u64::from(self.feather_px);
        if reach <= u64::from(super::MAX_RADIUS_PX) {
            return Ok(());
        }
        Err(super::Error::Option {
            option: "--dilate and --feather",
            problem: format!("{reach} pixels together; expected at most {}", super::MAX_RADIUS_PX),
        })
    }

    /// Why there is no model for the method `onnx:FILE`; none where there is one, or none is asked for.
    #[must_use]
    pub fn model_problem(&self) -> Option<String> {
        let model = self.method.strip_prefix(ONNX).filter(|_| self.file.is_none())?;
        if Path::new(model).is_file() {
            return None;
        }
        Some(if model.is_empty() {
            "no ONNX model is named; expected its file, with its description beside it".to_owned()
        } else {
            format!("there is no model file {model}; expected an ONNX model with its description beside it")
        })
    }

    /// The same for another date of the place: what was painted or came with the scene's product is not its own.
    #[must_use]
    pub fn of_another_date(&self) -> Self {
        let method = if self.method == "product" { "auto" } else { &self.method };
        Self { file: None, stands_for: None, band: None, method: method.to_owned(), ..self.clone() }
    }

    /// What decides which pixels a method calls cloud and shadow: two that are equal here find the same mask, whatever
    /// is grown and feathered afterwards.
    #[must_use]
    pub fn finding(&self) -> Self {
        Self {
            method: self.method.clone(),
            threshold: self.threshold,
            average_px: self.average_px,
            grow_px: self.grow_px,
            shadow: self.shadow,
            ..Self::default()
        }
    }

    /// The dilation that applies: as given, else 0 for a file and [`DEFAULT_DILATE_PX`] for a
    /// method.
    #[must_use]
    pub fn dilation_px(&self) -> u32 {
        self.dilate_px.unwrap_or(if self.file.is_some() { 0 } else { DEFAULT_DILATE_PX })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_no_detector_can_take_are_named() {
        let usual = MaskConfig::default();
        assert!(usual.check().is_ok());
        for (config, option) in [
            (MaskConfig { threshold: f32::NAN, ..usual.clone() }, "--threshold"),
            (MaskConfig { threshold: 7.0, ..usual.clone() }, "--threshold"),
            (MaskConfig { average_px: u32::MAX, ..usual.clone() }, "--average"),
            (MaskConfig { grow_px: 1 << 20, ..usual.clone() }, "--grow"),
            (MaskConfig { band: Some(0), ..usual }, "--mask-band"),
        ] {
            let error = config.check().expect_err("it cannot be").to_string();
            assert!(error.contains(option), "{error}");
        }
    }
}
