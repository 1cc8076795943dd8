//! Honesty: four tests of what a model does besides looking right.
//!
//! - **Code swap** ([`swap`]): the place of a cloud is in its code, not hidden in the clear image.
//! - **Noise sensitivity** ([`noise`]): the cycle does not rest on details that noise wipes out.
//! - **Cloud-place probe** ([`probe`]): whether the place can be seen in the clear image, with a control that says
//!   whether the probe would see it.
//! - **Latent use** ([`latent`]): the samples differ under the cloud only, tell where errors are, and hold the truth.
//!
//! The tests ask a [`Cycle`], which a trained model of any preset is, and so are generators made by
//! hand whose answer is known (this module's tests). What each means in plain words, and figures, are
//! in `docs/honesty.md`.

pub mod cycle;
pub mod goals;
pub mod latent;
pub mod noise;
pub mod place;
pub mod probe;
pub mod reliability;
pub mod report;
pub mod specimen;
pub mod statistics;
pub mod swap;

mod caution;
mod config;
mod features;
mod figures;
mod logistic;
mod run;
mod table;

#[cfg(test)]
mod known;

pub use caution::cautions;
pub use config::HonestyConfig;
pub use cycle::Cycle;
pub use figures::{Figure, figures};
pub use goals::{Goal, NO_CODE, Verdict, Wanted};
pub use reliability::{SpreadClass, calibration_words, interval_coverage};
pub use report::{Honesty, SetHonesty};
pub use specimen::Specimen;
pub use table::markdown;

pub(super) use run::{Sampled, examine};
