//! What an export states about itself, against what was counted.

use std::path::Path;

use super::locate::Export;
use super::{BandVerdict, Verdict, file_name};
use crate::decloud::provenance::{BandFacts, Report, SourceFacts};
use crate::progress::Monitor;
use crate::raster::{Result, Scene};

/// Contradictions between a raster's `DECLOUDER_*` tags and the counts of its bands.
pub(super) fn tag_problems(output: &Scene, counted: &[BandVerdict]) -> Vec<String> {
    let name = file_name(&output.path);
    let own: Vec<_> = counted.iter().filter(|band| band.file == name).collect();
    let tag = |key: &str| -> Option<Vec<&str>> {
        let prefix = format!("DECLOUDER_{key}=");
        let text = output.metadata.iter().find_map(|item| item.strip_prefix(&prefix))?;
        Some(text.split(',').collect())
    };
    let Some(made) = tag("MADE") else { return Vec::new() };
    let expected: Vec<_> = own.iter().map(|band| band.made.to_string()).collect();
    if made == expected {
        return Vec::new();
    }
    vec![format!(
        "{name}: the tag DECLOUDER_MADE states {} made pixels, but {} are marked so",
        made.join(","),
        expected.join(",")
    )]
}

/// Compares the report with the counts, the files and the source; adds what is wrong.
pub(super) fn check_report(
    scene: &Scene,
    export: &Export,
    verdict: &mut Verdict,
    monitor: &dyn Monitor,
) -> Result<()> {
    let Some(path) = &export.report else {
        verdict.warnings.push("there is no report beside the output; only the pixels were checked".into());
        return Ok(());
    };
    let report = match Report::read(path) {
        Ok(report) => report,
        Err(error) => {
            verdict.problems.push(error.to_string());
            return Ok(());
        }
    };
    let mut problems = count_problems(&report, &verdict.bands);
    problems.extend(size_problems(&report, path));
    verdict.problems.append(&mut problems);
    let source = SourceFacts::of(scene, &|| monitor.is_cancelled())?;
    if source.digest() != report.source.digest() {
        verdict.warnings.push(format!(
            "the report was made from another file than {} (its digest differs); the pixels were compared all the same",
            source.name
        ));
    }
    Ok(())
}

fn count_problems(report: &Report, counted: &[BandVerdict]) -> Vec<String> {
    let mut problems = Vec::new();
    for band in counted {
        let stated = report.bands.iter().find(|facts| (&facts.name, &facts.file) == (&band.name, &band.file));
        match stated {
            None => problems.push(format!("the report does not mention band {} of {}", band.name, band.file)),
            Some(facts) if stated_counts(facts) != (band.copied, band.made, band.nodata) => {
                let (copied, made, nodata) = stated_counts(facts);
                problems.push(format!(
                    "the report states {copied} copied, {made} made and {nodata} empty pixels of band {}; found {}, {} and {}",
                    band.name, band.copied, band.made, band.nodata
                ));
            }
            Some(_) => {}
        }
    }
    problems
}

fn stated_counts(facts: &BandFacts) -> (u64, u64, u64) {
    (facts.copied, facts.made, facts.nodata)
}

/// Files that are not as long as the report states: truncated, or written again since.
fn size_problems(report: &Report, path: &Path) -> Vec<String> {
    let mut problems = Vec::new();
    for stated in &report.outputs {
        // Only a plain file name is looked up: a report must not lead anywhere else.
        let inside = Path::new(&stated.name).components().count() == 1 && !stated.name.starts_with('.');
        let found = if inside { std::fs::metadata(path.with_file_name(&stated.name)).ok() } else { None };
        match found.map(|metadata| metadata.len()) {
            Some(bytes) if bytes == stated.bytes => {}
            Some(bytes) => problems.push(format!(
                "{} has {bytes} bytes; the report states {}, so it was changed since",
                stated.name, stated.bytes
            )),
            None => problems.push(format!("{}, which the report names, is missing", stated.name)),
        }
    }
    problems
}
