//! `declouder verify`: copied pixels are proven, and one bit less is caught.

use std::fs;

use declouder::decloud::verify::Verdict;

use super::super::fixtures::{Raster, ramp};
use super::super::support::shared;
use super::{declouded, opened, peek, poke, verified};

#[test]
fn a_real_scene_of_one_size_is_proven_and_every_tampering_is_caught() {
    let Some(data) = shared("betsiboka") else { return };
    let source = data.join("scene.tif");
    for options in [&[][..], &["--cog"]] {
        let folder = tempfile::tempdir().unwrap();
        let output = declouded(&source, folder.path(), options);
        let (code, verdict) = verified(&source, &output);
        assert_eq!((code, &verdict["proven"]), (0, &true.into()), "{verdict}");
        assert!(verdict["made"].as_u64() > Some(0) && verdict["copied"].as_u64() > Some(0), "{verdict}");
        assert_eq!(verdict["problems"], serde_json::json!([]), "{verdict}");
        assert_eq!(verified(&source, &folder.path().join("OUT.report.json")).0, 0, "found by its report");
    }
    let folder = tempfile::tempdir().unwrap();
    let output = declouded(&source, folder.path(), &[]);
    let intact = fs::read(&output).unwrap();
    let (x, y) = (400, 700);
    let right = peek(&output, 4, (x, y));

    poke(&output, 4, (x, y), right ^ 1);
    let (code, verdict) = verified(&source, &output);
    assert_eq!((code, verdict["changed"].as_u64()), (1, Some(1)), "one bit of one pixel: {verdict}");
    let first = &verdict["first_difference"];
    assert_eq!(
        (&first["band"], &first["x"], &first["y"]),
        (&"B04".into(), &x.into(), &y.into()),
        "{verdict}"
    );
    assert_eq!(first["source"], right.to_string(), "{verdict}");

    fs::write(&output, &intact).unwrap();
    poke(&output, 14, (x, y), 255_u16);
    let (code, verdict) = verified(&source, &output);
    assert_eq!(code, 1, "a copied pixel marked as made contradicts the report: {verdict}");

    fs::write(&output, &intact).unwrap();
    poke(&output, 14, (x, y), 256_u16);
    assert_eq!(verified(&source, &output).0, 1, "a mark beyond 255 is no mark");

    for part in [1, intact.len() / 2, intact.len() - 1] {
        fs::write(&output, &intact[..part]).unwrap();
        let (code, verdict) = verified(&source, &output);
        assert_eq!(code, 1, "{part} bytes of {}: {verdict}", intact.len());
    }
    fs::write(&output, &intact).unwrap();
    assert_eq!(verified(&source, &output).0, 0, "the intact file again");
}

#[test]
fn an_output_of_another_place_size_or_without_marks_is_not_proven() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.tif");
    Raster { width: 90, height: 70, ..Raster::default() }.write(&source, ramp);
    let output = declouded(&source, folder.path(), &[]);
    assert_eq!(verified(&source, &output).0, 0);

    let other = folder.path().join("other.tif");
    let elsewhere = Some([500_000.5, 10.0, 0.0, 4_200_000.0, 0.0, -10.0]);
    let others = [
        (Raster { width: 91, height: 70, ..Raster::default() }, "pixels"),
        (Raster { width: 90, height: 70, geotransform: elsewhere, ..Raster::default() }, "elsewhere"),
        (Raster { width: 90, height: 70, epsg: Some(32634), ..Raster::default() }, "coordinate reference"),
        (
            Raster {
                width: 90,
                height: 70,
                bands: &["B02", "B03", "B04", "B08", "B8A"],
                ..Raster::default()
            },
            "no synthetic band",
        ),
        (Raster { width: 90, height: 70, bands: &["B02", "B03", "B04", "B05"], ..Raster::default() }, "B05"),
    ];
    for (raster, expected) in others {
        raster.write(&other, ramp);
        let (code, verdict) = verified(&other, &output);
        let problems = verdict["problems"].to_string();
        assert!(code == 1 && problems.contains(expected), "{expected}: {verdict}");
    }
    Raster { width: 90, height: 70, ..Raster::default() }.write(&other, |b, x, y| f32::from(ramp(b, x, y)));
    let (code, verdict) = verified(&other, &output);
    assert!(code == 1 && verdict["problems"].to_string().contains("type"), "{verdict}");

    let (code, verdict) = verified(&source, &source);
    assert!(code == 1 && verdict["problems"].to_string().contains("synthetic"), "{verdict}");
    assert_eq!(verified(&source, &folder.path().join("nothing.tif")).0, 1);
}

