//! Whether a raster can be an export of a scene at all: its grid, its bands and what they say.

use super::locate::Located;
use super::{expected_bands, file_name};
use crate::raster::export::{OutputBand, file_nodata};
use crate::raster::{Grid, Scene, SceneBand, same_crs};

/// Geotransforms agree when no corner moves further than this, in pixels.
const GRID_TOLERANCE_PX: f64 = 1e-6;

/// What makes the raster no export of this scene.
pub(super) fn unfit(scene: &Scene, file: &Located, output: &Scene) -> Vec<String> {
    let name = file_name(&file.layout.path);
    let mut problems = grid_problems(&name, &file.layout.grid, &output.grid);
    let expected = expected_bands(scene, file);
    let (count, found) = (expected.len(), output.bands.len());
    if found < count {
        problems.push(format!("{name} has {found} bands, fewer than the source's {count}"));
    }
    for extra in output.bands.iter().skip(count).filter(|band| !is_own(&band.description)) {
        problems.push(format!("{name} has a band \"{}\" that the source has not", extra.name));
    }
    let nodata = file_nodata(expected.iter().map(|band| band.nodata.declared));
    for (source, found) in expected.iter().zip(&output.bands) {
        problems.extend(band_problems(&name, source, found, nodata));
    }
    problems
}

/// Whether a description is that of a band the export adds.
fn is_own(description: &str) -> bool {
    ["synthetic", "spread"].contains(&description)
}

pub(super) fn grid_problems(name: &str, source: &Grid, found: &Grid) -> Vec<String> {
    let mut problems = Vec::new();
    if (source.width, source.height) != (found.width, found.height) {
        problems.push(format!(
            "{name} has {} × {} pixels; the source has {} × {}",
            found.width, found.height, source.width, source.height
        ));
    }
    if !same_place(source, found) {
        problems.push(format!(
            "{name} lies elsewhere: {}, the source {}",
            geotransform_words(found),
            geotransform_words(source)
        ));
    }
    let both_none = source.crs_wkt.is_empty() && found.crs_wkt.is_empty();
    if !both_none && !same_crs(&source.crs_wkt, &found.crs_wkt) {
        problems.push(format!("{name} has another coordinate reference system than the source"));
    }
    problems
}

fn geotransform_words(grid: &Grid) -> String {
    match grid.geotransform {
        Some(numbers) => {
            format!("has the geotransform {}", numbers.map(|number| number.to_string()).join(", "))
        }
        None => "has no geotransform".to_owned(),
    }
}

fn same_place(source: &Grid, found: &Grid) -> bool {
    let (Some(first), Some(_)) = (source.geotransform, found.geotransform) else {
        return source.geotransform == found.geotransform;
    };
    let step = first[1].hypot(first[4]).min(first[2].hypot(first[5]));
    let (width, height) = (source.width as f64, source.height as f64);
    [(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)].iter().all(|&(x, y)| {
        let (a, b) = (source.world_from_pixel(x, y), found.world_from_pixel(x, y));
        (a.0 - b.0).hypot(a.1 - b.1) <= step * GRID_TOLERANCE_PX
    })
}

fn band_problems(name: &str, source: &SceneBand, found: &SceneBand, nodata: Option<f64>) -> Vec<String> {
    let facts = [
        ("type", format!("{:?}", source.dtype), format!("{:?}", found.dtype)),
        ("nodata value", tag_words(nodata), tag_words(found.nodata.declared)),
        ("scale", tag_words(source.scale_tag), tag_words(found.scale_tag)),
        ("offset", tag_words(source.offset_tag), tag_words(found.offset_tag)),
    ];
    let mut problems: Vec<_> = facts
        .into_iter()
        .filter(|(_, expected, seen)| expected != seen)
        .map(|(what, expected, seen)| {
            format!("{name}: the {what} of band {} is {seen}; expected {expected}", source.name)
        })
        .collect();
    // XML in a TIFF keeps no spaces at a text's ends. A source without descriptions may have been named
    // with --bands.
    let (expected, seen) = (OutputBand::like(source).description, found.description.trim());
    if !expected.trim().is_empty() && expected.trim() != seen {
        problems.push(format!("{name} calls band {} \"{seen}\"; expected \"{expected}\"", source.name));
    }
    problems
}

/// A tag's number, or that there is none.
fn tag_words(tag: Option<f64>) -> String {
    tag.map_or_else(|| "none".to_owned(), |value| value.to_string())
}
