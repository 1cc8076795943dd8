//! `declouder simulate`: cloud over a clear scene, with the truth kept.

use std::path::PathBuf;

use super::Context;
use super::scene_args::SceneArgs;
use crate::simulate::{Config, Kind};

/// Options of `declouder simulate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The clear scene: a GeoTIFF, a SAFE product or a folder of bands
    scene: PathBuf,
    /// The cloudy scene: CLOUDY.tif (one file a native size where the scene has several), or a folder
    /// (ending in / or existing), where every band gets its own file
    #[arg(short, long, value_name = "CLOUDY.tif|DIR/")]
    output: PathBuf,
    /// Also write the truth: 0 clear, 1 cloud, 2 shadow, 255 invalid
    #[arg(long, value_name = "MASK.tif")]
    mask_out: Option<PathBuf>,
    /// Part of the valid pixels under cloud, 0 to 1
    #[arg(long, default_value_t = 0.4, value_name = "F", value_parser = parse_cover)]
    cover: f64,
    /// What sort of cloud: thick, thin or mixed
    #[arg(long, default_value = "mixed", value_name = "KIND")]
    kind: Kind,
    /// Equal seeds give equal clouds
    #[arg(long, default_value_t = 0, value_name = "S")]
    seed: u64,
    #[command(flatten)]
    about: SceneArgs,
}

fn parse_cover(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(cover) if (0.0..=1.0).contains(&cover) => Ok(cover),
        _ => Err("expected a part from 0 to 1, such as 0.4".to_owned()),
    }
}

#[cfg(feature = "gdal")]
pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<()> {
    use crate::simulate::scene::{Request, run};

    let scene = crate::raster::open(&args.scene, &args.about.options())?;
    let as_folder =
        args.output.is_dir() || args.output.to_string_lossy().ends_with(std::path::MAIN_SEPARATOR);
    let request = Request {
        output: args.output,
        as_folder,
        mask_out: args.mask_out,
        config: Config { kind: args.kind, cover: args.cover },
        seed: args.seed,
        overwrite: context.global.overwrite,
    };
    let report = run(&scene, &request, context)?;
    let layers: Vec<_> = report
        .layers
        .iter()
        .map(|layer| {
            format!("{:?} at {:.0} m ({})", layer.variety, layer.height_m, layer.spectrum).to_lowercase()
        })
        .collect();
    let files: Vec<_> = report.outputs.iter().map(|path| format!("  {}", path.display())).collect();
    let sun = report.sun;
    let text = format!(
        "cloud over {:.1} % of the valid pixels, shadow over {:.1} %; {}; sun {:.0}° from the zenith at azimuth {:.0}°{}\n{}",
        100.0 * report.cover,
        100.0 * report.shadow,
        if layers.is_empty() { "no layer".to_owned() } else { layers.join(", ") },
        sun.zenith_deg,
        sun.azimuth_deg,
        if report.sun_drawn { " (drawn)" } else { "" },
        files.join("\n")
    );
    context.result(&report, &text)
}

#[cfg(not(feature = "gdal"))]
pub(super) fn run(args: Args, _context: &Context) -> anyhow::Result<()> {
    let _ = (
        args.about.options(),
        args.output,
        args.mask_out,
        args.seed,
        Config { kind: args.kind, cover: args.cover },
    );
    anyhow::bail!(
        "this build reads no scenes; build declouder with the feature gdal: {}",
        args.scene.display()
    )
}
