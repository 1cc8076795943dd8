//! A mask as a file of its own: what an analyst edits here and another program reads.

use std::path::Path;

use super::Mask;
use crate::progress::Monitor;
use crate::raster::export::{Format, OutputBand, OutputSpec, Overview, RasterWriter, commit};
use crate::raster::{Dtype, Result, Samples, Scene};

/// Writes a mask's codes (0 clear, 1 cloud, 2 shadow, 255 invalid) on the scene's grid as a GeoTIFF of
/// one byte a pixel; [`super::from_file`] reads it back.
///
/// # Errors
/// What writing meets; the output's name is then untouched.
pub fn to_file(
    mask: &Mask,
    scene: &Scene,
    path: &Path,
    overwrite: bool,
    monitor: &dyn Monitor,
) -> Result<()> {
    let spec = OutputSpec {
        path: path.to_owned(),
        grid: scene.grid.clone(),
        bands: vec![OutputBand {
            name: "mask".to_owned(),
            description: "mask".to_owned(),
            dtype: Dtype::U8,
            nodata: None,
            scale_tag: None,
            offset_tag: None,
            unit: String::new(),
            color: "Gray".to_owned(),
            metadata: Vec::new(),
            overview: Overview::Nearest,
        }],
        metadata: vec![
            ("DECLOUDER_MASK_SOURCE".to_owned(), mask.source.clone()),
            ("DECLOUDER_MASK_CODES".to_owned(), "0 clear, 1 cloud, 2 shadow, 255 invalid".to_owned()),
        ],
        format: Format::GeoTiff,
    };
    let mut writer = RasterWriter::create(spec, overwrite)?;
    writer.write(0, scene.grid.window(), &Samples::U8(mask.codes.data.clone()))?;
    commit(vec![writer.finish(monitor)?])?;
    Ok(())
}
