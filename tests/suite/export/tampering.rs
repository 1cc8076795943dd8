//! Exports that were changed since they were written where no source can tell: made pixels, tags,
//! descriptions. `declouder verify` knows by what the report states.

use std::fs;
use std::path::{Path, PathBuf};

use declouder::decloud::provenance::digest;
use gdal::Metadata;
use serde_json::Value;

use super::super::fixtures::{Raster, ramp};
use super::{declouded, for_change, peek, poke, verified};

/// A source and an export of it, in a folder of their own.
struct Case {
    folder: tempfile::TempDir,
    source: PathBuf,
    output: PathBuf,
}

impl Case {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("source.tif");
        Raster { width: 90, height: 70, ..Raster::default() }.write(&source, ramp);
        let output = declouded(&source, folder.path(), &[]);
        Self { folder, source, output }
    }

    /// Changes the report.
    fn rewrite(&self, change: impl Fn(&mut Value)) {
        let path = self.folder.path().join("OUT.report.json");
        let mut report = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        change(&mut report);
        fs::write(path, report.to_string()).unwrap();
    }

    fn problems(&self) -> (i32, String) {
        let (code, verdict) = verified(&self.source, &self.output);
        (code, verdict["problems"].to_string())
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

#[test]
fn a_changed_made_pixel_is_caught_by_the_digest() {
    let case = Case::new();
    assert_eq!(case.problems(), (0, "[]".to_owned()));
    poke(&case.output, 1, (5, 5), peek(&case.output, 1, (5, 5)) ^ 1);
    // The file may have become longer, which is known by its length already.
    case.rewrite(|report| report["outputs"][0]["bytes"] = length(&case.output).into());
    let (code, verdict) = verified(&case.source, &case.output);
    assert_eq!((code, verdict["changed"].as_u64()), (1, Some(0)), "no copied pixel: {verdict}");
    let problems = verdict["problems"].to_string();
    assert!(problems.contains("OUT.tif was changed") && problems.contains("SHA-256"), "{problems}");
}

#[test]
fn without_a_digest_verify_says_what_it_cannot_see() {
    let case = Case::new();
    case.rewrite(|report| report["outputs"][0]["sha256"] = Value::Null);
    let (code, verdict) = verified(&case.source, &case.output);
    assert_eq!(code, 0, "{verdict}");
    assert!(verdict["warnings"].to_string().contains("no SHA-256"), "{verdict}");
}

#[test]
fn a_tag_that_contradicts_the_report_is_caught() {
    let case = Case::new();
    let (output, report) = (fs::read(&case.output).unwrap(), case.folder.path().join("OUT.report.json"));
    let stated = fs::read(&report).unwrap();
    for (tag, lie) in [("ENGINE", "model"), ("MASK", "the eye"), ("COPIED", "1,2,3,4"), ("SOURCE_SHA256", "")]
    {
        let mut dataset = for_change(&case.output);
        dataset.set_metadata_item(&format!("DECLOUDER_{tag}"), lie, "").unwrap();
        dataset.close().unwrap();
        let facts = digest(&case.output, &|| false).unwrap();
        case.rewrite(|report| {
            report["outputs"][0]["bytes"] = facts.bytes.into();
            report["outputs"][0]["sha256"] = facts.sha256.as_str().into();
        });
        let (code, problems) = case.problems();
        assert!(code == 1 && problems.contains(&format!("the tag DECLOUDER_{tag} is")), "{tag}: {problems}");
        fs::write(&case.output, &output).unwrap();
        fs::write(&report, &stated).unwrap();
    }
    assert_eq!(case.problems().0, 0, "the intact files again");
}

#[test]
fn a_changed_band_description_is_named() {
    let case = Case::new();
    let output = fs::read(&case.output).unwrap();
    for (description, expected) in
        [("grass", r#"calls band B03 \"grass\"; expected \"B03\""#), ("B02", "names two bands B02")]
    {
        let dataset = for_change(&case.output);
        dataset.rasterband(2).unwrap().set_description(description).unwrap();
        dataset.close().unwrap();
        let (code, problems) = case.problems();
        assert!(code == 1 && problems.contains(expected), "{description}: {problems}");
        assert!(!problems.contains("--bands"), "the option would not help here: {problems}");
        fs::write(&case.output, &output).unwrap();
    }
}

#[test]
fn numbers_in_tags_are_shown_as_numbers() {
    let case = Case::new();
    for nodata in [Some(7.0), None] {
        let dataset = for_change(&case.source);
        dataset.rasterband(1).unwrap().set_no_data_value(Some(9.0)).unwrap();
        dataset.close().unwrap();
        let dataset = for_change(&case.output);
        dataset.rasterband(1).unwrap().set_no_data_value(nodata).unwrap();
        dataset.close().unwrap();
        let words = nodata.map_or("none".to_owned(), |value| value.to_string());
        let (code, problems) = case.problems();
        let expected = format!("the nodata value of band B02 is {words}; expected 9");
        assert!(code == 1 && problems.contains(&expected), "{problems}");
    }
}

#[test]
fn a_folder_or_a_foreign_file_given_as_export_is_called_what_it_is() {
    let case = Case::new();
    let said = |given: &Path| {
        let (code, verdict) = verified(&case.source, given);
        let words = verdict["error"].as_str().unwrap_or_default().to_owned();
        assert_eq!(code, 1, "{words}");
        words
    };
    let words = said(case.folder.path());
    assert!(words.contains("this is a folder") && !words.contains("no file or folder"), "{words}");
    let report = case.folder.path().join("other.report.json");
    fs::write(&report, "{}").unwrap();
    let words = said(&report);
    assert!(words.contains("not an export of the source") && words.contains("other.tif"), "{words}");
    assert!(said(&case.folder.path().join("nothing.tif")).contains("there is no file or folder here"));
}
