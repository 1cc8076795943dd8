//! Land-cover labels of samples: whether they name the same ground.

use serde::Serialize;

use super::{Result, Subject};
use crate::evaluation::labels::{About, Error as Misfit, Labeller, Tile};
use crate::raster::Plane;

/// Steps of tiles along their side: a pixel is looked at in up to nine of them.
const STEPS: usize = 3;

/// What a classifier says of samples, or why it says nothing.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum LandCover {
    /// How its labels differ between them.
    Labelled(LabelChange),
    /// It was not made for such images, or there is too little to look at.
    Unlabelled {
        /// Why, and what would help.
        why_not: String,
    },
}

/// How labels differ between samples of one place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelChange {
    /// File name of the classifier.
    pub classifier: String,
    /// SHA-256 of its file.
    pub classifier_sha256: String,
    /// Whether the labels show how the program works rather than what is on the ground.
    pub demonstration: bool,
    /// Why, and what else was let pass.
    pub reasons: Vec<String>,
    /// Part of the masked pixels whose most probable class is not the same in all samples, 0 to 1.
    pub likeliest: f64,
    /// Part of them whose set of classes (each from its own threshold on) is not the same in all samples.
    pub classes: f64,
    /// Masked pixels that were labelled.
    pub pixels: u64,
}

/// What a pixel is called: its most probable class, and all that are said to be there.
type Label = (usize, Vec<usize>);

impl LandCover {
    /// Labels samples (a plane a band each) of a subject. A pixel's probabilities are the mean over the tiles that
    /// hold it, which begin every third of their side; a tile counts where at least half of it was measured.
    /// `about` says what the samples are; `force` lets another level or pixel size pass.
    ///
    /// # Errors
    /// What `each`, which is asked before every sample, says: for cancelling.
    pub fn of(
        labeller: &Labeller,
        about: &About,
        force: bool,
        subject: &Subject,
        samples: &[Vec<Plane<f32>>],
        each: &mut dyn FnMut() -> Result<()>,
    ) -> Result<Self> {
        let about = About { bands: subject.bands.clone(), ..about.clone() };
        let reasons = match labeller.reasons(&about, force) {
            Ok(reasons) => reasons,
            Err(error) => return Ok(Self::Unlabelled { why_not: why(error) }),
        };
        let step = (labeller.side_px() / STEPS).max(1);
        let mut tiles = Vec::with_capacity(samples.len());
        for sample in samples {
            each()?;
            let planes = sample.iter().enumerate().map(|(band, plane)| subject.measured(band, plane.clone()));
            tiles.push(labeller.tiles(&subject.bands, &planes.collect::<Vec<_>>(), step));
        }
        let mask = subject.mask();
        let [likeliest, classes, pixels] = changed(&tiles, labeller.side_px(), &mask, &|mean| {
            let likeliest = (0..mean.len()).max_by(|&a, &b| mean[a].total_cmp(&mean[b]));
            (likeliest.unwrap_or(0), labeller.said(mean))
        });
        if pixels == 0 {
            let (side, width, height) = (labeller.side_px(), mask.width, mask.height);
            let why_not = format!(
                "{} looks at {side} × {side} pixels, at least half of them measured; the part shown has {width} × {height}",
                labeller.name()
            );
            return Ok(Self::Unlabelled { why_not });
        }
        let share = |count: u64| count as f64 / pixels as f64;
        Ok(Self::Labelled(LabelChange {
            classifier: labeller.name().to_owned(),
            classifier_sha256: labeller.sha256().to_owned(),
            demonstration: !reasons.is_empty(),
            reasons,
            likeliest: share(likeliest),
            classes: share(classes),
            pixels,
        }))
    }
}

/// Why a classifier says nothing, without the name of an option that is another command's.
pub(super) fn why(error: Misfit) -> String {
    match error {
        Misfit::Misfit { problem, .. } => problem,
        other => other.to_string(),
    }
}

