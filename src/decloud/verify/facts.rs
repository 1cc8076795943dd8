//! What an export states about itself, against what was counted.

use std::path::Path;

use super::locate::Export;
use super::{BandVerdict, Verdict, file_name};
use crate::decloud::provenance::{BandFacts, OutputFacts, Report, SourceFacts, digest};
use crate::progress::Monitor;
use crate::raster::{Result, Scene, SceneOptions};

/// The options to open the source with where the analyst named no bands and the export was made with names.
pub(super) fn names_given(options: &SceneOptions, export: &Export) -> Option<SceneOptions> {
    let report = Report::read(export.report.as_deref()?).ok()?;
    let bands = serde_json::from_value(report.options["scene"]["bands"].clone()).ok()?;
    options.bands.is_none().then(|| SceneOptions { bands: Some(bands), ..options.clone() })
}

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

/// Compares the report with the counts, the files, their tags and the source; adds what is wrong.
pub(super) fn check_report(
    scene: &Scene,
    export: &Export,
    outputs: &[Scene],
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
    let about = |file: &str| report.bands.iter().any(|facts| facts.file == file);
    if let Some(other) = verdict.bands.iter().find(|band| !about(&band.file)) {
        let mut named: Vec<_> = report.outputs.iter().map(|stated| stated.name.as_str()).collect();
        named.dedup();
        verdict.problems.push(format!(
            "{} is about {}, not about {}; give an export and its own report the names that they were written with",
            file_name(path), named.join(", "), other.file
        ));
        return Ok(());
    }
    let mut problems = count_problems(&report, &verdict.bands);
    problems.extend(outputs.iter().flat_map(|output| contradictions(&report, output)));
    problems.extend(file_problems(&report, path, monitor)?);
    verdict.problems.append(&mut problems);
    if report.outputs.iter().any(|stated| stated.sha256.is_none()) {
        verdict.warnings.push(
            "the report states no SHA-256 of its rasters, so a change of made pixels cannot be noticed"
                .into(),
        );
    }
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
            None => problems.push(format!("the report does not mention {} of {}", band.name, band.file)),
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

/// What the tags of a raster say otherwise than the report.
fn contradictions(report: &Report, output: &Scene) -> Vec<String> {
    let name = file_name(&output.path);
    if !report.bands.iter().any(|band| band.file == name) {
        // That the report does not mention the file is said band by band.
        return Vec::new();
    }
    let tag = |key: &str| {
        let value = |item: &str| item.strip_prefix(key)?.strip_prefix('=').map(str::to_owned);
        output.metadata.iter().find_map(|item| value(item)).unwrap_or_default()
    };
    let expected = report.tags(&name).into_iter().map(|(key, stated)| (tag(&key), key, stated));
    expected
        .filter(|(found, _, stated)| !agree(found, stated))
        .map(|(found, key, stated)| {
            format!("{name}: the tag {key} is {}; the report says {}", shortened(&found), shortened(&stated))
        })
        .collect()
}

/// Whether a tag says what the report says. XML keeps no white space as it was, and a number that went
/// through text may differ in its last bit.
fn agree(found: &str, stated: &str) -> bool {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let numbers = |text: &str| -> Option<Vec<f64>> {
        text.split(',').map(|number| number.trim().parse().ok()).collect()
    };
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    words(found) == words(stated)
        || json(found).is_some_and(|found| json(stated) == Some(found))
        || numbers(found).zip(numbers(stated)).is_some_and(|(found, stated)| {
            let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-12 * b.abs();
            found.len() == stated.len() && found.iter().zip(&stated).all(near)
        })
}

/// A tag's text, as much of it as a message takes.
fn shortened(text: &str) -> String {
    const MOST: usize = 80;
    if text.is_empty() {
        return "missing".to_owned();
    }
    let start: String = text.chars().take(MOST).collect();
    if start.len() < text.len() { format!("\"{start}…\"") } else { format!("\"{start}\"") }
}

/// Files that are not the ones the report was written with: missing, truncated, or changed since in a
/// pixel, a mark or a tag.
fn file_problems(report: &Report, path: &Path, monitor: &dyn Monitor) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for stated in &report.outputs {
        // Only a plain file name is looked up: a report must not lead anywhere else.
        let inside = Path::new(&stated.name).components().count() == 1 && !stated.name.starts_with('.');
        let file = path.with_file_name(&stated.name);
        let found = if inside { std::fs::metadata(&file).ok() } else { None };
        match found.map(|metadata| metadata.len()) {
            Some(bytes) if bytes != stated.bytes => problems.push(format!(
                "{} has {bytes} bytes; the report states {}, so it was changed since",
                stated.name, stated.bytes
            )),
            Some(_) => problems.extend(content_problem(stated, &file, monitor)?),
            None => problems.push(format!("{}, which the report names, is missing", stated.name)),
        }
    }
    Ok(problems)
}

fn content_problem(stated: &OutputFacts, file: &Path, monitor: &dyn Monitor) -> Result<Option<String>> {
    let Some(expected) = &stated.sha256 else { return Ok(None) };
    let found = digest(file, &|| monitor.is_cancelled())?.sha256;
    Ok((found != *expected).then(|| {
        format!(
            "{} was changed since it was written, in a pixel or in what it says of itself: its SHA-256 is {found}; the report states {expected}",
            stated.name
        )
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_agrees_in_words_numbers_or_json_and_in_nothing_else() {
        assert!(agree("a  b\nc", " a b c") && agree("0.1,-1", "0.10000000000000001,-1"));
        assert!(agree(r#"{"a":1,"b":[2]}"#, r#"{"b": [2], "a": 1}"#));
        for (found, stated) in [("fill", "model"), ("", "fill"), ("1,2", "1,3"), ("1", "1,1"), ("{}", "[]")] {
            assert!(!agree(found, stated), "{found} {stated}");
        }
    }
}
