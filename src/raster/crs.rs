//! Coordinate reference systems in an analyst's words.

use gdal::spatial_ref::{AxisMappingStrategy, CoordTransform, SpatialRef};

use super::Grid;

/// How far two grids may lie apart, in pixels.
const GRID_TOLERANCE_PX: f64 = 0.05;

/// What a coordinate reference system is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrsName {
    /// Its name: `WGS 84 / UTM zone 33N`.
    pub name: String,
    /// Its authority and code, where it has one: `EPSG:32633`.
    pub code: Option<String>,
    /// Unit of its coordinates: `metre`, `degree`.
    pub unit: String,
}

/// Name, code and unit of a system given as WKT; none where the text is empty or no WKT.
#[must_use]
pub fn crs_name(wkt: &str) -> Option<CrsName> {
    let system = parse(wkt)?;
    let unit = if system.is_geographic() { system.angular_units_name() } else { system.linear_units_name() };
    Some(CrsName {
        name: system.name().unwrap_or_else(|| "unnamed".into()),
        code: system.authority().ok(),
        unit: unit.unwrap_or_default(),
    })
}

/// Side of a grid's pixel along a row in metres; none without a geotransform, or where the system is
/// unknown or counts in degrees.
#[must_use]
pub fn pixel_m(grid: &Grid) -> Option<f64> {
    let [_, across, _, _, down, _] = grid.geotransform?;
    let system = parse(&grid.crs_wkt)?;
    if system.is_geographic() {
        return None;
    }
    let metres = across.hypot(down) * system.linear_units();
    (metres.is_finite() && metres > 0.0).then_some(metres)
}

/// Whether two coordinate reference systems in WKT are the same, however they are written.
/// Unknown (empty) ones are the same as nothing.
#[must_use]
pub fn same_crs(first_wkt: &str, second_wkt: &str) -> bool {
    if first_wkt.is_empty() || second_wkt.is_empty() {
        return false;
    }
    if first_wkt == second_wkt {
        return true;
    }
    match (SpatialRef::from_wkt(first_wkt), SpatialRef::from_wkt(second_wkt)) {
        (Ok(first), Ok(second)) => first == second || same_code(&first, &second),
        _ => false,
    }
}

/// One file may spell out what another names by its EPSG code.
fn same_code(first: &SpatialRef, second: &SpatialRef) -> bool {
    match (first.auth_code(), second.auth_code()) {
        (Ok(first_code), Ok(second_code)) => {
            first_code == second_code && first.auth_name() == second.auth_name()
        }
        _ => false,
    }
}

/// What keeps two rasters from having their pixels in the same places, and what to do; none where
/// they have the same size and, where both have one, the same CRS and geotransform.
#[must_use]
pub fn grid_difference(a: &Grid, b: &Grid) -> Option<String> {
    if (a.width, a.height) != (b.width, b.height) {
        return Some(format!(
            "their sizes differ ({} × {} and {} × {}); cut or resample one to the other's grid first",
            a.width, a.height, b.width, b.height
        ));
    }
    if !a.crs_wkt.is_empty() && !b.crs_wkt.is_empty() && !same_crs(&a.crs_wkt, &b.crs_wkt) {
        return Some(
            "their coordinate reference systems differ; warp one to the other's grid first (gdalwarp)"
                .to_owned(),
        );
    }
    let shift = shift_px(a, b).filter(|&shift| shift > GRID_TOLERANCE_PX)?;
    Some(format!("their grids lie {shift:.1} pixels apart; warp one to the other's grid first (gdalwarp)"))
}

/// The greatest distance between the same corner of two grids of one size, in pixels of the
/// first; none where one has no geotransform.
fn shift_px(a: &Grid, b: &Grid) -> Option<f64> {
    let [_, xx, xy, _, yx, yy] = a.geotransform?;
    b.geotransform?;
    let (width, height) = (a.width as f64, a.height as f64);
    let pixel = xx.hypot(yx).min(xy.hypot(yy));
    let corners = [(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)];
    let apart = |(x, y)| {
        let ((ax, ay), (bx, by)) = (a.world_from_pixel(x, y), b.world_from_pixel(x, y));
        (ax - bx).hypot(ay - by) / pixel
    };
    Some(corners.into_iter().map(apart).fold(0.0, f64::max))
}

/// Latitude and longitude (degrees, WGS 84) of a grid's centre; none where the grid has no place
/// on Earth.
#[must_use]
pub fn center_lat_lon(grid: &Grid) -> Option<(f64, f64)> {
    Locator::of(grid)?.lat_lon(grid.width as f64 / 2.0, grid.height as f64 / 2.0)
}

/// Tells where on Earth the pixels of one grid lie. Made once, then cheap to ask.
pub struct Locator {
    grid: Grid,
    to_earth: CoordTransform,
}

impl Locator {
    /// Of a grid; none where it has no place on Earth.
    #[must_use]
    pub fn of(grid: &Grid) -> Option<Self> {
        grid.geotransform?;
        let mut system = parse(&grid.crs_wkt)?;
        let mut earth = SpatialRef::from_epsg(4326).ok()?;
        for reference in [&mut system, &mut earth] {
            reference.set_axis_mapping_strategy(AxisMappingStrategy::TraditionalGisOrder);
        }
        let to_earth = CoordTransform::new(&system, &earth).ok()?;
        Some(Self { grid: grid.clone(), to_earth })
    }

    /// Latitude and longitude (degrees, WGS 84) of a position in pixels; none outside the CRS's domain.
    #[must_use]
    pub fn lat_lon(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (x, y) = self.grid.world_from_pixel(x, y);
        let (mut longitude, mut latitude) = ([x], [y]);
        self.to_earth.transform_coords(&mut longitude, &mut latitude, &mut []).ok()?;
        let found = (latitude[0], longitude[0]);
        (found.0.is_finite() && found.1.is_finite()).then_some(found)
    }
}

fn parse(wkt: &str) -> Option<SpatialRef> {
    if wkt.is_empty() {
        return None;
    }
    super::driver::setup();
    SpatialRef::from_wkt(wkt).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_utm_grid_has_a_name_a_code_and_a_place() {
        let wkt = SpatialRef::from_epsg(32633).and_then(|system| system.to_wkt()).expect("EPSG is known");
        let name = crs_name(&wkt).expect("a system");
        assert_eq!(name.code.as_deref(), Some("EPSG:32633"));
        assert_eq!(name.unit, "metre");
        let grid = Grid {
            width: 2,
            height: 2,
            geotransform: Some([499_990.0, 10.0, 0.0, 10.0, 0.0, -10.0]),
            crs_wkt: wkt,
        };
        assert_eq!(pixel_m(&grid), Some(10.0));
        let (latitude, longitude) = center_lat_lon(&grid).expect("a place");
        assert!(latitude.abs() < 1e-6 && (longitude - 15.0).abs() < 1e-6, "{latitude} {longitude}");
    }

    #[test]
    fn nonsense_has_no_name() {
        assert_eq!(crs_name(""), None);
        assert_eq!(crs_name("LOCAL nonsense ["), None);
        let grid = Grid { geotransform: Some([0.0, 10.0, 0.0, 0.0, 0.0, -10.0]), ..Grid::default() };
        assert_eq!(pixel_m(&grid), None, "without a system, 10 may be anything");
    }
}
