//! The parameters of a network by their plain names (`encoder.0.weight`): collected, set, averaged.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};

/// A parameter's name, shape and values.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// Path through the modules, joined by dots, below the network's own name.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// Its values, the last dimension running fastest.
    pub values: Vec<f32>,
}

/// Keeps the path through the modules during a traversal.
#[derive(Debug, Default)]
pub struct Path(Vec<String>);

impl Path {
    /// A path that begins with a network's name; an empty name adds nothing.
    #[must_use]
    pub fn of(network: &str) -> Self {
        Self(if network.is_empty() { Vec::new() } else { vec![network.to_owned()] })
    }

    /// Goes down into a module.
    pub fn enter(&mut self, name: &str) {
        self.0.push(name.to_owned());
    }

    /// Comes up again.
    pub fn exit(&mut self) {
        self.0.pop();
    }

    /// The names so far, joined by dots.
    #[must_use]
    pub fn name(&self) -> String {
        self.0.join(".")
    }
}

/// All parameters of a network, in the order of its fields, read back from its device.
#[must_use]
pub fn collect<M: Module>(network: &M, name: &str) -> Vec<Named> {
    struct Collector {
        path: Path,
        found: Vec<Named>,
    }
    impl ModuleVisitor for Collector {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let tensor = param.val().inner();
            let shape = tensor.dims().to_vec();
            let values = tensor.into_data().convert::<f32>().try_to_vec().unwrap_or_default();
            self.found.push(Named { name: self.path.name(), shape, values });
        }
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.enter(name);
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.exit();
        }
    }
    let mut collector = Collector { path: Path::of(name), found: Vec::new() };
    network.visit(&mut collector);
    collector.found
}

/// A parameter that cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct Misfit {
    /// The parameter at fault.
    pub name: String,
    /// What was expected and found.
    pub problem: String,
}

/// Where parameters come from: values for a name and a shape.
pub type Source<'s> = dyn FnMut(&str, &[usize]) -> Result<Vec<f32>, Misfit> + 's;

/// Sets every parameter of a network to what `source` has under its name and shape.
///
/// # Errors
/// The first [`Misfit`] that `source` reports, or a count of values that is not the shape's.
pub fn set<M: Module>(network: M, name: &str, source: &mut Source<'_>) -> Result<M, Misfit> {
    struct Setter<'s> {
        path: Path,
        source: &'s mut Source<'s>,
        failed: Option<Misfit>,
    }
    impl ModuleMapper for Setter<'_> {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            if self.failed.is_some() {
                return param;
            }
            let (name, shape) = (self.path.name(), param.val().dims());
            let expected: usize = shape.iter().product();
            match (self.source)(&name, &shape) {
                Ok(values) if values.len() == expected => replaced(param, values),
                Ok(values) => {
                    let problem = format!("{} values for shape {shape:?}", values.len());
                    self.failed = Some(Misfit { name, problem });
                    param
                }
                Err(misfit) => {
                    self.failed = Some(misfit);
                    param
                }
            }
        }
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.enter(name);
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.exit();
        }
    }
    let mut setter = Setter { path: Path::of(name), source, failed: None };
    let network = network.map(&mut setter);
    setter.failed.map_or(Ok(network), Err)
}

/// The parameter with other values, as trainable as before.
fn replaced<const D: usize>(param: Param<Tensor<D>>, values: Vec<f32>) -> Param<Tensor<D>> {
    param.map(|old| {
        let (device, shape) = (old.device(), old.dims());
        let tracked = old.is_require_grad();
        let new = Tensor::from_data(TensorData::new(values, shape), &device);
        if tracked { new.require_grad() } else { new }
    })
}

/// Exponential moving average of two networks of the same shape: `average + (1 − decay)·(current − average)`, a
/// plain network without gradients. What does not move stays what it is, to the bit.
#[must_use]
pub fn average<M: Module>(average: M, current: &M, decay: f32) -> M {
    struct Averager {
        path: Path,
        current: std::collections::BTreeMap<String, Tensor<1>>,
        decay: f32,
    }
    impl ModuleMapper for Averager {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let Some(current) = self.current.remove(&self.path.name()) else { return param };
            let decay = self.decay;
            param.map(|old| {
                let current = current.reshape(old.dims());
                old.clone() + (current - old) * (1.0 - decay)
            })
        }
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.enter(name);
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.exit();
        }
    }
    let mut flat = Flat { path: Path::default(), found: std::collections::BTreeMap::new() };
    current.visit(&mut flat);
    average.map(&mut Averager { path: Path::default(), current: flat.found, decay })
}

/// Gathers every parameter flat, without gradients, on its device.
struct Flat {
    path: Path,
    found: std::collections::BTreeMap<String, Tensor<1>>,
}

impl ModuleVisitor for Flat {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val().inner();
        let length = tensor.dims().iter().product::<usize>();
        self.found.insert(self.path.name(), tensor.reshape([length]));
    }
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.enter(name);
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.exit();
    }
}

/// Number of parameters of a network.
#[must_use]
pub fn count<M: Module>(network: &M) -> usize {
    network.num_params()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::networks::init::Init;
    use crate::networks::layers::Block;

    fn block(seed: u64) -> Block {
        Block::new(&mut Init::new(seed, "block", &Device::flex()), 4, 1, 3)
    }

    #[test]
    fn parameters_have_plain_names_and_come_back() {
        let (one, other) = (block(1), block(2));
        let named = collect(&one, "g");
        let names: Vec<_> = named.iter().map(|named| named.name.as_str()).collect();
        assert_eq!(names, ["g.conv.weight", "g.conv.bias", "g.modulation.weight", "g.modulation.bias"]);
        let copy = set(other, "g", &mut |name, shape| {
            let found = named.iter().find(|named| named.name == name).expect("known");
            assert_eq!(found.shape, shape);
            Ok(found.values.clone())
        })
        .expect("fits");
        assert_eq!(collect(&copy, "g"), named);
    }

    #[test]
    fn a_misfit_is_named() {
        let error = set(block(1), "g", &mut |name, shape| {
            let wrong = usize::from(name == "g.conv.bias");
            Ok(vec![0.0; shape.iter().product::<usize>() + wrong])
        });
        assert_eq!(error.expect_err("refused").name, "g.conv.bias");
    }

    #[test]
    fn an_average_lies_between() {
        let (one, other) = (block(1), block(2));
        assert_eq!(collect(&average(one.clone(), &one, 0.7), "g"), collect(&one, "g"));
        let mean = collect(&average(one.clone(), &other, 0.75), "g");
        for ((mean, a), b) in mean.iter().zip(collect(&one, "g")).zip(collect(&other, "g")) {
            for ((mean, a), b) in mean.values.iter().zip(a.values).zip(b.values) {
                assert!((mean - (0.75 * a + 0.25 * b)).abs() < 1e-6);
            }
        }
    }
}
