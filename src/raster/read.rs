//! Windows of a scene, as stored values or as reflectance.

use std::collections::HashMap;

use gdal::Dataset;
use gdal::raster::{GdalType, RasterBand};

use super::driver::{heed, open_raster, shown_path};
use super::resample::{support, upsample};
use super::{BandSource, Dtype, Error, Plane, Result, Samples, Scene, Window};

/// Reads windows of a scene. One reader a thread: a GDAL dataset may move between threads but not
/// be shared by them.
pub struct SceneReader<'s> {
    scene: &'s Scene,
    datasets: HashMap<String, Dataset>,
}

impl<'s> SceneReader<'s> {
    /// A reader that opens each file when it is first needed.
    #[must_use]
    pub fn new(scene: &'s Scene) -> Self {
        Self { scene, datasets: HashMap::new() }
    }

    /// The scene it reads.
    #[must_use]
    pub fn scene(&self) -> &'s Scene {
        self.scene
    }

    /// Stored values of band `band` (its index in the scene) in a window of the band's own grid.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the file ends early or cannot be decoded.
    pub fn samples(&mut self, band: usize, window: Window) -> Result<Samples> {
        let band = &self.scene.bands[band];
        self.raster_samples(&band.source, band.dtype, window)
    }

    /// Stored values of any raster that belongs to the scene (such as its SCL).
    ///
    /// # Errors
    /// As [`SceneReader::samples`].
    pub fn raster_samples(&mut self, source: &BandSource, dtype: Dtype, window: Window) -> Result<Samples> {
        if window.is_empty() {
            return Ok(Samples::zeros(dtype, 0));
        }
        if let Some(memory) = &self.scene.memory {
            return memory.samples(self.scene, source, window);
        }
        let dataset = self.dataset(&source.dataset)?;
        let size = (window.width, window.height);
        heed(|| typed(&dataset.rasterband(source.index)?, dtype, window, size))
            .map_err(|words| damaged_rows(source, window, &words))
    }

    /// Reflectance of a band in a window of the band's own grid; NaN where nodata.
    ///
    /// # Errors
    /// As [`SceneReader::samples`].
    pub fn reflectance_native(&mut self, band: usize, window: Window) -> Result<Plane<f32>> {
        let samples = self.samples(band, window)?;
        let band = &self.scene.bands[band];
        let data = samples.reflectance(&band.radiometry, &band.nodata);
        Ok(Plane::from_vec(window.width, window.height, data))
    }

    /// Reflectance of a band's own window squeezed into `width` × `height` pixels, the nearest of
    /// each; NaN where nodata. Served from overviews where the file has them, so that a look at a whole
    /// scene costs a look at a small one. For display, never for measuring.
    ///
    /// # Errors
    /// As [`SceneReader::samples`].
    pub fn decimated(
        &mut self,
        band: usize,
        window: Window,
        width: usize,
        height: usize,
    ) -> Result<Plane<f32>> {
        let info = &self.scene.bands[band];
        if window.is_empty() || width == 0 || height == 0 {
            return Ok(Plane::filled(width, height, f32::NAN));
        }
        let samples = if self.scene.memory.is_some() {
            nearest(&self.samples(band, window)?, window, width, height)
        } else {
            let source = info.source.clone();
            let dtype = info.dtype;
            let dataset = self.dataset(&source.dataset)?;
            heed(|| typed(&dataset.rasterband(source.index)?, dtype, window, (width, height)))
                .map_err(|words| damaged_rows(&source, window, &words))?
        };
        let data = samples.reflectance(&info.radiometry, &info.nodata);
        Ok(Plane::from_vec(width, height, data))
    }

    /// How many times coarser the coarsest overview of a band is than the band; 1 where its file has none.
    ///
    /// # Errors
    /// As [`SceneReader::samples`].
    pub fn coarsest_overview(&mut self, band: usize) -> Result<usize> {
        let info = &self.scene.bands[band];
        if self.scene.memory.is_some() {
            return Ok(1);
        }
        let (source, width) = (info.source.clone(), info.grid.width);
        let dataset = self.dataset(&source.dataset)?;
        let factor = heed(|| {
            let raster = dataset.rasterband(source.index)?;
            let mut least = width;
            for index in 0..raster.overview_count()?.max(0) {
                least = least.min(raster.overview(index as usize)?.x_size());
            }
            Ok(width / least.max(1))
        });
        factor.map_err(|words| damaged_rows(&source, Window::new(0, 0, width, 1), &words))
    }

    fn dataset(&mut self, name: &str) -> Result<&Dataset> {
        if !self.datasets.contains_key(name) {
            self.datasets.insert(name.to_owned(), open_raster(name)?);
        }
        Ok(&self.datasets[name])
    }

    /// Reflectance of a band in a window of the scene's grid, interpolated bilinearly where the
    /// band is coarser; NaN where nodata.
    ///
    /// # Errors
    /// As [`SceneReader::samples`].
    pub fn reflectance(&mut self, band: usize, window: Window) -> Result<Plane<f32>> {
        let info = &self.scene.bands[band];
        let around = support(window, info.ratio, info.grid.width, info.grid.height);
        let native = self.reflectance_native(band, around)?;
        Ok(upsample(&native, around, window, info.ratio))
    }
}

fn damaged_rows(source: &BandSource, window: Window, words: &str) -> Error {
    Error::damaged(
        shown_path(&source.dataset),
        format!(
            "rows {} to {} of band {} cannot be read ({words}); the file is truncated or damaged, fetch it again",
            window.y,
            window.y + window.height,
            source.index
        ),
    )
}

fn typed(
    raster: &RasterBand<'_>,
    dtype: Dtype,
    window: Window,
    size: (usize, usize),
) -> gdal::errors::Result<Samples> {
    Ok(match dtype {
        Dtype::U8 => Samples::U8(read(raster, window, size)?),
        Dtype::U16 => Samples::U16(read(raster, window, size)?),
        Dtype::I16 => Samples::I16(read(raster, window, size)?),
        Dtype::U32 => Samples::U32(read(raster, window, size)?),
        Dtype::I32 => Samples::I32(read(raster, window, size)?),
        Dtype::F32 => Samples::F32(read(raster, window, size)?),
        Dtype::F64 => Samples::F64(read(raster, window, size)?),
    })
}

fn read<T: GdalType + Copy>(
    raster: &RasterBand<'_>,
    window: Window,
    size: (usize, usize),
) -> gdal::errors::Result<Vec<T>> {
    let place = (window.x as isize, window.y as isize);
    let buffer = raster.read_as::<T>(place, (window.width, window.height), size, None)?;
    Ok(buffer.into_shape_and_vec().1)
}

/// Picks, for each pixel of a smaller grid, the sample under its centre.
fn nearest(samples: &Samples, window: Window, width: usize, height: usize) -> Samples {
    let mut picked = Samples::zeros(samples.dtype(), width * height);
    for y in 0..height {
        let row = (2 * y + 1) * window.height / (2 * height);
        for x in 0..width {
            let column = (2 * x + 1) * window.width / (2 * width);
            picked.set(y * width + x, samples.get(row * window.width + column));
        }
    }
    picked
}
