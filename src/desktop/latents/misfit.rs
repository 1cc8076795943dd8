//! Whether the explorer's model fits the shown scene.

use super::super::app::App;

/// Why a model does not fit a scene.
pub(in crate::desktop) struct Misfit {
    /// In a sentence.
    pub words: String,
    /// Whether the analyst may say that it is used all the same: bands that lack cannot be made up.
    pub may_force: bool,
    /// Whether that was said.
    pub is_forced: bool,
}

impl App {
    /// Why the model does not fit; none where it does, or nothing is known of it.
    pub(in crate::desktop) fn misfit(&self) -> Option<Misfit> {
        let (known, scene) = (self.explorer.known.as_ref()?, &self.source()?.scene);
        let level = scene.level.filter(|level| *level != known.level);
        let lacking = known.bands.iter().find(|band| scene.index_of(**band).is_none());
        let own = known.level;
        let words = match (level, lacking) {
            (None, None) => return None,
            (Some(level), None) => format!("The model was trained on {own}; this scene is {level}."),
            (Some(level), Some(band)) => {
                format!(
                    "The model was trained on {own} and needs band {band}; this scene is {level} and lacks it. Choose a model of its level."
                )
            }
            (None, Some(band)) => {
                format!(
                    "The model needs band {band}, which this scene lacks; File > Describe scene… names its bands."
                )
            }
        };
        let may_force = lacking.is_none();
        Some(Misfit { words, may_force, is_forced: may_force && self.decloud.force })
    }
}
