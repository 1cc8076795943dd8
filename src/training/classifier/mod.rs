//! Training classifiers of land cover on the labelled patches of a store.
//!
//! [`run::train`] follows the store's splits: learn on training, choose on validation, measure once on test.
//! [`folds::cross_validate`] is for few patches: places in folds, several seeds, an interval beside every figure,
//! and then a classifier of all patches. A batch is a function of the store, the configuration and the
//! step, so a run that was stopped goes on bit for bit.

mod batch;
mod checkpoint;
mod config;
mod data;
mod decay;
pub mod folds;
mod learner;
mod patches;
pub mod run;
pub mod score;
mod statement;
mod thresholds;

pub use batch::Batch;
pub use config::ClassifierTraining;
pub use data::Labelled;
pub use learner::Learner;
pub use patches::Patches;
pub use thresholds::thresholds;
