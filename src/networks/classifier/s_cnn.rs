//! `s-cnn-all`: the small network over all bands of `BigEarthNet`'s authors.

use burn::module::Module;
use burn::tensor::{Tensor, activation};

use super::ClassifierConfig;
use crate::networks::init::Init;
use crate::networks::layers::{Conv, Dense};

/// Three convolutions of 5 × 5, 5 × 5 and 3 × 3 with 32, 32 and 64 filters, zero padding, maxima over 2 × 2
/// between them, one fully connected layer and one for the classes (Sumbul, Charfuelan, Demir, Markl,
/// *BigEarthNet: A Large-Scale Benchmark Archive for Remote Sensing Image Understanding*, IGARSS 2019).
#[derive(Module, Debug)]
pub struct SCnnAll {
    convs: Vec<Conv>,
    hidden: Dense,
    head: Dense,
}

impl SCnnAll {
    /// A new network, a function of `init`'s seed.
    pub fn new(init: &mut Init, config: &ClassifierConfig) -> Self {
        let sizes = [(config.bands.len(), 32, 5), (32, 32, 5), (32, 64, 3)];
        let convs = sizes.map(|(input, output, k)| Conv::new(init, input, output, k, 1.0)).into();
        let side = config.patch_px / 4;
        let gain = std::f64::consts::SQRT_2;
        Self {
            convs,
            hidden: Dense::new(init, 64 * side * side, config.hidden, gain),
            head: Dense::new(init, config.hidden, config.labels.classes(), 1.0),
        }
    }

    /// Logits `[N, classes]` of patches `[N, C, S, S]` in network range, S the configuration's.
    #[must_use]
    pub fn forward(&self, patches: Tensor<4>) -> Tensor<2> {
        let last = self.convs.len() - 1;
        let features = self.convs.iter().enumerate().fold(patches, |x, (index, conv)| {
            let x = activation::relu(conv.forward(x));
            if index < last { max_pool(x) } else { x }
        });
        let [images, channels, height, width] = features.dims();
        let flat = features.reshape([images, channels * height * width]);
        self.head.forward(activation::relu(self.hidden.forward(flat)))
    }
}

/// Maximum over 2 × 2 pixels: `[N, C, H, W]` → `[N, C, H/2, W/2]`.
///
/// Of pairs of columns and then of rows, since the gradient of a pair's maximum needs no indices.
fn max_pool(x: Tensor<4>) -> Tensor<4> {
    let [n, c, h, w] = x.dims();
    let columns = x.reshape([n * c, h, w / 2, 2]);
    let x = columns.clone().narrow(3, 0, 1).max_pair(columns.narrow(3, 1, 1));
    let rows = x.reshape([n * c, h / 2, 2, w / 2]);
    rows.clone().narrow(2, 0, 1).max_pair(rows.narrow(2, 1, 1)).reshape([n, c, h / 2, w / 2])
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    #[test]
    fn maxima_are_taken_over_blocks_and_the_gradient_goes_to_them_alone() {
        let values = vec![1.0_f32, 5.0, -2.0, -1.0, 2.0, 3.0, -4.0, -3.0];
        let device = Device::flex().autodiff();
        let x = Tensor::<4>::from_data(TensorData::new(values, [1, 1, 2, 4]), &device).require_grad();
        let y = max_pool(x.clone());
        let found: Vec<f32> = y.clone().inner().into_data().try_to_vec().expect("floats");
        assert_eq!(found, [5.0, -1.0]);
        let grads = y.sum().backward();
        let grad: Vec<f32> = x.grad(&grads).expect("tracked").into_data().try_to_vec().expect("floats");
        assert_eq!(grad, [0., 1., 0., 1., 0., 0., 0., 0.]);
    }
}
