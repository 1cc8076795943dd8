//! Cloud masks inside a product.

use super::super::tree::{Tree, base, has_extension};
use super::is_below;
use crate::raster::driver::{grid_of, open_raster};
use crate::raster::{BandSource, ProductMask, Result};

/// The masks of a granule, best first: scene classification, cloud raster, cloud polygons. One that
/// cannot be read is left out with a warning: the scene is still a scene, and there are other methods.
pub(super) fn find(tree: &Tree, granule: &str, warnings: &mut Vec<String>) -> Result<Vec<ProductMask>> {
    let mut masks = Vec::new();
    let mut grid_of_mask = |what: &str, dataset: &str| match open_raster(dataset) {
        Ok(raster) => Some(grid_of(&raster)),
        Err(error) => {
            warnings.push(format!("the product's {what} cannot be read and is left out ({error})"));
            None
        }
    };
    if let Some(file) = scene_classification(tree, granule) {
        let dataset = tree.dataset(file)?;
        if let Some(grid) = grid_of_mask("scene classification", &dataset) {
            masks.push(ProductMask::Scl { source: BandSource { dataset, index: 1 }, grid });
        }
    }
    let mask = |wanted: fn(&str) -> bool| {
        tree.files.iter().find(|file| is_below(file, granule) && wanted(&base(file).to_ascii_uppercase()))
    };
    if let Some(file) = mask(|name| name == "MSK_CLASSI_B00.JP2") {
        let dataset = tree.dataset(file)?;
        if let Some(grid) = grid_of_mask("cloud raster", &dataset) {
            masks.push(ProductMask::CloudRaster { dataset, grid });
        }
    }
    let is_polygons =
        |name: &str| name.contains("MSK_CLOUDS") && name.contains("B00") && has_extension(name, &["gml"]);
    if let Some(file) = mask(is_polygons) {
        masks.push(ProductMask::CloudGml { path: tree.dataset(file)? });
    }
    Ok(masks)
}

/// The scene classification layer, at 20 m where there are several.
fn scene_classification<'t>(tree: &'t Tree, granule: &str) -> Option<&'t str> {
    let mut found: Vec<&str> = tree
        .files
        .iter()
        .map(String::as_str)
        .filter(|file| {
            let name = base(file);
            is_below(file, granule) && name.contains("_SCL") && has_extension(name, &["jp2", "tif", "tiff"])
        })
        .collect();
    found.sort_by_key(|file| !base(file).contains("_20m"));
    found.first().copied()
}
