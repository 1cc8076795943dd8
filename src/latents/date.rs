//! A clear date under a scene's cloud: what `E_land` is asked about.

use std::path::PathBuf;

use burn::tensor::Device;
use serde::Serialize;

use super::fit::{core, deviation_of};
use super::{Error, Held, LIMIT, LandDistribution, Result, Source, fitted, land_of, most_clouded};
use crate::decloud::DecloudConfig;
use crate::decloud::model_engine::open_date;
use crate::mask;
use crate::networks::Model;
use crate::progress::Monitor;
use crate::raster::{self, Aligned, MemoryBand, Plane, Samples, Scene, SceneReader, Window};

/// Part of the cloud's ground that a clear date must show for its code to say anything.
const LEAST: f64 = 0.5;
/// How messages name it.
const OPTION: &str = "--clear";

/// A scene that shows the ground without the cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClearDate {
    /// Where it lies.
    pub path: PathBuf,
    /// Whether it is clear by the analyst's word; else cloud is looked for in it, as in the scene.
    pub as_is: bool,
}

/// A clear date laid over a scene's window.
pub struct DateOver {
    /// Part of the cloud's ground, by m, that it shows clear, 0 to 1.
    pub seen: f64,
    /// Reflectance on the clear date, a plane a band of the model; NaN where nothing was measured.
    clear: Vec<Plane<f32>>,
    cloudy: Vec<Plane<f32>>,
    /// m of the window where the clear date shows the ground, else 0.
    alpha: Plane<u8>,
    /// The same under the cloud itself, where that is known: what a code is fitted to.
    core: Plane<u8>,
    /// The window in these planes.
    inner: Window,
}

/// A code that was fitted to a clear date.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The code.
    pub code: Vec<f32>,
    /// Mean absolute errors of surfaces against the date, over bands and what it shows under the cloud itself, reflectance.
    pub errors: FitErrors,
}

/// Mean absolute errors against a clear date.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FitErrors {
    /// Of the code 0, which is exported.
    pub middle: f64,
    /// Of what the encoder finds.
    pub encoded: f64,
    /// Of the fitted code.
    pub fitted: f64,
}

impl ClearDate {
    /// Lays the date over the cloud inside `window` of a scene, as `decloud --reference` lays a reference over it.
    ///
    /// # Errors
    /// A model without a land code; a window without cloud; a date that cannot be read, is of another level (unless
    /// the configuration forces it) or lies elsewhere; one that shows less than half of the cloud's ground.
    pub fn over(
        &self,
        source: &Source<'_>,
        window: Window,
        model: &Model,
        config: &DecloudConfig,
        monitor: &dyn Monitor,
    ) -> Result<DateOver> {
        if model.config.land_code() == 0 {
            let problem = format!("a model of the preset {} has no land code", model.config.preset);
            return Err(Error::Option { option: OPTION, problem });
        }
        let subject = source.subject(window, model)?;
        let date = open_date(&self.path, OPTION, model, config)?;
        let (clear, covered) = self.read(date, source.scene, subject.seen, model, config, monitor)?;
        let inner = subject.inner();
        let mut alpha = only(&subject.alpha, inner);
        let seen = self.keep(&mut alpha, &clear, &covered)?;
        let cloud = source.cloud(subject.seen).map(|cloud| core(&alpha, &cloud));
        let core = cloud.unwrap_or_else(|| alpha.clone());
        Ok(DateOver { seen, clear, cloudy: subject.cloudy, alpha, core, inner })
    }

