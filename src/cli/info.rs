//! `declouder info`.

use std::path::PathBuf;

use super::Context;
use super::scene_args::SceneArgs;

/// Options of `declouder info`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scene: a GeoTIFF, a SAFE product or a folder of bands
    scene: PathBuf,
    #[command(flatten)]
    about: SceneArgs,
}

#[cfg(feature = "gdal")]
pub(super) fn run(args: Args, context: &Context) -> anyhow::Result<()> {
    let scene = crate::raster::open(&args.scene, &args.about.options())?;
    context.result(&scene, &format!("{scene:#?}"))
}

#[cfg(not(feature = "gdal"))]
pub(super) fn run(_args: Args, _context: &Context) -> anyhow::Result<()> {
    anyhow::bail!("this build reads no scenes; build declouder with the feature gdal")
}
