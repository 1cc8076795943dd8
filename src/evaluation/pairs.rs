//! A folder of pairs: `cloudy/` and `clear/` with scenes of the same names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::compare::{check_grids, common_bands, read};
use super::{Error, Result};
use crate::bands::Band;
use crate::progress::Monitor;
use crate::raster::{self, Plane, Scene, SceneOptions, SceneReader};

/// Most samples (pixels times bands) of a scene that is evaluated: about 1.5 GiB with the clear
/// date and what a method makes.
pub const MAX_SAMPLES: usize = 1 << 27;

/// Two scenes of one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Their name, without an extension.
    pub name: String,
    /// Their file (or folder) name, which a mask shares.
    pub file_name: String,
    /// The cloudy date.
    pub cloudy: PathBuf,
    /// The clear date.
    pub clear: PathBuf,
}

/// A pair in memory, on the bands both have.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The cloudy scene, for masking.
    pub scene: Scene,
    /// The bands of the planes.
    pub bands: Vec<Band>,
    /// Reflectance of the cloudy date, a plane a band; NaN where nothing was measured.
    pub cloudy: Vec<Plane<f32>>,
    /// Reflectance of the clear date.
    pub clear: Vec<Plane<f32>>,
}

/// Whether a folder is one of pairs.
#[must_use]
pub fn is_pairs(path: &Path) -> bool {
    path.join("cloudy").is_dir() && path.join("clear").is_dir()
}

/// The pairs of a folder, by name.
///
/// # Errors
/// [`Error::Pairs`] where it is no folder of pairs, has none, or a scene lacks its partner.
pub fn find_pairs(folder: &Path) -> Result<Vec<Pair>> {
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
    Ok(cloudy
        .into_iter()
        .map(|file_name| Pair {
            name: without_extension(&file_name).to_owned(),
            cloudy: folder.join("cloudy").join(&file_name),
            clear: folder.join("clear").join(&file_name),
            file_name,
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
fn names(folder: &Path) -> Result<BTreeSet<String>> {
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

fn without_extension(name: &str) -> &str {
    [".tif", ".tiff", ".zip", ".SAFE", ".jp2"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

/// The scene a patch was cut from, by its name: what stands before a trailing `_p123`
/// (`SEN12MS-CR`), `_patch_4` (`SEN12MS-CR-TS`) or `_12_34` (`BigEarthNet`'s column, row); the name
/// itself where there is none of these.
#[must_use]
pub fn scene_of(name: &str) -> &str {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some((before, last)) = name.rsplit_once('_') else { return name };
    if last.strip_prefix('p').is_some_and(number) {
        return before;
    }
    match before.rsplit_once('_') {
        Some((scene, "patch")) if number(last) => scene,
        Some((scene, column)) if number(last) && number(column) => scene,
        _ => name,
    }
}

/// Reads both scenes of a pair.
///
/// # Errors
/// Scenes that cannot be read, do not fit together, or are too large; cancelled work.
pub fn load(pair: &Pair, options: &SceneOptions, monitor: &dyn Monitor) -> Result<Loaded> {
    let cloudy = raster::open(&pair.cloudy, options)?;
    let clear = raster::open(&pair.clear, options)?;
    check_grids(&cloudy, &clear)?;
    let bands = common_bands(&cloudy, &clear)?;
    if let (Some(a), Some(b)) = (cloudy.level, clear.level)
        && a != b
    {
        monitor.warn(&format!("the cloudy date of {} is {a}, the clear one {b}", pair.name));
    }
    let window = cloudy.grid.window();
    let samples = window.len().saturating_mul(bands.len());
    if samples > MAX_SAMPLES {
        return Err(Error::TooLarge { path: pair.cloudy.clone(), samples, limit: MAX_SAMPLES });
    }
    let planes = |scene: &Scene| read(&mut SceneReader::new(scene), &bands, window, monitor);
    let (cloudy_planes, clear_planes) = (planes(&cloudy)?, planes(&clear)?);
    Ok(Loaded { scene: cloudy, bands, cloudy: cloudy_planes, clear: clear_planes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_are_known_by_their_scene() {
        assert_eq!(scene_of("ROIs1158_spring_s2_39_p100"), "ROIs1158_spring_s2_39");
        assert_eq!(
            scene_of("s2_ROIs2017_146_ImgNo_0_2018-01-06_patch_0"),
            "s2_ROIs2017_146_ImgNo_0_2018-01-06"
        );
        assert_eq!(scene_of("S2A_MSIL2A_20170613T101031_45_62"), "S2A_MSIL2A_20170613T101031");
        assert_eq!(scene_of("place_2018"), "place_2018");
        assert_eq!(scene_of("p839"), "p839");
    }
}
