//! Spectral normalisation: a layer's weights divided by their largest singular value.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::init::Init;
use super::layers::{SLOPE, convolve};

/// Added to a norm before dividing by it.
const EPSILON: f32 = 1e-12;

/// Rounds of the power iteration when a layer is made; afterwards one a training step is enough,
/// since weights move little.
const FIRST_ROUNDS: usize = 15;

/// A size-keeping convolution whose weights, as a matrix `[out, in·k·k]`, have a spectral norm of 1
/// (Miyato et al. 2018). The norm is `uᵀWv` with u and v from a power iteration; gradients pass
/// through W in it, not through u and v.
#[derive(Module, Debug)]
pub struct SpectralConv {
    /// `[out, in, k, k]`, not normalised.
    pub weight: Param<Tensor<4>>,
    /// `[out]`.
    pub bias: Param<Tensor<1>>,
    /// The left singular vector, `[1, out]`, of length 1.
    pub u: Param<Tensor<2>>,
}

impl SpectralConv {
    /// A convolution of `k` × `k` from `input` to `output` channels.
    pub fn new(init: &mut Init, input: usize, output: usize, k: usize) -> Self {
        let weight = init.he([output, input, k, k], SLOPE, 1.0);
        let bias = init.constant([output], 0.0);
        let u = init.normal([1, output], 1.0).set_require_grad(false);
        let new = Self { weight, bias, u };
        (0..FIRST_ROUNDS).fold(new, |layer, _| layer.refined())
    }

    /// `[N, in, H, W]` → `[N, out, H, W]`.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let weight = self.weight.val();
        let normal = weight.clone() / self.norm(&weight).reshape([1, 1, 1, 1]);
        convolve(x, normal, Some(self.bias.val()), 1)
    }

    /// The estimate of the largest singular value, `[1, 1]`.
    fn norm(&self, weight: &Tensor<4>) -> Tensor<2> {
        let matrix = as_matrix(weight);
        let u = self.u.val().detach();
        let v = unit(u.clone().matmul(matrix.clone().detach()));
        u.matmul(matrix).matmul(v.transpose())
    }

    /// One more round of the power iteration.
    #[must_use]
    pub fn refined(self) -> Self {
        let matrix = as_matrix(&self.weight.val()).inner();
        let refine = |u: Tensor<2>| {
            let checkpointing = u.gradient_checkpointing_strategy();
            let v = unit(u.inner().matmul(matrix.clone()));
            let u = unit(v.matmul(matrix.transpose()));
            match checkpointing {
                Some(strategy) => u.autodiff().with_gradient_checkpointing_strategy(strategy),
                None => u,
            }
        };
        Self { u: self.u.map(refine), ..self }
    }
}

/// `[out, in, k, k]` → `[out, in·k·k]`.
fn as_matrix(weight: &Tensor<4>) -> Tensor<2> {
    let [out, input, height, width] = weight.dims();
    weight.clone().reshape([out, input * height * width])
}

/// A row vector of length 1.
fn unit(row: Tensor<2>) -> Tensor<2> {
    let length = row.clone().square().sum_dim(1).sqrt() + EPSILON;
    row / length
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    /// The largest singular value by Jacobi rotations of `W·Wᵀ` in f64: a dense decomposition that
    /// shares nothing with the power iteration.
    fn largest_singular_value(weight: &Tensor<4>) -> f64 {
        let [rows, input, height, width] = weight.dims();
        let columns = input * height * width;
        let values: Vec<f32> = weight.clone().inner().into_data().try_to_vec().expect("floats");
        let at = |row: usize, column: usize| f64::from(values[row * columns + column]);
        let mut gram: Vec<Vec<f64>> = (0..rows)
            .map(|i| (0..rows).map(|j| (0..columns).map(|k| at(i, k) * at(j, k)).sum()).collect())
            .collect();
        for _ in 0..60 {
            for p in 0..rows {
                for q in p + 1..rows {
                    rotate(&mut gram, p, q);
                }
            }
        }
        (0..rows).map(|i| gram[i][i]).fold(0.0, f64::max).sqrt()
    }

    fn rotate(matrix: &mut [Vec<f64>], p: usize, q: usize) {
        if matrix[p][q].abs() < 1e-14 {
            return;
        }
        let angle = 0.5 * (2.0 * matrix[p][q]).atan2(matrix[q][q] - matrix[p][p]);
        let (sin, cos) = angle.sin_cos();
        for row in matrix.iter_mut() {
            let (a, b) = (row[p], row[q]);
            (row[p], row[q]) = (cos * a - sin * b, sin * a + cos * b);
        }
        let (upper, lower) = matrix.split_at_mut(q);
        for (a, b) in upper[p].iter_mut().zip(&mut lower[0]) {
            (*a, *b) = (cos * *a - sin * *b, sin * *a + cos * *b);
        }
    }

    #[test]
    fn the_normalised_weights_have_spectral_norm_one() {
        let device = Device::flex();
        for (input, output, k) in [(5, 7, 3), (13, 4, 1), (3, 16, 3)] {
            let mut init = Init::new(9, "spectral", &device);
            let layer =
                (0..60).fold(SpectralConv::new(&mut init, input, output, k), |layer, _| layer.refined());
            let weight = layer.weight.val();
            let dense = largest_singular_value(&weight);
            let estimate = f64::from(layer.norm(&weight).into_scalar::<f32>());
            assert!((estimate / dense - 1.0).abs() < 1e-4, "{estimate} against {dense}");
            let normal = weight / (estimate as f32);
            assert!((largest_singular_value(&normal) - 1.0).abs() < 1e-4);
        }
    }

    #[test]
    fn gradients_pass_through_the_norm() {
        // y = (w / |w|)·x of a 1 × 1 layer with one channel is ±x whatever w: no gradient reaches w.
        let device = Device::flex().autodiff();
        let mut init = Init::new(1, "one", &device);
        let layer = SpectralConv::new(&mut init, 1, 1, 1);
        let x = Tensor::<4>::from_data(TensorData::new(vec![2.0_f32; 4], [1, 1, 2, 2]), &device);
        let grads = layer.forward(x).sum().backward();
        let grad: f32 = layer.weight.val().grad(&grads).expect("tracked").into_scalar();
        assert!(grad.abs() < 1e-4, "{grad}");
        assert!(layer.u.val().grad(&grads).is_none());
    }
}
