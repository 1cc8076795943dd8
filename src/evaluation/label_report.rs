//! What a land-cover classifier says of images before and after, against what it says of the clear dates.

use serde::{Deserialize, Serialize};

use crate::metrics::multilabel::MultiLabel;

/// Agreement of labels over some tiles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Tiles.
    pub tiles: usize,
    /// Part of them whose labels are the same.
    pub same: f64,
    /// Mean over tiles of `|before ∩ after| / |before ∪ after|`; 1 where both are empty.
    pub jaccard: f64,
    /// Mean over tiles and classes of the difference of probabilities.
    pub probability: f64,
}

/// A classifier on one set, over tiles with cloud. Its answers for the clear dates stand in for the truth, so
/// this measures whether an image can take the clear date's place, not whether the classifier is right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelReport {
    /// The classifier's file name.
    pub classifier: String,
    /// SHA-256 of its file.
    pub sha256: String,
    /// Its macro average precision at places that it had never seen, where that was measured.
    pub held_out_macro_ap: Option<f64>,
    /// Whether the labels show how the program works rather than what is on the ground.
    pub demonstration: bool,
    /// Why.
    pub reasons: Vec<String>,
    /// Side of a tile, pixels of 10 m.
    pub tile_px: usize,
    /// Tiles looked at: at least half measured on both dates, and 2 % of them under cloud or shadow.
    pub tiles: usize,
    /// Every class, in the classifier's order.
    pub classes: Vec<LabelClass>,
    /// The cloudy dates as they are.
    pub before: MethodLabels,
    /// Every method but the unchanged image.
    pub after: Vec<MethodLabels>,
}

/// A class of land cover.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelClass {
    /// Its name.
    pub name: String,
    /// Tiles of the clear dates that are said to show it.
    pub clear: usize,
    /// Training patches that showed it.
    pub examples: u64,
}

/// One method's images, or the cloudy dates, against the clear dates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MethodLabels {
    /// The method's name.
    pub method: String,
    /// How far the labels are those of the clear dates.
    pub agreement: Part,
    /// The same class by class, the clear dates' labels taken for the truth; none without a tile.
    pub scores: Option<MultiLabel>,
}

impl LabelReport {
    /// The classes that the clear dates or one of the methods show, by index, those of most clear tiles first.
    #[must_use]
    pub fn shown(&self) -> Vec<usize> {
        let decided = |class: usize| {
            let all = std::iter::once(&self.before).chain(&self.after);
            all.filter_map(|method| method.scores.as_ref()?.classes.get(class)).any(|found| found.decided > 0)
        };
        let mut shown: Vec<usize> = (0..self.classes.len())
            .filter(|&class| self.classes[class].clear > 0 || decided(class))
            .collect();
        shown.sort_by_key(|&class| (std::cmp::Reverse(self.classes[class].clear), class));
        shown
    }
}
