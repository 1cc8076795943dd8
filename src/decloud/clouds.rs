//! The clouds of a scene as pieces, so that each is one surface: a code is drawn once a cloud.

use std::collections::VecDeque;

use crate::mask::Alpha;
use crate::random::Stream;
use crate::raster::{Plane, Window};

/// Side, in pixels of the scene, of the cells in which clouds are told apart.
pub(crate) const CELL: usize = 8;

/// Purpose under which land codes are drawn.
const PURPOSE: &str = "latent/cloud";

/// Every cell of a scene with the cloud that is nearest to it.
///
/// Two masked cells that touch, also over a corner, belong to one cloud. A cloud is named by its
/// first cell, row by row, so its code depends on the seed and on where it is, never on tiles.
#[derive(Debug, Clone)]
pub(crate) struct Pieces(Plane<u32>);

impl Pieces {
    /// The pieces of a mask.
    pub fn of(alpha: &Alpha) -> Self {
        let m = &alpha.0;
        let mut cells = Plane::filled(m.width.div_ceil(CELL), m.height.div_ceil(CELL), u32::MAX);
        for y in 0..m.height {
            for (x, _) in m.row(y).iter().enumerate().filter(|(_, m)| **m > 0) {
                cells.set(x / CELL, y / CELL, u32::MAX - 1);
            }
        }
        let mut front = VecDeque::new();
        for start in 0..cells.data.len() {
            if cells.data[start] == u32::MAX - 1 {
                flood(&mut cells, start, &mut front);
            }
        }
        spread(&mut cells, front);
        Self(cells)
    }

    /// How many clouds there are.
    #[cfg(test)]
    fn count(&self) -> usize {
        self.0.data.iter().collect::<std::collections::BTreeSet<_>>().len()
    }

    /// Land codes of one sample over the cells of a window that begins at multiples of [`CELL`]:
    /// `[numbers, rows, columns]`, flat.
    pub fn codes(&self, window: Window, numbers: usize, seed: u64, sample: u64) -> Vec<f32> {
        let (columns, rows) = (window.width.div_ceil(CELL), window.height.div_ceil(CELL));
        let (left, top) = (window.x / CELL, window.y / CELL);
        let mut known: Vec<(u32, Vec<f32>)> = Vec::new();
        let mut codes = vec![0.0; numbers * rows * columns];
        for y in 0..rows {
            for x in 0..columns {
                let piece = self.0.get(left + x, top + y);
                let index = known.iter().position(|(name, _)| *name == piece).unwrap_or_else(|| {
                    known.push((piece, drawn(seed, sample, piece, numbers)));
                    known.len() - 1
                });
                for (number, &value) in known[index].1.iter().enumerate() {
                    codes[(number * rows + y) * columns + x] = value;
                }
            }
        }
        codes
    }
}

/// The code of one cloud in one sample: standard normal numbers.
pub(crate) fn drawn(seed: u64, sample: u64, piece: u32, numbers: usize) -> Vec<f32> {
    let mut stream = Stream::new(seed, sample << 32 | u64::from(piece), PURPOSE);
    let mut code = vec![0.0; numbers];
    stream.fill_normal(&mut code);
    code
}

/// Names all cells of the cloud that begins at `start`, and adds them to the front.
fn flood(cells: &mut Plane<u32>, start: usize, front: &mut VecDeque<usize>) {
    let mut open = vec![start];
    cells.data[start] = start as u32;
    while let Some(cell) = open.pop() {
        front.push_back(cell);
        for next in neighbours(cell, cells.width, cells.height) {
            if cells.data[next] == u32::MAX - 1 {
                cells.data[next] = start as u32;
                open.push(next);
            }
        }
    }
}

/// Gives every other cell the cloud from which the fewest steps lead to it.
fn spread(cells: &mut Plane<u32>, mut front: VecDeque<usize>) {
    while let Some(cell) = front.pop_front() {
        for next in neighbours(cell, cells.width, cells.height) {
            if cells.data[next] == u32::MAX {
                cells.data[next] = cells.data[cell];
                front.push_back(next);
            }
        }
    }
}

/// The up to eight cells around one.
fn neighbours(cell: usize, width: usize, height: usize) -> impl Iterator<Item = usize> {
    let (x, y) = (cell % width, cell / width);
    let rows = y.saturating_sub(1)..=(y + 1).min(height - 1);
    rows.flat_map(move |row| {
        (x.saturating_sub(1)..=(x + 1).min(width - 1)).map(move |column| row * width + column)
    })
    .filter(move |&next| next != cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two clouds, one of two parts that touch over a corner of cells.
    fn two_clouds() -> Alpha {
        let mut m = Plane::filled(100, 60, 0_u8);
        for (x, y) in [(3, 3), (15, 3), (17, 9), (70, 40), (71, 41)] {
            m.set(x, y, 200);
        }
        Alpha(m)
    }

    #[test]
    fn cells_that_touch_are_one_cloud_and_every_cell_has_the_nearest() {
        let pieces = Pieces::of(&two_clouds());
        assert_eq!(pieces.count(), 2);
        assert_eq!(pieces.0.get(0, 0), pieces.0.get(2, 1));
        assert_eq!(pieces.0.get(12, 7), pieces.0.get(8, 5));
        assert_ne!(pieces.0.get(0, 0), pieces.0.get(8, 5));
    }

    #[test]
    fn codes_do_not_depend_on_the_window() {
        let pieces = Pieces::of(&two_clouds());
        let whole = pieces.codes(Window::new(0, 0, 100, 60), 3, 7, 0);
        let part = pieces.codes(Window::new(56, 24, 44, 36), 3, 7, 0);
        let (columns, rows, part_columns, part_rows) = (13, 8, 6, 5);
        for number in 0..3 {
            for y in 0..part_rows {
                for x in 0..part_columns {
                    let there = whole[(number * rows + y + 3) * columns + x + 7];
                    assert_eq!(part[(number * part_rows + y) * part_columns + x], there);
                }
            }
        }
        assert_ne!(whole, pieces.codes(Window::new(0, 0, 100, 60), 3, 7, 1));
        assert_ne!(whole, pieces.codes(Window::new(0, 0, 100, 60), 3, 8, 0));
        let first = whole[0];
        assert!(whole[..rows * columns].iter().any(|&value| value != first), "two clouds, two codes");
    }

    #[test]
    fn without_cloud_there_is_nothing_to_tell_apart() {
        let pieces = Pieces::of(&Alpha(Plane::filled(20, 20, 0)));
        assert_eq!(pieces.count(), 1);
        assert_eq!(pieces.codes(Window::new(0, 0, 20, 20), 2, 1, 0).len(), 18);
    }
}
