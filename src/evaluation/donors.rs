//! The scenes that lend their cloud: which of a folder can, and what they lend.

use std::path::Path;

use super::pairs::{check_masks, planes};
use super::report::{DonorReport, LeftOut};
use super::{DonorsConfig, Error, Result, SetConfig, thin};
use crate::bands::Band;
use crate::evaluation::compare::optical_bands;
use crate::fill::fill_planes;
use crate::mask::{self, CLEAR, CLOUD, DEFAULT_DILATE_PX, DEFAULT_FEATHER_PX, Mask, MaskConfig};
use crate::progress::Monitor;
use crate::raster::{self, Scene, file_names, scene_name};
use crate::simulate::transplant::{Donor, Source};

/// Most samples (pixels times bands) of a donor: what it lends takes 16 bytes each.
const MAX_SAMPLES: usize = 1 << 25;
/// The least part of a donor under cloud.
const MIN_COVER: f64 = 0.05;
/// The least mean visible excess of its cloud: below it there is next to nothing to lend, as where
/// cirrus that only B10 sees lies over all of the scene.
const MIN_EXCESS: f64 = 0.03;
/// The least part of a donor in which the ground is seen, in the clear or through thin cloud; with less
/// there is nothing from which a place could be known, and every method can but guess.
const MIN_SEEN: f64 = 0.05;

/// A cloudy scene and its mask.
pub(super) struct Candidate {
    /// Its name, without an extension.
    pub name: String,
    /// The scene on disk.
    pub scene: Scene,
    mask: Mask,
}

/// The scenes of the donors' folder that have cloud to lend, and a word on every scene of it.
///
/// # Errors
/// A folder that is none, holds no such scene or lacks masks; scenes and masks that cannot be read;
/// cancelled work.
pub(super) fn candidates(
    set: &SetConfig,
    config: &DonorsConfig,
    monitor: &dyn Monitor,
) -> Result<(Vec<Candidate>, Vec<DonorReport>)> {
    let fail = |problem: String| Error::Donors { path: config.folder.clone(), problem };
    if !config.folder.is_dir() {
        return Err(fail("there is no folder of donors; expected one with cloudy scenes".into()));
    }
    let files = file_names(&config.folder)?;
    check_masks(config.masks.as_deref(), "--donor-masks", files.iter().map(String::as_str))?;
    let (mut found, mut reports) = (Vec::new(), Vec::new());
    for file in &files {
        if monitor.is_cancelled() {
            return Err(raster::Error::Cancelled.into());
        }
        let candidate = Candidate::open(&config.folder.join(file), file, set, config, monitor)?;
        let report = candidate.report(config.overcast, monitor)?;
        if report.left_out.is_none() {
            found.push(candidate);
        }
        reports.push(report);
    }
    if found.is_empty() {
        let count = |why| reports.iter().filter(|report| report.left_out == Some(why)).count();
        return Err(fail(format!(
            "none of {} scenes has cloud to lend ({} have under {:.0} % of cloud by their masks, {} hide the whole place, {} lend next to nothing)",
            files.len(),
            count(LeftOut::Clear),
            100.0 * MIN_COVER,
            count(LeftOut::Overcast),
            count(LeftOut::Nothing),
        )));
    }
    Ok((found, reports))
}

impl Candidate {
    fn open(
        path: &Path,
        file: &str,
        set: &SetConfig,
        config: &DonorsConfig,
        monitor: &dyn Monitor,
    ) -> Result<Self> {
        let scene = raster::open(path, &set.scenes)?;
        let mask_file = config.masks.as_ref().map(|folder| folder.join(file));
        let mask = MaskConfig { file: mask_file, ..set.mask.clone() };
        let mask = mask::detect(&scene, &mask, monitor)?;
        Ok(Self { name: scene_name(file).to_owned(), scene, mask })
    }

    /// What it lends, and whether that is enough.
    fn report(&self, overcast: bool, monitor: &dyn Monitor) -> Result<DonorReport> {
        let cover = self.mask.cover().cloud;
        let mut report =
            DonorReport { name: self.name.clone(), cover, excess: None, thick: None, left_out: None };
        if cover < MIN_COVER {
            report.left_out = Some(LeftOut::Clear);
            return Ok(report);
        }
        let Some(donor) = self.take(&optical_bands(&self.scene), DEFAULT_FEATHER_PX, monitor)? else {
            report.left_out = Some(LeftOut::Nothing);
            return Ok(report);
        };
        let (codes, excess) = (&donor.codes().data, &donor.excess().data);
        let is_seen = |i: &usize| codes[*i] == CLEAR || f64::from(excess[*i]) < thin::THIN_EXCESS;
        let seen = (0..codes.len()).filter(is_seen).count() as f64 / codes.len() as f64;
        report.excess = thin::mean_of((0..codes.len()).filter(|&i| codes[i] == CLOUD).map(|i| excess[i]));
        report.thick = Some(donor.spectrum().to_owned());
        report.left_out = if report.excess.is_none_or(|excess| excess < MIN_EXCESS) {
            Some(LeftOut::Nothing)
        } else if seen < MIN_SEEN && !overcast {
            Some(LeftOut::Overcast)
        } else {
            None
        };
        Ok(report)
    }

    /// Takes its cloud off in some bands: its ground is the fill of what is clear beyond the mask's rim.
    /// None where no cloud pixel was measured in every band, or no visible band tells how opaque it is.
    ///
    /// # Errors
    /// A scene that is too large or cannot be read, or lacks a band; cancelled work.
    pub(super) fn take(&self, bands: &[Band], fade_px: u32, monitor: &dyn Monitor) -> Result<Option<Donor>> {
        let cloudy = planes(&self.scene, bands, MAX_SAMPLES, monitor)?;
        let level = self.scene.level;
        let around = mask::alpha(&self.mask, DEFAULT_DILATE_PX, DEFAULT_FEATHER_PX);
        let ground = fill_planes(&cloudy, bands, level, &around);
        let codes = &self.mask.codes;
        Ok(Donor::from_source(&Source { bands, cloudy: &cloudy, ground: &ground, codes, level, fade_px }))
    }
}
