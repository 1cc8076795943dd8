//! Runs every method on every image of every set.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::image::Image;
use super::methods::{BASELINE, Method, choose, composite};
use super::report::{DonorReport, Files, ImageReport, Report, SetReport, notes};
use super::summary::summarise;
use super::thin::THIN_EXCESS;
use super::watch::{Made, Unwatched, Watch};
use super::{Error, EvaluateConfig, Result, SetConfig};
use crate::bands::Band;
use crate::metrics::{Comparison, paired};
use crate::progress::Monitor;
use crate::raster::{self, Plane};

/// Measures the baselines and `models` on every set: each makes the land under cloud of the cloudy image,
/// is put into it by the same composite, and is measured against the truth.
///
/// Only one image is in memory at a time (and one donor, where clouds are transplanted).
///
/// # Errors
/// A configuration that cannot be; a folder without pairs or with scenes that lack their partner (named);
/// a scene or mask that cannot be read; scenes that do not fit together; donors without cloud; an unknown
/// method, or one that fails; cancelled work. Nothing is left out silently: one damaged member fails the
/// evaluation.
pub fn evaluate(config: &EvaluateConfig, models: &[&dyn Method], monitor: &dyn Monitor) -> Result<Report> {
    evaluate_watched(config, models, &mut Unwatched, monitor)
}

/// The same, with somebody looking on.
///
/// # Errors
/// As [`evaluate`], and what `watch` meets.
pub fn evaluate_watched(
    config: &EvaluateConfig,
    models: &[&dyn Method],
    watch: &mut dyn Watch,
    monitor: &dyn Monitor,
) -> Result<Report> {
    config.check()?;
    let methods = choose(&config.methods, models)?;
    let inner = Inner { outer: monitor, warnings: Mutex::default() };
    let sets = config.sets.iter().enumerate();
    let sets = sets.map(|set| evaluate_set(set, &methods, watch, &inner)).collect::<Result<_>>()?;
    Ok(Report {
        declouder: env!("CARGO_PKG_VERSION").to_owned(),
        config: config.clone(),
        baseline: BASELINE.to_owned(),
        models: models.iter().filter_map(|model| model.provenance()).collect(),
        notes: notes(),
        warnings: inner.warnings.into_inner().unwrap_or_default(),
        sets,
    })
}

fn evaluate_set(
    (number, set): (usize, &SetConfig),
    methods: &[&dyn Method],
    watch: &mut dyn Watch,
    monitor: &Inner<'_>,
) -> Result<SetReport> {
    let mut images = Vec::new();
    let mut bands: Option<Vec<Band>> = None;
    let start = |count: usize| monitor.outer.stage("evaluating", (count * methods.len()) as u64);
    let mut take = |image: Image| {
        let common = bands.get_or_insert_with(|| image.bands.clone());
        if *common != image.bands {
            monitor.warn(&format!("{} has other bands than the images before it", image.name));
        }
        let order = image.order;
        let image = evaluate_image(number, image, methods, watch, monitor)?;
        watch.measured(number, &image);
        images.push((order, image));
        Ok(())
    };
    let donors = each(set, monitor, &start, &mut take)?;
    images.sort_by_key(|(order, _)| *order);
    let images: Vec<_> = images.into_iter().map(|(_, image)| image).collect();
    let named: Vec<_> = methods.iter().map(|method| (method.name(), method.summary())).collect();
    Ok(SetReport {
        name: set.title(),
        kind: if set.donors.is_some() { "transplanted" } else { "pairs" }.to_owned(),
        bands: bands.unwrap_or_default(),
        donors,
        methods: summarise(&images, &named, BASELINE),
        images,
    })
}

