//! Which scenes a classifier can be asked about, and how far its answer can be trusted.

use std::path::Path;

use super::{Error, TRUSTED_AP};
use crate::bands::{Band, Level};
use crate::networks::classifier::{Classifier, Nomenclature};
use crate::networks::file::FileError;
use crate::patches::labels::{NAMES_19, names_43};
use crate::raster::{self, Scene};

/// Metres of the classifier's pixels.
const PIXEL_M: f64 = 10.0;

/// Refuses a classifier whose classes are not those of its nomenclature, in order.
pub(super) fn nomenclature(classifier: &Classifier, path: &Path) -> Result<(), Error> {
    let names: Vec<&str> = match classifier.config.labels {
        Nomenclature::Of19 => NAMES_19.to_vec(),
        Nomenclature::Of43 => names_43().to_vec(),
    };
    match names.iter().zip(&classifier.classes).find(|(expected, found)| *expected != found) {
        None => Ok(()),
        Some((expected, found)) => Err(Error::Model(FileError::Invalid {
            path: path.to_owned(),
            problem: format!(
                "it calls a class \"{found}\" where BigEarthNet's nomenclature of {} has \"{expected}\"",
                classifier.config.labels
            ),
        })),
    }
}

/// Why a classifier's answers are a demonstration, whatever the scene.
pub(super) fn model(classifier: &Classifier) -> Vec<String> {
    match classifier.info.held_out() {
        Some(precision) if precision >= TRUSTED_AP => Vec::new(),
        Some(precision) => vec![format!(
            "the classifier's macro average precision at places it had never seen is {precision:.2}; labels are checked by it from {TRUSTED_AP} on"
        )],
        None => vec!["the classifier was never measured at places it had not seen".into()],
    }
}

/// What must be known of an image before it is labelled.
#[derive(Debug, Clone)]
pub struct About {
    /// What messages call it.
    pub name: String,
    /// Its bands.
    pub bands: Vec<Band>,
    /// Its level, where it is known.
    pub level: Option<Level>,
    /// Metres of its pixels, where they are known.
    pub pixel_m: Option<f64>,
}

impl About {
    /// What a scene says of itself.
    #[must_use]
    pub fn scene(scene: &Scene) -> Self {
        Self {
            name: scene.path.display().to_string(),
            bands: scene.bands.iter().filter_map(|band| band.band).collect(),
            level: scene.level,
            pixel_m: raster::pixel_m(&scene.grid),
        }
    }
}

/// Refuses an image that the classifier was not made for; returns what was let pass.
pub(super) fn image(
    classifier: &Classifier,
    name: &str,
    image: &About,
    force: bool,
) -> Result<Vec<String>, Error> {
    let refuse = |option, problem: String| Err(Error::Misfit { option, problem });
    let config = &classifier.config;
    if let Some(band) = config.bands.iter().find(|&band| !image.bands.contains(band)) {
        let found: Vec<String> = image.bands.iter().map(ToString::to_string).collect();
        let problem = format!(
            "{name} needs band {band}, {} has {}; name the bands with --bands, or use a classifier of fewer bands",
            image.name,
            found.join(", ")
        );
        return refuse("--model", problem);
    }
    let mut reasons = Vec::new();
    match image.level {
        Some(level) if level == config.level => {}
        Some(level) if force => {
            reasons.push(format!(
                "forced: the classifier was trained on {}, the scene is {level}",
                config.level
            ));
        }
        Some(level) => {
            let problem = format!(
                "{name} was trained on {}, {} is {level}; use a classifier of that level, or --force",
                config.level, image.name
            );
            return refuse("--model", problem);
        }
        None => reasons.push(format!(
            "the scene's level is not known and the classifier was trained on {}; state it with --level",
            config.level
        )),
    }
    match image.pixel_m {
        Some(metres) if (metres - PIXEL_M).abs() <= 0.5 => {}
        Some(metres) if force => {
            reasons.push(format!(
                "forced: the classifier was trained on pixels of 10 m, the scene's have {metres:.1} m"
            ));
        }
        Some(metres) => {
            let problem = format!(
                "{name} was trained on pixels of 10 m, those of {} have {metres:.1} m; resample it, or use --force",
                image.name
            );
            return refuse("--model", problem);
        }
        None => reasons.push("the size of the scene's pixels is not known; the classifier needs 10 m".into()),
    }
    Ok(reasons)
}

/// Where the classifier's bands lie among those of an image of a test set, and what was let pass: a level that is not
/// the classifier's makes a demonstration, not an error.
pub(super) fn test_image(
    classifier: &Classifier,
    bands: &[Band],
    level: Option<Level>,
) -> Result<(Vec<usize>, Option<String>), String> {
    let config = &classifier.config;
    let place = |band: &Band| {
        bands.iter().position(|known| known == band).ok_or_else(|| {
            format!(
                "it needs band {band}, which the image lacks; leave labels out, or use a classifier of fewer bands"
            )
        })
    };
    let order = config.bands.iter().map(place).collect::<Result<_, _>>()?;
    let own = config.level;
    let reason = match level {
        Some(level) if level == own => None,
        Some(level) => Some(format!("the classifier was trained on {own}, the images are {level}")),
        None => Some(format!("the images' level is not known and the classifier was trained on {own}")),
    };
    Ok((order, reason))
}

/// Refuses two scenes whose tiles would show different ground.
pub(super) fn same_ground(scene: &Scene, result: &Scene) -> Result<(), Error> {
    match raster::grid_difference(&scene.grid, &result.grid) {
        None => Ok(()),
        Some(difference) => {
            let (scene, result) = (scene.path.display(), result.path.display());
            Err(Error::Misfit { option: "RESULT", problem: format!("{difference}: {scene} and {result}") })
        }
    }
}
