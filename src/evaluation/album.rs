//! Pictures of the best and the worst images, kept while an evaluation runs.
//!
//! Whether an image belongs among the best or the worst is known as soon as it is measured: what falls out of both
//! ends can never come back. So at most twice the wanted number is held, and nothing is made twice.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::Result;
use super::methods::BASELINE;
use super::picture::Picture;
use super::report::{ImageReport, MIN_COVER, Report};
use super::watch::{Made, Watch};
use crate::metrics::{Comparison, Measure, Region};
use crate::progress::Monitor;

/// What images are ranked by, under cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rank {
    /// The measure.
    pub measure: Measure,
    /// Whether by what the method gains over the baseline, not by the measure itself.
    pub gain: bool,
}

impl Default for Rank {
    fn default() -> Self {
        Self { measure: Measure::Psnr, gain: true }
    }
}

impl Rank {
    /// How good an image is, the more the better; none where it has no cloud or was not measured.
    #[must_use]
    pub fn score(self, own: &Comparison, baseline: Option<&Comparison>) -> Option<f64> {
        let value = |of: &Comparison| of.region(Region::Cloud)?.get(self.measure);
        let sign = if self.measure.is_error() { -1.0 } else { 1.0 };
        let base = if self.gain { value(baseline?)? } else { 0.0 };
        Some(sign * (value(own)? - base))
    }

    /// The same for a method: the baseline gains nothing over itself, so it is ranked by the measure.
    #[must_use]
    pub fn suited(self, method: &str, baseline: &str) -> Self {
        Self { gain: self.gain && method != baseline, ..self }
    }

    /// How good each image of a set is by a method, the best first; without those that do not count.
    #[must_use]
    pub fn order<'r>(
        self,
        images: &'r [ImageReport],
        method: &str,
        baseline: &str,
    ) -> Vec<(&'r ImageReport, f64)> {
        let score = |image: &'r ImageReport| {
            let own = image.results.get(method).filter(|_| image.cover >= MIN_COVER)?;
            Some((image, self.score(own, image.results.get(baseline))?))
        };
        let mut order: Vec<_> = images.iter().filter_map(score).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        order
    }

    /// What it is called in headings.
    #[must_use]
    pub fn title(self) -> String {
        if self.gain {
            format!("gain in {} over {BASELINE} under cloud", self.measure.title())
        } else {
            format!("{} under cloud", self.measure.title())
        }
    }
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.measure.name(), if self.gain { "-gain" } else { "" })
    }
}

impl FromStr for Rank {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (name, gain) = text.strip_suffix("-gain").map_or((text, false), |name| (name, true));
        let measure = Measure::EVERY.into_iter().find(|measure| measure.name() == name);
        measure.map(|measure| Self { measure, gain }).ok_or_else(|| {
            let names = Measure::EVERY.map(Measure::name).join(", ");
            format!("\"{text}\" is no measure; expected one of {names}, or one of them with -gain")
        })
    }
}

/// What a picture of a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shows {
    /// The cloudy image with its mask's outline.
    Input,
    /// What the baseline makes.
    Fill,
    /// What the ranked method makes.
    Result,
    /// The clear date.
    Truth,
    /// The absolute error of the result.
    Error,
    /// The image's own cloud put back over the result by the model.
    Cycle,
}

impl Shows {
    /// Its caption.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Input => "cloudy, mask outlined",
            Self::Fill => "fill",
            Self::Result => "result",
            Self::Truth => "clear date",
            Self::Error => "absolute error",
            Self::Cycle => "cloud put back",
        }
    }
}

/// An image of the album.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The image's name.
    pub name: String,
    /// Whose cloud lies over it, where that was transplanted.
    pub donor: Option<String>,
    /// The file to be opened to see it on a map: the cloudy date, or the clear one under transplanted cloud.
    pub file: PathBuf,
    /// How good it is, the more the better.
    pub score: f64,
    /// Its pictures, in the order of [`Shows`].
    pub pictures: Vec<(Shows, Picture)>,
}

impl Page {
    /// Whether it shows an image of a report.
    #[must_use]
    pub fn is_of(&self, image: &ImageReport) -> bool {
        self.name == image.name && self.donor.as_ref() == image.lent.as_ref().map(|lent| &lent.donor)
    }

    /// One of its pictures.
    #[must_use]
    pub fn picture(&self, shows: Shows) -> Option<&Picture> {
        self.pictures.iter().find(|(own, _)| *own == shows).map(|(_, picture)| picture)
    }
}

/// Pictures of some images of each set by one method.
#[derive(Debug, Clone)]
pub struct Album {
    /// The method that is shown and ranked.
    pub method: String,
    /// What images are ranked by.
    pub rank: Rank,
    /// How many of the best, and of the worst, are kept of each set.
    most: usize,
    side_px: usize,
    sets: Vec<Vec<Page>>,
    baseline: Option<(Comparison, Picture)>,
}

