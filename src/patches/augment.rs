//! How a patch is turned and cropped.

use super::Row;
use crate::random::Stream;
use crate::raster::Window;

/// One of the eight flips and quarter turns of a square, after a crop. The same for every array of a
/// patch, so that pixels, mask, radar and reference stay in register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Augment {
    /// Side of the patches it is made for.
    side: usize,
    /// The part that is kept, a square.
    crop: Window,
    /// Whether rows become columns, before the flips.
    transpose: bool,
    flip_x: bool,
    flip_y: bool,
}

/// A patch's arrays, cropped and turned; the meaning of each is that of [`Row`].
#[derive(Debug, Clone, PartialEq)]
pub struct Augmented {
    /// `[C, S, S]`.
    pub pixels: Vec<u16>,
    /// `[S, S]`.
    pub mask: Vec<u8>,
    /// `[2, S, S]`.
    pub s1: Option<Vec<f32>>,
    /// `[C, S, S]`.
    pub reference: Option<Vec<u16>>,
}

impl Augment {
    /// The middle of a patch as it is; all of it where `size` is `side`.
    ///
    /// # Panics
    /// Where `size` is 0 or larger than `side`.
    #[must_use]
    pub fn centre(side: usize, size: usize) -> Self {
        assert!((1..=side).contains(&size), "a crop of {size} from {side} pixels");
        let start = (side - size) / 2;
        let crop = Window::new(start, start, size, size);
        Self { side, crop, transpose: false, flip_x: false, flip_y: false }
    }

    /// A random crop of `size` pixels from patches of `side`, randomly flipped and turned.
    ///
    /// # Panics
    /// As [`Augment::centre`].
    #[must_use]
    pub fn draw(side: usize, size: usize, stream: &mut Stream) -> Self {
        let still = Self::centre(side, size);
        let places = (side - size + 1) as u64;
        let turn = stream.next_u32();
        let (x, y) = (stream.below(places) as usize, stream.below(places) as usize);
        Self {
            crop: Window::new(x, y, size, size),
            transpose: turn & 1 != 0,
            flip_x: turn & 2 != 0,
            flip_y: turn & 4 != 0,
            ..still
        }
    }

    /// Side of what comes out.
    #[must_use]
    pub fn size(&self) -> usize {
        self.crop.width
    }

    /// Applies it to an array of planes of `side` × `side` and appends the result to `out`.
    ///
    /// # Panics
    /// Where the array is not made of whole planes: a programming error.
    pub fn apply<T: Copy>(&self, planes: &[T], out: &mut Vec<T>) {
        let plane = self.side * self.side;
        assert!(planes.len().is_multiple_of(plane), "{} values are no planes of {plane}", planes.len());
        out.reserve(planes.len() / plane * self.crop.len());
        for source in planes.chunks_exact(plane) {
            for y in 0..self.size() {
                self.row(source, y, out);
            }
        }
    }

    /// One row of the result.
    fn row<T: Copy>(&self, source: &[T], y: usize, out: &mut Vec<T>) {
        let (size, side, crop) = (self.size(), self.side, self.crop);
        let y = if self.flip_y { size - 1 - y } else { y };
        if self.transpose {
            let column = (0..size).map(|x| source[(crop.y + x) * side + crop.x + y]);
            if self.flip_x {
                out.extend(column.rev());
            } else {
                out.extend(column);
            }
        } else {
            let start = (crop.y + y) * side + crop.x;
            let row = &source[start..start + size];
            if self.flip_x {
                out.extend(row.iter().rev());
            } else {
                out.extend_from_slice(row);
            }
        }
    }

    /// Applies it to all arrays of a row.
    #[must_use]
    pub fn row_of(&self, row: &Row<'_>) -> Augmented {
        Augmented {
            pixels: self.applied(row.pixels),
            mask: self.applied(row.mask),
            s1: row.s1.map(|planes| self.applied(planes)),
            reference: row.reference.map(|planes| self.applied(planes)),
        }
    }

    fn applied<T: Copy>(&self, planes: &[T]) -> Vec<T> {
        let mut out = Vec::new();
        self.apply(planes, &mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn all_eight_turns_of_a_square_occur_and_each_keeps_every_pixel() {
        let patch: Vec<u16> = (0..9).collect();
        let mut seen = HashSet::new();
        for step in 0..200 {
            let turn = Augment::draw(3, 3, &mut Stream::new(1, step, "augment"));
            let out = turn.applied(&patch);
            assert_eq!(out[4], 4, "the middle stays");
            assert_eq!(out.iter().copied().collect::<HashSet<_>>().len(), 9);
            // Neighbours stay neighbours: no turn tears a square apart.
            assert!(
                out.chunks(3)
                    .flat_map(|row| row.windows(2))
                    .all(|pair| [1, 3].contains(&pair[0].abs_diff(pair[1])))
            );
            seen.insert(out);
        }
        assert_eq!(seen.len(), 8);
        assert!(seen.contains(&patch), "the identity is among them");
    }

    #[test]
    fn every_place_of_a_crop_occurs_and_all_arrays_move_together() {
        let (side, size) = (6, 4);
        let plane: Vec<u16> = (0..36).collect();
        let pixels: Vec<u16> = plane.iter().copied().chain(plane.iter().map(|value| value + 100)).collect();
        let mask: Vec<u8> = plane.iter().map(|&value| value as u8).collect();
        let s1: Vec<f32> = pixels.iter().map(|&value| f32::from(value)).collect();
        let mut corners = HashSet::new();
        for step in 0..300 {
            let augment = Augment::draw(side, size, &mut Stream::new(1, step, "augment"));
            let row = Row {
                pixels: &pixels,
                mask: &mask,
                domain: super::super::Domain::Clear,
                split: super::super::Split::Train,
                place: 0,
                pair: None,
                labels_43: None,
                labels_19: None,
                s1: Some(&s1),
                reference: Some(&pixels),
            };
            let out = augment.row_of(&row);
            assert_eq!(out.pixels.len(), 2 * size * size);
            let (first, second) = out.pixels.split_at(size * size);
            assert!(first.iter().zip(second).all(|(a, b)| a + 100 == *b));
            assert!(first.iter().zip(&out.mask).all(|(a, b)| *a == u16::from(*b)));
            assert!(out.s1.expect("given").iter().zip(&out.pixels).all(|(a, b)| *a == f32::from(*b)));
            assert_eq!(out.reference.as_ref(), Some(&out.pixels));
            corners.insert(first.iter().min().copied());
        }
        let expected: HashSet<_> = [0, 1, 2, 6, 7, 8, 12, 13, 14].map(Some).into();
        assert_eq!(corners, expected);
    }

    #[test]
    fn the_centre_is_cut_without_turning() {
        let patch: Vec<u8> = (0..25).collect();
        assert_eq!(Augment::centre(5, 3).applied(&patch), [6, 7, 8, 11, 12, 13, 16, 17, 18]);
        assert_eq!(Augment::centre(5, 5).applied(&patch), patch);
    }
}
