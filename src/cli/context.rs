//! What every command shares: where progress, warnings, results and errors go, and how it is
//! cancelled.

use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::{Global, Interrupted, Usage};
use crate::progress::{CancelFlag, Monitor};
use crate::raster;

/// Raised by SIGINT and SIGTERM; a static because signals belong to the process.
static CANCEL: CancelFlag = CancelFlag::new();

/// Progress lines in `--json` come at most this often.
const JSON_INTERVAL: Duration = Duration::from_millis(500);

/// The face a command shows to whoever started it. It is also the command's [`Monitor`].
pub struct Context {
    /// The options every command takes.
    pub global: Global,
    stage: Mutex<Stage>,
}

struct Stage {
    name: String,
    done: u64,
    total: u64,
    bar: Option<ProgressBar>,
    last_line: Instant,
}

impl Context {
    pub(super) fn new(global: &Global) -> Self {
        start_log();
        let stage = Stage { name: String::new(), done: 0, total: 0, bar: None, last_line: Instant::now() };
        Self { global: global.clone(), stage: Mutex::new(stage) }
    }

    /// Lets SIGINT and SIGTERM end the work cleanly; a second signal ends the process at once.
    pub(super) fn catch_signals(&self) {
        let handler = || {
            if CANCEL.is_raised() {
                std::process::exit(130);
            }
            CANCEL.raise();
        };
        if let Err(error) = ctrlc::set_handler(handler) {
            self.warn(&format!(
                "signals cannot be caught ({error}); an interrupted export leaves its .partial file"
            ));
        }
    }

    /// Prints a command's result: `json` as one line in `--json`, else `text`.
    ///
    /// # Errors
    /// When standard output cannot be written or the value cannot be expressed in JSON. A reader that
    /// has gone (`| head`) is no error: it has seen what it wanted.
    pub fn result(&self, json: &impl Serialize, text: &str) -> anyhow::Result<()> {
        self.end_stage();
        let line = if self.global.json { serde_json::to_string(json)? } else { text.trim_end().to_owned() };
        match writeln!(std::io::stdout(), "{line}") {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        }
    }

    /// Prints a line of `--json` that is neither result nor error; `--quiet` leaves it out.
    pub(super) fn json_news(&self, value: &serde_json::Value) {
        if self.global.json && !self.global.quiet {
            json_line(value);
        }
    }

    /// Says something that is neither result nor warning, above the progress bar.
    pub(super) fn say(&self, line: &str) {
        if self.global.quiet || self.global.json {
            return;
        }
        let Ok(stage) = self.stage.lock() else { return };
        match &stage.bar {
            Some(bar) => bar.println(line),
            None => {
                let _ = writeln!(std::io::stderr(), "{line}");
            }
        }
    }

    /// Reports why a command ended and chooses the exit code.
    pub(super) fn report(&self, error: &anyhow::Error) -> ExitCode {
        self.end_stage();
        let code = exit_code(error);
        let message = if code == 130 && !error.is::<Interrupted>() {
            "cancelled; nothing half-written was left behind".to_owned()
        } else {
            format!("{error:#}")
        };
        if self.global.json {
            json_error(&message, code);
        }
        let _ = writeln!(std::io::stderr(), "declouder: {message}");
        ExitCode::from(code)
    }

    /// The device the analyst chose.
    ///
    /// # Errors
    /// [`Usage`] for a word that is none; clap lets none pass.
    pub fn device(&self) -> Result<crate::compute::Choice, Usage> {
        Ok(self.device_given()?.unwrap_or_default())
    }

    /// The device the analyst chose; none where the choice was left open.
    ///
    /// # Errors
    /// As [`Context::device`].
    pub fn device_given(&self) -> Result<Option<crate::compute::Choice>, Usage> {
        self.global.device.as_deref().map(str::parse).transpose().map_err(Usage)
    }

    fn end_stage(&self) {
        if let Ok(mut stage) = self.stage.lock()
            && let Some(bar) = stage.bar.take()
        {
            bar.finish_and_clear();
        }
    }
}

/// Ends a training that a signal stopped, after its result was told.
///
/// # Errors
/// [`Interrupted`].
pub(super) fn unless_interrupted() -> Result<(), Interrupted> {
    if CANCEL.is_raised() { Err(Interrupted) } else { Ok(()) }
}

/// Prints a line of `--json`.
fn json_line(value: &serde_json::Value) {
    let _ = writeln!(std::io::stdout(), "{value}");
}

/// Prints why a command ended, as a line of `--json`.
pub(super) fn json_error(message: &str, code: u8) {
    json_line(&serde_json::json!({ "error": message, "exit_code": code }));
}

/// 2 for wrong usage, 130 for cancelled, else 1.
fn exit_code(error: &anyhow::Error) -> u8 {
    let usage = error.chain().any(|cause| {
        cause.is::<Usage>()
            || matches!(cause.downcast_ref(), Some(raster::Error::Option { .. }))
            || cause.downcast_ref().is_some_and(crate::mask::Error::is_usage)
            || cause.downcast_ref().is_some_and(crate::decloud::Error::is_usage)
    });
    if CANCEL.is_raised() {
        130
    } else if usage {
        2
    } else {
        1
    }
}

/// The log goes to standard error when `DECLOUDER_LOG` asks for it (`DECLOUDER_LOG=debug`).
fn start_log() {
    if let Ok(filter) = std::env::var("DECLOUDER_LOG") {
        let _ = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
            .with_writer(std::io::stderr)
            .try_init();
    }
}

impl Monitor for Context {
    fn stage(&self, name: &str, total: u64) {
        self.end_stage();
        let Ok(mut stage) = self.stage.lock() else { return };
        *stage = Stage { name: name.to_owned(), done: 0, total, bar: None, last_line: Instant::now() };
        if !self.global.json && !self.global.quiet && std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(total);
            if let Ok(style) = ProgressStyle::with_template("{msg:>14} {wide_bar} {percent:>3} %  {eta} left")
            {
                bar.set_style(style);
            }
            bar.set_message(name.to_owned());
            stage.bar = Some(bar);
        }
    }

    fn advance(&self, units: u64) {
        let Ok(mut stage) = self.stage.lock() else { return };
        stage.done += units;
        if let Some(bar) = &stage.bar {
            bar.inc(units);
        }
        if self.global.json && stage.last_line.elapsed() >= JSON_INTERVAL {
            stage.last_line = Instant::now();
            let line = serde_json::json!({
                "progress": { "stage": stage.name, "done": stage.done, "total": stage.total }
            });
            drop(stage);
            self.json_news(&line);
        }
    }

    fn warn(&self, message: &str) {
        self.json_news(&serde_json::json!({ "warning": message }));
        self.say(&format!("warning: {message}"));
    }

    fn note(&self, message: &str) {
        self.json_news(&serde_json::json!({ "note": message }));
        self.say(message);
    }

    fn is_cancelled(&self) -> bool {
        CANCEL.is_raised()
    }
}
