//! How far the labels of a scene and of its result agree.

use serde::Serialize;

use super::Tile;
use crate::evaluation::label_report::Part;

/// Labels before and after, over tiles that are valid in both.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    /// Over all such tiles.
    pub all: Part,
    /// Over tiles of which the result says that some pixels were made; none where it does not say.
    pub made: Option<Part>,
    /// Over tiles of which it says that none was made: 1 unless the copied pixels are not the scene's.
    pub copied: Option<Part>,
}

impl Agreement {
    /// Of the tiles of two scenes on one grid.
    #[must_use]
    pub fn of(before: &[Tile], after: &[Tile]) -> Self {
        let pairs: Vec<_> = before.iter().zip(after).filter(|(a, b)| a.is_valid() && b.is_valid()).collect();
        let said = after.iter().any(|tile| tile.made.is_some());
        let some = |made: bool| {
            let own =
                pairs.iter().copied().filter(|(_, after)| after.made.map(|part| part > 0.0) == Some(made));
            said.then(|| Part::of(own))
        };
        Self { all: Part::of(pairs.iter().copied()), made: some(true), copied: some(false) }
    }
}

impl Part {
    /// Of pairs of tiles.
    pub(super) fn of<'t>(pairs: impl Iterator<Item = (&'t Tile, &'t Tile)>) -> Self {
        let mut sum = Self::default();
        for (before, after) in pairs {
            sum.tiles += 1;
            sum.same += f64::from(u8::from(before.labels == after.labels));
            sum.jaccard += jaccard(&before.labels, &after.labels);
            let classes = before.probabilities.len().max(1) as f64;
            let both = before.probabilities.iter().zip(&after.probabilities);
            sum.probability += both.map(|(a, b)| f64::from((a - b).abs())).sum::<f64>() / classes;
        }
        let count = sum.tiles.max(1) as f64;
        Self {
            tiles: sum.tiles,
            same: sum.same / count,
            jaccard: sum.jaccard / count,
            probability: sum.probability / count,
        }
    }
}

fn jaccard(a: &[usize], b: &[usize]) -> f64 {
    let both = a.iter().filter(|class| b.contains(class)).count();
    let either = a.len() + b.len() - both;
    if either == 0 { 1.0 } else { both as f64 / either as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(labels: &[usize], measured: f64, made: Option<f64>) -> Tile {
        let probabilities = (0..3).map(|class| if labels.contains(&class) { 0.9 } else { 0.1 }).collect();
        Tile { x: 0, y: 0, measured, made, probabilities, labels: labels.to_vec() }
    }

    #[test]
    fn only_valid_tiles_count_and_made_ones_apart() {
        let before = [tile(&[0, 1], 1.0, None), tile(&[2], 1.0, None), tile(&[0], 0.2, None)];
        let after = [tile(&[1], 1.0, Some(0.3)), tile(&[2], 1.0, Some(0.0)), tile(&[1], 1.0, Some(1.0))];
        let found = Agreement::of(&before, &after);
        assert_eq!((found.all.tiles, found.all.same, found.all.jaccard), (2, 0.5, 0.75));
        let made = found.made.expect("stated");
        assert_eq!((made.tiles, made.same, made.jaccard), (1, 0.0, 0.5));
        assert!((made.probability - 0.8 / 3.0).abs() < 1e-6);
        let copied = found.copied.expect("stated");
        assert_eq!((copied.tiles, copied.same, copied.probability), (1, 1.0, 0.0));
        assert_eq!(Agreement::of(&before, &before).made, None);
    }
}
