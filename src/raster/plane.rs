//! A rectangle of values in row order.

/// A dense two-dimensional array: `data[y * width + x]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane<T> {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Values, row by row.
    pub data: Vec<T>,
}

impl<T: Copy> Plane<T> {
    /// A plane of one value.
    #[must_use]
    pub fn filled(width: usize, height: usize, value: T) -> Self {
        Self { width, height, data: vec![value; width * height] }
    }

    /// A plane over existing values.
    ///
    /// # Panics
    /// When `data.len() != width * height`: a programming error, never a user's.
    #[must_use]
    pub fn from_vec(width: usize, height: usize, data: Vec<T>) -> Self {
        assert_eq!(data.len(), width * height, "plane of {width} × {height}");
        Self { width, height, data }
    }

    /// The value at column `x`, row `y`.
    #[inline]
    #[must_use]
    pub fn get(&self, x: usize, y: usize) -> T {
        self.data[y * self.width + x]
    }

    /// Sets the value at column `x`, row `y`.
    #[inline]
    pub fn set(&mut self, x: usize, y: usize, value: T) {
        self.data[y * self.width + x] = value;
    }

    /// Row `y`.
    #[inline]
    #[must_use]
    pub fn row(&self, y: usize) -> &[T] {
        &self.data[y * self.width..(y + 1) * self.width]
    }

    /// Row `y`, to be changed.
    #[inline]
    pub fn row_mut(&mut self, y: usize) -> &mut [T] {
        &mut self.data[y * self.width..(y + 1) * self.width]
    }

    /// A copy of the part inside `window`, which must lie inside the plane.
    #[must_use]
    pub fn crop(&self, window: super::Window) -> Self {
        let mut data = Vec::with_capacity(window.width * window.height);
        for y in window.y..window.y + window.height {
            data.extend_from_slice(&self.row(y)[window.x..window.x + window.width]);
        }
        Self { width: window.width, height: window.height, data }
    }

    /// Applies `f` to every value.
    #[must_use]
    pub fn map<U>(&self, f: impl Fn(T) -> U) -> Plane<U> {
        Plane {
            width: self.width,
            height: self.height,
            data: self.data.iter().map(|&value| f(value)).collect(),
        }
    }
}
