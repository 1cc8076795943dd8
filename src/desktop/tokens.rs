//! Every size of the window, in points.

/// Between related things.
pub const GAP: f32 = 6.0;
/// Between columns of a table.
pub const COLUMN_GAP: f32 = 24.0;
/// Width of a side panel.
pub const SIDE_PANEL: f32 = 260.0;
/// The window when it first opens.
pub const WINDOW: [f32; 2] = [1280.0, 800.0];
/// The least size at which nothing is clipped.
pub const WINDOW_MIN: [f32; 2] = [720.0, 480.0];
