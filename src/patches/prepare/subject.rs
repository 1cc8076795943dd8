//! Scenes that fit a store, and what is known of them besides their pixels.

use super::PrepareConfig;
use crate::bands::{Band, Level};
use crate::mask::{self, Mask, MaskConfig};
use crate::patches::labels::{CLASSES_19, CLASSES_43};
use crate::patches::manifest::names;
use crate::patches::{Domain, Error, Result, Split};
use crate::progress::Monitor;
use crate::raster::{Scene, Window, grid_difference};

/// What all patches of the store must be like.
pub(super) struct Plan<'a> {
    pub config: &'a PrepareConfig,
    pub bands: Vec<Band>,
    pub level: Level,
}

/// A scene that fits the store, and all that is known of it besides its pixels.
pub(super) struct Subject {
    pub scene: Scene,
    /// Index of each of the store's bands in the scene; none for a band that it may lack.
    pub bands: Vec<Option<usize>>,
    pub mask: MaskConfig,
    /// How its mask is described in the store, where that is not the mask's own words.
    pub mask_words: Option<String>,
    pub domain: Option<Domain>,
    pub split: Option<Split>,
    pub place: String,
    pub labels_43: Option<[u8; CLASSES_43]>,
    pub labels_19: Option<[u8; CLASSES_19]>,
    /// VV and VH on the same grid.
    pub s1: Option<(Scene, [usize; 2])>,
    /// Another clear day on the same grid, and its bands.
    pub reference: Option<(Scene, Vec<Option<usize>>)>,
    /// The clear day of a pair, on the same grid.
    pub pair: Option<Box<Subject>>,
}

impl Plan<'_> {
    /// Where the store's bands are in a scene.
    ///
    /// # Errors
    /// [`Error::Misfit`] for another level, or a band that is missing and may not be.
    pub(super) fn bands_in(&self, scene: &Scene) -> Result<Vec<Option<usize>>> {
        match scene.level {
            Some(level) if level == self.level => {}
            Some(level) => {
                return Err(Error::misfit(
                    &scene.path,
                    format!(
                        "the scene is {level} and the store {}; levels are never mixed, prepare one store for each",
                        self.level
                    ),
                ));
            }
            None => return Err(unknown_level(scene)),
        }
        let found: Vec<_> = self.bands.iter().map(|&band| scene.index_of(band)).collect();
        let lacking: Vec<Band> = self
            .bands
            .iter()
            .zip(&found)
            .filter(|(_, index)| index.is_none())
            .map(|(&band, _)| band)
            .collect();
        let refused: Vec<Band> =
            lacking.iter().copied().filter(|band| !self.config.allow_missing.contains(band)).collect();
        if refused.is_empty() && lacking.len() < self.bands.len() {
            return Ok(found);
        }
        let list = names(&refused).replace(' ', ",");
        Err(Error::misfit(
            &scene.path,
            format!(
                "the scene lacks {} (it has {}); name its bands in file order with --bands if the file does not, leave the band out of the store with --store-bands, or allow the gap with --allow-missing {list}",
                names(&lacking),
                scene.band_list()
            ),
        ))
    }
}

/// A scene whose level nobody states.
pub(super) fn unknown_level(scene: &Scene) -> Error {
    Error::misfit(&scene.path, "the processing level of the scene is unknown; give --level L1C or L2A")
}

impl Subject {
    /// The store's bands that the scene lacks.
    pub(super) fn missing(&self, plan: &Plan<'_>) -> Vec<Band> {
        let lacking = plan.bands.iter().zip(&self.bands).filter(|(_, index)| index.is_none());
        lacking.map(|(&band, _)| band).collect()
    }

    /// Finds cloud and shadow on the whole scene, so that patches are masked with their surroundings
    /// known.
    pub(super) fn find_mask(&self, monitor: &dyn Monitor) -> Result<Mask> {
        Ok(mask::detect(&self.scene, &self.mask, monitor)?)
    }

    /// The place of a window: the scene's, or the block of ground that the window's centre lies in.
    /// Without coordinates in metres, blocks are counted from the scene's corner in pixels of 10 m.
    pub(super) fn place_at(&self, window: Window, place_km: Option<f64>) -> String {
        let Some(km) = place_km else { return self.place.clone() };
        let centre = |start: usize, len: usize| start as f64 + len as f64 / 2.0;
        let (x, y) = (centre(window.x, window.width), centre(window.y, window.height));
        let grid = &self.scene.grid;
        // A pixel below a hundredth of a unit can only be in degrees.
        let metres = grid.geotransform.is_some_and(|g| g[1].hypot(g[4]) >= 0.01);
        let (east, north) = if metres { grid.world_from_pixel(x, y) } else { (10.0 * x, 10.0 * y) };
        let block = |along: f64| (along / (1000.0 * km)).floor() as i64;
        format!("{}/{}_{}", self.place, block(east), block(north))
    }

    /// Checks that every other scene that belongs to it lies on its grid.
    pub(super) fn check_companions(&self) -> Result<()> {
        let companions = [
            self.s1.as_ref().map(|(scene, _)| ("Sentinel-1 image", scene)),
            self.reference.as_ref().map(|(scene, _)| ("reference", scene)),
            self.pair.as_ref().map(|pair| ("clear day", &pair.scene)),
        ];
        for (what, scene) in companions.into_iter().flatten() {
            if let Some(problem) = grid_difference(&self.scene.grid, &scene.grid) {
                return Err(Error::misfit(
                    &scene.path,
                    format!(
                        "the {what} does not lie on the grid of {}: {problem}",
                        self.scene.path.display()
                    ),
                ));
            }
        }
        self.pair.as_ref().map_or(Ok(()), |pair| pair.check_companions())
    }
}
