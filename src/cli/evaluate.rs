//! `declouder evaluate`.

use std::path::PathBuf;

use super::scene_args::SceneArgs;
use super::{Context, Usage};
use crate::evaluation::{Error, PairsConfig, evaluate_pairs};
use crate::mask::{Classes, DEFAULT_FEATHER_PX, MaskConfig};
use crate::raster::export::{check_output, commit, stage_text};

/// Options of `declouder evaluate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A folder of pairs: cloudy/ and clear/ with scenes of the same names
    #[arg(value_name = "PAIRS_DIR", required = true)]
    inputs: Vec<PathBuf>,
    /// Where to write the report, JSON
    #[arg(short, long, value_name = "REPORT.json")]
    output: PathBuf,
    /// Folder of reference masks named like the pairs; without it masks are detected
    #[arg(long, value_name = "DIR")]
    masks: Option<PathBuf>,
    /// Band of the masks, from 1, where they have several
    #[arg(long, value_name = "N", requires = "masks")]
    mask_band: Option<usize>,
    /// What the masks' values mean: codes, scl, or pairs such as 4=cloud,2=shadow
    #[arg(long, value_name = "CLASSES", requires = "masks", default_value = "codes")]
    mask_classes: Classes,
    /// How masks are detected where none are given
    #[arg(long, value_name = "METHOD", default_value = "auto", conflicts_with = "masks")]
    mask_method: String,
    /// Pixels by which cloud and shadow grow before they are replaced (0 for given masks)
    #[arg(long, value_name = "PX")]
    dilate: Option<u32>,
    /// Pixels over which the result fades into the image outside the mask
    #[arg(long, value_name = "PX", default_value_t = DEFAULT_FEATHER_PX)]
    feather: u32,
    /// Only these methods: input, constant, fillnodata, fill
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    methods: Vec<String>,
    #[command(flatten)]
    scene: SceneArgs,
}

pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<()> {
    let [folder] = args.inputs.as_slice() else {
        return Err(Usage(format!(
            "{} inputs were given; expected one folder of pairs (with cloudy/ and clear/)",
            args.inputs.len()
        ))
        .into());
    };
    let overwrite = context.global.overwrite;
    check_output(&args.output, overwrite, &[])?;
    let config = PairsConfig {
        masks: args.masks,
        mask: MaskConfig {
            method: args.mask_method,
            classes: args.mask_classes,
            band: args.mask_band,
            dilate_px: args.dilate,
            feather_px: args.feather,
            ..MaskConfig::default()
        },
        methods: args.methods,
        scenes: args.scene.options(),
    };
    let report = evaluate_pairs(folder, &config, context).map_err(unwrapped)?;
    let json = serde_json::to_string_pretty(&report)? + "\n";
    commit(vec![stage_text(&args.output, &json, overwrite)?])?;
    let text = format!("{}\nreport: {}", report.markdown(), args.output.display());
    context.result(&report, &text)
}

/// The error inside, whose kind decides the exit code.
pub(super) fn unwrapped(error: Error) -> anyhow::Error {
    match error {
        Error::Raster(error) => error.into(),
        Error::Mask(error) => error.into(),
        usage if usage.is_usage() => Usage(usage.to_string()).into(),
        other => other.into(),
    }
}
