//! Runs every method on every pair.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use super::methods::{BASELINE, Case, Method, choose, composite};
use super::pairs::{Loaded, load};
use super::report::{ImageReport, Report, notes, summarise};
use super::{Error, PairsConfig, Result};
use crate::bands::Band;
use crate::mask::{self, Mask, MaskConfig};
use crate::metrics::{Comparison, paired};
use crate::progress::Monitor;
use crate::raster::{self, Pair, Plane, find_pairs, scene_of};

/// Measures the methods on a folder of pairs: each makes the land under cloud of the cloudy date,
/// is put into it by the same composite, and is measured against the clear date.
///
/// Only one pair is in memory at a time.
///
/// # Errors
/// A folder without pairs or with scenes that lack their partner (named), a scene or mask that
/// cannot be read, scenes that do not fit together, an unknown method; cancelled work. Nothing is
/// left out silently: one damaged member fails the evaluation.
pub fn evaluate_pairs(folder: &Path, config: &PairsConfig, monitor: &dyn Monitor) -> Result<Report> {
    let methods = choose(&config.methods)?;
    let pairs = find_pairs(folder)?;
    check_masks(&pairs, config)?;
    let inner = Inner { outer: monitor, warnings: Mutex::default() };
    let mut images = Vec::with_capacity(pairs.len());
    let mut bands: Option<Vec<Band>> = None;
    monitor.stage("evaluating", (pairs.len() * methods.len()) as u64);
    for pair in &pairs {
        let loaded = load(pair, &config.scenes, &inner)?;
        let common = bands.get_or_insert_with(|| loaded.bands.clone());
        if *common != loaded.bands {
            inner.warn(&format!("{} has other bands than the pairs before it", pair.name));
        }
        images.push(evaluate_pair(pair, &loaded, config, &methods, &inner)?);
    }
    let named: Vec<_> = methods.iter().map(|method| (method.name(), method.summary())).collect();
    Ok(Report {
        declouder: env!("CARGO_PKG_VERSION").to_owned(),
        kind: "pairs".to_owned(),
        data: folder.display().to_string(),
        config: config.clone(),
        bands: bands.unwrap_or_default(),
        baseline: BASELINE.to_owned(),
        notes: notes(),
        warnings: inner.warnings.into_inner().unwrap_or_default(),
        methods: summarise(&images, &named, BASELINE),
        images,
    })
}

/// Looks for every mask before the work begins.
fn check_masks(pairs: &[Pair], config: &PairsConfig) -> Result<()> {
    let Some(folder) = &config.masks else { return Ok(()) };
    match pairs.iter().map(|pair| folder.join(&pair.file_name)).find(|mask| !mask.is_file()) {
        Some(missing) => Err(Error::Option {
            option: "--masks",
            problem: format!(
                "there is no mask {}; expected one for every pair, of the same name",
                missing.display()
            ),
        }),
        None => Ok(()),
    }
}

fn evaluate_pair(
    pair: &Pair,
    loaded: &Loaded,
    config: &PairsConfig,
    methods: &[&dyn Method],
    monitor: &Inner<'_>,
) -> Result<ImageReport> {
    let file = config.masks.as_ref().map(|folder| folder.join(&pair.file_name));
    let mask_config = MaskConfig { file, ..config.mask.clone() };
    let mask = mask::detect(&loaded.scene, &mask_config, monitor)?;
    let alpha = mask::alpha(&mask, mask_config.dilation_px(), mask_config.feather_px);
    let case = Case { pair: loaded, mask: &mask, alpha: &alpha };
    let mut results = BTreeMap::new();
    for method in methods {
        if monitor.is_cancelled() {
            return Err(raster::Error::Cancelled.into());
        }
        let surface = method.surface(&case, monitor)?;
        let image: Vec<_> = loaded
            .cloudy
            .iter()
            .zip(&surface)
            .map(|(cloudy, surface)| composite(cloudy, surface, &alpha))
            .collect();
        results.insert(method.name().to_owned(), measure(pair, loaded, &image, &mask)?);
        monitor.outer.advance(1);
    }
    let cover = mask.cover();
    Ok(ImageReport {
        name: pair.name.clone(),
        scene: scene_of(&pair.name).to_owned(),
        cover: cover.cloud + cover.shadow,
        mask: mask.source,
        results,
    })
}

fn measure(pair: &Pair, loaded: &Loaded, image: &[Plane<f32>], mask: &Mask) -> Result<Comparison> {
    let comparison = paired(&loaded.bands, image, &loaded.clear, Some(&mask.codes))?;
    if comparison.all.pixels == 0 {
        return Err(Error::NothingValid { image: pair.cloudy.clone(), reference: pair.clear.clone() });
    }
    Ok(comparison)
}

/// Passes warnings and cancellation on and keeps warnings for the report; the stages of one
/// pair's work would only flicker.
struct Inner<'a> {
    outer: &'a dyn Monitor,
    warnings: Mutex<Vec<String>>,
}

impl Monitor for Inner<'_> {
    fn warn(&self, message: &str) {
        self.outer.warn(message);
        if let Ok(mut warnings) = self.warnings.lock() {
            warnings.push(message.to_owned());
        }
    }

    fn is_cancelled(&self) -> bool {
        self.outer.is_cancelled()
    }
}