    /// The code of the date for the cloud inside `window`: what `E_land` finds over all of it, fitted to the date over
    /// the part with most cloud (see [`most_clouded`]). `device` is where the model is.
    ///
    /// # Errors
    /// As [`ClearDate::over`], and where the monitor cancels.
    pub fn code(
        &self,
        source: &Source<'_>,
        window: Window,
        (model, device): (&Model, &Device),
        config: &DecloudConfig,
        monitor: &dyn Monitor,
    ) -> Result<DateCode> {
        let over = self.over(source, window, model, config, monitor)?;
        let encoded = over.code(model, device)?;
        let part = most_clouded(source.subject(window, model)?.mask(), window);
        // A date that shows too little of that part has its say by the encoder alone.
        let fitted = match self.over(source, part, model, config, monitor) {
            Ok(over) => {
                let subject = source.subject(part, model)?;
                Some(over.fitted(&subject.held(model, device), &encoded.mean, monitor))
            }
            Err(_) => None,
        };
        if monitor.is_cancelled() {
            return Err(raster::Error::Cancelled.into());
        }
        Ok(DateCode { seen: over.seen, encoded, fitted })
    }

    /// The date's bands of the model on the scene's grid, and where cloud or its shadow covers it.
    fn read(
        &self,
        date: Scene,
        scene: &Scene,
        seen: Window,
        model: &Model,
        config: &DecloudConfig,
        monitor: &dyn Monitor,
    ) -> Result<(Vec<Plane<f32>>, Plane<bool>)> {
        let known: Vec<_> =
            date.bands.iter().enumerate().filter_map(|(index, band)| Some((index, band.band?))).collect();
        let level = date.level;
        let aligned =
            Aligned::new(scene, date, known.iter().map(|(index, _)| *index).collect(), "the clear date")?;
        let planes = aligned.read(&mut SceneReader::new(aligned.scene()), seen)?;
        let wanted =
            model.config.bands.iter().filter_map(|band| known.iter().position(|(_, own)| own == band));
        let clear: Vec<_> = wanted.map(|own| planes[own].clone()).collect();
        if self.as_is {
            return Ok((clear, Plane::filled(seen.width, seen.height, false)));
        }
        let bands = known.iter().zip(planes).map(|(&(_, band), plane)| MemoryBand {
            band,
            size: (plane.width, plane.height),
            samples: Samples::F32(plane.data),
        });
        let part = Scene::in_memory(&self.path, level, bands.collect())?;
        let own = config.mask.of_another_date();
        let found = mask::detect(&part, &own, monitor)?;
        Ok((clear, mask::alpha(&found, own.dilation_px(), 0).0.map(|m| m > 0)))
    }

    /// Takes m away where the date does not show the ground; returns how much is left.
    fn keep(&self, alpha: &mut Plane<u8>, clear: &[Plane<f32>], covered: &Plane<bool>) -> Result<f64> {
        let (mut all, mut missing, mut cloudy) = (0.0_f64, 0.0, 0.0);
        for (i, m) in alpha.data.iter_mut().enumerate().filter(|(_, m)| **m > 0) {
            let weight = f64::from(*m);
            all += weight;
            if clear.iter().any(|plane| !plane.data[i].is_finite()) {
                missing += weight;
                *m = 0;
            } else if covered.data[i] {
                cloudy += weight;
                *m = 0;
            }
        }
        let name = self.path.display();
        let fail = |problem: String| Err(Error::Option { option: OPTION, problem });
        if all == 0.0 {
            return fail("there is no cloud here whose ground a clear date could show".into());
        }
        let share = |part: f64| 100.0 * part / all;
        if missing >= all {
            return fail(format!(
                "{name} does not lie over this cloud; choose a clear date of the same place"
            ));
        }
        let seen = 1.0 - (missing + cloudy) / all;
        if seen < LEAST {
            return fail(format!(
                "{name} shows {:.0} % of this cloud's ground: {:.0} % lies under cloud or shadow there too and {:.0} % beyond its edges; choose a clearer date, or say that it is clear (--clear-as-is)",
                100.0 * seen,
                share(cloudy),
                share(missing)
            ));
        }
        Ok(seen)
    }
}

/// The code of a clear date.
#[derive(Debug, Clone)]
pub struct DateCode {
    /// Part of the cloud's ground that the date shows clear, 0 to 1.
    pub seen: f64,
    /// What the encoder finds over the whole window.
    pub encoded: LandDistribution,
    /// What came of fitting it where most cloud is; none where the date shows too little of that part.
    pub fitted: Option<Fitted>,
}

