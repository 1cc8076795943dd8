//! Sweep sheets: which codes stand in which cell.

use serde::{Deserialize, Serialize};

use super::{CloudChange, Direction, MAP_CELL_PX, along, interpolated, prior};

/// How far a sheet goes to either side along an axis, in the prior's deviations.
const REACH: f32 = 2.5;

/// What a sheet goes along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axes {
    /// Two numbers of the code, from 0: columns, rows.
    Raw(usize, usize),
    /// The first two principal directions.
    Principal,
    /// Samples of the prior, in the order of their numbers.
    Random,
    /// The arc from one code to another, row by row.
    Between,
    /// The cloud instead of the land: moved from column to column, thinned from row to row.
    Cloud,
}

/// A sheet's codes, row by row, with what its axes are to be labelled.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Cells in a row.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// A land code a cell, row by row.
    pub codes: Vec<Vec<f32>>,
    /// What is done to the cloud, a cell each, for [`Axes::Cloud`]; else empty.
    pub changes: Vec<CloudChange>,
    /// What stands over each column; empty for samples.
    pub column_labels: Vec<String>,
    /// What stands before each row.
    pub row_labels: Vec<String>,
}

impl Sheet {
    /// Cells along two directions around a code: columns along `across`, rows along `down`, from −2.5 to 2.5
    /// deviations, the code itself in the middle of odd numbers of cells.
    #[must_use]
    pub fn of_directions(
        base: &[f32],
        (across, across_name): (&[f32], &str),
        (down, down_name): (&[f32], &str),
        columns: usize,
        rows: usize,
    ) -> Self {
        let place = |index: usize, count: usize| {
            if count > 1 { REACH * (2.0 * index as f32 / (count - 1) as f32 - 1.0) } else { 0.0 }
        };
        let code = |cell: usize| {
            let moved = along(base, across, place(cell % columns, columns));
            along(&moved, down, place(cell / columns, rows))
        };
        let label = |name: &str, at: f32| format!("{name} {at:+.1}");
        Self {
            columns,
            rows,
            codes: (0..columns * rows).map(code).collect(),
            changes: Vec::new(),
            column_labels: (0..columns).map(|i| label(across_name, place(i, columns))).collect(),
            row_labels: (0..rows).map(|i| label(down_name, place(i, rows))).collect(),
        }
    }

    /// Samples of the prior under a seed, the first of a row named by its number.
    #[must_use]
    pub fn of_samples(seed: u64, numbers: usize, columns: usize, rows: usize) -> Self {
        Self {
            columns,
            rows,
            codes: (0..(columns * rows) as u64).map(|index| prior(seed, index, numbers)).collect(),
            changes: Vec::new(),
            column_labels: Vec::new(),
            row_labels: (0..rows).map(|row| format!("n {}", row * columns)).collect(),
        }
    }

    /// Codes along the arc from one to another, the first of a row named by its share of the other.
    #[must_use]
    pub fn between(from: &[f32], to: &[f32], columns: usize, rows: usize) -> Self {
        let share = |cell: usize| cell as f32 / (columns * rows).saturating_sub(1).max(1) as f32;
        Self {
            columns,
            rows,
            codes: (0..columns * rows).map(|cell| interpolated(from, to, share(cell))).collect(),
            changes: Vec::new(),
            column_labels: Vec::new(),
            row_labels: (0..rows).map(|row| format!("{:.2}", share(row * columns))).collect(),
        }
    }

    /// The cloud over the ground of one land code, in an image `width_px` pixels wide: columns move it from a quarter of
    /// the width to the left to as much to the right, in whole cells of 8 pixels; rows thin it from twice as thick to
    /// nothing. The cloud as it is stands in the middle of odd numbers of cells.
    #[must_use]
    pub fn of_clouds(base: &[f32], width_px: usize, columns: usize, rows: usize) -> Self {
        let reach = (width_px / MAP_CELL_PX / 4).max(1) as f32;
        let along = |index: usize, count: usize| {
            if count > 1 { 2.0 * index as f32 / (count - 1) as f32 - 1.0 } else { 0.0 }
        };
        let right = |column: usize| (reach * along(column, columns)).round() as i32;
        let thickness = |row: usize| 1.0 - along(row, rows);
        let change = |cell: usize| CloudChange {
            right: right(cell % columns),
            down: 0,
            thickness: thickness(cell / columns),
        };
        Self {
            columns,
            rows,
            codes: vec![base.to_vec(); columns * rows],
            changes: (0..columns * rows).map(change).collect(),
            column_labels: (0..columns).map(|i| format!("x {:+}", right(i) * MAP_CELL_PX as i32)).collect(),
            row_labels: (0..rows).map(|i| format!("t {:.2}", thickness(i))).collect(),
        }
    }

