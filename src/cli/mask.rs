//! `declouder mask`.

use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;

use super::mask_args::{MaskArgs, radius};
use super::scene_args::SceneArgs;
use super::{Context, ending};
use crate::mask::{self, Agreement, Classes, Cover, FileOptions};
use crate::progress::Monitor;
use crate::raster;

/// Options of `declouder mask`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scene
    scene: PathBuf,
    /// Mask to write: u8 GeoTIFF, 0 clear, 1 cloud, 2 shadow, 255 invalid
    #[arg(short, long, value_name = "MASK.tif", required_unless_present = "against")]
    output: Option<PathBuf>,
    #[command(flatten)]
    how: MaskArgs,
    /// Write the weights m in 255ths instead of classes, falling to 0 over this many pixels
    #[arg(long, value_name = "PX", value_parser = radius)]
    feather: Option<u32>,
    /// Compare with a reference mask: IoU, precision and recall of cloud and of shadow; without --dilate the
    /// method's own mask is compared, not grown (what is written with --output is)
    #[arg(long, value_name = "REFERENCE.tif")]
    against: Option<PathBuf>,
    /// Band of the reference, from 1
    #[arg(long, value_name = "N", requires = "against")]
    against_band: Option<usize>,
    /// What the reference's values mean: codes, scl, from:50, or pairs such as 4=cloud,0=shadow
    #[arg(long, value_name = "CLASSES", requires = "against", default_value = "codes")]
    against_classes: Classes,
    #[command(flatten)]
    about: SceneArgs,
}

/// What the command prints.
#[derive(Debug, Serialize)]
struct Report {
    scene: PathBuf,
    source: String,
    #[serde(flatten)]
    cover: Cover,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agreement: Option<Agreement>,
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<()> {
    let mut config = args.how.config(args.feather.unwrap_or(0));
    let dilate_px = config.dilation_px();
    // A comparison is with the method itself unless the analyst wants it grown.
    let compared_px = args.how.dilate.unwrap_or(0);
    config.dilate_px = Some(dilate_px);
    config.check()?;
    let scene = raster::open(&args.scene, &args.about.options())?;
    if let Some(output) = &args.output {
        ending("--output", output, &["tif", "tiff"])?;
        let mut inputs = vec![args.scene.as_path()];
        inputs.extend(args.how.mask.as_deref());
        inputs.extend(args.against.as_deref());
        raster::export::check_output(output, context.global.overwrite, &inputs)?;
    }
    for warning in &scene.warnings {
        context.warn(warning);
    }
    let found = mask::detect(&scene, &config, context)?;
    let mask = mask::dilated(&found, if args.output.is_some() { dilate_px } else { compared_px });
    let against = args
        .against
        .as_ref()
        .map(|path| {
            let options = FileOptions { classes: args.against_classes.clone(), band: args.against_band };
            let reference = mask::from_file(path, &scene, &options, context)?;
            Ok::<_, mask::Error>(mask::agreement(&mask::dilated(&found, compared_px), &reference))
        })
        .transpose()?;
    let cover = mask.cover();
    if let Some(output) = &args.output {
        let overwrite = context.global.overwrite;
        match args.feather {
            Some(feather) => {
                // As decloud does: the feather is of the mask as it was found, grown and softened at once.
                let alpha = mask::alpha(&found, dilate_px, feather);
                mask::weights_to_file(alpha, &mask.source, &scene, output, overwrite, context)
            }
            None => mask::to_file(&mask, &scene, output, overwrite, context),
        }
        .context("the mask was not written")?;
    }
    let report =
        Report { scene: args.scene, source: mask.source, cover, output: args.output, agreement: against };
    context.result(&report, &text(&report))
}

fn text(report: &Report) -> String {
    let Cover { cloud, shadow, clear, invalid } = report.cover;
    let percent = |value: f64| 100.0 * value;
    let mut text = format!(
        "{}\ncloud {:.1} %, shadow {:.1} %, clear {:.1} % of the valid pixels; invalid {:.1} % of all",
        report.source,
        percent(cloud),
        percent(shadow),
        percent(clear),
        percent(invalid)
    );
    if let Some(agreement) = &report.agreement {
        for (name, class) in [("cloud", agreement.cloud), ("shadow", agreement.shadow)] {
            let show = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.4}"));
            text.push_str(&format!(
                "\n{name}: IoU {}, precision {}, recall {} ({} pixels in the reference)",
                show(class.iou),
                show(class.precision),
                show(class.recall),
                class.reference
            ));
        }
    }
    if let Some(output) = &report.output {
        text.push_str(&format!("\nwritten to {}", output.display()));
    }
    text
}
