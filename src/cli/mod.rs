//! The command line: one file a command, each a thin face over the library.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong usage, 130 cancelled.

mod benchmark;
#[cfg(feature = "gdal")]
mod compare;
mod context;
#[cfg(feature = "gdal")]
mod decloud;
#[cfg(feature = "gdal")]
mod directions;
#[cfg(feature = "gdal")]
mod evaluate;
mod info;
#[cfg(feature = "gdal")]
mod labels;
#[cfg(feature = "gdal")]
mod mask;
#[cfg(feature = "gdal")]
mod mask_args;
#[cfg(feature = "gdal")]
mod page_args;
#[cfg(feature = "gdal")]
mod prepare;
pub mod scene_args;
mod simulate;
#[cfg(feature = "gdal")]
mod sweep;
mod train;
mod train_classifier;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

pub use context::Context;

/// Takes clouds out of Sentinel-2 scenes and says how far each pixel can be trusted.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// Scenes to open in the window
    scenes: Vec<PathBuf>,
    #[command(flatten)]
    global: Global,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// Where to compute: auto (the default), gpu (wgpu, even on a software adapter) or cpu
    #[arg(long, global = true, value_name = "DEVICE", value_parser = ["auto", "gpu", "cpu"])]
    pub device: Option<String>,
    /// Print one JSON object a line: progress, warnings, result
    #[arg(long, global = true)]
    pub json: bool,
    /// Print nothing but errors and the result
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Replace existing outputs
    #[arg(long, global = true)]
    pub overwrite: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show bands, size, CRS, level, radiometry and cloud cover of a scene
    Info(info::Args),
    /// Find cloud and shadow and write them as a mask
    #[cfg(feature = "gdal")]
    Mask(mask::Args),
    /// Take the clouds out of scenes
    #[cfg(feature = "gdal")]
    Decloud(decloud::Args),
    /// Prove from the files alone that every pixel marked 0 is the source's
    Verify(verify::Args),
    /// Put synthetic cloud over a clear scene, with the truth kept
    Simulate(simulate::Args),
    /// Train a model on patch stores
    Train(train::Args),
    /// Train a classifier of land cover on a labelled patch store
    TrainClassifier(train_classifier::Args),
    /// Land-cover labels of a scene, and of a result beside it
    #[cfg(feature = "gdal")]
    Labels(labels::Args),
    /// Paired metrics of two images on the bands both have
    #[cfg(feature = "gdal")]
    Compare(compare::Args),
    /// Measure engines and baselines on pairs of cloudy and clear images, or under transplanted cloud
    #[cfg(feature = "gdal")]
    Evaluate(evaluate::Args),
    /// Show what could lie under cloud: a sheet of surfaces for many latent codes
    #[cfg(feature = "gdal")]
    Sweep(Box<sweep::Args>),
    /// Find the principal directions of a model's land code, and keep them with it
    #[cfg(feature = "gdal")]
    Directions(directions::Args),
    /// Measure this machine at what the program does, each part beside a named peer
    Benchmark(benchmark::Args),
    /// Make a patch store for training from scenes, pairs or BigEarthNet
    #[cfg(feature = "gdal")]
    Prepare(Box<prepare::Args>),
}

/// Wrong usage that only shows when options are looked at together; exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Usage(pub String);

/// Refuses an output whose name does not say what is in it.
#[cfg(feature = "gdal")]
fn ending(option: &str, path: &std::path::Path, expected: &[&str]) -> Result<(), Usage> {
    let own = path.extension().unwrap_or_default();
    if expected.iter().any(|known| own.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    let known = expected.join(" or .");
    Err(Usage(format!("{option}: \"{}\" is no name ending in .{known}", path.display())))
}

/// Parses minutes to train for.
fn minutes(text: &str) -> Result<std::time::Duration, String> {
    let limit = text.parse().ok().and_then(|m: f64| std::time::Duration::try_from_secs_f64(60.0 * m).ok());
    limit.filter(|limit| !limit.is_zero()).ok_or_else(|| "expected a number of minutes above 0".to_owned())
}

/// A training that a signal stopped: what it learned is kept.
#[derive(Debug, thiserror::Error)]
#[error("stopped; what was learned is kept, go on with --resume")]
struct Interrupted;

/// Parses the process's arguments, runs the command and says how it ended.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(error) => return refused(&error),
    };
    let context = Context::new(&cli.global);
    context.catch_signals();
    match run(cli, &context) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => context.report(&error),
    }
}

