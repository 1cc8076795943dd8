//! The proof, from the files alone, that every pixel an export marks as copied is the source's.
//!
//! Nothing the export says is taken on trust. Its grid, bands and types are compared with the
//! source's, every sample where `synthetic` is 0 is compared bit by bit, and what its report and
//! tags state is compared with what was counted here. Made pixels have no source to be compared with;
//! that they are still those that were written is known by the SHA-256 that the report states.

mod compare;
mod facts;
mod fit;
mod locate;

use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::provenance::file_name;
use crate::progress::Monitor;
use crate::raster::{Error, Result, Scene, SceneBand, SceneOptions, open};

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// Whether every pixel marked as copied is the source's and nothing contradicts it.
    pub proven: bool,
    /// Samples (pixels of all bands) marked as copied, or without data, that are the source's.
    pub copied: u64,
    /// Samples marked as made, wholly or partly.
    pub made: u64,
    /// Samples marked as copied, or without data, that are not the source's.
    pub changed: u64,
    /// The first of them.
    pub first_difference: Option<Difference>,
    /// The same counts by band.
    pub bands: Vec<BandVerdict>,
    /// What contradicts the source or the report; empty in a proven export.
    pub problems: Vec<String>,
    /// What could not be checked, or does not matter for the proof.
    pub warnings: Vec<String>,
}

/// Counts of one band. Radar bands and pixels where the source measured nothing are never made,
/// whatever their mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BandVerdict {
    /// Its name.
    pub name: String,
    /// The output file that holds it.
    pub file: String,
    /// Measured pixels marked as copied.
    pub copied: u64,
    /// Measured pixels marked as made.
    pub made: u64,
    /// Pixels where the source measured nothing.
    pub nodata: u64,
    /// How many of those copied and without data are not the source's.
    pub changed: u64,
}

/// A pixel that should be the source's and is not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The output file.
    pub file: String,
    /// The band's name.
    pub band: String,
    /// Column in the band's own grid, from 0.
    pub x: usize,
    /// Row in the band's own grid, from 0.
    pub y: usize,
    /// The source's value, in full.
    pub source: String,
    /// The output's value, in full.
    pub output: String,
}

/// Compares an export with its source.
///
/// `output` is the raster, or for a scene of several native sizes any of its rasters, the name they
/// were made from (`OUT.tif`), or its report; all rasters of the export are checked. `options` are
/// those the source was opened with.
///
/// # Errors
/// Where a file cannot be read or is damaged, and [`Error::Cancelled`]. An export that is readable
/// but not the source's is no error but a [`Verdict`] that is not proven.
pub fn verify(
    source: &Path,
    output: &Path,
    options: &SceneOptions,
    monitor: &dyn Monitor,
) -> Result<Verdict> {
    let scene = open(source, options)?;
    let located = locate::locate(output, &scene)?;
    let scene = match facts::names_given(options, &located) {
        Some(options) => open(source, &options)?,
        None => scene,
    };
    let mut verdict = Verdict {
        proven: false,
        copied: 0,
        made: 0,
        changed: 0,
        first_difference: None,
        bands: Vec::new(),
        problems: Vec::new(),
        warnings: Vec::new(),
    };
    let mut outputs = Vec::new();
    monitor.stage("verifying", scene.bands.iter().map(|band| band.grid.window().len() as u64).sum());
    for file in &located.files {
        match compare::compare(&scene, file, monitor)? {
            compare::Compared::Unfit(problems) => verdict.problems.extend(problems),
            compare::Compared::Counted(counted) => {
                verdict.bands.extend(counted.bands);
                verdict.problems.extend(counted.problems);
                verdict.problems.extend(facts::tag_problems(&counted.output, &verdict.bands));
                verdict.first_difference = verdict.first_difference.or(counted.first_difference);
                outputs.push(counted.output);
            }
        }
    }
    facts::check_report(&scene, &located, &outputs, &mut verdict, monitor)?;
    let total = |count: fn(&BandVerdict) -> u64| verdict.bands.iter().map(count).sum();
    verdict.made = total(|band| band.made);
    verdict.changed = total(|band| band.changed);
    verdict.copied = total(|band| band.copied + band.nodata) - verdict.changed;
    let all_bands = verdict.bands.len() == scene.bands.len();
    verdict.proven = verdict.changed == 0 && verdict.problems.is_empty() && all_bands;
    if monitor.is_cancelled() {
        return Err(Error::Cancelled);
    }
    Ok(verdict)
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = (self.copied + self.made + self.changed).max(1) as f64;
        let percent = |count: u64| 100.0 * count as f64 / all;
        writeln!(
            f,
            "{}",
            if self.proven {
                "proven: every pixel marked as copied is the source's, bit for bit"
            } else {
                "NOT proven: the output is not what it says it is"
            }
        )?;
        writeln!(f, "copied   {:>14} samples  {:6.2} %", self.copied, percent(self.copied))?;
        writeln!(f, "made     {:>14} samples  {:6.2} %", self.made, percent(self.made))?;
        writeln!(f, "changed  {:>14} samples  {:6.2} %", self.changed, percent(self.changed))?;
        if let Some(first) = &self.first_difference {
            writeln!(
                f,
                "first changed pixel: band {}, column {}, row {}: {} in the source, {} in {}",
                first.band, first.x, first.y, first.source, first.output, first.file
            )?;
        }
        for problem in &self.problems {
            writeln!(f, "problem: {problem}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        Ok(())
    }
}

/// The scene's bands that an output file should hold, in its order.
fn expected_bands<'s>(scene: &'s Scene, file: &locate::Located) -> Vec<&'s SceneBand> {
    file.layout.bands.iter().filter_map(|&index| scene.bands.get(index)).collect()
}
