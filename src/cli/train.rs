//! `declouder train`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use super::context::unless_interrupted;
use super::{Context, Usage};
use crate::compute;
use crate::networks::Preset;
use crate::training::config::{Impossible, Learns};
use crate::training::folder::RunFolder;
use crate::training::run::{Listener, Outcome, RunOptions, train};
use crate::training::step::StepReport;
use crate::training::validate::Validation;
use crate::training::{Error, TrainConfig, changed};

/// Options of `declouder train`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Patch stores made by declouder prepare
    #[arg(required = true, value_name = "STORE")]
    stores: Vec<PathBuf>,
    /// The run's folder: configuration, model, checkpoint, events, samples
    #[arg(short, long, value_name = "RUN")]
    output: PathBuf,
    /// A training configuration; what it leaves out has the default
    #[arg(long, value_name = "C.toml", conflicts_with = "resume")]
    config: Option<PathBuf>,
    /// Change a field of the configuration, such as data.haze=0.5; may be given several times
    #[arg(long = "set", value_name = "FIELD=VALUE", conflicts_with = "resume")]
    changes: Vec<String>,
    /// Family of networks: declouder, or paper and cyclegan, which it is compared with
    #[arg(long, value_name = "PRESET", conflicts_with = "resume")]
    preset: Option<Preset>,
    /// Steps to train for
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// Stop after so many minutes, with a checkpoint to go on from
    #[arg(long, value_name = "M", value_parser = super::minutes)]
    minutes: Option<Duration>,
    /// Seed of everything random
    #[arg(long, value_name = "S", conflicts_with = "resume")]
    seed: Option<u64>,
    /// Begin with the weights of a model, to train it further on other stores
    #[arg(long, value_name = "MODEL", conflicts_with = "resume")]
    from: Option<PathBuf>,
    /// Go on from the folder's checkpoint
    #[arg(long)]
    resume: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<()> {
    let config = configured(args)?;
    let options = RunOptions { resume: args.resume, limit: args.minutes, from: args.from.clone() };
    prepare_folder(&args.output, args.resume, context)?;
    let compute = compute::open(context.device()?)?;
    context.say(&format!("training on {}", compute.summary));
    let listener = Lines { context };
    let device = &compute.device;
    let outcome = compute
        .run(|| train(&args.stores, &args.output, &config, &options, device, (context, &listener)))
        .map_err(usage)?;
    context.result(&outcome, &words(&outcome, config.learns))?;
    Ok(unless_interrupted()?)
}

/// The configuration: the file's or the run's own, then the options'.
fn configured(args: &Args) -> anyhow::Result<TrainConfig> {
    let own = args.output.join("config.toml");
    let file = if args.resume { Some(&own) } else { args.config.as_ref() };
    let text = match file {
        Some(path) => std::fs::read_to_string(path)
            .with_context(|| format!("the configuration cannot be read: {}", path.display()))?,
        None => String::new(),
    };
    let named = |error: Impossible| {
        let of = file.map(|path| format!("{}: ", path.display())).unwrap_or_default();
        Usage(format!("{of}{error}"))
    };
    let own = TrainConfig::from_toml_as(&text, args.preset).map_err(named)?;
    let mut config = if args.changes.is_empty() {
        own
    } else {
        changed(&text, &args.changes)
            .and_then(|text| TrainConfig::from_toml_as(&text, args.preset))
            .map_err(|error| Usage(format!("--set: {error}")))?
    };
    config.steps = args.steps.unwrap_or(config.steps);
    config.seed = args.seed.unwrap_or(config.seed);
    config.check().map_err(|error| Usage(error.to_string()))?;
    Ok(config)
}

/// Makes the run's folder, or checks that it can be gone on with.
fn prepare_folder(folder: &Path, resume: bool, context: &Context) -> anyhow::Result<()> {
    let run = RunFolder(folder.to_owned());
    if resume && !run.checkpoint().is_file() {
        let words = format!("--resume: there is no checkpoint in {}; leave the option out", folder.display());
        return Err(Usage(words).into());
    }
    if !resume && run.is_taken() && !context.global.overwrite {
        return Err(Usage(format!(
            "--output: {} holds a training already; continue it with --resume, or replace it with --overwrite",
            folder.display()
        ))
        .into());
    }
    run.prepare(resume).context("--output")
}

/// Wrong configurations end with the code of wrong usage.
fn usage(error: Error) -> anyhow::Error {
    match error {
        Error::Config(_) | Error::Stores { .. } | Error::Start { .. } => Usage(error.to_string()).into(),
        other => other.into(),
    }
}

/// Tells of validations on the terminal, and of every step in `--json`.
struct Lines<'a> {
    context: &'a Context,
}

impl Listener for Lines<'_> {
    fn stepped(&self, report: &StepReport, rate: f64) {
        let line = serde_json::json!({ "step": report.step, "rate": rate, "losses": report.figures });
        self.context.json_news(&line);
    }

    fn validated(&self, step: u64, validation: &Validation) {
        if self.context.global.json {
            self.context.json_news(&serde_json::json!({ "step": step, "validation": validation }));
        } else {
            self.context.say(&format!("step {step}: {}", validation.words()));
        }
    }
}

fn words(outcome: &Outcome, learns: Learns) -> String {
    let Outcome { model, step, stopped, best, seconds, .. } = outcome;
    let mut text = format!("{} after {step} steps and {:.1} minutes", model.display(), seconds / 60.0);
    if let Some(best) = best {
        let against = match learns {
            Learns::All => "of the fill's error under cloud",
            Learns::LandCode => "of the error without the truth's code",
            Learns::Spread => "of the surface's error by the samples' probability score",
            Learns::CloudCode => "of the cloud put elsewhere than its code says (1 − IoU)",
        };
        let _ = write!(text, "; best at step {}: {:.3} {against}", best.step, best.score);
    }
    if *stopped {
        let _ = write!(text, "\nnot done; go on with --resume");
    }
    text
}
