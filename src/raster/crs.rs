//! Whether two rasters speak of the same place on Earth.

use gdal::spatial_ref::SpatialRef;

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
