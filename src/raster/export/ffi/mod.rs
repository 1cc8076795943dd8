//! GDAL datasets being written, with every failure caught.
//!
//! The wrapper crate is too kind for writing: before GDAL 3.7 closing returns nothing, and a full
//! disk often shows only then, as a message. So every call here listens to GDAL's messages on this
//! thread, and a call during which GDAL reported a failure has failed, whatever it returned.

mod band;
mod hear;

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;

use gdal_sys::{GDALDataType, GDALDatasetH};

use crate::progress::Monitor;
use crate::raster::Dtype;

pub(super) use band::Band;

use hear::{done, listening};

/// `GDAL_OF_RASTER | GDAL_OF_READONLY` of gdal.h, which the bindings lack.
const RASTER_READ_ONLY: std::ffi::c_uint = 0x02;

/// A failure in GDAL's words.
pub(super) type Outcome<T> = std::result::Result<T, String>;

fn c_string(text: &str) -> Outcome<CString> {
    CString::new(text).map_err(|_| format!("\"{}\" holds a NUL character", text.escape_debug()))
}

fn c_path(path: &Path) -> Outcome<CString> {
    use std::os::unix::ffi::OsStrExt;
    CString::new(path.as_os_str().as_bytes()).map_err(|_| "the name holds a NUL character".to_owned())
}

/// A NULL-terminated list of C strings.
struct StringList {
    _owned: Vec<CString>,
    pointers: Vec<*mut c_char>,
}

impl StringList {
    fn new<S: AsRef<str>>(items: &[S]) -> Outcome<Self> {
        let owned = items.iter().map(|item| c_string(item.as_ref())).collect::<Outcome<Vec<_>>>()?;
        let mut pointers: Vec<_> = owned.iter().map(|item| item.as_ptr().cast_mut()).collect();
        pointers.push(ptr::null_mut());
        Ok(Self { _owned: owned, pointers })
    }

    fn as_ptr(&mut self) -> *mut *mut c_char {
        self.pointers.as_mut_ptr()
    }
}

fn gdal_type(dtype: Dtype) -> GDALDataType::Type {
    match dtype {
        Dtype::U8 => GDALDataType::GDT_Byte,
        Dtype::U16 => GDALDataType::GDT_UInt16,
        Dtype::I16 => GDALDataType::GDT_Int16,
        Dtype::U32 => GDALDataType::GDT_UInt32,
        Dtype::I32 => GDALDataType::GDT_Int32,
        Dtype::F32 => GDALDataType::GDT_Float32,
        Dtype::F64 => GDALDataType::GDT_Float64,
    }
}

fn driver(name: &CStr) -> Outcome<gdal_sys::GDALDriverH> {
    // SAFETY: a lookup by name.
    let driver = unsafe { gdal_sys::GDALGetDriverByName(name.as_ptr()) };
    if driver.is_null() {
        return Err(format!("this GDAL has no {} driver", name.to_string_lossy()));
    }
    Ok(driver)
}

/// An open dataset. It may move to another thread but not be shared.
pub(super) struct Dataset {
    handle: GDALDatasetH,
}

// SAFETY: GDAL datasets may be used from any one thread at a time; `Dataset` is not `Sync`.
unsafe impl Send for Dataset {}

impl Drop for Dataset {
    fn drop(&mut self) {
        if !self.handle.is_null() {
            // A dataset dropped without `close` is being thrown away: failures do not matter.
            let _ = self.close_handle();
        }
    }
}

impl Dataset {
    /// A new GeoTIFF.
    pub(super) fn create_tiff(
        path: &Path,
        size: (usize, usize),
        bands: usize,
        dtype: Dtype,
        options: &[String],
    ) -> Outcome<Self> {
        let driver = driver(c"GTiff")?;
        let path = c_path(path)?;
        let mut list = StringList::new(options)?;
        let (Ok(width), Ok(height), Ok(bands)) =
            (c_int::try_from(size.0), c_int::try_from(size.1), c_int::try_from(bands))
        else {
            return Err(format!("{} × {} pixels are more than a TIFF can hold", size.0, size.1));
        };
        // SAFETY: valid driver, C string and string list.
        listening(|| unsafe {
            let handle = gdal_sys::GDALCreate(
                driver,
                path.as_ptr(),
                width,
                height,
                bands,
                gdal_type(dtype),
                list.as_ptr(),
            );
            (!handle.is_null()).then_some(Self { handle })
        })
    }

    /// Opens a TIFF of ours to read it back.
    pub(super) fn open_tiff(path: &Path) -> Outcome<Self> {
        let path = c_path(path)?;
        let mut drivers = StringList::new(&["GTiff"])?;
        // SAFETY: valid C string and string list; no options, no siblings.
        listening(|| unsafe {
            let handle = gdal_sys::GDALOpenEx(
                path.as_ptr(),
                RASTER_READ_ONLY,
                list_const(&mut drivers),
                ptr::null(),
                ptr::null(),
            );
            (!handle.is_null()).then_some(Self { handle })
        })
    }

