//! A mask that an analyst may paint on.

use crate::mask::{CLEAR, CLOUD, Cover, INVALID, Mask, SHADOW, counts};
use crate::raster::{Grid, Plane, Window};
use crate::view::Overlay;

/// Strokes that can be taken back.
const UNDO_DEPTH: usize = 64;

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

/// What lay under a dab: its window and the codes there before (or after, for redo).
struct Patch {
    window: Window,
    codes: Plane<u8>,
}

/// A mask on the map with its history.
pub(super) struct MaskEdit {
    pub overlay: Overlay,
    /// How it was made.
    pub source: String,
    /// Whether it is still exactly what its method or file gave.
    pub edited: bool,
    /// Grows with every change.
    pub version: u64,
    /// The version that was kept with the session last.
    pub kept: u64,
    /// Whether one is being written.
    pub is_writing: bool,
    /// Pixels of each code: counted once, away from the window where the mask is large, then kept up by the brush.
    counts: [usize; 256],
    /// Strokes, each with what lay under its dabs, in the order of painting.
    undo: Vec<Vec<Patch>>,
    redo: Vec<Vec<Patch>>,
    /// The stroke that goes on.
    stroke: Vec<Patch>,
}

impl MaskEdit {
    /// Takes a mask in. It looks at every pixel, so this is work for another thread than the window's.
    pub fn new(mask: Mask) -> Self {
        Self {
            counts: counts(&mask.codes),
            overlay: Overlay::classes(mask.codes),
            source: mask.source,
            edited: false,
            version: 1,
            kept: 0,
            is_writing: false,
            undo: Vec::new(),
            redo: Vec::new(),
            stroke: Vec::new(),
        }
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

    /// The mask as it is now.
    pub fn mask(&self) -> Mask {
        let edited = if self.edited { ", edited by hand" } else { "" };
        Mask { codes: self.overlay.codes().clone(), source: format!("{}{edited}", self.source) }
    }

    /// How much it covers, in words.
    pub fn words(&self) -> String {
        let cover = self.cover();
        let edited = if self.edited { ", edited by hand" } else { "" };
        format!("Mask: {:.1} % cloud, {:.1} % shadow{edited}", 100.0 * cover.cloud, 100.0 * cover.shadow)
    }

    /// How much of the scene each class covers.
    pub fn cover(&self) -> Cover {
        Cover::of_counts(&self.counts)
    }

    /// Lends the overlay to whoever draws it; it must be put back.
    pub fn take_overlay(&mut self) -> Overlay {
        std::mem::replace(&mut self.overlay, Overlay::classes(Plane::filled(0, 0, CLEAR)))
    }

    /// Paints a disc; positions and radius in scene pixels. What was not measured stays so.
    pub fn dab(&mut self, grid: &Grid, at: [f64; 2], radius: f64, paint: Paint) {
        let Some(window) = disc(grid, at, radius) else { return };
        self.stroke.push(Patch { window, codes: self.overlay.codes().crop(window) });
        let codes = self.overlay.codes_mut(window, grid);
        for y in window.y..window.y + window.height {
            for x in window.x..window.x + window.width {
                let (dx, dy) = (x as f64 + 0.5 - at[0], y as f64 + 0.5 - at[1]);
                let old = codes.get(x, y);
                if dx * dx + dy * dy <= radius * radius && old != INVALID {
                    codes.set(x, y, paint.code());
                    self.counts[usize::from(old)] -= 1;
                    self.counts[usize::from(paint.code())] += 1;
                }
            }
        }
        self.edited = true;
    }

    /// Ends a stroke, which can then be taken back.
    pub fn end_stroke(&mut self) {
        if self.stroke.is_empty() {
            return;
        }
        self.version += 1;
        self.redo.clear();
        self.undo.push(std::mem::take(&mut self.stroke));
        if self.undo.len() > UNDO_DEPTH {
            self.undo.remove(0);
        }
    }

    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }

    pub fn undo(&mut self, grid: &Grid) {
        if let Some(stroke) = self.undo.pop() {
            let now = self.swap(grid, stroke);
            self.redo.push(now);
        }
    }

    pub fn redo(&mut self, grid: &Grid) {
        if let Some(stroke) = self.redo.pop() {
            let now = self.swap(grid, stroke);
            self.undo.push(now);
        }
    }

    /// Puts a stroke's patches in, the last first, and returns what was there in the same order: dabs
    /// overlap, so they come off as they went on.
    fn swap(&mut self, grid: &Grid, stroke: Vec<Patch>) -> Vec<Patch> {
        self.version += 1;
        let swapped = stroke.into_iter().rev().map(|Patch { window, codes: patch }| {
            let before = self.overlay.codes().crop(window);
            for (&old, &new) in before.data.iter().zip(&patch.data) {
                self.counts[usize::from(old)] -= 1;
                self.counts[usize::from(new)] += 1;
            }
            let codes = self.overlay.codes_mut(window, grid);
            for y in 0..window.height {
                codes.row_mut(window.y + y)[window.x..window.x + window.width].copy_from_slice(patch.row(y));
            }
            Patch { window, codes: before }
        });
        swapped.collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_are_taken_back_and_painted_again_exactly() {
        let grid = Grid { width: 40, height: 30, ..Grid::default() };
        let mut codes = Plane::filled(40, 30, CLEAR);
        codes.set(10, 10, INVALID);
        let original = codes.clone();
        let mut edit = MaskEdit::new(Mask { codes, source: "test".into() });
        edit.dab(&grid, [10.0, 10.0], 4.0, Paint::Cloud);
        edit.dab(&grid, [14.0, 10.0], 4.0, Paint::Cloud);
        edit.end_stroke();
        let first = edit.mask();
        assert_eq!(first.codes.get(10, 10), INVALID, "nothing was measured there");
        assert_eq!((first.codes.get(12, 10), first.codes.get(30, 20)), (CLOUD, CLEAR));
        edit.dab(&grid, [39.5, 29.5], 3.0, Paint::Shadow);
        edit.end_stroke();
        let second = edit.mask();
        edit.undo(&grid);
        assert_eq!(edit.mask().codes, first.codes);
        edit.undo(&grid);
        assert_eq!(edit.mask().codes, original);
        assert!(!edit.can_undo());
        edit.redo(&grid);
        edit.redo(&grid);
        assert_eq!(edit.mask().codes, second.codes);
        assert_eq!(edit.cover(), second.cover(), "what is counted on the way is what there is");
        edit.undo(&grid);
        assert_eq!(edit.cover(), first.cover());
        edit.dab(&grid, [5.0, 5.0], 2.0, Paint::Clear);
        edit.end_stroke();
        assert!(!edit.can_redo(), "a new stroke ends what could be painted again");
        edit.dab(&grid, [-50.0, 5.0], 2.0, Paint::Cloud);
    }
}
