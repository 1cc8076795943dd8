//! `declouder verify`.

use std::path::PathBuf;

use super::Context;
use super::scene_args::SceneArgs;

/// Options of `declouder verify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scene the export was made from
    source: PathBuf,
    /// The export: its raster (any of them where there are several sizes) or its report
    output: PathBuf,
    #[command(flatten)]
    about: SceneArgs,
}

#[cfg(feature = "gdal")]
pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<()> {
    let options = args.about.options();
    let verdict = crate::decloud::verify::verify(&args.source, &args.output, &options, context)?;
    context.result(&verdict, &verdict.to_string())?;
    anyhow::ensure!(verdict.proven, "the output is not proven: {}", args.output.display());
    Ok(())
}

#[cfg(not(feature = "gdal"))]
pub(super) fn run(args: &Args, _context: &Context) -> anyhow::Result<()> {
    let _ = args.about.options();
    anyhow::bail!(
        "this build reads no scenes; build declouder with the feature gdal: {} {}",
        args.source.display(),
        args.output.display()
    )
}
