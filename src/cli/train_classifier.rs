//! `declouder train-classifier`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use super::context::unless_interrupted;
use super::{Context, Usage};
use crate::compute;
use crate::networks::classifier::{Architecture, Nomenclature};
use crate::training::classifier::ClassifierTraining;
use crate::training::classifier::folds::{self, Folds, cross_validate};
use crate::training::classifier::run::{self, Listener, train};
use crate::training::classifier::score::Score;
use crate::training::run::RunOptions;
use crate::training::step::StepReport;
use crate::training::{Claim, Error};

/// Options of `declouder train-classifier`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A labelled patch store made by declouder prepare from BigEarthNet
    #[arg(value_name = "STORE")]
    store: PathBuf,
    /// The run's folder: configuration, classifier, checkpoint, events
    #[arg(short, long, value_name = "RUN")]
    output: PathBuf,
    /// A training configuration; what it leaves out has the default
    #[arg(long, value_name = "C.toml", conflicts_with = "resume")]
    config: Option<PathBuf>,
    /// Which network: regularized-resnet or s-cnn-all
    #[arg(long, value_name = "NETWORK", conflicts_with = "resume")]
    network: Option<Architecture>,
    /// Which classes: 19 or 43
    #[arg(long, value_name = "CLASSES", conflicts_with = "resume")]
    labels: Option<Nomenclature>,
    /// Steps to train for
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// Stop after so many minutes, with a checkpoint to go on from
    #[arg(long, value_name = "M", value_parser = super::minutes)]
    minutes: Option<Duration>,
    /// Seed of everything random
    #[arg(long, value_name = "S", conflicts_with = "resume")]
    seed: Option<u64>,
    /// Go on from where the folder's run was stopped
    #[arg(long)]
    resume: bool,
    /// For few patches: cross-validate over so many folds of places, then train on all patches
    #[arg(long, value_name = "F")]
    folds: Option<usize>,
    /// Repeat the cross-validation with so many seeds
    #[arg(long, value_name = "S", requires = "folds", default_value_t = 5)]
    seeds: u64,
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<()> {
    let config = configured(args)?;
    let options = RunOptions { resume: args.resume, limit: args.minutes, from: None };
    let _claim = prepare_folder(args, &config, context)?;
    let compute = compute::open(context.device()?)?;
    context.say(&format!("training on {}", compute.summary));
    let (listener, device) = (Lines { context }, &compute.device);
    let heard = (context as &dyn crate::progress::Monitor, &listener as &dyn Listener);
    let (store, output) = (&args.store, &args.output);
    if let Some(folds) = args.folds {
        let folds = Folds { folds, seeds: args.seeds };
        let work = || cross_validate(store, output, &config, (folds, &options), device, heard);
        let outcome = compute.run(work).map_err(usage)?;
        context.result(&outcome, &of_folds(&outcome))?;
    } else {
        let outcome =
            compute.run(|| train(store, output, &config, &options, device, heard)).map_err(usage)?;
        context.result(&outcome, &of_run(&outcome))?;
    }
    Ok(unless_interrupted()?)
}

/// The configuration: the file's or the run's own, then the options'.
fn configured(args: &Args) -> anyhow::Result<ClassifierTraining> {
    let own = args.output.join("config.toml");
    let file = if args.resume { Some(&own) } else { args.config.as_ref() };
    let mut config = match file {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("the configuration cannot be read: {}", path.display()))?;
            ClassifierTraining::from_toml(&text, args.network)
                .map_err(|error| Usage(format!("{}: {error}", path.display())))?
        }
        None => ClassifierTraining::of(args.network.unwrap_or_default()),
    };
    config.network.labels = args.labels.unwrap_or(config.network.labels);
    config.steps = args.steps.unwrap_or(config.steps);
    config.seed = args.seed.unwrap_or(config.seed);
    config.check().map_err(|error| Usage(error.to_string()))?;
    Ok(config)
}

