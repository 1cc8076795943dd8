//! All four tests of every model.

use super::config::HonestyConfig;
use super::cycle::{Cycle, ModelCycle, Planes, composited};
use super::latent::{self, LatentUse};
use super::noise::cycle_errors;
use super::probe;
use super::report::{Honesty, ImageHonesty, ProbeAreas, SetHonesty};
use super::specimen::Specimen;
use super::swap::{Made, placed};
use crate::evaluation::methods::Method;
use crate::evaluation::{Error, Result};
use crate::fill::Prior;
use crate::progress::Monitor;
use crate::raster::{self, Plane};

/// The specimens of a set.
pub(in crate::evaluation) struct Sampled {
    /// The set's name.
    pub set: String,
    /// Its specimens.
    pub specimens: Vec<Specimen>,
}

/// Puts every method that has a model behind it to the tests.
///
/// # Errors
/// An image without a band of the model or too large for it; cancelled work.
pub(in crate::evaluation) fn examine(
    methods: &[&dyn Method],
    sets: &[Sampled],
    config: &HonestyConfig,
    monitor: &dyn Monitor,
) -> Result<Vec<Honesty>> {
    let models: Vec<_> = methods.iter().filter_map(|method| Some((method.name(), method.model()?))).collect();
    let images: usize = sets.iter().map(|set| set.specimens.len()).sum();
    monitor.stage("honesty", 2 * (images * models.len()) as u64);
    let mut found = Vec::with_capacity(models.len());
    for (name, (model, device)) in models {
        let cycle = ModelCycle { model, device };
        let mut reports = Vec::with_capacity(sets.len());
        for set in sets.iter().filter(|set| !set.specimens.is_empty()) {
            let fitting = |specimen: &Specimen| {
                let fail = |problem: String| Error::Method {
                    method: name.to_owned(),
                    image: specimen.name.clone(),
                    source: problem.into(),
                };
                specimen
                    .with_bands(&model.config.bands)
                    .ok_or_else(|| fail("it lacks a band of the model".into()))
            };
            let specimens = set.specimens.iter().map(fitting).collect::<Result<Vec<_>>>()?;
            let images = images_of(&cycle, specimens, config, monitor)?;
            reports.push(SetHonesty::of(&set.set, images, config));
        }
        found.push(Honesty { model: name.to_owned(), preset: model.config.preset, sets: reports });
    }
    Ok(found)
}

/// The four tests on the images of a set.
pub(super) fn images_of<C: Cycle>(
    cycle: &C,
    specimens: Vec<Specimen>,
    config: &HonestyConfig,
    monitor: &dyn Monitor,
) -> Result<Vec<ImageHonesty>> {
    let mut made = Vec::with_capacity(specimens.len());
    let mut uses = Vec::with_capacity(specimens.len());
    for specimen in specimens {
        go_on(monitor)?;
        let (between, used) = cleared(cycle, &specimen, config);
        made.push(Made { specimen, between });
        uses.push(used);
        monitor.advance(1);
    }
    let probes = probe_areas(&made);
    let mut images = Vec::with_capacity(made.len());
    for (index, (latent, probe)) in uses.into_iter().zip(probes).enumerate() {
        go_on(monitor)?;
        let Made { specimen, .. } = &made[index];
        images.push(ImageHonesty {
            image: specimen.name.clone(),
            scene: specimen.scene.clone(),
            donor: specimen.donor.clone(),
            swap: placed(cycle, &made, index, config.seed),
            noise: cycle_errors(cycle, &made[index], &config.sigmas, config.seed),
            probe,
            latent,
        });
        monitor.advance(1);
    }
    Ok(images)
}

fn go_on(monitor: &dyn Monitor) -> Result<()> {
    if monitor.is_cancelled() { Err(raster::Error::Cancelled.into()) } else { Ok(()) }
}

/// The image between, and how the land code was used.
fn cleared<C: Cycle>(cycle: &C, specimen: &Specimen, config: &HonestyConfig) -> (Planes, Option<LatentUse>) {
    let codes = latent::codes(cycle, specimen, config.samples, config.seed);
    let mut surfaces = cycle.surfaces(specimen, &codes);
    let rest = surfaces.split_off(1);
    let middle = surfaces.pop().unwrap_or_default();
    let used = (!rest.is_empty()).then(|| {
        let (samples, encoded) = rest.split_at(config.samples);
        latent::judge(specimen, &middle, samples, encoded.first())
    });
    (cycle.between(specimen, &middle), used)
}

/// The probe on `x̂_B`, on the constant fill and on the clear date, each learned anew.
fn probe_areas(made: &[Made]) -> Vec<ProbeAreas> {
    let areas = |image: &dyn Fn(&Made) -> Planes| {
        let images: Vec<Planes> = made.iter().map(image).collect();
        let seen: Vec<_> = images.iter().zip(made).map(|(image, made)| (image, &made.specimen)).collect();
        probe::areas(&seen)
    };
    let found = areas(&|made| made.between.clone());
    let control = areas(&|made| composited(&made.specimen, &constant(&made.specimen)));
    let truth = areas(&|made| made.specimen.clear.clone());
    let three = found.into_iter().zip(control).zip(truth);
    three.map(|((found, control), truth)| ProbeAreas { found, control, truth }).collect()
}

/// The mean of clear training pixels, a number a band.
fn constant(specimen: &Specimen) -> Planes {
    let prior = Prior::of(specimen.level);
    let (width, height) = specimen.size();
    let mean = |&band| prior.mean(Some(band)).unwrap_or_default();
    specimen.bands.iter().map(|band| Plane::filled(width, height, mean(band))).collect()
}