    /// A copy in another layout, complete with the overviews this dataset has.
    pub(super) fn copy_as(
        &self,
        driver_name: &CStr,
        path: &Path,
        options: &[String],
        monitor: &dyn Monitor,
    ) -> Outcome<Self> {
        let driver = driver(driver_name)?;
        let path = c_path(path)?;
        let mut list = StringList::new(options)?;
        let mut progress = Progress::new(monitor);
        // SAFETY: valid handles, C string and list; `progress` outlives the call.
        listening(|| unsafe {
            let handle = gdal_sys::GDALCreateCopy(
                driver,
                path.as_ptr(),
                self.handle,
                0,
                list.as_ptr(),
                Some(Progress::callback),
                ptr::from_mut(&mut progress).cast(),
            );
            (!handle.is_null()).then_some(Self { handle })
        })
    }

    pub(super) fn set_crs(&self, wkt: &str) -> Outcome<()> {
        let wkt = c_string(wkt)?;
        // SAFETY: valid handle and C string.
        listening(|| done(unsafe { gdal_sys::GDALSetProjection(self.handle, wkt.as_ptr()) }))
    }

    pub(super) fn set_geotransform(&self, mut transform: [f64; 6]) -> Outcome<()> {
        // SAFETY: valid handle, six numbers.
        listening(|| done(unsafe { gdal_sys::GDALSetGeoTransform(self.handle, transform.as_mut_ptr()) }))
    }

    pub(super) fn set_metadata(&self, items: &[String]) -> Outcome<()> {
        set_metadata(self.handle, items)
    }

    /// Band `index`, from 0.
    pub(super) fn band(&self, index: usize) -> Outcome<Band<'_>> {
        // SAFETY: valid handle; an index out of range gives null.
        let handle = listening(|| unsafe {
            let band = gdal_sys::GDALGetRasterBand(self.handle, index as c_int + 1);
            (!band.is_null()).then_some(band)
        })?;
        Ok(Band { handle, dataset: self })
    }

    /// Adds empty overviews of all bands, to be filled through [`Band::overview`].
    pub(super) fn add_overviews(&self, factors: &[c_int], tile: usize) -> Outcome<()> {
        let tile = c_string(&tile.to_string())?;
        let key = c"GDAL_TIFF_OVR_BLOCKSIZE";
        // SAFETY: valid handle, C strings and lists of the stated length; the setting is this
        // thread's only and taken back at once.
        listening(|| unsafe {
            gdal_sys::CPLSetThreadLocalConfigOption(key.as_ptr(), tile.as_ptr());
            let code = gdal_sys::GDALBuildOverviews(
                self.handle,
                c"NONE".as_ptr(),
                factors.len() as c_int,
                factors.as_ptr(),
                0,
                ptr::null(),
                None,
                ptr::null_mut(),
            );
            gdal_sys::CPLSetThreadLocalConfigOption(key.as_ptr(), ptr::null());
            done(code)
        })
    }

    /// Closes the file: what is still in memory is written now.
    pub(super) fn close(mut self) -> Outcome<()> {
        self.close_handle()
    }

    fn close_handle(&mut self) -> Outcome<()> {
        let handle = std::mem::replace(&mut self.handle, ptr::null_mut());
        // SAFETY: the handle is valid and never used again. Flushed first, so that a failure to
        // write pixels is heard even by drivers that close silently.
        listening(|| unsafe {
            gdal_sys::GDALFlushCache(handle);
            gdal_sys::GDALClose(handle);
            Some(())
        })
    }
}

fn list_const(list: &mut StringList) -> *const *const c_char {
    list.as_ptr().cast::<*const c_char>().cast_const()
}

fn set_metadata(object: *mut c_void, items: &[String]) -> Outcome<()> {
    let mut list = StringList::new(items)?;
    // SAFETY: valid handle and list; a null domain is the default one.
    listening(|| done(unsafe { gdal_sys::GDALSetMetadata(object, list.as_ptr(), ptr::null()) }))
}

/// Hands GDAL's progress to a monitor, in hundredths, and its wish to cancel to GDAL.
struct Progress<'m> {
    monitor: &'m dyn Monitor,
    told: u64,
}

impl<'m> Progress<'m> {
    fn new(monitor: &'m dyn Monitor) -> Self {
        Self { monitor, told: 0 }
    }

    unsafe extern "C" fn callback(complete: f64, _message: *const c_char, this: *mut c_void) -> c_int {
        // SAFETY: `this` is the `Progress` the caller keeps alive during the call.
        let Some(this) = (unsafe { this.cast::<Progress<'_>>().as_mut() }) else { return 1 };
        let hundredths = (complete * 100.0) as u64;
        if hundredths > this.told {
            this.monitor.advance(hundredths - this.told);
            this.told = hundredths;
        }
        c_int::from(!this.monitor.is_cancelled())
    }
}
