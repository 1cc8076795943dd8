//! GDAL datasets being written, with every failure caught.
//!
//! The wrapper crate is too kind for writing: before GDAL 3.7 closing returns nothing, and a full
//! disk often shows only then, as a message. So every call here listens to GDAL's messages on this
//! thread, and a call during which GDAL reported a failure has failed, whatever it returned.

use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::ptr;

use gdal_sys::{CPLErr, GDALDataType, GDALDatasetH};

use crate::progress::Monitor;
use crate::raster::Dtype;

/// `GDAL_OF_RASTER | GDAL_OF_READONLY` of gdal.h, which the bindings lack.
const RASTER_READ_ONLY: std::ffi::c_uint = 0x02;

/// A failure in GDAL's words.
pub(super) type Outcome<T> = std::result::Result<T, String>;

/// Failures reported while one call runs.
type Heard = RefCell<Vec<String>>;

unsafe extern "C" fn hear(class: CPLErr::Type, _number: c_int, message: *const c_char) {
    // SAFETY: `listening` pushed this handler with a pointer to a `Heard` that outlives the call,
    // and GDAL calls it on that same thread with a C string.
    unsafe {
        let heard = gdal_sys::CPLGetErrorHandlerUserData().cast::<Heard>();
        if class >= CPLErr::CE_Failure && !heard.is_null() && !message.is_null() {
            (*heard).borrow_mut().push(CStr::from_ptr(message).to_string_lossy().into_owned());
        }
    }
}

/// Runs `call`; a failure GDAL reports meanwhile on this thread makes it fail.
fn listening<T>(call: impl FnOnce() -> Option<T>) -> Outcome<T> {
    /// Pops the handler also when a callback panics.
    struct Pop;
    impl Drop for Pop {
        fn drop(&mut self) {
            // SAFETY: pops the handler pushed below.
            unsafe { gdal_sys::CPLPopErrorHandler() };
        }
    }
    let heard = Heard::default();
    // SAFETY: `heard` lives until after `Pop` took the handler away.
    unsafe { gdal_sys::CPLPushErrorHandlerEx(Some(hear), ptr::from_ref(&heard).cast_mut().cast()) };
    let pop = Pop;
    let value = call();
    drop(pop);
    let messages = heard.into_inner();
    match value {
        Some(value) if messages.is_empty() => Ok(value),
        _ => Err(in_words(&messages)),
    }
}

/// What went wrong, for an analyst: one failure makes libtiff complain a dozen times, and only the
/// first complaint, or the one that knows the cause, helps.
fn in_words(messages: &[String]) -> String {
    let causes = [
        ("No space left on device", "the disk is full; free some space or choose another folder"),
        ("Disk quota exceeded", "your disk quota is used up; free some space or choose another folder"),
        ("File too large", "the file would be larger than this file system allows; choose another folder"),
    ];
    let known = causes.iter().find(|(sign, _)| messages.iter().any(|message| message.contains(sign)));
    match (known, messages.first()) {
        (Some((_, words)), _) => (*words).to_owned(),
        (None, Some(first)) => first.clone(),
        (None, None) => "GDAL gave no reason".to_owned(),
    }
}

/// `Some` where GDAL returned success.
fn done(code: CPLErr::Type) -> Option<()> {
    (code < CPLErr::CE_Failure).then_some(())
}

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

/// A band (or an overview) of an open dataset.
pub(super) struct Band<'d> {
    handle: gdal_sys::GDALRasterBandH,
    /// Keeps the dataset open.
    dataset: &'d Dataset,
}

impl Band<'_> {
    pub(super) fn set_description(&self, text: &str) -> Outcome<()> {
        let text = c_string(text)?;
        // SAFETY: valid handle and C string.
        listening(|| {
            unsafe { gdal_sys::GDALSetDescription(self.handle, text.as_ptr()) };
            Some(())
        })
    }

    pub(super) fn set_metadata(&self, items: &[String]) -> Outcome<()> {
        set_metadata(self.handle, items)
    }

    pub(super) fn set_nodata(&self, value: f64) -> Outcome<()> {
        // SAFETY: valid handle.
        listening(|| done(unsafe { gdal_sys::GDALSetRasterNoDataValue(self.handle, value) }))
    }

    pub(super) fn set_scale(&self, value: f64) -> Outcome<()> {
        // SAFETY: valid handle.
        listening(|| done(unsafe { gdal_sys::GDALSetRasterScale(self.handle, value) }))
    }

    pub(super) fn set_offset(&self, value: f64) -> Outcome<()> {
        // SAFETY: valid handle.
        listening(|| done(unsafe { gdal_sys::GDALSetRasterOffset(self.handle, value) }))
    }

    pub(super) fn set_unit(&self, unit: &str) -> Outcome<()> {
        let unit = c_string(unit)?;
        // SAFETY: valid handle and C string.
        listening(|| done(unsafe { gdal_sys::GDALSetRasterUnitType(self.handle, unit.as_ptr()) }))
    }

    /// Sets the colour interpretation by GDAL's name; an unknown name is "undefined".
    pub(super) fn set_color(&self, name: &str) -> Outcome<()> {
        let name = c_string(name)?;
        // SAFETY: valid handle and C string.
        listening(|| unsafe {
            let color = gdal_sys::GDALGetColorInterpretationByName(name.as_ptr());
            done(gdal_sys::GDALSetRasterColorInterpretation(self.handle, color))
        })
    }

    /// Overview `index`, from 0 (the finest).
    pub(super) fn overview(&self, index: usize) -> Outcome<Self> {
        // SAFETY: valid handle; an index out of range gives null.
        let handle = listening(|| unsafe {
            let band = gdal_sys::GDALGetOverview(self.handle, index as c_int);
            (!band.is_null()).then_some(band)
        })?;
        Ok(Self { handle, dataset: self.dataset })
    }

    /// Columns and rows of a tile.
    pub(super) fn block_size(&self) -> Outcome<(usize, usize)> {
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
    pub(super) fn size(&self) -> (usize, usize) {
        // SAFETY: valid handle.
        let (width, height) = unsafe {
            (gdal_sys::GDALGetRasterBandXSize(self.handle), gdal_sys::GDALGetRasterBandYSize(self.handle))
        };
        (width.max(0) as usize, height.max(0) as usize)
    }

    /// How many overviews it has.
    pub(super) fn overview_count(&self) -> usize {
        // SAFETY: valid handle.
        unsafe { gdal_sys::GDALGetOverviewCount(self.handle) }.max(0) as usize
    }

    /// Writes one whole tile past GDAL's block cache, straight to the compressing threads. `values`
    /// are of the band's own type; whole tiles only, so nothing is ever read back.
    pub(super) fn write_tile<T>(&self, column: usize, row: usize, values: &[T]) -> Outcome<()> {
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
    pub(super) fn read_tile(&self, column: usize, row: usize) -> Outcome<()> {
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
    pub(super) fn tile_extent(&self, column: usize, row: usize) -> Option<(u64, u64)> {
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
