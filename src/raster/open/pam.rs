//! Band descriptions from GDAL's sidecar `SCENE.tif.aux.xml`.
//!
//! GDAL itself is told to ignore sidecars (a scene must not change by what lies beside it); of this
//! one only the names of bands are taken.

use std::collections::HashMap;
use std::path::Path;

use super::xml;
use crate::raster::{Result, read_text};

/// Descriptions by band number (from 1); empty where there is no sidecar.
///
/// # Errors
/// [`crate::raster::Error::Damaged`] where there is one and it is no XML.
pub(super) fn descriptions(raster: &Path) -> Result<HashMap<usize, String>> {
    let mut name = raster.as_os_str().to_owned();
    name.push(".aux.xml");
    let sidecar = Path::new(&name);
    if !sidecar.is_file() {
        return Ok(HashMap::new());
    }
    let text = read_text(&sidecar.to_string_lossy(), xml::MAX_BYTES)?;
    let document = xml::parse(&text, sidecar)?;
    let found = xml::elements(&document, "PAMRasterBand").filter_map(|band| {
        let index = band.attribute("band")?.parse().ok()?;
        let description = band.children().find(|child| child.has_tag_name("Description"))?.text()?;
        Some((index, description.trim().to_owned()))
    });
    Ok(found.collect())
}
