//! A monitor for work on thousands of scenes: the stages of one scene's work would only flicker, and
//! a warning that every scene gives is worth saying once.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::progress::Monitor;

/// Warnings that are passed on; the rest is only counted.
const MOST_WARNINGS: usize = 20;

/// Passes cancellation and each kind of warning on, once.
pub(super) struct Quiet<'a> {
    outer: &'a dyn Monitor,
    /// How often each warning came.
    seen: Mutex<BTreeMap<String, usize>>,
}

impl<'a> Quiet<'a> {
    pub(super) fn new(outer: &'a dyn Monitor) -> Self {
        Self { outer, seen: Mutex::default() }
    }

    /// Passes a warning on that names one of possibly many scenes; `kind` is what they share.
    pub(super) fn warn_once(&self, kind: &str, message: &str) {
        let Ok(mut seen) = self.seen.lock() else { return };
        let count = seen.entry(kind.to_owned()).or_default();
        *count += 1;
        if *count == 1 && seen.len() <= MOST_WARNINGS {
            self.outer.warn(message);
        }
    }

    /// Every warning, with how often it came, for the report.
    pub(super) fn finish(self) -> Vec<String> {
        let seen = self.seen.into_inner().unwrap_or_default();
        if seen.len() > MOST_WARNINGS {
            self.outer.warn(&format!("{} further kinds of warnings", seen.len() - MOST_WARNINGS));
        }
        let line = |(kind, count): (String, usize)| {
            if count == 1 { kind } else { format!("{kind} ({count} times)") }
        };
        seen.into_iter().map(line).collect()
    }
}

impl Monitor for Quiet<'_> {
    fn warn(&self, message: &str) {
        self.warn_once(message, message);
    }

    fn is_cancelled(&self) -> bool {
        self.outer.is_cancelled()
    }
}
