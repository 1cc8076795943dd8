//! What preparing a store says at its end.

use std::path::PathBuf;

use serde::Serialize;

use crate::bands::{Band, Level};

/// What was written and what was not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The store.
    pub store: PathBuf,
    /// Bands of every patch.
    pub bands: Vec<Band>,
    /// Their level.
    pub level: Level,
    /// Side of a patch.
    pub patch_px: usize,
    /// Patches.
    pub rows: usize,
    /// Clear ones.
    pub clear: usize,
    /// Cloudy ones.
    pub cloudy: usize,
    /// Cloudy ones with a clear day.
    pub pairs: usize,
    /// Patches for training, validation and testing.
    pub splits: [usize; 3],
    /// Places.
    pub places: usize,
    /// Shards.
    pub shards: usize,
    /// Size of all shards.
    pub bytes: u64,
    /// What was left out.
    pub left_out: LeftOut,
    /// Fingerprint of the store.
    pub fingerprint: String,
    /// What the analyst should know.
    pub warnings: Vec<String>,
}

/// How many patches were left out, and why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Neither clear nor cloudy by the thresholds.
    pub between: usize,
    /// Too little of them was measured.
    pub invalid: usize,
    /// Under seasonal snow.
    pub snow: usize,
}

/// A number of things: `1 shard`, `7 shards`.
fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

impl Report {
    /// The report for people.
    #[must_use]
    pub fn text(&self) -> String {
        let [train, validation, test] = self.splits;
        let LeftOut { between, invalid, snow } = self.left_out;
        let mut text = format!(
            "{}: {} patches of {} px, {} bands, {}; {} clear, {} cloudy ({} with a clear day); {train} train, {validation} validation, {test} test; {} in {}, {:.1} MiB",
            self.store.display(),
            self.rows,
            self.patch_px,
            self.bands.len(),
            self.level,
            self.clear,
            self.cloudy,
            self.pairs,
            counted(self.places, "place"),
            counted(self.shards, "shard"),
            self.bytes as f64 / f64::from(1 << 20),
        );
        let reasons =
            [(between, "neither clear nor cloudy"), (invalid, "hardly measured"), (snow, "under snow")];
        let left: Vec<_> = reasons
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, reason)| format!("{count} {reason}"))
            .collect();
        if !left.is_empty() {
            text.push_str(&format!("; left out: {}", left.join(", ")));
        }
        text
    }
}
