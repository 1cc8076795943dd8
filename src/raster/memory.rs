//! A scene whose pixels are in memory: patches from a database are masked and read by the same code
//! as scenes on disk.

use std::path::Path;
use std::sync::Arc;

use super::{
    BandSource, Error, Grid, Nodata, Radiometry, RadiometrySource, Result, Samples, Scene, SceneBand,
    SceneKind, Window,
};
use crate::bands::{Band, Level};

/// The bands of a scene in memory, in the scene's order; cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub struct Memory(Arc<Vec<Samples>>);

/// A band that is to become part of a scene in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct MemoryBand {
    /// Which band it is.
    pub band: Band,
    /// Columns and rows at the band's own resolution.
    pub size: (usize, usize),
    /// Its values, row by row.
    pub samples: Samples,
}

impl Memory {
    /// A window of a band.
    ///
    /// # Errors
    /// [`Error::Damaged`] for a band that the scene does not have.
    pub(super) fn samples(&self, scene: &Scene, source: &BandSource, window: Window) -> Result<Samples> {
        let index = source.index.wrapping_sub(1);
        let band = scene.bands.iter().find(|band| band.source == *source);
        match (self.0.get(index), band) {
            (Some(samples), Some(band)) => Ok(samples.crop(band.grid.width, window)),
            _ => {
                Err(Error::damaged(&scene.path, format!("the scene in memory has no band {}", source.index)))
            }
        }
    }
}

impl Scene {
    /// A scene of arrays without a place on Earth: DN / 10000 for integers, the value itself for
    /// floats, 0 is nodata in integers. `path` names it in messages.
    ///
    /// # Errors
    /// [`Error::Damaged`] where an array is not as long as its size says, [`Error::GridMismatch`]
    /// where sizes are no whole fractions of the largest, [`Error::NotAScene`] where there is no band.
    pub fn in_memory(path: &Path, level: Option<Level>, bands: Vec<MemoryBand>) -> Result<Self> {
        let (width, height) = bands
            .iter()
            .map(|band| band.size)
            .max()
            .ok_or_else(|| Error::NotAScene { path: path.to_owned(), reason: "it holds no band".into() })?;
        let mut described = Vec::with_capacity(bands.len());
        for (index, band) in bands.iter().enumerate() {
            described.push(describe(path, index, band, (width, height))?);
        }
        Ok(Self {
            path: path.to_owned(),
            kind: SceneKind::Memory,
            level,
            baseline: None,
            sensed: None,
            sun: None,
            cloud_percent: None,
            grid: Grid { width, height, ..Grid::default() },
            bands: described,
            masks: Vec::new(),
            metadata: Vec::new(),
            warnings: Vec::new(),
            part_of: None,
            memory: Some(Memory(Arc::new(bands.into_iter().map(|band| band.samples).collect()))),
        })
    }
}

fn describe(path: &Path, index: usize, own: &MemoryBand, finest: (usize, usize)) -> Result<SceneBand> {
    let (width, height) = own.size;
    let dtype = own.samples.dtype();
    if width.checked_mul(height) != Some(own.samples.len()) || own.samples.is_empty() {
        return Err(Error::damaged(
            path,
            format!("band {} has {} values; expected {width} × {height}", own.band, own.samples.len()),
        ));
    }
    let ratio = finest.0 / width;
    if (width * ratio, height * ratio) != finest {
        return Err(Error::GridMismatch {
            path: path.to_owned(),
            problem: format!(
                "band {} has {width} × {height} pixels, which do not nest in the finest band's {} × {}",
                own.band, finest.0, finest.1
            ),
        });
    }
    let quantification = if dtype.is_integer() { 10_000.0 } else { 1.0 };
    Ok(SceneBand {
        band: Some(own.band),
        name: own.band.name().to_owned(),
        description: String::new(),
        source: BandSource { dataset: String::new(), index: index + 1 },
        grid: Grid { width, height, ..Grid::default() },
        ratio,
        dtype,
        nodata: Nodata { declared: None, zero: dtype.is_integer() },
        radiometry: Radiometry::from_quantification(quantification, 0.0, RadiometrySource::Product),
        scale_tag: None,
        offset_tag: None,
        unit: String::new(),
        color: "Undefined".to_owned(),
        metadata: Vec::new(),
    })
}

#[cfg(all(test, feature = "gdal"))]
mod tests {
    use super::super::SceneReader;
    use super::*;

    fn band(band: Band, side: usize) -> MemoryBand {
        let samples = Samples::U16((0..side * side).map(|value| value as u16).collect());
        MemoryBand { band, size: (side, side), samples }
    }

    #[test]
    fn windows_of_every_size_are_read_as_from_a_file() {
        let bands = vec![band(Band::B04, 12), band(Band::B09, 2)];
        let scene = Scene::in_memory(Path::new("patch"), Some(Level::L2A), bands).expect("nests");
        assert_eq!((scene.bands[1].ratio, scene.grid.width), (6, 12));
        let mut reader = SceneReader::new(&scene);
        let window = Window::new(3, 2, 2, 2);
        assert_eq!(reader.samples(0, window).expect("inside"), Samples::U16(vec![27, 28, 39, 40]));
        let land = reader.reflectance(0, Window::new(0, 0, 2, 1)).expect("inside");
        assert!(land.data[0].is_nan() && (land.data[1] - 0.0001).abs() < 1e-9, "0 is nodata");
        assert_eq!(reader.reflectance(1, scene.grid.window()).expect("inside").data.len(), 144);
    }

    #[test]
    fn arrays_that_do_not_fit_are_refused() {
        let open = |bands| Scene::in_memory(Path::new("patch"), None, bands).map(drop);
        assert!(matches!(open(vec![]), Err(Error::NotAScene { .. })));
        let sevenths = vec![band(Band::B04, 12), band(Band::B09, 7)];
        assert!(matches!(open(sevenths), Err(Error::GridMismatch { .. })));
        let short = MemoryBand { size: (13, 12), ..band(Band::B04, 12) };
        assert!(matches!(open(vec![short]), Err(Error::Damaged { .. })));
    }
}
