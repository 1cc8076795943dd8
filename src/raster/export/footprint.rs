//! The outline of a grid on Earth, as `GeoJSON` wants it.

use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};

use crate::raster::Grid;

/// Points along one side: UTM's sides are curves in longitude and latitude.
const SIDE_POINTS: usize = 8;

/// Where a grid lies: WGS 84, longitude and latitude in degrees.
#[derive(Debug, Clone, PartialEq)]
pub struct Footprint {
    /// Closed rings, counter-clockwise: one, or two where the grid crosses the 180th meridian
    /// (RFC 7946, 3.1.9).
    pub rings: Vec<Vec<[f64; 2]>>,
    /// West, south, east, north; west > east across the 180th meridian.
    pub bbox: [f64; 4],
}

/// The outline of a grid; none where it has no place on Earth.
#[must_use]
pub fn footprint(grid: &Grid) -> Option<Footprint> {
    let ring = outline(grid)?;
    let span = |ring: &[[f64; 2]]| {
        ring.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| (low.min(p[0]), high.max(p[0])))
    };
    let (low, high) = span(&ring);
    let south = ring.iter().map(|p| p[1]).fold(f64::INFINITY, f64::min);
    let north = ring.iter().map(|p| p[1]).fold(f64::NEG_INFINITY, f64::max);
    if high - low <= 180.0 {
        return Some(Footprint { rings: vec![counter_clockwise(ring)], bbox: [low, south, high, north] });
    }
    let eastward: Vec<_> =
        ring.iter().map(|p| [if p[0] < 0.0 { p[0] + 360.0 } else { p[0] }, p[1]]).collect();
    let (west, east) = span(&eastward);
    let before = clipped(&eastward, |x| x <= 180.0);
    let after: Vec<_> = clipped(&eastward, |x| x >= 180.0).iter().map(|p| [p[0] - 360.0, p[1]]).collect();
    let rings = [before, after].into_iter().filter(|ring| ring.len() > 3).map(counter_clockwise).collect();
    Some(Footprint { rings, bbox: [west, south, east - 360.0, north] })
}

/// The closed outline in longitude and latitude.
fn outline(grid: &Grid) -> Option<Vec<[f64; 2]>> {
    grid.geotransform?;
    let mut system = SpatialRef::from_wkt(&grid.crs_wkt).ok().filter(|_| !grid.crs_wkt.is_empty())?;
    let mut earth = SpatialRef::from_epsg(4326).ok()?;
    for reference in [&mut system, &mut earth] {
        reference.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
    }
    let (width, height) = (grid.width as f64, grid.height as f64);
    let corners = [(0.0, 0.0), (0.0, height), (width, height), (width, 0.0), (0.0, 0.0)];
    let mut points: Vec<_> = corners
        .windows(2)
        .flat_map(|side| {
            (0..SIDE_POINTS).map(move |step| {
                let t = step as f64 / SIDE_POINTS as f64;
                (side[0].0 + t * (side[1].0 - side[0].0), side[0].1 + t * (side[1].1 - side[0].1))
            })
        })
        .map(|(x, y)| grid.world_from_pixel(x, y))
        .collect();
    points.push(*points.first()?);
    let (mut x, mut y): (Vec<_>, Vec<_>) = points.into_iter().unzip();
    CoordTransform::new(&system, &earth).and_then(|to| to.transform_coords(&mut x, &mut y, &mut [])).ok()?;
    let ring: Vec<_> = x.into_iter().zip(y).map(|(longitude, latitude)| [longitude, latitude]).collect();
    ring.iter().flatten().all(|value| value.is_finite()).then_some(ring)
}

/// The part of a ring on one side of the 180th meridian (Sutherland and Hodgman).
fn clipped(ring: &[[f64; 2]], inside: impl Fn(f64) -> bool) -> Vec<[f64; 2]> {
    let mut kept: Vec<[f64; 2]> = Vec::new();
    for pair in ring.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        if inside(from[0]) {
            kept.push(from);
        }
        if inside(from[0]) != inside(to[0]) {
            let t = (180.0 - from[0]) / (to[0] - from[0]);
            kept.push([180.0, from[1] + t * (to[1] - from[1])]);
        }
    }
    kept.extend(kept.first().copied());
    kept
}

fn counter_clockwise(mut ring: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    let doubled_area: f64 = ring.windows(2).map(|p| p[0][0] * p[1][1] - p[1][0] * p[0][1]).sum();
    if doubled_area < 0.0 {
        ring.reverse();
    }
    ring
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(epsg: u32, geotransform: [f64; 6]) -> Grid {
        let crs_wkt = SpatialRef::from_epsg(epsg).and_then(|system| system.to_wkt()).expect("EPSG is known");
        Grid { width: 100, height: 100, geotransform: Some(geotransform), crs_wkt }
    }

    #[test]
    fn a_utm_grid_is_one_counter_clockwise_ring() {
        let found = footprint(&grid(32633, [500_000.0, 10.0, 0.0, 1000.0, 0.0, -10.0])).expect("a place");
        assert_eq!(found.rings.len(), 1);
        let ring = &found.rings[0];
        assert_eq!(ring.first(), ring.last());
        let area: f64 = ring.windows(2).map(|p| p[0][0] * p[1][1] - p[1][0] * p[0][1]).sum();
        assert!(area > 0.0);
        assert!((found.bbox[0] - 15.0).abs() < 1e-6 && found.bbox[1].abs() < 1e-6, "{:?}", found.bbox);
    }

    #[test]
    fn a_grid_across_the_180th_meridian_is_cut_there() {
        let found = footprint(&grid(4326, [179.5, 0.01, 0.0, -16.0, 0.0, -0.01])).expect("a place");
        let plain = footprint(&grid(4326, [178.0, 0.01, 0.0, -16.0, 0.0, -0.01])).expect("a place");
        assert_eq!(plain.rings.len(), 1);
        // EPSG:4326 keeps 180.5 as it is; UTM zone 1 gives −179.5 for what lies west of it.
        let utm =
            footprint(&grid(32701, [165_000.0, 300.0, 0.0, 8_200_000.0, 0.0, -300.0])).expect("a place");
        assert_eq!(utm.rings.len(), 2, "{found:?}");
        assert!(utm.bbox[0] > 179.0 && utm.bbox[2] < -179.0, "{:?}", utm.bbox);
        for point in utm.rings.iter().flatten() {
            assert!(point[0].abs() <= 180.0, "{point:?}");
        }
    }

    #[test]
    fn a_grid_without_a_place_has_no_outline() {
        assert_eq!(footprint(&Grid { width: 3, height: 3, ..Grid::default() }), None);
    }
}
