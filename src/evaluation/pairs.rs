//! A folder of pairs: `cloudy/` and `clear/` with scenes of the same names.

use std::path::{Path, PathBuf};

use super::beside::{Beside, companion};
use super::compare::{check_grids, common_bands, read};
use super::image::Image;
use super::{Error, PairConfig, Result, SetConfig, thin};
use crate::bands::Band;
use crate::mask::{self, MaskConfig};
use crate::progress::Monitor;
use crate::raster::{self, Plane, Scene, SceneOptions, SceneReader, ground_of};

/// Most samples (pixels times bands) of a scene that is evaluated: about 1.5 GiB with the clear
/// date and what a method makes.
pub const MAX_SAMPLES: usize = 1 << 27;

/// Two scenes of one place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pair {
    /// Their name, without an extension.
    name: String,
    /// The cloudy date.
    cloudy: PathBuf,
    /// The clear date.
    clear: PathBuf,
    /// The cloudy date's mask; none to detect it.
    mask: Option<PathBuf>,
    /// Sentinel-1, where it is given.
    s1: Option<PathBuf>,
    /// Another clear date, where it is given.
    reference: Option<PathBuf>,
}

/// The pairs of a folder, by name, with their masks where a folder of masks is given.
///
/// # Errors
/// Where it is no folder of pairs, has none, or a scene lacks its partner; [`Error::Option`] where a
/// mask is missing.
fn find_pairs(set: &SetConfig) -> Result<Vec<Pair>> {
    let masks = set.masks.as_deref();
    let pairs = raster::find_pairs(&set.data)?;
    check_masks(masks, "--masks", pairs.iter().map(|pair| pair.file_name.as_str()))?;
    let whole = |pair: raster::Pair| {
        Ok(Pair {
            mask: masks.map(|masks| masks.join(&pair.file_name)),
            s1: companion(set.s1.as_deref(), "--s1", &pair.file_name)?,
            reference: companion(set.references.as_deref(), "--references", &pair.file_name)?,
            name: pair.name,
            cloudy: pair.cloudy,
            clear: pair.clear,
        })
    };
    pairs.into_iter().map(whole).collect()
}

impl Pair {
    fn named(config: &PairConfig) -> Self {
        let PairConfig { name, cloudy, clear, mask, s1, reference } = config.clone();
        Self { name, cloudy, clear, mask, s1, reference }
    }
}

/// Looks for every mask of a folder before the work begins.
///
/// # Errors
/// [`Error::Option`] with the first that is missing.
pub(super) fn check_masks<'n>(
    folder: Option<&Path>,
    option: &'static str,
    mut names: impl Iterator<Item = &'n str>,
) -> Result<()> {
    let Some(folder) = folder else { return Ok(()) };
    match names.find(|name| !folder.join(name).is_file()) {
        Some(missing) => Err(Error::Option {
            option,
            problem: format!(
                "there is no mask {}; expected one for every scene, of the same name",
                folder.join(missing).display()
            ),
        }),
        None => Ok(()),
    }
}

/// Hands every pair of a set, in memory and masked, to `take`, one at a time.
///
/// # Errors
/// A folder without pairs or with scenes that lack their partner (named), scenes or masks that cannot be
/// read, do not fit together, or are too large; cancelled work; what `take` returns.
pub(super) fn each(
    set: &SetConfig,
    monitor: &dyn Monitor,
    start: &dyn Fn(usize),
    take: &mut dyn FnMut(Image) -> Result<()>,
) -> Result<()> {
    let pairs =
        if set.pairs.is_empty() { find_pairs(set)? } else { set.pairs.iter().map(Pair::named).collect() };
    start(pairs.len());
    for (index, pair) in pairs.iter().enumerate() {
        let mask = MaskConfig { file: pair.mask.clone(), ..set.mask.clone() };
        take(Image { order: (index, 0), ..load(pair, &mask, &set.scenes, monitor)? })?;
    }
    Ok(())
}

/// Reads both scenes of a pair and the cloudy one's mask.
fn load(pair: &Pair, mask: &MaskConfig, options: &SceneOptions, monitor: &dyn Monitor) -> Result<Image> {
    let cloudy = raster::open(&pair.cloudy, options)?;
    let clear = raster::open(&pair.clear, options)?;
    check_grids(&cloudy, &clear)?;
    let bands = common_bands(&cloudy, &clear)?;
    if let (Some(a), Some(b)) = (cloudy.level, clear.level)
        && a != b
    {
        monitor.warn(&format!("the cloudy date of {} is {a}, the clear one {b}", pair.name));
    }
    let cloudy_planes = planes(&cloudy, &bands, MAX_SAMPLES, monitor)?;
    let clear_planes = planes(&clear, &bands, MAX_SAMPLES, monitor)?;
    let given = (pair.s1.as_deref(), pair.reference.as_deref());
    let beside = Beside::read(&cloudy, &bands, options, given, &pair.clear)?;
    let found = mask::detect(&cloudy, mask, monitor)?;
    let alpha = mask::alpha(&found, mask.dilation_px(), mask.feather_px);
    let excess = thin::mean_excess(&bands, &cloudy_planes, cloudy.level, &found.codes, &alpha);
    Ok(Image {
        name: pair.name.clone(),
        scene: ground_of(&pair.name),
        lent: None,
        level: cloudy.level,
        on_disk: Some(cloudy),
        bands,
        cloudy: cloudy_planes,
        clear: clear_planes,
        s1: beside.s1,
        reference: beside.reference,
        mask: found,
        alpha,
        excess,
        paths: (pair.cloudy.clone(), pair.clear.clone()),
        order: (0, 0),
    })
}

/// Reflectance of some bands of a whole scene on its grid.
///
/// # Errors
/// [`Error::TooLarge`] for more than `limit` samples; what reading meets.
pub(super) fn planes(
    scene: &Scene,
    bands: &[Band],
    limit: usize,
    monitor: &dyn Monitor,
) -> Result<Vec<Plane<f32>>> {
    let window = scene.grid.window();
    let samples = window.len().saturating_mul(bands.len());
    if samples > limit {
        return Err(Error::TooLarge { path: scene.path.clone(), samples, limit });
    }
    read(&mut SceneReader::new(scene), bands, window, monitor)
}
