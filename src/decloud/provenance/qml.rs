//! A QGIS layer style (`OUT.qml`), which QGIS loads by itself beside `OUT.tif`.

use std::fmt::Write as _;

use crate::bands::Band;
use crate::raster::export::OutputFile;
use crate::raster::{Scene, SceneBand};

/// Reflectance shown as white. Clear land lies below it; bright cloud is cut off.
const WHITE: f64 = 0.3;

/// Three bands as red, green and blue, best first: true colour; short-wave infrared for the 20 m
/// bands alone.
const COMPOSITES: [[Band; 3]; 2] = [[Band::B04, Band::B03, Band::B02], [Band::B12, Band::B8A, Band::B05]];

/// The style of one output raster with `own` bands of the export after the source's.
///
/// The source's nodata hides a pixel only where a source band says so: in `synthetic`, where 0
/// means "copied", it is switched off.
#[must_use]
pub fn qml_style(scene: &Scene, file: &OutputFile, own: usize) -> String {
    let bands: Vec<&SceneBand> = file.bands.iter().filter_map(|&index| scene.bands.get(index)).collect();
    let number =
        |wanted: Band| bands.iter().position(|band| band.band == Some(wanted)).map(|index| index + 1);
    let composite = COMPOSITES
        .iter()
        .find_map(|[red, green, blue]| Some([number(*red)?, number(*green)?, number(*blue)?]));
    let mut text = String::from("<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n");
    text.push_str(
        "<qgis version=\"3.22\" styleCategories=\"Symbology|Rendering\" hasScaleBasedVisibilityFlag=\"0\">\n",
    );
    text.push_str("  <pipe>\n    <provider>\n      <resampling enabled=\"true\" maxOversampling=\"2\" zoomedInResamplingMethod=\"nearestNeighbour\" zoomedOutResamplingMethod=\"average\"/>\n    </provider>\n");
    match composite {
        Some(numbers) => multiband(&mut text, &bands, numbers),
        None => gray(&mut text, &bands),
    }
    text.push_str("    <brightnesscontrast brightness=\"0\" contrast=\"0\" gamma=\"1\"/>\n");
    text.push_str("    <huesaturation saturation=\"0\" grayscaleMode=\"0\" colorizeOn=\"0\"/>\n");
    text.push_str("    <rasterresampler maxOversampling=\"2\"/>\n    <resamplingStage>provider</resamplingStage>\n  </pipe>\n");
    text.push_str("  <noData>\n");
    for band in 1..=bands.len() + own {
        let source = u8::from(band <= bands.len());
        let _ = writeln!(text, "    <noDataList bandNo=\"{band}\" useSrcNoData=\"{source}\"/>");
    }
    text.push_str("  </noData>\n  <blendMode>0</blendMode>\n</qgis>\n");
    text
}

fn multiband(text: &mut String, bands: &[&SceneBand], numbers: [usize; 3]) {
    let [red, green, blue] = numbers;
    let _ = writeln!(
        text,
        "    <rasterrenderer type=\"multibandcolor\" opacity=\"1\" alphaBand=\"-1\" nodataColor=\"\" redBand=\"{red}\" greenBand=\"{green}\" blueBand=\"{blue}\">\n      <rasterTransparency/>"
    );
    for (name, number) in ["red", "green", "blue"].into_iter().zip(numbers) {
        if let Some(band) = bands.get(number - 1) {
            enhancement(text, &format!("{name}ContrastEnhancement"), band);
        }
    }
    text.push_str("    </rasterrenderer>\n");
}

fn gray(text: &mut String, bands: &[&SceneBand]) {
    text.push_str("    <rasterrenderer type=\"singlebandgray\" opacity=\"1\" alphaBand=\"-1\" nodataColor=\"\" grayBand=\"1\" gradient=\"BlackToWhite\">\n      <rasterTransparency/>\n");
    if let Some(band) = bands.first() {
        enhancement(text, "contrastEnhancement", band);
    }
    text.push_str("    </rasterrenderer>\n");
}

/// Black and white points: reflectance 0 and [`WHITE`], in the numbers QGIS sees, which are the
/// stored ones after the file's own scale and offset tags.
fn enhancement(text: &mut String, element: &str, band: &SceneBand) {
    let shown = |reflectance: f64| {
        let stored = (reflectance - band.radiometry.offset) / band.radiometry.scale;
        let value = stored * band.scale_tag.unwrap_or(1.0) + band.offset_tag.unwrap_or(0.0);
        // Six decimals: enough for reflectance, and 0.30000000000000004 stays out of the file.
        (value * 1e6).round() / 1e6
    };
    let _ = writeln!(
        text,
        "      <{element}>\n        <minValue>{}</minValue>\n        <maxValue>{}</maxValue>\n        <algorithm>StretchToMinimumMaximum</algorithm>\n      </{element}>",
        shown(0.0),
        shown(WHITE)
    );
}
