//! `declouder info`: what a scene is, before anything is done with it.

use std::path::PathBuf;

use super::Context;
use super::scene_args::SceneArgs;

#[cfg(feature = "gdal")]
mod report;

/// Options of `declouder info`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scene: a GeoTIFF, a SAFE product or a folder of bands
    scene: PathBuf,
    #[command(flatten)]
    about: SceneArgs,
}

#[cfg(feature = "gdal")]
pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<()> {
    let scene = crate::raster::open(&args.scene, &args.about.options())?;
    let mut report = report::Report::of(&scene);
    if !scene.masks.is_empty() {
        report.set_cover(&product_cover(&scene, context));
    }
    context.result(&report, &report.to_text())
}

/// How much cloud the product's own masks show.
#[cfg(feature = "gdal")]
fn product_cover(scene: &crate::raster::Scene, context: &Context) -> crate::mask::Result<crate::mask::Cover> {
    let config = crate::mask::MaskConfig {
        method: "product".into(),
        shadow: false,
        dilate_px: Some(0),
        ..crate::mask::MaskConfig::default()
    };
    Ok(crate::mask::detect(scene, &config, context)?.cover())
}

#[cfg(not(feature = "gdal"))]
pub(super) fn run(args: &Args, _context: &Context) -> anyhow::Result<()> {
    let _ = args.about.options();
    anyhow::bail!(
        "this build reads no scenes; build declouder with the feature gdal: {}",
        args.scene.display()
    )
}
