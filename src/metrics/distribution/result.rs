//! What is said of two sets of crops.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::extrapolate::Extrapolation;
use super::features::Features;
use super::neighbours::Neighbours;
use super::{CROPS_PER_DIMENSION, MIN_DIMENSIONS, MIN_PLACES};

/// A number for the real crops and one for the made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Both<T> {
    /// Of the real crops.
    pub real: T,
    /// Of the made crops.
    pub made: T,
}

impl<T> From<(T, T)> for Both<T> {
    fn from((real, made): (T, T)) -> Self {
        Self { real, made }
    }
}

/// How far the mean of one feature has moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shift {
    /// The feature's name.
    pub feature: String,
    /// Made mean − real mean, in standard deviations of the real crops.
    pub deviations: f64,
}

/// The distances between two distributions; [module](super) for formulas and ranges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Distances {
    /// How many crops.
    pub crops: Both<usize>,
    /// How many places they show.
    pub places: Both<usize>,
    /// Directions of the projection, `d`.
    pub dimensions: usize,
    /// The part of the real crops' variance that these hold, 0..1.
    pub explained: f64,
    /// Fréchet distance over all crops.
    pub fd: f64,
    /// The part of it that is the distance of the means; the rest is difference of spread.
    pub fd_mean_part: f64,
    /// Fréchet distance led to infinitely many crops.
    pub fd_infinity: Extrapolation,
    /// Kernel distance, unbiased.
    pub kid: f64,
    /// Precision, recall, density and coverage.
    #[serde(flatten)]
    pub neighbours: Neighbours,
    /// Mean squared distance from the projection's space: what the other numbers cannot see.
    pub outside: Both<f64>,
    /// The features whose means moved most, farthest first: what to look at when the distance is large.
    pub moved: Vec<Shift>,
}

/// Why two sets cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// The crops there are.
    pub crops: Both<usize>,
    /// The crops there must be, on either side.
    pub needed_crops: usize,
    /// The places they show.
    pub places: Both<usize>,
    /// The places there must be, on either side.
    pub needed_places: usize,
    /// Whether there are enough, but all real crops are alike.
    pub alike: bool,
}

impl Shortage {
    pub(super) fn new(real: &Features, made: &Features, alike: bool) -> Self {
        Self {
            crops: (real.len(), made.len()).into(),
            needed_crops: MIN_DIMENSIONS * CROPS_PER_DIMENSION,
            places: (real.places(), made.places()).into(),
            needed_places: MIN_PLACES,
            alike,
        }
    }
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.alike {
            return f.write_str("not enough data: all real crops are alike");
        }
        let both = |both: Both<usize>| {
            if both.real == both.made {
                both.real.to_string()
            } else {
                format!("{} real and {} made", both.real, both.made)
            }
        };
        write!(
            f,
            "not enough data: {} crops of {} places; needed are {} crops of {} places",
            both(self.crops),
            both(self.places),
            self.needed_crops,
            self.needed_places
        )
    }
}

/// Made crops against real ones, or why not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Distribution {
    /// There was enough.
    Measured(Box<Distances>),
    /// There was not: no number is given, for none would mean anything.
    NotEnoughData(Shortage),
}

impl Distribution {
    /// The distances, where there was enough to take them.
    #[must_use]
    pub fn distances(&self) -> Option<&Distances> {
        match self {
            Self::Measured(distances) => Some(distances),
            Self::NotEnoughData(_) => None,
        }
    }
}
