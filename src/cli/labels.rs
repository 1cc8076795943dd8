//! `declouder labels`.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::scene_args::SceneArgs;
use super::{Context, Usage};
use crate::compute;
use crate::evaluation::labels::{Error, Labeller, Labels, SceneLabels};
use crate::raster::{self, SceneOptions};

/// Classes shown of a scene.
const SHOWN: usize = 8;

/// Options of `declouder labels`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scene
    scene: PathBuf,
    /// The scene without its clouds, on the same grid
    result: Option<PathBuf>,
    /// A classifier made by declouder train-classifier [default: the shipped one, L2A, 19 classes]
    #[arg(long, value_name = "CLASSIFIER")]
    model: Option<PathBuf>,
    /// Go on where the scene's level or pixel size is not the classifier's; the labels say so
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    about: SceneArgs,
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<()> {
    let compute = compute::open(context.device()?)?;
    let options = args.about.options();
    let scene = raster::open(&args.scene, &options)?;
    // What is said of the scene's bands does not hold for a result, which has more and names them.
    let own = SceneOptions { level: options.level.or(scene.level), ..SceneOptions::default() };
    let result = args.result.as_ref().map(|path| raster::open(path, &own)).transpose()?;
    let work = || {
        let labeller = Labeller::open(args.model.as_deref(), &compute.device)?;
        labeller.label(&scene, result.as_ref(), args.force, context)
    };
    let labels = compute.run(work).map_err(usage)?;
    context.result(&labels, &words(&labels))
}

fn usage(error: Error) -> anyhow::Error {
    match error {
        Error::Raster(error) => error.into(),
        Error::Misfit { .. } => Usage(error.to_string()).into(),
        other => other.into(),
    }
}

fn words(labels: &Labels) -> String {
    let mut text = String::new();
    if labels.demonstration {
        let _ = writeln!(text, "DEMONSTRATION: {}", labels.reasons.join("; "));
    }
    for scene in std::iter::once(&labels.before).chain(&labels.after) {
        table(scene, &mut text);
    }
    if let Some(agreement) = &labels.agreement {
        let all = [
            ("all valid tiles", Some(agreement.all)),
            ("tiles with made pixels", agreement.made),
            ("tiles copied whole", agreement.copied),
        ];
        for (name, part) in
            all.into_iter().filter_map(|(name, part)| Some((name, part?))).filter(|(_, part)| part.tiles > 0)
        {
            let _ = writeln!(
                text,
                "agreement over {} {name}: same labels {:.0} %, Jaccard {:.3}, probabilities differ by {:.3}",
                part.tiles,
                100.0 * part.same,
                part.jaccard,
                part.probability
            );
        }
    }
    let _ = write!(text, "cloud itself is not looked for: tiles under cloud are labelled as they look");
    text
}

fn table(scene: &SceneLabels, text: &mut String) {
    let _ = writeln!(text, "{}: {} of {} tiles valid", scene.scene, scene.valid_tiles, scene.tiles.len());
    if scene.valid_tiles == 0 {
        let _ = writeln!(text, "  nothing to label: half of a tile must be measured");
        return;
    }
    for class in scene.classes.iter().take(SHOWN) {
        let _ = writeln!(
            text,
            "  {:>4.0} % of tiles, probability {:.2}  {} ({} training patches)",
            100.0 * class.tiles,
            class.mean_probability,
            class.name,
            class.examples
        );
    }
}
