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
        if !self.datasets.contains_key(&source.dataset) {
            self.datasets.insert(source.dataset.clone(), open_raster(&source.dataset)?);
        }
        let dataset = &self.datasets[&source.dataset];
        heed(|| typed(&dataset.rasterband(source.index)?, dtype, window)).map_err(|words| {
            Error::damaged(
                shown_path(&source.dataset),
                format!(
                    "rows {} to {} of band {} cannot be read ({words}); the file is truncated or damaged, fetch it again",
                    window.y,
                    window.y + window.height,
                    source.index
                ),
            )
        })
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

fn typed(raster: &RasterBand<'_>, dtype: Dtype, window: Window) -> gdal::errors::Result<Samples> {
    Ok(match dtype {
        Dtype::U8 => Samples::U8(read(raster, window)?),
        Dtype::U16 => Samples::U16(read(raster, window)?),
        Dtype::I16 => Samples::I16(read(raster, window)?),
        Dtype::U32 => Samples::U32(read(raster, window)?),
        Dtype::I32 => Samples::I32(read(raster, window)?),
        Dtype::F32 => Samples::F32(read(raster, window)?),
        Dtype::F64 => Samples::F64(read(raster, window)?),
    })
}

fn read<T: GdalType + Copy>(raster: &RasterBand<'_>, window: Window) -> gdal::errors::Result<Vec<T>> {
    let size = (window.width, window.height);
    let buffer = raster.read_as::<T>((window.x as isize, window.y as isize), size, size, None)?;
    Ok(buffer.into_shape_and_vec().1)
}
