//! How fast this machine is at what the product does, each part beside a named peer that does the same.
//!
//! | part | what | peer |
//! |---|---|---|
//! | `fill` | the multi-scale fill of an image with cloud | GDAL's `FillNodata` on the same planes |
//! | `convolution` | a 3 × 3 convolution there and back on the CPU | Burn's own convolution on the same tensors |
//! | `device` | the shipped model's generator on the chosen device | the same on the CPU; only where these are two |
//! | `inference` | the shipped model's generator on the CPU | `PyTorch` with the same weights, shapes and threads |
//! | `training` | forward, L1, backward and Adam of the same | `PyTorch`, likewise |
//!
//! Ours and the peer run **in turns**, one pass each, so that whatever else the machine does falls on both. The figure
//! is the median over rounds of peer ÷ ours: above 1 ours is faster. A part whose peer is not there is named with the
//! reason, never left out silently.

mod parts;
#[cfg(feature = "gdal")]
mod planes;
mod torch;
mod turns;

use std::path::PathBuf;

use serde::Serialize;

use crate::compute::{self, Choice};
use crate::progress::Monitor;

pub use turns::Turns;

/// What is measured, and for how long.
#[derive(Debug, Clone)]
pub struct Options {
    /// Rounds of each part, at least 3.
    pub rounds: usize,
    /// Where the device is to be measured.
    pub device: Choice,
    /// A Python with `torch`, `numpy` and `safetensors`, for the parts whose peer is `PyTorch`.
    pub python: Option<PathBuf>,
}

/// A part that was measured, or why it was not.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// Its name in the table of this module.
    pub part: &'static str,
    /// Shapes and settings.
    pub what: String,
    /// Who it stands beside.
    pub peer: String,
    /// Milliseconds of both in turns; none where it could not be measured.
    pub turns: Option<Turns>,
    /// Why not.
    pub missing: Option<String>,
}

/// Every part, and the machine it was measured on.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Version of the program.
    pub declouder: &'static str,
    /// Whether it was built with optimisation; figures of another build mean nothing.
    pub optimised: bool,
    /// Threads that both sides may use.
    pub threads: usize,
    /// The device in words.
    pub device: String,
    /// Mean number of busy processors over the last minute before it began; none where the system does not tell.
    pub load: Option<f64>,
    /// The parts.
    pub figures: Vec<Figure>,
}

/// A part could not be measured at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No such device.
    #[error(transparent)]
    Device(#[from] compute::NoAdapter),
    /// The shipped model.
    #[error(transparent)]
    Model(#[from] crate::decloud::Error),
    /// The device failed.
    #[error(transparent)]
    Fault(#[from] compute::Fault),
    /// Reading or writing a file of the peer's.
    #[error("{}: {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        problem: String,
    },
    /// Somebody stopped it.
    #[error("cancelled")]
    Cancelled,
}

/// What every function here returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Measures every part.
///
/// # Errors
/// [`Error`]; a peer that is not there is no error.
pub fn run(options: &Options, monitor: &dyn Monitor) -> Result<Report> {
    let compute = compute::open(options.device)?;
    let load = load();
    let threads = rayon::current_num_threads();
    if load.is_some_and(|load| load > 0.25 * threads as f64) {
        monitor
            .warn("other work is running on this machine: ratios of a busy machine have been wrong before");
    }
    let optimised = !cfg!(debug_assertions);
    if !optimised {
        monitor.warn("this is a development build; measure an optimised one (make install)");
    }
    monitor.stage("measuring", parts::COUNT);
    let mut figures = vec![parts::fill(options, monitor)?, parts::convolution(options, monitor)?];
    figures.push(parts::device(&compute, options, monitor)?);
    figures.extend(torch::figures(options, monitor)?);
    let device = compute.summary.to_string();
    Ok(Report { declouder: env!("CARGO_PKG_VERSION"), optimised, threads, device, load, figures })
}

/// Busy processors over the last minute.
fn load() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

impl Report {
    /// A line a part, in words.
    #[must_use]
    pub fn words(&self) -> String {
        let line = |figure: &Figure| {
            let what = format!("{:<12} {}", figure.part, figure.what);
            match (&figure.turns, &figure.missing) {
                (Some(turns), _) => {
                    let [low, high] = turns.range();
                    format!(
                        "{what}\n{:13}{:.1} ms against {:.1} ms of {}: {:.2} x [{low:.2}, {high:.2}] over {} rounds",
                        "",
                        turns.ours_ms(),
                        turns.peer_ms(),
                        figure.peer,
                        turns.ratio(),
                        turns.rounds()
                    )
                }
                (None, missing) => {
                    format!("{what}\n{:13}not measured: {}", "", missing.as_deref().unwrap_or_default())
                }
            }
        };
        let load = self.load.map_or_else(String::new, |load| format!(", load {load:.2} before"));
        let head = format!("declouder {} on {}, {} threads{load}", self.declouder, self.device, self.threads);
        let lines: Vec<String> = std::iter::once(head).chain(self.figures.iter().map(line)).collect();
        lines.join("\n")
    }
}

/// A part that was not measured.
fn missing(part: &'static str, what: String, peer: &str, reason: impl Into<String>) -> Figure {
    Figure { part, what, peer: peer.to_owned(), turns: None, missing: Some(reason.into()) }
}

/// A part that was.
fn measured(part: &'static str, what: String, peer: &str, turns: Turns) -> Figure {
    Figure { part, what, peer: peer.to_owned(), turns: Some(turns), missing: None }
}
