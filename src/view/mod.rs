//! What is seen of a scene: tiles read in the background, textures on the GPU, and the shaders that
//! turn reflectance into colours. It knows no panels and no commands.

mod cache;
mod camera;
mod colormap;
mod composite;
mod draw;
mod overlay;
mod pyramid;
mod reader;
mod screen;
mod shade;
mod statistics;
mod strips;
mod sweep;
mod textures;
mod tiles;
mod workers;

pub use cache::Cache;
pub use camera::Camera;
pub use colormap::ColorMap;
pub use composite::{Composite, presets};
pub use draw::{BandTexture, OverlayStyle, OverlayTexture, Renderer, TileDraw, paint};
pub use overlay::Overlay;
pub use pyramid::{TILE_PX, TileId, coarsest, tiles};
pub use reader::{Probe, ProbedBand};
pub use shade::{Mode, NODATA, Shading, shade};
pub use statistics::{BINS, Statistics, Stretch};
pub use strips::Strips;
pub use sweep::{SweepBuffer, SweepLook, SweepRenderer, paint_sweep};
pub use textures::View;
pub use tiles::{Tiles, Wake};