/// The process's arguments. A negative number is the value of its option, so that the option says what it expects.
fn parse() -> Result<Cli, clap::Error> {
    let numbers = |arg: clap::Arg| {
        let takes = arg.get_action().takes_values();
        if takes { arg.allow_negative_numbers(true) } else { arg }
    };
    let command = Cli::command().mut_subcommands(|command| command.mut_args(numbers));
    Cli::from_arg_matches(&command.try_get_matches()?)
}

/// Arguments that cannot be: clap's own words for people, and in `--json` a line like that of every
/// other error. Help and version come this way too.
fn refused(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    let code = u8::try_from(error.exit_code()).unwrap_or(2);
    let wants_json = std::env::args_os().take_while(|arg| arg != "--").any(|arg| arg == "--json");
    if error.use_stderr() && wants_json {
        let text = error.render().to_string();
        let message = text.split("\n\nUsage:").next().unwrap_or_default();
        let words: Vec<_> = message.trim_start_matches("error: ").split_whitespace().collect();
        context::json_error(&words.join(" "), code);
    }
    ExitCode::from(code)
}

fn run(cli: Cli, context: &Context) -> anyhow::Result<()> {
    match cli.command {
        Some(Command::Info(args)) => info::run(&args, context),
        #[cfg(feature = "gdal")]
        Some(Command::Mask(args)) => mask::run(args, context),
        #[cfg(feature = "gdal")]
        Some(Command::Decloud(args)) => decloud::run(args, context),
        Some(Command::Verify(args)) => verify::run(&args, context),
        Some(Command::Simulate(args)) => simulate::run(args, context),
        Some(Command::Train(args)) => train::run(&args, context),
        Some(Command::TrainClassifier(args)) => train_classifier::run(&args, context),
        #[cfg(feature = "gdal")]
        Some(Command::Labels(args)) => labels::run(&args, context),
        #[cfg(feature = "gdal")]
        Some(Command::Compare(args)) => compare::run(args, context),
        #[cfg(feature = "gdal")]
        Some(Command::Evaluate(args)) => evaluate::run(&args, context),
        #[cfg(feature = "gdal")]
        Some(Command::Sweep(args)) => sweep::run(&args, context),
        #[cfg(feature = "gdal")]
        Some(Command::Directions(args)) => directions::run(&args, context),
        Some(Command::Benchmark(args)) => benchmark::run(&args, context),
        #[cfg(feature = "gdal")]
        Some(Command::Prepare(args)) => prepare::run(*args, context),
        None => open_window(&cli.scenes, context),
    }
}

/// Without a command: the window on the scenes given.
#[cfg(feature = "desktop")]
fn open_window(scenes: &[PathBuf], context: &Context) -> anyhow::Result<()> {
    // A mistyped command looks like a scene that is not there.
    if let Some(missing) = scenes.iter().find(|scene| !scene.exists()) {
        let words =
            format!("there is no command and no file \"{}\" (see declouder --help)", missing.display());
        return Err(Usage(words).into());
    }
    crate::desktop::run(scenes, context.device_given()?)
}

/// Without a command and without a window there is nothing to do but say so.
#[cfg(not(feature = "desktop"))]
fn open_window(_scenes: &[PathBuf], _context: &Context) -> anyhow::Result<()> {
    Err(Usage("this build has no window; give a command (see declouder --help)".into()).into())
}
