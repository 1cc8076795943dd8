//! GDAL's own interpolation, the baseline an analyst would reach for first.

use std::ffi::CString;

use gdal::raster::{Buffer, GdalType};
use gdal::{Dataset, DriverManager};

use super::driver::{gdal_words, setup};
use super::{Error, Plane, Result};

/// Fills the pixels of `plane` where `keep` is 0 with `GDALFillNodata` (what `gdal_fillnodata.py`
/// calls): inverse-distance weighting of the nearest kept pixel in each direction, at most
/// `max_distance_px` away, then `smoothing` passes of a 3 × 3 mean over what was filled.
///
/// Pixels with no kept pixel within reach become NaN. Kept pixels come back unchanged; NaN is
/// never taken as a value, whatever `keep` says.
///
/// # Errors
/// [`Error::Damaged`] in GDAL's words where it cannot work, as when memory is short.
///
/// # Panics
/// When the two planes differ in size: a programming error, never a user's.
pub fn fill_nodata(
    plane: &Plane<f32>,
    keep: &Plane<u8>,
    max_distance_px: f64,
    smoothing: u32,
) -> Result<Plane<f32>> {
    assert_eq!((plane.width, plane.height), (keep.width, keep.height), "one grid");
    let keep: Vec<u8> = keep
        .data
        .iter()
        .zip(&plane.data)
        .map(|(&keep, value)| u8::from(keep != 0 && !value.is_nan()))
        .collect();
    let mut filled: Vec<f32> = plane.data.clone();
    for (value, &keep) in filled.iter_mut().zip(&keep) {
        if keep == 0 {
            *value = UNREACHED;
        }
    }
    let data = run(filled, keep, (plane.width, plane.height), max_distance_px, smoothing)
        .map_err(|error| Error::damaged("GDALFillNodata", gdal_words(&error)))?;
    let reached = |value: f32| if value == UNREACHED { f32::NAN } else { value };
    Ok(Plane::from_vec(plane.width, plane.height, data.into_iter().map(reached).collect()))
}

/// Stands in the pixels to be filled; what still holds it afterwards was out of reach.
const UNREACHED: f32 = f32::MIN;

fn run(
    values: Vec<f32>,
    keep: Vec<u8>,
    size: (usize, usize),
    max_distance_px: f64,
    smoothing: u32,
) -> gdal::errors::Result<Vec<f32>> {
    let target = in_memory(values, size)?;
    let mask = in_memory(keep, size)?;
    let band = target.rasterband(1)?;
    let mask = mask.rasterband(1)?;
    // Its three work files would otherwise be TIFFs in the current folder.
    let option = CString::new("TEMP_FILE_DRIVER=MEM").unwrap_or_default();
    let mut options = [option.as_ptr().cast_mut(), std::ptr::null_mut()];
    // SAFETY: both bands and their datasets live until the end of this function; the options are
    // a null-terminated list that GDAL only reads; no progress function is given.
    let status = unsafe {
        gdal_sys::GDALFillNodata(
            band.c_rasterband(),
            mask.c_rasterband(),
            max_distance_px,
            0,
            i32::try_from(smoothing).unwrap_or(i32::MAX),
            options.as_mut_ptr(),
            None,
            std::ptr::null_mut(),
        )
    };
    if status != gdal_sys::CPLErr::CE_None {
        return Err(gdal::errors::GdalError::CplError {
            class: status,
            number: 0,
            msg: "GDAL could not fill the band".into(),
        });
    }
    Ok(band.read_as::<f32>((0, 0), size, size, None)?.into_shape_and_vec().1)
}

fn in_memory<T: GdalType + Copy>(values: Vec<T>, size: (usize, usize)) -> gdal::errors::Result<Dataset> {
    setup();
    let driver = DriverManager::get_driver_by_name("MEM")?;
    let dataset = driver.create_with_band_type::<T, _>("", size.0, size.1, 1)?;
    dataset.rasterband(1)?.write((0, 0), size, &mut Buffer::new(size, values))?;
    Ok(dataset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hole_is_interpolated_and_what_is_out_of_reach_stays_unknown() {
        let ramp = Plane::from_vec(40, 9, (0..360).map(|i| (i % 40) as f32 / 40.0).collect());
        let mut keep = Plane::filled(40, 9, 1_u8);
        for x in 4..36 {
            (0..9).for_each(|y| keep.set(x, y, 0));
        }
        let wide = fill_nodata(&ramp, &keep, 100.0, 0).expect("GDAL fills");
        assert_eq!(wide.get(3, 4), ramp.get(3, 4));
        let middle = wide.get(20, 4);
        assert!(middle > ramp.get(3, 4) && middle < ramp.get(36, 4), "{middle}");
        let near = fill_nodata(&ramp, &keep, 3.0, 0).expect("GDAL fills");
        assert!(near.get(20, 4).is_nan() && !near.get(5, 4).is_nan());
    }
}
