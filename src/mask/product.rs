//! The mask that came with the product: SCL of L2A, cloud polygons or cloud raster of L1C.

use super::nearest::{Placement, paint};
use super::{CLEAR, CLOUD, Error, Mask, MaskConfig, Method, Result, code_of_scl, gml, observe, validity};
use crate::progress::Monitor;
use crate::raster::{self, BandSource, Dtype, Grid, Plane, ProductMask, Scene, SceneReader};

/// Name in the registry.
pub(super) const NAME: &str = "product";

/// See the module.
pub(super) struct Product;

impl Method for Product {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "the product's own: SCL of L2A, cloud polygons or cloud raster of L1C"
    }

    fn check(&self, scene: &Scene, _config: &MaskConfig) -> Result<()> {
        if scene.masks.is_empty() {
            return Err(Error::NotApplicable {
                method: NAME,
                reason: "the scene brought no cloud mask; only SAFE products do".into(),
                path: scene.path.clone(),
            });
        }
        Ok(())
    }

    fn detect(&self, scene: &Scene, config: &MaskConfig, monitor: &dyn Monitor) -> Result<Mask> {
        self.check(scene, config)?;
        monitor.stage("product mask", (scene.grid.width * scene.grid.height) as u64);
        let mut codes = Plane::filled(scene.grid.width, scene.grid.height, CLEAR);
        let mut source = String::new();
        if let Some(mask) = scene.masks.first() {
            source = match mask {
                ProductMask::Scl { source, grid } => {
                    let place = placement(scene, grid);
                    let mut reader = SceneReader::new(scene);
                    paint(&mut codes, &place, monitor, |window| {
                        let classes = reader.raster_samples(source, Dtype::U8, window)?;
                        Ok((0..classes.len()).map(|i| code_of_scl(classes.get(i) as i64)).collect())
                    })?;
                    "product: SCL (3 shadow; 8, 9, 10 cloud; 0 invalid)".to_owned()
                }
                ProductMask::CloudRaster { dataset, grid } => {
                    paint_raster(&mut codes, scene, dataset, grid, monitor)?;
                    "product: L1C cloud raster (opaque, cirrus)".to_owned()
                }
                ProductMask::CloudGml { path } => {
                    gml::paint(path, &scene.grid, &mut codes, CLOUD, monitor)?;
                    "product: L1C cloud polygons (opaque, cirrus)".to_owned()
                }
            };
        }
        validity::apply(&mut codes, scene, monitor)?;
        if !matches!(scene.masks.first(), Some(ProductMask::Scl { .. })) {
            source.push_str(&observe::add_shadow(&mut codes, scene, config, monitor)?);
        }
        Ok(Mask { codes, source })
    }
}

/// Bands 1 and 2 of `MSK_CLASSI_B00`: opaque cloud and cirrus, 1 where present.
fn paint_raster(
    codes: &mut Plane<u8>,
    scene: &Scene,
    dataset: &str,
    grid: &Grid,
    monitor: &dyn Monitor,
) -> Result<()> {
    let place = placement(scene, grid);
    let mut reader = SceneReader::new(scene);
    let band = |index| BandSource { dataset: dataset.to_owned(), index };
    let (opaque, cirrus) = (band(1), band(2));
    paint(codes, &place, monitor, |window| {
        let opaque = reader.raster_samples(&opaque, Dtype::U8, window)?;
        let cirrus = reader.raster_samples(&cirrus, Dtype::U8, window)?;
        let cloud = |i| opaque.get(i) == 1.0 || cirrus.get(i) == 1.0;
        Ok((0..opaque.len()).map(|i| if cloud(i) { CLOUD } else { CLEAR }).collect())
    })?;
    Ok(())
}

/// By the geotransforms; a product's mask without one covers the same area as its scene.
fn placement(scene: &Scene, grid: &Grid) -> Placement {
    let placed = raster::same_crs(&scene.grid.crs_wkt, &grid.crs_wkt)
        .then(|| Placement::georeferenced(&scene.grid, grid))
        .flatten();
    placed.unwrap_or_else(|| Placement::stretched(&scene.grid, grid))
}
