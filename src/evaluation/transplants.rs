//! Clear scenes under the real cloud of others: pairs whose truth is exact.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::beside::{Beside, companion};
use super::compare::optical_bands;
use super::donors::{Candidate, candidates};
use super::image::Image;
use super::pairs::{MAX_SAMPLES, planes};
use super::report::{DonorReport, Lent};
use super::{DonorsConfig, Error, Result, SetConfig, thin};
use crate::bands::Band;
use crate::mask::{self, CLOUD, DEFAULT_FEATHER_PX, Mask};
use crate::progress::Monitor;
use crate::random::Stream;
use crate::raster::{self, Plane, Scene, file_names, ground_of, scene_name};
use crate::simulate::Site;
use crate::simulate::transplant::Donor;

/// Hands every clear scene of a set under each of its donors to `take`, one at a time, a donor after the
/// other. Which donor lies where depends on the seed and the clear scene's name only.
///
/// # Errors
/// Folders without scenes, without cloud, or whose bands do not fit (named); scenes or masks that cannot
/// be read or are too large; cancelled work; what `take` returns.
pub(super) fn each(
    set: &SetConfig,
    config: &DonorsConfig,
    monitor: &dyn Monitor,
    start: &dyn Fn(usize),
    take: &mut dyn FnMut(Image) -> Result<()>,
) -> Result<Vec<DonorReport>> {
    let grounds = grounds(&set.data)?;
    let (candidates, reports) = candidates(set, config, monitor)?;
    start(grounds.len() * config.per_image);
    let mut plan: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
    for (index, ground) in grounds.iter().enumerate() {
        for (turn, donor) in drawn(config, &stem(ground), candidates.len()).into_iter().enumerate() {
            plan.entry(donor).or_default().push((index, turn));
        }
    }
    for (number, images) in plan {
        let candidate = &candidates[number];
        let mut prepared: Option<Donor> = None;
        for order in images {
            let clear = Clear::load(&grounds[order.0], set, monitor)?;
            check_fit(candidate, &clear, monitor)?;
            let donor = match prepared.take() {
                Some(donor) if donor.bands() == clear.bands => donor,
                _ => candidate.take(&clear.bands, fade_px(set), monitor)?.ok_or_else(|| unfit(candidate))?,
            };
            take(transplant(candidate, &donor, clear, order, set))?;
            prepared = Some(donor);
        }
    }
    Ok(reports)
}

fn unfit(candidate: &Candidate) -> Error {
    let problem = "no cloud pixel was measured in every band of the clear scenes, or they have no visible band to tell how opaque it is by; take the scene out of the donors";
    Error::Donors { path: candidate.scene.path.clone(), problem: problem.into() }
}

/// The clear scenes of a folder: of its `clear/` where it has one.
fn grounds(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Err(raster::Error::NotFound(folder.to_owned()).into());
    }
    let place = if folder.join("clear").is_dir() { folder.join("clear") } else { folder.to_owned() };
    let scenes: Vec<_> = file_names(&place)?.into_iter().map(|name| place.join(name)).collect();
    if scenes.is_empty() {
        return Err(Error::Pairs { path: place, problem: "there is no clear scene".into() });
    }
    Ok(scenes)
}

fn stem(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    scene_name(&name).to_owned()
}

/// Which donors a clear scene lies under: shuffled anew for each scene, and again when all were used.
fn drawn(config: &DonorsConfig, ground: &str, donors: usize) -> Vec<usize> {
    let mut stream = Stream::new(config.seed, 0, &format!("transplant/donors/{ground}"));
    let mut order = Vec::new();
    while order.len() < config.per_image {
        let mut round: Vec<usize> = (0..donors).collect();
        stream.shuffle(&mut round);
        order.extend(round);
    }
    order.truncate(config.per_image);
    order
}

/// A clear scene in memory.
struct Clear {
    scene: Scene,
    bands: Vec<Band>,
    planes: Vec<Plane<f32>>,
    beside: Beside,
}

