//! Strokes on a mask, and masks that took a painted one's place: taken back and done again.

use super::mask_edit::MaskEdit;
use crate::raster::Window;
use crate::view::{Overlay, Strips};

/// Steps that can be taken back.
const DEPTH: usize = 64;
/// Whole masks among them: a granule's has 120 MB.
const MASKS: usize = 3;

/// Bytes of strokes that can be taken back, all of them together; the last can be, whatever it holds.
const BYTES: usize = 256 << 20;

/// The mask before a stroke (or after it, for redo). It shares every strip that the stroke did not touch.
struct Stroke {
    /// Around all that was painted.
    window: Window,
    codes: Strips,
    counts: [usize; 256],
    edited: bool,
    /// What it holds that the mask does not.
    bytes: usize,
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
    Stroke(Box<Stroke>),
    Mask(Box<Former>),
}

impl Step {
    /// What a stroke holds besides the mask. A whole mask has a bound of its own.
    fn bytes(&self) -> usize {
        match self {
            Self::Stroke(stroke) => stroke.bytes,
            Self::Mask(_) => 0,
        }
    }
}

/// What was done to a mask.
#[derive(Default)]
pub(super) struct History {
    undo: Vec<Step>,
    redo: Vec<Step>,
    /// The stroke that goes on.
    stroke: Option<Box<Stroke>>,
}

impl History {
    /// Notes that a dab is about to be painted; the first of a stroke keeps the mask as it was.
    pub fn note(&mut self, window: Window, codes: &Strips, counts: &[usize; 256], edited: bool) {
        let first = || Box::new(Stroke { window, codes: codes.clone(), counts: *counts, edited, bytes: 0 });
        let stroke = self.stroke.get_or_insert_with(first);
        stroke.window = stroke.window.union(window);
    }

    /// Something new was done: what was taken back before cannot be done again.
    fn push(&mut self, step: Step) {
        self.redo.clear();
        self.undo.push(step);
        let masks = |steps: &[Step]| steps.iter().filter(|step| matches!(step, Step::Mask(_))).count();
        let bytes = |steps: &[Step]| steps.iter().map(Step::bytes).sum::<usize>();
        while self.undo.len() > DEPTH
            || masks(&self.undo) > MASKS
            || self.undo.len() > 1 && bytes(&self.undo) > BYTES
        {
            self.undo.remove(0);
        }
    }
}

impl MaskEdit {
    /// Ends a stroke, which can then be taken back.
    pub fn end_stroke(&mut self) {
        if let Some(mut stroke) = self.history.stroke.take() {
            self.version += 1;
            stroke.bytes = stroke.codes.bytes_apart(self.overlay.codes());
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
            Step::Stroke(mut stroke) => {
                std::mem::swap(self.overlay.codes_mut(stroke.window), &mut stroke.codes);
                std::mem::swap(&mut self.counts, &mut stroke.counts);
                std::mem::swap(&mut self.edited, &mut stroke.edited);
                Step::Stroke(stroke)
            }
            Step::Mask(former) => {
                let now = self.former();
                let Former { codes, counts, source, edited } = *former;
                self.overlay = Overlay::classes(codes);
                (self.counts, self.source, self.edited) = (counts, source, edited);
                Step::Mask(Box::new(now))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desktop::mask_edit::Paint;
    use crate::mask::{CLEAR, CLOUD, Cover, INVALID, Mask};
    use crate::raster::{Grid, Plane};

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
        assert!(!edit.edited, "then it is what the method found");
        edit.redo();
        assert!(edit.edited);
    }

    #[test]
    fn a_stroke_holds_what_it_touched_once_however_often_it_goes_over_it() {
        let grid = Grid { width: 64, height: 1000, ..Grid::default() };
        let mut edit = MaskEdit::new(Mask { codes: Plane::filled(64, 1000, CLEAR), source: String::new() });
        for dab in 0..500 {
            edit.dab(&grid, [f64::from(dab % 60), 500.0], 9.0, Paint::Cloud);
        }
        edit.end_stroke();
        let bytes: usize = edit.history.undo.iter().map(Step::bytes).sum();
        assert!(bytes > 0 && bytes <= 64 * 64, "{bytes} bytes of a mask of 64 000");
        edit.undo();
        assert_eq!(edit.cover().cloud, 0.0);
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
