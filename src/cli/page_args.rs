//! What goes into a report's page besides figures.

use std::path::{Path, PathBuf};

use crate::evaluation::album::{Album, Rank};
use crate::evaluation::curves::Curves;
use crate::evaluation::{BASELINE, EvaluateConfig, Method, Result};

/// Largest side of a picture in the page, in pixels.
const SIDE_PX: usize = 256;

/// Options of a report in HTML.
#[derive(Debug, clap::Args)]
pub(super) struct PageArgs {
    /// Best images, and as many worst, of each set in an HTML report
    #[arg(long, value_name = "N", default_value_t = 4)]
    gallery: usize,
    #[expect(clippy::doc_markdown, reason = "the words are shown as they are typed")]
    /// What they are ranked by, under cloud, of the first model: psnr, ssim, sam, mae, rmse, ergas or ndvi_mae, or
    /// one of them with -gain for what it gains over the fill
    #[arg(long, value_name = "MEASURE", default_value = "psnr-gain")]
    rank: Rank,
    /// Trainings whose curves an HTML report shows: folders of declouder train, or their events.jsonl; a
    /// model's own is found beside it
    #[arg(long, value_name = "RUN")]
    training: Vec<PathBuf>,
}

impl PageArgs {
    /// An empty album of the first model, or of the best baseline there is.
    pub(super) fn album(&self, models: &[&dyn Method], config: &EvaluateConfig) -> Album {
        let runs = |name: &str| config.methods.is_empty() || config.methods.iter().any(|own| own == name);
        let other = || config.methods.first().map_or(BASELINE, String::as_str);
        let baseline = if runs(BASELINE) { BASELINE } else { other() };
        let method = models.first().map_or(baseline, |model| model.name());
        let rank = Rank { gain: self.rank.gain && runs(BASELINE), ..self.rank };
        Album::new(method, rank, self.gallery, SIDE_PX)
    }

    /// The trainings that were named, and those whose lines lie beside a model.
    pub(super) fn trainings(&self, arguments: &[PathBuf]) -> Result<Vec<Curves>> {
        let beside = arguments.iter().filter_map(|path| {
            let is_model = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("safetensors"));
            let events = path.parent()?.join("events.jsonl");
            (is_model && events.is_file()).then_some(events)
        });
        let mut paths: Vec<PathBuf> = Vec::new();
        for path in beside.chain(self.training.iter().cloned()) {
            let path = if path.is_dir() { path.join("events.jsonl") } else { path };
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        paths.iter().map(|path| Curves::read(path)).collect()
    }
}

/// Whether an output is written as a page.
pub(super) fn is_page(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("html") || end.eq_ignore_ascii_case("htm"))
}
