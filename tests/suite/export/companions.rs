//! What other programs read beside an export: QGIS styles and STAC items.

use std::fs;
use std::path::Path;

use super::super::fixtures::{Raster, ramp};
use super::super::support::{declouder, outcome, shared};
use super::{declouded, opened};

#[test]
fn a_style_for_qgis_shows_true_colour_and_keeps_the_marks_visible() {
    let Some(source) = shared("s2-l1c-virginia-clear") else { return };
    let folder = tempfile::tempdir().unwrap();
    declouded(&source, folder.path(), &["--qml"]);
    let style = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let text = style("OUT.R10m.qml");
    let document = roxmltree::Document::parse_with_options(&text, options).unwrap();
    let element = |name: &str| document.descendants().find(|node| node.has_tag_name(name)).unwrap();
    let renderer = element("rasterrenderer");
    let part = opened(&folder.path().join("OUT.R10m.tif"));
    for (attribute, band) in [("redBand", "B04"), ("greenBand", "B03"), ("blueBand", "B02")] {
        let number: usize = renderer.attribute(attribute).unwrap().parse().unwrap();
        assert_eq!(part.bands[number - 1].name, band);
    }
    let white = element("redContrastEnhancement").children().find(|node| node.has_tag_name("maxValue"));
    assert_eq!(white.unwrap().text(), Some("3000"));
    let nodata: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name("noDataList"))
        .map(|node| node.attribute("useSrcNoData").unwrap())
        .collect();
    assert_eq!(nodata, ["1", "1", "1", "1", "0"], "0 is no nodata in synthetic");
    assert!(style("OUT.R20m.qml").contains("multibandcolor"), "short-wave infrared");
    assert!(style("OUT.R60m.qml").contains("singlebandgray"));
}

#[test]
fn a_stac_item_says_when_where_and_what() {
    let Some(patches) = shared("bigearthnet-v1/BigEarthNet-S2") else { return };
    let mut sources: Vec<_> = fs::read_dir(patches).unwrap().map(|entry| entry.unwrap().path()).collect();
    sources.retain(|path| path.is_dir());
    sources.sort();
    let source = &sources[0];
    let folder = tempfile::tempdir().unwrap();
    declouded(source, folder.path(), &["--stac"]);
    let text = fs::read_to_string(folder.path().join("OUT.stac.json")).unwrap();
    let item: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&item["type"], &item["stac_version"]), (&"Feature".into(), &"1.0.0".into()));
    let scene = opened(source);
    assert_eq!(item["properties"]["datetime"], scene.sensed.clone().unwrap());
    let (latitude, longitude) = declouder::raster::center_lat_lon(&scene.grid).unwrap();
    let bbox: Vec<f64> =
        item["bbox"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
    assert!(
        bbox[0] < longitude && longitude < bbox[2] && bbox[1] < latitude && latitude < bbox[3],
        "{bbox:?}"
    );
    for (key, file) in [("R10m", "OUT.R10m.tif"), ("R20m", "OUT.R20m.tif"), ("R60m", "OUT.R60m.tif")] {
        let asset = &item["assets"][key];
        assert_eq!(asset["href"], format!("./{file}"));
        assert_eq!(asset["file:size"], fs::metadata(folder.path().join(file)).unwrap().len());
        let bands = opened(&folder.path().join(file)).bands.len();
        assert_eq!(asset["raster:bands"].as_array().unwrap().len(), bands, "{key}");
        assert_eq!(asset["eo:bands"].as_array().unwrap().len(), bands, "{key}");
    }
    if let Ok(keep) = std::env::var("KEEP") {
        fs::write(Path::new(&keep).join("OUT.stac.json"), text).unwrap();
    }
}

#[test]
fn a_stac_item_of_a_scene_without_a_time_is_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.tif");
    Raster::default().write(&source, ramp);
    let output = folder.path().join("OUT.tif");
    let run = declouder(&["decloud", source.to_str().unwrap(), "-o", output.to_str().unwrap(), "--stac"]);
    let (code, _, err) = outcome(&run);
    assert!(code == 2 && err.contains("--stac") && err.contains("sensed"), "{code} {err}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "only the source is there");
}