/// Makes the run's folder, or checks that it can be gone on with.
fn prepare_folder(args: &Args, config: &ClassifierTraining, context: &Context) -> anyhow::Result<Claim> {
    let folder = &args.output;
    if folder.join("origin.json").is_file() {
        let words = format!(
            "--output: {} holds a training of declouder train; give another folder",
            folder.display()
        );
        return Err(Usage(words).into());
    }
    let memory = folder.join(if args.folds.is_some() { "folds.jsonl" } else { "checkpoint.safetensors" });
    if args.resume {
        if !memory.is_file() {
            let words = format!("--resume: there is no {}; begin anew with --overwrite", memory.display());
            return Err(Usage(words).into());
        }
    } else if holds_run(folder) && !context.global.overwrite {
        return Err(Usage(format!(
            "--output: {} holds a training already; continue it with --resume, or replace it with --overwrite",
            folder.display()
        ))
        .into());
    }
    let claim = Claim::of(folder)?;
    if !args.resume {
        for name in RUN_FILES {
            let _ = std::fs::remove_file(folder.join(name));
        }
    }
    let fail = || format!("--output: the folder cannot be written: {}", folder.display());
    std::fs::write(folder.join("config.toml"), toml::to_string(config)?).with_context(fail)?;
    Ok(claim)
}

/// What a run leaves behind that another would be mistaken for.
const RUN_FILES: [&str; 4] = ["model.safetensors", "checkpoint.safetensors", "folds.jsonl", "events.jsonl"];

fn holds_run(folder: &Path) -> bool {
    RUN_FILES.iter().any(|name| folder.join(name).exists())
}

/// Wrong configurations end with the code of wrong usage.
fn usage(error: Error) -> anyhow::Error {
    match error {
        Error::Config(_) | Error::Stores { .. } => Usage(error.to_string()).into(),
        other => other.into(),
    }
}

/// Tells of validations and folds on the terminal, and of every step in `--json`.
struct Lines<'a> {
    context: &'a Context,
}

impl Listener for Lines<'_> {
    fn stepped(&self, report: &StepReport) {
        self.context.json_news(&serde_json::json!({ "step": report.step, "losses": report.figures }));
    }

    fn validated(&self, step: u64, score: &Score) {
        self.context.json_news(&serde_json::json!({ "step": step, "validation": score }));
        self.context.say(&format!("step {step}: {}", figures(score)));
    }

    fn folded(&self, seed: u64, fold: usize, score: &Score) {
        self.context.json_news(&serde_json::json!({ "seed": seed, "fold": fold, "score": score }));
        self.context.say(&format!("seed {seed}, fold {fold}: {}", figures(score)));
    }
}

fn figures(score: &Score) -> String {
    format!(
        "macro AP {:.3} over {} classes (prevalence alone {:.3}), micro F1 {:.3}, F2 {:.3}, {} patches",
        score.macro_ap, score.classes, score.prevalence, score.micro_f1, score.micro_f2, score.patches
    )
}

fn of_run(outcome: &run::Outcome) -> String {
    let made = outcome.model.is_file();
    let mut text = format!(
        "{} after {} steps and {:.1} minutes",
        if made { outcome.model.display().to_string() } else { "no classifier yet,".to_owned() },
        outcome.step,
        outcome.seconds / 60.0
    );
    if let Some(best) = outcome.best {
        text += &format!("; best at step {}: macro AP {:.3} on validation", best.step, best.macro_ap);
    }
    if let Some(test) = &outcome.test {
        text += &format!("\ntest: {}", figures(test));
    }
    if outcome.stopped {
        text += "\nnot done; go on with --resume";
    }
    text
}

fn of_folds(outcome: &folds::Outcome) -> String {
    let mut text = outcome.statement.clone();
    if let Some(model) = &outcome.model {
        text += &format!("\nclassifier of all patches: {}", model.display());
    }
    if outcome.stopped {
        text += "\nnot done; go on with --resume";
    }
    text
}
