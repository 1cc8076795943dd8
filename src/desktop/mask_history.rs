//! Strokes on a mask, and masks that took a painted one's place: taken back and done again.

use super::mask_edit::MaskEdit;
use crate::raster::{Plane, Window};
use crate::view::{Overlay, Strips};

/// Steps that can be taken back.
const DEPTH: usize = 64;
/// Whole masks among them: a granule's has 120 MB.
const MASKS: usize = 3;

/// What lay under a dab: its window and the codes there before (or after, for redo).
struct Patch {
    window: Window,
    codes: Plane<u8>,
}

/// A mask that was there before another took its place.
struct Former {
    codes: Strips,
    counts: [usize; 256],
    source: String,
    edited: bool,
}

/// What is taken back at once.
enum Step {
    /// What lay under the dabs of a stroke, in the order of painting.
    Stroke(Vec<Patch>),
    Mask(Box<Former>),
}

/// What was done to a mask.
#[derive(Default)]
pub(super) struct History {
    undo: Vec<Step>,
    redo: Vec<Step>,
    /// The stroke that goes on.
    stroke: Vec<Patch>,
}

impl History {
    /// Notes what lies under a dab.
    pub fn note(&mut self, window: Window, codes: Plane<u8>) {
        self.stroke.push(Patch { window, codes });
    }

    /// Something new was done: what was taken back before cannot be done again.
    fn push(&mut self, step: Step) {
        self.redo.clear();
        self.undo.push(step);
        let masks = |steps: &[Step]| steps.iter().filter(|step| matches!(step, Step::Mask(_))).count();
        while self.undo.len() > DEPTH || masks(&self.undo) > MASKS {
            self.undo.remove(0);
        }
    }
}

impl MaskEdit {
    /// Ends a stroke, which can then be taken back.
    pub fn end_stroke(&mut self) {
        let stroke = std::mem::take(&mut self.history.stroke);
        if !stroke.is_empty() {
            self.version += 1;
            self.history.push(Step::Stroke(stroke));
        }
    }

    /// Another mask takes this one's place. Returns whether this one waits to be taken back: what was painted or came
    /// from a file does, what a method found does not, since it finds it again.
    pub fn replace(&mut self, new: Self) -> bool {
        self.end_stroke();
        let waits = self.is_own();
        if waits {
            let former = self.former();
            self.history.push(Step::Mask(Box::new(former)));
        }
        self.history.redo.clear();
        self.version += 1;
        let Self { overlay, source, found_by, edited, counts, .. } = new;
        (self.overlay, self.source, self.edited, self.counts) = (overlay, source, edited, counts);
        self.found_by = found_by;
        waits
    }

    pub fn can_undo(&self) -> bool {
        !self.history.undo.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.history.redo.is_empty()
    }

    pub fn undo(&mut self) {
        if let Some(step) = self.history.undo.pop() {
            let now = self.swap(step);
            self.history.redo.push(now);
        }
    }

    pub fn redo(&mut self) {
        if let Some(step) = self.history.redo.pop() {
            let now = self.swap(step);
            self.history.undo.push(now);
        }
    }

    fn former(&self) -> Former {
        let codes = self.overlay.codes().clone();
        Former { codes, counts: self.counts, source: self.source.clone(), edited: self.edited }
    }

    /// Puts back what was there, and returns what is there now.
    fn swap(&mut self, step: Step) -> Step {
        self.version += 1;
        match step {
            Step::Stroke(stroke) => Step::Stroke(self.swap_stroke(stroke)),
            Step::Mask(former) => {
                let now = self.former();
                let Former { codes, counts, source, edited } = *former;
                self.overlay = Overlay::classes(codes);
                (self.counts, self.source, self.edited) = (counts, source, edited);
                Step::Mask(Box::new(now))
            }
        }
    }