impl Album {
    /// An empty album for the `most` best and as many worst images of each set, in pictures of at most `side_px`.
    #[must_use]
    pub fn new(method: impl Into<String>, rank: Rank, most: usize, side_px: usize) -> Self {
        let method = method.into();
        let rank = rank.suited(&method, BASELINE);
        Self { method, rank, most, side_px, sets: Vec::new(), baseline: None }
    }

    /// An album of the pages of some images of each set of a report, in whatever order they are.
    #[must_use]
    pub fn of(report: &Report, method: &str, rank: Rank, most: usize, pages: &[Vec<Page>]) -> Self {
        let mut album = Self::new(method, rank, most, 0);
        for (number, set) in report.sets.iter().enumerate() {
            for (image, score) in album.rank.order(&set.images, method, &report.baseline) {
                let own = pages.get(number).and_then(|pages| pages.iter().find(|page| page.is_of(image)));
                if let (Some(page), Some(place)) = (own, album.place(number, score)) {
                    album.insert(number, place, Page { score, ..page.clone() });
                }
            }
        }
        album
    }

    /// Takes the pages of a set out, the best first.
    pub fn take_out(&mut self, set: usize) -> Vec<Page> {
        self.sets.get_mut(set).map(std::mem::take).unwrap_or_default()
    }

    /// All pages of a set, the best first.
    #[must_use]
    pub fn pages(&self, set: usize) -> &[Page] {
        self.sets.get(set).map_or(&[], Vec::as_slice)
    }

    /// The best of a set, the very best first, and the worst, the very worst first. No image is in both.
    #[must_use]
    pub fn ends(&self, set: usize) -> (Vec<&Page>, Vec<&Page>) {
        let pages = self.pages(set);
        let best = self.most.min(pages.len().div_ceil(2));
        let worst = self.most.min(pages.len() - best);
        (pages[..best].iter().collect(), pages.iter().rev().take(worst).collect())
    }

    /// Where a page of this score belongs; none where both ends are full of others.
    fn place(&self, set: usize, score: f64) -> Option<usize> {
        let pages = self.pages(set);
        let place = pages.partition_point(|page| page.score >= score);
        let (before, after) = (place, pages.len() - place);
        (before < self.most || after < self.most).then_some(place)
    }

    fn insert(&mut self, set: usize, place: usize, page: Page) {
        if self.sets.len() <= set {
            self.sets.resize_with(set + 1, Vec::new);
        }
        let pages = &mut self.sets[set];
        pages.insert(place, page);
        if pages.len() > self.most.saturating_mul(2) {
            pages.remove(self.most);
        }
    }

    fn page(&self, made: &Made<'_>, score: f64, monitor: &dyn Monitor) -> Result<Page> {
        let (case, side) = (&made.case, self.side_px);
        let draw = |planes| Picture::of(case.bands, planes, side);
        let mut pictures = vec![(Shows::Input, draw(case.cloudy).outlined(&case.mask.codes))];
        if let Some((_, fill)) = self.baseline.as_ref().filter(|_| made.method.name() != BASELINE) {
            pictures.push((Shows::Fill, fill.clone()));
        }
        pictures.push((Shows::Result, draw(made.result)));
        pictures.push((Shows::Truth, draw(made.truth)));
        pictures.push((Shows::Error, Picture::of_error(made.result, made.truth, side)));
        if let Some(cycle) = made.method.put_back(case, made.result, monitor) {
            pictures.push((Shows::Cycle, draw(&cycle?)));
        }
        let file = if made.donor.is_some() { made.paths.1 } else { made.paths.0 };
        Ok(Page {
            name: case.name.to_owned(),
            donor: made.donor.map(str::to_owned),
            file: file.to_owned(),
            score,
            pictures,
        })
    }
}

impl Watch for Album {
    fn made(&mut self, made: &Made<'_>, monitor: &dyn Monitor) -> Result<()> {
        if made.method.name() == BASELINE {
            let picture = Picture::of(made.case.bands, made.result, self.side_px);
            self.baseline = Some((*made.measured, picture));
        }
        if made.method.name() != self.method {
            return Ok(());
        }
        let cover = made.case.mask.cover();
        if cover.cloud + cover.shadow < MIN_COVER {
            return Ok(());
        }
        let baseline = self.baseline.as_ref().map(|(comparison, _)| comparison);
        let Some(score) = self.rank.score(made.measured, baseline) else { return Ok(()) };
        if let Some(place) = self.place(made.set, score) {
            let page = self.page(made, score, monitor)?;
            self.insert(made.set, place, page);
        }
        Ok(())
    }

    fn measured(&mut self, _: usize, _: &ImageReport) {
        self.baseline = None;
    }
}
