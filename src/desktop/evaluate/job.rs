//! The evaluation itself, and what the window sees of it while it runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::compute::Compute;
use crate::decloud;
use crate::desktop::arrivals::Done;
use crate::evaluation::album::{Album, Page, Rank};
use crate::evaluation::labels::{LabelCheck, Labeller};
use crate::evaluation::report::ImageReport;
use crate::evaluation::{
    self, EvaluateConfig, Made, Method, ModelMethod, Report, Watch, Watchers, evaluate_watched,
};
use crate::progress::Monitor;

/// Largest side of a picture, in pixels.
pub(super) const SIDE_PX: usize = 168;
/// Best images, and as many worst, of each set in an exported page.
const EXPORTED: usize = 6;

/// What is known while an evaluation runs, and the pictures that it leaves.
#[derive(Default)]
pub(in crate::desktop) struct Live {
    /// Images by set.
    pub images: Vec<Vec<ImageReport>>,
    /// Pages by method and set: of every model, or of the baseline where there is none.
    pub pages: BTreeMap<String, Vec<Vec<Page>>>,
}

impl Live {
    /// The method whose pictures stand for another: its own where they were kept.
    pub fn pictured(&self, method: &str) -> Option<&str> {
        let own = self.pages.get_key_value(method).or_else(|| self.pages.first_key_value());
        own.map(|(name, _)| name.as_str())
    }

    /// The page of an image by a method.
    pub fn page(&self, method: &str, set: usize, image: &ImageReport) -> Option<&Page> {
        self.pages.get(method)?.get(set)?.iter().find(|page| page.is_of(image))
    }

    /// The best and the worst by a method, under the name of the method that its pictures show; none without
    /// pictures.
    pub fn album(&self, report: &Report, method: &str, rank: Rank) -> Option<Album> {
        let shown = self.pictured(method)?;
        Some(Album::of(report, shown, rank, EXPORTED, self.pages.get(shown)?))
    }
}

/// What is to be done.
pub(super) struct Order {
    pub config: EvaluateConfig,
    pub shipped: bool,
    pub models: Vec<PathBuf>,
}

/// Stands beside the evaluation and hands on what it sees.
struct Onlooker {
    /// One page at a time: it goes to the window at once.
    albums: Vec<Album>,
    live: Arc<Mutex<Live>>,
}

impl Onlooker {
    fn new(methods: &[&dyn Method], live: Arc<Mutex<Live>>) -> Self {
        let rank = Rank { gain: false, ..Rank::default() };
        let album = |name: &str| Album::new(name, rank, 1, SIDE_PX);
        let mut albums: Vec<_> = methods.iter().map(|method| album(method.name())).collect();
        if albums.is_empty() {
            albums.push(album(evaluation::BASELINE));
        }
        Self { albums, live }
    }
}

impl Watch for Onlooker {
    fn made(&mut self, made: &Made<'_>, monitor: &dyn Monitor) -> evaluation::Result<()> {
        self.albums.iter_mut().try_for_each(|album| album.made(made, monitor))
    }

    fn measured(&mut self, set: usize, image: &ImageReport) {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        for album in &mut self.albums {
            album.measured(set, image);
            let pages = album.take_out(set);
            let own = live.pages.entry(album.method.clone()).or_default();
            if own.len() <= set {
                own.resize_with(set + 1, Vec::new);
            }
            own[set].extend(pages);
        }
        if live.images.len() <= set {
            live.images.resize_with(set + 1, Vec::new);
        }
        live.images[set].push(image.clone());
    }
}

/// Does it, on the thread that tensors live on.
pub(super) fn work(
    order: &Order,
    compute: &Compute,
    live: Arc<Mutex<Live>>,
    monitor: &dyn Monitor,
) -> Result<Done, String> {
    let device = &compute.device;
    let mut models = Vec::new();
    if order.shipped {
        let loaded = decloud::shipped_model(device).map_err(|error| error.to_string())?;
        models.push(ModelMethod::of(Path::new("shipped.safetensors"), loaded, device));
    }
    for path in &order.models {
        models.push(ModelMethod::open(path, device).map_err(|error| error.to_string())?);
    }
    let labeller =
        order.config.labels.as_ref().map(|labels| Labeller::open(labels.classifier.as_deref(), device));
    let mut labels = labeller.transpose().map_err(|error| error.to_string())?.map(LabelCheck::new);
    let methods: Vec<&dyn Method> = models.iter().map(|model| model as &dyn Method).collect();
    let mut onlooker = Onlooker::new(&methods, live);
    let mut watch = Watchers(vec![&mut onlooker as &mut dyn Watch]);
    watch.0.extend(labels.as_mut().map(|labels| labels as &mut dyn Watch));
    let mut report =
        evaluate_watched(&order.config, &methods, &mut watch, monitor).map_err(|error| error.to_string())?;
    if let Some(labels) = &labels {
        labels.report(&mut report).map_err(|error| error.to_string())?;
    }
    Ok(Done::Evaluated(Box::new(report)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_captioned_with_the_method_that_its_pictures_show() {
        let report = Report {
            declouder: String::new(),
            config: EvaluateConfig::default(),
            baseline: evaluation::BASELINE.to_owned(),
            models: Vec::new(),
            notes: Vec::new(),
            warnings: Vec::new(),
            sets: Vec::new(),
            honesty: Vec::new(),
        };
        let mut live = Live::default();
        assert!(live.album(&report, "first", Rank::default()).is_none(), "no pictures, no album");
        for name in ["first", "second"] {
            live.pages.insert(name.to_owned(), Vec::new());
        }
        // What is chosen in the panel, its own pictures; a baseline keeps none beside models.
        for (chosen, shown) in [("second", "second"), ("first", "first"), ("fill", "first")] {
            let album = live.album(&report, chosen, Rank::default());
            assert_eq!(album.map(|album| album.method).as_deref(), Some(shown));
        }
    }
}
