//! What need not be told again.

use crate::progress::Monitor;
use crate::raster::Scene;

/// Listens to a job that opens a scene anew, and keeps back what was told of the scene when the window opened it.
/// The report of the job states it all the same.
pub(super) struct Told<'a> {
    scene: &'a Scene,
    outer: &'a dyn Monitor,
}

impl<'a> Told<'a> {
    pub fn of(scene: &'a Scene, outer: &'a dyn Monitor) -> Self {
        Self { scene, outer }
    }
}

impl Monitor for Told<'_> {
    fn stage(&self, name: &str, total: u64) {
        self.outer.stage(name, total);
    }

    fn advance(&self, units: u64) {
        self.outer.advance(units);
    }

    fn warn(&self, message: &str) {
        if !self.scene.warnings.iter().any(|known| known == message) {
            self.outer.warn(message);
        }
    }

    fn note(&self, message: &str) {
        self.outer.note(message);
    }

    fn is_paused(&self) -> bool {
        self.outer.is_paused()
    }

    fn is_cancelled(&self) -> bool {
        self.outer.is_cancelled()
    }
}
