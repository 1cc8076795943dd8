//! `declouder info`.

use super::Context;

/// Options of `declouder info`.
#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(_args: Args, _context: &Context) -> anyhow::Result<()> {
    anyhow::bail!("not built yet")
}
