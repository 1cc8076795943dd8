//! One raster file with all bands: GeoTIFF, COG, or a multi-band JPEG 2000.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::parts::{Origin, assemble, bands_of};
use crate::bands::Level;
use crate::raster::driver::metadata_of;
use crate::raster::{Result, Scene, SceneKind, SceneOptions};

/// By the first bytes: TIFF, BigTIFF, JP2 or a raw JPEG 2000 codestream.
pub(super) fn recognises(path: &Path) -> bool {
    let mut head = [0_u8; 12];
    let Ok(mut file) = File::open(path) else { return false };
    let read = file.read(&mut head).unwrap_or(0);
    is_raster(&head[..read])
}

fn is_raster(head: &[u8]) -> bool {
    const SIGNATURES: [&[u8]; 6] =
        [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51"];
    SIGNATURES.iter().any(|signature| head.starts_with(signature))
}

pub(super) fn open(path: &Path, options: &SceneOptions) -> Result<Scene> {
    let (dataset, bands) = bands_of(&path.to_string_lossy())?;
    let metadata = metadata_of(&dataset);
    let origin = Origin { path, kind: SceneKind::GeoTiff, level: level_in(&metadata) };
    let mut scene = assemble(&origin, bands, options)?;
    scene.metadata = metadata;
    Ok(scene)
}

/// The level a file's tags state: our own, or the products' `PROCESSING_LEVEL`.
fn level_in(metadata: &[String]) -> Option<Level> {
    ["DECLOUDER_LEVEL=", "PROCESSING_LEVEL=", "LEVEL="]
        .iter()
        .find_map(|key| metadata.iter().find_map(|item| item.strip_prefix(key)?.parse().ok()))
}