impl DateCode {
    /// The code to be used.
    #[must_use]
    pub fn code(&self) -> &[f32] {
        self.fitted.as_ref().map_or(&self.encoded.mean, |fit| &fit.code)
    }
}

impl DateOver {
    /// The date inside the window: reflectance, a plane a band of the model; NaN where nothing was measured.
    #[must_use]
    pub fn ground(&self) -> Vec<Plane<f32>> {
        self.clear.iter().map(|plane| plane.crop(self.inner)).collect()
    }

    /// What `E_land` finds, its means within [`LIMIT`]. `device` is where the model is.
    ///
    /// # Errors
    /// A model without a land code.
    pub fn code(&self, model: &Model, device: &Device) -> Result<LandDistribution> {
        let found = land_of(model, &self.clear, &self.cloudy, &self.alpha, device).ok_or_else(|| {
            let problem = format!("a model of the preset {} has no land code", model.config.preset);
            Error::Option { option: OPTION, problem }
        })?;
        let mean = found.mean.iter().map(|z| z.clamp(-LIMIT, LIMIT)).collect();
        Ok(LandDistribution { mean, ..found })
    }

    /// The code whose surface is nearest to the date under the cloud itself inside the window, of which `held` is
    /// the image; `start` is one to begin at: see [`fitted`]. Some two hundred decoder passes at most.
    #[must_use]
    pub fn fitted(&self, held: &Held<'_>, start: &[f32], monitor: &dyn Monitor) -> Fitted {
        let clear = self.ground();
        let mask = self.core.crop(self.inner);
        let code = fitted(held, &clear, &mask, start, monitor);
        let error = |code: &[f32]| deviation_of(&held.images(&[code.to_vec()])[0], &clear, &mask);
        let errors =
            FitErrors { middle: error(&vec![0.0; start.len()]), encoded: error(start), fitted: error(&code) };
        Fitted { code, errors }
    }
}

/// A mask inside a window, 0 around it: the cloud there is another question.
fn only(mask: &Plane<u8>, window: Window) -> Plane<u8> {
    let mut inside = Plane::filled(mask.width, mask.height, 0);
    for y in window.y..window.y + window.height {
        let columns = window.x..window.x + window.width;
        inside.row_mut(y)[columns.clone()].copy_from_slice(&mask.row(y)[columns]);
    }
    inside
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept of a mask of ten pixels, some of which the date does not show.
    fn kept(missing: usize, cloudy: usize) -> (Result<f64>, usize) {
        let mut alpha = Plane::from_vec(12, 1, [vec![0; 2], vec![255; 10]].concat());
        let mut clear = Plane::filled(12, 1, 0.2);
        clear.data[2..2 + missing].fill(f32::NAN);
        let mut covered = Plane::filled(12, 1, false);
        covered.data[2 + missing..2 + missing + cloudy].fill(true);
        let date = ClearDate { path: "june.tif".into(), as_is: false };
        let seen = date.keep(&mut alpha, &[clear], &covered);
        (seen, alpha.data.iter().filter(|&&m| m > 0).count())
    }

    #[test]
    fn only_ground_that_the_date_shows_is_asked_about() {
        let (seen, left) = kept(2, 1);
        assert!((seen.expect("enough") - 0.7).abs() < 1e-9);
        assert_eq!(left, 7);
        assert_eq!(kept(0, 0).1, 10);
    }

    #[test]
    fn a_date_elsewhere_or_cloudy_too_is_refused_with_what_it_shows() {
        let words = |missing, cloudy| kept(missing, cloudy).0.expect_err("refused").to_string();
        assert!(words(10, 0).contains("june.tif does not lie over this cloud"));
        let both = words(1, 5);
        assert!(both.contains("40 %") && both.contains("50 %") && both.contains("10 %"), "{both}");
    }
}