/// Masked pixels whose likeliest class changes, whose classes change, and that have labels at all. Between two edges
/// of tiles all pixels lie in the same tiles and so have the same label.
fn changed(
    samples: &[Vec<Tile>],
    side: usize,
    mask: &Plane<u8>,
    label: &dyn Fn(&[f32]) -> Label,
) -> [u64; 3] {
    let Some(first) = samples.first() else { return [0; 3] };
    let (columns, rows) = (
        edges(first.iter().map(|tile| tile.x), side, mask.width),
        edges(first.iter().map(|tile| tile.y), side, mask.height),
    );
    let mut counts = [0; 3];
    for (top, bottom) in rows.iter().zip(&rows[1..]) {
        for (left, right) in columns.iter().zip(&columns[1..]) {
            let masked = |y: usize| mask.row(y)[*left..*right].iter().filter(|&&m| m > 0).count() as u64;
            let pixels: u64 = (*top..*bottom).map(masked).sum();
            let own = |tiles: &Vec<Tile>| mean(tiles, side, *left, *top).map(|mean| label(&mean));
            let labels: Option<Vec<Label>> = samples.iter().map(own).collect();
            let Some(labels) = labels.filter(|_| pixels > 0) else { continue };
            let likeliest = labels.iter().any(|(class, _)| *class != labels[0].0);
            let classes = labels.iter().any(|(_, set)| *set != labels[0].1);
            counts[0] += if likeliest { pixels } else { 0 };
            counts[1] += if classes { pixels } else { 0 };
            counts[2] += pixels;
        }
    }
    counts
}

/// Where tiles begin and end along an axis, and both ends of the axis, ascending.
fn edges(starts: impl Iterator<Item = usize>, side: usize, length: usize) -> Vec<usize> {
    let mut edges: Vec<_> =
        starts.flat_map(|start| [start, (start + side).min(length)]).chain([0, length]).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// Mean probabilities of the valid tiles that hold a pixel; none where there is none.
fn mean(tiles: &[Tile], side: usize, x: usize, y: usize) -> Option<Vec<f32>> {
    let holds = |start: usize, at: usize| (start..start + side).contains(&at);
    let own: Vec<&Tile> =
        tiles.iter().filter(|tile| tile.is_valid() && holds(tile.x, x) && holds(tile.y, y)).collect();
    let count = own.len() as f32;
    let first = own.first()?;
    let class = |class: usize| own.iter().map(|tile| tile.probabilities[class]).sum::<f32>() / count;
    Some((0..first.probabilities.len()).map(class).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(x: usize, probabilities: [f32; 2]) -> Tile {
        Tile { x, y: 0, measured: 1.0, made: None, probabilities: probabilities.to_vec(), labels: Vec::new() }
    }

    /// The likeliest class, and those from 0.5 on.
    fn label(mean: &[f32]) -> Label {
        let said = (0..mean.len()).filter(|&class| mean[class] >= 0.5).collect();
        (usize::from(mean[1] > mean[0]), said)
    }

    #[test]
    fn a_pixel_changes_where_the_tiles_that_hold_it_do() {
        // Tiles of 4 pixels at 0 and 2: pixels 0-1 lie in the first, 2-3 in both, 4-5 in the second.
        let one = vec![tile(0, [0.9, 0.2]), tile(2, [0.9, 0.2])];
        let other = vec![tile(0, [0.9, 0.2]), tile(2, [0.2, 0.6])];
        let mask = Plane::from_vec(6, 1, vec![0, 255, 255, 255, 255, 9]);
        // In the middle [0.55, 0.4]: the same class; at the right [0.2, 0.6]: the other.
        assert_eq!(changed(&[one.clone(), other.clone()], 4, &mask, &label), [2, 2, 5]);
        assert_eq!(changed(&[one.clone(), one.clone(), one], 4, &mask, &label), [0, 0, 5]);
        // A set can change while the likeliest class does not.
        let more = vec![tile(0, [0.9, 0.6]), tile(2, [0.9, 0.6])];
        let less = vec![tile(0, [0.9, 0.6]), tile(2, [0.9, 0.1])];
        assert_eq!(changed(&[more, less], 4, &mask, &label), [0, 4, 5]);
    }

    #[test]
    fn unmeasured_tiles_do_not_count() {
        let mut bad = tile(2, [0.2, 0.9]);
        bad.measured = 0.3;
        let tiles = vec![vec![tile(0, [0.9, 0.2]), bad.clone()], vec![tile(0, [0.9, 0.2]), bad]];
        let mask = Plane::filled(6, 1, 255);
        assert_eq!(changed(&tiles, 4, &mask, &label), [0, 0, 4], "pixels 4 and 5 have no label");
        assert_eq!(changed(&[], 4, &mask, &label), [0; 3]);
    }
}
