//! A mask as a file of its own: what an analyst edits and another program reads.

use std::path::Path;

use super::{Alpha, Mask};
use crate::progress::Monitor;
use crate::raster::export::{Format, OutputBand, OutputSpec, Overview, RasterWriter, commit};
use crate::raster::{Dtype, Error, Result, Samples, Scene};

/// Writes a mask's codes (0 clear, 1 cloud, 2 shadow, 255 invalid) on the scene's grid as a GeoTIFF of
/// one byte a pixel; [`super::from_file`] reads it back.
///
/// # Errors
/// What writing meets, and cancellation; the output's name is then untouched.
pub fn to_file(
    mask: &Mask,
    scene: &Scene,
    path: &Path,
    overwrite: bool,
    monitor: &dyn Monitor,
) -> Result<()> {
    let words = ["mask", "0 clear, 1 cloud, 2 shadow, 255 invalid", &mask.source];
    write(mask.codes.data.clone(), words, scene, path, overwrite, monitor)
}

/// Writes m in 255ths (0 copied … 255 replaced) like [`to_file`]; `source` says what it was made of.
///
/// # Errors
/// As [`to_file`].
pub fn weights_to_file(
    alpha: Alpha,
    source: &str,
    scene: &Scene,
    path: &Path,
    overwrite: bool,
    monitor: &dyn Monitor,
) -> Result<()> {
    write(alpha.0.data, ["m", "0 copied … 255 replaced", source], scene, path, overwrite, monitor)
}

fn write(
    bytes: Vec<u8>,
    [name, codes, source]: [&str; 3],
    scene: &Scene,
    path: &Path,
    overwrite: bool,
    monitor: &dyn Monitor,
) -> Result<()> {
    let spec = OutputSpec {
        path: path.to_owned(),
        grid: scene.grid.clone(),
        bands: vec![OutputBand {
            name: name.to_owned(),
            description: name.to_owned(),
            dtype: Dtype::U8,
            nodata: None,
            unmeasured: None,
            scale_tag: None,
            offset_tag: None,
            unit: String::new(),
            color: "Gray".to_owned(),
            metadata: Vec::new(),
            overview: Overview::Nearest,
        }],
        metadata: vec![
            ("DECLOUDER_MASK_SOURCE".to_owned(), source.to_owned()),
            ("DECLOUDER_MASK_CODES".to_owned(), codes.to_owned()),
        ],
        format: Format::GeoTiff,
    };
    let mut writer = RasterWriter::create(spec, overwrite)?;
    writer.write(0, scene.grid.window(), &Samples::U8(bytes))?;
    if monitor.is_cancelled() {
        return Err(Error::Cancelled);
    }
    commit(vec![writer.finish(monitor)?])?;
    Ok(())
}
