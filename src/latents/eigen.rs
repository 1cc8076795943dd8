//! Eigenvectors of small symmetric matrices.

/// Sweeps after which rotations have long stopped to change anything.
const SWEEPS: usize = 64;

/// Eigenvalues and eigenvectors of a symmetric `n × n` matrix in row order, the largest eigenvalue first, by
/// cyclic Jacobi rotations (Golub and Van Loan, *Matrix Computations*, 8.5). Vectors have length 1; their
/// largest number is positive.
pub(super) fn symmetric(matrix: &[f64], n: usize) -> Vec<(f64, Vec<f64>)> {
    let mut a = matrix.to_vec();
    let mut vectors: Vec<f64> = (0..n * n).map(|i| if i / n == i % n { 1.0 } else { 0.0 }).collect();
    let scale = a.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    for _ in 0..SWEEPS {
        let mut rotated = false;
        for p in 0..n {
            for q in p + 1..n {
                if a[p * n + q].abs() > f64::EPSILON * scale {
                    rotate(&mut a, &mut vectors, n, p, q);
                    rotated = true;
                }
            }
        }
        if !rotated {
            break;
        }
    }
    let mut pairs: Vec<_> =
        (0..n).map(|j| (a[j * n + j], signed((0..n).map(|i| vectors[i * n + j]).collect()))).collect();
    pairs.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    pairs
}

/// Makes the entry (p, q) zero.
fn rotate(a: &mut [f64], vectors: &mut [f64], n: usize, p: usize, q: usize) {
    let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * a[p * n + q]);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let t = if theta == 0.0 { 1.0 } else { t };
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    let turn = |x: &mut [f64], i: usize, j: usize| {
        let (left, right) = (x[i], x[j]);
        x[i] = c * left - s * right;
        x[j] = s * left + c * right;
    };
    for k in 0..n {
        turn(a, k * n + p, k * n + q);
        turn(vectors, k * n + p, k * n + q);
    }
    for k in 0..n {
        turn(a, p * n + k, q * n + k);
    }
}

/// The vector or its opposite, so that its largest number is positive.
fn signed(vector: Vec<f64>) -> Vec<f64> {
    let largest =
        vector.iter().fold(0.0_f64, |most, &value| if value.abs() > most.abs() { value } else { most });
    if largest < 0.0 { vector.iter().map(|value| -value).collect() } else { vector }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn a_matrix_is_the_sum_of_its_parts() {
        let n = 16;
        let mut stream = Stream::new(3, 0, "matrix");
        let factor: Vec<f64> = (0..n * n).map(|_| stream.normal()).collect();
        let entry = |i: usize, j: usize| (0..n).map(|k| factor[i * n + k] * factor[j * n + k]).sum::<f64>();
        let matrix: Vec<f64> = (0..n * n).map(|i| entry(i / n, i % n)).collect();
        let pairs = symmetric(&matrix, n);
        assert!(pairs.windows(2).all(|pair| pair[0].0 >= pair[1].0));
        for i in 0..n {
            for j in 0..n {
                let back: f64 = pairs.iter().map(|(value, v)| value * v[i] * v[j]).sum();
                assert!((back - matrix[i * n + j]).abs() < 1e-9);
                let dot: f64 = pairs[i].1.iter().zip(&pairs[j].1).map(|(a, b)| a * b).sum();
                assert!((dot - f64::from(u8::from(i == j))).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_known_matrix_has_its_known_directions() {
        let pairs = symmetric(&[2.0, 1.0, 1.0, 2.0], 2);
        let half = 0.5_f64.sqrt();
        assert!((pairs[0].0 - 3.0).abs() < 1e-12 && (pairs[1].0 - 1.0).abs() < 1e-12);
        assert!(pairs[0].1.iter().all(|value| (value - half).abs() < 1e-12));
        assert_eq!(symmetric(&[0.0; 4], 2)[0].0, 0.0);
    }
}