/// Hands every image of a set to `take`, one at a time; `start` hears how many there are. Returns what is
/// to be said of the donors.
fn each(
    set: &SetConfig,
    monitor: &dyn Monitor,
    start: &dyn Fn(usize),
    take: &mut dyn FnMut(Image) -> Result<()>,
) -> Result<Vec<DonorReport>> {
    #[cfg(feature = "gdal")]
    return match &set.donors {
        Some(donors) => super::transplants::each(set, donors, monitor, start, take),
        None => super::pairs::each(set, monitor, start, take).map(|()| Vec::new()),
    };
    #[cfg(not(feature = "gdal"))]
    {
        let _ = (monitor, start, take);
        Err(Error::Pairs {
            path: set.data.clone(),
            problem: "this build has no GDAL and cannot open scenes".into(),
        })
    }
}

fn evaluate_image(
    set: usize,
    image: Image,
    methods: &[&dyn Method],
    watch: &mut dyn Watch,
    monitor: &Inner<'_>,
) -> Result<ImageReport> {
    let mut results = BTreeMap::new();
    for method in methods {
        if monitor.is_cancelled() {
            return Err(raster::Error::Cancelled.into());
        }
        let surface = method.surface(&image.case(), monitor)?;
        check_shape(*method, &image, &surface)?;
        let made: Vec<_> = image
            .cloudy
            .iter()
            .zip(&surface)
            .map(|(cloudy, surface)| composite(cloudy, surface, &image.alpha))
            .collect();
        let measured = measure(&image, &made)?;
        let seen = Made {
            set,
            case: image.case(),
            donor: image.lent.as_ref().map(|lent| lent.donor.as_str()),
            paths: (&image.paths.0, &image.paths.1),
            truth: &image.clear,
            method: *method,
            result: &made,
            measured: &measured,
        };
        watch.made(&seen, monitor)?;
        results.insert(method.name().to_owned(), measured);
        monitor.outer.advance(1);
    }
    let cover = image.mask.cover();
    Ok(ImageReport {
        name: image.name,
        scene: image.scene,
        lent: image.lent,
        files: Some(Files { cloudy: image.paths.0, clear: image.paths.1 }),
        cover: cover.cloud + cover.shadow,
        excess: image.excess,
        thin: image.excess.map(|excess| excess < THIN_EXCESS),
        mask: image.mask.source,
        against_baseline: super::summary::differences(&results, BASELINE),
        results,
    })
}

/// A model of other bands or sizes must not be measured on half an image.
fn check_shape(method: &dyn Method, image: &Image, surface: &[Plane<f32>]) -> Result<()> {
    let size = |plane: &Plane<f32>| (plane.width, plane.height);
    if surface.len() == image.cloudy.len()
        && surface.iter().zip(&image.cloudy).all(|(a, b)| size(a) == size(b))
    {
        return Ok(());
    }
    let shape = |planes: &[Plane<f32>]| {
        let (width, height) = planes.first().map_or((0, 0), size);
        format!("{} planes of {width} × {height}", planes.len())
    };
    Err(Error::Method {
        method: method.name().to_owned(),
        image: image.name.clone(),
        source: format!("it made {}; expected {}", shape(surface), shape(&image.cloudy)).into(),
    })
}

fn measure(image: &Image, made: &[Plane<f32>]) -> Result<Comparison> {
    let comparison = paired(&image.bands, made, &image.clear, Some(&image.mask.codes))?;
    if comparison.all.pixels == 0 {
        let (image, reference) = image.paths.clone();
        return Err(Error::NothingValid { image, reference });
    }
    Ok(comparison)
}

/// Passes warnings and cancellation on and keeps warnings for the report, each once; the stages of one
/// image's work would only flicker.
struct Inner<'a> {
    outer: &'a dyn Monitor,
    warnings: Mutex<Vec<String>>,
}

impl Monitor for Inner<'_> {
    fn warn(&self, message: &str) {
        if let Ok(mut warnings) = self.warnings.lock()
            && !warnings.iter().any(|known| known == message)
        {
            self.outer.warn(message);
            warnings.push(message.to_owned());
        }
    }

    fn is_cancelled(&self) -> bool {
        self.outer.is_cancelled()
    }
}
