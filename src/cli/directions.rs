//! `declouder directions`.

use std::path::PathBuf;

use super::Context;
use crate::compute;
use crate::latents::{Directions, of_store, principal};
use crate::networks::file;
use crate::patches::Store;
use crate::raster::export::{check_output, commit, stage_text};

/// Options of `declouder directions`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The model; its directions are kept beside it as NAME.directions.json
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// A patch store with cloudy patches
    #[arg(value_name = "STORE")]
    store: PathBuf,
    /// Cloudy patches to look at
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=4096))]
    patches: u16,
    /// Seed of their choice
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<()> {
    let output = Directions::path_of(&args.model);
    check_output(&output, context.global.overwrite, &[&args.model])?;
    let compute = compute::open(context.device()?)?;
    let store = Store::open(&args.store)?;
    let found = compute.run(|| -> anyhow::Result<Directions> {
        let loaded = file::load(&args.model, &compute.device)?;
        let patches = of_store(&store, &loaded.model, usize::from(args.patches), args.seed)?;
        let source = format!("cloudy patches of the store {}", store.manifest().content_fingerprint());
        Ok(principal(&loaded, &patches, source, &compute.device, context)?)
    })?;
    let text = serde_json::to_string_pretty(&found)? + "\n";
    commit(vec![stage_text(&output, &text, context.global.overwrite)?])?;
    let lines = found.directions.iter().zip(1..).take(8).map(|(direction, number)| {
        let effect = direction.effect.unwrap_or_default();
        format!(
            "\np{number}: {:.4} reflectance RMS a step; NDVI {:+.3}, NDWI {:+.3}, brightness {:+.4}",
            direction.response, effect.ndvi, effect.ndwi, effect.brightness
        )
    });
    let words =
        format!("{} patches{}\nwritten to {}", found.patches, lines.collect::<String>(), output.display());
    context.result(&found, &words)
}
