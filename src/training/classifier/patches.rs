//! Patches of a store in a network's range.

use super::Labelled;
use crate::networks::Encoding;
use crate::patches::{Augment, QUANTIFICATION};

/// Turns stored numbers into network range by a table a band: a root a pixel would cost more than all else.
#[derive(Debug, Clone)]
pub struct Patches {
    /// `[bands · 65536]`.
    table: Vec<f32>,
}

/// Numbers that 16 bits can be.
const NUMBERS: usize = 1 << 16;

impl Patches {
    /// For an encoding.
    #[must_use]
    pub fn new(encoding: &Encoding) -> Self {
        let table = (0..encoding.mean.len()).flat_map(|band| {
            (0..NUMBERS).map(move |number| {
                // What was not measured counts as the mean.
                let reflectance = if number == 0 { f32::NAN } else { number as f32 / QUANTIFICATION };
                encoding.encode(band, reflectance)
            })
        });
        Self { table: table.collect() }
    }

    /// Appends a row of the store, turned, to a batch `[N, C, S, S]`.
    pub fn push(&self, data: &Labelled, row: usize, turn: Augment, batch: &mut Vec<f32>) {
        let (_, side) = data.store().shape();
        let planes = data.store().row(row).pixels.chunks_exact(side * side);
        let mut turned = Vec::with_capacity(side * side);
        for (plane, table) in planes.zip(self.table.chunks_exact(NUMBERS)) {
            turned.clear();
            turn.apply(plane, &mut turned);
            batch.extend(turned.iter().map(|&number| table[usize::from(number)]));
        }
    }

    /// Some rows as they are, `[N, C, S, S]`.
    #[must_use]
    pub fn still(&self, data: &Labelled, rows: &[usize]) -> Vec<f32> {
        let (bands, side) = data.store().shape();
        let mut batch = Vec::with_capacity(rows.len() * bands * side * side);
        for &row in rows {
            self.push(data, row, Augment::centre(side, side), &mut batch);
        }
        batch
    }
}
