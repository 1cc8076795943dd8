//! A folder of pairs: `cloudy/` and `clear/` with scenes of the same names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::compare::{check_grids, common_bands, read};
use super::image::{Image, scene_of, without_extension};
use super::{Error, PairConfig, Result, SetConfig, thin};
use crate::bands::Band;
use crate::mask::{self, MaskConfig};
use crate::progress::Monitor;
use crate::raster::{self, Plane, Scene, SceneOptions, SceneReader};

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
}

/// Whether a folder is one of pairs.
fn is_pairs(path: &Path) -> bool {
    path.join("cloudy").is_dir() && path.join("clear").is_dir()
}

/// The pairs of a folder, by name, with their masks where a folder of masks is given.
///
/// # Errors
/// [`Error::Pairs`] where it is no folder of pairs, has none, or a scene lacks its partner;
/// [`Error::Option`] where a mask is missing.
fn find_pairs(folder: &Path, masks: Option<&Path>) -> Result<Vec<Pair>> {
    let fail = |problem: String| Error::Pairs { path: folder.to_owned(), problem };
    if !folder.exists() {
        return Err(raster::Error::NotFound(folder.to_owned()).into());
    }
    if !is_pairs(folder) {
        return Err(fail("this is no folder of pairs".into()));
    }
    let cloudy = names(&folder.join("cloudy"))?;
    let clear = names(&folder.join("clear"))?;
    let lonely = |from: &BTreeSet<String>, other: &BTreeSet<String>, place: &str| {
        let alone: Vec<_> = from.difference(other).map(String::as_str).collect();
        (!alone.is_empty()).then(|| format!("only in {place}/: {}", some_of(&alone)))
    };
    let lonely: Vec<_> =
        [lonely(&cloudy, &clear, "cloudy"), lonely(&clear, &cloudy, "clear")].into_iter().flatten().collect();
    if !lonely.is_empty() {
        return Err(fail(format!("some scenes lack their partner ({})", lonely.join("; "))));
    }
    if cloudy.is_empty() {
        return Err(fail("cloudy/ and clear/ are empty".into()));
    }
    check_masks(masks, "--masks", cloudy.iter().map(String::as_str))?;
    Ok(cloudy
        .into_iter()
        .map(|file_name| Pair {
            name: without_extension(&file_name).to_owned(),
            cloudy: folder.join("cloudy").join(&file_name),
            clear: folder.join("clear").join(&file_name),
            mask: masks.map(|masks| masks.join(&file_name)),
        })
        .collect())
}

/// The first few of many names.
fn some_of(names: &[&str]) -> String {
    const SHOWN: usize = 4;
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN { format!("{shown} and {} more", names.len() - SHOWN) } else { shown }
}

/// File and folder names that may be scenes: nothing hidden, no sidecar.
pub(super) fn names(folder: &Path) -> Result<BTreeSet<String>> {
    let fail = |error: std::io::Error| Error::Pairs {
        path: folder.to_owned(),
        problem: format!("the folder cannot be listed ({error})"),
    };
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let name = entry.map_err(fail)?.file_name().to_string_lossy().into_owned();
        let extension = Path::new(&name).extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        let sidecar = matches!(extension.as_deref(), Some("xml" | "json" | "txt" | "md" | "csv" | "ovr"));
        if !name.starts_with('.') && !sidecar {
            names.insert(name);
        }
    }
    Ok(names)
}

impl Pair {
    fn named(config: &PairConfig) -> Self {
        let PairConfig { name, cloudy, clear, mask } = config.clone();
        Self { name, cloudy, clear, mask }
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
    let pairs = if set.pairs.is_empty() {
        find_pairs(&set.data, set.masks.as_deref())?
    } else {
        set.pairs.iter().map(Pair::named).collect()
    };
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
    let found = mask::detect(&cloudy, mask, monitor)?;
    let alpha = mask::alpha(&found, mask.dilation_px(), mask.feather_px);
    let excess = thin::mean_excess(&bands, &cloudy_planes, cloudy.level, &found.codes, &alpha);
    Ok(Image {
        name: pair.name.clone(),
        scene: scene_of(&pair.name).to_owned(),
        lent: None,
        level: cloudy.level,
        on_disk: Some(cloudy),
        bands,
        cloudy: cloudy_planes,
        clear: clear_planes,
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
