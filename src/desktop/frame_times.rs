//! How long frames take.

use std::collections::VecDeque;

/// Frames that are remembered.
const FRAMES: usize = 240;

/// How long our own work in the last frames took, in ms.
#[derive(Debug, Default, Clone)]
pub struct FrameTimes(VecDeque<f32>);

impl FrameTimes {
    pub(super) fn note(&mut self, milliseconds: f32) {
        if self.0.len() == FRAMES {
            self.0.pop_front();
        }
        self.0.push_back(milliseconds);
    }

    /// The times, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = f32> {
        self.0.iter().copied()
    }
}
