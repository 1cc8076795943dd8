//! The cloud polygons of an L1C product before baseline 04.00 (`MSK_CLOUDS_B00.gml`).

use super::{Error, Result};
use crate::progress::Monitor;
use crate::raster::{self, Grid, Plane};

/// Real files have a few hundred kilobytes.
const LIMIT_BYTES: u64 = 64 << 20;
/// Row crossings of one polygon that are still believable: a comb over a whole granule.
const LIMIT_CROSSINGS: usize = 40_000_000;

/// A closed ring in pixels of the scene.
type Ring = Vec<(f64, f64)>;

/// Paints `code` on every pixel whose centre lies in a polygon of the file, of type `OPAQUE` or
/// `CIRRUS`. Coordinates are easting and northing in the scene's CRS.
///
/// # Errors
/// A damaged file, coordinates that are no numbers, or a scene without a geotransform.
pub(super) fn paint(
    path: &str,
    grid: &Grid,
    codes: &mut Plane<u8>,
    code: u8,
    monitor: &dyn Monitor,
) -> Result<usize> {
    let text = raster::read_text(path, LIMIT_BYTES)?;
    let to_pixel = inverse(grid)
        .ok_or_else(|| Error::damaged(path, "the scene has no geotransform to place cloud polygons by"))?;
    let document = roxmltree::Document::parse(&text)
        .map_err(|error| Error::damaged(path, format!("the cloud polygons are no valid XML ({error})")))?;
    let mut painted = 0;
    for feature in document.descendants().filter(|node| node.tag_name().name() == "MaskFeature") {
        if monitor.is_cancelled() {
            return Err(raster::Error::Cancelled.into());
        }
        let kind = feature
            .descendants()
            .find(|node| node.tag_name().name() == "maskType")
            .and_then(|node| node.text())
            .unwrap_or_default();
        if !matches!(kind.trim(), "OPAQUE" | "CIRRUS") {
            continue;
        }
        for polygon in feature.descendants().filter(|node| node.tag_name().name() == "Polygon") {
            let rings = rings_of(polygon, &to_pixel)
                .ok_or_else(|| Error::damaged(path, "a cloud polygon has coordinates that are no numbers"))?;
            painted += fill(&rings, codes, code)
                .ok_or_else(|| Error::damaged(path, "a cloud polygon has an unbelievable number of edges"))?;
        }
    }
    Ok(painted)
}

/// From CRS coordinates to pixels.
fn inverse(grid: &Grid) -> Option<impl Fn(f64, f64) -> (f64, f64) + use<>> {
    let g = grid.geotransform?;
    let determinant = g[1] * g[5] - g[2] * g[4];
    (determinant != 0.0 && determinant.is_finite()).then_some(move |x: f64, y: f64| {
        let (x, y) = (x - g[0], y - g[3]);
        ((x * g[5] - y * g[2]) / determinant, (y * g[1] - x * g[4]) / determinant)
    })
}

/// Exterior and interior rings of a polygon; the even-odd rule makes holes of the latter.
fn rings_of(
    polygon: roxmltree::Node<'_, '_>,
    to_pixel: &impl Fn(f64, f64) -> (f64, f64),
) -> Option<Vec<Ring>> {
    polygon
        .descendants()
        .filter(|node| node.tag_name().name() == "posList")
        .map(|list| {
            let dimension =
                list.attribute("srsDimension").and_then(|text| text.parse().ok()).unwrap_or(2_usize);
            let numbers: Option<Vec<f64>> = list
                .text()
                .unwrap_or_default()
                .split_ascii_whitespace()
                .map(|word| word.parse::<f64>().ok().filter(|value| value.is_finite()))
                .collect();
            let numbers = numbers.filter(|_| (2..=3).contains(&dimension))?;
            Some(numbers.chunks_exact(dimension).map(|point| to_pixel(point[0], point[1])).collect())
        })
        .collect()
}

/// Even-odd scanline fill at pixel centres. Returns the number of pixels filled.
fn fill(rings: &[Ring], codes: &mut Plane<u8>, code: u8) -> Option<usize> {
    let height = codes.height as f64;
    let mut crossings: Vec<(u32, f64)> = Vec::new();
    for ring in rings {
        for (from, to) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            let (top, bottom) = if from.1 < to.1 { (from, to) } else { (to, from) };
            // Rows whose centre lies in [top, bottom).
            let first = (top.1 - 0.5).ceil().clamp(0.0, height) as u32;
            let last = (bottom.1 - 0.5).ceil().clamp(0.0, height) as u32;
            let slope = (bottom.0 - top.0) / (bottom.1 - top.1);
            for row in first..last {
                crossings.push((row, top.0 + (f64::from(row) + 0.5 - top.1) * slope));
            }
            if crossings.len() > LIMIT_CROSSINGS {
                return None;
            }
        }
    }
    crossings.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let width = codes.width as f64;
    let mut filled = 0;
    for pair in crossings.chunks_exact(2) {
        let (row, enter, leave) = (pair[0].0 as usize, pair[0].1, pair[1].1);
        let first = (enter - 0.5).ceil().clamp(0.0, width) as usize;
        let last = (leave - 0.5).ceil().clamp(0.0, width) as usize;
        if let Some(pixels) = codes.row_mut(row).get_mut(first..last) {
            pixels.fill(code);
            filled += pixels.len();
        }
    }
    Some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_with_a_hole_covers_the_pixels_whose_centres_it_holds() {
        let outer = vec![(1.0, 1.0), (6.0, 1.0), (6.0, 5.0), (1.0, 5.0), (1.0, 1.0)];
        let hole = vec![(2.0, 2.0), (4.0, 2.0), (4.0, 4.0), (2.0, 4.0)];
        let mut codes = Plane::filled(8, 6, 0_u8);
        assert_eq!(fill(&[outer, hole], &mut codes, 1), Some(20 - 4));
        assert_eq!(codes.row(1), [0, 1, 1, 1, 1, 1, 0, 0]);
        assert_eq!(codes.row(2), [0, 1, 0, 0, 1, 1, 0, 0]);
        assert_eq!(codes.row(5), [0; 8]);
    }

    #[test]
    fn polygons_beyond_the_scene_are_clipped() {
        let ring = vec![(-1e9, -1e9), (1e9, -1e9), (1e9, 1e9), (-1e9, 1e9)];
        let mut codes = Plane::filled(3, 2, 0_u8);
        assert_eq!(fill(&[ring], &mut codes, 1), Some(6));
    }
}
