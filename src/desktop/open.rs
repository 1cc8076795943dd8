//! A scene as the window shows it.

use std::path::Path;

use crate::raster::{Scene, SceneOptions, SceneReader, Window};

/// Rows of the scene that its mean spectrum is taken from, spread over its height.
const SPECTRUM_ROWS: usize = 64;

/// A scene that was read.
pub(super) struct Opened {
    pub name: String,
    pub facts: Vec<(&'static str, String)>,
    pub warnings: Vec<String>,
    /// Wavelength in nm and mean reflectance, by wavelength.
    pub spectrum: Vec<[f64; 2]>,
}

/// Opens a scene and measures its mean spectrum; errors are worded for the analyst.
pub(super) fn open(path: &Path) -> Result<Opened, String> {
    let scene = crate::raster::open(path, &SceneOptions::default()).map_err(|error| error.to_string())?;
    let spectrum = spectrum(&scene).map_err(|error| error.to_string())?;
    let name = path
        .file_name()
        .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
    let unknown = || "unknown".to_owned();
    let facts = vec![
        ("Size", format!("{} × {} pixels", scene.grid.width, scene.grid.height)),
        ("Bands", scene.band_list()),
        ("Level", scene.level.map_or_else(unknown, |level| level.to_string())),
        ("Sensed", scene.sensed.clone().unwrap_or_else(unknown)),
        ("Radiometry", scene.bands.first().map_or_else(unknown, |band| band.radiometry.to_string())),
    ];
    Ok(Opened { name, facts, warnings: scene.warnings.clone(), spectrum })
}

fn spectrum(scene: &Scene) -> crate::raster::Result<Vec<[f64; 2]>> {
    let mut reader = SceneReader::new(scene);
    let mut points = Vec::new();
    for (index, band) in scene.bands.iter().enumerate() {
        let Some(known) = band.band.filter(|known| known.is_optical()) else { continue };
        let step = band.grid.height.div_ceil(SPECTRUM_ROWS).max(1);
        let (mut sum, mut count) = (0.0, 0_u64);
        for y in (0..band.grid.height).step_by(step) {
            let row = reader.reflectance_native(index, Window::new(0, y, band.grid.width, 1))?;
            for value in row.data.iter().filter(|value| !value.is_nan()) {
                sum += f64::from(*value);
                count += 1;
            }
        }
        if count > 0 {
            points.push([known.wavelength_nm(), sum / count as f64]);
        }
    }
    points.sort_by(|a, b| a[0].total_cmp(&b[0]));
    Ok(points)
}
