//! Decoupled weight decay: `w ← w · (1 − rate · decay)` (Loshchilov and Hutter 2019).

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::Tensor;

/// Shrinks every weight of a network by a factor; biases, which have one dimension, stay.
pub(super) fn shrunk<M: Module>(network: M, factor: f64) -> M {
    struct Shrink(f64);
    impl ModuleMapper for Shrink {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            if D < 2 {
                return param;
            }
            param.map(|weight| (weight.inner() * self.0).autodiff().require_grad())
        }
    }
    network.map(&mut Shrink(factor))
}
