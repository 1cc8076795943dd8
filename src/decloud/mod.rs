//! A whole scene through an engine, and the proof of what was done to it.

pub mod provenance;
