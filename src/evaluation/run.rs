//! Runs every method on every image of every set.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Mutex;

use super::aligned::aligned;
use super::distribution::Crops;
use super::honesty::{HonestyConfig, Sampled, Specimen, examine};
use super::image::Image;
use super::methods::{BASELINE, Method, choose, composite};
use super::model::ModelMethod;
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
/// Only one image is in memory at a time (and one donor, where clouds are transplanted), and features of at most
/// 4096 crops a method.
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
    // Without a model there is nothing to be honest.
    let honesty = config.honesty.as_ref().filter(|_| methods.iter().any(|method| method.model().is_some()));
    let sets = config.sets.iter().enumerate();
    let sets = sets.map(|set| evaluate_set(set, &methods, honesty, watch, &inner));
    let (sets, sampled): (Vec<_>, Vec<_>) = sets.collect::<Result<Vec<_>>>()?.into_iter().unzip();
    let honesty = match honesty {
        Some(honesty) => examine(&methods, &sampled, honesty, monitor)?,
        None => Vec::new(),
    };
    Ok(Report {
        declouder: env!("CARGO_PKG_VERSION").to_owned(),
        config: config.clone(),
        baseline: BASELINE.to_owned(),
        models: models.iter().filter_map(|model| model.provenance()).collect(),
        notes: notes(),
        warnings: inner.warnings.into_inner().unwrap_or_default(),
        sets,
        honesty,
    })
}

/// One set; with `honesty`, also the images of it that the honesty tests are to look at.
fn evaluate_set(
    (number, set): (usize, &SetConfig),
    methods: &[&dyn Method],
    honesty: Option<&HonestyConfig>,
    watch: &mut dyn Watch,
    monitor: &Inner<'_>,
) -> Result<(SetReport, Sampled)> {
    let mut images = Vec::new();
    let mut specimens = Vec::new();
    let mut bands: Option<Vec<Band>> = None;
    let mut crops = Crops::new(methods.len());
    let (count, seen) = (Cell::new(0_usize), Cell::new(0_usize));
    let start = |images: usize| {
        count.set(images);
        monitor.outer.stage("evaluating", (images * methods.len()) as u64);
    };
    let mut take = |image: Image| {
        let common = bands.get_or_insert_with(|| image.bands.clone());
        if *common != image.bands {
            monitor.warn(&format!("{} has other bands than the images before it", image.name));
        }
        if let Some(honesty) = honesty
            && seen.get().is_multiple_of(honesty.step(count.get()))
        {
            let context = ModelMethod::context(&image.case(), monitor)?;
            specimens.extend(Specimen::of(&image, &context));
        }
        seen.set(seen.get() + 1);
        let order = image.order;
        let image = evaluate_image(number, image, methods, (&mut crops, watch), monitor)?;
        watch.measured(number, &image);
        images.push((order, image));
        Ok(())
    };
    let donors = each(set, monitor, &start, &mut take)?;
    images.sort_by_key(|(order, _)| *order);
    let images: Vec<_> = images.into_iter().map(|(_, image)| image).collect();
    let names: Vec<_> = methods.iter().map(|method| method.name()).collect();
    let named: Vec<_> = methods.iter().map(|method| (method.name(), method.summary())).collect();
    let report = SetReport {
        name: set.title(),
        kind: if set.donors.is_some() { "transplanted" } else { "pairs" }.to_owned(),
        bands: bands.unwrap_or_default(),
        donors,
        distribution: crops.report(&names)?,
        labels: None,
        methods: summarise(&images, &named, BASELINE),
        images,
    };
    Ok((report, Sampled { set: set.title(), specimens }))
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
    (crops, watch): (&mut Crops, &mut dyn Watch),
    monitor: &Inner<'_>,
) -> Result<ImageReport> {
    let mut results = BTreeMap::new();
    let under_cloud = crops.begin(&image);
    let moved = aligned(&image);
    for (number, method) in methods.iter().enumerate() {
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
        crops.add(&under_cloud, number, &made);
        let measured = measure(&image, &made, moved.as_deref())?;
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
    crops.end();
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

/// `moved` is the truth in the light of the cloudy date.
fn measure(image: &Image, made: &[Plane<f32>], moved: Option<&[Plane<f32>]>) -> Result<Comparison> {
    let against = |truth: &[Plane<f32>]| paired(&image.bands, made, truth, Some(&image.mask.codes));
    let mut comparison = against(&image.clear)?;
    if comparison.all.pixels == 0 {
        let (image, reference) = image.paths.clone();
        return Err(Error::NothingValid { image, reference });
    }
    comparison.aligned = moved.map(against).transpose()?.and_then(|comparison| comparison.cloud);
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
