//! Land-cover classifiers: a patch of 10 m pixels in, a logit a class out.
//!
//! Two networks, see [`Architecture`]; both are made of the project's own layers, so that they are quick on
//! the CPU. A [`Classifier`] is a network with everything that says what its numbers mean, and a file of its own.

mod config;
pub mod file;
mod model;
mod resnet;
mod s_cnn;

pub use config::{Architecture, ClassifierConfig, Nomenclature};
pub use model::{Classifier, ClassifierInfo, Network};
pub use resnet::RegularizedResnet;
pub use s_cnn::SCnnAll;
