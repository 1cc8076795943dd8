//! Labels of the images of an evaluation, before and after, against those of the clear dates.
//!
//! The check looks on while images are measured: for each it labels the clear date, the cloudy date and what every
//! method made, tile by tile, and keeps the tiles that have cloud. On the others every method would agree with
//! the cloudy date, and only because it copied it.

use std::collections::BTreeSet;

use super::{Labeller, Tile, fits, tiles};
use crate::evaluation::label_report::{LabelClass, LabelReport, MethodLabels, Part};
use crate::evaluation::report::{ImageReport, MIN_COVER, Report};
use crate::evaluation::{Error, Made, Result, Watch};
use crate::mask::{CLEAR, INVALID};
use crate::metrics::multilabel::{Labels, multilabel};
use crate::progress::Monitor;
use crate::raster::{Plane, Window};

/// The method that changes nothing: it is the cloudy date, which is labelled anyway.
const UNCHANGED: &str = "input";
/// What the cloudy dates are called.
const BEFORE: &str = "cloudy date";

/// Looks on, and says what a classifier would.
pub struct LabelCheck {
    labeller: Labeller,
    sets: Vec<Seen>,
    /// The tiles of the present image; none before its first method.
    windows: Option<Vec<Window>>,
}

/// The tiles of a set: those of each method in the order of the clear dates'.
#[derive(Default)]
struct Seen {
    reasons: BTreeSet<String>,
    clear: Vec<Tile>,
    before: Vec<Tile>,
    after: Vec<(String, Vec<Tile>)>,
}

impl LabelCheck {
    /// With a classifier.
    #[must_use]
    pub fn new(labeller: Labeller) -> Self {
        Self { labeller, sets: Vec::new(), windows: None }
    }

    /// Puts what was found into the report of the evaluation that was looked at.
    ///
    /// # Errors
    /// None that an image could cause: labels that do not fit are a fault of the program.
    pub fn report(&self, report: &mut Report) -> Result<()> {
        for (set, seen) in report.sets.iter_mut().zip(&self.sets) {
            set.labels = Some(self.of_set(seen)?);
        }
        Ok(())
    }

    fn of_set(&self, seen: &Seen) -> Result<LabelReport> {
        let classifier = &self.labeller.classifier;
        let mut reasons = fits::model(classifier);
        reasons.extend(seen.reasons.iter().cloned());
        let count = |class: usize| seen.clear.iter().filter(|tile| tile.labels.contains(&class)).count();
        let class = |(index, name): (usize, &String)| LabelClass {
            name: name.clone(),
            clear: count(index),
            examples: classifier.info.examples.get(index).copied().unwrap_or(0),
        };
        Ok(LabelReport {
            classifier: self.labeller.name.clone(),
            sha256: self.labeller.sha256.clone(),
            held_out_macro_ap: classifier.info.held_out(),
            demonstration: !reasons.is_empty(),
            reasons,
            tile_px: classifier.config.patch_px,
            tiles: seen.clear.len(),
            classes: classifier.classes.iter().enumerate().map(class).collect(),
            before: against(BEFORE, &seen.before, &seen.clear)?,
            after: seen
                .after
                .iter()
                .map(|(method, tiles)| against(method, tiles, &seen.clear))
                .collect::<Result<_>>()?,
        })
    }

    /// The planes of the classifier's bands.
    fn ordered<'p>(
        &self,
        made: &Made<'_>,
        planes: &'p [Plane<f32>],
    ) -> Result<(Vec<&'p Plane<f32>>, Option<String>)> {
        let (order, reason) = fits::test_image(&self.labeller.classifier, made.case.bands, made.case.level)
            .map_err(|problem| Error::Method {
            method: self.labeller.name.clone(),
            image: made.case.name.to_owned(),
            source: problem.into(),
        })?;
        Ok((order.into_iter().map(|band| &planes[band]).collect(), reason))
    }

    fn label(&self, planes: &[&Plane<f32>], windows: &[Window]) -> Vec<Tile> {
        tiles::of_planes(&self.labeller.classifier, planes, windows, &self.labeller.device)
    }

    /// The clear and the cloudy date of a new image.
    fn begin(&mut self, made: &Made<'_>) -> Result<()> {
        if self.sets.len() <= made.set {
            self.sets.resize_with(made.set + 1, Seen::default);
        }
        let codes = &made.case.mask.codes;
        let side = self.labeller.classifier.config.patch_px;
        let under_cloud: Vec<Window> = tiles::windows(codes.width, codes.height, side, side)
            .filter(|window| cover(codes, *window) >= MIN_COVER)
            .collect();
        let (clear, reason) = self.ordered(made, made.truth)?;
        let (cloudy, _) = self.ordered(made, made.case.cloudy)?;
        let (clear, before) = (self.label(&clear, &under_cloud), self.label(&cloudy, &under_cloud));
        let counts: Vec<bool> =
            clear.iter().zip(&before).map(|(a, b)| a.is_valid() && b.is_valid()).collect();
        let kept =
            |tiles: Vec<Tile>| tiles.into_iter().zip(&counts).filter(|(_, is)| **is).map(|(tile, _)| tile);
        let seen = &mut self.sets[made.set];
        seen.reasons.extend(reason);
        seen.clear.extend(kept(clear));
        seen.before.extend(kept(before));
        let windows = under_cloud.into_iter().zip(&counts).filter(|(_, is)| **is).map(|(window, _)| window);
        self.windows = Some(windows.collect());
        Ok(())
    }
}

impl Watch for LabelCheck {
    fn made(&mut self, made: &Made<'_>, _: &dyn Monitor) -> Result<()> {
        if self.windows.is_none() {
            self.begin(made)?;
        }
        let name = made.method.name();
        if name == UNCHANGED {
            return Ok(());
        }
        let (planes, _) = self.ordered(made, made.result)?;
        let found = self.label(&planes, self.windows.as_deref().unwrap_or_default());
        let after = &mut self.sets[made.set].after;
        match after.iter_mut().find(|(method, _)| method == name) {
            Some((_, tiles)) => tiles.extend(found),
            None => after.push((name.to_owned(), found)),
        }
        Ok(())
    }

    fn measured(&mut self, _: usize, _: &ImageReport) {
        self.windows = None;
    }
}

/// The part of a window's pixels under cloud or shadow.
fn cover(codes: &Plane<u8>, window: Window) -> f64 {
    let codes = codes.crop(window);
    codes.data.iter().filter(|&&code| code != CLEAR && code != INVALID).count() as f64
        / codes.data.len() as f64
}

/// Tiles against those of the clear dates, side by side.
fn against(method: &str, tiles: &[Tile], clear: &[Tile]) -> Result<MethodLabels> {
    let classes = clear.first().map_or(0, |tile| tile.probabilities.len());
    let flags = |tiles: &[Tile]| -> Vec<bool> {
        tiles.iter().flat_map(|tile| (0..classes).map(|class| tile.labels.contains(&class))).collect()
    };
    let scores: Vec<f64> =
        tiles.iter().flat_map(|tile| &tile.probabilities).map(|&value| f64::from(value)).collect();
    let labels = Labels { classes, truth: &flags(clear), scores: &scores, decided: &flags(tiles) };
    Ok(MethodLabels {
        method: method.to_owned(),
        agreement: Part::of(clear.iter().zip(tiles)),
        scores: if clear.is_empty() { None } else { Some(multilabel(&labels)?) },
    })
}
