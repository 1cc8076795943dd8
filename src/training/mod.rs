//! Training: losses, steps, schedules, checkpoints, events.

pub mod losses;
pub mod optimiser;
