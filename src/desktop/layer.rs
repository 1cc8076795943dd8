//! A scene that is open.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::raster::{CrsName, Locator, Radiometry, Scene, SceneOptions, crs_name};
use crate::view::{Camera, Overlay, Tiles};

use super::display::Over;
use super::mask_edit::MaskEdit;

/// Names a layer for as long as the window is open.
pub(super) type LayerId = u64;

/// What a layer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A scene the analyst opened.
    Source,
    /// What was made of another.
    Result { of: LayerId },
}

/// m of a layer's mask, computed away from the window when it is first shown.
#[derive(Default)]
pub(super) struct Made {
    pub overlay: Option<Overlay>,
    /// Grows when mask or settings change: an answer to an older question is dropped.
    version: u64,
    asked: Option<u64>,
}

impl Made {
    /// Mask or settings have changed.
    pub fn forget(&mut self) {
        self.overlay = None;
        self.version += 1;
    }

    /// The version to be computed, unless it is there or on its way.
    pub fn ask(&mut self) -> Option<u64> {
        if self.overlay.is_some() || self.asked == Some(self.version) {
            return None;
        }
        self.asked = Some(self.version);
        self.asked
    }

    /// An answer has come.
    pub fn take(&mut self, version: u64, overlay: Overlay) {
        if version == self.version {
            self.overlay = Some(overlay);
        }
    }
}

/// An open scene with everything that belongs to it.
pub(super) struct Layer {
    pub id: LayerId,
    pub name: String,
    /// What a result is called below its source: which it is, and how it was made.
    pub label: Option<String>,
    pub path: PathBuf,
    pub kind: Kind,
    pub scene: Arc<Scene>,
    /// What the analyst says of the scene.
    pub said: SceneOptions,
    pub tiles: Tiles,
    pub mask: Option<MaskEdit>,
    /// What would be made anew with the present settings.
    pub made: Made,
    /// Of a result: what was made, and how far samples differ.
    synthetic: Made,
    spread: Made,
    pub locator: Option<Locator>,
    pub crs: Option<CrsName>,
    /// How it was looked at when a scene that lies elsewhere took its place.
    pub camera: Option<Camera>,
}

impl Layer {
    pub fn new(id: LayerId, kind: Kind, scene: Arc<Scene>, tiles: Tiles) -> Self {
        let path = scene.path.clone();
        Self {
            id,
            name: name_of(&path),
            label: None,
            kind,
            locator: Locator::of(&scene.grid),
            crs: crs_name(&scene.grid.crs_wkt),
            path,
            scene,
            said: SceneOptions::default(),
            tiles,
            mask: None,
            made: Made::default(),
            synthetic: Made::default(),
            spread: Made::default(),
            camera: None,
        }
    }

    /// Indices of bands by name; a name that the scene lacks takes the place of its first band.
    pub fn bands(&self, names: &[String; 3]) -> [usize; 3] {
        let find = |name: &String| self.scene.bands.iter().position(|band| band.name == *name).unwrap_or(0);
        [find(&names[0]), find(&names[1]), find(&names[2])]
    }

    /// The overlay that a band of a result gives.
    pub fn over_result(&mut self, over: Over) -> &mut Made {
        if over == Over::Spread { &mut self.spread } else { &mut self.synthetic }
    }

    pub fn has_band(&self, name: &str) -> bool {
        self.scene.bands.iter().any(|band| band.name == name)
    }

    /// What an analyst asks first about a scene.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let scene = &self.scene;
        let unknown = || "unknown".to_owned();
        let crs = self
            .crs
            .as_ref()
            .map_or_else(unknown, |crs| crs.code.clone().unwrap_or_else(|| crs.name.clone()));
        let pixel = scene.grid.geotransform.map_or_else(
            || "pixels".to_owned(),
            |g| {
                let unit = self.crs.as_ref().map_or("", |crs| crs.unit.as_str());
                format!("of {} {unit}", trimmed(g[1].hypot(g[4])))
            },
        );
        let level = scene.level.map_or_else(unknown, |level| level.to_string());
        vec![
            ("Size", format!("{} × {} {pixel}", scene.grid.width, scene.grid.height)),
            ("CRS", crs),
            ("Bands", format!("{}, level {level}", scene.bands.len())),
            ("Sensed", scene.sensed.clone().unwrap_or_else(unknown)),
            ("Reflectance", scene.bands.first().map_or_else(unknown, |band| formula(&band.radiometry))),
        ]
    }
}

