//! A mask that an analyst may paint on.

use crate::mask::{CLEAR, CLOUD, Cover, INVALID, Mask, MaskConfig, SHADOW, counts};
use crate::raster::{Grid, Plane, Window};
use crate::view::{Overlay, Strips};

use super::mask_history::History;

/// What a brush paints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paint {
    Cloud,
    Shadow,
    Clear,
}

impl Paint {
    pub const ALL: [Self; 3] = [Self::Cloud, Self::Shadow, Self::Clear];

    pub fn name(self) -> &'static str {
        match self {
            Self::Cloud => "Cloud",
            Self::Shadow => "Shadow",
            Self::Clear => "Clear",
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Cloud => CLOUD,
            Self::Shadow => SHADOW,
            Self::Clear => CLEAR,
        }
    }
}

/// A mask on the map with its history.
pub(super) struct MaskEdit {
    pub overlay: Overlay,
    /// How it was made.
    pub source: String,
    /// By which settings a method found it; none for what came from a file or an earlier session.
    pub(super) found_by: Option<MaskConfig>,
    /// Whether somebody painted on what its method or file gave.
    pub edited: bool,
    /// Grows with every change.
    pub version: u64,
    /// The version that was kept with the session last.
    pub kept: u64,
    /// Pixels of each code: counted once, away from the window where the mask is large, then kept up by the brush.
    pub(super) counts: [usize; 256],
    pub(super) history: History,
}

/// A mask as it was when it was asked for. It shares its pixels with the one that may be painted on meanwhile, so that
/// the window's thread copies none.
#[derive(Clone)]
pub(super) struct Snapshot {
    codes: Strips,
    source: String,
}

impl Snapshot {
    /// The mask; every pixel is copied here, so this is work for another thread than the window's.
    pub fn mask(&self) -> Mask {
        Mask { codes: self.codes.whole(), source: self.source.clone() }
    }
}

impl MaskEdit {
    /// Takes a mask in. It looks at every pixel, so this is work for another thread than the window's.
    pub fn new(mask: Mask) -> Self {
        Self {
            counts: counts(&mask.codes),
            overlay: Overlay::classes(Strips::of(&mask.codes)),
            source: mask.source,
            found_by: None,
            edited: false,
            version: 1,
            kept: 0,
            history: History::default(),
        }
    }

    /// Takes in a mask that a method found.
    pub fn found(mask: Mask, config: &MaskConfig) -> Self {
        Self { found_by: Some(config.finding()), ..Self::new(mask) }
    }

    /// Whether declouding by these settings would find another mask.
    pub fn is_stale(&self, config: &MaskConfig) -> bool {
        !self.is_own() && self.found_by.is_some() && !self.is_found_by(config)
    }

    /// Whether declouding by these settings would find this very mask.
    pub fn is_found_by(&self, config: &MaskConfig) -> bool {
        !self.is_own() && self.found_by.as_ref().is_some_and(|by| *by == config.finding())
    }

    /// A mask that was kept with the session.
    pub fn restored(codes: Plane<u8>, source: String, edited: bool) -> Self {
        let mut edit = Self::new(Mask { codes, source });
        edit.edited = edited;
        edit.kept = edit.version;
        edit
    }

    /// Whether it came from a file instead of a method.
    pub fn is_foreign(&self) -> bool {
        self.source.starts_with("file")
    }

    /// Whether somebody made it or gave it: what no method would find again.
    pub fn is_own(&self) -> bool {
        self.edited || self.is_foreign()
    }

    /// The mask as it is now.
    pub fn snapshot(&self) -> Snapshot {
        let edited = if self.edited { ", edited by hand" } else { "" };
        Snapshot { codes: self.overlay.codes().clone(), source: format!("{}{edited}", self.source) }
    }

    /// How much it covers, and what becomes of it, in words; whether that calls for attention.
    pub fn words(&self, config: &MaskConfig) -> (String, bool) {
        let cover = self.cover();
        let [cloud, shadow] = [cover.cloud, cover.shadow].map(|share| 100.0 * share);
        let stale = self.is_stale(config);
        let then = match (stale, self.edited, self.is_foreign()) {
            (true, ..) => {
                "These settings have changed since: Decloud finds the mask anew. Find clouds shows it."
            }
            (_, true, _) => "Painted by hand: used as it is, whatever Mask by says, and grown and feathered.",
            (_, _, true) => "Imported: used as it is, whatever Mask by says, and grown and feathered.",
            _ => "More is made: it is grown and feathered first (Over the map: To be made).",
        };
        (format!("Mask: {cloud:.1} % cloud, {shadow:.1} % shadow of what was measured. {then}"), stale)
    }

    /// How much of the scene each class covers.
    pub fn cover(&self) -> Cover {
        Cover::of_counts(&self.counts)
    }

    /// Lends the overlay to whoever draws it; it must be put back.
    pub fn take_overlay(&mut self) -> Overlay {
        std::mem::replace(&mut self.overlay, Overlay::classes(Strips::of(&Plane::filled(0, 0, CLEAR))))
    }

    /// Paints a disc; positions and radius in scene pixels. What was not measured stays so.
    pub fn dab(&mut self, grid: &Grid, at: [f64; 2], radius: f64, paint: Paint) {
        let Some(window) = disc(grid, at, radius) else { return };
        self.history.note(window, self.overlay.codes(), &self.counts, self.edited);
        let codes = self.overlay.codes_mut(window);
        for y in window.y..window.y + window.height {
            let row = codes.row_mut(y);
            for (x, code) in row.iter_mut().enumerate().skip(window.x).take(window.width) {
                let (dx, dy) = (x as f64 + 0.5 - at[0], y as f64 + 0.5 - at[1]);
                let old = *code;
                if dx * dx + dy * dy <= radius * radius && old != INVALID {
                    *code = paint.code();
                    self.counts[usize::from(old)] -= 1;
                    self.counts[usize::from(paint.code())] += 1;
                }
            }
        }
        self.edited = true;
    }
}

/// The pixels a disc can touch; none outside the grid.
fn disc(grid: &Grid, at: [f64; 2], radius: f64) -> Option<Window> {
    let span = |center: f64, size: usize| {
        let from = (center - radius).floor().clamp(0.0, size as f64) as usize;
        let to = (center + radius).ceil().clamp(0.0, size as f64) as usize;
        (to > from).then_some((from, to - from))
    };
    let ((x, width), (y, height)) = (span(at[0], grid.width)?, span(at[1], grid.height)?);
    Some(Window::new(x, y, width, height))
}