    /// A sheet of the given axes around `base`; `directions` are used by [`Axes::Principal`] alone. None where
    /// an axis is not there, and for [`Axes::Between`] and [`Axes::Cloud`], which have functions of their own.
    #[must_use]
    pub fn of(
        axes: Axes,
        base: &[f32],
        directions: &[Direction],
        seed: u64,
        (columns, rows): (usize, usize),
    ) -> Option<Self> {
        let numbers = base.len();
        match axes {
            Axes::Random => Some(Self::of_samples(seed, numbers, columns, rows)),
            Axes::Raw(i, j) if i < numbers && j < numbers => {
                let unit = |at: usize| (0..numbers).map(|n| f32::from(u8::from(n == at))).collect::<Vec<_>>();
                let names = [format!("z{i}"), format!("z{j}")];
                Some(Self::of_directions(base, (&unit(i), &names[0]), (&unit(j), &names[1]), columns, rows))
            }
            Axes::Raw(..) | Axes::Between | Axes::Cloud => None,
            Axes::Principal => {
                let (across, down) = (directions.first()?, directions.get(1)?);
                Some(Self::of_directions(base, (&across.vector, "p1"), (&down.vector, "p2"), columns, rows))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_goes_evenly_along_both_axes_around_its_code() {
        let sheet =
            Sheet::of(Axes::Raw(0, 2), &[0.5, 1.0, 0.0], &[], 0, (5, 3)).expect("both axes are there");
        assert_eq!((sheet.columns, sheet.rows, sheet.codes.len()), (5, 3, 15));
        assert_eq!(sheet.codes[7], [0.5, 1.0, 0.0], "the middle is the code");
        assert_eq!(sheet.codes[0], [-2.0, 1.0, -2.5]);
        assert_eq!(sheet.codes[14], [3.0, 1.0, 2.5]);
        assert_eq!(sheet.column_labels, ["z0 -2.5", "z0 -1.2", "z0 +0.0", "z0 +1.2", "z0 +2.5"]);
        assert_eq!(sheet.row_labels[2], "z2 +2.5");
        assert!(Sheet::of(Axes::Raw(0, 3), &[0.0; 3], &[], 0, (2, 2)).is_none());
        assert!(Sheet::of(Axes::Principal, &[0.0; 3], &[], 0, (2, 2)).is_none());
    }

    #[test]
    fn a_sheet_between_two_codes_begins_and_ends_with_them() {
        let (from, to) = (vec![0.0, 2.0], vec![2.0, 0.0]);
        let sheet = Sheet::between(&from, &to, 3, 2);
        assert_eq!(sheet.row_labels, ["0.00", "0.60"]);
        assert_eq!((&sheet.codes[0], &sheet.codes[1]), (&from, &interpolated(&from, &to, 0.2)));
        assert!(sheet.codes[5].iter().zip(&to).all(|(a, b)| (a - b).abs() < 1e-6));
        assert_eq!(Sheet::between(&from, &to, 1, 1).codes, [from]);
    }

    #[test]
    fn a_sheet_of_clouds_goes_from_left_to_right_and_from_thick_to_nothing() {
        let sheet = Sheet::of_clouds(&[0.5], 128, 5, 3);
        assert_eq!((sheet.codes.len(), sheet.changes.len()), (15, 15));
        assert_eq!(sheet.column_labels, ["x -32", "x -16", "x +0", "x +16", "x +32"]);
        assert_eq!(sheet.row_labels, ["t 2.00", "t 1.00", "t 0.00"]);
        assert_eq!(sheet.changes[7], CloudChange::default(), "the middle is the cloud as it is");
        assert_eq!(sheet.changes[0], CloudChange { right: -4, down: 0, thickness: 2.0 });
        assert_eq!(Sheet::of_clouds(&[0.5], 20, 1, 1).changes, [CloudChange::default()]);
    }

    #[test]
    fn samples_are_those_of_the_prior() {
        let sheet = Sheet::of(Axes::Random, &[0.0; 4], &[], 7, (3, 2)).expect("always");
        assert_eq!(sheet.codes[4], prior(7, 4, 4));
        assert_eq!(sheet.row_labels, ["n 0", "n 3"]);
    }
}
