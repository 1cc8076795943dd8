//! `declouder compare`.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::Context;
use super::scene_args::SceneArgs;
use crate::evaluation::{self, Compared};
use crate::mask::{self, Classes, FileOptions};
use crate::metrics::{Measure, Region};
use crate::progress::Monitor;
use crate::raster::{self, Scene, SceneOptions};

/// Options of `declouder compare`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The image to measure
    #[arg(value_name = "A.tif")]
    image: PathBuf,
    /// The reference it is measured against, of the same size and place
    #[arg(value_name = "B.tif")]
    reference: PathBuf,
    /// Measure under cloud and in the clear apart: 0 clear, 1 or any other value cloud, 2 shadow,
    /// 255 invalid
    #[arg(long, value_name = "MASK.tif")]
    mask: Option<PathBuf>,
    /// Band of the mask, from 1, where it has several
    #[arg(long, value_name = "N", requires = "mask")]
    mask_band: Option<usize>,
    /// What the mask's values mean: codes, scl, from:50, or pairs such as 4=cloud,2=shadow
    #[arg(long, value_name = "CLASSES", requires = "mask", default_value = "codes")]
    mask_classes: Classes,
    /// For a file with as many bands as names, or one that names none itself
    #[command(flatten)]
    scene: SceneArgs,
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<()> {
    let monitor = ResultOnly(context);
    let options = args.scene.options();
    let (image, reference) = (open(&args.image, &options)?, open(&args.reference, &options)?);
    for warning in image.warnings.iter().chain(&reference.warnings) {
        monitor.warn(warning);
    }
    evaluation::check_grids(&image, &reference).map_err(super::evaluate::unwrapped)?;
    let mask = match &args.mask {
        Some(path) => {
            let options = FileOptions { classes: args.mask_classes, band: args.mask_band };
            Some(mask::from_file(path, &image, &options, &monitor)?)
        }
        None => None,
    };
    let compared = evaluation::compare(&image, &reference, mask.as_ref(), &monitor)
        .map_err(super::evaluate::unwrapped)?;
    context.result(&compared.comparison, &table(&compared))
}

/// In `--json` a comparison prints its result and nothing else; warnings go to standard error.
struct ResultOnly<'a>(&'a Context);

impl Monitor for ResultOnly<'_> {
    fn stage(&self, name: &str, total: u64) {
        if !self.0.global.json {
            self.0.stage(name, total);
        }
    }

    fn advance(&self, units: u64) {
        if !self.0.global.json {
            self.0.advance(units);
        }
    }

    fn warn(&self, message: &str) {
        if !self.0.global.json {
            self.0.warn(message);
        } else if !self.0.global.quiet {
            eprintln!("warning: {message}");
        }
    }

    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// Opens a scene; names given with `--bands` hold for a file with as many bands, and for one that
/// names none itself.
fn open(path: &Path, options: &SceneOptions) -> raster::Result<Scene> {
    let scene = raster::open(path, &SceneOptions { bands: None, ..options.clone() })?;
    match &options.bands {
        Some(names)
            if names.len() == scene.bands.len() || scene.bands.iter().all(|band| band.band.is_none()) =>
        {
            raster::open(path, options)
        }
        _ => Ok(scene),
    }
}

fn table(compared: &Compared) -> String {
    let mut text = String::new();
    let regions: Vec<_> = Region::EVERY
        .into_iter()
        .filter_map(|region| Some((region, compared.comparison.region(region)?)))
        .collect();
    let _ = write!(text, "{:<14}", "");
    for (region, _) in &regions {
        let _ = write!(text, "{:>12}", region.name());
    }
    let _ = writeln!(text);
    for measure in Measure::EVERY {
        let _ = write!(text, "{:<14}", measure.title());
        for (_, measures) in &regions {
            let infinite = measure == Measure::Psnr && measures.identical;
            let number = if infinite {
                "∞ (equal)".to_owned()
            } else {
                shown(measures.get(measure), measure.digits())
            };
            let _ = write!(text, "{number:>12}");
        }
        let _ = writeln!(text);
    }
    let _ = write!(text, "{:<14}", "pixels");
    for (_, measures) in &regions {
        let _ = write!(text, "{:>12}", measures.pixels);
    }
    let _ = writeln!(text, "\n\n{:<6}{:>10}{:>10}{:>10}{:>10}", "band", "MAE", "RMSE", "bias", "SSIM");
    for (band, measures) in compared.bands.iter().zip(&compared.by_band) {
        let _ = write!(text, "{:<6}", band.name());
        for value in [measures.mae, measures.rmse, measures.bias, measures.ssim] {
            let _ = write!(text, "{:>10}", shown(value, 4));
        }
        let _ = writeln!(text);
    }
    text
}

fn shown(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}
