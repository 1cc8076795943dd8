//! Features of crops, as a matrix with the place of each row.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::metrics::Error;

/// Features of image crops: a row a crop, a column a feature, and the place each crop shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    names: Arc<[String]>,
    values: Vec<f64>,
    places: Vec<u32>,
}

impl Features {
    /// No crop yet, of features with these names.
    #[must_use]
    pub fn new(names: Arc<[String]>) -> Self {
        Self { names, values: Vec::new(), places: Vec::new() }
    }

    /// Adds a crop of a place; crops of one place carry one number, whatever it is.
    ///
    /// # Errors
    /// [`Error::Shape`] where the number of features differs or one is not finite.
    pub fn push(&mut self, place: u32, row: &[f64]) -> Result<(), Error> {
        let fail = |found: String, expected: String| Error::Shape { what: "a crop has", found, expected };
        if row.len() != self.names.len() {
            return Err(fail(format!("{} features", row.len()), self.names.len().to_string()));
        }
        if let Some(bad) = row.iter().position(|value| !value.is_finite()) {
            return Err(fail(format!("{} for {}", row[bad], self.names[bad]), "a finite number".into()));
        }
        self.values.extend_from_slice(row);
        self.places.push(place);
        Ok(())
    }

    /// The features' names.
    #[must_use]
    pub fn names(&self) -> &Arc<[String]> {
        &self.names
    }

    /// How many crops there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The features of crop `i`.
    #[must_use]
    pub fn row(&self, i: usize) -> &[f64] {
        let width = self.names.len();
        &self.values[i * width..(i + 1) * width]
    }

    /// The features of every crop.
    #[must_use]
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        (0..self.len()).map(|i| self.row(i))
    }

    /// How many places the crops show.
    #[must_use]
    pub fn places(&self) -> usize {
        self.places.iter().collect::<BTreeSet<_>>().len()
    }
}

/// Points of one dimension, row by row: what distances are measured between.
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    dimension: usize,
    values: Vec<f64>,
}

impl Points {
    /// Points of a dimension, one after another.
    ///
    /// # Errors
    /// [`Error::Shape`] for dimension 0 or a number of values that is no multiple of it.
    pub fn new(dimension: usize, values: Vec<f64>) -> Result<Self, Error> {
        if dimension == 0 || !values.len().is_multiple_of(dimension) {
            let found = format!("{} values", values.len());
            let expected = format!("a multiple of the dimension {dimension}, which must be above 0");
            return Err(Error::Shape { what: "a set of points has", found, expected });
        }
        Ok(Self { dimension, values })
    }

    /// Numbers a point.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// How many points.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len() / self.dimension
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Point `i`.
    #[must_use]
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.dimension..(i + 1) * self.dimension]
    }

    /// Every point.
    #[must_use]
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.dimension)
    }
}

/// Points that can be compared with each other: of one dimension, and at least two of each.
pub(super) fn check(real: &Points, made: &Points) -> Result<(), Error> {
    if real.dimension != made.dimension {
        let found = format!("{} dimensions", made.dimension);
        let expected = format!("{}, as the real ones", real.dimension);
        return Err(Error::Shape { what: "the made points have", found, expected });
    }
    for (what, points) in [("real points:", real), ("made points:", made)] {
        if points.len() < 2 {
            let found = points.len().to_string();
            return Err(Error::Shape { what, found, expected: "at least 2".into() });
        }
    }
    Ok(())
}