    /// Puts a stroke's patches in, the last first, and returns what was there in the same order: dabs
    /// overlap, so they come off as they went on.
    fn swap_stroke(&mut self, stroke: Vec<Patch>) -> Vec<Patch> {
        let swapped = stroke.into_iter().rev().map(|Patch { window, codes: patch }| {
            let before = self.overlay.codes().crop(window);
            for (&old, &new) in before.data.iter().zip(&patch.data) {
                self.counts[usize::from(old)] -= 1;
                self.counts[usize::from(new)] += 1;
            }
            let codes = self.overlay.codes_mut(window);
            for y in 0..window.height {
                codes.row_mut(window.y + y)[window.x..window.x + window.width].copy_from_slice(patch.row(y));
            }
            Patch { window, codes: before }
        });
        swapped.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desktop::mask_edit::Paint;
    use crate::mask::{CLEAR, CLOUD, Cover, INVALID, Mask};
    use crate::raster::Grid;

    fn mask(code: u8, source: &str) -> MaskEdit {
        MaskEdit::new(Mask { codes: Plane::filled(40, 30, code), source: source.into() })
    }

    #[test]
    fn a_painted_mask_comes_back_after_another_has_taken_its_place() {
        let grid = Grid { width: 40, height: 30, ..Grid::default() };
        let mut edit = mask(CLEAR, "threshold");
        edit.dab(&grid, [10.0, 10.0], 4.0, Paint::Cloud);
        edit.end_stroke();
        let (painted, version) = (edit.snapshot().mask(), edit.version);
        assert!(edit.replace(mask(CLOUD, "first")), "what was painted waits");
        assert!(!edit.replace(mask(CLEAR, "second")), "what a method found is found again");
        assert_eq!((edit.edited, edit.source.as_str()), (false, "second"));
        assert!(edit.version > version + 1, "whoever looks at the version sees each of them");
        edit.undo();
        assert_eq!(edit.snapshot().mask(), painted);
        assert!(edit.edited && (edit.cover().cloud - Cover::of(&painted.codes).cloud).abs() < 1e-12);
        edit.redo();
        assert_eq!((edit.source.as_str(), edit.cover().cloud), ("second", 0.0));
        edit.undo();
        edit.undo();
        assert_eq!(edit.cover().cloud, 0.0, "and its strokes are taken back as before");
    }

    #[test]
    fn few_whole_masks_wait() {
        let grid = Grid { width: 40, height: 30, ..Grid::default() };
        let mut edit = mask(CLEAR, "0");
        for number in 1..10 {
            edit.dab(&grid, [10.0, 10.0], 4.0, Paint::Cloud);
            edit.end_stroke();
            edit.replace(mask(CLEAR, &number.to_string()));
        }
        let steps = std::iter::from_fn(|| edit.can_undo().then(|| edit.undo())).count();
        assert_eq!(steps, 2 * MASKS, "each with the stroke before it; older ones are gone");
    }

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
        let first = edit.snapshot().mask();
        assert_eq!(first.codes.get(10, 10), INVALID, "nothing was measured there");
        assert_eq!((first.codes.get(12, 10), first.codes.get(30, 20)), (CLOUD, CLEAR));
        edit.dab(&grid, [39.5, 29.5], 3.0, Paint::Shadow);
        edit.end_stroke();
        let second = edit.snapshot().mask();
        edit.undo();
        assert_eq!(edit.snapshot().mask().codes, first.codes);
        edit.undo();
        assert_eq!(edit.snapshot().mask().codes, original);
        assert!(!edit.can_undo());
        edit.redo();
        edit.redo();
        assert_eq!(edit.snapshot().mask().codes, second.codes);
        assert_eq!(edit.cover(), second.cover(), "what is counted on the way is what there is");
        edit.undo();
        assert_eq!(edit.cover(), first.cover());
        edit.dab(&grid, [5.0, 5.0], 2.0, Paint::Clear);
        edit.end_stroke();
        assert!(!edit.can_redo(), "a new stroke ends what could be painted again");
        edit.dab(&grid, [-50.0, 5.0], 2.0, Paint::Cloud);
    }
}
