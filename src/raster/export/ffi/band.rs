//! A band of a dataset being written.

use std::ffi::{CStr, CString, c_int};

use super::hear::{done, listening};
use super::{Dataset, Outcome, c_string, set_metadata};

/// A band (or an overview) of an open dataset.
pub(in crate::raster::export) struct Band<'d> {
    pub(super) handle: gdal_sys::GDALRasterBandH,
    /// Keeps the dataset open.
    pub(super) dataset: &'d Dataset,
}

impl Band<'_> {
    pub(in crate::raster::export) fn set_description(&self, text: &str) -> Outcome<()> {
        let text = c_string(text)?;
        // SAFETY: valid handle and C string.
        listening(|| {
            unsafe { gdal_sys::GDALSetDescription(self.handle, text.as_ptr()) };
            Some(())
        })
    }

    pub(in crate::raster::export) fn set_metadata(&self, items: &[String]) -> Outcome<()> {
        set_metadata(self.handle, items)
    }

    pub(in crate::raster::export) fn set_nodata(&self, value: f64) -> Outcome<()> {
        // SAFETY: valid handle.
        listening(|| done(unsafe { gdal_sys::GDALSetRasterNoDataValue(self.handle, value) }))
    }

    pub(in crate::raster::export) fn set_scale(&self, value: f64) -> Outcome<()> {
        // SAFETY: valid handle.
        listening(|| done(unsafe { gdal_sys::GDALSetRasterScale(self.handle, value) }))
    }

    pub(in crate::raster::export) fn set_offset(&self, value: f64) -> Outcome<()> {
        // SAFETY: valid handle.
        listening(|| done(unsafe { gdal_sys::GDALSetRasterOffset(self.handle, value) }))
    }

    pub(in crate::raster::export) fn set_unit(&self, unit: &str) -> Outcome<()> {
        let unit = c_string(unit)?;
        // SAFETY: valid handle and C string.
        listening(|| done(unsafe { gdal_sys::GDALSetRasterUnitType(self.handle, unit.as_ptr()) }))
    }

    /// Sets the colour interpretation by GDAL's name; an unknown name is "undefined".
    pub(in crate::raster::export) fn set_color(&self, name: &str) -> Outcome<()> {
        let name = c_string(name)?;
        // SAFETY: valid handle and C string.
        listening(|| unsafe {
            let color = gdal_sys::GDALGetColorInterpretationByName(name.as_ptr());
            done(gdal_sys::GDALSetRasterColorInterpretation(self.handle, color))
        })
    }

    /// Overview `index`, from 0 (the finest).
    pub(in crate::raster::export) fn overview(&self, index: usize) -> Outcome<Self> {
        // SAFETY: valid handle; an index out of range gives null.
        let handle = listening(|| unsafe {
            let band = gdal_sys::GDALGetOverview(self.handle, index as c_int);
            (!band.is_null()).then_some(band)
        })?;
        Ok(Self { handle, dataset: self.dataset })
    }

    /// Columns and rows of a tile.
    pub(in crate::raster::export) fn block_size(&self) -> Outcome<(usize, usize)> {
        let (mut width, mut height): (c_int, c_int) = (0, 0);
        // SAFETY: valid handle and two numbers to fill.
        unsafe { gdal_sys::GDALGetBlockSize(self.handle, &raw mut width, &raw mut height) };
        if width > 0 && height > 0 {
            Ok((width as usize, height as usize))
        } else {
            Err("the file has no tiles".to_owned())
        }
    }

    /// Columns and rows of the band.
    pub(in crate::raster::export) fn size(&self) -> (usize, usize) {
        // SAFETY: valid handle.
        let (width, height) = unsafe {
            (gdal_sys::GDALGetRasterBandXSize(self.handle), gdal_sys::GDALGetRasterBandYSize(self.handle))
        };
        (width.max(0) as usize, height.max(0) as usize)
    }

    /// How many overviews it has.
    pub(in crate::raster::export) fn overview_count(&self) -> usize {
        // SAFETY: valid handle.
        unsafe { gdal_sys::GDALGetOverviewCount(self.handle) }.max(0) as usize
    }

    /// Writes one whole tile past GDAL's block cache, straight to the compressing threads. `values`
    /// are of the band's own type; whole tiles only, so nothing is ever read back.
    pub(in crate::raster::export) fn write_tile<T>(
        &self,
        column: usize,
        row: usize,
        values: &[T],
    ) -> Outcome<()> {
        self.fits(values)?;
        // SAFETY: the buffer is a whole tile of the band's type (checked); writing only reads it.
        listening(|| {
            done(unsafe {
                gdal_sys::GDALWriteBlock(
                    self.handle,
                    column as c_int,
                    row as c_int,
                    values.as_ptr().cast_mut().cast(),
                )
            })
        })
    }

    /// Reads and decompresses one whole tile.
    pub(in crate::raster::export) fn read_tile(&self, column: usize, row: usize) -> Outcome<()> {
        let (width, height) = self.block_size()?;
        // SAFETY: valid handle; the buffer below is as large as a tile of the band's type.
        listening(|| unsafe {
            let bytes = gdal_sys::GDALGetDataTypeSizeBytes(gdal_sys::GDALGetRasterDataType(self.handle));
            let mut buffer = vec![0_u8; width * height * bytes.max(0) as usize];
            done(gdal_sys::GDALReadBlock(
                self.handle,
                column as c_int,
                row as c_int,
                buffer.as_mut_ptr().cast(),
            ))
        })
    }

    /// Offset and size of a tile in the file; none where the file has no such tile.
    pub(in crate::raster::export) fn tile_extent(&self, column: usize, row: usize) -> Option<(u64, u64)> {
        let number = |what: &str| -> Option<u64> {
            let key = CString::new(format!("BLOCK_{what}_{column}_{row}")).ok()?;
            // SAFETY: valid handle and C strings; the answer is a C string of GDAL's or null.
            unsafe {
                let text = gdal_sys::GDALGetMetadataItem(self.handle, key.as_ptr(), c"TIFF".as_ptr());
                if text.is_null() { None } else { CStr::from_ptr(text).to_str().ok()?.parse().ok() }
            }
        };
        Some((number("OFFSET")?, number("SIZE")?))
    }

    fn fits<T>(&self, values: &[T]) -> Outcome<()> {
        let (width, height) = self.block_size()?;
        // SAFETY: valid handle.
        let bytes =
            unsafe { gdal_sys::GDALGetDataTypeSizeBytes(gdal_sys::GDALGetRasterDataType(self.handle)) };
        if size_of_val(values) == width * height * bytes.max(0) as usize {
            Ok(())
        } else {
            Err(format!("{} values for a tile of {width} × {height}", values.len()))
        }
    }
}