impl Clear {
    fn load(path: &Path, set: &SetConfig, monitor: &dyn Monitor) -> Result<Self> {
        let scene = raster::open(path, &set.scenes)?;
        let bands = optical_bands(&scene);
        if bands.is_empty() {
            return Err(Error::NoCommonBand {
                image: path.to_owned(),
                image_bands: scene.band_list(),
                reference: path.to_owned(),
                reference_bands: scene.band_list(),
            });
        }
        // Room for the transplanted image too.
        let planes = planes(&scene, &bands, MAX_SAMPLES, monitor)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let s1 = companion(set.s1.as_deref(), "--s1", &name)?;
        let reference = companion(set.references.as_deref(), "--references", &name)?;
        let given = (s1.as_deref(), reference.as_deref());
        let beside = Beside::read(&scene, &bands, &set.scenes, given, path)?;
        Ok(Self { scene, bands, planes, beside })
    }
}

/// Whether a donor's cloud can lie over a clear scene.
fn check_fit(donor: &Candidate, clear: &Clear, monitor: &dyn Monitor) -> Result<()> {
    let fail = |problem: String| Error::Donors { path: donor.scene.path.clone(), problem };
    let lacking: Vec<_> = clear
        .bands
        .iter()
        .filter(|&&band| donor.scene.index_of(band).is_none())
        .map(|band| band.name())
        .collect();
    if !lacking.is_empty() {
        return Err(fail(format!(
            "the donor has no {} (it has {}), which {} has; expected donors with all bands of the clear scenes",
            lacking.join(", "),
            donor.scene.band_list(),
            clear.scene.path.display()
        )));
    }
    let pixel_m = |scene: &Scene| Site::of(&scene.grid, None, None).pixel_m;
    let (a, b) = (pixel_m(&donor.scene), pixel_m(&clear.scene));
    if (a / b - 1.0).abs() > 0.02 {
        return Err(fail(format!(
            "the donor's pixels measure {a:.1} m, those of {} {b:.1} m; resample one to the other's size first",
            clear.scene.path.display()
        )));
    }
    if let (Some(a), Some(b)) = (donor.scene.level, clear.scene.level)
        && a != b
    {
        monitor.warn(&format!(
            "the donor {} is {a}, the clear scene {} is {b}",
            donor.name,
            stem(&clear.scene.path)
        ));
    }
    Ok(())
}

/// Pixels by which the truth's mask grows: none unless the analyst says so, as with every given mask.
fn dilate_px(set: &SetConfig) -> u32 {
    set.mask.dilate_px.unwrap_or(0)
}

/// Cloud fades out where m does, so that no pixel with m = 0 is touched.
fn fade_px(set: &SetConfig) -> u32 {
    dilate_px(set).saturating_add(set.mask.feather_px).min(DEFAULT_FEATHER_PX)
}

fn transplant(
    candidate: &Candidate,
    donor: &Donor,
    clear: Clear,
    order: (usize, usize),
    set: &SetConfig,
) -> Image {
    let name = stem(&clear.scene.path);
    let seed = set.donors.as_ref().map_or(0, |donors| donors.seed);
    let mut stream = Stream::new(seed, order.1 as u64, &format!("transplant/place/{name}"));
    let size = (clear.scene.grid.width, clear.scene.grid.height);
    let placing = donor.draw(&mut stream, size);
    let under = donor.over(&clear.planes, placing.turn, placing.shift);
    let mask = Mask { codes: under.codes, source: format!("what was transplanted from {}", candidate.name) };
    let alpha = mask::alpha(&mask, dilate_px(set), set.mask.feather_px);
    let cloud = (0..mask.codes.data.len()).filter(|&i| mask.codes.data[i] == CLOUD);
    let excess = thin::mean_of(cloud.map(|i| under.excess.data[i]));
    Image {
        scene: ground_of(&name),
        name,
        lent: Some(Lent { donor: candidate.name.clone(), placing }),
        bands: clear.bands,
        level: clear.scene.level,
        on_disk: None,
        cloudy: under.planes,
        clear: clear.planes,
        s1: clear.beside.s1,
        reference: clear.beside.reference,
        mask,
        alpha,
        excess,
        paths: (candidate.scene.path.clone(), clear.scene.path),
        order,
    }
}
