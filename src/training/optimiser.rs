//! Adam over networks, with its state kept by the parameters' plain names.
//!
//! The step is Burn's. The state is ours to keep: Burn's own records know parameters by numbers
//! that a `.safetensors` file does not carry, and load onto the default device, which fails on a
//! machine without a graphics adapter.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::{Adam, AdamConfig, AdamState, AdaptiveMomentumState, Optimizer as _};
use burn::tensor::{Gradients, Tensor};
use serde::{Deserialize, Serialize};

use super::losses::total;
use crate::networks::params::Path;

/// Settings of one Adam (Kingma and Ba 2015).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OptimiserConfig {
    /// Learning rate at the beginning.
    pub rate: f64,
    /// Decay of the mean of gradients.
    pub beta1: f32,
    /// Decay of the mean of their squares.
    pub beta2: f32,
    /// Largest norm of all gradients of a network together; larger ones are scaled down to it.
    pub clip: f64,
}

impl Default for OptimiserConfig {
    fn default() -> Self {
        Self { rate: 4e-4, beta1: 0.9, beta2: 0.99, clip: 5.0 }
    }
}

/// First and second moments of one parameter, flat.
#[derive(Debug, Clone)]
pub struct Moments {
    /// Steps so far.
    pub time: usize,
    /// Mean of gradients.
    pub first: Tensor<1>,
    /// Mean of squared gradients.
    pub second: Tensor<1>,
}

/// Adam for any number of networks.
#[derive(Clone)]
pub struct Optimiser {
    adam: Adam,
    clip: f64,
    /// State by full parameter name.
    pub moments: BTreeMap<String, Moments>,
}

impl Optimiser {
    /// Without any state.
    #[must_use]
    pub fn new(config: &OptimiserConfig) -> Self {
        let adam = AdamConfig::new().with_beta_1(config.beta1).with_beta_2(config.beta2).with_epsilon(1e-8);
        Self { adam: adam.build(), clip: config.clip, moments: BTreeMap::new() }
    }

    /// Moves a network against its gradients, which are taken out of `grads`; returns it and the norm
    /// of its gradients before clipping. A parameter without a gradient stays as it is.
    pub fn step<M: Module>(&mut self, network: M, name: &str, grads: &mut Gradients, rate: f64) -> (M, f64) {
        let mut taker = Taker { path: Path::of(name), grads, taken: BTreeMap::new() };
        network.visit(&mut taker);
        let mut taken = taker.taken;
        let square: f64 = taken.values().map(|grad| square_sum(grad.clone())).sum();
        let norm = square.sqrt();
        let scale = if norm > self.clip { self.clip / norm } else { 1.0 };
        let mut mover = Mover { path: Path::of(name), optimiser: self, taken: &mut taken, rate, scale };
        (network.map(&mut mover), norm)
    }
}

fn square_sum(grad: Tensor<1>) -> f64 {
    f64::from(total(grad.square()).into_scalar::<f32>())
}

/// Takes a network's gradients out of those of a whole step.
struct Taker<'g> {
    path: Path,
    grads: &'g mut Gradients,
    taken: BTreeMap<String, Tensor<1>>,
}

impl ModuleVisitor for Taker<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(grad) = param.val().grad_remove(self.grads) {
            let length = grad.dims().iter().product::<usize>();
            self.taken.insert(self.path.name(), grad.reshape([length]));
        }
    }
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.enter(name);
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.exit();
    }
}

/// Moves every parameter that has a gradient.
struct Mover<'o> {
    path: Path,
    optimiser: &'o mut Optimiser,
    taken: &'o mut BTreeMap<String, Tensor<1>>,
    rate: f64,
    scale: f64,
}

impl ModuleMapper for Mover<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.name();
        let Some(grad) = self.taken.remove(&name) else { return param };
        let state = self.optimiser.moments.remove(&name).map(|moments| {
            AdamState::new(AdaptiveMomentumState::new(moments.time, moments.first, moments.second))
        });
        let mut kept = None;
        let moved = param.map(|tensor| {
            let shape = tensor.dims();
            let checkpointing = tensor.gradient_checkpointing_strategy();
            let length = shape.iter().product::<usize>();
            let flat = tensor.inner().reshape([length]);
            let (new, state) = self.optimiser.adam.step(self.rate, flat, grad * self.scale, state);
            kept = state;
            // Tensors of different strategies cannot meet: the new weights keep the old ones'.
            let new = new.reshape(shape).autodiff();
            let new = match checkpointing {
                Some(strategy) => new.with_gradient_checkpointing_strategy(strategy),
                None => new,
            };
            new.require_grad()
        });
        if let Some(AdamState { momentum }) = kept {
            let moments =
                Moments { time: momentum.time, first: momentum.moment_1, second: momentum.moment_2 };
            self.optimiser.moments.insert(name, moments);
        }
        moved
    }
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.enter(name);
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.exit();
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;
    use crate::networks::init::Init;
    use crate::networks::layers::Dense;
    use crate::networks::params::collect;

    fn gradients(layer: &Dense, scale: f32) -> Gradients {
        let device = Device::flex().autodiff();
        let x = Tensor::<2>::from_data(TensorData::new(vec![1.0_f32, -2.0, 0.5], [1, 3]), &device);
        (layer.forward(x) * scale).sum().backward()
    }

    fn layer() -> Dense {
        Dense::new(&mut Init::new(5, "dense", &Device::flex().autodiff()), 3, 2, 1.0)
    }

    #[test]
    fn the_first_step_moves_every_weight_by_the_rate_against_its_gradient() {
        let layer = layer();
        let before = collect(&layer, "d");
        let mut optimiser = Optimiser::new(&OptimiserConfig { clip: 1e9, ..OptimiserConfig::default() });
        let mut grads = gradients(&layer, 1.0);
        let (layer, norm) = optimiser.step(layer, "d", &mut grads, 0.01);
        // d/dw of Σ(xW + b) is x for every output, d/db is 1.
        let expected: f64 = 2.0 * (1.0 + 4.0 + 0.25) + 2.0;
        assert!((norm - expected.sqrt()).abs() < 1e-4, "{norm}");
        let after = collect(&layer, "d");
        for (i, sign) in [1.0_f32, 1.0, -1.0, -1.0, 1.0, 1.0].into_iter().enumerate() {
            let moved = after[0].values[i] - before[0].values[i];
            assert!((moved + 0.01 * sign).abs() < 1e-5, "{i}: {moved}");
        }
        assert_eq!(optimiser.moments.keys().collect::<Vec<_>>(), ["d.bias", "d.weight"]);
    }

    #[test]
    fn clipping_scales_all_gradients_alike() {
        let run = |scale: f32| {
            let mut optimiser = Optimiser::new(&OptimiserConfig { clip: 1.0, ..OptimiserConfig::default() });
            let layer = layer();
            let mut grads = gradients(&layer, scale);
            let (_, norm) = optimiser.step(layer, "d", &mut grads, 0.01);
            let first: Vec<f32> =
                optimiser.moments["d.weight"].first.clone().into_data().try_to_vec().expect("floats");
            (norm, first)
        };
        let ((small_norm, small), (large_norm, large)) = (run(10.0), run(1000.0));
        assert!(large_norm > 50.0 * small_norm);
        for (small, large) in small.iter().zip(large) {
            assert!((small - large).abs() < 1e-5);
        }
    }
}
