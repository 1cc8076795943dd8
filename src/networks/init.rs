//! Initial weights, drawn from our own counter-based generator: a network is a function of its seed.

use burn::module::Param;
use burn::tensor::{Device, Tensor, TensorData};

use crate::random::Stream;

/// Makes the first values of a network's parameters.
///
/// The n-th parameter that a network asks for is keyed by (seed, n, network), so equal seeds give
/// equal networks on every device and backend.
#[derive(Debug, Clone)]
pub struct Init {
    seed: u64,
    purpose: String,
    drawn: u64,
    device: Device,
}

impl Init {
    /// First values for the network `name` on a device.
    #[must_use]
    pub fn new(seed: u64, name: &str, device: &Device) -> Self {
        Self { seed, purpose: format!("init/{name}"), drawn: 0, device: device.clone() }
    }

    /// Where the parameters are made.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Normal values of standard deviation `std`.
    pub fn normal<const D: usize>(&mut self, shape: [usize; D], std: f64) -> Param<Tensor<D>> {
        let mut stream = Stream::new(self.seed, self.drawn, &self.purpose);
        self.drawn += 1;
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| (stream.normal() * std) as f32).collect();
        self.param(values, shape)
    }

    /// Weights whose output keeps the variance of their input through a leaky ReLU of slope
    /// `slope` (He et al. 2015, "fan in"), times `gain`. The fan-in is the product of all
    /// dimensions but the first.
    pub fn he<const D: usize>(&mut self, shape: [usize; D], slope: f64, gain: f64) -> Param<Tensor<D>> {
        let fan_in: usize = shape[1..].iter().product();
        let std = (2.0 / ((1.0 + slope * slope) * fan_in.max(1) as f64)).sqrt();
        self.normal(shape, std * gain)
    }

    /// The same value everywhere.
    pub fn constant<const D: usize>(&mut self, shape: [usize; D], value: f32) -> Param<Tensor<D>> {
        self.drawn += 1;
        let values = vec![value; shape.iter().product()];
        self.param(values, shape)
    }

    fn param<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Param<Tensor<D>> {
        let data = TensorData::new(values, shape);
        Param::from_tensor(Tensor::from_data(data, &self.device))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(init: &mut Init) -> Vec<f32> {
        init.he([4, 3, 3, 3], 0.1, 1.0).val().into_data().try_to_vec().expect("floats")
    }

    #[test]
    fn weights_are_named_by_seed_network_and_place() {
        let device = Device::flex();
        let (mut a, mut b) = (Init::new(1, "g", &device), Init::new(1, "g", &device));
        let (first, second) = (values(&mut a), values(&mut a));
        assert_eq!(first, values(&mut b));
        assert_ne!(first, second);
        assert_ne!(first, values(&mut Init::new(2, "g", &device)));
        assert_ne!(first, values(&mut Init::new(1, "h", &device)));
    }

    #[test]
    fn he_weights_have_the_variance_of_their_fan_in() {
        let mut init = Init::new(3, "he", &Device::flex());
        let weights: Vec<f32> =
            init.he([64, 32, 3, 3], 0.0, 1.0).val().into_data().try_to_vec().expect("floats");
        let variance = weights.iter().map(|w| f64::from(w * w)).sum::<f64>() / weights.len() as f64;
        assert!((variance * 288.0 / 2.0 - 1.0).abs() < 0.05, "{variance}");
    }
}