#[test]
fn not_a_number_is_copied_with_its_payload_and_a_lost_payload_is_caught() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.tif");
    let payload = f32::from_bits(0x7fc1_2345);
    let value = |band: usize, x: usize, y: usize| match (x, y) {
        (80, 60) => payload,
        (81, 60) => f32::INFINITY,
        (82, 60) => -0.0,
        _ => f32::from(ramp(band, x, y)) / 10_000.0,
    };
    Raster { width: 90, height: 70, ..Raster::default() }.write(&source, value);
    let output = declouded(&source, folder.path(), &[]);
    assert_eq!(verified(&source, &output).0, 0);
    for (column, wrong) in [(80, f32::NAN), (81, f32::NEG_INFINITY), (82, 0.0)] {
        let intact = fs::read(&output).unwrap();
        poke(&output, 2, (column, 60), wrong);
        let (code, verdict) = verified(&source, &output);
        assert_eq!((code, verdict["changed"].as_u64()), (1, Some(1)), "{wrong}: {verdict}");
        fs::write(&output, intact).unwrap();
    }
}

#[test]
fn a_scene_of_several_sizes_is_proven_file_by_file_from_any_of_its_names() {
    let Some(source) = shared("s2-l1c-virginia-clear") else { return };
    let folder = tempfile::tempdir().unwrap();
    let output = declouded(&source, folder.path(), &[]);
    assert!(!output.exists(), "there is one file a size, and none without");
    let sizes = [("OUT.R10m.tif", 1080, 5), ("OUT.R20m.tif", 540, 7), ("OUT.R60m.tif", 180, 4)];
    for (name, side, bands) in sizes {
        let part = opened(&folder.path().join(name));
        assert_eq!((part.grid.width, part.grid.height, part.bands.len()), (side, side, bands), "{name}");
    }
    for name in ["OUT.tif", "OUT.R10m.tif", "OUT.R60m.tif", "OUT.report.json"] {
        let (code, verdict) = verified(&source, &folder.path().join(name));
        assert_eq!(code, 0, "{name}: {verdict}");
        assert_eq!(verdict["bands"].as_array().unwrap().len(), 13, "{name}");
    }
    let part = folder.path().join("OUT.R20m.tif");
    poke(&part, 3, (500, 500), peek(&part, 3, (500, 500)).wrapping_add(1));
    let (code, verdict) = verified(&source, &folder.path().join("OUT.R10m.tif"));
    assert_eq!((code, verdict["changed"].as_u64()), (1, Some(1)), "changed in another part: {verdict}");
    fs::remove_file(part).unwrap();
    let (code, verdict) = verified(&source, &folder.path().join("OUT.R10m.tif"));
    assert!(code == 1 && verdict["problems"].to_string().contains("OUT.R20m.tif is missing"), "{verdict}");
}

#[test]
fn a_plain_export_has_the_sources_bands_and_its_marks_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.tif");
    Raster { width: 90, height: 70, ..Raster::default() }.write(&source, ramp);
    let output = declouded(&source, folder.path(), &["--plain"]);
    assert_eq!(opened(&output).bands.len(), 4);
    let marks = folder.path().join("OUT.synthetic.tif");
    for name in [&output, &marks] {
        assert_eq!(verified(&source, name).0, 0, "{}", name.display());
    }
    poke(&output, 1, (89, 69), 1_u16);
    assert_eq!(verified(&source, &output).0, 1, "a changed pixel");
    fs::remove_file(marks).unwrap();
    let (code, verdict) = verified(&source, &output);
    assert!(code == 1 && verdict["problems"].to_string().contains("no synthetic band"), "{verdict}");
}

/// Shown to a reader, a verdict names what matters first.
#[test]
fn a_verdict_begins_with_whether_it_is_proven() {
    let verdict = Verdict {
        proven: false,
        copied: 1,
        made: 1,
        changed: 2,
        first_difference: None,
        bands: Vec::new(),
        problems: vec!["x".into()],
        warnings: Vec::new(),
    };
    assert!(verdict.to_string().starts_with("NOT proven"));
}
