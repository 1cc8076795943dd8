//! `declouder mask`.

use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;

use super::scene_args::SceneArgs;
use super::{Context, Usage};
use crate::mask::{self, Agreement, Classes, Cover, FileOptions, MaskConfig};
use crate::progress::Monitor;
use crate::raster::export::{Format, OutputBand, OutputSpec, Overview, RasterWriter, commit};
use crate::raster::{self, Dtype, Error, Samples, Scene};

/// Options of `declouder mask`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scene
    scene: PathBuf,
    /// Mask to write: u8 GeoTIFF, 0 clear, 1 cloud, 2 shadow, 255 invalid
    #[arg(short, long, value_name = "MASK.tif", required_unless_present = "against")]
    output: Option<PathBuf>,
    /// auto, product, threshold, s2cloudless or onnx:FILE
    #[arg(long, default_value = "auto", conflicts_with = "mask")]
    method: String,
    #[command(flatten)]
    file: FileArgs,
    /// Probability from which s2cloudless calls a pixel cloud
    #[arg(long, default_value_t = 0.5, value_parser = probability)]
    threshold: f32,
    /// Radius in pixels over which s2cloudless and threshold average before they cut
    #[arg(long, value_name = "PX", default_value_t = 4, value_parser = radius)]
    average: u32,
    /// Pixels by which s2cloudless and threshold grow what they cut
    #[arg(long, value_name = "PX", default_value_t = 2, value_parser = radius)]
    grow: u32,
    /// Do not look for shadow where the method itself finds cloud only
    #[arg(long)]
    no_shadow: bool,
    /// Grow cloud and shadow by this many pixels (Euclidean) [default: 4 for a method, 0 for --mask and --against]
    #[arg(long, value_name = "PX", value_parser = radius)]
    dilate: Option<u32>,
    /// Write the weights m in 255ths instead of classes, falling to 0 over this many pixels
    #[arg(long, value_name = "PX", value_parser = radius)]
    feather: Option<u32>,
    /// Compare with a reference mask: IoU, precision and recall of cloud and of shadow
    #[arg(long, value_name = "REFERENCE.tif")]
    against: Option<PathBuf>,
    /// Band of the reference, from 1
    #[arg(long, value_name = "N", requires = "against")]
    against_band: Option<usize>,
    /// What the reference's values mean: codes, scl, or pairs such as 4=cloud,0=shadow
    #[arg(long, value_name = "CLASSES", requires = "against", default_value = "codes")]
    against_classes: Classes,
    #[command(flatten)]
    about: SceneArgs,
}

/// A mask that the analyst gives.
#[derive(Debug, Clone, clap::Args)]
pub struct FileArgs {
    /// Take this mask instead of looking for cloud: 0 clear, 1 cloud, 2 shadow, 255 invalid, or floats 0..1
    #[arg(long, value_name = "MASK.tif")]
    pub mask: Option<PathBuf>,
    /// What the mask's values mean: codes, scl, or pairs such as 4=cloud,0=shadow
    #[arg(long, value_name = "CLASSES", requires = "mask", default_value = "codes")]
    pub mask_classes: Classes,
    /// Band of the mask, from 1
    #[arg(long, value_name = "N", requires = "mask")]
    pub mask_band: Option<usize>,
}

fn probability(text: &str) -> Result<f32, String> {
    text.parse()
        .ok()
        .filter(|value| (0.0..1.0).contains(value))
        .ok_or_else(|| "expected a probability from 0 to below 1".to_owned())
}

fn radius(text: &str) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|&value| value <= mask::MAX_RADIUS_PX)
        .ok_or_else(|| format!("expected a whole number of pixels from 0 to {}", mask::MAX_RADIUS_PX))
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
    let feather = args.feather.unwrap_or(0);
    if args.dilate.unwrap_or(0) + feather > mask::MAX_RADIUS_PX {
        return Err(
            Usage(format!("--dilate and --feather: together at most {} px", mask::MAX_RADIUS_PX)).into()
        );
    }
    let scene = raster::open(&args.scene, &args.about.options())?;
    if let Some(output) = &args.output {
        let mut inputs = vec![args.scene.as_path()];
        inputs.extend(args.file.mask.as_deref());
        inputs.extend(args.against.as_deref());
        raster::export::check_output(output, context.global.overwrite, &inputs)?;
    }
    let config = MaskConfig {
        method: args.method.clone(),
        file: args.file.mask.clone(),
        classes: args.file.mask_classes.clone(),
        band: args.file.mask_band,
        dilate_px: args.dilate,
        feather_px: feather,
        threshold: args.threshold,
        average_px: args.average,
        grow_px: args.grow,
        shadow: !args.no_shadow,
    };
    for warning in &scene.warnings {
        context.warn(warning);
    }
    let mut mask = mask::detect(&scene, &config, context)?;
    // A comparison is with the method itself unless the analyst wants it grown.
    let dilate_px = args.dilate.unwrap_or(if args.against.is_some() { 0 } else { config.dilation_px() });
    if dilate_px > 0 {
        mask = mask::dilated(&mask, dilate_px);
    }
    let against = args
        .against
        .as_ref()
        .map(|path| {
            let options = FileOptions { classes: args.against_classes.clone(), band: args.against_band };
            let reference = mask::from_file(path, &scene, &options, context)?;
            Ok::<_, mask::Error>(mask::agreement(&mask, &reference))
        })
        .transpose()?;
    let cover = mask.cover();
    if let Some(output) = &args.output {
        let plane = match args.feather {
            Some(feather) => mask::alpha(&mask, 0, feather).0.data,
            None => std::mem::take(&mut mask.codes.data),
        };
        write(output, plane, &scene, &mask.source, args.feather.is_some(), context)?;
    }
    let report =
        Report { scene: args.scene, source: mask.source, cover, output: args.output, agreement: against };
    context.result(&report, &text(&report))
}

fn write(
    output: &std::path::Path,
    plane: Vec<u8>,
    scene: &Scene,
    source: &str,
    weights: bool,
    context: &Context,
) -> anyhow::Result<()> {
    let (description, codes) = if weights {
        ("m", "0 copied … 255 replaced")
    } else {
        ("mask", "0 clear, 1 cloud, 2 shadow, 255 invalid")
    };
    let spec = OutputSpec {
        path: output.to_owned(),
        grid: scene.grid.clone(),
        bands: vec![OutputBand {
            name: description.to_owned(),
            description: description.to_owned(),
            dtype: Dtype::U8,
            nodata: None,
            scale_tag: None,
            offset_tag: None,
            unit: String::new(),
            color: "Gray".to_owned(),
            metadata: Vec::new(),
            overview: Overview::Nearest,
        }],
        metadata: vec![
            ("DECLOUDER_MASK_SOURCE".to_owned(), source.to_owned()),
            ("DECLOUDER_MASK_CODES".to_owned(), codes.to_owned()),
        ],
        format: Format::GeoTiff,
    };
    let mut writer = RasterWriter::create(spec, context.global.overwrite)?;
    writer.write(0, scene.grid.window(), &Samples::U8(plane))?;
    if context.is_cancelled() {
        return Err(Error::Cancelled.into());
    }
    commit(vec![writer.finish(context)?]).context("the mask was not written")?;
    Ok(())
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
