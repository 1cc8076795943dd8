//! Every size, duration and colour of the window.

use std::time::Duration;

use egui::Color32;

/// Between related things.
pub const GAP: f32 = 6.0;
/// Between columns of a table.
pub const COLUMN_GAP: f32 = 16.0;
/// Inside a panel.
pub const MARGIN: i8 = 8;
/// Around what stays at a panel's end while the rest scrolls.
pub const STRIP: egui::Margin = egui::Margin { left: 0, right: 0, top: 6, bottom: 0 };
/// The window when it first opens.
pub const WINDOW: [f32; 2] = [1280.0, 800.0];
/// The least size at which nothing is clipped.
pub const WINDOW_MIN: [f32; 2] = [720.0, 480.0];
/// Width of a dialog.
pub const DIALOG: f32 = 460.0;
/// What is left of the window above and below a dialog at least.
pub const DIALOG_MARGIN: f32 = 24.0;
/// Height of a list in a dialog, and what else stands in that dialog.
pub const DIALOG_LIST: (f32, f32) = (320.0, 140.0);
/// Width of a toast.
pub const TOAST: f32 = 380.0;
/// Height of small words: on legends, rulers and cells.
pub const SMALL_TEXT: f32 = 10.5;
/// Corner radius.
pub const RADIUS: u8 = 4;
/// Width of the swipe line, and how near the pointer must come to take it.
pub const SWIPE: (f32, f32) = (2.0, 8.0);
/// Side of a picture in the gallery, and of one held large.
pub const THUMBNAIL: (f32, f32) = (104.0, 168.0);
/// Side of the picture of a pinned code.
pub const CODE_PICTURE: f32 = 56.0;
/// The longer side of the picture of a cloud's maps, and the grey where they are empty.
pub const CLOUD_MAP: f32 = 128.0;
/// See [`CLOUD_MAP`].
pub const CLOUD_MAP_GROUND: u8 = 28;
/// A bar of what a direction does.
pub const EFFECT_BAR: [f32; 2] = [54.0, 6.0];
/// Size of a plot beside a table.
pub const PLOT: [f32; 2] = [330.0, 230.0];
/// Height up to which a list of choices is shown whole.
pub const LIST: f32 = 360.0;
/// Where there is more room a plot grows up to this width.
pub const PLOT_WIDEST: f32 = 520.0;
/// Width of a table with intervals; where there is less beside a plot, the plot lies below it.
pub const TABLE_LEAST: f32 = 560.0;
/// Size of one of several plots in a row.
pub const SMALL_PLOT: [f32; 2] = [250.0, 190.0];
/// Radius of a pin on the map.
pub const PIN: f32 = 5.0;
/// A step of the arrow keys over the map.
pub const PAN_STEP: f32 = 64.0;
/// A step of the zoom commands.
pub const ZOOM_STEP: f64 = 1.5;
/// Radii of the brush, in scene pixels, and a step of its commands.
pub const BRUSH: std::ops::RangeInclusive<f64> = 1.0..=200.0;
/// See [`BRUSH`].
pub const BRUSH_STEP: f64 = 1.25;
/// How long a message stays.
pub const TOAST_TIME: Duration = Duration::from_secs(6);
/// How long after a change the session is saved.
pub const AUTOSAVE: Duration = Duration::from_secs(2);
/// Bytes of textures.
pub const TEXTURE_BUDGET: usize = 384 << 20;

/// Cloud and shadow over the map (unmultiplied RGBA).
pub const CLOUD: [u8; 4] = [255, 92, 92, 110];
/// Shadow over the map.
pub const SHADOW: [u8; 4] = [92, 128, 255, 110];
/// What was made anew.
pub const MADE: [u8; 4] = [255, 190, 60, 130];
/// How far samples differ.
pub const SPREAD: [u8; 4] = [214, 80, 255, 190];
/// Reflectance (one σ over samples) at which the spread has its full colour.
pub const SPREAD_FULL: f32 = 0.05;
/// Deviation of NDVI over samples at which its map has its brightest colour.
pub const NDVI_SPREAD_FULL: f32 = 0.2;
/// Height of a word in a corner of the map, with its distance from the edge.
pub const TAG_ROW: f32 = 30.0;
/// Marks and words over the map, and what sets them off from bright ground.
pub const INK: Color32 = Color32::WHITE;
/// See [`INK`].
pub const OUTLINE: Color32 = Color32::BLACK;
/// Behind words over the map.
pub const PLATE: Color32 = Color32::from_black_alpha(160);
/// Greys of the dark look: panel, window, fields, stripes, behind the map, quiet words. Those are read at a contrast of
/// 4.5 at least.
pub const DARK: [u8; 6] = [24, 30, 14, 30, 38, 134];
/// Greys of the light look.
pub const LIGHT: [u8; 6] = [246, 252, 255, 240, 210, 108];
/// Outline of fields and buttons in the light look, where their fill hardly differs from what is behind them.
pub const LIGHT_OUTLINE: Color32 = Color32::from_gray(200);
/// Words of warnings, of errors and of goals that were met in the dark look, read at a contrast of 4.5 at least.
pub const DARK_WORDS: [Color32; 3] =
    [Color32::from_rgb(255, 143, 0), Color32::from_rgb(255, 92, 92), Color32::from_rgb(0, 158, 115)];
/// The same in the light look.
pub const LIGHT_WORDS: [Color32; 3] =
    [Color32::from_rgb(160, 80, 0), Color32::from_rgb(190, 24, 24), Color32::from_rgb(0, 120, 86)];
/// The accent: selection, links, the swipe line.
pub const ACCENT: Color32 = Color32::from_rgb(64, 156, 255);
/// Channels in a histogram.
pub const CHANNELS: [Color32; 3] =
    [Color32::from_rgb(235, 96, 96), Color32::from_rgb(96, 200, 110), Color32::from_rgb(96, 150, 245)];
/// What a direction does to NDVI, NDWI and brightness.
pub const EFFECTS: [Color32; 3] =
    [Color32::from_rgb(0, 158, 115), Color32::from_rgb(86, 180, 233), Color32::from_rgb(230, 159, 0)];
/// What it does to the classes that move most.
pub const CLASSES: [Color32; 3] =
    [Color32::from_rgb(0, 114, 178), Color32::from_rgb(213, 94, 0), Color32::from_rgb(204, 121, 167)];
/// One channel alone.
pub const MONO: Color32 = Color32::from_rgb(150, 160, 175);
/// Pins and their spectra, in turn (a palette that colour-blind people can tell apart: Okabe and Ito 2008).
pub const PINS: [Color32; 7] = [
    Color32::from_rgb(230, 159, 0),
    Color32::from_rgb(86, 180, 233),
    Color32::from_rgb(0, 158, 115),
    Color32::from_rgb(240, 228, 66),
    Color32::from_rgb(0, 114, 178),
    Color32::from_rgb(213, 94, 0),
    Color32::from_rgb(204, 121, 167),
];
