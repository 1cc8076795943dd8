//! The suite, one file a subject.

mod bad_input;
mod decloud;
mod evaluation;
mod export;
mod fill;
mod floors;
mod masks;
mod metrics;
mod scenes;
mod simulate;
pub mod support;
