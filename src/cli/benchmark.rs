//! `declouder benchmark`.

use std::path::PathBuf;

use super::Context;
use crate::benchmark::{self, Options};

/// Options of `declouder benchmark`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Rounds of each part; ours and its peer run in turns, and the median ratio counts
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(3..=1000))]
    rounds: u16,
    /// A Python with torch, numpy and safetensors, as the peer of inference and training
    #[arg(long, value_name = "PYTHON")]
    python: Option<PathBuf>,
}

pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<()> {
    let options =
        Options { rounds: usize::from(args.rounds), device: context.device()?, python: args.python.clone() };
    let report = benchmark::run(&options, context)?;
    context.result(&report, &report.words())
}