/// What reflectance is of stored values, in a column's width.
fn formula(radiometry: &Radiometry) -> String {
    let words = radiometry.to_string();
    words.strip_prefix("reflectance = ").unwrap_or(&words).to_owned()
}

fn trimmed(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Folders that every product has.
const EVERYWHERE: [&str; 5] = ["IMG_DATA", "GRANULE", "R10m", "R20m", "R60m"];

/// What a scene is called in lists: its file's or folder's name, with the nearest folder around it that tells products
/// apart where every product has one of that name.
pub(super) fn name_of(path: &Path) -> String {
    let Some(name) = path.file_name().map(std::ffi::OsStr::to_string_lossy) else {
        return path.display().to_string();
    };
    let around =
        || path.ancestors().skip(1).filter_map(Path::file_name).map(std::ffi::OsStr::to_string_lossy);
    match around().find(|folder| !EVERYWHERE.contains(&&**folder)) {
        Some(folder) if EVERYWHERE.contains(&&*name) => format!("{folder}/{name}"),
        _ => name.into_owned(),
    }
}

/// Opens a scene; the error is worded for the analyst.
pub(super) fn open(path: &Path, said: &SceneOptions) -> Result<Scene, String> {
    crate::raster::open(path, said).map_err(|error| error.to_string())
}

impl Layer {
    /// The source it belongs to: its own, or what it was made of.
    pub fn family(&self) -> LayerId {
        match self.kind {
            Kind::Source => self.id,
            Kind::Result { of } => of,
        }
    }
}

/// Compares names so that `date_9` comes before `date_10`.
pub(super) fn natural(a: &str, b: &str) -> std::cmp::Ordering {
    let (mut a, mut b) = (a.chars().peekable(), b.chars().peekable());
    loop {
        match (a.peek().copied(), b.peek().copied()) {
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let order = number(&mut a).cmp(&number(&mut b));
                if order.is_ne() {
                    return order;
                }
            }
            (x, y) if x == y && x.is_some() => {
                a.next();
                b.next();
            }
            (x, y) => return x.cmp(&y),
        }
    }
}

/// What all names of a series begin with, up to where a word ends: a list that has no room for it leaves it out, so
/// that what tells them apart is seen. Nothing for fewer than three names, and where little would be gained.
pub(super) fn common_start<'n>(names: &[&'n str]) -> &'n str {
    let [first, _, _, ..] = names else { return "" };
    if names.iter().all(|name| name == first) {
        return "";
    }
    let same = |at: usize| names.iter().all(|name| name.as_bytes().get(at) == first.as_bytes().get(at));
    let length = (0..first.len()).take_while(|&at| same(at)).count();
    let end = first.as_bytes()[..length].iter().rposition(|letter| b"_- .".contains(letter));
    end.filter(|&end| end >= LEAST_COMMON).map_or("", |end| &first[..=end])
}

/// Fewer letters are shown rather than left out.
const LEAST_COMMON: usize = 8;

/// The number that a text begins with; its digits are taken.
fn number(text: &mut std::iter::Peekable<std::str::Chars<'_>>) -> u128 {
    let mut value = 0_u128;
    while let Some(digit) = text.peek().and_then(|letter| letter.to_digit(10)) {
        value = value.saturating_mul(10).saturating_add(u128::from(digit));
        text.next();
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut names = ["date_10.tif", "date_9.tif", "date_9b.tif", "a", "date_09.tif"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["a", "date_9.tif", "date_09.tif", "date_9b.tif", "date_10.tif"]);
    }
    #[test]
    fn a_folder_that_every_product_has_is_called_with_the_one_around_it() {
        assert_eq!(name_of(Path::new("/data/lake/IMG_DATA")), "lake/IMG_DATA");
        assert_eq!(name_of(Path::new("/data/GRANULE/lake/IMG_DATA/R10m")), "lake/R10m");
        assert_eq!(name_of(Path::new("/data/lake/scene.tif")), "scene.tif");
    }

    #[test]
    fn what_a_series_has_in_common_ends_with_a_word() {
        let dates =
            ["s2_place_146_2018-01-06.tif", "s2_place_146_2018-02-05.tif", "s2_place_146_2019-01-01.tif"];
        assert_eq!(common_start(&dates), "s2_place_146_");
        assert_eq!(common_start(&dates[..2]), "", "two can be told apart anyhow");
        assert_eq!(common_start(&["août_2018_a", "août_2018_b", "août_2018_ç"]), "août_2018_");
        assert_eq!(common_start(&["a_1", "a_2", "a_3"]), "", "little would be gained");
        assert_eq!(common_start(&["same_name_here.tif"; 3]), "", "folders tell these apart");
    }
}
