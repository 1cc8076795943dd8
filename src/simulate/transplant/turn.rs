//! The eight ways a square can lie, and where a donor is put.

use serde::{Deserialize, Serialize};

use crate::random::Stream;
use crate::raster::Plane;

/// One of the eight symmetries of a square: mirrored left to right or not, then turned clockwise by
/// quarters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Turn {
    /// Whether left and right are exchanged before it is turned.
    pub mirrored: bool,
    /// Quarter turns clockwise; 0 to 3, more count modulo 4.
    pub quarters: u8,
}

/// How a donor lies over a clear image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Placing {
    /// How it is turned.
    pub turn: Turn,
    /// Column and row of the clear image on which the turned donor's first pixel lies. Beyond its edges
    /// the donor continues as its mirror image.
    pub shift: (isize, isize),
}

impl Turn {
    /// One of the eight, each as likely.
    #[must_use]
    pub fn draw(stream: &mut Stream) -> Self {
        let number = stream.below(8) as u8;
        Self { mirrored: number >= 4, quarters: number % 4 }
    }

    /// Width and height of what was `width` × `height`, once turned.
    #[must_use]
    pub fn size(self, width: usize, height: usize) -> (usize, usize) {
        if self.quarters.is_multiple_of(2) { (width, height) } else { (height, width) }
    }

    /// Where pixel `(x, y)` of a turned image lies in the image of `width` × `height` before it was.
    #[inline]
    #[must_use]
    pub fn source(self, x: usize, y: usize, width: usize, height: usize) -> (usize, usize) {
        let (x, y) = match self.quarters % 4 {
            0 => (x, y),
            1 => (y, height - 1 - x),
            2 => (width - 1 - x, height - 1 - y),
            _ => (width - 1 - y, x),
        };
        (if self.mirrored { width - 1 - x } else { x }, y)
    }

    /// A plane turned.
    #[must_use]
    pub fn of<T: Copy>(self, plane: &Plane<T>) -> Plane<T> {
        let (width, height) = self.size(plane.width, plane.height);
        let mut data = Vec::with_capacity(plane.data.len());
        for y in 0..height {
            for x in 0..width {
                let (u, v) = self.source(x, y, plane.width, plane.height);
                data.push(plane.get(u, v));
            }
        }
        Plane::from_vec(width, height, data)
    }
}

impl Placing {
    /// Any turn, and a shift with which a donor of `donor` pixels (width, height) lies over an image of
    /// `image` pixels. Where the two are of about one size, up to an eighth of the image's side may be the
    /// donor's mirror image, so that not every placing shows the same cloud in the same place.
    #[must_use]
    pub fn draw(stream: &mut Stream, donor: (usize, usize), image: (usize, usize)) -> Self {
        let turn = Turn::draw(stream);
        let (width, height) = turn.size(donor.0, donor.1);
        let mut along = |donor: usize, image: usize| {
            let slack = image as isize - donor as isize;
            let margin = (image as isize / 8 - slack.abs()).max(0);
            let (low, high) = (slack.min(0) - margin, slack.max(0) + margin);
            low + stream.below((high - low + 1) as u64) as isize
        };
        let shift = (along(width, image.0), along(height, image.1));
        Self { turn, shift }
    }

    /// For each pixel of an image of `image` pixels, row by row, the donor's pixel (its index) over it.
    pub(super) fn sources(self, donor: (usize, usize), image: (usize, usize)) -> Vec<usize> {
        let (width, height) = self.turn.size(donor.0, donor.1);
        let columns: Vec<_> = (0..image.0).map(|x| reflected(x as isize - self.shift.0, width)).collect();
        let mut sources = Vec::with_capacity(image.0 * image.1);
        for y in 0..image.1 {
            let row = reflected(y as isize - self.shift.1, height);
            for &column in &columns {
                let (x, y) = self.turn.source(column, row, donor.0, donor.1);
                sources.push(y * donor.0 + x);
            }
        }
        sources
    }
}

/// An index beyond either end, mirrored back in with the edge repeated.
fn reflected(index: isize, len: usize) -> usize {
    let len = len as isize;
    let index = index.rem_euclid(2 * len);
    (if index < len { index } else { 2 * len - 1 - index }) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = Turn> {
        (0..8).map(|number| Turn { mirrored: number >= 4, quarters: number % 4 })
    }

    #[test]
    fn the_eight_turns_differ_and_keep_every_pixel() {
        let plane = Plane::from_vec(3, 2, (0..6).collect());
        let mut seen = std::collections::HashSet::new();
        for turn in all() {
            let turned = turn.of(&plane);
            let mut values = turned.data.clone();
            values.sort_unstable();
            assert_eq!(values, plane.data);
            assert!(seen.insert((turned.width, turned.data)));
        }
        let quarter = Turn { mirrored: false, quarters: 1 };
        // 0 1 2      3 0
        // 3 4 5  →   4 1
        //            5 2
        assert_eq!(quarter.of(&plane).data, [3, 0, 4, 1, 5, 2]);
        let four = (0..4).fold(plane.clone(), |plane, _| quarter.of(&plane));
        assert_eq!(four, plane);
    }

    #[test]
    fn beyond_its_edges_a_donor_continues_as_its_mirror_image() {
        let placing = Placing { turn: Turn::default(), shift: (-2, 1) };
        assert_eq!(placing.sources((3, 1), (5, 2)), [2, 2, 1, 0, 0, 2, 2, 1, 0, 0]);
    }

    #[test]
    fn a_larger_donor_covers_the_image_and_one_of_its_size_all_but_an_eighth() {
        let mut stream = Stream::new(3, 0, "placing");
        let mut moved = 0;
        for (donor, margin) in [((300, 200), 0), ((128, 128), 16)].repeat(100) {
            let placing = Placing::draw(&mut stream, donor, (128, 128));
            let (width, height) = placing.turn.size(donor.0, donor.1);
            for (shift, len) in [(placing.shift.0, width as isize), (placing.shift.1, height as isize)] {
                assert!(shift <= margin && shift + len >= 128 - margin, "{placing:?}");
                moved += i32::from(shift != 0);
            }
        }
        assert!(moved > 300);
    }
}
