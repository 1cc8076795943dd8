//! `declouder directions`.

use std::path::PathBuf;

use super::Context;
use crate::compute;
use crate::evaluation::labels::{About, Labeller};
use crate::latents::{Asked, Direction, Directions, of_store, principal};
use crate::networks::file;
use crate::patches::Store;
use crate::progress::Monitor as _;
use crate::raster::export::{check_output, commit, stage_text};

/// Metres of a store's pixels.
const STORE_PIXEL_M: f64 = 10.0;

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
    /// A classifier made by declouder train-classifier, whose probabilities directions move [default: the shipped
    /// one, L2A, 19 classes]
    #[arg(long, value_name = "CLASSIFIER")]
    classifier: Option<PathBuf>,
    /// Ask the classifier though the model's level is not its own; its probabilities are then a demonstration
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<()> {
    let output = Directions::path_of(&args.model);
    check_output(&output, context.global.overwrite, &[&args.model])?;
    let compute = compute::open(context.device()?)?;
    let store = Store::open(&args.store)?;
    let (found, why_not) = compute.run(|| -> anyhow::Result<_> {
        let loaded = file::load(&args.model, &compute.device)?;
        let patches = of_store(&store, &loaded.model, usize::from(args.patches), args.seed)?;
        let source = format!("cloudy patches of the store {}", store.manifest().content_fingerprint());
        let labeller = Labeller::open(args.classifier.as_deref(), &compute.device)?;
        let mut found = principal(&loaded, &patches, source, &compute.device, context)?;
        let about = About {
            name: args.store.display().to_string(),
            bands: Vec::new(),
            level: Some(loaded.model.config.level),
            pixel_m: Some(STORE_PIXEL_M),
        };
        let asked = Asked { labeller: &labeller, about: &about, force: args.force };
        let why_not = found.measure_classes(asked, &loaded, &patches, &compute.device, context)?;
        Ok((found, why_not))
    })?;
    if let Some(why_not) = why_not {
        context.warn(&format!("class probabilities were not measured: {why_not}"));
    }
    let text = serde_json::to_string_pretty(&found)? + "\n";
    commit(vec![stage_text(&output, &text, context.global.overwrite)?])?;
    let lines = found.directions.iter().zip(1..).take(8).map(|(direction, number)| {
        let effect = direction.effect.unwrap_or_default();
        format!(
            "\np{number}: {:.4} reflectance RMS a step; NDVI {:+.3}, NDWI {:+.3}, brightness {:+.4}{}",
            direction.response,
            effect.ndvi,
            effect.ndwi,
            effect.brightness,
            moved(&found, direction)
        )
    });
    let words =
        format!("{} patches{}\nwritten to {}", found.patches, lines.collect::<String>(), output.display());
    context.result(&found, &words)
}

/// The class whose probability a step moves most.
fn moved(found: &Directions, direction: &Direction) -> String {
    let classes = found.land_cover.iter().flat_map(|classes| &classes.names);
    let all = direction.classes.iter().flatten().zip(classes);
    all.max_by(|(a, _), (b, _)| a.abs().total_cmp(&b.abs()))
        .map(|(by, name)| format!(", {name} {by:+.3}"))
        .unwrap_or_default()
}
