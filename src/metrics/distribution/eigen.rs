//! Eigenvalues and eigenvectors of small symmetric matrices.
//!
//! The cyclic Jacobi method (Golub and Van Loan, *Matrix Computations*, §8.5): rotations in the plane of two
//! axes, each making one pair of off-diagonal elements 0, until none is left that matters. It is slower than
//! reduction to tridiagonal form, but short, backward stable, and exact about small eigenvalues; the
//! matrices here have at most some hundred rows.

/// Sweeps after which even a matrix of a thousand rows has long converged (six to ten are usual).
const MAX_SWEEPS: usize = 60;

/// A square matrix, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Square {
    /// Rows, and columns.
    pub size: usize,
    /// Elements, row by row.
    pub data: Vec<f64>,
}

impl Square {
    /// A matrix of zeros.
    pub(super) fn zero(size: usize) -> Self {
        Self { size, data: vec![0.0; size * size] }
    }

    /// Row `i`.
    pub(super) fn row(&self, i: usize) -> &[f64] {
        &self.data[i * self.size..(i + 1) * self.size]
    }

    /// Sum of the diagonal.
    pub(super) fn trace(&self) -> f64 {
        (0..self.size).map(|i| self.data[i * self.size + i]).sum()
    }

    /// `self · other`, where `other` is symmetric: rows times rows.
    pub(super) fn times_symmetric(&self, other: &Self) -> Self {
        let mut product = Self::zero(self.size);
        for i in 0..self.size {
            for j in 0..self.size {
                product.data[i * self.size + j] = dot(self.row(i), other.row(j));
            }
        }
        product
    }
}

/// The decomposition of a symmetric matrix.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Eigen {
    /// Eigenvalues, largest first.
    pub values: Vec<f64>,
    /// Eigenvectors of length 1 as rows, in the order of the values; the largest element of each (the first
    /// of equals) is positive, so that the decomposition does not hang on the order of rotations.
    pub vectors: Square,
}

/// The scalar product of two vectors of one length.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Decomposes a symmetric matrix; what is not symmetric in it counts by the upper half.
pub(super) fn eigen(matrix: &Square) -> Eigen {
    let n = matrix.size;
    let mut a = matrix.clone();
    let mut vectors = Square::zero(n);
    for i in 0..n {
        vectors.data[i * n + i] = 1.0;
    }
    let scale: f64 = a.data.iter().map(|x| x * x).sum();
    for _ in 0..MAX_SWEEPS {
        let off: f64 = (0..n).map(|i| a.row(i)[i + 1..].iter().map(|x| x * x).sum::<f64>()).sum();
        // Squares: the elements themselves are then below a part in 10¹⁷ of the matrix.
        if off <= 1e-34 * scale {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut vectors, p, q);
            }
        }
    }
    sorted(&a, &vectors)
}

/// Makes element (p, q) 0 by a rotation in the plane of axes p and q.
fn rotate(a: &mut Square, vectors: &mut Square, p: usize, q: usize) {
    let n = a.size;
    let apq = a.data[p * n + q];
    let (app, aqq) = (a.data[p * n + p], a.data[q * n + q]);
    if apq == 0.0 || apq.abs() < 1e-18 * (app.abs() * aqq.abs()).sqrt() {
        return;
    }
    // The smaller of the two angles: t = tan, from t² + 2θt − 1 = 0.
    let theta = (aqq - app) / (2.0 * apq);
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let c = 1.0 / t.hypot(1.0);
    let s = t * c;
    turn_rows(&mut a.data, n, (p, q), (c, s));
    for i in 0..n {
        let (x, y) = (a.data[i * n + p], a.data[i * n + q]);
        a.data[i * n + p] = c * x - s * y;
        a.data[i * n + q] = s * x + c * y;
    }
    a.data[p * n + q] = 0.0;
    a.data[q * n + p] = 0.0;
    turn_rows(&mut vectors.data, n, (p, q), (c, s));
}

/// Rotates rows p < q by the angle of cosine c and sine s.
fn turn_rows(data: &mut [f64], n: usize, (p, q): (usize, usize), (c, s): (f64, f64)) {
    let (head, tail) = data.split_at_mut(q * n);
    for (x, y) in head[p * n..(p + 1) * n].iter_mut().zip(&mut tail[..n]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

fn sorted(a: &Square, vectors: &Square) -> Eigen {
    let n = a.size;
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| a.data[j * n + j].total_cmp(&a.data[i * n + i]));
    let values = order.iter().map(|&i| a.data[i * n + i]).collect();
    let mut rows = Vec::with_capacity(n * n);
    for &i in &order {
        let row = vectors.row(i);
        let largest = row.iter().fold(0.0_f64, |most, x| if x.abs() > most.abs() { *x } else { most });
        rows.extend(row.iter().map(|x| if largest < 0.0 { -x } else { *x }));
    }
    Eigen { values, vectors: Square { size: n, data: rows } }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn a_decomposition_puts_the_matrix_together_again() {
        for n in [1, 2, 7, 40] {
            let mut stream = Stream::new(1, n as u64, "test/eigen");
            let mut matrix = Square::zero(n);
            for i in 0..n {
                for j in 0..=i {
                    let value = stream.normal();
                    matrix.data[i * n + j] = value;
                    matrix.data[j * n + i] = value;
                }
            }
            let found = eigen(&matrix);
            assert!(found.values.windows(2).all(|pair| pair[0] >= pair[1]));
            for i in 0..n {
                for j in 0..n {
                    let again: f64 = (0..n)
                        .map(|k| found.values[k] * found.vectors.row(k)[i] * found.vectors.row(k)[j])
                        .sum();
                    assert!((again - matrix.data[i * n + j]).abs() < 1e-12 * n as f64, "{n}: {i}, {j}");
                    let unit = dot(found.vectors.row(i), found.vectors.row(j));
                    assert!((unit - f64::from(u8::from(i == j))).abs() < 1e-13);
                }
            }
        }
    }

    #[test]
    fn known_values_come_out_and_small_ones_are_not_lost() {
        let matrix = Square { size: 2, data: vec![2.0, 1.0, 1.0, 2.0] };
        let found = eigen(&matrix);
        assert!((found.values[0] - 3.0).abs() < 1e-15 && (found.values[1] - 1.0).abs() < 1e-15);
        let half = 0.5_f64.sqrt();
        assert!(found.vectors.row(0).iter().all(|x| (x - half).abs() < 1e-15));
        let graded = Square { size: 2, data: vec![1e8, 1.0, 1.0, 1e-6] };
        let found = eigen(&graded);
        // The determinant, 1e8 · 1e-6 − 1.
        assert!((found.values[0] * found.values[1] - 99.0).abs() < 1e-6);
    }
}
