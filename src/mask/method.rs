//! The methods by name. A new one is one file and one line in [`METHODS`].

use super::{Error, FileOptions, Mask, MaskConfig, Result, from_file};
use crate::progress::Monitor;
use crate::raster::Scene;

/// A way to find cloud and shadow in a scene.
pub trait Method: Sync {
    /// The name typed after `--method`.
    fn name(&self) -> &'static str;

    /// What it is, in a line, for help and menus.
    fn summary(&self) -> &'static str;

    /// Whether it can work on this scene.
    ///
    /// # Errors
    /// [`Error::NotApplicable`] with what the scene lacks and what to do.
    fn check(&self, scene: &Scene, config: &MaskConfig) -> Result<()>;

    /// Classifies the scene on its own grid.
    ///
    /// # Errors
    /// As [`Method::check`], and whatever reading the scene meets.
    fn detect(&self, scene: &Scene, config: &MaskConfig, monitor: &dyn Monitor) -> Result<Mask>;
}

/// Every method that `auto` may choose, most trusted first.
static METHODS: [&dyn Method; 3] =
    [&super::product::Product, &super::s2cloudless::S2cloudless, &super::threshold::Threshold];

/// Names and one-line summaries of all methods, `auto` first.
pub fn methods() -> impl Iterator<Item = (&'static str, &'static str)> {
    std::iter::once(("auto", "the first of the following that can work on the scene"))
        .chain(METHODS.iter().map(|method| (method.name(), method.summary())))
}

/// Finds cloud and shadow as the configuration says: from its file, by its method, or by the
/// first method that can work on the scene (`auto`: product, s2cloudless, threshold). What was
/// chosen is named in [`Mask::source`].
///
/// # Errors
/// An unknown method, one that cannot work on this scene, or a file that cannot be read.
pub fn detect(scene: &Scene, config: &MaskConfig, monitor: &dyn Monitor) -> Result<Mask> {
    if let Some(path) = &config.file {
        let options = FileOptions { classes: config.classes.clone(), band: config.band };
        let mut mask = from_file(path, scene, &options, monitor)?;
        if let Some(words) = &config.stands_for {
            mask.source.clone_from(words);
        }
        return Ok(mask);
    }
    if config.method == "auto" {
        let mut refusal = None;
        for method in METHODS {
            match method.check(scene, config) {
                Ok(()) => match method.detect(scene, config, monitor) {
                    Ok(mut mask) => {
                        mask.source.push_str(", chosen by auto");
                        return Ok(mask);
                    }
                    Err(error) if error.is_cancelled() => return Err(error),
                    Err(error) => {
                        let name = method.name();
                        monitor.warn(&format!("the mask method {name} failed, the next is tried ({error})"));
                        refusal = Some(error);
                    }
                },
                Err(error) => refusal = Some(error),
            }
        }
        // The last method asks for least, so its refusal says what would help.
        return Err(refusal.unwrap_or_else(|| unknown("auto")));
    }
    #[cfg(feature = "onnx")]
    if config.method.starts_with(super::ONNX) {
        return super::onnx::detect(scene, config, monitor);
    }
    METHODS
        .iter()
        .find(|method| method.name() == config.method)
        .ok_or_else(|| unknown(&config.method))?
        .detect(scene, config, monitor)
}

fn unknown(name: &str) -> Error {
    let names: Vec<_> = methods().map(|(name, _)| name).collect();
    Error::Option {
        option: "--method",
        problem: format!("there is no method \"{name}\"; expected one of {} or onnx:FILE", names.join(", ")),
    }
}
