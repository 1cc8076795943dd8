//! What cloud detectors share: one pass over the scene for the likelihood of cloud and for what
//! shadow detection needs, then the mask.

use super::work::{WorkGrid, enlarge};
use super::{CLEAR, CLOUD, INVALID, Mask, MaskConfig, Result, SHADOW, shadow, smooth, validity};
use crate::bands::Band;
use crate::progress::Monitor;
use crate::raster::{Plane, Scene};

/// Said where a scene lacks the bands that shadow is found by.
const NO_SHADOW_BANDS: &str = ", no shadow (needs B08 or B8A, B11 or B12, and B03)";

/// What a detector says about the pixels of one strip.
pub(super) trait Detector: Sync {
    /// Bands it reads; all must be in the scene.
    fn bands(&self) -> &[Band];
    /// Likelihood of cloud, 0..1, for each pixel of the planes (one a band, NaN where nodata).
    fn likelihood(&self, planes: &[Plane<f32>]) -> Vec<f32>;
}

/// Runs a detector over a scene and makes the mask, shadow included if the configuration wants it
/// and the scene has the bands for it.
pub(super) fn mask_by(
    detector: &dyn Detector,
    scene: &Scene,
    config: &MaskConfig,
    threshold: f32,
    monitor: &dyn Monitor,
) -> Result<(Mask, WorkGrid)> {
    let grid = WorkGrid::of(scene);
    let mut bands = scene.indices_of(detector.bands(), "the cloud mask")?;
    let own = bands.len();
    let shadow_bands = shadow::bands(scene).filter(|_| config.shadow);
    bands.extend(shadow_bands.iter().flat_map(|bands| bands.iter().copied()));
    let duplicates: Vec<Option<usize>> =
        (own..bands.len()).map(|i| bands[..own].iter().position(|&band| band == bands[i])).collect();
    // A band that both need is read once.
    let mut read = bands[..own].to_vec();
    let places: Vec<usize> = duplicates
        .iter()
        .zip(&bands[own..])
        .map(|(duplicate, &band)| {
            duplicate.unwrap_or_else(|| {
                read.push(band);
                read.len() - 1
            })
        })
        .collect();
    monitor.stage("masking", (grid.width * grid.height) as u64);
    let strips = grid.strips_of(scene, &read, monitor, |planes, valid| {
        let surface = if places.is_empty() {
            shadow::Surface::default()
        } else {
            let planes: Vec<&Plane<f32>> = places.iter().map(|&place| &planes[place]).collect();
            shadow::Surface::of(&planes)
        };
        (detector.likelihood(&planes[..own]), surface, valid.to_vec())
    })?;
    let mut likelihood = Vec::with_capacity(grid.width * grid.height);
    let mut valid = Vec::with_capacity(grid.width * grid.height);
    let mut surface = shadow::Surface::default();
    for (values, part, validity) in strips {
        likelihood.extend(values);
        valid.extend(validity);
        surface.append(part);
    }
    for (value, &valid) in likelihood.iter_mut().zip(&valid) {
        if !valid {
            *value = 0.0;
        }
    }
    let likelihood = Plane::from_vec(grid.width, grid.height, likelihood);
    let (average, grow) = (grid.pixels(config.average_px as usize), grid.pixels(config.grow_px as usize));
    let mut codes = smooth::cut(&likelihood, average, threshold, grow, monitor);
    drop(likelihood);
    for (code, &valid) in codes.data.iter_mut().zip(&valid) {
        if !valid {
            *code = INVALID;
        }
    }
    let mut source = grid.note();
    if shadow_bands.is_some() {
        source.push_str(shadow::add(&mut codes, &surface, scene, grid.factor, monitor)?);
    } else if config.shadow {
        source.push_str(NO_SHADOW_BANDS);
    }
    let mut codes = enlarge(&codes, grid, scene);
    if grid.factor > 1 {
        validity::apply(&mut codes, scene, monitor)?;
    }
    Ok((Mask { codes, source }, grid))
}

/// Adds shadow to the clear pixels of a cloud mask that lies on the scene's own grid and was found
/// without looking for shadow. Returns words for [`Mask::source`].
pub(super) fn add_shadow(
    codes: &mut Plane<u8>,
    scene: &Scene,
    config: &MaskConfig,
    monitor: &dyn Monitor,
) -> Result<String> {
    if !config.shadow || !codes.data.contains(&CLOUD) {
        return Ok(", no shadow".to_owned());
    }
    let Some(bands) = shadow::bands(scene) else {
        return Ok(NO_SHADOW_BANDS.to_owned());
    };
    let grid = WorkGrid::of(scene);
    monitor.stage("reading for shadow", (grid.width * grid.height) as u64);
    let strips = grid.strips_of(scene, &bands, monitor, |planes, _| {
        shadow::Surface::of(&planes.iter().collect::<Vec<_>>())
    })?;
    let mut surface = shadow::Surface::default();
    for strip in strips {
        surface.append(strip);
    }
    let mut small = Plane::filled(grid.width, grid.height, CLEAR);
    for y in 0..grid.height {
        let row = codes.row(y * grid.factor);
        for (small, &code) in small.row_mut(y).iter_mut().zip(row.iter().step_by(grid.factor)) {
            *small = code;
        }
    }
    let words = shadow::add(&mut small, &surface, scene, grid.factor, monitor)?;
    for (code, found) in codes.data.iter_mut().zip(enlarge(&small, grid, scene).data) {
        if *code == CLEAR && found == SHADOW {
            *code = SHADOW;
        }
    }
    Ok(words.to_owned())
}
