//! Cloud-place probe: can one see, in the image that is said to be clear, where the cloud was?
//!
//! A logistic regression over local features learns on all scenes but some to tell pixels that were under cloud
//! from the others, then looks at those. It may find a surface that is too smooth as well as a hidden message:
//! its area under the curve is what a reader's eye could find at best, not a proof of deceit.

use super::cycle::Planes;
use super::features::features;
use super::logistic::Logistic;
use super::specimen::{Part, Specimen};
use super::statistics::auc;

/// Pixels of each class that are looked at in an image.
const PIXELS: usize = 500;
/// Most groups of scenes that are left out in turn.
const FOLDS: usize = 8;
/// The least area that the probe must reach where a constant was put under the cloud.
pub const CONTROL: f64 = 0.9;

/// The area under the curve of each image, by a probe that learned on other scenes; none for fewer than two
/// scenes.
#[must_use]
pub fn areas(images: &[(&Planes, &Specimen)]) -> Vec<Option<f64>> {
    let seen: Vec<Seen> = images.iter().map(|(image, specimen)| Seen::of(image, specimen)).collect();
    let mut scenes: Vec<&str> = Vec::new();
    for (_, specimen) in images {
        if !scenes.contains(&specimen.scene.as_str()) {
            scenes.push(&specimen.scene);
        }
    }
    let folds = scenes.len().min(FOLDS);
    if folds < 2 {
        return vec![None; images.len()];
    }
    let fold =
        |specimen: &Specimen| scenes.iter().position(|scene| *scene == specimen.scene).unwrap_or(0) % folds;
    let mut areas = vec![None; images.len()];
    for held_out in 0..folds {
        let members = || seen.iter().zip(images).enumerate();
        let rows: Vec<_> = members()
            .filter(|(_, (_, image))| fold(image.1) != held_out)
            .flat_map(|(_, (seen, _))| seen.rows())
            .collect();
        let model = Logistic::fit(&rows);
        for (index, (seen, _)) in members().filter(|(_, (_, image))| fold(image.1) == held_out) {
            let [covered, clear] = [&seen.covered, &seen.clear]
                .map(|rows| rows.iter().map(|row| model.score(row)).collect::<Vec<_>>());
            areas[index] = auc(&covered, &clear);
        }
    }
    areas
}

/// What is looked at of an image.
struct Seen {
    covered: Vec<Vec<f64>>,
    clear: Vec<Vec<f64>>,
}

impl Seen {
    fn of(image: &Planes, specimen: &Specimen) -> Self {
        let part = |part| features(image, &spread_out(&specimen.pixels(part)));
        Self { covered: part(Part::Covered), clear: part(Part::Clear) }
    }

    fn rows(&self) -> impl Iterator<Item = (&[f64], bool)> {
        let covered = self.covered.iter().map(|row| (row.as_slice(), true));
        covered.chain(self.clear.iter().map(|row| (row.as_slice(), false)))
    }
}

/// At most [`PIXELS`] of some pixels, spread evenly.
fn spread_out(pixels: &[usize]) -> Vec<usize> {
    let count = pixels.len().min(PIXELS);
    (0..count).map(|i| pixels[i * pixels.len() / count]).collect()
}
