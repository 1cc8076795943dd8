//! Which files an export has and what they are called; the same answer for who writes them and for
//! who verifies them.

use std::path::{Path, PathBuf};

use crate::raster::{Grid, Scene};

/// One raster of an export: the bands of one native size.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputFile {
    /// `OUT.tif`, or `OUT.R10m.tif` … where the scene has several sizes.
    pub path: PathBuf,
    /// How many pixels of the scene's grid lie along one of its pixels.
    pub ratio: usize,
    /// Its grid: that of its bands.
    pub grid: Grid,
    /// Its source bands, as indices into [`Scene::bands`], in the file's order.
    pub bands: Vec<usize>,
    /// With `--plain`, the file that `synthetic` (and `spread`) go to instead: `OUT.synthetic.tif`.
    pub extras: Option<PathBuf>,
}

/// The rasters of an export of `scene` to `output`, finest first: one, or one a native size.
#[must_use]
pub fn layout(output: &Path, scene: &Scene, plain: bool) -> Vec<OutputFile> {
    let ratios = scene.ratios();
    let several = ratios.len() > 1;
    ratios
        .into_iter()
        .filter_map(|ratio| {
            let bands: Vec<_> = (0..scene.bands.len()).filter(|&i| scene.bands[i].ratio == ratio).collect();
            let grid = scene.bands[*bands.first()?].grid.clone();
            let part = if several { format!("{}.", size_label(scene, &grid, ratio)) } else { String::new() };
            let path = if several { beside(output, &format!("{part}tif")) } else { output.to_owned() };
            let extras = plain.then(|| beside(output, &format!("{part}synthetic.tif")));
            Some(OutputFile { path, ratio, grid, bands, extras })
        })
        .collect()
}

/// The name beside an output: `OUT.tif` and `report.json` give `OUT.report.json`.
#[must_use]
pub fn beside(output: &Path, suffix: &str) -> PathBuf {
    let is_raster = output.extension().is_some_and(|extension| {
        extension.eq_ignore_ascii_case("tif") || extension.eq_ignore_ascii_case("tiff")
    });
    let stem = if is_raster { output.file_stem() } else { output.file_name() };
    let mut name = stem.unwrap_or_default().to_owned();
    name.push(".");
    name.push(suffix);
    output.with_file_name(name)
}

/// `R10m`, `R20m`, `R60m`: the pixel's size, from the geotransform or else from what the bands are;
/// `R6x` where neither says.
fn size_label(scene: &Scene, grid: &Grid, ratio: usize) -> String {
    if let Some(transform) = grid.geotransform {
        // The length of one pixel's step along a row, whatever the rotation.
        let metres = transform[1].hypot(transform[4]);
        if metres >= 1.0 && (metres - metres.round()).abs() < 1e-6 {
            return format!("R{metres:.0}m");
        }
    }
    let native = |band: &crate::raster::SceneBand| {
        let metres = band.band.filter(|known| known.is_optical())?.resolution_m() as usize;
        // A band resampled onto a finer grid says nothing about the grid's size.
        metres.is_multiple_of(band.ratio).then_some(metres / band.ratio)
    };
    match scene.bands.iter().filter_map(native).min() {
        Some(base) => format!("R{}m", base * ratio),
        None => format!("R{ratio}x"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_beside_the_output() {
        assert_eq!(beside(Path::new("a/OUT.tif"), "report.json"), Path::new("a/OUT.report.json"));
        assert_eq!(beside(Path::new("OUT.v2.TIFF"), "R10m.tif"), Path::new("OUT.v2.R10m.tif"));
        assert_eq!(beside(Path::new("scene.v2"), "report.json"), Path::new("scene.v2.report.json"));
    }
}
