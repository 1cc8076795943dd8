//! Layers and networks.

pub mod ops;
